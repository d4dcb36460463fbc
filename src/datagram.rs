//! The sibling of [`Machine`](crate::Machine) for protocols whose input and output have addresses.

use crate::Instant;
use bytes::Bytes;

/// A protocol as a pure state machine over datagrams.
///
/// It is driven in a circle: [`receive`](Self::receive) each datagram that came, [`next`](Self::next) until it says
/// `None`, [`transmit`](Self::transmit) until it says `None`, then wait for the socket or the
/// [`deadline`](Self::deadline).
///
/// There is no fatal error: anyone can send a datagram to a socket, so a bad one is at most an event.
///
/// The laws of [`Machine`](crate::Machine) hold as far as they apply: `next` and `transmit` with nothing changed say
/// the same; a deadline that is due is cleared or moved by that `next`; no input panics; and what is queued is bounded,
/// by dropping, as the network itself does.
///
/// ```
/// use barewire::{Datagrams, Instant};
/// use barewire::raw::{Datagram, Socket};
///
/// let mut socket: Socket<u16> = Socket::default(); // any address type: here a port
/// socket.receive(7, b"ping", Instant::ORIGIN);
/// while let Some(Datagram { from, payload }) = socket.next(Instant::ORIGIN) {
///     socket.send(from, payload).unwrap();
/// }
/// assert_eq!(socket.transmit().unwrap().to, 7);
/// assert!(socket.transmit().is_none());
/// ```
pub trait Datagrams {
    /// Who a datagram is from or to: a `SocketAddr`, or whatever names a peer where this runs.
    type Address: Copy + Eq;
    /// What a peer did, in the protocol's terms.
    type Event;

    /// Takes one datagram, whole, as it arrived at `now`.
    fn receive(&mut self, from: Self::Address, datagram: &[u8], now: Instant);

    /// The next thing that happened, `None` if there is no news.
    fn next(&mut self, now: Instant) -> Option<Self::Event>;

    /// The next datagram to send, `None` if there is none.
    fn transmit(&mut self) -> Option<Transmit<Self::Address>>;

    /// When [`next`](Self::next) must be called again even if nothing was received.
    fn deadline(&self) -> Option<Instant> {
        None
    }
}

/// One datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit<A> {
    /// To whom.
    pub to: A,
    /// The whole datagram.
    pub payload: Bytes,
}
