//! Bodies, both ways: how what comes is delimited, and how what leaves is.

use super::chunked::Chunked;
use super::facts::Framing;
use super::{Config, Error};
use crate::http::{Body, FieldIndex, Trailers};
use crate::{Inbox, Misuse, Outbox};
use bytes::Bytes;

/// A body that is being received.
#[derive(Clone, Debug)]
pub(super) enum BodyReader {
    Length(u64),
    Chunked(Chunked),
    UntilClose { total: u64 },
}

/// What has come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyStep {
    /// This many bytes of data are at the front.
    Data(usize),
    /// All. Trailers are in the index.
    End,
    /// Nothing new.
    Partial,
}

impl BodyReader {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Empty => Self::Length(0),
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked => Self::Chunked(Chunked::default()),
            Framing::UntilClose => Self::UntilClose { total: 0 },
        }
    }

    /// The next piece of data, which the caller consumes, or the end.
    #[inline]
    pub(super) fn step(
        &mut self,
        rx: &mut Inbox,
        config: &Config,
        trailers: &mut FieldIndex,
    ) -> Result<BodyStep, Error> {
        let there = rx.len();
        let step = match self {
            Self::Length(0) => BodyStep::End,
            Self::Length(left) if there > 0 => {
                let piece = there.min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= piece as u64;
                BodyStep::Data(piece)
            }
            Self::UntilClose { total } if there > 0 => {
                // A limit that bites at the byte, wherever the reads were cut.
                let room = config.max_body.map_or(u64::MAX, |limit| limit.saturating_sub(*total));
                if room == 0 {
                    return Err(Error::BodyTooLong);
                }
                let piece = there.min(usize::try_from(room).unwrap_or(usize::MAX));
                *total += piece as u64;
                BodyStep::Data(piece)
            }
            Self::UntilClose { .. } if rx.is_eof() => BodyStep::End,
            Self::Length(_) | Self::UntilClose { .. } => BodyStep::Partial,
            Self::Chunked(chunked) => return end_of_file(chunked.step(rx, config, trailers)?, rx),
        };
        if step == BodyStep::End {
            trailers.clear();
        }
        end_of_file(step, rx)
    }

    /// How much is known to be missing.
    pub(super) fn left(&self) -> u64 {
        if let Self::Length(left) = self { *left } else { 0 }
    }
}

/// An incomplete body at the end of the stream is cut (RFC 9112 §8).
fn end_of_file(step: BodyStep, rx: &Inbox) -> Result<BodyStep, Error> {
    if step == BodyStep::Partial && rx.is_eof() { Err(Error::Cut) } else { Ok(step) }
}

/// A body that is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyWriter {
    Length(u64),
    Chunked {
        trailers: bool,
    },
    UntilClose,
    /// What would be sent to `GET`: announced, and dropped.
    Bodyless,
}

impl BodyWriter {
    pub(super) fn send(&mut self, bytes: Bytes, tx: &mut Outbox) -> Result<(), Misuse> {
        match self {
            Self::Length(left) => {
                *left = left.checked_sub(bytes.len() as u64).ok_or(Misuse::TooLong)?;
                tx.push(bytes);
            }
            // A chunk of size 0 would end the body.
            Self::Chunked { .. } if bytes.is_empty() => {}
            Self::Chunked { .. } => {
                let mut line = Line::default();
                line.hex(bytes.len() as u64);
                line.put(b"\r\n");
                tx.put(line.as_bytes());
                tx.push(bytes);
                tx.put(b"\r\n");
            }
            Self::UntilClose => tx.push(bytes),
            Self::Bodyless => {}
        }
        Ok(())
    }

    pub(super) fn finish(&mut self, trailers: Option<&Trailers>, tx: &mut Outbox) -> Result<(), Misuse> {
        if trailers.is_some_and(|trailers| trailers.outgoing().conflict) {
            return Err(Misuse::Invalid);
        }
        match self {
            Self::Length(0) | Self::UntilClose | Self::Bodyless => {}
            Self::Length(_) => return Err(Misuse::TooShort),
            Self::Chunked { trailers: wanted } => match trailers.filter(|_| *wanted) {
                None => tx.put(b"0\r\n\r\n"),
                Some(trailers) => {
                    tx.put(b"0\r\n");
                    tx.put(trailers.outgoing().bytes());
                    tx.put(b"\r\n");
                }
            },
        }
        Ok(())
    }
}

/// The longest status line that has a customary phrase, `Date`, `Transfer-Encoding` or a `Content-Length` of twenty
/// digits, `Connection` and the empty line: 151 bytes.
const LINE: usize = 192;

/// A few short lines that are put together before they are queued in one go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    bytes: [u8; LINE],
    len: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self { bytes: [0; LINE], len: 0 }
    }
}

impl Line {
    /// Appends. What doesn't fit is a bug of ours: the longest is a status line with the engine's fields.
    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if let Some(space) = self.bytes.get_mut(self.len..end) {
            space.copy_from_slice(bytes);
            self.len = end;
        } else {
            debug_assert!(false, "a line too long to put together");
        }
    }

    pub(super) fn decimal(&mut self, number: u64) {
        self.number::<10>(number);
    }

    pub(super) fn hex(&mut self, number: u64) {
        self.number::<16>(number);
    }

    fn number<const BASE: u64>(&mut self, mut number: u64) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b"0123456789abcdef"[usize::try_from(number % BASE).unwrap_or(0)];
            number /= BASE;
            if number == 0 {
                return self.put(&digits[at..]);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// The framing fields for a body, and how it is then sent. `None` where its end can't be marked: an unknown length to
/// an HTTP/1.0 peer.
pub(super) fn put_framing(body: Body, chunks: bool, trailers: bool, line: &mut Line) -> Option<BodyWriter> {
    match body {
        Body::Empty => {
            line.put(b"content-length: 0\r\n");
            Some(BodyWriter::Length(0))
        }
        Body::Length(length) => {
            line.put(b"content-length: ");
            line.decimal(length);
            line.put(b"\r\n");
            Some(BodyWriter::Length(length))
        }
        Body::Unknown if chunks => {
            line.put(b"transfer-encoding: chunked\r\n");
            Some(BodyWriter::Chunked { trailers })
        }
        Body::Unknown => None,
    }
}
