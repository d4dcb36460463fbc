use core::error;
use core::fmt;
use std::io;

/// Why a connection ended before its time.
#[derive(Debug)]
pub enum Error<E> {
    /// The stream failed: the peer is gone, or the system refused.
    Io(io::Error),
    /// The peer broke the protocol, a limit or a deadline. The farewell has been sent, as far as the peer took it.
    Protocol(E),
}

impl<E> From<io::Error> for Error<E> {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Protocol(error) => error.fmt(f),
        }
    }
}

impl<E: error::Error + 'static> error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io(error) => error.source(),
            Self::Protocol(error) => error.source(),
        }
    }
}
