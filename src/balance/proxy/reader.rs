//! The machine that takes a preamble off a connection.

use super::config::Config;
use super::header::Header;
use super::wire;
use crate::balance::patience::Patience;
use crate::{Instant, Link, Machine, Next};
use core::error;
use core::fmt;
use core::net::IpAddr;

/// What a connection begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A preamble from a source that is trusted. It has been taken off the link.
    Header(Header),
    /// The source isn't trusted: whatever it sends is its own, and was not looked at.
    Direct,
}

/// How a trusted source broke the protocol, a limit or the deadline. "Any sequence which does not exactly match the
/// protocol must be discarded and cause the receiver to abort the connection" (§2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It begins with something else.
    Missing,
    /// A line of version 1 isn't as it must be.
    Syntax,
    /// Longer than a line may be, or than our limit.
    TooLong,
    /// No version that exists.
    Version(u8),
    /// No command that exists.
    Command(u8),
    /// No address family and transport that exist.
    Family(u8),
    /// Too short for its addresses.
    Length,
    /// Its TLVs don't fill it, or one isn't as its type has to be.
    Tlv,
    /// Its checksum is wrong.
    Checksum,
    /// It ended within the preamble.
    Truncated,
    /// It took too long.
    Timeout,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no PROXY preamble"),
            Self::Syntax => f.write_str("malformed PROXY line"),
            Self::TooLong => f.write_str("the PROXY preamble is too long"),
            Self::Version(version) => write!(f, "unknown PROXY version {version}"),
            Self::Command(command) => write!(f, "unknown PROXY command {command}"),
            Self::Family(family) => write!(f, "unknown PROXY family and transport {family:#04x}"),
            Self::Length => f.write_str("the PROXY preamble is shorter than its addresses"),
            Self::Tlv => f.write_str("malformed TLV in the PROXY preamble"),
            Self::Checksum => f.write_str("wrong checksum of the PROXY preamble"),
            Self::Truncated => f.write_str("ended within the PROXY preamble"),
            Self::Timeout => f.write_str("the PROXY preamble did not come in time"),
        }
    }
}

impl error::Error for Error {}

/// Takes the preamble off a new connection.
///
/// - **Events**: one [`Event`], then it says [`Next::NeedApp`] until the link is taken.
/// - **Time**: one deadline, which no byte extends.
/// - **Commands**: [`into_link`](Self::into_link), the one-way door; what followed the preamble is in it.
///
/// A source that ends without a byte (a health check) is no event: our side ends too, and all is done.
#[derive(Debug)]
pub struct Reader {
    link: Link,
    limit: usize,
    patience: Patience,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Direct,
    Reading,
    Told,
    Over,
}

impl Reader {
    /// On a new connection from `source`.
    #[must_use]
    pub fn new(source: IpAddr, config: Config) -> Self {
        Self::with_link(Link::new(), source, config)
    }

    /// On a link that already holds bytes, as a layer leaves it.
    #[must_use]
    pub fn with_link(mut link: Link, source: IpAddr, config: Config) -> Self {
        link.rx.set_limit(link.rx.limit().max(config.limit));
        let state = if config.trusts(source) { State::Reading } else { State::Direct };
        Self { link, limit: config.limit, patience: Patience::new(config.timeout), state }
    }

    /// Takes the link, with all that followed the preamble.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.link
    }

    fn end(&mut self) {
        self.state = State::Over;
        self.link.tx.fin();
    }

    fn read(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        let rx = &mut self.link.rx;
        match wire::preamble(rx.data(), self.limit) {
            Ok((left, header)) => {
                let used = rx.len() - left.len();
                rx.skip(used);
                self.state = State::Told;
                return Ok(Next::Event(Event::Header(header)));
            }
            Err(nom::Err::Incomplete(_)) => {}
            Err(nom::Err::Error(error) | nom::Err::Failure(error)) => return Err(error),
        }
        if rx.is_eof() && rx.is_empty() {
            self.end();
            return Ok(Next::Done);
        }
        if rx.is_eof() {
            return Err(Error::Truncated);
        }
        if self.patience.is_over(now) { Err(Error::Timeout) } else { Ok(Next::NeedInput) }
    }
}

impl Machine for Reader {
    type Event = Event;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    fn next(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        match self.state {
            State::Direct => {
                self.state = State::Told;
                Ok(Next::Event(Event::Direct))
            }
            State::Reading => self.read(now).inspect_err(|_| self.end()),
            State::Told => Ok(Next::NeedApp),
            State::Over => Ok(Next::Done),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        if matches!(self.state, State::Reading) { self.patience.deadline() } else { None }
    }
}
