//! What permessage-deflate's parameters are and how both ends agree on them (RFC 7692 §7.1). No codec.

use super::Extension;
use crate::config_error::ConfigError;
use crate::http::values::Value;
use alloc::string::String;
use core::fmt::Write;

pub(crate) const NAME: &str = "permessage-deflate";

/// The smallest window that our compressor has. DEFLATE itself goes down to 8, which this library only inflates.
const LEAST: u8 = 9;
/// 32 KiB: what a window is where nothing else was agreed.
const MOST: u8 = 15;

/// What was agreed (RFC 7692 §7.1.1, §7.1.2).
///
/// `server_…` is about what the server sends and `client_…` about what the client sends: each end compresses by its own
/// two, and inflates by the other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeflateParams {
    /// The server begins each message with an empty window.
    pub server_no_context_takeover: bool,
    /// The client begins each message with an empty window.
    pub client_no_context_takeover: bool,
    /// The base-2 logarithm of the largest window that the server uses, 8 to 15.
    pub server_max_window_bits: u8,
    /// The base-2 logarithm of the largest window that the client uses, 8 to 15.
    pub client_max_window_bits: u8,
}

impl Default for DeflateParams {
    /// What holds where nothing is said: windows of 32 KiB that go on from message to message.
    fn default() -> Self {
        Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: MOST,
            client_max_window_bits: MOST,
        }
    }
}

/// What one end wants of permessage-deflate, in its own terms: the same for a server and a client.
///
/// What is about *compressing* an end decides by itself. What is about *inflating* binds the peer, and saves memory
/// here: a peer that can't promise it is offered, or granted, the most there is instead, unless
/// [`insist`](DeflateConfigBuilder::insist) is set.
///
/// ```
/// use barewire::websocket::extension::DeflateConfig;
///
/// let small = DeflateConfig::builder().compress_window_bits(11).inflate_window_bits(11).build()?;
/// # Ok::<(), barewire::websocket::extension::DeflateConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeflateConfig {
    compress_window_bits: u8,
    compress_takeover: bool,
    inflate_window_bits: u8,
    inflate_takeover: bool,
    insist: bool,
}

impl Default for DeflateConfig {
    fn default() -> Self {
        Self {
            compress_window_bits: MOST,
            compress_takeover: true,
            inflate_window_bits: MOST,
            inflate_takeover: true,
            insist: false,
        }
    }
}

impl DeflateConfig {
    /// A builder with the defaults.
    pub fn builder() -> DeflateConfigBuilder {
        DeflateConfigBuilder { config: Self::default() }
    }
}

/// Sets what differs from the defaults.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct DeflateConfigBuilder {
    config: DeflateConfig,
}

impl DeflateConfigBuilder {
    /// The base-2 logarithm of the largest window to compress with, 9 to 15. Default 15.
    pub fn compress_window_bits(mut self, bits: u8) -> Self {
        self.config.compress_window_bits = bits;
        self
    }

    /// Whether our window goes on from message to message: smaller messages, and memory as long as the connection lasts.
    /// Default true.
    pub fn compress_takeover(mut self, on: bool) -> Self {
        self.config.compress_takeover = on;
        self
    }

    /// The base-2 logarithm of the largest window that the peer may use, 9 to 15: few compressors have one of 8, though
    /// a client that announces it gets it. Default 15.
    pub fn inflate_window_bits(mut self, bits: u8) -> Self {
        self.config.inflate_window_bits = bits;
        self
    }

    /// Whether the peer's window may go on from message to message. Default true.
    pub fn inflate_takeover(mut self, on: bool) -> Self {
        self.config.inflate_takeover = on;
        self
    }

    /// Whether to do without compression rather than with more memory for inflating than is wanted. Default false.
    pub fn insist(mut self, on: bool) -> Self {
        self.config.insist = on;
        self
    }

    /// Validates.
    ///
    /// # Errors
    ///
    /// When window bits are out of their range.
    pub fn build(self) -> Result<DeflateConfig, ConfigError> {
        let config = self.config;
        if !(LEAST..=MOST).contains(&config.compress_window_bits) {
            return Err(ConfigError("compress_window_bits must be 9 to 15"));
        }
        if !(LEAST..=MOST).contains(&config.inflate_window_bits) {
            return Err(ConfigError("inflate_window_bits must be 9 to 15"));
        }
        Ok(config)
    }
}

/// The parameters of one element as they stand there.
#[derive(Clone, Copy, Debug, Default)]
struct Stated {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// `Some(None)`: named without a value, as only an offer can.
    client_max_window_bits: Option<Option<u8>>,
}

impl Stated {
    /// `None` for what both ends must turn down (RFC 7692 §7.1): an unknown parameter, one that comes twice, a value
    /// where there must be none, none where there must be one, or one that isn't 8 to 15.
    fn parse(extension: Extension<'_>) -> Option<Self> {
        let mut stated = Self::default();
        for (name, value) in extension.params.iter() {
            let fresh = match name {
                "server_no_context_takeover" => flag(&mut stated.server_no_context_takeover, value),
                "client_no_context_takeover" => flag(&mut stated.client_no_context_takeover, value),
                "server_max_window_bits" => stated.server_max_window_bits.replace(bits(value?)?).is_none(),
                "client_max_window_bits" => {
                    let bits = match value {
                        None => None,
                        Some(value) => Some(bits(value)?),
                    };
                    stated.client_max_window_bits.replace(bits).is_none()
                }
                _ => false,
            };
            if !fresh {
                return None;
            }
        }
        Some(stated)
    }
}

/// Whether this is the first time, and without a value.
fn flag(known: &mut bool, value: Option<Value<'_>>) -> bool {
    !core::mem::replace(known, true) && value.is_none()
}

