//! The handshake as an extended `CONNECT`, where there is no `Upgrade` and no key (RFC 8441 §5, RFC 9220).

use super::opening::verify_fields;
use super::refusal::VERSION;
use super::{Config, Fault, Negotiated, Offer, Refusal};
use crate::http::{FieldName, Fields, Status};
use alloc::string::String;
use alloc::vec::Vec;

/// [`check`](super::check) for an extended `CONNECT`: by its `:protocol`, its `:authority` and its fields.
///
/// What an [`Offer`] from here grants is a 200.
///
/// # Errors
///
/// As [`check`](super::check).
pub fn check_connect<'a, B: AsRef<[u8]>>(
    protocol: &str,
    authority: &'a str,
    fields: &'a Fields<B>,
    config: &Config,
) -> Result<Offer<'a>, Refusal> {
    if !protocol.eq_ignore_ascii_case("websocket") {
        return Err(Refusal::Protocol);
    }
    if fields.contains(FieldName::CONTENT_LENGTH) {
        return Err(Refusal::Body);
    }
    Offer::connect(fields.iter(), authority, config)
}

/// [`Opening`](super::Opening) for an extended `CONNECT`: `:protocol` is `websocket`, `:scheme` `http` or `https`.
///
/// ```
/// use barewire::websocket::handshake::{Config, ConnectOpening};
///
/// let opening = ConnectOpening::new(Config::builder().subprotocols(["chat"]).build()?);
/// let fields: Vec<_> = opening.fields().iter().map(|(name, value)| format!("{name}: {value}")).collect();
/// assert_eq!(fields, ["sec-websocket-version: 13", "sec-websocket-protocol: chat"]);
/// # Ok::<(), barewire::websocket::handshake::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ConnectOpening {
    config: Config,
    fields: Vec<(FieldName<'static>, String)>,
}

impl ConnectOpening {
    /// With what `config` asks for.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut fields = Vec::from([(FieldName::SEC_WEBSOCKET_VERSION, VERSION.to_str().unwrap_or_default().into())]);
        fields.extend(config.asks().into_iter().filter(|(_, value)| !value.is_empty()));
        Self { config, fields }
    }

    /// The fields that ask, besides those of the request.
    #[must_use]
    pub fn fields(&self) -> &[(FieldName<'static>, String)] {
        &self.fields
    }

    /// Judges the response.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn verify<B: AsRef<[u8]>>(&self, status: Status, fields: &Fields<B>) -> Result<Negotiated, Fault> {
        if !status.is_success() {
            return Err(Fault::Status);
        }
        verify_fields(&self.config, &fields.iter())
    }
}
