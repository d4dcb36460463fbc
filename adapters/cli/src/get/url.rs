//! `http` URLs, as far as a client must take them apart. What is legal in them the engine knows.

use crate::failure::Failure;
use barewire::http::Target;

pub(super) struct Url<'a> {
    /// `host[:port]`, for the `Host` field.
    pub(super) authority: &'a str,
    /// `host:port`, to connect to.
    pub(super) address: String,
    /// Path and query.
    pub(super) target: String,
}

impl<'a> Url<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Failure> {
        let wrong = |why: &str| Failure::new(format!("`{}`: {why}", text.escape_debug()));
        let like = "A URL is like http://127.0.0.1:8080/path?query.";
        let Some((scheme, _)) = text.split_once("://") else {
            return Err(wrong("this is no URL").hint(format!("Did you mean http://{text}? {like}")));
        };
        if scheme.eq_ignore_ascii_case("https") {
            return Err(wrong("https is not spoken yet").hint("Only http:// is. For TLS, put a proxy in front."));
        }
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(wrong("only http:// is spoken here").hint(like));
        }
        // The fragment is the client's own business: it is never sent (RFC 9110 §7.1).
        let sent = text.split_once('#').map_or(text, |(sent, _)| sent);
        let legal = |sent| Target::new(sent).ok().and_then(|target| Some((target.authority()?, target)));
        let Some((authority, target)) = legal(sent) else {
            let hint =
                "Host names are ASCII, without user or password; other characters in the path are written as %XX.";
            return Err(wrong("not a legal URL").hint(hint));
        };
        let path = if target.path().is_empty() { "/" } else { target.path() };
        let query = target.query().map(|query| format!("?{query}")).unwrap_or_default();
        // A colon behind the brackets of an IPv6 address, or the only one.
        let port = authority.rfind(':').filter(|colon| authority.rfind(']').is_none_or(|bracket| bracket < *colon));
        let address = match port {
            None => format!("{authority}:80"),
            Some(colon) if colon + 1 == authority.len() => format!("{authority}80"),
            Some(_) => authority.into(),
        };
        Ok(Self { authority, address, target: format!("{path}{query}") })
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn taken_apart() {
        for (text, authority, address, target) in [
            ("http://a", "a", "a:80", "/"),
            ("HTTP://a/", "a", "a:80", "/"),
            ("http://a:8080/b/c?d=e#f", "a:8080", "a:8080", "/b/c?d=e"),
            ("http://a:?x", "a:", "a:80", "/?x"),
            ("http://[::1]/", "[::1]", "[::1]:80", "/"),
            ("http://[::1]:81/", "[::1]:81", "[::1]:81", "/"),
        ] {
            let url = Url::parse(text).unwrap_or_else(|failure| panic!("{text}: {failure:?}"));
            assert_eq!((url.authority, &url.address[..], &url.target[..]), (authority, address, target), "{text}");
        }
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "a",
            "127.0.0.1:8080/x",
            "https://a/",
            "ftp://a/",
            "http://",
            "http:///x",
            "http://u@a/",
            "http://a/ b",
            "http://ä/",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }
}
