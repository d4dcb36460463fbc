use barewire::http::Status;
use barewire::{Misuse, http1};
use core::fmt;
use std::io;

/// Why an exchange can't go on.
///
/// Whose doing it was is kept apart, for the log and for whoever decides whether to try again.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Yours: a command out of turn, or with a value that can't be sent there.
    Misuse(Misuse),
    /// The peer's, and harmless: its body is longer than `collect` was told to take.
    TooLong,
    /// The peer's: it broke the protocol, a limit or a deadline. The connection is over.
    Protocol(http1::Error),
    /// The network's: the peer is gone, or the system refused. The connection is over.
    Io(io::Error),
}

impl Error {
    /// What a server answers it with, where it still can.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::TooLong => Status::CONTENT_TOO_LARGE,
            Self::Protocol(error) => error.status(),
            Self::Misuse(_) | Self::Io(_) => Status::INTERNAL_SERVER_ERROR,
        }
    }

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

impl From<http1::Error> for Error {
    fn from(error: http1::Error) -> Self {
        Self::Protocol(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<barewire_drive::Error<http1::Error>> for Error {
    fn from(error: barewire_drive::Error<http1::Error>) -> Self {
        match error {
            barewire_drive::Error::Io(error) => Self::Io(error),
            barewire_drive::Error::Protocol(error) => Self::Protocol(error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Misuse(misuse) => misuse.fmt(f),
            Self::TooLong => f.write_str("the body is longer than is taken here"),
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
