//! Text that comes in pieces: is it UTF-8 so far?

use core::str;

/// A validator that fails at the first byte that cannot be part of any text, whatever would follow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8 {
    /// The beginning of a character whose end has not come.
    carry: [u8; 4],
    carried: usize,
}

/// The text cannot be UTF-8, because of the byte at `at` in the piece; what is before it could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Invalid {
    pub(super) at: usize,
}

impl Utf8 {
    /// Looks at the next piece.
    #[inline]
    pub(super) fn feed(&mut self, piece: &[u8]) -> Result<(), Invalid> {
        let mut at = 0;
        while self.carried > 0 && at < piece.len() {
            self.push(piece[at]).map_err(|_| Invalid { at })?;
            at += 1;
        }
        let whole = &piece[at..piece.len() - unfinished(&piece[at..])];
        at += match simdutf8::basic::from_utf8(whole) {
            Ok(_) => whole.len(),
            Err(_) => str::from_utf8(whole).map_or_else(|error| error.valid_up_to(), str::len),
        };
        // A character that is begun here, or one that is none.
        for (more, &byte) in piece[at..].iter().enumerate() {
            self.push(byte).map_err(|_| Invalid { at: at + more })?;
        }
        Ok(())
    }

    fn push(&mut self, byte: u8) -> Result<(), str::Utf8Error> {
        self.carry[self.carried] = byte;
        match str::from_utf8(&self.carry[..=self.carried]) {
            Ok(_) => self.carried = 0,
            Err(error) if error.error_len().is_some() => return Err(error),
            Err(_) => self.carried += 1,
        }
        Ok(())
    }

    /// Whether the text may end here.
    pub(super) fn is_complete(self) -> bool {
        self.carried == 0
    }
}

/// How many bytes at the end are the beginning of a character that needs more.
#[inline]
fn unfinished(piece: &[u8]) -> usize {
    for (back, &byte) in piece.iter().rev().take(3).enumerate() {
        let length = match byte {
            0x80..0xC0 => continue,
            0xC0..0xE0 => 2,
            0xE0..0xF0 => 3,
            0xF0.. => 4,
            _ => 1,
        };
        return if length > back + 1 { back + 1 } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    const SAMPLES: &[&[u8]] = &[
        b"plain",
        "κόσμε".as_bytes(),
        "\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}".as_bytes(),
        b"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80edited",
        b"\xF4\x90\x80\x80",
        b"\xF4\x8F\xBF\xBF",
        b"\xC0\x80",
        b"\xC1\xBF",
        b"\xE0\x80\x80",
        b"\xE0\x9F\xBF",
        b"\xED\x9F\xBF\xEE\x80\x80",
        b"\xED\xA0\x80",
        b"\xF0\x8F\xBF\xBF",
        b"\xF8\x88\x80\x80\x80",
        b"\xFE",
        b"\xFF",
        b"\x80",
        b"a\xC3",
        b"a\xE2\x82",
        b"a\xF0\x9F\x98",
    ];

    /// How many bytes pass before the first that no text could have there, and whether a text ends at the end.
    fn by_the_book(text: &[u8]) -> (usize, bool) {
        let good = (0..=text.len()).rfind(|&n| match str::from_utf8(&text[..n]) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none(),
        });
        (good.unwrap_or(0), str::from_utf8(text).is_ok())
    }

    fn fails_at_the_first_bad_byte(text: &[u8]) {
        let (good, complete) = by_the_book(text);
        for cut in 0..=text.len() {
            let mut utf8 = Utf8::default();
            let outcome = utf8
                .feed(&text[..cut])
                .and_then(|()| utf8.feed(&text[cut..]).map_err(|Invalid { at }| Invalid { at: cut + at }));
            assert_eq!(outcome, if text.len() == good { Ok(()) } else { Err(Invalid { at: good }) }, "{text:x?} {cut}");
            assert_eq!(outcome.is_ok() && utf8.is_complete(), complete, "{text:x?}");
        }
        let mut utf8 = Utf8::default();
        let bytes = (0..text.len()).find(|&i| utf8.feed(&text[i..=i]).is_err()).unwrap_or(text.len());
        assert_eq!(bytes, good, "{text:x?} by the byte");
    }

    #[test]
    fn samples_at_every_cut() {
        for text in SAMPLES {
            fails_at_the_first_bad_byte(text);
        }
    }

    /// The carry knows at most four bytes, so all of its states are reached by all sequences of the bytes at the borders
    /// of the ranges in Unicode's table 3-7.
    #[test]
    fn every_sequence_of_four_border_bytes() {
        const BORDERS: [u8; 21] = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEF, 0xF0,
            0xF3, 0xF4, 0xF5,
        ];
        for a in BORDERS {
            for b in BORDERS {
                for c in BORDERS {
                    for d in BORDERS {
                        fails_at_the_first_bad_byte(&[a, b, c, d]);
                    }
                }
            }
        }
    }

    quickcheck! {
        fn any_bytes(text: alloc::vec::Vec<u8>) -> () {
            fails_at_the_first_bad_byte(&text);
        }

        fn any_text(text: alloc::string::String) -> () {
            fails_at_the_first_bad_byte(text.as_bytes());
        }
    }
}
