//! From the wire: payloads of compressed messages to what they say.

use super::{Context, Fault, Pool};
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use bytes::BytesMut;
use core::fmt;
use zlib_rs::{Inflate, InflateFlush, Status};

/// The most that is made ready at once for output: what a bomb can cost beyond what it was allowed.
const CHUNK: usize = 16 * 1024;

/// Output made ready at once at the start of a message, as a multiple of the input. Text inflates to 3 to 8 times.
const FACTOR: usize = 8;
const FIRST: usize = 256;

/// One direction's decompressor.
///
/// For each message: [`inflate`](Self::inflate) as often as there is payload or the room is used up, then
/// [`finish`](Self::finish). How the payload and the room are cut makes no difference to the output. After a [`Fault`]
/// the connection has to fail.
///
/// The library's window is of 32 KiB whatever was agreed, so a peer that goes further back than it may is understood, but
/// after a [`release`](Self::release) it is refused: no more than agreed is kept then.
pub(in crate::websocket) struct Inflater {
    pool: Pool,
    context: Context,
    limit: usize,
    state: Option<Box<Inflate>>,
    /// The end of what earlier messages said, while there is no state.
    history: Box<[u8]>,
    /// Bytes of the window that are in use: a distance can reach no further.
    seen: usize,
    /// Of the present message, so far.
    inflated: usize,
    /// Whether a block is under way.
    inside: bool,
}

/// What [`Inflater::inflate`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::websocket) struct Progress {
    /// Bytes of the input that are done with.
    pub(in crate::websocket) consumed: usize,
    /// Whether the room was used up: there may be more output, even if all input was consumed.
    pub(in crate::websocket) full: bool,
}

impl Inflater {
    /// For messages that inflate to at most `limit` bytes each.
    pub(in crate::websocket) fn new(context: Context, limit: usize, pool: Pool) -> Self {
        Self { pool, context, limit, state: None, history: Box::default(), seen: 0, inflated: 0, inside: false }
    }

    /// Inflates a piece of a message's payload, unmasked, and appends at most `room` bytes to `output`.
    ///
    /// If the room was used up, go on with the input that is left, even if that is empty, before anything else.
    ///
    /// # Errors
    ///
    /// [`Fault::Invalid`], and [`Fault::TooLong`] at the first byte beyond the limit. What came out before that is in
    /// `output`, however the payload was cut.
    pub(in crate::websocket) fn inflate(
        &mut self,
        input: &[u8],
        output: &mut BytesMut,
        room: usize,
    ) -> Result<Progress, Fault> {
        let result = self.run(input, output, room);
        if result.is_err() {
            self.state = None;
        }
        result
    }

    /// Ends the message: all of its payload was consumed, and the room not used up.
    ///
    /// # Errors
    ///
    /// [`Fault::Truncated`] if a block is under way.
    pub(in crate::websocket) fn finish(&mut self) -> Result<(), Fault> {
        self.inflated = 0;
        // Some senders leave out the block of which only the tail would be missing: nothing at all for an empty message,
        // nothing after a block with BFINAL set. There is only one way to understand that.
        if self.inside && !self.end_block() {
            self.state = None;
            return Err(Fault::Truncated);
        }
        self.inside = false;
        if !self.context.takeover {
            self.seen = 0;
            self.give_back();
        }
        Ok(())
    }

    /// Gives up all memory but the history that later messages may refer to. Does nothing inside a message.
    pub(in crate::websocket) fn release(&mut self) {
        if self.inside || self.inflated > 0 {
            return;
        }
        if let Some(state) = &mut self.state {
            self.history = repeat(state, self.seen);
        }
        self.give_back();
    }

    /// Whether there is something to release.
    pub(in crate::websocket) fn holds_state(&self) -> bool {
        self.state.is_some()
    }

    #[cfg(test)]
    pub(super) fn history(&self) -> &[u8] {
        &self.history
    }

    fn run(&mut self, input: &[u8], output: &mut BytesMut, room: usize) -> Result<Progress, Fault> {
        let mut consumed = 0;
        let mut left = room;
        let mut step = input.len().saturating_mul(FACTOR).clamp(FIRST, CHUNK);
        if input.is_empty() && !self.inside {
            return Ok(Progress { consumed, full: false });
        }
        while left > 0 {
            let rest = &input[consumed..];
            let allowed = self.limit - self.inflated;
            let start = output.len();
            let want = left.min(step).min(allowed);
            output.resize(start + want, 0);
            let mut beyond = [0];
            let space = if allowed == 0 { &mut beyond[..] } else { &mut output[start..] };
            let offered = space.len();
            let (read, written, status) = decompress(self.state(), rest, space, InflateFlush::SyncFlush);
            if allowed == 0 && written > 0 {
                return Err(Fault::TooLong);
            }
            output.truncate(start + written);
            let status = status?;
            consumed += read;
            left -= written;
            self.inflated += written;
            self.seen = (self.seen + written).min(self.context.window.size());
            self.inside |= read > 0;
            // Only what came out justifies more: the space is cleared, and stays with the output.
            step = (2 * step).min(CHUNK);
            if status == Status::StreamEnd {
                self.next_stream();
                if consumed == input.len() {
                    return Ok(Progress { consumed, full: false });
                }
            } else if written < offered {
                return Ok(Progress { consumed, full: false });
            }
        }
        Ok(Progress { consumed, full: true })
    }

