use super::wire::HEADER_LEN;
use core::error::Error;
use core::fmt;
use core::ops::RangeInclusive;
use core::time::Duration;

/// What both ends agree on, and how patient we are.
///
/// ```
/// use barewire::message::Config;
/// use core::time::Duration;
///
/// let config = Config::builder()
///     .version(2)
///     .accept(1..=2)
///     .largest(16 << 20) // payloads of up to 16 MiB,
///     .whole(1 << 20) // those above 1 MiB in pieces
///     .idle(Some(Duration::from_secs(300)))
///     .build()?;
/// # Ok::<(), barewire::message::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) magic: u32,
    pub(super) version: u16,
    pub(super) oldest: u16,
    pub(super) newest: u16,
    pub(super) largest: u32,
    pub(super) whole: u32,
    pub(super) datagram: usize,
    pub(super) idle: Option<Duration>,
    pub(super) receive: Option<Duration>,
    pub(super) rate: u32,
    pub(super) stall: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        let largest = 1 << 20;
        Self {
            magic: 0xDEAD_BEEF,
            version: 1,
            oldest: 1,
            newest: 1,
            largest,
            whole: largest,
            datagram: 65_507,
            idle: Some(Duration::from_secs(60)),
            receive: Some(Duration::from_secs(10)),
            rate: 1024,
            stall: Some(Duration::from_secs(60)),
        }
    }
}

impl Config {
    /// Starts from the defaults.
    pub fn builder() -> Builder {
        Builder { config: Self::default(), whole: None }
    }

    /// The first four bytes of every message.
    #[must_use]
    pub fn magic(&self) -> u32 {
        self.magic
    }

    /// The version that is put into what we send.
    #[must_use]
    pub fn version(&self) -> u16 {
        self.version
    }

    /// The versions that we understand.
    #[must_use]
    pub fn accepted(&self) -> RangeInclusive<u16> {
        self.oldest..=self.newest
    }

    /// The most bytes in a payload.
    #[must_use]
    pub fn largest(&self) -> u32 {
        self.largest
    }

    /// The most bytes in a payload that is given out in one piece.
    #[must_use]
    pub fn whole(&self) -> u32 {
        self.whole
    }
}

/// Builds a [`Config`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    config: Config,
    whole: Option<u32>,
}

impl Builder {
    /// The first four bytes of every message. `0xDEADBEEF` by default.
    pub fn magic(mut self, magic: u32) -> Self {
        self.config.magic = magic;
        self
    }

    /// The version that is put into what we send. 1 by default. It must be one of those that we accept.
    pub fn version(mut self, version: u16) -> Self {
        self.config.version = version;
        self
    }

    /// The versions that we understand. Only 1 by default.
    pub fn accept(mut self, versions: RangeInclusive<u16>) -> Self {
        (self.config.oldest, self.config.newest) = versions.into_inner();
        self
    }

    /// The most bytes in a payload, sent or received. 1 MiB by default.
    pub fn largest(mut self, bytes: u32) -> Self {
        self.config.largest = bytes;
        self
    }

    /// The most bytes in a payload that is given out as one [`Message`](super::Event::Message). A longer one comes as
    /// [`Start`](super::Event::Start), [`Data`](super::Event::Data) and [`End`](super::Event::End), so that memory
    /// never holds it. As much as [`largest`](Self::largest) by default: nothing comes in pieces.
    pub fn whole(mut self, bytes: u32) -> Self {
        self.whole = Some(bytes);
        self
    }

    /// The most bytes in a datagram, header included. 65,507 by default: what UDP over IPv4 carries. On a path with
    /// Ethernet's MTU, 1,472 (IPv4) or 1,452 (IPv6) avoid fragments.
    pub fn datagram(mut self, bytes: usize) -> Self {
        self.config.datagram = bytes;
        self
    }

    /// How long a session may lie idle: between messages, with nothing to send. 60 s by default, `None` for ever.
    pub fn idle(mut self, limit: Option<Duration>) -> Self {
        self.config.idle = limit;
        self
    }

    /// How far a peer may fall behind [`rate`](Self::rate) within a message, so also how long it may be silent there.
    /// 10 s by default, `None` for ever.
    pub fn receive(mut self, slack: Option<Duration>) -> Self {
        self.config.receive = slack;
        self
    }

    /// The slowest honest peer, in bytes a second. 1,024 by default.
    pub fn rate(mut self, bytes_per_second: u32) -> Self {
        self.config.rate = bytes_per_second;
        self
    }

    /// How long a peer may take none of the bytes that wait for it. 60 s by default, `None` for ever.
    pub fn stall(mut self, limit: Option<Duration>) -> Self {
        self.config.stall = limit;
        self
    }

    /// Checks it all.
    ///
    /// # Errors
    ///
    /// Where the values contradict each other, or one makes no sense alone.
    pub fn build(self) -> Result<Config, ConfigError> {
        let config = Config { whole: self.whole.unwrap_or(self.config.largest), ..self.config };
        let zero = |timer: Option<Duration>| timer == Some(Duration::ZERO);
        if config.oldest > config.newest {
            return Err(ConfigError::NoVersion);
        }
        if !config.accepted().contains(&config.version) {
            return Err(ConfigError::OwnVersion(config.version));
        }
        if config.whole > config.largest {
            return Err(ConfigError::WholeAboveLargest { whole: config.whole, largest: config.largest });
        }
        if config.datagram < HEADER_LEN {
            return Err(ConfigError::SmallDatagram(config.datagram));
        }
        if zero(config.idle) || zero(config.receive) || zero(config.stall) {
            return Err(ConfigError::ZeroTimer);
        }
        if config.rate == 0 {
            return Err(ConfigError::ZeroRate);
        }
        Ok(config)
    }
}

/// Why a [`Config`] cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The range of accepted versions is empty.
    NoVersion,
    /// Our own version is not one that we accept.
    OwnVersion(u16),
    /// The most that is given out whole exceeds the largest payload.
    WholeAboveLargest {
        /// The most that is given out whole.
        whole: u32,
        /// The largest payload.
        largest: u32,
    },
    /// A datagram of this many bytes cannot hold a header.
    SmallDatagram(usize),
    /// A timer of no time at all. For a timer that never ends, say `None`.
    ZeroTimer,
    /// A rate of no bytes a second. For no limit, let `receive` be `None`.
    ZeroRate,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVersion => f.write_str("the range of accepted versions is empty"),
            Self::OwnVersion(version) => write!(f, "our own version {version} is not an accepted one"),
            Self::WholeAboveLargest { whole, largest } => {
                write!(f, "up to {whole} bytes given out whole, but the largest payload has {largest}")
            }
            Self::SmallDatagram(bytes) => write!(f, "a datagram of {bytes} bytes cannot hold a header of {HEADER_LEN}"),
            Self::ZeroTimer => f.write_str("a timer of zero would end everything at once"),
            Self::ZeroRate => f.write_str("a rate of zero bytes a second"),
        }
    }
}

impl Error for ConfigError {}
