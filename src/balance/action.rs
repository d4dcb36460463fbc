//! What the balancer and its driver say to each other.

use crate::Instant;
use core::error::Error;
use core::fmt;
use core::net::IpAddr;

use super::chance::key;
use super::config::Check;

/// A backend, by the number of its place and how often that was taken before: a copy that outlives the backend names
/// nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BackendId {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

impl BackendId {
    /// The number of its place: below 4,096, and the lowest that was free, so an index for the driver's own table.
    #[must_use]
    pub fn index(self) -> usize {
        self.slot as usize
    }
}

/// A client's connection, from its acceptance to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

impl ConnectionId {
    /// The number of its place, taken again after its end: an index for the driver's own table.
    #[must_use]
    pub fn index(self) -> usize {
        self.slot as usize
    }
}

/// One attempt to connect for a client. Once another is made for the same client, this one is void.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// For whom.
    pub connection: ConnectionId,
    /// How many were made before.
    pub number: u8,
}

/// One check of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProbeId {
    pub(super) backend: BackendId,
    pub(super) serial: u32,
}

/// Who wants a connection, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// What the hash policies go by: equal keys, equal backends.
    pub key: u64,
    /// What the rate of a source is counted by.
    pub source: u64,
}

impl Client {
    /// By its address: all of it is the key, the source is the host for IPv4 and the network of 64 bits for IPv6, where
    /// a host has as many addresses as it likes. For `seed` see [`key`](super::key).
    #[must_use]
    pub fn from_ip(seed: u64, ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => {
                let key = key(seed, &ip.octets());
                Self { key, source: key }
            }
            IpAddr::V6(ip) => Self { key: key(seed, &ip.octets()), source: key(seed, &ip.octets()[..8]) },
        }
    }
}

/// What the driver is to do. All of it can be done later than told, or fail: then it says so, or the deadline does.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Connect to `backend`, then say [`connected`](super::Balancer::connected) or
    /// [`connect_failed`](super::Balancer::connect_failed). Drop what an earlier attempt for the same client left.
    Connect {
        /// To answer with.
        attempt: Attempt,
        /// To whom.
        backend: BackendId,
        /// When the balancer gives this attempt up, in case nothing was said: it is no timer to be set.
        deadline: Instant,
    },
    /// All places are taken: the client waits. Drop what an earlier attempt left. Nothing else is to do.
    Queue {
        /// Which.
        connection: ConnectionId,
    },
    /// Close the client's connection, and what an earlier attempt left. Its id is void.
    Reject {
        /// Which.
        connection: ConnectionId,
        /// Why.
        why: Reject,
    },
    /// Check a backend, then say [`probed`](super::Balancer::probed).
    Probe {
        /// To answer with.
        probe: ProbeId,
        /// Whom.
        backend: BackendId,
        /// How.
        check: Check,
        /// When the balancer takes it for failed, in case nothing was said. It is no timer to be set.
        deadline: Instant,
    },
    /// Close all connections with this backend, and say [`closed`](super::Balancer::closed) or
    /// [`connect_failed`](super::Balancer::connect_failed) of each.
    CloseAll {
        /// Whose.
        backend: BackendId,
    },
    /// A backend's health has changed; for logs and metrics.
    Health {
        /// Whose.
        backend: BackendId,
        /// To what.
        health: Health,
    },
    /// A backend that was removed has no connection any more. Its id is void.
    Released {
        /// Which.
        backend: BackendId,
    },
}

/// Whether a backend is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Health {
    /// As far as is known.
    Up,
    /// Its checks fail.
    Down,
    /// Its connections failed, so it is left alone for a while.
    Ejected,
}

/// Why an attempt to connect failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nobody listens there, or it was reset.
    Refused,
    /// It took too long. The balancer finds that out by itself too.
    TimedOut,
    /// No way leads there.
    Unreachable,
    /// Nothing that the backend could help: no descriptor, no port. It isn't blamed.
    Local,
}

/// Why a client gets no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reject {
    /// More new connections than the rate.
    Rate,
    /// More of its source than that one's rate.
    SourceRate,
    /// There is no backend that may be chosen.
    NoBackend,
    /// All places are taken, and so are those to wait.
    QueueFull,
    /// It waited too long for a place.
    QueueTimeout,
    /// No attempt succeeded; the last failed like this.
    Connect(ConnectError),
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rate => "too many new connections",
            Self::SourceRate => "too many new connections of one source",
            Self::NoBackend => "no backend is available",
            Self::QueueFull => "too many clients wait for a place",
            Self::QueueTimeout => "no place became free in time",
            Self::Connect(ConnectError::Refused) => "the backend refused the connection",
            Self::Connect(ConnectError::TimedOut) => "the backend did not answer in time",
            Self::Connect(ConnectError::Unreachable) => "the backend cannot be reached",
            Self::Connect(ConnectError::Local) => "a connection to the backend could not be opened",
        })
    }
}

impl Error for Reject {}

/// How an established connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Bytes that went from the client to the backend.
    pub sent: u64,
    /// Bytes that came back.
    pub received: u64,
    /// How.
    pub ending: Ending,
}

/// Who ended an established connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// Both sides, in order.
    Clean,
    /// The client, by a reset.
    Client,
    /// The backend, by a reset. Before a byte came, that counts as a failure of the backend.
    Backend,
    /// We: a time-out, a shutdown, a limit of our own.
    Local,
}
