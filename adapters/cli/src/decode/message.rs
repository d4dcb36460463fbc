//! Messages, as lines.

use super::Subject;
use super::line::Payload;
use crate::failure::Failure;
use barewire::message::{Config, Event, Header, Session};
use bytes::Bytes;
use serde::Serialize;

/// A longer payload is shown in pieces, so that any length is decoded in the same memory.
const WHOLE: u32 = 64 * 1024;

pub(super) struct Messages {
    session: Session,
}

impl Messages {
    pub(super) fn new() -> Result<Self, Failure> {
        let config = Config::builder().largest(u32::MAX).whole(WHOLE).build();
        let config = config.map_err(|error| Failure::at("cannot set up the decoder", error))?;
        Ok(Self { session: Session::new(config) })
    }
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Line {
    Message {
        #[serde(flatten)]
        header: Fields,
        payload: Payload<Bytes>,
    },
    Start {
        #[serde(flatten)]
        header: Fields,
    },
    Data {
        payload: Payload<Bytes>,
    },
    End,
    PeerClosed,
    Other {
        debug: String,
    },
}

#[derive(Serialize)]
pub(super) struct Fields {
    version: u16,
    #[serde(rename = "type")]
    kind: u16,
    length: u32,
}

impl From<Header> for Fields {
    fn from(Header { version, kind, length, .. }: Header) -> Self {
        Self { version, kind, length }
    }
}

impl Subject for Messages {
    type Machine = Session;
    type Line = Line;

    fn machine(&mut self) -> &mut Session {
        &mut self.session
    }

    fn describe(&mut self, event: Event) -> Line {
        match event {
            Event::Message(message) => {
                Line::Message { header: message.header.into(), payload: Payload(message.payload) }
            }
            Event::Start(header) => Line::Start { header: header.into() },
            Event::Data(payload) => Line::Data { payload: Payload(payload) },
            Event::End => Line::End,
            Event::PeerClosed => Line::PeerClosed,
            other => Line::Other { debug: format!("{other:?}") },
        }
    }
}
