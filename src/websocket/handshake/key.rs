//! `Sec-WebSocket-Key` and what is made of it (RFC 6455 §1.3).

use crate::http::values::Malformed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use core::fmt;
use sha1::{Digest, Sha1};

/// What a server appends to the key: it proves that it speaks WebSocket, and isn't replaying a cached response.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A client's nonce, as it stands in `Sec-WebSocket-Key`: 16 bytes in base64.
///
/// ```
/// use barewire::websocket::handshake::Key;
///
/// let key = Key::new(*b"the sample nonce"); // RFC 6455's; yours are random
/// assert_eq!(key.as_str(), "dGhlIHNhbXBsZSBub25jZQ==");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 24]);

impl Key {
    /// Of 16 bytes "selected randomly for each connection" (RFC 6455 §4.1).
    #[must_use]
    pub fn new(nonce: [u8; 16]) -> Self {
        Self(encode(&nonce))
    }

    /// Of the field's value.
    ///
    /// # Errors
    ///
    /// When it isn't the base64 of 16 bytes, padded, with no bit set that stands for nothing (RFC 4648 §3.5).
    pub fn parse(value: &[u8]) -> Result<Self, Malformed> {
        let value: [u8; 24] = value.try_into().map_err(|_| Malformed)?;
        let mut nonce = [0; 18];
        match STANDARD.decode_slice(value, &mut nonce) {
            Ok(16) => Ok(Self(value)),
            _ => Err(Malformed),
        }
    }

    /// The field's value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The value of `Sec-WebSocket-Accept` that answers it: "the base64-encoded SHA-1 of the concatenation".
    pub(super) fn accept(&self) -> [u8; 28] {
        encode(&Sha1::new().chain_update(self.0).chain_update(GUID).finalize())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Base64 of as many bytes as `N` letters are for.
fn encode<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut text = [0; N];
    let written = STANDARD.encode_slice(bytes, &mut text);
    debug_assert_eq!(written, Ok(N), "the length of base64 follows from that of the input");
    text
}
