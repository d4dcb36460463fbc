//! What a relay asks for, and what it can be told.

use crate::Instant;

/// One of the two sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Who connected to us.
    Client,
    /// Whom we connected to.
    Backend,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Backend,
            Self::Backend => Self::Client,
        }
    }
}

/// One of the two directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// From the client to the backend.
    Up,
    /// From the backend to the client.
    Down,
}

impl Way {
    /// Where its bytes come from.
    #[must_use]
    pub const fn source(self) -> Side {
        match self {
            Self::Up => Side::Client,
            Self::Down => Side::Backend,
        }
    }

    /// Where its bytes go.
    #[must_use]
    pub const fn sink(self) -> Side {
        self.source().other()
    }

    pub(super) const fn from(side: Side) -> Self {
        match side {
            Side::Client => Self::Up,
            Side::Backend => Self::Down,
        }
    }

    pub(super) const fn into(side: Side) -> Self {
        Self::from(side.other())
    }
}

/// What the driver is to do next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// This call, for this direction. Tell its result with [`Relay::done`](super::Relay::done).
    Do(Way, Op),
    /// Nothing, until a socket is ready ([`Relay::ready`](super::Relay::ready)) or the time has come.
    Wait(Wait),
    /// Others' turn: there is more to move, but this connection had its share. Call again after them.
    Yield,
    /// Close both sockets. Nothing follows.
    Done(Ended),
}

/// One system call on behalf of a direction.
///
/// Sockets and pipes do not block. `Ok` of the result is what the table says; the driver itself retries what a signal
/// interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `recv` from the source into the scratch buffer, all of it. Result: bytes.
    Read,
    /// `send` of [`Relay::unsent`](super::Relay::unsent) to the sink. Result: bytes.
    Write,
    /// Take an empty pipe for this direction, if there is one; a large one if it says so. Result: not looked at.
    TakePipe {
        /// Whether this direction has shown that it fills a pipe.
        large: bool,
    },
    /// Give this direction's pipe back, or close it if bytes are left in it: they belong to a dead connection.
    ReturnPipe {
        /// Whether nothing is left in it.
        empty: bool,
    },
    /// `splice` from the source to the pipe, as much as there is, with `SPLICE_F_NONBLOCK`. Result: bytes.
    SpliceIn,
    /// `splice` from the pipe to the sink, this many bytes, without `SPLICE_F_MORE`. Result: bytes.
    SpliceOut {
        /// All that is in the pipe.
        len: usize,
    },
    /// `read` from the pipe into the scratch buffer. Result: bytes.
    ReadPipe,
    /// `shutdown` of the sink's sending side: FIN.
    Shutdown,
    /// How many bytes the sink's peer has not acknowledged (`SIOCOUTQ`). [`Fault::Invalid`] where the system can't
    /// tell. A local socket has none.
    Unacknowledged,
    /// Have the sink's close be a reset (`SO_LINGER` of zero).
    Reset,
}

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// `EAGAIN`.
    WouldBlock,
    /// `EPIPE` on a write: the peer had ended its stream before it broke, so its end is to be believed.
    Closed,
    /// `EINVAL`: this socket, or what it has to say next, can't be spliced.
    Invalid,
    /// No pipe: the pool's cap, `EMFILE`, `ENFILE`, `EPERM`.
    Refused,
    /// `ECONNRESET`, `ETIMEDOUT` and everything else: the socket is dead.
    Broken,
}

/// What a socket's readiness notification said. Nothing is taken back by one that says less.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// There is something to read: bytes, an end or an error.
    pub readable: bool,
    /// There is room, or an error.
    pub writable: bool,
    /// An end, a hang-up or an error is among it (`EPOLLRDHUP`, `HUP`, `ERR`). A driver that isn't told again about
    /// what it has been told once, as with edge-triggered `epoll`, must say so, of this and the next.
    pub ended: bool,
    /// Urgent data is (`EPOLLPRI`): a read ends before it, though more follows.
    pub urgent: bool,
    /// The socket is dead (`EPOLLERR`).
    pub failed: bool,
}

impl Ready {
    /// There may be something to read. For a driver that will be told again as long as there is.
    pub const READABLE: Self = Self { readable: true, writable: false, ended: false, urgent: false, failed: false };
    /// There may be room.
    pub const WRITABLE: Self = Self { readable: false, writable: true, ended: false, urgent: false, failed: false };

    /// This and what was said before.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            readable: self.readable || other.readable,
            writable: self.writable || other.writable,
            ended: self.ended || other.ended,
            urgent: self.urgent || other.urgent,
            failed: self.failed || other.failed,
        }
    }
}

/// What a waiting relay waits for. A driver on edge-triggered `epoll` has asked for all of it once and needs only
/// `until`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    /// Of the client's socket.
    pub client: Interest,
    /// Of the backend's socket.
    pub backend: Interest,
    /// When to call [`Relay::next`](super::Relay::next) even if neither happened.
    pub until: Option<Instant>,
}

/// What is wanted of one socket. Neither: don't watch it, not even for errors, or a dead one spins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// To be readable.
    pub read: bool,
    /// To be writable.
    pub write: bool,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// Both sides ended their streams, and all bytes were handed over.
    Closed,
    /// This side broke the connection; the other was reset behind what could be delivered.
    Broken(Side),
    /// Both sides broke it.
    BothBroken,
    /// Nothing moved for as long as is allowed.
    Idle,
    /// One side had ended its stream, and nothing moved in the other direction for as long as is allowed then.
    HalfClosed,
    /// We ended it, by [`Relay::cut`](super::Relay::cut).
    Cut,
}

/// What was moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes that went through a pipe, never through our memory.
    pub spliced: u64,
    /// Bytes that were copied.
    pub copied: u64,
    /// Times that a pipe was wanted and refused.
    pub denied: u64,
}

/// A connection that is over, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How it ended.
    pub ended: Ended,
    /// From the client to the backend.
    pub up: Counters,
    /// From the backend to the client.
    pub down: Counters,
}
