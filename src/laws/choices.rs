//! Choices drawn from given bytes, then from a generator seeded by them: any input decides everything.

pub(super) struct Choices<'a> {
    given: &'a [u8],
    state: u64,
}

impl<'a> Choices<'a> {
    pub(super) fn new(given: &'a [u8]) -> Self {
        let seed = given
            .iter()
            .fold(0x9E37_79B9_7F4A_7C15, |seed: u64, byte| (seed ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3));
        Self { given, state: seed }
    }

    fn byte(&mut self) -> u8 {
        if let Some((first, rest)) = self.given.split_first() {
            self.given = rest;
            return *first;
        }
        // SplitMix64: a full period from any seed, which is all that is asked of it here.
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed >> 56) as u8
    }

    pub(super) fn flip(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// One of `0..n`, 0 for `n` of 0 or 1.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let wide = usize::from(self.byte()) << 8 | usize::from(self.byte());
        wide.checked_rem(n).unwrap_or(0)
    }

    /// A length up to `most`, short ones as likely as long ones: one byte at a time must be common.
    pub(super) fn length(&mut self, most: usize) -> usize {
        match self.byte() % 4 {
            0 => 1.min(most),
            1 => (1 + self.below(7)).min(most),
            2 => (1 + self.below(64)).min(most),
            _ => (1 + self.below(most)).min(most),
        }
    }
}
