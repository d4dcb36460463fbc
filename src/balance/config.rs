//! Policies, limits and timers of a [`Balancer`](super::Balancer), validated.

use super::MAX_ATTEMPTS;
use super::rate::Rate;
pub use crate::config_error::ConfigError;
use core::time::Duration;

/// Which backend takes a new connection, of those that are healthy and have room. All regard weights and slow start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// In turns: in any stretch each has its share, to within about one connection, and a heavy one's turns are spread.
    RoundRobin,
    /// The one with the fewest connections for its weight; in turns where that is a tie.
    LeastConnections,
    /// The less loaded of two that chance proposes. Almost as even as least connections, and balancers side by side that
    /// know nothing of each other don't all choose the same backend.
    TwoChoices,
    /// The one of two that would answer sooner, by its latency, a moving average that believes peaks at once, and its
    /// load.
    LeastLatency {
        /// The time in which an old measurement loses half of its say.
        half_life: Duration,
    },
    /// By the client's key, in proportion to the weights. Another backend in the configuration moves most clients.
    SourceHash,
    /// By the client's key, and another backend in the configuration moves few clients but those that it takes over.
    Maglev {
        /// The places in the table, 2 to 2^24, of 2 bytes each. With at least 100 for each backend the spread is even.
        places: u32,
        /// The most connections of a backend, in percent of the average of those that are open, at least 101: clients
        /// above go elsewhere. `None`: no bound.
        bound: Option<u16>,
    },
}

impl Policy {
    /// Two choices by latency, with a half-life of 10 s.
    pub const LEAST_LATENCY: Self = Self::LeastLatency { half_life: Duration::from_secs(10) };
    /// Maglev with 65,537 places and no bound.
    pub const MAGLEV: Self = Self::Maglev { places: 65_537, bound: None };
}

/// What a check does. The driver knows how; the balancer when, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// A TCP connection that is made and closed.
    Tcp,
    /// An HTTP request that is answered as it should be.
    Http,
}

/// How a [`Balancer`](super::Balancer) chooses, checks, limits and waits. Cheap to clone.
///
/// Every value has a setter of its name in [`ConfigBuilder`].
///
/// ```
/// use barewire::balance::{Check, Config, Policy};
/// use core::time::Duration;
///
/// let config = Config::builder()
///     .policy(Policy::LeastConnections)
///     .check(Some(Check::Http))
///     .queue_timeout(Duration::from_secs(1))
///     .build()?;
/// # Ok::<(), barewire::balance::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) policy: Policy,
    pub(super) seed: u64,
    pub(super) max_connections: u32,
    pub(super) max_queue: u32,
    pub(super) queue_timeout: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) attempt_timeout: Duration,
    pub(super) max_attempts: u8,
    pub(super) slow_start: Option<Duration>,
    pub(super) check: Option<Check>,
    pub(super) check_interval: Duration,
    pub(super) check_fast_interval: Duration,
    pub(super) check_timeout: Duration,
    pub(super) check_jitter: u8,
    pub(super) rise: u16,
    pub(super) fall: u16,
    pub(super) close_when_down: bool,
    pub(super) eject_after: Option<u16>,
    pub(super) eject_after_timeouts: u16,
    pub(super) ejection_time: Duration,
    pub(super) max_ejection_time: Duration,
    pub(super) max_ejected: u8,
    pub(super) fail_open: Option<u8>,
    pub(super) rate: Option<Rate>,
    pub(super) source_rate: Option<Rate>,
    pub(super) max_sources: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            policy: Policy::RoundRobin,
            seed: 0,
            max_connections: 100_000,
            max_queue: 1_000,
            queue_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            attempt_timeout: Duration::from_secs(2),
            max_attempts: 3,
            slow_start: None,
            check: None,
            check_interval: Duration::from_secs(2),
            check_fast_interval: Duration::from_secs(1),
            check_timeout: Duration::from_secs(2),
            check_jitter: 10,
            rise: 2,
            fall: 3,
            close_when_down: false,
            eject_after: Some(5),
            eject_after_timeouts: 1,
            ejection_time: Duration::from_secs(5),
            max_ejection_time: Duration::from_secs(300),
            max_ejected: 50,
            fail_open: Some(0),
            rate: None,
            source_rate: None,
            max_sources: 16_384,
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
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
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
        }
    };
}

