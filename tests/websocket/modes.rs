//! One input in every way: whatever the mode of receiving, the door, the cut and the end of the wire, an application must
//! hear and say the same. Shared with the fuzz targets.

use super::drive::{CLIENT, DOORS, Outcome, Run};
use super::wire;
use barewire::websocket::{Config, Reserved, Role};

/// Limits that a short input can reach.
fn config(whole: u64, reserved: Reserved) -> Config {
    let config = Config::builder().max_message(700).max_frame(500).max_frames(12).reserved(reserved);
    config.whole(whole).build().unwrap()
}

/// Feeds `input` in pieces as long as `choices` say, then its end.
fn run(mut run: Run, input: &[u8], choices: &[u8]) -> Outcome {
    let mut rest = input;
    let mut lengths = choices.iter().map(|&choice| usize::from(choice).max(1)).cycle();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(lengths.next().unwrap_or(usize::MAX).min(rest.len()));
        run.feed(piece);
        rest = after;
    }
    run.eof();
    run.seen
}

/// What differs, if anything: `input` is what a server sends, and what a client sends is made of it.
pub(crate) fn check(input: &[u8], whole: u8, extended: bool, choices: &[u8]) -> Result<(), String> {
    // What an extension claims has no pieces.
    let (whole, reserved) = if extended { (700, Reserved::RSV1) } else { (u64::from(whole), Reserved::NONE) };
    let (one, pieces) = (config(700, reserved), config(whole, reserved));
    let mut client = run(Run::new(CLIENT, one.clone(), DOORS[0]), input, &[]);
    for (config, name) in [(&one, "whole"), (&pieces, "pieces")] {
        let plain = run(Run::new(CLIENT, config.clone(), DOORS[0]), input, &[]);
        let with_pieces = Outcome { unfinished: plain.unfinished.clone(), ..client.clone() };
        if plain != with_pieces {
            return Err(format!("{name}: {plain:?} instead of {with_pieces:?}"));
        }
        for door in DOORS {
            let cut = run(Run::new(CLIENT, config.clone(), door), input, choices);
            if cut != plain {
                return Err(format!("{name}, {door:?}, cut {choices:?}: {cut:?} instead of {plain:?}"));
            }
        }
        let mut server = run(Run::new(Role::Server, config.clone(), DOORS[1]), &remasked(input), choices);
        let (ours, theirs) = (wire::read(&server.output, false), wire::read(&client.output, true));
        let plain = |frames: Vec<(u8, Vec<u8>, [u8; 4])>| -> Vec<_> {
            frames.into_iter().map(|(first, payload, _)| (first, payload)).collect()
        };
        server.unfinished.clone_from(&client.unfinished);
        (server.output, client.output) = (Vec::new(), Vec::new());
        if (plain(ours), &server) != (plain(theirs.clone()), &client) {
            return Err(format!("{name}: a server {server:?} instead of {client:?}"));
        }
        client.output = run(Run::new(CLIENT, one.clone(), DOORS[0]), input, &[]).output;
    }
    Ok(())
}

/// The same frames with the mask bit turned, and masked where that says so; as far as they can be read.
pub(crate) fn remasked(mut input: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0xA5, 0x5A, 0x01, 0x80];
    let mut out = Vec::new();
    while let [first, second, rest @ ..] = input {
        let extended = match second & 0x7F {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        out.extend([first, &(second ^ 0x80)]);
        if rest.len() < extended {
            out.extend_from_slice(rest);
            return out;
        }
        let (number, rest) = rest.split_at(extended);
        out.extend_from_slice(number);
        let length = if extended == 0 {
            u64::from(second & 0x7F)
        } else {
            number.iter().fold(0, |length, &byte| length << 8 | u64::from(byte))
        };
        let (payload, rest) = rest.split_at(usize::try_from(length).unwrap_or(usize::MAX).min(rest.len()));
        if second & 0x80 == 0 {
            out.extend_from_slice(&KEY);
            out.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        } else {
            out.extend_from_slice(payload);
        }
        input = rest;
    }
    out.extend_from_slice(input);
    out
}
