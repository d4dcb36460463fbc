//! Bytes to send: small pieces share a tail, large ones stay where they are.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::{Buf, Bytes};
use core::fmt;

/// From this length on, a pushed `Bytes` leaves as a piece of its own instead of being copied to the tail: below it the
/// copy costs less than one more iovec. `benches/outbox.rs` has the curve.
const BY_REFERENCE: usize = 4 * 1024;

/// The tail's capacity that survives being drained. A tail that kept the size of the largest message ever would be a
/// leak on every connection.
const KEEP: usize = 64 * 1024;

/// Bytes that have been produced and not been sent yet, then perhaps the end of the stream.
///
/// **A machine** appends with [`put`](Self::put) and [`push`](Self::push), and ends with [`fin`](Self::fin) or
/// [`abort`](Self::abort).
///
/// **A driver on readiness** writes [`chunks`](Self::chunks) (one `writev`) and says how many bytes left with
/// [`advance`](Self::advance). **A driver on completion** takes one owned chunk at a time with [`pop`](Self::pop).
/// Either shuts its write side once [`wants_fin`](Self::wants_fin), and says so with [`fin_sent`](Self::fin_sent).
#[derive(Default)]
pub struct Outbox {
    /// Small pieces, in order; `tail[..sent]` has been drained.
    tail: Vec<u8>,
    sent: usize,
    /// Large pieces, each with the number of tail bytes that go before it.
    large: VecDeque<(usize, Bytes)>,
    /// Tail bytes that go before some large piece: the rest follows all of them.
    claimed: usize,
    large_len: usize,
    drained: u64,
    end: End,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    FinWanted,
    FinSent,
    Aborted,
}

/// What a machine does.
impl Outbox {
    /// Appends a copy of `bytes`. Nothing is taken after [`fin`](Self::fin) or [`abort`](Self::abort).
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) {
        if self.end != End::Open {
            return;
        }
        if bytes.len() >= KEEP {
            // A tail that grows to this size is copied on the way and given up right after.
            return self.push_large(Bytes::copy_from_slice(bytes));
        }
        self.make_space();
        self.tail.extend_from_slice(bytes);
    }

    /// As [`put`](Self::put), and lends the copy, to be transformed in place (masking, encryption) before it leaves.
    ///
    /// Empty after [`fin`](Self::fin) or [`abort`](Self::abort). What is to be pushed by reference is better
    /// transformed before.
    #[inline]
    pub fn put_mut(&mut self, bytes: &[u8]) -> &mut [u8] {
        if self.end != End::Open {
            return &mut [];
        }
        self.make_space();
        let start = self.tail.len();
        self.tail.extend_from_slice(bytes);
        &mut self.tail[start..]
    }

    /// Appends `bytes`, by reference if they are many.
    #[inline]
    pub fn push(&mut self, bytes: Bytes) {
        if bytes.len() < BY_REFERENCE {
            self.put(&bytes);
        } else if self.end == End::Open {
            self.push_large(bytes);
        }
    }

    /// Puts the end of the stream behind everything queued.
    pub fn fin(&mut self) {
        if self.end == End::Open {
            self.end = End::FinWanted;
        }
    }

    /// Drops everything queued and asks for a reset: the peer must not take what it got for complete.
    pub fn abort(&mut self) {
        self.clear();
        self.end = End::Aborted;
    }

    /// Bytes queued.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tail.len() - self.sent + self.large_len
    }

    /// Whether nothing is queued. A FIN may still be wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes drained since the beginning: a machine that compares it over time sees a reader that stalls.
    #[must_use]
    pub fn drained(&self) -> u64 {
        self.drained
    }

    /// Whether the stream has been ended, by [`fin`](Self::fin) or [`abort`](Self::abort).
    #[inline]
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.end != End::Open
    }
}

/// What a driver does.
impl Outbox {
    /// Lends storage for small pieces. Does nothing but drop it when there is some already.
    pub fn attach(&mut self, mut storage: Vec<u8>) {
        if self.tail.capacity() == 0 {
            storage.clear();
            self.tail = storage;
        }
    }

