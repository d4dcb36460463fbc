//! Who decides where connections go.

use crate::Address;
use barewire::Instant;
use barewire::balance::relay::Summary;
use barewire::balance::{client_hello, proxy};
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

/// Names a connection of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub(crate) crate::poller::Key);

/// Who was accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// From where, unless the system doesn't say; by the PROXY preamble, if there was one.
    pub address: Option<SocketAddr>,
    /// Which of the thread's listeners it came to.
    pub listener: usize,
    /// Our end of the connection, if that was [wanted](Wants).
    pub local: Option<SocketAddr>,
    /// The PROXY preamble, if there was one. It has been taken off the connection.
    pub header: Option<Box<proxy::Header>>,
    /// Whom its ClientHello asks for, if that was wanted. It is still on the connection.
    pub hello: Option<Box<client_hello::Hello>>,
}

/// What a route wants to know of a client before it is [told](Route::accepted) of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// The address that it connected to, which takes a system call.
    pub local: bool,
    /// Its PROXY preamble, if it comes from a source that is trusted. What isn't one ends the connection.
    pub proxy: Option<proxy::Config>,
    /// Its ClientHello. What isn't one has no name to route by; a malformed one ends the connection, with an alert.
    pub hello: Option<client_hello::Config>,
}

/// What is to be done. About a connection that is over already, nothing is done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// Connect it to a backend, in place of an attempt that is under way.
    Connect {
        /// Which connection: one that has no backend.
        id: Id,
        /// To which backend.
        to: Address,
        /// When it is too late. Then the attempt [failed](Route::failed).
        until: Instant,
        /// What goes to the backend before all else.
        preamble: Vec<u8>,
    },
    /// Have it wait, and drop an attempt that is under way.
    Queue {
        /// Which connection: one that has no backend.
        id: Id,
    },
    /// Don't connect it.
    Reject {
        /// Which connection: one that has no backend.
        id: Id,
        /// How it is told.
        how: Refusal,
    },
    /// End it, with resets, in whatever state it is.
    Cut {
        /// Which connection.
        id: Id,
    },
}

/// How a client learns that it won't be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Its connection is reset.
    Reset,
    /// Its connection is closed.
    Close,
}

/// How a connection's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// It was relayed.
    Relayed(Summary),
    /// The client left before it was connected.
    Left,
    /// It was rejected, or cut before it was connected.
    Rejected,
}

/// Decides where a thread's connections go: it is told what happens, and asked what to do.
///
/// A connection without an order waits: that is a queue.
pub trait Route {
    /// What it wants to know of those who come to this listener.
    fn wants(&mut self, listener: usize) -> Wants {
        let _ = listener;
        Wants::default()
    }

    /// A client connected, and waits for a backend.
    fn accepted(&mut self, id: Id, peer: &Peer, now: Instant);

    /// The attempt on a backend succeeded.
    fn connected(&mut self, id: Id, now: Instant);

    /// The attempt failed. The client waits again.
    fn failed(&mut self, id: Id, why: ErrorKind, now: Instant);

    /// The connection is over, however far it had come. Its name will be another's.
    fn closed(&mut self, id: Id, end: &End, now: Instant);

    /// What to do next, `None` if there is nothing.
    fn next(&mut self, now: Instant) -> Option<Order>;

    /// What becomes readable when somebody wants to speak to the route: then it is [`woken`](Self::woken), as long as it
    /// is readable.
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Its descriptor is readable.
    fn woken(&mut self, now: Instant) {
        let _ = now;
    }

    /// When to ask again even if nothing happens.
    fn deadline(&self) -> Option<Instant> {
        None
    }
}

/// Everything goes to one backend; if it doesn't answer, the client is reset.
#[derive(Debug)]
pub struct Fixed {
    to: Address,
    patience: Duration,
    orders: VecDeque<Order>,
}

impl Fixed {
    /// To one backend, which is given five seconds to answer.
    #[must_use]
    pub fn new(to: Address) -> Self {
        Self { to, patience: Duration::from_secs(5), orders: VecDeque::new() }
    }

    /// Over TCP.
    #[must_use]
    pub fn tcp(to: SocketAddr) -> Self {
        Self::new(Address::Tcp(to))
    }

    /// Over a local stream socket.
    #[must_use]
    pub fn unix(to: impl Into<PathBuf>) -> Self {
        Self::new(Address::Unix(to.into()))
    }

    /// The same with another time to answer.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

impl Route for Fixed {
    fn accepted(&mut self, id: Id, _: &Peer, now: Instant) {
        let (to, until) = (self.to.clone(), now + self.patience);
        self.orders.push_back(Order::Connect { id, to, until, preamble: Vec::new() });
    }

    fn connected(&mut self, _: Id, _: Instant) {}

    fn failed(&mut self, id: Id, _: ErrorKind, _: Instant) {
        self.orders.push_back(Order::Reject { id, how: Refusal::Reset });
    }

    fn closed(&mut self, _: Id, _: &End, _: Instant) {}

    fn next(&mut self, _: Instant) -> Option<Order> {
        self.orders.pop_front()
    }
}