/// "A decimal integer value without leading zeroes between 8 to 15, inclusive".
fn bits(value: Value<'_>) -> Option<u8> {
    (8..=MOST).find(|bits| {
        let [tens, ones] = [b'0' + bits / 10, b'0' + bits % 10];
        let text = [tens, ones];
        let text = if tens == b'0' { &text[1..] } else { &text[..] };
        *value.unescape() == *text
    })
}

/// What a server accepted: the parameters, and the element that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) params: DeflateParams,
    pub(crate) element: String,
}

/// A server's answer to the first of the offers that can be served.
pub(crate) fn answer<'a>(
    config: &DeflateConfig,
    offers: impl Iterator<Item = Extension<'a>> + Clone,
) -> Option<Answer> {
    let offers = offers.filter(|offer| offer.name == NAME).filter_map(Stated::parse);
    let first = |insist| offers.clone().find_map(|offer| serve(config, offer, insist));
    first(true).or_else(|| if config.insist { None } else { first(false) })
}

/// The answer to one offer. `insist`: only if it lets us bind the client to the window that we want to inflate with.
fn serve(config: &DeflateConfig, offer: Stated, insist: bool) -> Option<Answer> {
    // "A server declines an extension negotiation offer with this parameter if the server doesn't support it."
    let server_max_window_bits = offer.server_max_window_bits.unwrap_or(MOST).min(config.compress_window_bits);
    if server_max_window_bits < LEAST {
        return None;
    }
    // "If a received extension negotiation offer doesn't have the client_max_window_bits extension parameter, the
    // corresponding extension negotiation response to the offer MUST NOT include" it.
    let client_max_window_bits = match offer.client_max_window_bits {
        Some(hint) => hint.unwrap_or(MOST).min(config.inflate_window_bits),
        None if insist && config.inflate_window_bits < MOST => return None,
        None => MOST,
    };
    let params = DeflateParams {
        server_no_context_takeover: offer.server_no_context_takeover || !config.compress_takeover,
        client_no_context_takeover: offer.client_no_context_takeover || !config.inflate_takeover,
        server_max_window_bits,
        client_max_window_bits,
    };
    // To accept an offer that names the server's window is to name it too, "with the same or smaller value".
    let server_bits =
        (offer.server_max_window_bits.is_some() || server_max_window_bits < MOST).then_some(server_max_window_bits);
    let hinted = matches!(offer.client_max_window_bits, Some(Some(_)));
    let client_bits = (hinted || client_max_window_bits < MOST).then_some(Some(client_max_window_bits));
    let stated = Stated {
        server_no_context_takeover: params.server_no_context_takeover,
        client_no_context_takeover: params.client_no_context_takeover,
        server_max_window_bits: server_bits,
        client_max_window_bits: client_bits,
    };
    let mut element = String::new();
    put(&mut element, &stated);
    Some(Answer { params, element })
}

/// A client's offers, the best first.
pub(crate) fn offers(config: &DeflateConfig, value: &mut String) {
    let wanted = Stated {
        server_no_context_takeover: !config.inflate_takeover,
        client_no_context_takeover: !config.compress_takeover,
        server_max_window_bits: (config.inflate_window_bits < MOST).then_some(config.inflate_window_bits),
        client_max_window_bits: Some((config.compress_window_bits < MOST).then_some(config.compress_window_bits)),
    };
    put(value, &wanted);
    let binding = wanted.server_no_context_takeover || wanted.server_max_window_bits.is_some();
    if binding && !config.insist {
        put(value, &Stated { server_no_context_takeover: false, server_max_window_bits: None, ..wanted });
    }
}

/// What a server's answer to [`offers`] comes to; `None` if it is no answer to them: "the client MUST _Fail the
/// WebSocket Connection_".
pub(crate) fn verify(config: &DeflateConfig, accepted: Extension<'_>) -> Option<DeflateParams> {
    let stated = Stated::parse(accepted)?;
    let server_max_window_bits = stated.server_max_window_bits.unwrap_or(MOST);
    // A server that accepts what binds it says so; one that took the offer without is not bound.
    let bound = server_max_window_bits <= config.inflate_window_bits
        && (config.inflate_takeover || stated.server_no_context_takeover);
    if config.insist && !bound {
        return None;
    }
    let client_max_window_bits = match stated.client_max_window_bits {
        // In a response, it has a value: one that is no larger than ours, and that our compressor can keep to.
        Some(bits) => bits.filter(|bits| (LEAST..=config.compress_window_bits).contains(bits))?,
        // What an offer says of the client holds "even if the server doesn't include" it.
        None => config.compress_window_bits,
    };
    Some(DeflateParams {
        server_no_context_takeover: stated.server_no_context_takeover,
        client_no_context_takeover: stated.client_no_context_takeover || !config.compress_takeover,
        server_max_window_bits,
        client_max_window_bits,
    })
}

/// Appends an element to a list.
fn put(value: &mut String, stated: &Stated) {
    if !value.is_empty() {
        value.push_str(", ");
    }
    value.push_str(NAME);
    if stated.server_no_context_takeover {
        value.push_str("; server_no_context_takeover");
    }
    if stated.client_no_context_takeover {
        value.push_str("; client_no_context_takeover");
    }
    // Writing to a string can't fail.
    if let Some(bits) = stated.server_max_window_bits {
        let _ = write!(value, "; server_max_window_bits={bits}");
    }
    match stated.client_max_window_bits {
        None => {}
        Some(None) => value.push_str("; client_max_window_bits"),
        Some(Some(bits)) => {
            let _ = write!(value, "; client_max_window_bits={bits}");
        }
    }
}
