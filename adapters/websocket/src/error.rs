use barewire::http::ResponseHead;
use barewire::websocket::{self, handshake};
use barewire::{Misuse, http};
use core::fmt;
use std::io;

/// Why a WebSocket could not be opened, or can't go on.
///
/// Whose doing it was is kept apart, for the log and for whoever decides whether to try again.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Yours: a command out of turn, or with a value that can't be sent there.
    Misuse(Misuse),
    /// The peer's: it broke the handshake, or a limit or deadline of it.
    Handshake(handshake::Error),
    /// The server's choice: it answered with this instead of opening a WebSocket.
    Refused(Box<ResponseHead>),
    /// The peer's: it broke the protocol, a limit or a deadline. It has been told so.
    Protocol(websocket::Error),
    /// The network's: the peer is gone, or the system refused.
    Io(io::Error),
}

impl Error {
    /// The end of a connection whose end was not expected.
    pub(crate) fn gone() -> Self {
        Self::Io(io::ErrorKind::UnexpectedEof.into())
    }
}

impl From<Misuse> for Error {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl From<http::Illegal> for Error {
    fn from(_: http::Illegal) -> Self {
        Self::Misuse(Misuse::Invalid)
    }
}

impl From<handshake::Error> for Error {
    fn from(error: handshake::Error) -> Self {
        Self::Handshake(error)
    }
}

impl From<websocket::Error> for Error {
    fn from(error: websocket::Error) -> Self {
        Self::Protocol(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<E: Into<Self>> From<barewire_drive::Error<E>> for Error {
    fn from(error: barewire_drive::Error<E>) -> Self {
        match error {
            barewire_drive::Error::Io(error) => Self::Io(error),
            barewire_drive::Error::Protocol(error) => error.into(),
        }
    }
}

impl From<barewire_http::Error> for Error {
    fn from(error: barewire_http::Error) -> Self {
        match error {
            barewire_http::Error::Misuse(misuse) => Self::Misuse(misuse),
            barewire_http::Error::Protocol(error) => Self::Handshake(error.into()),
            barewire_http::Error::Io(error) => Self::Io(error),
            other => Self::Io(io::Error::other(other)),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misuse(misuse) => misuse.fmt(f),
            Self::Handshake(error) => error.fmt(f),
            Self::Refused(head) => {
                write!(f, "the server answered {} {}", head.status(), head.reason().escape_ascii())
            }
            Self::Protocol(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Self::Io(error) = self { error.source() } else { None }
    }
}