    /// Takes the storage back, if there is some and nothing is queued in it.
    pub fn detach(&mut self) -> Option<Vec<u8>> {
        if self.tail.capacity() == 0 || self.sent < self.tail.len() {
            return None;
        }
        self.sent = 0;
        Some(core::mem::take(&mut self.tail))
    }

    /// Fills `out` with what is to be sent, in order, and returns how many slices it set.
    ///
    /// The same call again gives the same bytes, until [`advance`](Self::advance).
    pub fn chunks<'a>(&'a self, out: &mut [&'a [u8]]) -> usize {
        let mut at = self.sent;
        let runs = self.large.iter().flat_map(|(before, bytes)| {
            let run = &self.tail[at..at + before];
            at += before;
            [run, &bytes[..]]
        });
        let last = &self.tail[self.sent + self.claimed..];
        let pieces = runs.chain([last]).filter(|piece| !piece.is_empty());
        out.iter_mut().zip(pieces).map(|(slot, piece)| *slot = piece).count()
    }

    /// Says that the first `n` bytes have been sent.
    pub fn advance(&mut self, n: usize) {
        debug_assert!(n <= self.len(), "advanced past what was queued");
        let mut n = n.min(self.len());
        self.drained += n as u64;
        while n > 0 {
            let Some((before, bytes)) = self.large.front_mut() else {
                self.sent += n;
                break;
            };
            let small = n.min(*before);
            *before -= small;
            self.claimed -= small;
            self.sent += small;
            n -= small;
            let big = n.min(bytes.len());
            bytes.advance(big);
            self.large_len -= big;
            n -= big;
            if bytes.is_empty() {
                self.large.pop_front();
            }
        }
        self.release();
    }

    /// Takes the first chunk, owned, for a kernel that is given buffers by value. It counts as drained; the caller
    /// sees to it that all of it leaves before the next.
    pub fn pop(&mut self) -> Option<Bytes> {
        let small = self.large.front().map_or(self.tail.len() - self.sent, |(before, _)| *before);
        let chunk = if small == 0 {
            let (_, bytes) = self.large.pop_front()?;
            self.large_len -= bytes.len();
            bytes
        } else if small == self.tail.len() - self.sent {
            let sent = core::mem::take(&mut self.sent);
            self.claimed = 0;
            if let Some((before, _)) = self.large.front_mut() {
                *before = 0;
            }
            let mut tail = Bytes::from(core::mem::take(&mut self.tail));
            tail.advance(sent);
            tail
        } else {
            let piece = Bytes::copy_from_slice(&self.tail[self.sent..self.sent + small]);
            self.sent += small;
            self.claimed -= small;
            if let Some((before, _)) = self.large.front_mut() {
                *before = 0;
            }
            piece
        };
        self.drained += chunk.len() as u64;
        self.release();
        Some(chunk)
    }

    /// Whether it is time to shut the write side: everything is drained and the machine said [`fin`](Self::fin).
    #[must_use]
    pub fn wants_fin(&self) -> bool {
        self.end == End::FinWanted && self.is_empty()
    }

    /// Says that the write side was shut.
    pub fn fin_sent(&mut self) {
        if self.end == End::FinWanted {
            self.end = End::FinSent;
        }
    }

    /// Whether the machine asks for a reset of the connection.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.end == End::Aborted
    }

    /// Drops everything queued: the peer is gone.
    pub fn clear(&mut self) {
        self.large.clear();
        (self.sent, self.claimed, self.large_len) = (self.tail.len(), 0, 0);
        self.release();
    }

    fn push_large(&mut self, bytes: Bytes) {
        let before = self.tail.len() - self.sent - self.claimed;
        self.claimed += before;
        self.large_len += bytes.len();
        self.large.push_back((before, bytes));
    }

    fn release(&mut self) {
        if self.sent == self.tail.len() {
            self.sent = 0;
            self.tail.clear();
            if self.tail.capacity() > KEEP {
                self.tail = Vec::new();
            }
        }
    }

    /// Reuses what was drained when that is at least half of the tail, so that each byte moves at most once.
    fn make_space(&mut self) {
        if self.sent > 0 && self.sent * 2 >= self.tail.len() {
            self.tail.drain(..self.sent);
            self.sent = 0;
        }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("small", &(self.tail.len() - self.sent))
            .field("large", &self.large_len)
            .field("end", &self.end)
            .finish()
    }
}
