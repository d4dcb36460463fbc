//! Ours is never looser than tungstenite: whatever we hear it hears too, and where it fails we have heard no more. What
//! we refuse beyond it is listed by name in `STRICTER`.
//!
//! The first byte says who we are, the second how many of the bytes after it are lengths of reads; the rest is what the
//! peer sends, as a server would.

#![no_main]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/websocket/drive.rs"]
mod drive;
#[allow(dead_code, reason = "only the masks are needed here")]
#[path = "../../tests/websocket/modes.rs"]
mod modes;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/websocket/wire.rs"]
mod wire;

use barewire::websocket::{Config, Error, Role};
use drive::{CLIENT, DOORS, Heard, Run};
use libfuzzer_sys::fuzz_target;
use std::io::{self, Read, Write};
use tungstenite::protocol::{Role as TheirRole, WebSocketConfig};
use tungstenite::{Message, WebSocket};

/// Why we may fail where it goes on. Each is a MUST of RFC 6455, or a limit that it doesn't have.
const STRICTER: [fn(Error) -> bool; 3] = [
    // "the minimal number of bytes MUST be used to encode the length" (§5.2).
    // Of a control frame it is a length above 125 to us.
    |error| matches!(error, Error::Length | Error::LongControl),
    // "1005 [..] MUST NOT be set as a status code in a Close control frame by an endpoint" (§7.4.1): it gives the
    // application a close with another code.
    |error| matches!(error, Error::CloseCode(_)),
    // It collects empty fragments for ever.
    |error| error == Error::ManyFrames,
];

/// A peer that has said all it has to say.
struct Wire<'a>(&'a [u8]);

impl Read for Wire<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What tungstenite hears before it fails or all was read.
fn theirs(input: &[u8], role: TheirRole) -> (Vec<Heard>, tungstenite::Error) {
    let config =
        WebSocketConfig::default().max_message_size(Some(700)).max_frame_size(Some(500)).read_buffer_size(4096);
    let mut socket = WebSocket::from_raw_socket(Wire(input), role, Some(config));
    let mut heard = Vec::new();
    loop {
        heard.push(match socket.read() {
            Ok(Message::Text(text)) => Heard::Text(text.as_str().into()),
            Ok(Message::Binary(bytes)) => Heard::Binary(bytes.into()),
            Ok(Message::Ping(bytes)) => Heard::Ping(bytes.into()),
            Ok(Message::Pong(bytes)) => Heard::Pong(bytes.into()),
            Ok(Message::Close(close)) => {
                Heard::Close(close.map(|close| (close.code.into(), close.reason.as_str().into())))
            }
            Ok(Message::Frame(_)) => unreachable!("it is never read"),
            Err(error) => return (heard, error),
        });
    }
}

fuzz_target!(|data: &[u8]| {
    let [role, choices, rest @ ..] = data else { return };
    let (choices, input) = rest.split_at(rest.len().min(usize::from(*choices)));
    let (role, their_role, input) = match role & 1 {
        0 => (Role::Server, TheirRole::Server, modes::remasked(input)),
        _ => (CLIENT, TheirRole::Client, input.to_vec()),
    };
    let config = Config::builder().max_message(700).max_frame(500).max_frames(12).build().unwrap();
    let mut run = Run::new(role, config, DOORS[choices.len() % 3]);
    let mut rest = &input[..];
    for &length in choices.iter().cycle() {
        let (piece, after) = rest.split_at(usize::from(length).max(1).min(rest.len()));
        run.feed(piece);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    run.feed(rest);
    run.eof();
    let mut ours = run.seen;
    if let Some(Heard::Close(Some((code @ 1014, reason)))) = ours.heard.last_mut() {
        // Registered for a bad gateway since; to it, as all that it doesn't know, this.
        (*code, *reason) = (1002, "Protocol violation".into());
    }
    let (heard, error) = theirs(&input, their_role);
    if ours.error.is_some_and(|error| STRICTER.iter().any(|stricter| stricter(error))) {
        assert!(heard.starts_with(&ours.heard), "{ours:?}\nbut it heard {heard:?}, then {error}");
    } else {
        assert_eq!(heard, ours.heard, "{ours:?}\nbut it ended with {error}");
    }
});
