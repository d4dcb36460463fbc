//! The search for the end of a head or trailer section that trickles in: no byte is looked at twice.

use super::Error;

/// How far the search has come, relative to the section's start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    at: usize,
    line: usize,
    lines: usize,
}

/// What the search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The first line, without its CR LF, is this long.
    FirstLine(usize),
    /// The section, empty line included, is this long.
    End(usize),
    /// Neither yet.
    Nothing,
}

impl Scan {
    /// Goes on. `limit` is what the section may be long, or its first line as long as that hasn't been found: it bites
    /// as soon as so many bytes are there.
    pub(super) fn advance(&mut self, data: &[u8], limit: usize, too_long: Error) -> Result<Found, Error> {
        let window = &data[..data.len().min(limit)];
        while let Some(found) = line_end(&window[self.at..]) {
            self.at += found;
            match window[self.at..] {
                [b'\r', b'\n', ..] => {}
                // The LF may be on its way, if it is within the limit.
                [b'\r'] => break,
                // "A recipient of such a bare CR MUST consider that element to be invalid" (RFC 9112 §2.2); a bare LF
                // it MAY take for a line's end, which is how requests are smuggled past those who don't.
                _ => return Err(Error::LineEnd),
            }
            let line = core::mem::replace(&mut self.line, self.at + 2);
            let end = self.at;
            self.at += 2;
            self.lines += 1;
            if end == line {
                return Ok(Found::End(self.at));
            }
            if self.lines == 1 {
                return Ok(Found::FirstLine(end));
            }
        }
        if self.at < window.len() && window[self.at] != b'\r' {
            self.at = window.len();
        }
        if window.len() == limit { Err(too_long) } else { Ok(Found::Nothing) }
    }

    /// Goes on over a few new bytes within a line, if that is all there is. Else nothing changes.
    #[inline]
    pub(super) fn pass(&mut self, data: &[u8], limit: usize) -> bool {
        let new = data.get(self.at..).unwrap_or_default();
        let plain = self.at > 0 && data.len() < limit && new.len() < FEW && line_end(new).is_none();
        if plain {
            self.at = data.len();
        }
        plain
    }

    /// Whether nothing was searched yet.
    #[inline]
    pub(super) fn is_fresh(&self) -> bool {
        self.at == 0
    }

    /// Whether the first line has been found.
    pub(super) fn has_first_line(&self) -> bool {
        self.lines > 0
    }
}

/// So many bytes aren't worth the start of a wide search.
const FEW: usize = 32;

/// Where the first CR or LF is. A few bytes, as a slow peer sends them, aren't worth the start of a wide search.
#[inline]
fn line_end(bytes: &[u8]) -> Option<usize> {
    if bytes.len() < FEW {
        return bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    }
    memchr::memchr2(b'\r', b'\n', bytes)
}
