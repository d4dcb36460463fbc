//! Edge-triggered `epoll`: a socket is registered once, for life.

use barewire::Instant;
use barewire::balance::relay::{Ready, Side};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

const BATCH: usize = 256;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// Of those that the thread has, this one.
    Listener(u32),
    Stop,
    /// Somebody wants to speak to the route.
    Route,
    Socket(Key, Side),
}

/// Names a connection. A later one in the same place has another name, so that events of a closed one find nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) index: u32,
    pub(crate) turn: u32,
}

/// What begins with this bit is no connection's socket.
const LISTENER: u64 = 1 << 63;
const STOP: u64 = u64::MAX;
const ROUTE: u64 = u64::MAX - 1;

/// The most that `turn` is, so that no socket is called like those above.
pub(crate) const TURNS: u32 = u32::MAX >> 2;

impl About {
    fn data(self) -> epoll::EventData {
        epoll::EventData::new_u64(match self {
            Self::Listener(number) => LISTENER | u64::from(number),
            Self::Stop => STOP,
            Self::Route => ROUTE,
            Self::Socket(Key { index, turn }, side) => {
                let side = u64::from(side == Side::Backend);
                u64::from(turn) << 33 | u64::from(index) << 1 | side
            }
        })
    }

    #[allow(clippy::cast_possible_truncation, reason = "these are its halves")]
    fn of(data: epoll::EventData) -> Self {
        match data.u64() {
            STOP => Self::Stop,
            ROUTE => Self::Route,
            number if number & LISTENER != 0 => Self::Listener(number as u32),
            name => {
                let key = Key { index: (name >> 1) as u32, turn: (name >> 33) as u32 };
                Self::Socket(key, if name & 1 == 0 { Side::Client } else { Side::Backend })
            }
        }
    }
}

pub(crate) struct Poller {
    epoll: OwnedFd,
}

/// Those of one wait.
pub(crate) struct Events(Vec<epoll::Event>);

impl Poller {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { epoll: epoll::create(epoll::CreateFlags::CLOEXEC)? })
    }

    /// Everything that a socket ever has to say, each thing once.
    pub(crate) fn watch(&self, socket: impl AsFd, key: Key, side: Side) -> io::Result<()> {
        use epoll::EventFlags as Flags;
        let all = Flags::IN | Flags::OUT | Flags::RDHUP | Flags::PRI | Flags::ET;
        Ok(epoll::add(&self.epoll, socket, About::Socket(key, side).data(), all)?)
    }

    /// Whether something is readable, as long as it is.
    pub(crate) fn listen(&self, to: impl AsFd, about: About) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, to, about.data(), epoll::EventFlags::IN)?)
    }

    pub(crate) fn forget(&self, socket: impl AsFd) {
        // If it was not there, that is as well.
        let _ = epoll::delete(&self.epoll, socket);
    }

    /// A descriptor more, for as long as one should be in reserve.
    pub(crate) fn spare(&self) -> Option<OwnedFd> {
        rustix::io::fcntl_dupfd_cloexec(&self.epoll, 0).ok()
    }

    /// Waits for events, until then if nothing happens.
    pub(crate) fn wait(&self, events: &mut Events, now: Instant, until: Option<Instant>) -> io::Result<()> {
        let span = until.filter(|until| *until != Instant::FAR_FUTURE).map(|until| until - now);
        let span = span.and_then(|span| Timespec::try_from(span).ok());
        events.0.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut events.0), span.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Events {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(BATCH))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (About, Ready)> {
        self.0.iter().map(|event| {
            let (flags, data) = (event.flags, event.data);
            (About::of(data), ready(flags))
        })
    }
}

fn ready(flags: epoll::EventFlags) -> Ready {
    use epoll::EventFlags as Flags;
    let failed = flags.contains(Flags::ERR);
    let ended = flags.intersects(Flags::RDHUP | Flags::HUP | Flags::ERR);
    let urgent = flags.contains(Flags::PRI);
    Ready {
        readable: ended || urgent || flags.contains(Flags::IN),
        writable: failed || flags.intersects(Flags::OUT | Flags::HUP),
        ended,
        urgent,
        failed,
    }
}
