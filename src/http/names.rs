//! The names that the standard gives, and which of them an engine must understand.

use super::FieldName;

macro_rules! names {
    ($($constant:ident $name:literal;)*) => {
        impl FieldName<'static> {
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $constant: Self = Self::literal($name);
            )*
        }
    };
}

// As they leave: in lower case, which HTTP/2 asks for and HTTP/1 doesn't mind.
names! {
    ACCEPT "accept";
    ACCEPT_ENCODING "accept-encoding";
    ACCEPT_LANGUAGE "accept-language";
    ACCEPT_RANGES "accept-ranges";
    AGE "age";
    ALLOW "allow";
    AUTHORIZATION "authorization";
    CACHE_CONTROL "cache-control";
    CONNECTION "connection";
    CONTENT_DISPOSITION "content-disposition";
    CONTENT_ENCODING "content-encoding";
    CONTENT_LANGUAGE "content-language";
    CONTENT_LENGTH "content-length";
    CONTENT_LOCATION "content-location";
    CONTENT_RANGE "content-range";
    CONTENT_TYPE "content-type";
    COOKIE "cookie";
    DATE "date";
    ETAG "etag";
    EXPECT "expect";
    EXPIRES "expires";
    FORWARDED "forwarded";
    HOST "host";
    IF_MATCH "if-match";
    IF_MODIFIED_SINCE "if-modified-since";
    IF_NONE_MATCH "if-none-match";
    IF_RANGE "if-range";
    IF_UNMODIFIED_SINCE "if-unmodified-since";
    KEEP_ALIVE "keep-alive";
    LAST_MODIFIED "last-modified";
    LINK "link";
    LOCATION "location";
    ORIGIN "origin";
    PROXY_AUTHENTICATE "proxy-authenticate";
    PROXY_AUTHORIZATION "proxy-authorization";
    PROXY_CONNECTION "proxy-connection";
    RANGE "range";
    REFERER "referer";
    RETRY_AFTER "retry-after";
    SEC_WEBSOCKET_ACCEPT "sec-websocket-accept";
    SEC_WEBSOCKET_EXTENSIONS "sec-websocket-extensions";
    SEC_WEBSOCKET_KEY "sec-websocket-key";
    SEC_WEBSOCKET_PROTOCOL "sec-websocket-protocol";
    SEC_WEBSOCKET_VERSION "sec-websocket-version";
    SERVER "server";
    SET_COOKIE "set-cookie";
    STRICT_TRANSPORT_SECURITY "strict-transport-security";
    TE "te";
    TRAILER "trailer";
    TRANSFER_ENCODING "transfer-encoding";
    UPGRADE "upgrade";
    USER_AGENT "user-agent";
    VARY "vary";
    VIA "via";
    WWW_AUTHENTICATE "www-authenticate";
}

/// The fields that frame messages and rule the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Connection,
    ContentLength,
    Date,
    Expect,
    Host,
    KeepAlive,
    ProxyConnection,
    Te,
    Trailer,
    TransferEncoding,
    Upgrade,
}

/// Which of them `name`, a token, is. Length and first letter settle it for nearly every other name, without a
/// comparison.
pub(crate) fn classify(name: &[u8]) -> Option<Known> {
    let found = |is: bool, known| if is { Some(known) } else { None };
    match (name.len(), name.first().map(|first| first | 0x20)) {
        (2, Some(b't')) => found(is(name, b"te"), Known::Te),
        (4, Some(b'd')) => found(is(name, b"date"), Known::Date),
        (4, Some(b'h')) => found(is(name, b"host"), Known::Host),
        (6, Some(b'e')) => found(is(name, b"expect"), Known::Expect),
        (7, Some(b'u')) => found(is(name, b"upgrade"), Known::Upgrade),
        (7, Some(b't')) => found(is(name, b"trailer"), Known::Trailer),
        (10, Some(b'c')) => found(is(name, b"connection"), Known::Connection),
        (10, Some(b'k')) => found(is(name, b"keep-alive"), Known::KeepAlive),
        (14, Some(b'c')) => found(is(name, b"content-length"), Known::ContentLength),
        (16, Some(b'p')) => found(is(name, b"proxy-connection"), Known::ProxyConnection),
        (17, Some(b't')) => found(is(name, b"transfer-encoding"), Known::TransferEncoding),
        _ => None,
    }
}

/// Whether a token is this name, in whatever case. One bit tells the cases of a letter apart, and no other byte of a
/// token becomes a letter or `-` by it.
fn is<const N: usize>(name: &[u8], lower: &[u8; N]) -> bool {
    let Ok(name) = <&[u8; N]>::try_from(name) else { return false };
    let mut different = 0;
    for at in 0..N {
        different |= (name[at] | 0x20) ^ lower[at];
    }
    different == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Every name that differs in one byte from one that the engine knows is another name.
    #[test]
    fn rfc9110_5_1_names_are_compared_without_case_and_nothing_else() {
        for name in ["te", "date", "host", "expect", "upgrade", "trailer", "connection", "keep-alive"]
            .into_iter()
            .chain(["content-length", "proxy-connection", "transfer-encoding"])
        {
            assert!(classify(name.as_bytes()).is_some() && classify(name.to_uppercase().as_bytes()).is_some());
            for at in 0..name.len() {
                for byte in (0..=u8::MAX).filter(|&byte| super::super::grammar::is_tchar(byte)) {
                    let mut other: Vec<u8> = name.bytes().collect();
                    other[at] = byte;
                    let same = other.eq_ignore_ascii_case(name.as_bytes());
                    assert_eq!(classify(&other).is_some(), same, "{}", other.escape_ascii());
                }
            }
        }
    }
}
