//! One connection: its sockets, and whichever machine has it.

use crate::calls::{Ends, Held, call};
use crate::prelude::{Heard, Prelude};
use crate::route::{End, Peer};
use barewire::Instant;
use barewire::balance::relay::{Config, Counters, Opener, Opening, Pipes, Ready, Relay, Side, Step, Way};
use rustix::io::{ioctl_fionread, retry_on_intr};
use rustix::net::{RecvFlags, recv};
use std::io;
use std::mem;
use std::os::fd::{AsFd, OwnedFd};

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: OwnedFd,
    state: State,
    /// What is read before the route hears of it.
    prelude: Option<Box<Prelude>>,
    held: Held,
    /// What of its counters the metrics know.
    told: Counters,
    /// The timer that is set for it.
    pub(crate) armed: Option<Instant>,
    /// Whether it is in the queue of those that have something to do.
    pub(crate) queued: bool,
}

#[derive(Debug)]
enum State {
    /// No backend yet.
    Waiting(Opener),
    Connecting(Opener, Box<Attempt>),
    Open(OwnedFd, Box<Relay>),
    Over,
}

#[derive(Debug)]
struct Attempt {
    backend: OwnedFd,
    preamble: Vec<u8>,
    answer: Option<io::Result<()>>,
}

impl Attempt {
    fn answer(&self, ready: Ready) -> Option<io::Result<()>> {
        if ready.failed || ready.ended {
            // It may have been connected, and broken since: then what it sent is to be read, and after that its error,
            // which `SO_ERROR` would use up.
            let peeked = retry_on_intr(|| recv(&self.backend, &mut [0], RecvFlags::PEEK));
            return Some(peeked.map(drop).map_err(io::Error::from));
        }
        ready.writable.then_some(Ok(()))
    }
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It has had its share, and has more to do.
    Again,
    /// It waits.
    Until(Option<Instant>),
    /// It has said what the route wanted to know. It has more to do.
    Greeted(Peer),
    /// Its backend answered. It has more to do.
    Connected,
    /// Its backend did not.
    Failed(io::ErrorKind),
    Over(End),
}

/// What a thread's connections share.
pub(crate) struct Shared {
    pub(crate) pipes: Pipes<Ends>,
    pub(crate) scratch: Vec<u8>,
    pub(crate) config: Config,
}

impl Connection {
    pub(crate) fn new(client: OwnedFd, prelude: Option<Box<Prelude>>) -> Self {
        let state = State::Waiting(Opener::default());
        Self { client, state, prelude, held: Held::default(), told: Counters::default(), armed: None, queued: false }
    }

    /// Begins to connect, in place of an attempt that is under way.
    pub(crate) fn connect(&mut self, backend: OwnedFd, connected: bool, preamble: Vec<u8>, until: Instant) {
        self.state = match mem::replace(&mut self.state, State::Over) {
            State::Waiting(mut opener) | State::Connecting(mut opener, _) => {
                opener.attempt(until);
                let answer = connected.then_some(Ok(()));
                State::Connecting(opener, Box::new(Attempt { backend, preamble, answer }))
            }
            other => other,
        };
    }

    /// Whether it has no backend yet.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.state, State::Waiting(_) | State::Connecting(..))
    }

    /// Gives up the attempt that is under way.
    pub(crate) fn wait(&mut self) {
        self.state = match mem::replace(&mut self.state, State::Over) {
            State::Connecting(mut opener, _) => {
                opener.failed();
                State::Waiting(opener)
            }
            other => other,
        };
    }

    /// Whether the route has heard of it.
    pub(crate) fn is_known(&self) -> bool {
        self.prelude.is_none()
    }

    pub(crate) fn ready(&mut self, side: Side, ready: Ready, now: Instant) {
        if let Some(prelude) = self.prelude.as_mut().filter(|_| ready.ended) {
            prelude.ended();
        }
        match (&mut self.state, side) {
            (State::Open(_, relay), side) => relay.ready(side, ready),
            (State::Waiting(opener), side) => opener.ready(side, ready, now),
            (State::Connecting(opener, attempt), side) => {
                opener.ready(side, ready, now);
                if side == Side::Backend {
                    attempt.answer = attempt.answer(ready);
                }
            }
            (State::Over, _) => {}
        }
    }

    /// Has it do all that it can now.
    pub(crate) fn turn(&mut self, shared: &mut Shared, now: Instant) -> Turn {
        let begun = !matches!(self.state, State::Over);
        if let Some(mut prelude) = self.prelude.take_if(|_| begun) {
            match prelude.hear(&self.client, &mut shared.scratch, now) {
                Heard::Enough => return Turn::Greeted(prelude.into_peer()),
                Heard::Wait(until) => {
                    self.prelude = Some(prelude);
                    return Turn::Until(until);
                }
                Heard::Wrong => {
                    self.prelude = Some(prelude);
                    return Turn::Over(End::Rejected);
                }
            }
        }
        let opener = match &mut self.state {
            State::Open(..) => return self.relay(shared, now),
            State::Over => return Turn::Over(End::Rejected),
            State::Waiting(opener) => opener,
            State::Connecting(opener, attempt) => match attempt.answer.take() {
                Some(Ok(())) => {
                    self.open(&shared.config);
                    return Turn::Connected;
                }
                Some(Err(error)) => return self.failed(error.kind()),
                None => opener,
            },
        };
        loop {
            return match opener.next(now) {
                Opening::Waits(until) => Turn::Until(until),
                Opening::Look => {
                    opener.asked(ioctl_fionread(&self.client).is_ok_and(|bytes| bytes > 0));
                    continue;
                }
                Opening::Left => Turn::Over(End::Left),
                Opening::Late => self.failed(io::ErrorKind::TimedOut),
            };
        }
    }

    fn open(&mut self, config: &Config) {
        self.state = match mem::replace(&mut self.state, State::Over) {
            State::Connecting(opener, attempt) => {
                State::Open(attempt.backend, Box::new(opener.open(config, attempt.preamble)))
            }
            other => other,
        };
    }

    fn failed(&mut self, why: io::ErrorKind) -> Turn {
        self.wait();
        Turn::Failed(why)
    }

    fn relay(&mut self, shared: &mut Shared, now: Instant) -> Turn {
        let State::Open(backend, relay) = &mut self.state else { return Turn::Until(None) };
        let (client, backend) = (self.client.as_fd(), backend.as_fd());
        loop {
            match relay.next(now) {
                Step::Do(way, op) => {
                    let sockets = match way {
                        Way::Up => (client, backend),
                        Way::Down => (backend, client),
                    };
                    let Shared { pipes, scratch, .. } = shared;
                    let result = call(relay, (way, op), sockets, &mut self.held, pipes, scratch, now);
                    relay.done(result, scratch);
                }
                Step::Yield => return Turn::Again,
                Step::Wait(wait) => return Turn::Until(wait.until),
                Step::Done(ended) => return Turn::Over(End::Relayed(relay.summary(ended))),
            }
        }
    }

    /// Ends it. It still has its turn.
    pub(crate) fn cut(&mut self) {
        match &mut self.state {
            State::Open(_, relay) => relay.cut(),
            state => *state = State::Over,
        }
    }

    /// What has been moved since this was last asked.
    pub(crate) fn moved(&mut self) -> Counters {
        let State::Open(_, relay) = &self.state else { return Counters::default() };
        let moved = relay.moved();
        let before = mem::replace(&mut self.told, moved);
        Counters {
            spliced: moved.spliced - before.spliced,
            copied: moved.copied - before.copied,
            denied: moved.denied - before.denied,
        }
    }
}
