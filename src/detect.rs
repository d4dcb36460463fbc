//! Which protocol is this? Looks at a connection's first bytes and consumes none.
//!
//! One port can serve several protocols: [`Detect`] says which one the peer speaks, then hands the
//! [`Link`] with all that came to the machine of that protocol.
//!
//! ```
//! use barewire::detect::{Config, Detect, Protocol};
//! use barewire::{Instant, Machine, Next, message};
//!
//! let mut detect = Detect::new(Config::default());
//! detect.link().rx.receive(b"\xde\xad\xbe\xef\0\x01\0\x07\0\0\0\x02hi".to_vec(), 0);
//! match detect.next(Instant::ORIGIN)? {
//!     Next::Event(Protocol::Message) => {
//!         let mut session = message::Session::with_link(detect.into_link(), message::Config::default());
//!         assert!(matches!(session.next(Instant::ORIGIN), Ok(Next::Event(_))));
//!     }
//!     other => panic!("{other:?}"),
//! }
//! # Ok::<(), barewire::detect::Error>(())
//! ```

use crate::http::chars::is_tchar;
use crate::{Instant, Link, Machine, Next};
use core::error;
use core::fmt;
use core::time::Duration;
use nom::branch::alt;
use nom::bytes::streaming::{tag, take_while1};
use nom::combinator::{fail, verify};
use nom::multi::many0_count;
use nom::number::streaming::be_u8;
use nom::{IResult, Parser};

/// What an HTTP/2 client sends first (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a peer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// HTTP/1.x: a method, any token, and a space. Empty lines may come before (RFC 9112 §2.2).
    Http1,
    /// HTTP/2 without negotiation: the whole preface, so that an HTTP/1 method `PRI` is none.
    Http2Preface,
    /// TLS: a handshake record that begins with a ClientHello (RFC 8446 §4, §5.1).
    Tls,
    /// The message protocol: its magic.
    Message,
    /// None of these, or not enough of any before the limit or the end.
    Unknown,
}

/// What to look for, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    magic: Option<u32>,
    limit: usize,
    timeout: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self { magic: Some(0xDEAD_BEEF), limit: 64, timeout: Some(Duration::from_secs(10)) }
    }
}

impl Config {
    /// Starts from the defaults.
    pub fn builder() -> Builder {
        Builder { config: Self::default() }
    }
}

/// Builds a [`Config`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    config: Config,
}

impl Builder {
    /// The message protocol's magic, `None` if it is not served here. `0xDEADBEEF` by default. Where it could begin
    /// another protocol, it wins.
    pub fn magic(mut self, magic: Option<u32>) -> Self {
        self.config.magic = magic;
        self
    }

    /// The most bytes that are looked at, so also the longest HTTP method, with its space. 64 by default.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.config.limit = bytes;
        self
    }

    /// How long the peer may take to show what it speaks, from the first [`next`](Machine::next) on. 10 s by default,
    /// `None` for ever.
    pub fn timeout(mut self, limit: Option<Duration>) -> Self {
        self.config.timeout = limit;
        self
    }

    /// Checks it all.
    ///
    /// # Errors
    ///
    /// Where a value makes no sense.
    pub fn build(self) -> Result<Config, ConfigError> {
        if self.config.limit < PREFACE.len() {
            return Err(ConfigError::SmallLimit(self.config.limit));
        }
        if self.config.timeout == Some(Duration::ZERO) {
            return Err(ConfigError::ZeroTimeout);
        }
        Ok(self.config)
    }
}

/// Why a [`Config`] cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// So few bytes cannot hold HTTP/2's preface.
    SmallLimit(usize),
    /// A timeout of no time at all. For no timeout, say `None`.
    ZeroTimeout,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SmallLimit(bytes) => write!(f, "{bytes} bytes are too few for HTTP/2's preface of {}", PREFACE.len()),
            Self::ZeroTimeout => f.write_str("a timeout of zero would end everything at once"),
        }
    }
}

impl error::Error for ConfigError {}

/// How the peer broke a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It didn't show in time what it speaks.
    Timeout,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("the peer did not show in time what it speaks"),
        }
    }
}

impl error::Error for Error {}