setters! {
    /// Which backend takes a new connection. Default round robin.
    policy: Policy;
    /// Where chance comes from: the two choices, and the jitter of checks. Only the one that the balancer is made with
    /// counts. Default 0.
    seed: u64;
    /// The most connections at once, over all backends, those being made included. Others are queued. Default 100,000.
    max_connections: u32;
    /// The most clients that wait for a place. Others are rejected. 0: none waits. Default 1,000.
    max_queue: u32;
    /// How long a client waits for a place. Default 5 s.
    queue_timeout: Duration;
    /// How long a client's connection may take to be made, over all attempts, from the first on. Default 5 s.
    connect_timeout: Duration;
    /// How long one attempt may take. Default 2 s.
    attempt_timeout: Duration;
    /// How many backends are tried for one client, 1 to 8. Default 3.
    max_attempts: u8;
    /// How long a backend that returns, or joins others that work already, takes to grow to its full share. It begins with
    /// 1/32. At least 1 ms. Default `None`: at once.
    slow_start: Option<Duration>;
    /// How backends are checked. Default `None`: they aren't.
    check: Option<Check>;
    /// The time from one check of a backend that is well to the next. Default 2 s.
    check_interval: Duration;
    /// The same while it is down, or has begun to change. Default 1 s.
    check_fast_interval: Duration;
    /// How long a check may take. Default 2 s.
    check_timeout: Duration;
    /// By how many percent an interval may be longer or shorter, by chance, so that checks don't come in waves: 0 to 50.
    /// Default 10.
    check_jitter: u8;
    /// How many checks in a row must succeed for a backend to be up again. Default 2.
    rise: u16;
    /// How many checks in a row must fail for a backend to be down; its very first check decides alone. Default 3.
    fall: u16;
    /// Whether the connections of a backend are closed when its checks find it down. Default false.
    close_when_down: bool;
    /// How many connections in a row must fail, or be reset before a byte came, for a backend to be ejected. `None`: never.
    /// Default 5.
    eject_after: Option<u16>;
    /// How many attempts in a row must time out for a backend to be ejected: each costs a client much more than one that is
    /// refused at once. Default 1.
    eject_after_timeouts: u16;
    /// How long the first ejection lasts; each further one twice as long as the last, until a backend stays well for
    /// [`max_ejection_time`](Self::max_ejection_time). Default 5 s.
    ejection_time: Duration;
    /// The longest ejection. Default 300 s.
    max_ejection_time: Duration;
    /// The largest share of backends that may be ejected, in percent, rounded down; and never the last that is well.
    /// Default 50.
    max_ejected: u8;
    /// When fewer than this percentage of the backends are well, or none, health is ignored: better to try than to refuse
    /// everything or to break the rest. `None`: never. Default `Some(0)`, so only when none is.
    fail_open: Option<u8>;
    /// How many new connections are accepted. Others are rejected. Default `None`: all.
    rate: Option<Rate>;
    /// How many are accepted of one source. Default `None`: all.
    source_rate: Option<Rate>;
    /// How many sources are remembered for their rate, about 16 bytes each. Default 16,384.
    max_sources: u32;
}

impl ConfigBuilder {
    /// Validates.
    ///
    /// # Errors
    ///
    /// When a value is outside of what its setter says, or a time is zero.
    pub fn build(self) -> Result<Config, ConfigError> {
        let config = self.config;
        let check = ConfigError::check;
        match config.policy {
            Policy::Maglev { places, bound } => {
                check((2..=1 << 24).contains(&places), "places must be 2 to 2^24")?;
                check(bound.is_none_or(|bound| bound > 100), "bound must be at least 101 percent")?;
            }
            Policy::LeastLatency { half_life } => check(!half_life.is_zero(), "half_life must be longer than zero")?,
            _ => {}
        }
        check((1..=1 << 24).contains(&config.max_connections), "max_connections must be 1 to 2^24")?;
        check(config.max_queue <= 1 << 24, "max_queue must be at most 2^24")?;
        check((1..=MAX_ATTEMPTS).contains(&config.max_attempts), "max_attempts must be 1 to 8")?;
        let slow_start = config.slow_start.is_none_or(|span| span >= Duration::from_millis(1));
        check(slow_start, "slow_start must be at least 1 ms: None turns it off")?;
        check(config.check_jitter <= 50, "check_jitter must be at most 50 percent")?;
        let counts = [config.rise, config.fall, config.eject_after_timeouts, config.eject_after.unwrap_or(1)];
        check(!counts.contains(&0), "rise, fall and eject_after must be at least 1")?;
        let shares = config.max_ejected <= 100 && config.fail_open.is_none_or(|percent| percent <= 100);
        check(shares, "max_ejected and fail_open must be at most 100 percent")?;
        for rate in [config.rate, config.source_rate].into_iter().flatten() {
            check(rate.per_second > 0 && rate.burst > 0, "a rate must be at least 1: None turns it off")?;
        }
        check((1..=1 << 24).contains(&config.max_sources), "max_sources must be 1 to 2^24")?;
        // A timer that is due at once would be due again and again.
        let times = [
            config.queue_timeout,
            config.connect_timeout,
            config.attempt_timeout,
            config.check_interval,
            config.check_fast_interval,
            config.check_timeout,
            config.ejection_time,
            config.max_ejection_time,
        ];
        check(times.iter().all(|time| *time >= Duration::from_millis(1)), "a time must be at least 1 ms")?;
        Ok(config)
    }
}
