use super::CloseCode;
use core::fmt;

/// How a peer broke the protocol, a limit or a deadline. The connection is over, and the Close frame with
/// [`close_code`](Self::close_code) is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// A frame with a reserved bit that no extension has claimed, or on a frame where it says nothing.
    Reserved,
    /// A frame of an unknown kind.
    Opcode(u8),
    /// A frame from a client without a mask, or from a server with one.
    Masking,
    /// A length in more bytes than it needs, or of more than 63 bits.
    Length,
    /// A control frame of more than 125 bytes.
    LongControl,
    /// A control frame in fragments.
    FragmentedControl,
    /// A continuation where no message was begun.
    UnexpectedContinuation,
    /// A new message before the last fragment of another.
    UnexpectedMessage,
    /// A Close frame whose payload is a single byte.
    CloseLength,
    /// A Close frame with a code that none may have.
    CloseCode(u16),
    /// Text that is not UTF-8, in a message or in the reason of a Close frame.
    Utf8,
    /// A compressed message whose data is invalid, or ends too early.
    Deflate,
    /// A frame longer than [`max_frame`](super::ConfigBuilder::max_frame).
    LongFrame,
    /// A message longer than [`max_message`](super::ConfigBuilder::max_message).
    LongMessage,
    /// A message in more frames than [`max_frames`](super::ConfigBuilder::max_frames), control frames in between
    /// counted.
    ManyFrames,
    /// Nothing was heard of the peer, and a ping brought no answer.
    Silent,
    /// The peer took nothing of what waits for it, for [`stall`](super::ConfigBuilder::stall).
    Stalled,
    /// The peer ended the stream without a Close frame.
    Eof,
    /// We closed, and the peer's Close frame did not come within
    /// [`close_timeout`](super::ConfigBuilder::close_timeout).
    CloseTimeout,
}

impl Error {
    /// The code of the Close frame that was sent because of it. `None` where it would have reached nobody.
    #[must_use]
    pub fn close_code(self) -> Option<CloseCode> {
        match self {
            // RFC 7692 names no code. This is the one for data that is "not consistent with the type of the message", and
            // what most peers send.
            Self::Utf8 | Self::Deflate => Some(CloseCode::INVALID),
            Self::LongFrame | Self::LongMessage => Some(CloseCode::TOO_BIG),
            Self::ManyFrames => Some(CloseCode::POLICY),
            // As other implementations say it, though the standard has no code for it.
            Self::Silent => Some(CloseCode::INTERNAL),
            Self::Stalled | Self::Eof | Self::CloseTimeout => None,
            _ => Some(CloseCode::PROTOCOL),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reserved => "a reserved bit that no extension has claimed",
            Self::Opcode(opcode) => return write!(f, "an unknown kind of frame, {opcode:#x}"),
            Self::Masking => "a client must mask its frames, and a server must not",
            Self::Length => "a length in more bytes than it needs, or beyond 63 bits",
            Self::LongControl => "a control frame of more than 125 bytes",
            Self::FragmentedControl => "a control frame in fragments",
            Self::UnexpectedContinuation => "a continuation where no message was begun",
            Self::UnexpectedMessage => "a new message within another",
            Self::CloseLength => "a Close frame of one byte",
            Self::CloseCode(code) => return write!(f, "a Close frame with the code {code}"),
            Self::Utf8 => "text that is not UTF-8",
            Self::Deflate => "compressed data that is invalid, or ends too early",
            Self::LongFrame => "a frame above the limit",
            Self::LongMessage => "a message above the limit",
            Self::ManyFrames => "a message in too many frames",
            Self::Silent => "nothing was heard of the peer, not even after a ping",
            Self::Stalled => "the peer takes nothing of what is sent to it",
            Self::Eof => "the peer ended the stream without a Close frame",
            Self::CloseTimeout => "the peer did not answer our Close frame in time",
        })
    }
}

impl core::error::Error for Error {}
