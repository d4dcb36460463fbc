//! What several checks need: a driver's two hands.

use barewire::{Inbox, Outbox};

/// Feeds as much as there is room for, as a driver would, and returns the rest.
pub fn feed<'a>(rx: &mut Inbox, bytes: &'a [u8]) -> &'a [u8] {
    let mut rest = bytes;
    while !rest.is_empty() {
        let spare = rx.spare(rest.len());
        if spare.is_empty() {
            break;
        }
        let n = spare.len().min(rest.len());
        spare[..n].copy_from_slice(&rest[..n]);
        rx.commit(n);
        rest = &rest[n..];
    }
    rest
}

/// Drains up to `most` bytes of what a vectored write would see.
pub fn drain_some(tx: &mut Outbox, most: usize) -> Vec<u8> {
    let mut chunks = [&b""[..]; 3];
    let count = tx.chunks(&mut chunks);
    let mut bytes = chunks[..count].concat();
    bytes.truncate(most);
    tx.advance(bytes.len());
    bytes
}

/// Drains everything queued.
pub fn drain(tx: &mut Outbox) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(chunk) = tx.pop() {
        out.extend_from_slice(&chunk);
    }
    out
}
