//! How a handshake fails.

use super::Refusal;
use crate::http1;
use core::fmt;

/// How the peer broke the handshake, or a limit or deadline of HTTP/1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// It isn't HTTP, or was too long or too slow. A server has answered with the error's status.
    Http(http1::Error),
    /// The request opens no WebSocket. The server has answered with [`Refusal::response`].
    Refused(Refusal),
    /// The response opens no WebSocket.
    Response(Fault),
}

impl From<http1::Error> for Error {
    fn from(error: http1::Error) -> Self {
        Self::Http(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(error) => error.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Response(fault) => fault.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

/// Why a response isn't the answer to an [`Opening`](super::Opening): "the client MUST _Fail the WebSocket Connection_"
/// (RFC 6455 §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The status isn't 101; to an extended `CONNECT`, not 2xx.
    Status,
    /// `Upgrade` isn't `websocket`.
    Upgrade,
    /// `Connection` is malformed or doesn't name `Upgrade`.
    Connection,
    /// `Sec-WebSocket-Accept` is missing, repeated, or doesn't belong to the key.
    Accept,
    /// `Sec-WebSocket-Protocol` comes twice, or names what wasn't asked for.
    Subprotocol,
    /// `Sec-WebSocket-Extensions` comes twice, or isn't a list of extensions.
    Extensions,
    /// An extension that wasn't offered, or one that comes twice.
    Extension,
    /// The parameters of permessage-deflate are faulty, don't answer the offer, or can't be served.
    Deflate,
    /// Two of the extensions claim the same reserved bit.
    Reserved,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status => "the server opens no WebSocket",
            Self::Upgrade => "the response's Upgrade isn't websocket",
            Self::Connection => "the response's Connection doesn't name Upgrade",
            Self::Accept => "the response doesn't answer the key",
            Self::Subprotocol => "a subprotocol that wasn't asked for",
            Self::Extensions => "malformed Sec-WebSocket-Extensions",
            Self::Extension => "an extension that wasn't offered",
            Self::Deflate => "permessage-deflate with parameters that can't be",
            Self::Reserved => "two extensions claim the same reserved bit",
        })
    }
}

impl core::error::Error for Fault {}
