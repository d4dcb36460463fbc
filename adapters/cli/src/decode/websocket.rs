//! WebSocket messages, as lines.

use super::Subject;
use super::line::Payload;
use crate::failure::Failure;
use barewire::websocket::{Close, Config, Error, Event, Kind, Reserved, Role, Session};
use bytes::Bytes;
use serde::Serialize;

/// A longer message is shown in pieces, so that any length is decoded in the same memory.
const WHOLE: u64 = 64 * 1024;

pub(super) struct Frames {
    session: Session,
}

impl Frames {
    /// What a client sends is read by a server.
    pub(super) fn of_client() -> Result<Self, Failure> {
        Self::read_by(Role::Server)
    }

    pub(super) fn of_server() -> Result<Self, Failure> {
        // It masks replies that nobody will see.
        Self::read_by(Role::Client { seed: [0; 32] })
    }

    fn read_by(role: Role) -> Result<Self, Failure> {
        let all = Reserved::RSV1.with(Reserved::RSV2).with(Reserved::RSV3);
        let config = Config::builder().max_message(1 << 62).whole(WHOLE).max_frames(u32::MAX).reserved(all).build();
        let config = config.map_err(|error| Failure::at("cannot set up the decoder", error))?;
        Ok(Self { session: Session::new(role, config) })
    }
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Line {
    Text {
        payload: String,
    },
    Binary {
        payload: Payload<Bytes>,
    },
    Start {
        kind: &'static str,
    },
    Data {
        payload: Payload<Bytes>,
    },
    End,
    Ping {
        payload: Payload<Bytes>,
    },
    Pong {
        payload: Payload<Bytes>,
    },
    Close {
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<u16>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// What an extension made of a message.
    Extended {
        kind: &'static str,
        reserved: Vec<&'static str>,
        payload: Payload<Bytes>,
    },
    Other {
        debug: String,
    },
}

impl Subject for Frames {
    type Machine = Session;
    type Line = Line;

    fn machine(&mut self) -> &mut Session {
        &mut self.session
    }

    fn describe(&mut self, event: Event) -> Line {
        match event {
            Event::Text(text) => Line::Text { payload: (*text).into() },
            Event::Binary(payload) => Line::Binary { payload: Payload(payload) },
            Event::Start(kind) => Line::Start { kind: name(kind) },
            Event::Data(payload) => Line::Data { payload: Payload(payload) },
            Event::End => Line::End,
            Event::Ping(payload) => Line::Ping { payload: Payload(payload) },
            Event::Pong(payload) => Line::Pong { payload: Payload(payload) },
            Event::Close(None) => Line::Close { code: None, reason: None },
            Event::Close(Some(Close { code, reason })) => {
                Line::Close { code: Some(code.get()), reason: Some((*reason).into()) }
            }
            Event::Extended(bits, kind, payload) => {
                let named = [(Reserved::RSV1, "rsv1"), (Reserved::RSV2, "rsv2"), (Reserved::RSV3, "rsv3")];
                let reserved = named.into_iter().filter(|(bit, _)| bits.contains(*bit)).map(|(_, name)| name).collect();
                Line::Extended { kind: name(kind), reserved, payload: Payload(payload) }
            }
            other => Line::Other { debug: format!("{other:?}") },
        }
    }

    /// The code of the Close frame that it is answered with.
    fn status(fault: &Error) -> Option<u16> {
        fault.close_code().map(|code| code.get())
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Binary => "binary",
    }
}
