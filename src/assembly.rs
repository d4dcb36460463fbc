//! A payload that doesn't fit into the window, collected from it piece by piece.

use crate::Instant;
use bytes::{Bytes, BytesMut};
use core::time::Duration;

/// How long the storage of the last payload waits for the next one. A stream of large payloads then reuses one
/// allocation, as long as the application drops each before the next; a connection that falls silent holds none.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// How many times what has come may be reserved. A peer's word for the length is worth no more; a smaller factor
/// copies more often.
const FACTOR: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct Assembly {
    bytes: BytesMut,
    /// How much storage there is: what `take` leaves behind has no capacity of its own, but shares it.
    storage: usize,
    release_at: Option<Instant>,
}

impl Assembly {
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a piece of a payload of `total` bytes.
    pub(crate) fn append(&mut self, piece: &[u8], total: usize) {
        let received = self.bytes.len() + piece.len();
        if received > self.bytes.capacity() {
            let justified = received.saturating_mul(FACTOR).min(total).max(received);
            self.bytes.reserve(justified - self.bytes.len());
            self.storage = self.bytes.capacity();
        }
        self.bytes.extend_from_slice(piece);
        self.release_at = None;
    }

    /// Lets `write` append what it makes of the input.
    pub(crate) fn append_with<T>(&mut self, write: impl FnOnce(&mut BytesMut) -> T) -> T {
        let made = write(&mut self.bytes);
        self.storage = self.storage.max(self.bytes.capacity());
        self.release_at = None;
        made
    }

    /// Forgets all but the first `n` bytes.
    pub(crate) fn truncate(&mut self, n: usize) {
        self.bytes.truncate(n);
    }

    /// All of the payload, owned. It leaves with the storage, unless that is much larger: an application that keeps a few
    /// bytes must not keep what a long payload before them needed.
    pub(crate) fn take(&mut self) -> Bytes {
        if self.bytes.len().saturating_mul(FACTOR) < self.storage {
            let own = Bytes::copy_from_slice(&self.bytes);
            self.bytes.clear();
            return own;
        }
        self.bytes.split().freeze()
    }

    /// All of the payload, lent until [`clear`](Self::clear).
    pub(crate) fn lend(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Gives the storage up.
    pub(crate) fn release(&mut self) {
        *self = Self::default();
    }

    /// When the storage is to be given up, if the machine waits from `now` on and nothing of a payload is in it.
    pub(crate) fn rest(&mut self, now: Instant) -> Option<Instant> {
        if self.storage > 0 && self.bytes.is_empty() && self.release_at.is_none() {
            self.release_at = Some(now + LINGER);
        }
        self.release_at
    }

    /// Gives the storage up if it is time, and says when it will be.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Instant> {
        if self.release_at.is_some_and(|at| now >= at) {
            self.release();
        }
        self.release_at
    }
}
