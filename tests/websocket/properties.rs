//! Any frames, valid or nearly so: the modes of receiving, the doors, the cuts and the two ends agree.

use super::modes;
use super::wire::{Frame, close, frame, written};
use quickcheck::{Arbitrary, Gen, QuickCheck};

/// Frames as a peer could send them, one of them perhaps with a fault.
#[derive(Clone, Debug)]
struct Frames(Vec<u8>);

impl Arbitrary for Frames {
    fn arbitrary(g: &mut Gen) -> Self {
        let payload = |g: &mut Gen| -> Vec<u8> {
            let texts: [&[u8]; 8] =
                [b"", b"a", "é".as_bytes(), b"\xE2\x82", b"\xAC", "😀".as_bytes(), b"\xF0\x9F", b"\x98\x80"];
            (0..u8::arbitrary(g) % 6).flat_map(|_| texts[usize::arbitrary(g) % 8]).copied().collect()
        };
        let mut frames: Vec<Frame> = Vec::new();
        for _ in 0..u8::arbitrary(g) % 12 {
            match u8::arbitrary(g) % 10 {
                0 => frames.push(frame(0x82, vec![u8::arbitrary(g); usize::from(u16::arbitrary(g) % 600)])),
                1 => frames.push(frame(0x81, "κόσμε".repeat(usize::from(u8::arbitrary(g) % 40)))),
                2 | 3 => frames.push(frame(0x89 + u8::arbitrary(g) % 2, payload(g))),
                4 if u8::arbitrary(g) % 4 == 0 => frames.push(close(1000 + u16::arbitrary(g) % 20, payload(g))),
                // A message in fragments, perhaps cut within characters.
                5..=7 => {
                    frames.push(frame(1 + u8::arbitrary(g) % 2, payload(g)));
                    for _ in 0..u8::arbitrary(g) % 3 {
                        frames.push(frame(0, payload(g)));
                        if bool::arbitrary(g) {
                            frames.push(frame(0x89, payload(g)));
                        }
                    }
                    frames.push(frame(0x80, payload(g)));
                }
                8 if u8::arbitrary(g) % 4 == 0 => frames.push(frame(u8::arbitrary(g), payload(g))),
                _ => frames.push(frame(0x81, payload(g))),
            }
        }
        let mut bytes = written(&frames, false);
        if !bytes.is_empty() && u8::arbitrary(g) % 3 == 0 {
            let at = usize::arbitrary(g) % bytes.len();
            bytes[at] ^= 1 << (u8::arbitrary(g) % 8);
        }
        if u8::arbitrary(g) % 4 == 0 {
            bytes.truncate(usize::arbitrary(g) % (bytes.len() + 1));
        }
        Self(bytes)
    }
}

#[test]
fn modes_doors_cuts_and_ends_agree() {
    fn property(frames: Frames, whole: u8, extended: bool, choices: Vec<u8>) {
        if let Err(difference) = modes::check(&frames.0, whole, extended, &choices) {
            panic!("{difference}");
        }
    }
    QuickCheck::new().tests(1000).quickcheck(property as fn(Frames, u8, bool, Vec<u8>));
}
