//! All byte handling, once: what was received and what is to be sent.
//!
//! A [`Link`] is the only thing that a driver and a machine share. The driver fills [`Link::rx`] and drains
//! [`Link::tx`]; the machine does the opposite. Neither knows anything else of the other.
//!
//! ```
//! use barewire::Link;
//!
//! let mut link = Link::new();
//! // The driver reads ...
//! let spare = link.rx.spare(1024);
//! spare[..5].copy_from_slice(b"hello");
//! link.rx.commit(5);
//! // ... the machine takes what it understands, and replies ...
//! assert_eq!(&link.rx.take(4)[..], b"hell");
//! link.tx.put(b"o world");
//! // ... and the driver writes.
//! let mut chunks = [&b""[..]; 4];
//! let n = link.tx.chunks(&mut chunks);
//! assert_eq!(chunks[..n], [b"o world"]);
//! link.tx.advance(7);
//! assert!(link.tx.is_empty());
//! ```

use alloc::vec::Vec;

mod inbox;
mod outbox;

pub use inbox::Inbox;
pub use outbox::Outbox;

/// One connection's bytes: received and not yet understood, produced and not yet sent.
///
/// An upgrade moves the whole link to the next protocol's machine, so nothing can be lost on the way: early bytes of
/// the new protocol are still in `rx`, the last reply of the old one is still in `tx`.
#[derive(Debug, Default)]
pub struct Link {
    /// From the peer.
    pub rx: Inbox,
    /// To the peer.
    pub tx: Outbox,
}

impl Link {
    /// An empty link. It holds no memory until bytes arrive or are produced.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes back the storage that a waiting connection does not need, so that idle costs nothing.
    ///
    /// Either is `None` while bytes are left in it, or when nothing was attached.
    pub fn detach(&mut self) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        (self.rx.detach(), self.tx.detach())
    }
}
