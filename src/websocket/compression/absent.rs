//! In the place of the codec where it isn't wanted: nothing of it can exist.

use super::extension::DeflateParams;
use super::{Config, Error, Role};
use crate::Instant;
use bytes::{Bytes, BytesMut};

#[derive(Debug)]
pub(super) enum Inflation {}

#[derive(Debug)]
pub(super) enum Deflation {}

pub(super) struct Progress {
    pub(super) consumed: usize,
    pub(super) full: bool,
}

pub(super) fn agreed(_role: &Role, _params: DeflateParams, _config: &Config) -> Option<(Inflation, Deflation)> {
    None
}

impl Inflation {
    pub(super) fn inflate(&mut self, _input: &[u8], _output: &mut BytesMut, _room: usize) -> Result<Progress, Error> {
        match *self {}
    }

    pub(super) fn finish(&mut self) -> Result<(), Error> {
        match *self {}
    }

    pub(super) fn rest(&mut self, _now: Instant) -> Option<Instant> {
        match *self {}
    }

    pub(super) fn expire(&mut self, _now: Instant) {
        match *self {}
    }
}

impl Deflation {
    pub(super) fn message(&mut self, _payload: &[u8]) -> Option<Bytes> {
        match *self {}
    }

    pub(super) fn piece(&mut self, _payload: &[u8]) -> Bytes {
        match *self {}
    }

    pub(super) fn end(&mut self) -> Bytes {
        match *self {}
    }

    pub(super) fn rest(&mut self, _now: Instant) -> Option<Instant> {
        match *self {}
    }

    pub(super) fn expire(&mut self, _now: Instant) {
        match *self {}
    }
}
