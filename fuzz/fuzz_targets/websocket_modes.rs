//! A WebSocket's messages whole against the same in pieces, through each door, however cut; and a server against a client.
//!
//! The first byte says how much comes whole, the second whether an extension has claimed RSV1, the third how many of the
//! bytes after it are lengths of reads; the rest is what a server sends.

#![no_main]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/websocket/drive.rs"]
mod drive;
#[path = "../../tests/websocket/modes.rs"]
mod modes;
#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/websocket/wire.rs"]
mod wire;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [whole, extended, choices, rest @ ..] = data else { return };
    let (choices, input) = rest.split_at(rest.len().min(usize::from(*choices)));
    if let Err(difference) = modes::check(input, *whole, extended & 1 == 1, choices) {
        panic!("{difference}");
    }
});
