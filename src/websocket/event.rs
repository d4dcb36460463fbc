use bytes::Bytes;
use bytestring::ByteString;
use core::fmt;

/// What a peer sent, and what is sent to a peer: whatever was received can be sent as it is.
///
/// Owned as the trait's [`next`](crate::Machine::next) gives it; [`Session::next_ref`](super::Session::next_ref) lends
/// it as `Event<&str, &[u8]>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<T = ByteString, B = Bytes> {
    /// A message of text.
    Text(T),
    /// A message of bytes.
    Binary(B),
    /// The beginning of a message that comes in pieces, because it is longer than
    /// [`whole`](super::ConfigBuilder::whole).
    Start(Kind),
    /// More of that message. The borders mean nothing: those of text can lie within a character, but all of it so far
    /// is UTF-8.
    Data(B),
    /// The end of that message.
    End,
    /// A ping of up to 125 bytes. It has been answered already.
    Ping(B),
    /// The answer to a ping, or a pong that nobody asked for.
    Pong(B),
    /// The peer closes the connection; that has been answered already. Nothing follows.
    Close(Option<Close<T>>),
    /// A message on which an extension of the application's own set reserved bits: it alone knows what the payload is.
    /// It never comes in pieces; one above [`whole`](super::ConfigBuilder::whole) is too long.
    Extended(Reserved, Kind, B),
}

impl From<ByteString> for Event {
    fn from(text: ByteString) -> Self {
        Self::Text(text)
    }
}

impl From<alloc::string::String> for Event {
    fn from(text: alloc::string::String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Event {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Bytes> for Event {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<alloc::vec::Vec<u8>> for Event {
    fn from(bytes: alloc::vec::Vec<u8>) -> Self {
        Self::Binary(bytes.into())
    }
}

impl From<&[u8]> for Event {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(bytes))
    }
}

impl<T: AsRef<str>, B: AsRef<[u8]>> Event<T, B> {
    /// The same, lent.
    pub fn as_ref(&self) -> Event<&str, &[u8]> {
        match self {
            Self::Text(text) => Event::Text(text.as_ref()),
            Self::Binary(bytes) => Event::Binary(bytes.as_ref()),
            Self::Start(kind) => Event::Start(*kind),
            Self::Data(bytes) => Event::Data(bytes.as_ref()),
            Self::End => Event::End,
            Self::Ping(bytes) => Event::Ping(bytes.as_ref()),
            Self::Pong(bytes) => Event::Pong(bytes.as_ref()),
            Self::Close(close) => {
                Event::Close(close.as_ref().map(|close| Close { code: close.code, reason: close.reason.as_ref() }))
            }
            Self::Extended(reserved, kind, bytes) => Event::Extended(*reserved, *kind, bytes.as_ref()),
        }
    }
}

impl<S> Event<S, S> {
    /// Puts bytes in the places of spans: `bytes` fetches them, `text` sees that they are UTF-8.
    #[inline]
    pub(super) fn materialise<T, B, E>(
        self,
        bytes: impl FnOnce(S) -> B,
        text: impl FnOnce(B) -> Result<T, E>,
    ) -> Result<Event<T, B>, E> {
        Ok(match self {
            Self::Text(span) => Event::Text(text(bytes(span))?),
            Self::Binary(span) => Event::Binary(bytes(span)),
            Self::Start(kind) => Event::Start(kind),
            Self::Data(span) => Event::Data(bytes(span)),
            Self::End => Event::End,
            Self::Ping(span) => Event::Ping(bytes(span)),
            Self::Pong(span) => Event::Pong(bytes(span)),
            Self::Close(None) => Event::Close(None),
            Self::Close(Some(Close { code, reason })) => {
                Event::Close(Some(Close { code, reason: text(bytes(reason))? }))
            }
            Self::Extended(reserved, kind, span) => Event::Extended(reserved, kind, bytes(span)),
        })
    }
}

/// What a message is (RFC 6455 §5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Any bytes.
    Binary,
}

/// Bits of a frame's header that the standard leaves to extensions (RFC 6455 §5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reserved(u8);

impl Reserved {
    /// None.
    pub const NONE: Self = Self(0);
    /// RSV1. Compression (RFC 7692) claims it.
    pub const RSV1: Self = Self(0x40);
    /// RSV2.
    pub const RSV2: Self = Self(0x20);
    /// RSV3.
    pub const RSV3: Self = Self(0x10);

    /// These and those.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of those are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of those is among these.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u8 {
        self.0
    }
}

/// Why a peer closes, in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close<T = ByteString> {
    /// The reason as a number.
    pub code: CloseCode,
    /// The reason for people, up to 123 bytes. Often empty.
    pub reason: T,
}

/// The reason of a close as a number (RFC 6455 §7.4): one that may be sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// All was said.
    pub const NORMAL: Self = Self(1000);
    /// A server goes down, a page is left.
    pub const AWAY: Self = Self(1001);
    /// The peer broke the protocol.
    pub const PROTOCOL: Self = Self(1002);
    /// A kind of message that is not accepted here.
    pub const UNSUPPORTED: Self = Self(1003);
    /// A message that isn't what its kind says: text that is not UTF-8.
    pub const INVALID: Self = Self(1007);
    /// A message that is against a policy.
    pub const POLICY: Self = Self(1008);
    /// A message that is too long.
    pub const TOO_BIG: Self = Self(1009);
    /// A client misses an extension that it needs.
    pub const EXTENSION: Self = Self(1010);
    /// A condition that prevents the request from being fulfilled.
    pub const INTERNAL: Self = Self(1011);
    /// A server restarts.
    pub const RESTART: Self = Self(1012);
    /// A server has too much to do; later perhaps.
    pub const AGAIN_LATER: Self = Self(1013);
    /// A gateway got a bad answer from behind it.
    pub const BAD_GATEWAY: Self = Self(1014);

    /// A code that may stand in a Close frame: 1000 to 1003, 1007 to 1014, and 3000 to 4999.
    ///
    /// 1005, 1006 and 1015 say what happened where no Close frame came; they "MUST NOT be set as a status code in a
    /// Close control frame". The others are not assigned.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(code)),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