    /// "DEFLATE blocks with the BFINAL bit set to 1" are allowed anywhere (RFC 7692 §7.2.1). They end a DEFLATE stream, and
    /// the next one has a window of its own (RFC 1951 §2).
    fn next_stream(&mut self) {
        self.state().reset(false);
        self.seen = 0;
        self.inside = false;
    }

    /// "Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message" (RFC 7692 §7.2.2). Says
    /// whether that closes a block, as the rest of an empty stored one. Then it gives no output, the decompressor stops
    /// right behind it, and what follows is a block again, from a byte's first bit: an empty one is put there to see.
    fn end_block(&mut self) -> bool {
        let mut none = [0];
        let state = self.state();
        let mut closes = |bytes: &[u8]| {
            // A decompressor inside of a block goes on with the last byte: the header of a block takes up to 290.
            let closed = (bytes.len() - 1, 0, Ok(Status::Ok));
            decompress(state, bytes, &mut none, InflateFlush::Block) == closed
        };
        closes(&[0x00, 0x00, 0xff, 0xff, 0x00]) && closes(&[0x00, 0x00, 0x00, 0xff, 0xff, 0x00])
    }

    fn state(&mut self) -> &mut Inflate {
        self.state.get_or_insert_with(|| {
            let mut state = self.pool.inflate();
            let history = core::mem::take(&mut self.history);
            if !history.is_empty() {
                let taken = state.set_dictionary(&history);
                debug_assert!(taken.is_ok(), "a raw stream takes a dictionary at any time");
            }
            state
        })
    }

    fn give_back(&mut self) {
        if let Some(state) = self.state.take() {
            self.pool.give_inflate(state);
        }
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater")
            .field("context", &self.context)
            .field("seen", &self.seen)
            .field("inflated", &self.inflated)
            .field("state", &self.state.is_some())
            .finish_non_exhaustive()
    }
}

/// Bytes read, bytes written, and where that led.
fn decompress(
    state: &mut Inflate,
    input: &[u8],
    output: &mut [u8],
    flush: InflateFlush,
) -> (usize, usize, Result<Status, Fault>) {
    let before = (state.total_in(), state.total_out());
    let status = state.decompress(input, output, flush).map_err(|_| Fault::Invalid);
    // Neither exceeds the length of its slice.
    #[expect(clippy::cast_possible_truncation)]
    let (read, written) = ((state.total_in() - before.0) as usize, (state.total_out() - before.1) as usize);
    (read, written, status)
}

/// The last `len` bytes that came out of `state`, between two blocks.
///
/// The library has no way to ask for them, but a stream has: a block that goes back `len` bytes, for as long. So that
/// nothing needs to be kept beside the state while messages come.
fn repeat(state: &mut Inflate, len: usize) -> Box<[u8]> {
    const LONGEST: usize = 258;
    if len == 0 {
        return Box::default();
    }
    let mut bits = Bits::default();
    bits.put(0b010, 3); // not the last block; fixed codes
    let (code, extra, extra_bits) = distance(len);
    for _ in 0..len.div_ceil(LONGEST) {
        bits.put_code(0b1100_0101, 8); // length 258
        bits.put_code(code, 5);
        bits.put(extra, extra_bits);
    }
    let mut output = vec![0; len].into_boxed_slice();
    let done = decompress(state, &bits.flushed(), &mut output, InflateFlush::SyncFlush);
    debug_assert!(matches!(done, (_, written, Ok(_)) if written == len), "{done:?}");
    output
}

/// The code of a distance, its extra bits and how many they are (RFC 1951 §3.2.5).
fn distance(distance: usize) -> (u32, u32, u32) {
    debug_assert!((1..=1 << 15).contains(&distance));
    #[expect(clippy::cast_possible_truncation)]
    let from_zero = (distance - 1) as u32;
    if from_zero < 4 {
        return (from_zero, 0, 0);
    }
    // Two codes for each power of two: the second-highest bit tells them apart.
    let log = from_zero.ilog2();
    let extra_bits = log - 1;
    let code = 2 * log + (from_zero >> extra_bits & 1);
    (code, from_zero & ((1 << extra_bits) - 1), extra_bits)
}

/// Bits packed as DEFLATE has them (RFC 1951 §3.1.1).
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    /// Numbers go with the least significant bit first.
    fn put(&mut self, value: u32, bits: u32) {
        self.pending |= value << self.count;
        self.count += bits;
        while self.count >= 8 {
            self.bytes.push((self.pending & 0xff) as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// Huffman codes with the most significant one.
    fn put_code(&mut self, code: u32, bits: u32) {
        self.put(code.reverse_bits() >> (u32::BITS - bits), bits);
    }

    fn flushed(mut self) -> Vec<u8> {
        self.put(0, 7);
        self.bytes
    }
}
