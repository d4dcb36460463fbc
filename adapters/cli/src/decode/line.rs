//! The lines of JSON.

use crate::print::Hex;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// A line, and which bytes of the input it is about.
#[derive(Serialize)]
pub(super) struct Located<L> {
    #[serde(flatten)]
    pub(super) line: L,
    /// From the first, and up to the one before the second.
    pub(super) bytes: [u64; 2],
}

/// The last line of an input that breaks the protocol.
#[derive(Serialize)]
pub(super) struct Fault {
    pub(super) error: String,
    /// What a server answers it with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    /// How many bytes had been used before.
    pub(super) at: u64,
}

/// Bytes that nobody listens to: they follow a message that was the connection's last.
#[derive(Serialize)]
pub(super) struct Unread {
    pub(super) event: &'static str,
}

/// Some bytes: a string where they are UTF-8, else `{"hex": …}`. Nothing is lost either way.
pub(super) struct Payload<B>(pub(super) B);

impl<B: AsRef<[u8]>> Serialize for Payload<B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes = self.0.as_ref();
        if let Ok(text) = core::str::from_utf8(bytes) {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("hex", &Hex(bytes))?;
        map.end()
    }
}
