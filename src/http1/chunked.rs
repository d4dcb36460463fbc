//! The chunked transfer coding, receiving (RFC 9112 §7.1).

use super::body::BodyStep;
use super::scan::{Found, Scan};
use super::{Config, Error, wire};
use crate::Inbox;
use crate::http::{FieldIndex, chars, is_forbidden_trailer};

/// A chunk's size has this many digits at most, leading zeros included: more can't fit, and nobody needs them.
const MAX_DIGITS: u8 = 16;

/// A reader of
///
/// ```text
/// chunked-body = *chunk last-chunk trailer-section CRLF
/// chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
/// chunk-size   = 1*HEXDIG
/// chunk-ext    = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
/// chunk-ext-val = token / quoted-string
/// ```
///
/// that takes what is there and never looks back.
#[derive(Clone, Debug)]
pub(super) struct Chunked {
    state: State,
    /// Of the chunk that is being read.
    size: u64,
    /// Of the line that is being read.
    line: usize,
    /// Of all extensions so far.
    extensions: u64,
    /// Of all chunks so far.
    total: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Size { digits: u8 },
    Extension(Extension),
    LineFeed,
    Data { left: u64 },
    DataEnd,
    DataLineFeed,
    Trailers(Scan),
}

/// Where in `chunk-ext` the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extension {
    /// After white space where only `;` may follow.
    Semicolon,
    /// After `;`
    NameStart,
    Name,
    /// After white space behind a name.
    NameEnd,
    /// After `=`
    ValueStart,
    Token,
    Quoted,
    /// After `\` in a quoted string.
    Escape,
    /// After a quoted string.
    ValueEnd,
}

impl Default for Chunked {
    fn default() -> Self {
        Self { state: State::Size { digits: 0 }, size: 0, line: 0, extensions: 0, total: 0 }
    }
}

impl Chunked {
    /// The next piece of data, or the end.
    pub(super) fn step(
        &mut self,
        rx: &mut Inbox,
        config: &Config,
        trailers: &mut FieldIndex,
    ) -> Result<BodyStep, Error> {
        loop {
            if let State::Trailers(scan) = self.state {
                return self.trailers(scan, rx, config, trailers);
            }
            let data = rx.data();
            if data.is_empty() {
                return Ok(BodyStep::Partial);
            }
            if let State::Data { left } = self.state {
                let there = data.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let left = left - there as u64;
                self.state = if left == 0 { State::DataEnd } else { State::Data { left } };
                return Ok(BodyStep::Data(there));
            }
            let mut used = 0;
            for &byte in data {
                used += 1;
                self.state = self.framing(byte, config)?;
                if matches!(self.state, State::Data { .. } | State::Trailers(_)) {
                    break;
                }
            }
            rx.skip(used);
        }
    }

    /// The state after one more byte of framing.
    fn framing(&mut self, byte: u8, config: &Config) -> Result<State, Error> {
        match self.state {
            // The two bytes after the data are checked, not skipped: else a chunk could hide what follows it.
            State::DataEnd if byte == b'\r' => return Ok(State::DataLineFeed),
            State::DataLineFeed if byte == b'\n' => return Ok(State::Size { digits: 0 }),
            State::DataEnd | State::DataLineFeed => return Err(Error::ChunkEnd),
            _ => {}
        }
        self.line += 1;
        if self.line > config.max_chunk_line {
            return Err(Error::ChunkTooLong);
        }
        match self.state {
            State::Size { digits } => match char::from(byte).to_digit(16) {
                Some(_) if digits == MAX_DIGITS => Err(Error::ChunkSize),
                Some(digit) => {
                    self.size = self.size << 4 | u64::from(digit);
                    Ok(State::Size { digits: digits + 1 })
                }
                None if digits == 0 => Err(Error::ChunkSize),
                None => self.after_value(byte, Extension::Semicolon, config),
            },
            State::LineFeed if byte == b'\n' => self.line_end(config),
            State::Extension(extension) => self.extension(extension, byte, config),
            _ => Err(Error::LineEnd),
        }
    }

