//! What a client asks for, as a server reads it (RFC 6455 §4.2.1).

use super::answer::{Accept, Answer};
use super::{Config, Key, Refusal, fields};
use crate::Misuse;
use crate::http::values::tokens;
use crate::http::{FieldName, FieldValue, FieldsIter, Method, RequestHead, Version};
use crate::websocket::extension::Extension;
use alloc::vec::Vec;

/// A sound request for a WebSocket: what there is to choose from.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    fields: FieldsIter<'a>,
    host: Option<&'a str>,
    /// None in an extended `CONNECT`: "the processing of the Sec-WebSocket-Key and Sec-WebSocket-Accept header fields"
    /// isn't done there (RFC 8441 §5).
    pub(super) key: Option<Key>,
}

/// Whether a request asks for a WebSocket as it must, from where it may.
///
/// Which path it asks for, and in whose name, is for the application to judge.
///
/// # Errors
///
/// The first thing that is wrong. Answer with [`Refusal::response`].
pub fn check<'a, B: AsRef<[u8]>>(head: &'a RequestHead<B>, config: &Config) -> Result<Offer<'a>, Refusal> {
    check_with_key(head, config).map(|(offer, _)| offer)
}

pub(super) fn check_with_key<'a, B: AsRef<[u8]>>(
    head: &'a RequestHead<B>,
    config: &Config,
) -> Result<(Offer<'a>, Key), Refusal> {
    let fields = head.fields().iter();
    if head.method() != Method::GET {
        return Err(Refusal::Method);
    }
    if head.version() < Version::Http11 {
        return Err(Refusal::HttpVersion);
    }
    let names = |name, list, wanted| fields::names(fields::lines(&fields, name), list, wanted);
    match names(FieldName::UPGRADE, fields::protocols, "websocket") {
        Ok(true) => {}
        Ok(false) => return Err(Refusal::NotAsked),
        Err(_) => return Err(Refusal::Connection),
    }
    if names(FieldName::CONNECTION, tokens, "upgrade") != Ok(true) {
        return Err(Refusal::Connection);
    }
    let has_length = fields::lines(&fields, FieldName::CONTENT_LENGTH).any(|length| length != "0");
    if has_length || head.get(FieldName::TRANSFER_ENCODING).is_some() {
        return Err(Refusal::Body);
    }
    let key = fields::single(&fields, FieldName::SEC_WEBSOCKET_KEY).ok().flatten();
    // A client of another version may have another kind of key: its version is what it has to hear of.
    check_version(&fields)?;
    let key = key.and_then(|key| Key::parse(key.as_bytes()).ok()).ok_or(Refusal::Key)?;
    Ok((Offer::new(fields, head.host(), Some(key), config)?, key))
}

/// Grants what a request asks for, as far as `config` supports it.
///
/// ```
/// # use barewire::websocket::handshake::{self, Config};
/// # fn serve(server: &mut barewire::http1::Server, id: barewire::http::Id, head: barewire::http::RequestHead)
/// # -> Result<(), barewire::Misuse> {
/// match handshake::accept(&head, &Config::default()) {
///     Ok(accept) => server.upgrade(id, &accept.response), // at the request's `End`
///     Err(refusal) => server.respond_with(id, &refusal.response(), ""),
/// }
/// # }
/// ```
///
/// # Errors
///
/// As [`check`].
pub fn accept<B: AsRef<[u8]>>(head: &RequestHead<B>, config: &Config) -> Result<Accept, Refusal> {
    Ok(check(head, config)?.accept(config))
}

fn check_version(fields: &FieldsIter<'_>) -> Result<(), Refusal> {
    let version = fields::single(fields, FieldName::SEC_WEBSOCKET_VERSION).ok().flatten();
    match version.map(FieldValue::as_bytes) {
        Some(b"13") => Ok(()),
        // version = DIGIT | (NZDIGIT DIGIT) | ("1" DIGIT DIGIT) | ("2" DIGIT DIGIT)
        Some([b'0'..=b'9'] | [b'1'..=b'9', b'0'..=b'9'] | [b'1' | b'2', b'0'..=b'9', b'0'..=b'9']) => {
            Err(Refusal::Version)
        }
        _ => Err(Refusal::MalformedVersion),
    }
}

