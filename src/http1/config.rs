//! Limits, timers and leniencies, validated.

pub use crate::config_error::ConfigError;
use core::time::Duration;

/// A span of time, as the timers count it.
pub(super) type Nanos = u64;

const SECOND: Nanos = 1_000_000_000;

/// What a [`Server`](super::Server) or [`Client`](super::Client) puts up with. Cheap to clone.
///
/// The defaults are strict. Every value has a setter of its name in [`ConfigBuilder`].
///
/// ```
/// use barewire::http1::Config;
/// use core::time::Duration;
///
/// let config = Config::builder()
///     .max_body(Some(1 << 20))
///     .head_timeout(Some(Duration::from_secs(5)))
///     .build()?;
/// # Ok::<(), barewire::http1::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) max_line: usize,
    pub(super) max_head: usize,
    pub(super) max_fields: usize,
    pub(super) max_body: Option<u64>,
    pub(super) max_chunk_line: usize,
    pub(super) max_chunk_overhead: u64,
    pub(super) max_trailers: usize,
    pub(super) max_interim: usize,
    pub(super) max_pipelined: usize,
    pub(super) max_drain: u64,
    pub(super) min_rate: u32,
    pub(super) idle_timeout: Option<Nanos>,
    pub(super) head_timeout: Option<Nanos>,
    pub(super) body_timeout: Option<Nanos>,
    pub(super) send_timeout: Option<Nanos>,
    pub(super) drain_timeout: Option<Nanos>,
    pub(super) response_timeout: Option<Nanos>,
    pub(super) continue_timeout: Option<Nanos>,
    pub(super) unix_at_origin: Option<Duration>,
    pub(super) allow_repeated_length: bool,
    pub(super) allow_minor_versions: bool,
    pub(super) allow_utf8_target: bool,
    pub(super) allow_transfer_codings: bool,
    pub(super) allow_empty_line_before_status: bool,
    pub(super) abandon_half_closed: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_line: 8 * 1024,
            max_head: 32 * 1024,
            max_fields: 100,
            max_body: None,
            max_chunk_line: 4 * 1024,
            max_chunk_overhead: 16 * 1024,
            max_trailers: 8 * 1024,
            max_interim: 16,
            max_pipelined: 16,
            max_drain: 64 * 1024,
            min_rate: 240,
            idle_timeout: Some(75 * SECOND),
            head_timeout: Some(15 * SECOND),
            body_timeout: Some(10 * SECOND),
            send_timeout: Some(30 * SECOND),
            drain_timeout: Some(5 * SECOND),
            response_timeout: None,
            continue_timeout: Some(SECOND),
            unix_at_origin: None,
            allow_repeated_length: false,
            allow_minor_versions: false,
            allow_utf8_target: false,
            allow_transfer_codings: false,
            allow_empty_line_before_status: false,
            abandon_half_closed: false,
        }
    }
}

impl Config {
    /// A builder with the defaults.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder { config: Self::default() }
    }
}

