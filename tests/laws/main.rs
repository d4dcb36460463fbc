//! Every machine is held to all eight laws, and a machine that breaks one is caught at just that one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod hostile;
mod layers;
mod lines;
mod machines;

use barewire::laws::{Law, check};
use barewire::message::Header;
use layers::{Flip, Layered, Records};
use lines::{Defect, LinesSubject};
use quickcheck::{Gen, QuickCheck};
use std::collections::BTreeSet;

/// Runs `check` on inputs of lines of all lengths, some too long, some cut; gives the laws it saw broken.
fn laws_broken_by(defect: Defect) -> BTreeSet<u8> {
    let mut random = Gen::new(200);
    let mut broken = BTreeSet::new();
    for round in 0..400_usize {
        let mut input = Vec::new();
        for line in 0..round % 60 {
            let length = (round * 7 + line * 5) % if round % 9 == 8 { 60 } else { 30 };
            input.extend(std::iter::repeat_n(b'a', length));
            input.push(b'\n');
        }
        if round % 5 == 4 {
            input.extend_from_slice(b"cut");
        }
        let choices: Vec<u8> = quickcheck::Arbitrary::arbitrary(&mut random);
        if let Err(violation) = check(&LinesSubject(defect), &input, &choices) {
            broken.insert(violation.law as u8);
        }
    }
    broken
}

#[test]
fn a_sound_machine_breaks_none() {
    assert_eq!(laws_broken_by(Defect::None), BTreeSet::new());
}

#[test]
fn each_defect_breaks_its_law() {
    for defect in Defect::ALL {
        let law = match defect {
            Defect::None => continue,
            Defect::ReadsAreEvents | Defect::StaleBytes => Law::Cut,
            Defect::AskingTwiceReplies => Law::Order,
            Defect::OutputSeesDrain => Law::Drain,
            Defect::DeadlineInThePast | Defect::DeadlineSlides => Law::Time,
            Defect::InputWithoutRoom | Defect::InputAfterEof | Defect::FlushOfNothing => Law::Progress,
            Defect::ErrsTwice | Defect::NoFin => Law::FatalOnce,
            Defect::RepliesPileUp | Defect::WindowIgnored => Law::Bounded,
            Defect::TakesMisuse => Law::Total,
        };
        let broken = laws_broken_by(defect);
        assert!(broken.contains(&(law as u8)), "{defect:?} should break {law:?}, broke {broken:?}");
    }
}

#[test]
fn raw_keeps_the_laws() {
    fn property(input: Vec<u8>, choices: Vec<u8>) {
        check(&machines::Raw, &input, &choices).unwrap();
    }
    QuickCheck::new().tests(500).quickcheck(property as fn(Vec<u8>, Vec<u8>));
}

#[test]
fn messages_keep_the_laws() {
    fn property(payloads: Vec<Vec<u8>>, long: u8, fault: Option<(usize, u8)>, choices: Vec<u8>) {
        let mut input = Vec::new();
        for (kind, payload) in (0_u16..).zip(&payloads) {
            let times = if long == 0 { 1 } else { usize::from(long) * 10 };
            let payload = payload.repeat(if kind == 0 { times } else { 1 });
            let length = u32::try_from(payload.len()).unwrap();
            let header = Header { magic: 0xDEAD_BEEF, version: 1, kind, length };
            input.extend_from_slice(&header.to_bytes());
            input.extend_from_slice(&payload);
        }
        if let Some((at, flip)) = fault {
            if let Some(byte) = input.get_mut(at % 200) {
                *byte ^= flip;
            }
        }
        for whole in [100_000, 20] {
            check(&machines::Messages(whole), &input, &choices).unwrap();
        }
    }
    QuickCheck::new().tests(300).quickcheck(property as fn(Vec<Vec<u8>>, u8, Option<(usize, u8)>, Vec<u8>));
}

#[test]
fn detection_keeps_the_laws() {
    fn property(prefix: u8, rest: Vec<u8>, choices: Vec<u8>) {
        let prefixes: [&[u8]; 6] = [b"", b"PRI * HT", b"GET", b"\x16\x03", b"\xde\xad", b"\r\n"];
        let input = [prefixes[usize::from(prefix) % 6], &rest].concat();
        check(&machines::Detection, &input, &choices).unwrap();
    }
    QuickCheck::new().tests(300).quickcheck(property as fn(u8, Vec<u8>, Vec<u8>));
}

#[test]
fn stacks_keep_the_laws() {
    fn property(input: Vec<u8>, lines: Vec<u8>, choices: Vec<u8>) {
        let flip = Layered(machines::Raw, || Flip);
        check(&flip, &input, &choices).unwrap();

        let records = || Layered(LinesSubject(Defect::None), Records::default);
        check(&records(), &input, &choices).unwrap();
        let mut wire = Vec::new();
        for record in lines.chunks(choices.len() % 20 + 1) {
            wire.push(u8::try_from(record.len()).unwrap());
            // Mostly letters, some ends of line.
            wire.extend(record.iter().map(|byte| if byte % 8 == 0 { b'\n' } else { b'a' }));
        }
        check(&records(), &wire, &choices).unwrap();
        wire.push(0);
        check(&records(), &wire, &choices).unwrap();
        let twice = Layered(records(), || Flip);
        let flipped: Vec<u8> = wire.iter().map(|byte| !byte).collect();
        check(&twice, &flipped, &choices).unwrap();
    }
    QuickCheck::new().tests(300).quickcheck(property as fn(Vec<u8>, Vec<u8>, Vec<u8>));
}
