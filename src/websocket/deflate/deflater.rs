//! To the wire: messages to their compressed payloads.

use super::pool::Compressor;
use super::{Context, Pool, TAIL, WindowBits};
use bytes::BytesMut;
use core::fmt;
use zlib_rs::{DeflateFlush, Status};

/// An empty stored block without its [`TAIL`].
const EMPTY: u8 = 0x00;

/// The most output that is made ready at once.
const CHUNK: usize = 16 * 1024;

/// What a flush can add. With less space than that the library may put the same marker twice.
const MARGIN: usize = 64;

/// One direction's compressor.
pub(in crate::websocket) struct Deflater {
    pool: Pool,
    context: Context,
    level: u8,
    state: Option<Compressor>,
    /// Whether input was taken since the last flush.
    unflushed: bool,
}

/// What is to come out, beside what the compressor sees fit to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::websocket) enum Flush {
    /// Nothing: more of the message follows.
    None,
    /// All input, so that the peer can inflate it now: more of the message follows, but not soon. Costs 5 bytes.
    Now,
    /// All input, and it was the last of the message.
    Message,
}

impl Deflater {
    /// The level is 1, the fastest, to 9, the tightest; what is beyond counts as the nearer of them.
    ///
    /// The window is 9 bits or more: see [`WindowBits::MIN_COMPRESS`].
    pub(in crate::websocket) fn new(context: Context, level: u8, pool: Pool) -> Self {
        debug_assert!(context.window >= WindowBits::MIN_COMPRESS);
        Self { pool, context, level: level.clamp(1, 9), state: None, unflushed: false }
    }

    /// Compresses a piece of a message, and appends what comes out to `output`.
    pub(in crate::websocket) fn compress(&mut self, input: &[u8], output: &mut BytesMut, flush: Flush) {
        if !input.is_empty() {
            self.unflushed = true;
        }
        match flush {
            Flush::None if !input.is_empty() => self.run(input, output, DeflateFlush::NoFlush),
            Flush::Now if self.unflushed => self.run(input, output, DeflateFlush::SyncFlush),
            Flush::None | Flush::Now => {}
            Flush::Message => {
                if self.unflushed {
                    self.run(input, output, DeflateFlush::SyncFlush);
                    debug_assert!(output.ends_with(&TAIL));
                    output.truncate(output.len() - TAIL.len());
                } else {
                    // Nothing, or nothing since the last flush: the library wouldn't flush again. RFC 7692 §7.2.3.6 has
                    // this for an empty message.
                    output.extend_from_slice(&[EMPTY]);
                }
                if !self.context.takeover {
                    self.give_back();
                }
            }
        }
        if flush != Flush::None {
            self.unflushed = false;
        }
    }

    /// Gives up all memory. Later messages don't refer to earlier ones then, which the peer need not know. Does nothing
    /// while a message is unflushed.
    pub(in crate::websocket) fn release(&mut self) {
        if !self.unflushed {
            self.give_back();
        }
    }

    /// Whether there is something to release.
    pub(in crate::websocket) fn holds_state(&self) -> bool {
        self.state.is_some()
    }

    fn run(&mut self, mut input: &[u8], output: &mut BytesMut, flush: DeflateFlush) {
        let pool = &self.pool;
        let state = &mut *self.state.get_or_insert_with(|| pool.deflate(self.context.window, self.level)).state;
        loop {
            let start = output.len();
            output.resize(start + (input.len() + input.len() / 8).min(CHUNK) + MARGIN, 0);
            let before = (state.total_in(), state.total_out());
            let status = state.compress(input, &mut output[start..], flush);
            // Neither exceeds the length of its slice.
            #[expect(clippy::cast_possible_truncation)]
            let (read, written) = ((state.total_in() - before.0) as usize, (state.total_out() - before.1) as usize);
            let full = start + written == output.len();
            output.truncate(start + written);
            input = &input[read..];
            match status {
                Ok(Status::Ok | Status::BufError) if full => {}
                Ok(Status::Ok | Status::BufError) if input.is_empty() => return,
                // It stops for want of input or of space, and never ends if not asked to. To go on would lose data.
                other => unreachable!("a compressor stopped: {other:?}"),
            }
        }
    }

    fn give_back(&mut self) {
        if let Some(compressor) = self.state.take() {
            self.pool.give_deflate(compressor);
        }
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater")
            .field("context", &self.context)
            .field("level", &self.level)
            .field("state", &self.state.is_some())
            .finish_non_exhaustive()
    }
}