macro_rules! setters {
    (
        values { $($(#[$doc:meta])* $name:ident: $type:ty;)* }
        timers { $($(#[$timer_doc:meta])* $timer:ident;)* }
    ) => {
        /// Sets what differs from the defaults.
        #[derive(Clone, Debug)]
        #[must_use]
        pub struct ConfigBuilder {
            config: Config,
        }

        impl ConfigBuilder {
            $(
                $(#[$doc])*
                pub fn $name(mut self, value: $type) -> Self {
                    self.config.$name = value;
                    self
                }
            )*
            $(
                $(#[$timer_doc])*
                pub fn $timer(mut self, value: Option<Duration>) -> Self {
                    self.config.$timer = value.map(|span| Nanos::try_from(span.as_nanos()).unwrap_or(Nanos::MAX));
                    self
                }
            )*
        }
    };
}

setters! {
    values {
        /// The longest start line in bytes, CR LF included. A longer one is a 414. Default 8 KiB.
        max_line: usize;
        /// The longest head in bytes, from its start line to its empty line, at most 65,535. A longer one is a 431.
        /// Default 32 KiB.
        max_head: usize;
        /// The most fields in a head, and in a trailer section. More are a 431. Default 100.
        max_fields: usize;
        /// The longest body in bytes. A longer one is a 413. `None`: no limit. Default `None`.
        max_body: Option<u64>;
        /// The longest chunk-size line in bytes, extensions and CR LF included. Default 4 KiB.
        max_chunk_line: usize;
        /// The bytes that chunk extensions may take in sum over a body, besides one for each byte of data. Default 16 KiB.
        max_chunk_overhead: u64;
        /// The longest trailer section in bytes, at most 65,535. Default 8 KiB.
        max_trailers: usize;
        /// The most interim responses before a final one. Default 16.
        max_interim: usize;
        /// How many requests are read, or sent, ahead of the first unanswered one, that one included. Default 16.
        max_pipelined: usize;
        /// How many bytes of a body are discarded after an early reply, to keep the connection or to close it gently.
        /// Default 64 KiB.
        max_drain: u64;
        /// The least bytes a second, over the time of [`body_timeout`](Self::body_timeout) or
        /// [`send_timeout`](Self::send_timeout), that a peer must send or take. Default 240.
        min_rate: u32;
        /// The time since the Unix epoch at [`Instant::ORIGIN`](crate::Instant::ORIGIN): with it, a server dates its
        /// responses (RFC 9110 §6.6.1). Default `None`: no `Date`.
        unix_at_origin: Option<Duration>;
        /// Leniency: `Content-Length` may be repeated, in a list or in several lines, if all are equal.
        allow_repeated_length: bool;
        /// Leniency: HTTP/1.2 to 1.9 are read as 1.1 instead of refused with 505.
        allow_minor_versions: bool;
        /// Leniency: a target may hold bytes above 0x7E, if it is UTF-8.
        allow_utf8_target: bool;
        /// Leniency: other transfer codings before `chunked` are handed on undecoded instead of refused with 501.
        allow_transfer_codings: bool;
        /// Leniency: one empty line may stand before a status line.
        allow_empty_line_before_status: bool;
        /// Strictness: a client that closes its sending side before it has its replies is taken for gone.
        abandon_half_closed: bool;
    }
    timers {
        /// How long a connection may be idle between requests, until it is closed without a word. Default 75 s.
        idle_timeout;
        /// How long a head may take from its first byte on. Then it is a 408. Default 15 s.
        head_timeout;
        /// In each span of this time that a server spends waiting for a body, [`min_rate`](Self::min_rate) must be kept.
        /// Else it is a 408. Default 10 s.
        body_timeout;
        /// In each span of this time with output waiting, [`min_rate`](Self::min_rate) must be kept. Else the connection is
        /// reset. Default 30 s.
        send_timeout;
        /// How long a closed connection is still read, so that a reset doesn't destroy the last reply. Default 5 s.
        drain_timeout;
        /// How long a client waits for a response without hearing a byte of it. Default `None`: for ever.
        response_timeout;
        /// How long a client that expects a 100 waits before it sends the body regardless. Default 1 s.
        continue_timeout;
    }
}

impl ConfigBuilder {
    /// Validates.
    ///
    /// # Errors
    ///
    /// When a limit is below or above what it can be, the start line's limit is above that of the head, or a timer is
    /// zero.
    pub fn build(self) -> Result<Config, ConfigError> {
        let config = self.config;
        let longest = usize::from(u16::MAX);
        let check = ConfigError::check;
        check((64..=longest).contains(&config.max_head), "max_head must be 64 to 65,535")?;
        check((16..=config.max_head).contains(&config.max_line), "max_line must be 16 to max_head")?;
        check((1..=8192).contains(&config.max_fields), "max_fields must be 1 to 8,192")?;
        check((20..=longest).contains(&config.max_chunk_line), "max_chunk_line must be 20 to 65,535")?;
        check((2..=longest).contains(&config.max_trailers), "max_trailers must be 2 to 65,535")?;
        check(config.max_pipelined > 0, "max_pipelined must be at least 1")?;
        let timers = [
            config.idle_timeout,
            config.head_timeout,
            config.body_timeout,
            config.send_timeout,
            config.drain_timeout,
            config.response_timeout,
            config.continue_timeout,
        ];
        // A timer that is due at once would be due again and again.
        check(!timers.contains(&Some(0)), "a timer must be longer than zero: None turns it off")?;
        Ok(config)
    }
}
