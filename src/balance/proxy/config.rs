//! Whom to believe, how much and for how long.

use super::network::Network;
pub use crate::config_error::ConfigError;
use alloc::sync::Arc;
use core::net::IpAddr;
use core::time::Duration;

/// What a [`Reader`](super::Reader) believes and puts up with. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) trusted: Arc<[Network]>,
    pub(super) limit: usize,
    pub(super) timeout: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self { trusted: Arc::new([]), limit: 4096, timeout: Some(Duration::from_secs(5)) }
    }
}

impl Config {
    /// A builder with the defaults.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder { config: Self::default() }
    }

    /// Whether a preamble from this address is believed.
    #[must_use]
    pub fn trusts(&self, ip: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(ip))
    }
}

/// Sets what differs from the defaults.
#[derive(Clone, Debug)]
#[must_use]
pub struct ConfigBuilder {
    config: Config,
}

impl ConfigBuilder {
    /// The proxies that are believed, and from whom a preamble is then required: a "receiver MUST not try to guess whether
    /// the protocol header is present or not" (§2). Default: nobody.
    pub fn trusted(mut self, networks: impl IntoIterator<Item = Network>) -> Self {
        self.config.trusted = networks.into_iter().collect();
        self
    }

    /// The longest preamble in bytes, 232 to 65,551: as long as one with the addresses of unix sockets, or as the longest
    /// of all. Default 4,096.
    pub fn limit(mut self, bytes: usize) -> Self {
        self.config.limit = bytes;
        self
    }

    /// How long a preamble may take, from the first [`next`](crate::Machine::next) on: "at least 3 seconds to cover a TCP
    /// retransmit" (§2). Default 5 s, `None` for ever.
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
        if !(16 + 216..=16 + 65_535).contains(&self.config.limit) {
            return Err(ConfigError("limit must be 232 to 65,551"));
        }
        if self.config.timeout == Some(Duration::ZERO) {
            return Err(ConfigError("a timeout must be longer than zero: None turns it off"));
        }
        Ok(self.config)
    }
}
