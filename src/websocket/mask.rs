//! The mask on what a client sends (RFC 6455 §5.3).

/// So many bytes at once, in vectors, if there are that many.
const WIDE: usize = 64;

/// A masking key, turned so that its first byte belongs to the next byte of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask([u8; 4]);

impl Mask {
    /// A key, at the beginning of a payload.
    #[must_use]
    pub const fn new(key: [u8; 4]) -> Self {
        Self(key)
    }

    /// The four bytes as they stand in a frame, if nothing was masked yet.
    #[must_use]
    pub const fn key(self) -> [u8; 4] {
        self.0
    }

    /// Masks or unmasks the next piece of a payload: both are the same.
    ///
    /// > "Octet i of the transformed data is the XOR of octet i of the original data with octet at index i modulo 4 of
    /// > the masking key."
    #[inline]
    pub fn apply(&mut self, piece: &mut [u8]) {
        let key = u32::from_ne_bytes(self.0);
        let twice = u64::from(key) << 32 | u64::from(key);
        let turn = piece.len() % 4;
        let short = if piece.len() < WIDE { piece } else { wide(piece, twice) };
        let mut words = short.chunks_exact_mut(8);
        words.by_ref().for_each(|bytes| xor(bytes, twice));
        let mut rest = words.into_remainder();
        if rest.len() >= 4 {
            let (word, end) = rest.split_at_mut(4);
            word.iter_mut().zip(self.0).for_each(|(byte, key)| *byte ^= key);
            rest = end;
        }
        rest.iter_mut().zip(self.0).for_each(|(byte, key)| *byte ^= key);
        self.0.rotate_left(turn);
    }
}

/// As many bytes as fill vectors, in a loop of its own that the compiler makes of them; returns the rest.
#[inline(never)]
fn wide(piece: &mut [u8], key: u64) -> &mut [u8] {
    let mut wides = piece.chunks_exact_mut(WIDE);
    for wide in &mut wides {
        wide.chunks_exact_mut(8).for_each(|bytes| xor(bytes, key));
    }
    wides.into_remainder()
}

#[inline(always)]
fn xor(bytes: &mut [u8], key: u64) {
    if let Ok(bytes) = <&mut [u8; 8]>::try_from(bytes) {
        *bytes = (u64::from_ne_bytes(*bytes) ^ key).to_ne_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// RFC 6455 §5.3, byte by byte.
    fn by_the_book(payload: &[u8], key: [u8; 4]) -> Vec<u8> {
        payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect()
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "any pattern will do")]
    fn every_offset_and_length_to_256() {
        let key = [0x37, 0xFA, 0x21, 0x3D];
        let plain: Vec<u8> = (0..264u32).map(|i| (i * 7 + 3) as u8).collect();
        for offset in 0..8 {
            for length in 0..=256 {
                let expected = by_the_book(&plain[offset..offset + length], key);
                let mut whole = plain.clone();
                Mask::new(key).apply(&mut whole[offset..offset + length]);
                assert_eq!(whole[offset..offset + length], expected, "{length} bytes at {offset}");
                assert_eq!(
                    (&whole[..offset], &whole[offset + length..]),
                    (&plain[..offset], &plain[offset + length..])
                );
            }
        }
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "any pattern will do")]
    fn in_two_pieces_at_every_cut() {
        let key = [1, 2, 4, 8];
        let plain: Vec<u8> = (0..100u32).map(|i| i as u8).collect();
        let expected = by_the_book(&plain, key);
        for cut in 0..=plain.len() {
            let mut pieces = plain.clone();
            let mut mask = Mask::new(key);
            let (head, tail) = pieces.split_at_mut(cut);
            mask.apply(head);
            mask.apply(tail);
            assert_eq!(pieces, expected, "cut at {cut}");
        }
    }
}