impl<'a> Offer<'a> {
    /// The checks that are the same for every version of HTTP, but for that of the version of WebSocket.
    fn new(fields: FieldsIter<'a>, host: Option<&'a str>, key: Option<Key>, config: &Config) -> Result<Self, Refusal> {
        let offer = Self { fields, host, key };
        let mut subprotocols =
            offer.subprotocol_list().collect::<Result<Vec<_>, _>>().map_err(|_| Refusal::Subprotocols)?;
        let named = fields::lines(&offer.fields, FieldName::SEC_WEBSOCKET_PROTOCOL).next().is_some();
        // "1#token", and they "MUST all be unique strings". Sorted, since a hostile head has room for thousands.
        subprotocols.sort_unstable();
        if named && subprotocols.is_empty() || subprotocols.windows(2).any(|two| two[0] == two[1]) {
            return Err(Refusal::Subprotocols);
        }
        let mut extensions = 0_usize;
        for extension in offer.extension_list() {
            // "The recipient of such malformed data MUST immediately _Fail the WebSocket Connection_."
            extension.map_err(|_| Refusal::Extensions)?;
            extensions += 1;
        }
        let named = fields::lines(&offer.fields, FieldName::SEC_WEBSOCKET_EXTENSIONS).next().is_some();
        if named && extensions == 0 {
            return Err(Refusal::Extensions);
        }
        let origin = fields::single(&offer.fields, FieldName::ORIGIN).map_err(|_| Refusal::Origin)?;
        let origin = match origin.map(FieldValue::to_str) {
            // An origin is ASCII.
            Some(None) => return Err(Refusal::Origin),
            other => other.flatten(),
        };
        if !config.origins.allow(origin, host) {
            return Err(Refusal::Origin);
        }
        Ok(offer)
    }

    /// Of a request that has been checked.
    pub(super) fn checked(head: &'a RequestHead, key: Key) -> Self {
        Self { fields: head.fields().iter(), host: head.host(), key: Some(key) }
    }

    pub(super) fn connect(fields: FieldsIter<'a>, authority: &'a str, config: &Config) -> Result<Self, Refusal> {
        check_version(&fields)?;
        Self::new(fields, Some(authority), None, config)
    }

    /// The subprotocols that the client speaks, the first is the one that it likes best.
    pub fn subprotocols(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.subprotocol_list().filter_map(Result::ok)
    }

    /// The extensions that it offers, permessage-deflate among them. Of several offers for one extension, the first is
    /// the one that it likes best.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'a>> + Clone {
        self.extension_list().filter_map(Result::ok)
    }

    /// The web page's origin, if it says one.
    #[must_use]
    pub fn origin(&self) -> Option<&'a str> {
        fields::lines(&self.fields, FieldName::ORIGIN).next()?.to_str()
    }

    /// The host that it is for.
    #[must_use]
    pub fn host(&self) -> Option<&'a str> {
        self.host
    }

    /// Grants it as `config` has it: the first subprotocol that is spoken here, and permessage-deflate where that is
    /// on.
    #[must_use]
    pub fn accept(&self, config: &Config) -> Accept {
        Accept::new(self, config, &Answer::new())
    }

    /// The same, with what the application has chosen.
    ///
    /// # Errors
    ///
    /// [`Misuse::Invalid`] for a subprotocol or an extension that the client didn't offer, an extension that is there
    /// twice, and reserved bits that two claim.
    pub fn accept_with(&self, config: &Config, answer: &Answer) -> Result<Accept, Misuse> {
        answer.check(self)?;
        Ok(Accept::new(self, config, answer))
    }

    fn subprotocol_list(&self) -> impl Iterator<Item = Result<&'a str, crate::http::values::Malformed>> + Clone {
        fields::lines(&self.fields, FieldName::SEC_WEBSOCKET_PROTOCOL).flat_map(|line| tokens(line.as_bytes()))
    }

    fn extension_list(&self) -> impl Iterator<Item = Result<Extension<'a>, crate::http::values::Malformed>> + Clone {
        fields::lines(&self.fields, FieldName::SEC_WEBSOCKET_EXTENSIONS)
            .flat_map(|line| Extension::list(line.as_bytes()))
    }
}
