//! Why a server doesn't open a WebSocket, and what it answers then.

use crate::http::{FieldName, FieldValue, Response, Status};
use core::fmt;

/// The one version that there is.
pub(super) const VERSION: FieldValue<'static> = FieldValue::literal("13");
pub(super) const WEBSOCKET: FieldValue<'static> = FieldValue::literal("websocket");

/// Why a request opens no WebSocket (RFC 6455 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The method isn't `GET`.
    Method,
    /// The request is HTTP/1.0.
    HttpVersion,
    /// It doesn't ask for WebSocket: an ordinary request, or one for another protocol.
    NotAsked,
    /// `Upgrade` or `Connection` is malformed, or `Connection` doesn't name `Upgrade`.
    Connection,
    /// It has a body.
    Body,
    /// `Sec-WebSocket-Version` isn't there exactly once, or isn't a version.
    MalformedVersion,
    /// A version other than 13.
    Version,
    /// `Sec-WebSocket-Key` isn't there exactly once, or isn't 16 bytes in base64.
    Key,
    /// `Sec-WebSocket-Protocol` isn't a list of tokens, or one comes twice.
    Subprotocols,
    /// `Sec-WebSocket-Extensions` isn't a list of extensions.
    Extensions,
    /// The page that asks isn't from where it is allowed ([`Origins`](super::Origins)), or `Origin` comes twice.
    Origin,
    /// The `:protocol` of an extended `CONNECT` isn't `websocket`.
    Protocol,
}

impl Refusal {
    /// The status that it is answered with: 400, 403, 405, 426 or 501.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::Method => Status::METHOD_NOT_ALLOWED,
            Self::Origin => Status::FORBIDDEN,
            Self::NotAsked | Self::Version => Status::UPGRADE_REQUIRED,
            // For a `:protocol` "that is unknown or is not supported, the server SHOULD respond to the request with a
            // 501 (Not Implemented) status code" (RFC 9220 §3).
            Self::Protocol => Status::NOT_IMPLEMENTED,
            _ => Status::BAD_REQUEST,
        }
    }

    /// The response. Its body is yours: the refusal's text, or nothing.
    #[must_use]
    pub fn response(self) -> Response {
        let status = self.status();
        let mut response = Response::new(status);
        if status == Status::METHOD_NOT_ALLOWED {
            response.add(FieldName::ALLOW, FieldValue::literal("GET"));
        }
        if status == Status::UPGRADE_REQUIRED {
            // "The server MUST send an Upgrade header field in a 426 response" (RFC 9110 §15.5.22).
            response.add(FieldName::UPGRADE, WEBSOCKET);
        }
        if !matches!(self, Self::Origin | Self::Protocol) {
            // What a client needs to do better (RFC 6455 §4.4).
            response.add(FieldName::SEC_WEBSOCKET_VERSION, VERSION);
        }
        response
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "a WebSocket is asked for by GET",
            Self::HttpVersion => "a WebSocket needs HTTP/1.1",
            Self::NotAsked => "here is a WebSocket: ask for the upgrade",
            Self::Connection => "faulty Upgrade or Connection",
            Self::Body => "a handshake has no body",
            Self::MalformedVersion => "Sec-WebSocket-Version is missing, repeated or malformed",
            Self::Version => "this version of WebSocket isn't supported",
            Self::Key => "Sec-WebSocket-Key is missing, repeated or malformed",
            Self::Subprotocols => "malformed Sec-WebSocket-Protocol",
            Self::Extensions => "malformed Sec-WebSocket-Extensions",
            Self::Origin => "not from this origin",
            Self::Protocol => "this protocol isn't supported",
        })
    }
}

impl core::error::Error for Refusal {}
