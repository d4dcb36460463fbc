//! Conversions to and from the types of `tungstenite`, for who moves from there, or talks to both.

use barewire::websocket::{ByteString, Close, CloseCode, Event};
use tungstenite::Message;
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding;

/// What an event is there. Payloads aren't copied, but text is validated once more.
///
/// # Errors
///
/// The event, where it has no counterpart: a message in pieces, or of an extension.
pub fn message(event: Event) -> Result<Message, Event> {
    Ok(match event {
        Event::Text(text) => match text.clone().into_bytes().try_into() {
            Ok(same) => Message::Text(same),
            Err(_) => return Err(Event::Text(text)),
        },
        Event::Binary(bytes) => Message::Binary(bytes),
        Event::Ping(bytes) => Message::Ping(bytes),
        Event::Pong(bytes) => Message::Pong(bytes),
        Event::Close(close) => Message::Close(close.map(close_frame)),
        other => return Err(other),
    })
}

/// What a message from there is here. Payloads aren't copied, but text is validated once more.
///
/// # Errors
///
/// The message, where it can't be sent: a raw frame, or a Close with a code that none may have.
pub fn event(message: Message) -> Result<Event, Message> {
    Ok(match message {
        Message::Text(text) => match ByteString::try_from(bytes::Bytes::from(text.clone())) {
            Ok(same) => Event::Text(same),
            Err(_) => return Err(Message::Text(text)),
        },
        Message::Binary(bytes) => Event::Binary(bytes),
        Message::Ping(bytes) => Event::Ping(bytes),
        Message::Pong(bytes) => Event::Pong(bytes),
        Message::Close(None) => Event::Close(None),
        Message::Close(Some(frame)) => match close_code(frame.code) {
            Some(code) => Event::Close(Some(Close { code, reason: frame.reason.as_str().into() })),
            None => return Err(Message::Close(Some(frame))),
        },
        other @ Message::Frame(_) => return Err(other),
    })
}

/// What a Close's payload is there.
#[must_use]
pub fn close_frame(close: Close) -> CloseFrame {
    CloseFrame { code: close.code.get().into(), reason: (*close.reason).into() }
}

/// A code from there, if one may send it.
#[must_use]
pub fn close_code(code: coding::CloseCode) -> Option<CloseCode> {
    CloseCode::new(code.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use barewire::websocket::Kind;
    use bytes::Bytes;

    #[test]
    fn there_and_back() {
        let close = |code| Event::Close(CloseCode::new(code).map(|code| Close { code, reason: "so".into() }));
        let bytes = || Bytes::from_static(b"\xff\0");
        for here in [
            "text".into(),
            Event::Binary(bytes()),
            Event::Ping(bytes()),
            Event::Pong(bytes()),
            Event::Close(None),
            close(1000),
            close(1014),
            close(4999),
        ] {
            let there = message(here.clone()).unwrap();
            assert_eq!(event(there), Ok(here));
        }
    }

    #[test]
    fn what_has_no_counterpart_comes_back() {
        for here in [Event::Start(Kind::Text), Event::Data(Bytes::new()), Event::End] {
            assert_eq!(message(here.clone()), Err(here));
        }
        for code in [999, 1004, 1005, 1006, 1015, 2999, 5000] {
            let there = Message::Close(Some(CloseFrame { code: coding::CloseCode::from(code), reason: "".into() }));
            assert_eq!(event(there.clone()), Err(there));
        }
    }
}
