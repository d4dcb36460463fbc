//! Whom a TLS client wants to speak to, and how, without touching what it sent: to route TLS by name.
//!
//! [`Peek`] reads the ClientHello (RFC 8446 §4.1.2), across however many records it comes in, and leaves every byte on the
//! [`Link`] for the backend. Nothing is decrypted or verified: the name is the client's wish, no proof of anything.
//!
//! ```
//! use barewire::balance::client_hello::{Config, Event, Peek};
//! use barewire::{Instant, Machine, Next};
//!
//! # let hello = b"\x16\x03\x01\x00\x4f\x01\x00\x00\x4b\x03\x0300000000000000000000000000000000\0\x00\x02\x13\x01\x01\x00\
//! # \x00\x20\0\0\0\x10\0\x0e\0\0\x0bExample.com\0\x10\0\x05\0\x03\x02h2\0\x17\0\0".to_vec();
//! # let hello = { let mut it = hello; let n = it.len(); it[4] = (n - 5) as u8; it[8] = (n - 9) as u8; it[51] = (n - 52) as u8; it };
//! let mut peek = Peek::new(Config::default());
//! peek.link().rx.receive(hello.clone(), 0);
//! match peek.next(Instant::ORIGIN)? {
//!     Next::Event(Event::Hello(it)) => {
//!         assert_eq!(it.server_name(), Some("example.com"));
//!         assert!(it.protocols().any(|name| name == b"h2"));
//!     }
//!     other => panic!("{other:?}"),
//! }
//! assert_eq!(peek.into_link().rx.data(), hello);
//! # Ok::<(), barewire::balance::client_hello::Error>(())
//! ```

mod wire;

use super::patience::Patience;
pub use crate::config_error::ConfigError;
use crate::{Instant, Link, Machine, Next};
use alloc::boxed::Box;
use core::error;
use core::fmt;
use core::time::Duration;
use wire::Scan;

/// What of a ClientHello chooses a backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    server_name: Option<Box<str>>,
    /// Names, each behind its length.
    protocols: Box<[u8]>,
}

impl Hello {
    /// The host name of the `server_name` extension (RFC 6066 §3), in lower case. `None` without one, and for an IP
    /// address, which isn't permitted there.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// The names of the `application_layer_protocol_negotiation` extension (RFC 7301 §3.1), in the client's order of
    /// preference.
    pub fn protocols(&self) -> impl Iterator<Item = &[u8]> {
        let mut left = &self.protocols[..];
        core::iter::from_fn(move || {
            let (length, rest) = left.split_first()?;
            let (name, rest) = rest.split_at_checked(usize::from(*length))?;
            left = rest;
            Some(name)
        })
    }
}

/// What a connection begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A ClientHello.
    Hello(Hello),
    /// Something that isn't TLS.
    NotTls,
}

/// How long to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    limit: usize,
    timeout: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self { limit: 16 * 1024, timeout: Some(Duration::from_secs(10)) }
    }
}

impl Config {
    /// Starts from the defaults.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder { config: Self::default() }
    }
}

/// Sets what differs from the defaults.
#[derive(Clone, Debug)]
#[must_use]
pub struct ConfigBuilder {
    config: Config,
}

impl ConfigBuilder {
    /// The most bytes that a ClientHello may take, the headers of its records included: 512 to 131,072. Default 16 KiB:
    /// with post-quantum keys it has about 2 KiB.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.config.limit = bytes;
        self
    }

    /// How long the ClientHello may take, from the first [`next`](Machine::next) on. Default 10 s, `None` for ever.
    pub fn timeout(mut self, limit: Option<Duration>) -> Self {
        self.config.timeout = limit;
        self
    }

    /// Validates.
    ///
    /// # Errors
    ///
    /// When a value is outside of what its setter says, or the time is zero.
    pub fn build(self) -> Result<Config, ConfigError> {
        if !(512..=128 * 1024).contains(&self.config.limit) {
            return Err(ConfigError("limit must be 512 to 131,072"));
        }
        if self.config.timeout == Some(Duration::ZERO) {
            return Err(ConfigError("a timeout must be longer than zero: None turns it off"));
        }
        Ok(self.config)
    }
}

/// How the client broke TLS, a limit or the deadline. The alert that TLS has for it is in `tx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// Not as a ClientHello, or the records it comes in, must be.
    Malformed,
    /// A name or an extension that must not be.
    Illegal,
    /// Longer than the limit.
    TooLong,
    /// It ended within.
    Truncated,
    /// It took too long.
    Timeout,
}

impl Error {
    /// The description of the alert, if there is one (RFC 8446 §6).
    #[must_use]
    pub fn alert(self) -> Option<u8> {
        match self {
            Self::Malformed | Self::TooLong => Some(50),
            Self::Illegal => Some(47),
            Self::Truncated | Self::Timeout => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed ClientHello",
            Self::Illegal => "a ClientHello with an illegal name or extension",
            Self::TooLong => "the ClientHello is too long",
            Self::Truncated => "ended within the ClientHello",
            Self::Timeout => "the ClientHello did not come in time",
        })
    }
}

impl error::Error for Error {}

/// Looks at the ClientHello of a new connection.
///
/// - **Events**: one [`Event`], then it says [`Next::NeedApp`] until the link is taken.
/// - **Time**: one deadline, which no byte extends.
/// - **Commands**: [`into_link`](Self::into_link), the one-way door, with all that came.
///
/// A client that ends without a byte is no event: our side ends too, and all is done.
#[derive(Debug)]
pub struct Peek {
    link: Link,
    limit: usize,
    patience: Patience,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Looking(Scan),
    Told,
    Over,
}

impl Peek {
    /// On a new connection.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_link(Link::new(), config)
    }

    /// On a link that already holds bytes, as a PROXY preamble leaves it.
    #[must_use]
    pub fn with_link(mut link: Link, config: Config) -> Self {
        link.rx.set_limit(link.rx.limit().max(config.limit));
        let state = State::Looking(Scan::default());
        Self { link, limit: config.limit, patience: Patience::new(config.timeout), state }
    }

    /// Takes the link, with all that came.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.link
    }

    fn look(&mut self, mut scan: Scan, now: Instant) -> Result<Next<Event>, Error> {
        let rx = &self.link.rx;
        if let Some(event) = scan.advance(rx.data(), self.limit)? {
            self.state = State::Told;
            return Ok(Next::Event(event));
        }
        if rx.is_eof() && rx.is_empty() {
            self.state = State::Over;
            self.link.tx.fin();
            return Ok(Next::Done);
        }
        if rx.is_eof() {
            return Err(Error::Truncated);
        }
        if self.patience.is_over(now) {
            return Err(Error::Timeout);
        }
        self.state = State::Looking(scan);
        Ok(Next::NeedInput)
    }
}

impl Machine for Peek {
    type Event = Event;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    fn next(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        match self.state {
            State::Looking(scan) => self.look(scan, now).inspect_err(|error| {
                self.state = State::Over;
                if let Some(description) = error.alert() {
                    // A record of type alert(21), version 1.2 as records have it, level fatal(2).
                    self.link.tx.put(&[21, 3, 3, 0, 2, 2, description]);
                }
                self.link.tx.fin();
            }),
            State::Told => Ok(Next::NeedApp),
            State::Over => Ok(Next::Done),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        if matches!(self.state, State::Looking(_)) { self.patience.deadline() } else { None }
    }
}
