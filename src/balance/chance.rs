//! Chance from a seed, and hashes that are the same everywhere and for ever.

/// Mixes all bits of `value` into all bits (the finaliser of SplitMix64): one-to-one.
pub(super) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Odd, and without a pattern: the golden ratio's fraction of 2^64.
pub(super) const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// `hash` as a place among `n`, by its high bits.
pub(super) const fn scale(hash: u64, n: u64) -> u64 {
    ((hash as u128 * n as u128) >> 64) as u64
}

/// A key of 64 bits for `bytes`: a client's address, a server name, a backend's name.
///
/// The same on every machine and in every version, so that balancers side by side agree. Take a secret `seed`, the same
/// for all of them, where clients choose the bytes: without it they could search for such as have equal keys.
///
/// ```
/// use barewire::balance::key;
///
/// assert_eq!(key(0, b"10.0.0.1:80"), 0x8F1F_D7A1_EBD4_3540);
/// assert_ne!(key(0, b"10.0.0.1:80"), key(1, b"10.0.0.1:80"));
/// ```
#[must_use]
pub fn key(seed: u64, bytes: &[u8]) -> u64 {
    let mut state = mix(seed ^ GOLDEN ^ bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = mix(state.wrapping_add(GOLDEN) ^ mix(u64::from_le_bytes(word) ^ seed)).wrapping_mul(GOLDEN);
    }
    mix(state)
}

/// SplitMix64: a full period from any seed.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// One of `0..n`, 0 for `n` of 0.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        scale(self.draw(), n)
    }
}