/// The machine that tells protocols apart.
///
/// - **Events**: one [`Protocol`], as soon as the bytes leave no doubt. Then it says [`Next::NeedApp`] until the link
///   is taken.
/// - **Time**: one deadline, which no byte extends.
/// - **Commands**: [`into_link`](Self::into_link), the one-way door.
///
/// A peer that ends without a byte (a port scan, a health check) is no event: our side ends too, and all is done. One
/// that ends within what could have become a protocol is [`Protocol::Unknown`].
#[derive(Debug)]
pub struct Detect {
    link: Link,
    config: Config,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Looking { until: Option<Instant>, armed: bool },
    Told,
    Over,
}

impl Default for Detect {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl Detect {
    /// On a new connection.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_link(Link::new(), config)
    }

    /// On a link that already holds bytes, as a layer leaves it.
    #[must_use]
    pub fn with_link(mut link: Link, config: Config) -> Self {
        link.rx.set_limit(link.rx.limit().max(config.limit));
        Self { link, config, state: State::Looking { until: None, armed: false } }
    }

    /// Takes the link, with all that came.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.link
    }

    /// `None` as long as more bytes could change the answer.
    fn look(&self) -> Option<Protocol> {
        let data = self.link.rx.data();
        let seen = &data[..data.len().min(self.config.limit)];
        let last = data.len() >= self.config.limit || self.link.rx.is_eof();
        protocol(seen, self.config.magic).or(last.then_some(Protocol::Unknown))
    }
}

impl Machine for Detect {
    type Event = Protocol;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    fn next(&mut self, now: Instant) -> Result<Next<Protocol>, Error> {
        let State::Looking { until, armed } = self.state else {
            return Ok(if matches!(self.state, State::Told) { Next::NeedApp } else { Next::Done });
        };
        if self.link.rx.is_empty() && self.link.rx.is_eof() {
            self.state = State::Over;
            self.link.tx.fin();
            return Ok(Next::Done);
        }
        if let Some(protocol) = self.look() {
            self.state = State::Told;
            return Ok(Next::Event(protocol));
        }
        let until = if armed { until } else { self.config.timeout.map(|limit| now + limit) };
        if until.is_some_and(|until| now >= until) {
            self.state = State::Over;
            self.link.tx.fin();
            return Err(Error::Timeout);
        }
        self.state = State::Looking { until, armed: true };
        Ok(Next::NeedInput)
    }

    fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Looking { until, .. } => until,
            State::Told | State::Over => None,
        }
    }
}

/// The first that matches, unless one before it still may; [`Protocol::Unknown`] once none may.
fn protocol(input: &[u8], magic: Option<u32>) -> Option<Protocol> {
    let message = |input| match magic {
        Some(magic) => tag(&magic.to_be_bytes()[..]).parse(input),
        None => fail().parse(input),
    };
    // `alt` tries the next only after an error: at "incomplete" it stops, and so do we.
    let candidates = alt((
        message.map(|_: &[u8]| Protocol::Message),
        tls.map(|()| Protocol::Tls),
        tag(PREFACE).map(|_: &[u8]| Protocol::Http2Preface),
        http1.map(|()| Protocol::Http1),
    ))
    .parse(input);
    match candidates {
        Ok((_, protocol)) => Some(protocol),
        Err(nom::Err::Incomplete(_)) => None,
        Err(_) => Some(Protocol::Unknown),
    }
}

/// `TLSPlaintext = handshake(22) legacy_record_version length fragment`, the fragment beginning with
/// `client_hello(1)`. Versions SSL 3.0 to what TLS 1.3 would say if it could. "The length MUST NOT exceed 2^14 bytes";
/// "Implementations MUST NOT send zero-length fragments of Handshake types" (RFC 8446 §5.1).
fn tls(input: &[u8]) -> IResult<&[u8], ()> {
    let length = verify(be_u8, |high| *high <= 64)
        .flat_map(|high| verify(be_u8, move |low| (1..=1 << 14).contains(&u16::from_be_bytes([high, *low]))));
    (tag(&[22, 3][..]), verify(be_u8, |minor| *minor <= 4), length, tag(&[1][..])).map(|_| ()).parse(input)
}

/// `request-line = method SP …`; "a server … SHOULD ignore at least one empty line (CRLF) received prior to the
/// request-line" (RFC 9112 §2.2).
fn http1(input: &[u8]) -> IResult<&[u8], ()> {
    (many0_count(tag(&b"\r\n"[..])), take_while1(is_tchar), tag(&b" "[..])).map(|_| ()).parse(input)
}
