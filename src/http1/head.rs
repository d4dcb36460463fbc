//! Reading heads: whole in one go where possible, else line by line as they trickle in.

use super::facts::{Facts, Framing};
use super::scan::{Found, Scan};
use super::server::Exchange;
use super::{Config, Error, wire};
use crate::Inbox;
use crate::http::{Body, FieldIndex, RequestLine, Status, StatusLine, Version, chars};

/// The least window that holds the longest head or trailer section, and one byte more.
pub(super) const WINDOW: usize = 64 * 1024;

/// The memory that an idle connection keeps for its next head.
pub(super) const KEEP: usize = 1024;

/// The methods that change what a response looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Head,
    Connect,
    Other,
}

impl Method {
    pub(super) fn new(method: &[u8]) -> Self {
        match method {
            b"HEAD" => Self::Head,
            b"CONNECT" => Self::Connect,
            _ => Self::Other,
        }
    }
}

impl From<Framing> for Body {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Empty => Self::Empty,
            Framing::Length(length) => Self::Length(length),
            Framing::Chunked | Framing::UntilClose => Self::Unknown,
        }
    }
}

/// How far into a head the reader is.
#[derive(Debug, Default)]
pub(super) struct HeadReader {
    /// Where the parts of the last request's line are.
    pub(super) line: RequestLine,
    scan: Scan,
    /// An empty line before the start line was skipped.
    skipped: bool,
    /// The start line's length, CR LF included.
    first: usize,
}

pub(super) struct ResponseRead {
    pub(super) line: StatusLine,
    pub(super) facts: Facts,
}

impl HeadReader {
    /// Whether what is new of a head that trickles in is only more of a line: cheap enough for single bytes.
    #[inline]
    pub(super) fn pass(&mut self, rx: &Inbox, config: &Config) -> bool {
        let limit = if self.scan.has_first_line() { config.max_head } else { config.max_line };
        !rx.is_eof() && self.scan.pass(rx.data(), limit)
    }

    /// The next request's head, consumed; `None` as long as it isn't there.
    pub(super) fn request(
        &mut self,
        rx: &mut Inbox,
        config: &Config,
        index: &mut FieldIndex,
    ) -> Result<Option<(Framing, Exchange)>, Error> {
        // "A server [...] SHOULD ignore at least one empty line (CRLF) received prior to the request-line" (RFC 9112
        // §2.2). One it is.
        if self.scan.is_fresh() && !self.skip_empty_line(rx)? {
            return Ok(None);
        }
        let data = rx.data();
        if self.scan.is_fresh() {
            let mut facts = Facts::default();
            if let Some((line, end)) = wire::whole_request(data, config, index, &mut facts) {
                let read = self.accept(data, &line, &facts, config)?;
                rx.skip(end);
                self.skipped = false;
                return Ok(Some(read));
            }
            check_first(data[0], Error::RequestLine)?;
        }
        let found = self.search(data, config, |line| wire::request_line(line, config).map(|_| ()));
        let Some(end) = found.map_err(|error| wire::too_long(error, data, config))? else {
            return Ok(None);
        };
        let line = wire::request_line(&data[..self.first - 2], config)?;
        let facts = wire::fields(&data[..end], self.first, config, index)?;
        let read = self.accept(data, &line, &facts, config)?;
        rx.skip(end);
        self.restart();
        Ok(Some(read))
    }

    /// The checks that a request's head as a whole needs, and what follows from it.
    fn accept(
        &mut self,
        data: &[u8],
        line: &wire::RequestLine<'_>,
        facts: &Facts,
        config: &Config,
    ) -> Result<(Framing, Exchange), Error> {
        let wire::RequestLine { method, target, version } = *line;
        let framing = facts.request_framing(method, version, config)?;
        let expects_continue = facts.expects_continue(framing, version);
        let known = Method::new(method);
        let switches = known == Method::Connect || facts.asks_upgrade(version);
        self.line = RequestLine {
            method: wire::span(data, method).1,
            target: wire::span(data, target),
            version,
            expects_continue,
            asks_upgrade: switches,
        };
        let exchange = Exchange {
            method: known,
            http10: version < Version::Http11,
            persists: facts.persists(version),
            switches,
            te_trailers: facts.te_trailers,
            waits: expects_continue,
            ended: false,
        };
        Ok((framing, exchange))
    }

    /// The next head is a new one.
    fn restart(&mut self) {
        (self.scan, self.skipped, self.first) = (Scan::default(), false, 0);
    }

    /// The next response's head, consumed; `None` as long as it isn't there.
    pub(super) fn response(
        &mut self,
        rx: &mut Inbox,
        config: &Config,
        index: &mut FieldIndex,
    ) -> Result<Option<ResponseRead>, Error> {
        if self.scan.is_fresh() {
            if config.allow_empty_line_before_status && !self.skip_empty_line(rx)? {
                return Ok(None);
            }
            let Some(&first) = rx.data().first() else { return Ok(None) };
            if first != b'H' {
                return Err(Error::StatusLine);
            }
        }
        let data = rx.data();
        let Some(end) = self.search(data, config, |line| wire::status_line(line, config).map(|_| ()))? else {
            return Ok(None);
        };
        let (version, code, reason) = wire::status_line(&data[..self.first - 2], config)?;
        let status = Status::new(code).map_err(|_| Error::StatusLine)?;
        let reason = wire::span(data, reason);
        let facts = wire::fields(&data[..end], self.first, config, index)?;
        rx.skip(end);
        self.restart();
        Ok(Some(ResponseRead { line: StatusLine { status, reason, version }, facts }))
    }

    /// Whether the start line is next, and some of it is there.
    fn skip_empty_line(&mut self, rx: &mut Inbox) -> Result<bool, Error> {
        if !self.skipped && rx.data().starts_with(b"\r\n") {
            self.skipped = true;
            rx.skip(2);
        }
        match rx.data() {
            [] | [b'\r'] => Ok(false),
            // What is empty once more is no start line: the check of its first byte says so.
            [b'\r', b'\n', ..] => Ok(true),
            [b'\r' | b'\n', ..] => Err(Error::LineEnd),
            _ => Ok(true),
        }
    }

    /// Goes on with the search for the head's end. The start line is looked at as soon as it is there, so that
    /// something that isn't HTTP is refused at once.
    fn search(
        &mut self,
        data: &[u8],
        config: &Config,
        check_line: impl Fn(&[u8]) -> Result<(), Error>,
    ) -> Result<Option<usize>, Error> {
        loop {
            let (limit, too_long) = if self.scan.has_first_line() {
                (config.max_head, Error::HeadTooLong)
            } else {
                (config.max_line, Error::LineTooLong)
            };
            match self.scan.advance(data, limit, too_long)? {
                Found::FirstLine(line) => {
                    check_line(&data[..line])?;
                    self.first = line + 2;
                }
                Found::End(end) => return Ok(Some(end)),
                Found::Nothing => return Ok(None),
            }
        }
    }
}

/// A start line begins with a token: what doesn't isn't worth waiting for its end.
fn check_first(byte: u8, error: Error) -> Result<(), Error> {
    if chars::is_token(&[byte]) { Ok(()) } else { Err(error) }
}
