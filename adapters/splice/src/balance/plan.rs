use super::HttpCheck;
use crate::Address;
use barewire::balance::proxy::{self, Version};
use barewire::balance::{Config, ConfigBuilder, ConfigError, Rate, client_hello};
use core::error::Error;
use core::fmt;

/// What there is to balance.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The pools of backends. Names tell them apart, in the next plan too.
    pub pools: Vec<Pool>,
    /// For each listener, in their order, where its clients go.
    pub entries: Vec<Entry>,
}

/// Backends among which is chosen.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// Policy, checks and times. Its limits and its seed are set from elsewhere.
    pub settings: ConfigBuilder,
    /// Of all threads together.
    pub limits: Limits,
    /// The backends. Names tell them apart.
    pub servers: Vec<Server>,
    /// How a check by HTTP asks.
    pub http: HttpCheck,
    /// Whether backends are told who the client is, by the PROXY protocol.
    pub proxy: Option<Version>,
}

impl Pool {
    /// With the default limits.
    #[must_use]
    pub fn new(name: impl Into<String>, settings: ConfigBuilder, servers: Vec<Server>) -> Self {
        let (limits, http) = (Limits::default(), HttpCheck::default());
        Self { name: name.into(), settings, limits, servers, http, proxy: None }
    }
}

/// The limits of a pool, over all threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once. Others are queued.
    pub max_connections: u32,
    /// Clients that wait. Others are rejected.
    pub max_queue: u32,
    /// New connections. Others are rejected.
    pub rate: Option<Rate>,
    /// The same of one source. Its connections come to all threads.
    pub source_rate: Option<Rate>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_connections: 100_000, max_queue: 1000, rate: None, source_rate: None }
    }
}

/// A backend.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// What it is called in metrics and logs, and hashed by.
    pub name: String,
    /// Where it listens.
    pub address: Address,
    /// Its share.
    pub weight: u16,
    /// The most connections at once, over all threads. `None`: no limit.
    pub max_connections: Option<u32>,
    /// It gets no new connections.
    pub drain: bool,
}

impl Server {
    /// With a weight of 1 and no limit.
    #[must_use]
    pub fn new(name: impl Into<String>, address: Address) -> Self {
        Self { name: name.into(), address, weight: 1, max_connections: None, drain: false }
    }
}

/// Where the clients of a listener go.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The pool, by its place in the plan, of those that no name leads elsewhere. `None`: they are rejected.
    pub pool: Option<usize>,
    /// By the server name of a TLS client: `example.com`, or `*.example.com` for all names below. With any of these,
    /// clients are expected to speak first.
    pub names: Vec<(String, usize)>,
    /// Whose PROXY preambles are read.
    pub proxy: Option<proxy::Config>,
    /// How a ClientHello is waited for.
    pub hello: client_hello::Config,
}

impl Entry {
    /// All to one pool.
    #[must_use]
    pub fn to(pool: usize) -> Self {
        Self { pool: Some(pool), ..Self::default() }
    }
}

/// What is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// A pool's settings.
    Settings {
        /// Whose.
        pool: String,
        /// What.
        error: ConfigError,
    },
    /// Two pools of one name, or two backends of one name in a pool.
    Twice(String),
    /// A pool of more than 4,096 backends.
    TooMany(String),
    /// An entry to a pool that isn't there.
    NoPool,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings { pool, error } => write!(f, "pool {pool}: {error}"),
            Self::Twice(name) => write!(f, "there are two of the name {name}"),
            Self::TooMany(pool) => write!(f, "pool {pool}: more than 4,096 backends"),
            Self::NoPool => f.write_str("a listener's pool is not there"),
        }
    }
}

impl Error for PlanError {}

/// Which of how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    pub(super) thread: u32,
    pub(super) threads: u32,
    pub(super) seed: u64,
}

impl Share {
    /// This thread's part: together they have `all`, unless that is fewer than there are.
    pub(super) fn of(self, all: u32) -> u32 {
        (all / self.threads + u32::from(self.thread < all % self.threads)).max(1)
    }

    fn rate(self, rate: Rate) -> Rate {
        Rate { per_second: self.of(rate.per_second), burst: self.of(rate.burst) }
    }

    pub(super) fn config(self, pool: &Pool) -> Result<Config, ConfigError> {
        let Limits { max_connections, max_queue, rate, source_rate } = pool.limits;
        let is_none = [rate, source_rate].into_iter().flatten().any(|rate| rate.per_second == 0 || rate.burst == 0);
        let share = |all| if all == 0 { 0 } else { self.of(all) };
        let settings = pool.settings.clone().max_queue(share(max_queue)).max_connections(share(max_connections));
        // Zeros are refused as they are, not rounded up.
        let rate_of = |rate: Option<Rate>| if is_none { rate } else { rate.map(|rate| self.rate(rate)) };
        settings.rate(rate_of(rate)).source_rate(rate_of(source_rate)).seed(self.seed).build()
    }
}

impl Plan {
    /// Whether it can be carried out.
    ///
    /// # Errors
    ///
    /// The first thing that can't.
    pub fn validate(&self) -> Result<(), PlanError> {
        let twice = |mut names: Vec<&str>| {
            names.sort_unstable();
            let pair = names.windows(2).find(|pair| pair[0] == pair[1]);
            pair.map_or(Ok(()), |pair| Err(PlanError::Twice(pair[0].into())))
        };
        twice(self.pools.iter().map(|pool| pool.name.as_str()).collect())?;
        for pool in &self.pools {
            let all = Share { thread: 0, threads: 1, seed: 0 };
            all.config(pool).map_err(|error| PlanError::Settings { pool: pool.name.clone(), error })?;
            twice(pool.servers.iter().map(|server| server.name.as_str()).collect())?;
            if pool.servers.len() > 4096 {
                return Err(PlanError::TooMany(pool.name.clone()));
            }
        }
        let mut pools = self.entries.iter().flat_map(|entry| {
            let named = entry.names.iter().map(|(_, pool)| *pool);
            entry.pool.into_iter().chain(named)
        });
        if pools.all(|pool| pool < self.pools.len()) { Ok(()) } else { Err(PlanError::NoPool) }
    }
}
