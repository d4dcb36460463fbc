//! `ws` and `wss` URLs (RFC 6455 §3), as far as a client must take them apart. What is legal in them the engine knows.

use crate::{Error, random};
use barewire::http::Target;
use barewire::websocket::handshake::{Config, Opening};
use core::fmt;
use core::str::FromStr;

/// Where a WebSocket is.
///
/// ```
/// use barewire_websocket::Url;
///
/// let url: Url = "ws://127.0.0.1:8080/ws?room=1".parse()?;
/// assert_eq!((url.address(), url.target(), url.is_secure()), ("127.0.0.1:8080", "/ws?room=1", false));
/// # Ok::<(), barewire_websocket::UrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    secure: bool,
    host: String,
    address: String,
    target: String,
}

impl Url {
    /// `host:port`, to connect to.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The host, with its port if the URL has one, as the request names it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Whether it is `wss`: then the connection must be one over TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The request for it, with a key from the system's randomness. Fields can be added; then it is for
    /// [`handshake::Client`](barewire::websocket::handshake::Client).
    ///
    /// # Errors
    ///
    /// When the system has no randomness, or the host can't be one.
    pub fn opening(&self, config: Config) -> Result<Opening, Error> {
        Ok(Opening::new(&self.host, &self.target, random()?, config)?)
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, _) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let secure = match scheme {
            scheme if scheme.eq_ignore_ascii_case("ws") => false,
            scheme if scheme.eq_ignore_ascii_case("wss") => true,
            _ => return Err(UrlError::Scheme),
        };
        // "Fragment identifiers are meaningless in the context of WebSocket URIs and MUST NOT be used on these URIs."
        if text.contains('#') {
            return Err(UrlError::Fragment);
        }
        let target = Target::new(text).map_err(|_| UrlError::Illegal)?;
        let authority = target.authority().ok_or(UrlError::Illegal)?;
        let path = if target.path().is_empty() { "/" } else { target.path() };
        let query = target.query().map(|query| format!("?{query}")).unwrap_or_default();
        // A colon behind the brackets of an IPv6 address, or the only one.
        let colon = authority.rfind(':').filter(|colon| authority.rfind(']').is_none_or(|bracket| bracket < *colon));
        let (name, port) = colon.map_or((authority, ""), |colon| (&authority[..colon], &authority[colon + 1..]));
        if name.is_empty() || port.parse::<u16>().is_err() && !port.is_empty() {
            return Err(UrlError::Illegal);
        }
        let default = if secure { "443" } else { "80" };
        let address = format!("{name}:{}", if port.is_empty() { default } else { port });
        let host = if port.is_empty() || port == default { name } else { authority };
        Ok(Self { secure, host: host.into(), address, target: format!("{path}{query}") })
    }
}

/// Why a text is no [`Url`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// It doesn't begin with `ws://` or `wss://`.
    Scheme,
    /// It has a fragment.
    Fragment,
    /// The rest is no host, port, path and query; or there is a user in it.
    Illegal,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "a WebSocket's URL begins with ws:// or wss://",
            Self::Fragment => "a WebSocket's URL has no fragment",
            Self::Illegal => "not a legal URL",
        })
    }
}

impl core::error::Error for UrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_apart() {
        for (text, host, address, target) in [
            ("ws://a", "a", "a:80", "/"),
            ("WS://a/", "a", "a:80", "/"),
            ("wss://a/", "a", "a:443", "/"),
            ("ws://a:8080/b/c?d=e", "a:8080", "a:8080", "/b/c?d=e"),
            ("ws://a:80/", "a", "a:80", "/"),
            ("wss://a:80/", "a:80", "a:80", "/"),
            ("ws://a:?x", "a", "a:80", "/?x"),
            ("ws://[::1]/", "[::1]", "[::1]:80", "/"),
            ("ws://[::1]:81/", "[::1]:81", "[::1]:81", "/"),
        ] {
            let url: Url = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((url.host(), url.address(), url.target()), (host, address, target), "{text}");
            assert_eq!(url.is_secure(), text.starts_with("wss"));
        }
    }

    #[test]
    fn refused() {
        for (text, error) in [
            ("", UrlError::Scheme),
            ("127.0.0.1:8080/x", UrlError::Scheme),
            ("http://a/", UrlError::Scheme),
            ("ws://a/#b", UrlError::Fragment),
            ("ws://", UrlError::Illegal),
            ("ws:///x", UrlError::Illegal),
            ("ws://u@a/", UrlError::Illegal),
            ("ws://a:x/", UrlError::Illegal),
            ("ws://a:65536/", UrlError::Illegal),
            ("ws://:80/", UrlError::Illegal),
            ("ws://a/ b", UrlError::Illegal),
            ("ws://ä/", UrlError::Illegal),
        ] {
            assert_eq!(text.parse::<Url>(), Err(error), "{text}");
        }
    }
}
