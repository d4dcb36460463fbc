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

/// Which of them `name` is. Length and first letter settle it for nearly every other name, without a comparison.
pub(crate) fn classify(name: &[u8]) -> Option<Known> {
    let (known, full): (_, &[u8]) = match (name.len(), name.first().map(u8::to_ascii_lowercase)) {
        (2, Some(b't')) => (Known::Te, b"te"),
        (4, Some(b'd')) => (Known::Date, b"date"),
        (4, Some(b'h')) => (Known::Host, b"host"),
        (6, Some(b'e')) => (Known::Expect, b"expect"),
        (7, Some(b'u')) => (Known::Upgrade, b"upgrade"),
        (7, Some(b't')) => (Known::Trailer, b"trailer"),
        (10, Some(b'c')) => (Known::Connection, b"connection"),
        (10, Some(b'k')) => (Known::KeepAlive, b"keep-alive"),
        (14, Some(b'c')) => (Known::ContentLength, b"content-length"),
        (16, Some(b'p')) => (Known::ProxyConnection, b"proxy-connection"),
        (17, Some(b't')) => (Known::TransferEncoding, b"transfer-encoding"),
        _ => return None,
    };
    name.eq_ignore_ascii_case(full).then_some(known)
}