    /// What may follow a size, a name or a value: the line's end, the next extension, or white space before that.
    fn after_value(&mut self, byte: u8, after_space: Extension, config: &Config) -> Result<State, Error> {
        match byte {
            b'\r' => return Ok(State::LineFeed),
            b'\n' => return Err(Error::LineEnd),
            _ => {}
        }
        self.count_extension(config)?;
        match byte {
            b';' => Ok(State::Extension(Extension::NameStart)),
            b' ' | b'\t' => Ok(State::Extension(after_space)),
            _ => Err(Error::ChunkSize),
        }
    }

    fn extension(&mut self, extension: Extension, byte: u8, config: &Config) -> Result<State, Error> {
        use Extension::{Escape, Name, NameEnd, NameStart, Quoted, Semicolon, Token, ValueEnd, ValueStart};
        let is_token = chars::is_token(&[byte]);
        let is_space = matches!(byte, b' ' | b'\t');
        let next = match extension {
            NameStart | ValueStart if is_space => extension,
            NameStart | Name if is_token => Name,
            Name | NameEnd if byte == b'=' => ValueStart,
            ValueStart if byte == b'"' => Quoted,
            ValueStart | Token if is_token => Token,
            Quoted if byte == b'"' => ValueEnd,
            Quoted if byte == b'\\' => Escape,
            // qdtext and quoted-pair (RFC 9110 §5.6.4): no control character but HTAB, so neither CR nor LF.
            Quoted | Escape if chars::is_field_byte(byte) => Quoted,
            // White space is only there to be followed by something.
            Semicolon | NameEnd if byte == b'\r' => return Err(Error::ChunkSize),
            Name | NameEnd => return self.after_value(byte, NameEnd, config),
            Semicolon | Token | ValueEnd => return self.after_value(byte, Semicolon, config),
            NameStart | ValueStart | Quoted | Escape if byte == b'\n' => return Err(Error::LineEnd),
            NameStart | ValueStart | Quoted | Escape => return Err(Error::ChunkSize),
        };
        self.count_extension(config)?;
        Ok(State::Extension(next))
    }

    /// A peer could send one byte of data at a time, and a long extension with each, for ever.
    fn count_extension(&mut self, config: &Config) -> Result<(), Error> {
        self.extensions += 1;
        let allowed = self.total.saturating_add(config.max_chunk_overhead);
        if self.extensions > allowed { Err(Error::ChunkTooLong) } else { Ok(()) }
    }

    fn line_end(&mut self, config: &Config) -> Result<State, Error> {
        let size = core::mem::take(&mut self.size);
        self.line = 0;
        if size == 0 {
            return Ok(State::Trailers(Scan::default()));
        }
        self.total = self.total.checked_add(size).ok_or(Error::ChunkSize)?;
        if config.max_body.is_some_and(|limit| self.total > limit) {
            return Err(Error::BodyTooLong);
        }
        Ok(State::Data { left: size })
    }

    fn trailers(
        &mut self,
        mut scan: Scan,
        rx: &mut Inbox,
        config: &Config,
        trailers: &mut FieldIndex,
    ) -> Result<BodyStep, Error> {
        let data = rx.data();
        loop {
            match scan.advance(data, config.max_trailers, Error::TrailersTooLong)? {
                Found::FirstLine(_) => {}
                Found::Nothing => {
                    self.state = State::Trailers(scan);
                    return Ok(BodyStep::Partial);
                }
                Found::End(end) => {
                    trailers.clear();
                    if end > 2 {
                        wire::fields(&data[..end], 0, config, trailers)?;
                        trailers.retain(|name| !is_forbidden_trailer(name));
                    }
                    rx.skip(end);
                    return Ok(BodyStep::End);
                }
            }
        }
    }
}
