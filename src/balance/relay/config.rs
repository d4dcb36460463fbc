use core::error::Error;
use core::fmt;
use core::time::Duration;

/// When a relay splices, how much it moves in a turn, and its deadlines.
///
/// ```
/// use barewire::balance::relay::Config;
/// use core::time::Duration;
///
/// let config = Config::builder().idle(Some(Duration::from_secs(3600))).splice(false).build()?;
/// # Ok::<(), barewire::balance::relay::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) splice: bool,
    pub(super) up_after: usize,
    pub(super) down_under: usize,
    pub(super) budget: usize,
    pub(super) idle: Option<Duration>,
    pub(super) half_closed: Option<Duration>,
    pub(super) linger: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            splice: true,
            up_after: 256 * 1024,
            down_under: 32 * 1024,
            budget: 1024 * 1024,
            idle: Some(Duration::from_secs(600)),
            half_closed: Some(Duration::from_secs(120)),
            linger: Duration::from_secs(10),
        }
    }
}

impl Config {
    /// Starts from the defaults.
    #[must_use]
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder { config: Self::default() }
    }

    /// The same for a driver that has no pipes.
    #[must_use]
    pub fn copying(&self) -> Self {
        Self { splice: false, ..self.clone() }
    }
}

/// Builds a [`Config`].
#[derive(Clone, Debug)]
pub struct ConfigBuilder {
    config: Config,
}

impl ConfigBuilder {
    /// Whether to splice at all. Yes, unless told: a driver that can't refuses pipes, or switches it off here.
    #[must_use]
    pub fn splice(mut self, splice: bool) -> Self {
        self.config.splice = splice;
        self
    }

    /// How many bytes must have moved without the source running empty before a direction splices: 256 KiB unless
    /// told. Messages of 64 KiB, each answered, are cheaper copied.
    #[must_use]
    pub fn up_after(mut self, bytes: usize) -> Self {
        self.config.up_after = bytes;
        self
    }

    /// A direction copies again after its source ran empty twice with fewer bytes than this: 32 KiB unless told.
    #[must_use]
    pub fn down_under(mut self, bytes: usize) -> Self {
        self.config.down_under = bytes;
        self
    }

    /// How many bytes a direction moves before others have their turn: 1 MiB unless told. One call can go past it.
    #[must_use]
    pub fn budget(mut self, bytes: usize) -> Self {
        self.config.budget = bytes;
        self
    }

    /// How long nothing may move in either direction: ten minutes unless told. Both sides are reset then: it was no
    /// end that either of them meant.
    #[must_use]
    pub fn idle(mut self, idle: Option<Duration>) -> Self {
        self.config.idle = idle;
        self
    }

    /// The same once a side has ended its stream: two minutes unless told.
    #[must_use]
    pub fn half_closed(mut self, half_closed: Option<Duration>) -> Self {
        self.config.half_closed = half_closed;
        self
    }

    /// How long a side may take nothing of what the other, dead by now, has left for it: ten seconds unless told. After
    /// that, it is reset without the rest.
    #[must_use]
    pub fn linger(mut self, linger: Duration) -> Self {
        self.config.linger = linger;
        self
    }

    /// The config, if it makes sense.
    ///
    /// # Errors
    ///
    /// The first thing that doesn't.
    pub fn build(self) -> Result<Config, ConfigError> {
        let config = self.config;
        if config.budget == 0 {
            return Err(ConfigError::NoBudget);
        }
        if [config.idle, config.half_closed].contains(&Some(Duration::ZERO)) {
            return Err(ConfigError::NoTime);
        }
        Ok(config)
    }
}

/// A [`Config`] that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// A turn in which nothing may move.
    NoBudget,
    /// A deadline of zero, which ends every connection at once.
    NoTime,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoBudget => "a budget of zero bytes moves nothing",
            Self::NoTime => "a deadline of zero ends every connection at once",
        })
    }
}

impl Error for ConfigError {}
