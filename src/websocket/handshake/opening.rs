//! A client's request for a WebSocket, and the judgement of the response (RFC 6455 §4.1).

use super::answer::{Negotiated, is_own};
use super::refusal::{VERSION, WEBSOCKET};
use super::{Config, Fault, Key, fields};
use crate::Misuse;
use crate::http::values::tokens;
use crate::http::{FieldName, FieldValue, FieldsIter, Illegal, Method, Request, ResponseHead, Status, Target};
use crate::websocket::Reserved;
use crate::websocket::extension::{Claim, DEFLATE, Extension, verify};

/// A client's request, and what the response to it must be.
///
/// With an [`http1::Client`](crate::http1::Client) of your own: send [`request`](Self::request), and ask
/// [`verify`](Self::verify) about the head that comes with
/// [`ResponseEvent::Upgraded`](crate::http::ResponseEvent::Upgraded). Or let [`Client`](super::Client) do both.
///
/// ```
/// use barewire::http::{FieldName, FieldValue};
/// use barewire::websocket::handshake::{Config, Opening};
///
/// let nonce = [7; 16]; // yours is random, a new one for each connection
/// let opening = Opening::new("example.com", "/chat", nonce, Config::default())?
///     .field(FieldName::ORIGIN, FieldValue::literal("https://example.com"))?;
/// assert_eq!(opening.request().target().path(), "/chat");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Opening {
    request: Request,
    key: Key,
    config: Config,
}

impl Opening {
    /// For `host`, with its port if that isn't the scheme's own, and `target`: path and query.
    ///
    /// The nonce "MUST be selected randomly for each connection".
    ///
    /// # Errors
    ///
    /// When `host` or `target` can't be one.
    pub fn new(host: &str, target: &str, nonce: [u8; 16], config: Config) -> Result<Self, Illegal> {
        if !crate::http::is_host(host.as_bytes()) {
            return Err(Illegal);
        }
        let key = Key::new(nonce);
        let mut request = Request::new(Method::GET, Target::new(target)?)
            .field(FieldName::HOST, FieldValue::new(host)?)
            .field(FieldName::UPGRADE, WEBSOCKET)
            .field(FieldName::SEC_WEBSOCKET_VERSION, VERSION)
            .field(FieldName::SEC_WEBSOCKET_KEY, FieldValue::new(key.as_str())?);
        for (name, value) in config.asks() {
            if !value.is_empty() {
                request.add(name, FieldValue::new(&value)?);
            }
        }
        Ok(Self { request, key, config })
    }

    /// Adds a field: `Origin`, a cookie, credentials.
    ///
    /// # Errors
    ///
    /// [`Misuse::Invalid`] for one that is the handshake's own. Extensions are offered by
    /// [`ConfigBuilder::offer`](super::ConfigBuilder::offer).
    pub fn field(mut self, name: FieldName<'_>, value: FieldValue<'_>) -> Result<Self, Misuse> {
        if is_own(name) {
            return Err(Misuse::Invalid);
        }
        self.request.add(name, value);
        Ok(self)
    }

    /// The request. The engine writes the `Connection` that goes with it.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// What was asked for.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Judges the response.
    ///
    /// # Errors
    ///
    /// What is wrong with it. The connection is then of no use.
    pub fn verify<B: AsRef<[u8]>>(&self, head: &ResponseHead<B>) -> Result<Negotiated, Fault> {
        if head.status() != Status::SWITCHING_PROTOCOLS {
            return Err(Fault::Status);
        }
        let fields = head.fields().iter();
        let mut upgrades = fields::lines(&fields, FieldName::UPGRADE);
        let upgrade = (upgrades.next(), upgrades.next());
        if !matches!(upgrade, (Some(to), None) if to.as_bytes().eq_ignore_ascii_case(WEBSOCKET.as_bytes())) {
            return Err(Fault::Upgrade);
        }
        let options = fields::lines(&fields, FieldName::CONNECTION);
        if fields::names(options, tokens, "upgrade") != Ok(true) {
            return Err(Fault::Connection);
        }
        let accept = fields::single(&fields, FieldName::SEC_WEBSOCKET_ACCEPT).ok().flatten();
        if accept.is_none_or(|accept| accept.as_bytes() != self.key.accept()) {
            return Err(Fault::Accept);
        }
        verify_fields(&self.config, &fields)
    }
}

/// What is the same for every version of HTTP: subprotocol and extensions.
pub(super) fn verify_fields(config: &Config, fields: &FieldsIter<'_>) -> Result<Negotiated, Fault> {
    let mut negotiated = Negotiated::default();
    let subprotocol = fields::single(fields, FieldName::SEC_WEBSOCKET_PROTOCOL).map_err(|_| Fault::Subprotocol)?;
    if let Some(name) = subprotocol {
        let asked = config.subprotocols.iter().find(|asked| name == ***asked);
        negotiated.subprotocol = Some(asked.ok_or(Fault::Subprotocol)?.clone());
    }
    let line = fields::single(fields, FieldName::SEC_WEBSOCKET_EXTENSIONS).map_err(|_| Fault::Extensions)?;
    let Some(line) = line else { return Ok(negotiated) };
    let mut taken = Reserved::NONE;
    let mut count = 0_usize;
    for extension in Extension::list(line.as_bytes()) {
        let extension = extension.map_err(|_| Fault::Extensions)?;
        let reserved = accepted(config, extension, &mut negotiated)?;
        if taken.overlaps(reserved) {
            return Err(Fault::Reserved);
        }
        taken = taken.with(reserved);
        count += 1;
    }
    if count == 0 { Err(Fault::Extensions) } else { Ok(negotiated) }
}

/// Takes in one accepted extension, and says which bits it claims.
fn accepted(config: &Config, extension: Extension<'_>, negotiated: &mut Negotiated) -> Result<Reserved, Fault> {
    if extension.name == DEFLATE {
        let wanted = config.deflate.filter(|_| negotiated.deflate.is_none()).ok_or(Fault::Extension)?;
        negotiated.deflate = Some(verify(&wanted, extension).ok_or(Fault::Deflate)?);
        return Ok(Reserved::RSV1);
    }
    let is_same = |claim: &&Claim| claim.extension().name == extension.name;
    let offered = config.claims.iter().find(is_same).ok_or(Fault::Extension)?;
    if negotiated.extensions.iter().any(|claim| is_same(&claim)) {
        return Err(Fault::Extension);
    }
    negotiated.extensions.push(Claim::accepted(extension, offered.reserved()));
    negotiated.reserved = negotiated.reserved.with(offered.reserved());
    Ok(offered.reserved())
}
