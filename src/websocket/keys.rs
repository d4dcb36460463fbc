//! Where a client's masking keys come from.

use super::mask::Mask;
use core::fmt;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// A strong generator: "The masking key needs to be unpredictable; thus, the masking key MUST be derived from a strong
/// source of entropy" (RFC 6455 §5.3), or else a page could have its client write bytes of the page's choice, which
/// fool the proxies in between (§10.3).
#[derive(Clone)]
pub(super) struct Keys(ChaCha12Rng);

impl Keys {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self(ChaCha12Rng::from_seed(seed))
    }

    #[inline]
    pub(super) fn mask(&mut self) -> Mask {
        Mask::new(self.0.next_u32().to_le_bytes())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What comes is nobody's business.
        f.write_str("Keys")
    }
}
