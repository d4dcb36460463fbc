use super::Reserved;
#[cfg(feature = "deflate")]
use super::compression::States;
use core::error::Error;
use core::fmt;
use core::time::Duration;

/// Limits and timers of a [`Session`](super::Session). Cheap to clone; clones share what compression needs at times.
///
/// ```
/// use barewire::websocket::Config;
/// use core::time::Duration;
///
/// let config = Config::builder().max_message(64 * 1024).ping(Some(Duration::from_secs(10))).build()?;
/// # Ok::<(), barewire::websocket::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) max_message: u64,
    pub(super) whole: u64,
    pub(super) max_frame: u64,
    pub(super) max_frames: u32,
    pub(super) reserved: Reserved,
    pub(super) ping: Option<Duration>,
    pub(super) pong: Duration,
    pub(super) stall: Option<Duration>,
    pub(super) close_timeout: Duration,
    pub(super) deflate_level: u8,
    pub(super) deflate_threshold: usize,
    #[cfg(feature = "deflate")]
    pub(super) states: States,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_message: 16 << 20,
            whole: 16 << 20,
            max_frame: 16 << 20,
            max_frames: 1 << 17,
            reserved: Reserved::NONE,
            ping: Some(Duration::from_secs(30)),
            pong: Duration::from_secs(20),
            stall: Some(Duration::from_secs(60)),
            close_timeout: Duration::from_secs(5),
            // In between there is nothing worth having: level 2 takes 8.5 µs for what 6 does in 11.
            deflate_level: 1,
            deflate_threshold: 128,
            #[cfg(feature = "deflate")]
            states: States::default(),
        }
    }
}

impl Config {
    /// The longest message in one frame that is given out whole.
    #[inline]
    pub(super) fn whole_frame(&self) -> u64 {
        self.whole.min(self.max_frame)
    }

    /// Every limit at its default.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder { config: Self::default(), whole: None, max_frame: None }
    }
}

/// Makes a [`Config`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ConfigBuilder {
    config: Config,
    whole: Option<u64>,
    max_frame: Option<u64>,
}

impl ConfigBuilder {
    /// The most bytes in a message, after decompression, however many frames it comes in. 16 MiB by default.
    pub fn max_message(mut self, bytes: u64) -> Self {
        self.config.max_message = bytes;
        self
    }

    /// The most bytes in a message that is given out as one [`Text`](super::Event::Text) or
    /// [`Binary`](super::Event::Binary). A longer one comes as [`Start`](super::Event::Start),
    /// [`Data`](super::Event::Data) and [`End`](super::Event::End), so that memory never holds it. As much as
    /// [`max_message`](Self::max_message) by default: nothing comes in pieces.
    pub fn whole(mut self, bytes: u64) -> Self {
        self.whole = Some(bytes);
        self
    }

    /// The most bytes in one frame. As much as [`max_message`](Self::max_message) by default.
    pub fn max_frame(mut self, bytes: u64) -> Self {
        self.max_frame = Some(bytes);
        self
    }

    /// The most frames from the first to the last of one message, with the control frames in between: fragments of a
    /// few bytes, or none, cost time but never reach the limits in bytes. 131,072 by default.
    pub fn max_frames(mut self, frames: u32) -> Self {
        self.config.max_frames = frames;
        self
    }

    /// Reserved bits that an extension of the application's own has claimed in the handshake. What comes with them is
    /// an [`Extended`](super::Event::Extended). None by default.
    pub fn reserved(mut self, bits: Reserved) -> Self {
        self.config.reserved = bits;
        self
    }

    /// How long a peer may be silent before it is pinged. 30 s by default, `None` for ever.
    pub fn ping(mut self, silence: Option<Duration>) -> Self {
        self.config.ping = silence;
        self
    }

    /// How long after that ping a peer that still is silent is given up. 20 s by default.
    pub fn pong(mut self, limit: Duration) -> Self {
        self.config.pong = limit;
        self
    }

    /// How long a peer may take none of the bytes that wait for it. 60 s by default, `None` for ever.
    pub fn stall(mut self, limit: Option<Duration>) -> Self {
        self.config.stall = limit;
        self
    }

    /// How long after our Close frame the peer's may come, and then its end of the stream. 5 s by default. If more than
    /// 64 KiB go before it, the time begins when it has left, and may take twice as long to be noticed.
    pub fn close_timeout(mut self, limit: Duration) -> Self {
        self.config.close_timeout = limit;
        self
    }

    /// Where compression was agreed on: how hard to try, from 1 (fastest) to 9 (smallest). 1 by default: on a kilobyte of
    /// JSON it takes 2.4 µs and leaves 39 %, where 6 takes 11 µs and leaves 29 %.
    pub fn deflate_level(mut self, level: u8) -> Self {
        self.config.deflate_level = level;
        self
    }

    /// Where compression was agreed on: messages of fewer bytes go as they are. 128 by default.
    pub fn deflate_threshold(mut self, bytes: usize) -> Self {
        self.config.deflate_threshold = bytes;
        self
    }

    /// Checks it all.
    ///
    /// # Errors
    ///
    /// Where the values contradict each other, or one makes no sense alone.
    pub fn build(self) -> Result<Config, ConfigError> {
        let whole = self.whole.unwrap_or(self.config.max_message);
        let max_frame = self.max_frame.unwrap_or(self.config.max_message);
        let config = Config { whole, max_frame, ..self.config };
        if config.whole > config.max_message {
            return Err(ConfigError::WholeAboveLongest { whole: config.whole, longest: config.max_message });
        }
        if config.max_frames == 0 {
            return Err(ConfigError::NoFrames);
        }
        if !(1..=9).contains(&config.deflate_level) {
            return Err(ConfigError::Level(config.deflate_level));
        }
        let zero = |timer: Option<Duration>| timer == Some(Duration::ZERO);
        if zero(config.ping) || zero(config.stall) || config.pong.is_zero() || config.close_timeout.is_zero() {
            return Err(ConfigError::ZeroTimer);
        }
        Ok(config)
    }
}

/// Why a [`Config`] cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The most that is given out whole exceeds the longest message.
    WholeAboveLongest {
        /// The most that is given out whole.
        whole: u64,
        /// The longest message.
        longest: u64,
    },
    /// A message of no frames at all.
    NoFrames,
    /// A level of compression that is not from 1 to 9.
    Level(u8),
    /// A timer of no time at all. For a timer that never ends, say `None`.
    ZeroTimer,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WholeAboveLongest { whole, longest } => {
                write!(f, "up to {whole} bytes given out whole, but the longest message has {longest}")
            }
            Self::NoFrames => f.write_str("a message has at least one frame"),
            Self::Level(level) => write!(f, "compression has the levels 1 to 9, not {level}"),
            Self::ZeroTimer => f.write_str("a timer of zero would end everything at once"),
        }
    }
}

impl Error for ConfigError {}
