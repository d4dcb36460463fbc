use core::error;
use core::fmt;

/// How the peer broke the protocol, a limit or a deadline.
///
/// This protocol has no words for a farewell: our side just ends. Only after [`Stalled`](Self::Stalled), where an end
/// would never arrive, it is a reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It speaks another protocol. The bytes up to the first that doesn't match, the rest zero: no later byte is
    /// waited for.
    UnknownMagic(u32),
    /// It speaks a version that we don't accept.
    UnsupportedVersion(u16),
    /// It announced a payload of more bytes than the limit.
    Oversize {
        /// What it announced.
        length: u32,
        /// The most we take.
        limit: u32,
    },
    /// It ended within a message; or a datagram did.
    Truncated {
        /// The bytes of the message that came, header included.
        received: u64,
        /// The bytes that it has: those of the header until that is complete.
        expected: u64,
    },
    /// A datagram goes on after its message.
    Trailing {
        /// How many bytes follow.
        extra: usize,
    },
    /// No message came in time, and there was nothing to send.
    Idle,
    /// It fell too far behind the slowest rate within a message.
    Timeout,
    /// It took none of the bytes that wait for it.
    Stalled,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownMagic(magic) => write!(f, "unknown magic {magic:#010x}"),
            Self::UnsupportedVersion(version) => write!(f, "unsupported version {version}"),
            Self::Oversize { length, limit } => write!(f, "payload of {length} bytes, above the limit of {limit}"),
            Self::Truncated { received, expected } => write!(f, "ended after {received} of {expected} bytes"),
            Self::Trailing { extra } => write!(f, "{extra} bytes after the message"),
            Self::Idle => f.write_str("idle for too long"),
            Self::Timeout => f.write_str("the message came too slowly"),
            Self::Stalled => f.write_str("the peer stopped reading"),
        }
    }
}

impl error::Error for Error {}
