use barewire::balance::relay::{Config, PipesConfig};
use core::fmt;
use core::time::Duration;

/// How a server treats its connections.
///
/// ```
/// use barewire_splice::Options;
/// use core::time::Duration;
///
/// let options = Options::builder().max_connections(1000).grace(Duration::from_secs(3)).build()?;
/// # Ok::<(), barewire_splice::OptionsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub(crate) relay: Config,
    pub(crate) pipes: PipesConfig,
    pub(crate) scratch: usize,
    pub(crate) max_connections: usize,
    pub(crate) grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            relay: Config::default(),
            pipes: PipesConfig::default(),
            scratch: 64 * 1024,
            max_connections: 100_000,
            grace: Duration::from_secs(10),
        }
    }
}

impl Options {
    /// Starts from the defaults.
    #[must_use]
    pub fn builder() -> OptionsBuilder {
        OptionsBuilder { options: Self::default() }
    }
}

/// Builds [`Options`].
#[derive(Clone, Debug)]
pub struct OptionsBuilder {
    options: Options,
}

impl OptionsBuilder {
    /// When to splice, and the deadlines of a connection.
    #[must_use]
    pub fn relay(mut self, relay: Config) -> Self {
        self.options.relay = relay;
        self
    }

    /// The limits of each thread's pool of pipes. Its pages are, besides, at most the thread's share of half of
    /// `pipe-user-pages-soft`.
    #[must_use]
    pub fn pipes(mut self, pipes: PipesConfig) -> Self {
        self.options.pipes = pipes;
        self
    }

    /// Bytes of each thread's scratch buffer: 64 KiB unless told. A connection whose reader is slow keeps up to as much.
    #[must_use]
    pub fn scratch(mut self, bytes: usize) -> Self {
        self.options.scratch = bytes;
        self
    }

    /// How many connections run at once, in all threads together: 100,000 unless told. Each thread has its share; at the
    /// limit it accepts nothing, and peers wait in the system's queue.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.options.max_connections = connections;
        self
    }

    /// How long running connections may take after a stop before they are cut: ten seconds unless told.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.options.grace = grace;
        self
    }

    /// The options, if they make sense.
    ///
    /// # Errors
    ///
    /// The first thing that doesn't.
    pub fn build(self) -> Result<Options, OptionsError> {
        match self.options {
            Options { max_connections: 0, .. } => Err(OptionsError::NoConnections),
            Options { scratch: 0, .. } => Err(OptionsError::NoScratch),
            options => Ok(options),
        }
    }
}

/// An option that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// A limit of no connections at all.
    NoConnections,
    /// A buffer of no bytes.
    NoScratch,
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoConnections => "a server must allow at least one connection",
            Self::NoScratch => "a scratch buffer must have room for a byte",
        })
    }
}

impl core::error::Error for OptionsError {}
