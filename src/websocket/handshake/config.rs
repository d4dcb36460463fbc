//! What an end of the handshake supports.

use super::Origins;
use super::answer::put;
pub use crate::config_error::ConfigError;
use crate::http::FieldName;
use crate::http1;
use crate::websocket::extension::{Claim, DeflateConfig, offers};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

/// What an end of the handshake supports. Cheap to clone.
///
/// ```
/// use barewire::websocket::extension::DeflateConfig;
/// use barewire::websocket::handshake::{Config, Origins};
///
/// let config = Config::builder()
///     .subprotocols(["chat.v2", "chat.v1"])
///     .deflate(Some(DeflateConfig::default()))
///     .origins(Origins::listed(["https://example.com"]))
///     .build()?;
/// # Ok::<(), barewire::websocket::handshake::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub(super) subprotocols: Arc<[Box<str>]>,
    pub(super) deflate: Option<DeflateConfig>,
    pub(super) claims: Arc<[Claim]>,
    pub(super) origins: Origins,
    pub(super) http: Http,
}

/// The machines' own limits, which are stricter than those of a connection that goes on.
#[derive(Clone, Debug)]
pub(super) struct Http(pub(super) http1::Config);

impl Default for Http {
    fn default() -> Self {
        let limit = Some(Duration::from_secs(10));
        let config = http1::Config::builder()
            .max_head(16 * 1024)
            .max_interim(4)
            .idle_timeout(limit)
            .head_timeout(limit)
            .response_timeout(limit);
        Self(config.build().unwrap_or_default())
    }
}

impl Config {
    /// A builder with the defaults.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder { config: Self::default(), subprotocols: Vec::new(), claims: Vec::new() }
    }

    /// What a client asks for: the values of `Sec-WebSocket-Protocol` and `Sec-WebSocket-Extensions`.
    pub(super) fn asks(&self) -> [(FieldName<'static>, String); 2] {
        let mut extensions = String::new();
        for claim in &*self.claims {
            put(&mut extensions, claim.as_str());
        }
        if let Some(deflate) = &self.deflate {
            offers(deflate, &mut extensions);
        }
        [
            (FieldName::SEC_WEBSOCKET_PROTOCOL, self.subprotocols.join(", ")),
            (FieldName::SEC_WEBSOCKET_EXTENSIONS, extensions),
        ]
    }
}

/// Sets what differs from the defaults.
#[derive(Clone, Debug)]
#[must_use]
pub struct ConfigBuilder {
    config: Config,
    subprotocols: Vec<Box<str>>,
    claims: Vec<Claim>,
}

impl ConfigBuilder {
    /// The subprotocols that are spoken here. A client asks for them, the first is the one that it likes best; a server
    /// grants the first of the client's that is among them. Default: none.
    pub fn subprotocols<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.subprotocols = names.into_iter().map(|name| name.into().into_boxed_str()).collect();
        self
    }

    /// Whether permessage-deflate is offered or granted, and how. Default `None`: no compression.
    #[cfg(feature = "deflate")]
    #[cfg_attr(docsrs, doc(cfg(feature = "deflate")))]
    pub fn deflate(mut self, deflate: Option<DeflateConfig>) -> Self {
        self.config.deflate = deflate;
        self
    }

    /// An extension of the application's that a client offers, in front of permessage-deflate. It may be called more
    /// than once. A server grants such extensions in its [`Answer`](super::Answer).
    pub fn offer(mut self, claim: Claim) -> Self {
        self.claims.push(claim);
        self
    }

    /// The pages that a server lets in. Default [`Origins::same`].
    pub fn origins(mut self, origins: Origins) -> Self {
        self.config.origins = origins;
        self
    }

    /// The limits of the machines for the handshake. Default: those of [`http1::Config`] with a head of 16 KiB, 4
    /// interim responses, and 10 s each for its first byte and for the rest.
    pub fn http(mut self, http: http1::Config) -> Self {
        self.config.http = Http(http);
        self
    }

    /// Validates.
    ///
    /// # Errors
    ///
    /// When a subprotocol isn't a token, or is there twice.
    pub fn build(self) -> Result<Config, ConfigError> {
        let Self { mut config, subprotocols, claims } = self;
        for (at, name) in subprotocols.iter().enumerate() {
            // "The elements [...] MUST be non-empty strings with characters in the range U+0021 to U+007E not including
            // separator characters [...] and MUST all be unique strings."
            if FieldName::new(name).is_err() {
                return Err(ConfigError("a subprotocol must be a token"));
            }
            if subprotocols[..at].contains(name) {
                return Err(ConfigError("a subprotocol must not come twice"));
            }
        }
        config.subprotocols = subprotocols.into();
        config.claims = claims.into();
        Ok(config)
    }
}
