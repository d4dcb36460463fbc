use super::Header;
use bytes::Bytes;

/// What a peer did.
///
/// `B` is the payload: owned [`Bytes`] from [`next`](crate::Machine::next), `&[u8]` from
/// [`next_ref`](super::Session::next_ref).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<B = Bytes> {
    /// A message, whole.
    Message(Message<B>),
    /// A message begins whose payload is longer than what is given out whole ([`Builder::whole`](super::Builder::whole)).
    Start(Header),
    /// More of its payload. Where one piece ends and the next begins means nothing.
    Data(B),
    /// The message that began is complete.
    End,
    /// The peer will send no more. It may still be reading.
    PeerClosed,
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<B = Bytes> {
    /// Its header.
    pub header: Header,
    /// All of its payload.
    pub payload: B,
}

impl<B> Event<B> {
    #[inline]
    pub(super) fn map<C>(self, transform: impl FnOnce(B) -> C) -> Event<C> {
        match self {
            Self::Message(Message { header, payload }) => {
                Event::Message(Message { header, payload: transform(payload) })
            }
            Self::Start(header) => Event::Start(header),
            Self::Data(data) => Event::Data(transform(data)),
            Self::End => Event::End,
            Self::PeerClosed => Event::PeerClosed,
        }
    }
}
