//! The protocol without a grammar: bytes are bytes. For plain TCP, tunnels, and echo.

use crate::datagram::Transmit;
use crate::{Datagrams, Instant, Link, Machine, Misuse, Next};
use alloc::collections::VecDeque;
use bytes::Bytes;
use core::convert::Infallible;

/// What a peer did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<B = Bytes> {
    /// These bytes came: all that there were.
    Data(B),
    /// The peer will send no more. It may still be reading.
    PeerClosed,
}

/// A byte stream as a machine.
///
/// It ends when both sides have: the peer by its FIN, we by [`close`](Self::close).
#[derive(Debug, Default)]
pub struct Session {
    link: Link,
    told: bool,
}

impl Session {
    /// On a link that another protocol left: the other side of a `CONNECT`, an upgrade to something unknown.
    #[must_use]
    pub fn with_link(link: Link) -> Self {
        Self { link, told: false }
    }

    /// Queues bytes.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] after [`close`](Self::close).
    pub fn send(&mut self, bytes: impl Into<Bytes>) -> Result<(), Misuse> {
        if self.link.tx.is_ended() {
            return Err(Misuse::Closed);
        }
        self.link.tx.push(bytes.into());
        Ok(())
    }

    /// Ends our side, behind everything queued.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] the second time.
    pub fn close(&mut self) -> Result<(), Misuse> {
        if self.link.tx.is_ended() {
            return Err(Misuse::Closed);
        }
        self.link.tx.fin();
        Ok(())
    }

    /// As [`next`](Machine::next), but lends the bytes instead of copying them out.
    pub fn next_ref(&mut self) -> Next<Event<&[u8]>> {
        match self.step() {
            Next::Event(Event::Data(n)) => Next::Event(Event::Data(self.link.rx.take_ref(n))),
            other => other.map(|_| Event::PeerClosed),
        }
    }

    /// Takes the link, with whatever is in it.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.link
    }

    fn step(&mut self) -> Next<Event<usize>> {
        let received = self.link.rx.len();
        if received > 0 {
            return Next::Event(Event::Data(received));
        }
        if !self.link.rx.is_eof() {
            return Next::NeedInput;
        }
        if !self.told {
            self.told = true;
            return Next::Event(Event::PeerClosed);
        }
        if self.link.tx.is_ended() { Next::Done } else { Next::NeedApp }
    }
}

impl Machine for Session {
    type Event = Event;
    type Error = Infallible;

    fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    fn next(&mut self, _now: Instant) -> Result<Next<Event>, Infallible> {
        Ok(match self.step() {
            Next::Event(Event::Data(n)) => Next::Event(Event::Data(self.link.rx.take(n))),
            other => other.map(|_| Event::PeerClosed),
        })
    }
}

/// One datagram that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram<A> {
    /// From whom.
    pub from: A,
    /// All of it.
    pub payload: Bytes,
}

/// How many datagrams a [`Socket`] holds in each direction before it drops.
const QUEUE: usize = 256;

/// A datagram socket as a machine: what comes in is an event, what is sent goes out.
///
/// Each direction holds up to 256 datagrams. What comes to a full queue is dropped, as the network does.
#[derive(Debug)]
pub struct Socket<A> {
    received: VecDeque<Datagram<A>>,
    to_send: VecDeque<Transmit<A>>,
    dropped: u64,
}

impl<A> Default for Socket<A> {
    fn default() -> Self {
        Self { received: VecDeque::new(), to_send: VecDeque::new(), dropped: 0 }
    }
}

impl<A> Socket<A> {
    /// Queues one datagram.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`] when the queue is full: [`transmit`](Datagrams::transmit) first.
    pub fn send(&mut self, to: A, payload: impl Into<Bytes>) -> Result<(), Misuse> {
        if self.to_send.len() == QUEUE {
            return Err(Misuse::TooLong);
        }
        self.to_send.push_back(Transmit { to, payload: payload.into() });
        Ok(())
    }

    /// How many received datagrams were dropped because nobody asked for them in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}

impl<A: Copy + Eq> Datagrams for Socket<A> {
    type Address = A;
    type Event = Datagram<A>;

    fn receive(&mut self, from: A, datagram: &[u8], _now: Instant) {
        if self.received.len() == QUEUE {
            self.dropped += 1;
        } else {
            self.received.push_back(Datagram { from, payload: Bytes::copy_from_slice(datagram) });
        }
    }

    fn next(&mut self, _now: Instant) -> Option<Datagram<A>> {
        self.received.pop_front()
    }

    fn transmit(&mut self) -> Option<Transmit<A>> {
        self.to_send.pop_front()
    }
}
