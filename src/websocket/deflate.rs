//! permessage-deflate (RFC 7692): what a message's payload is on the wire, and back.
//!
//! DEFLATE itself (RFC 1951) is zlib-rs's. Here is what RFC 7692 puts around it, and what a server with many
//! connections needs: output in bounded pieces, a limit that a bomb meets before it has cost anything, and states that a
//! waiting connection doesn't hold.
//!
//! # Memory
//!
//! | | a state | waiting, no context takeover | waiting, context takeover |
//! |---|---|---|---|
//! | [`Inflater`] | 46 KiB | none | what came out, up to the window |
//! | [`Deflater`] | 147 to 273 KiB, by window | none | none |
//!
//! States are kept in a [`Pool`] that all connections of a configuration share. Without context takeover a connection
//! holds one from a message's first byte to its last. With it, it holds one until [`release`](Inflater::release).

mod deflater;
mod inflater;
mod pool;
#[cfg(test)]
mod tests;

pub(super) use deflater::{Deflater, Flush};
pub(super) use inflater::{Inflater, Progress};
pub(super) use pool::Pool;

/// An empty stored block, but for its three header bits and the padding before them: how a flush ends. It is left out on
/// the wire (RFC 7692 §7.2.1) and is the same for every message.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// The base-2 logarithm of the LZ77 window's size in bytes: 8 to 15 (RFC 7692 §7.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WindowBits(u8);

impl WindowBits {
    pub(super) const MAX: Self = Self(15);

    /// The smallest window that can be compressed for. zlib cannot do 8; to promise it and send distances of 9 would be
    /// the bug that it had for years. An offer of 8 for our direction has to be declined.
    pub(super) const MIN_COMPRESS: Self = Self(9);

    /// `None` if it isn't in 8 to 15.
    pub(super) const fn new(bits: u8) -> Option<Self> {
        if matches!(bits, 8..=15) { Some(Self(bits)) } else { None }
    }

    pub(super) const fn get(self) -> u8 {
        self.0
    }

    const fn size(self) -> usize {
        1 << self.0
    }
}

/// How one direction was negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Context {
    /// Whether a message may refer to the ones before it: not if `*_no_context_takeover` was agreed (RFC 7692 §7.1.1).
    pub(super) takeover: bool,
    /// `*_max_window_bits` (RFC 7692 §7.1.2).
    pub(super) window: WindowBits,
}

impl Context {
    /// `None` if the bits are out of their range.
    pub(super) fn new(takeover: bool, bits: u8) -> Option<Self> {
        Some(Self { takeover, window: WindowBits::new(bits)? })
    }
}

#[cfg(test)]
impl Default for Context {
    /// What an answer without parameters means.
    fn default() -> Self {
        Self { takeover: true, window: WindowBits::MAX }
    }
}

/// Why a compressed message was refused. Fatal for the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(super) enum Fault {
    /// Not DEFLATE data, or a distance that reaches before all that was sent.
    Invalid,
    /// The message ended inside a block.
    Truncated,
    /// It inflates to more than the limit.
    TooLong,
}
