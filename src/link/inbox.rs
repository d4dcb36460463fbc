//! Received bytes: a window that the driver lends and fills, and the machine consumes from the front.

use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

/// The window's default limit in bytes. A machine that must see more at once raises it with [`Inbox::set_limit`].
const DEFAULT_LIMIT: usize = 64 * 1024;

/// From this many bytes on, a span that fills most of its buffer is handed out with the buffer, not copied.
const DONATE: usize = 64 * 1024;

/// Bytes that have been received and not been understood yet.
///
/// The storage is a buffer of the driver's, lent for the time of a read and taken back when nothing is left in it.
/// It grows only with bytes that have arrived, never past [`Inbox::limit`].
///
/// **A driver on readiness** (epoll, std, tokio): [`attach`](Self::attach) a pooled buffer or none,
/// [`spare`](Self::spare), read into it, [`commit`](Self::commit); [`close`](Self::close) on end of file;
/// [`detach`](Self::detach) before it waits.
///
/// **A driver on completion** (io_uring) gives the kernel an owned buffer and hands it over with
/// [`receive`](Self::receive).
///
/// **A machine** looks at [`data`](Self::data) and consumes with [`take`](Self::take), [`take_ref`](Self::take_ref) or
/// [`skip`](Self::skip).
pub struct Inbox {
    /// Always initialised to its full length: `start..end` was received, what follows `end` is scratch.
    storage: Vec<u8>,
    start: usize,
    end: usize,
    limit: usize,
    closed: bool,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { storage: Vec::new(), start: 0, end: 0, limit: DEFAULT_LIMIT, closed: false }
    }
}

/// What a driver does.
impl Inbox {
    /// Lends storage. What it contains means nothing; its length is what can be read at once without growing.
    ///
    /// A pool should keep buffers at their full length, so that no byte is ever zeroed twice. Does nothing but drop
    /// `storage` when there is storage already.
    pub fn attach(&mut self, storage: Vec<u8>) {
        if self.storage.is_empty() {
            self.storage = storage;
        }
    }

    /// Takes the storage back, if there is some and nothing is left in it.
    pub fn detach(&mut self) -> Option<Vec<u8>> {
        if !self.is_empty() || self.storage.is_empty() {
            return None;
        }
        (self.start, self.end) = (0, 0);
        Some(core::mem::take(&mut self.storage))
    }

    /// Space to read into: at most `want` bytes, empty only if `want` or [`room`](Self::room) is 0.
    ///
    /// Never read into an empty slice: it returns 0, which looks like the end of the stream.
    pub fn spare(&mut self, want: usize) -> &mut [u8] {
        let want = want.min(self.room());
        if self.storage.len() - self.end < want {
            self.make_space(want);
        }
        let len = want.min(self.storage.len() - self.end);
        &mut self.storage[self.end..self.end + len]
    }

    /// Says that the first `n` bytes of [`spare`](Self::spare) have been filled.
    pub fn commit(&mut self, n: usize) {
        debug_assert!(n <= self.storage.len() - self.end, "committed more than was spare");
        self.end = (self.end + n).min(self.storage.len());
    }

    /// Takes a filled buffer by value, as a completion-based runtime hands it back, and returns the storage that it
    /// replaces (for the pool).
    ///
    /// The buffer's first `headroom` bytes are filler, everything after them is new input. Let `headroom` be
    /// [`len`](Self::len) at the time when the read is submitted: the few unread bytes of an incomplete message then
    /// move into it, and no received byte is copied.
    ///
    /// ```
    /// # let mut rx = barewire::Inbox::default();
    /// # rx.receive(b"par".to_vec(), 0);
    /// let headroom = rx.len();
    /// let mut buffer = Vec::with_capacity(16 * 1024);
    /// buffer.resize(headroom, 0);
    /// buffer.extend_from_slice(b"tial"); // the kernel appends
    /// rx.receive(buffer, headroom);
    /// assert_eq!(rx.data(), b"partial");
    /// ```
    ///
    /// The bytes are already in memory, so they are taken even if they exceed the room.
    pub fn receive(&mut self, mut buffer: Vec<u8>, headroom: usize) -> Vec<u8> {
        let unread = self.len();
        let headroom = headroom.min(buffer.len());
        if unread <= headroom {
            let start = headroom - unread;
            buffer[start..headroom].copy_from_slice(self.data());
            (self.start, self.end) = (start, buffer.len());
            return core::mem::replace(&mut self.storage, buffer);
        }
        self.compact();
        self.storage.truncate(self.end);
        self.storage.extend_from_slice(&buffer[headroom..]);
        self.end = self.storage.len();
        buffer
    }

    /// Says that no byte will follow: the peer sent its FIN.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// How many more bytes the window takes before its limit.
    #[must_use]
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.len())
    }

    fn make_space(&mut self, want: usize) {
        self.compact();
        // Only bytes that have arrived justify more memory than the driver lent.
        let full = self.storage.len();
        if full == 0 {
            self.storage.resize(want, 0);
        } else if self.len() > full / 2 {
            self.storage.resize(full.saturating_mul(2).min(self.limit).max(full), 0);
        }
    }

    fn compact(&mut self) {
        if self.start > 0 {
            self.storage.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
    }
}

/// What a machine does.
impl Inbox {
    /// Everything received and not yet consumed.
    #[inline]
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.storage[self.start..self.end]
    }

    /// The same, to transform in place (unmasking, decryption).
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.storage[self.start..self.end]
    }

    /// Bytes received and not yet consumed.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether everything received has been consumed.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Consumes the first `n` bytes and returns them, owned.
    ///
    /// They are copied, so that a small payload doesn't keep a large buffer alive; but a large span that fills most of
    /// its buffer leaves with the buffer, uncopied.
    pub fn take(&mut self, n: usize) -> Bytes {
        let n = self.clamp(n);
        if n >= DONATE && n >= self.storage.len() / 2 {
            let (start, end) = (self.start, self.end);
            let rest = self.storage[start + n..end].to_vec();
            (self.start, self.end) = (0, rest.len());
            let whole = core::mem::replace(&mut self.storage, rest);
            return Bytes::from(whole).slice(start..start + n);
        }
        Bytes::copy_from_slice(self.take_ref(n))
    }

    /// Consumes the first `n` bytes and lends them.
    #[inline]
    pub fn take_ref(&mut self, n: usize) -> &[u8] {
        self.take_mut(n)
    }

    /// Consumes the first `n` bytes and lends them, to transform in place.
    #[inline]
    pub fn take_mut(&mut self, n: usize) -> &mut [u8] {
        let n = self.clamp(n);
        let from = self.start;
        self.start += n;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        &mut self.storage[from..from + n]
    }

    /// Consumes the first `n` bytes.
    #[inline]
    pub fn skip(&mut self, n: usize) {
        self.take_ref(n);
    }

    /// Whether no byte will follow those in [`data`](Self::data).
    #[inline]
    #[must_use]
    pub fn is_eof(&self) -> bool {
        self.closed
    }

    /// The most bytes that the window holds at once.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Sets the most bytes that the window holds at once: the longest thing that the machine must see whole.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    #[inline]
    fn clamp(&self, n: usize) -> usize {
        debug_assert!(n <= self.len(), "took more than was received");
        n.min(self.len())
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("len", &self.len())
            .field("storage", &self.storage.len())
            .field("limit", &self.limit)
            .field("closed", &self.closed)
            .finish()
    }
}
