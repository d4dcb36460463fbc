//! The balancer: commands in, actions out.

mod flow;
mod health;
mod operator;

use super::action::{Action, Attempt, BackendId, Client, Closed, ConnectError, ConnectionId, Ending, ProbeId, Reject};
use super::backend::{Admission, Record};
use super::chance::Chance;
use super::config::Config;
use super::connections::{Connections, List, State};
use super::heap::Heap;
use super::picker::Picker;
use super::rate::{Bucket, Sources};
use crate::time::earliest;
use crate::{Instant, Misuse};
use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Decides which backend takes a client's connection, and watches over the backends' health. It knows no address, opens
/// no socket and reads no clock.
///
/// Its methods are of five kinds, as those of a [`Machine`](crate::Machine), and each takes the time:
///
/// - **clients**: [`accept`](Self::accept), [`connected`](Self::connected), [`connect_failed`](Self::connect_failed),
///   [`closed`](Self::closed), [`abandon`](Self::abandon);
/// - **backends**: [`add`](Self::add), [`update`](Self::update), [`drain`](Self::drain), [`resume`](Self::resume),
///   [`remove`](Self::remove), [`probed`](Self::probed), [`observe`](Self::observe);
/// - **configuration**: [`reconfigure`](Self::reconfigure), which touches no connection;
/// - **actions**: [`next`](Self::next), what the driver is to do, until it says `None`;
/// - **time**: [`deadline`](Self::deadline), when to call `next` even if nothing happened.
///
/// A command that names what isn't there any more returns [`Misuse`] and changes nothing: an attempt that the balancer
/// gave up, for instance, which succeeded after all. The driver then drops it.
///
/// # What holds
///
/// - Each client that [`accept`](Self::accept) takes in ends exactly once: rejected by [`Action::Reject`], or ended by
///   the driver's word.
/// - No limit is exceeded, whatever the order of commands; but one that is lowered ends no connection.
/// - A backend that is drained, full, or tried for this client is never chosen; one that is down or ejected only if the
///   balancer [fails open](super::ConfigBuilder::fail_open).
/// - Clients that wait get free places in the order they came. Only those whose attempt failed go before.
/// - A choice takes O(log n) of the backends and allocates nothing; the first command after a change of the
///   configuration works that in. Memory is bounded by the limits.
///
/// One balancer serves one thread. Several threads with one each are independent: divide the limits.
#[derive(Debug)]
pub struct Balancer {
    config: Config,
    picker: Picker,
    backends: Vec<Record>,
    connections: Connections,
    /// Of backends. Those of clients are in `connections`.
    timers: Heap<Instant>,
    /// Backends of which the driver is to be told something.
    news: VecDeque<u32>,
    /// For jitter. The picker has its own, so that checks don't change what is picked.
    chance: Chance,
    bucket: Bucket,
    sources: Option<Sources>,
    /// Backends that are wanted, those of them that are well, and those of them that are ejected.
    wanted: u32,
    well: u32,
    ejected: u32,
    /// Whether health is ignored.
    open: bool,
    /// Whether the configuration changed since the last choice: many backends may come at once.
    stale: bool,
    stats: Stats,
}

/// What is counted of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Connections being made.
    pub connecting: u32,
    /// Connections that are established.
    pub running: u32,
    /// Clients that wait for a place.
    pub queued: u32,
    /// Backends that may get connections, by their operator's word.
    pub backends: u32,
    /// Those of them that are well.
    pub well: u32,
    /// Those of them that are ejected.
    pub ejected: u32,
    /// Whether so few are well that health is ignored.
    pub failing_open: bool,
    /// Clients that were accepted.
    pub accepted: u64,
    /// Clients that were rejected, whether at once or later.
    pub rejected: u64,
    /// Clients that left before they were connected.
    pub abandoned: u64,
    /// Clients that had to wait.
    pub waited: u64,
    /// Attempts to connect that failed.
    pub failures: u64,
}

/// Clients.
impl Balancer {
    /// Takes in a new connection. What is to be done about it, [`next`](Self::next) says.
    ///
    /// # Errors
    ///
    /// Why it can have no place, not even one to wait: close it. Nothing is kept of it.
    pub fn accept(&mut self, client: Client, now: Instant) -> Result<ConnectionId, Reject> {
        self.settle(now);
        self.admit(client, now).inspect_err(|_| self.stats.rejected += 1)
    }

    /// Says that an attempt succeeded.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownId`] if the balancer gave it up before: close what was connected.
    pub fn connected(&mut self, attempt: Attempt, now: Instant) -> Result<(), Misuse> {
        let (slot, backend) = self.connections.find_attempt(attempt)?;
        let connection = self.connections.get(slot);
        connection.state = State::Running { backend };
        let took = now - connection.since;
        self.connections.clear_timer(slot);
        self.stats.connecting -= 1;
        self.stats.running += 1;
        self.succeeded(backend, took, now);
        Ok(())
    }

    /// Says that an attempt failed. Another backend is tried, if there is one and time is left.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownId`] if the balancer gave it up before.
    pub fn connect_failed(&mut self, attempt: Attempt, how: ConnectError, now: Instant) -> Result<(), Misuse> {
        let (slot, backend) = self.connections.find_attempt(attempt)?;
        self.settle(now);
        self.fail(slot, backend, how, now);
        Ok(())
    }

    /// Says that an established connection has ended.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownId`] if it ended before, [`Misuse::OutOfTurn`] if it isn't established.
    pub fn closed(&mut self, connection: ConnectionId, closed: Closed, now: Instant) -> Result<(), Misuse> {
        let slot = self.connections.find(connection)?;
        let State::Running { backend } = self.connections.get(slot).state else { return Err(Misuse::OutOfTurn) };
        self.settle(now);
        self.connections.remove(slot);
        self.stats.running -= 1;
        let record = &mut self.backends[backend as usize];
        record.running -= 1;
        record.totals.sent += closed.sent;
        record.totals.received += closed.received;
        self.leave(backend, now);
        match closed.ending {
            Ending::Backend => self.was_reset(backend, closed.received == 0, now),
            Ending::Clean => self.backends[backend as usize].resets = 0,
            Ending::Client | Ending::Local => {}
        }
        self.dispatch(now);
        Ok(())
    }

    /// Says that a client left before it was connected. Drop the attempt that is under way.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownId`] if its connection ended before, [`Misuse::OutOfTurn`] if it is established.
    pub fn abandon(&mut self, connection: ConnectionId, now: Instant) -> Result<(), Misuse> {
        let slot = self.connections.find(connection)?;
        match self.connections.get(slot).state {
            State::Running { .. } => return Err(Misuse::OutOfTurn),
            State::Connecting { backend } => {
                self.settle(now);
                self.connections.remove(slot);
                self.stats.connecting -= 1;
                self.leave(backend, now);
                self.dispatch(now);
            }
            State::Queued => self.connections.remove(slot),
            // It is counted as rejected already.
            State::Free | State::Rejected(_) => {
                self.connections.remove(slot);
                return Ok(());
            }
        }
        self.stats.abandoned += 1;
        Ok(())
    }
}

/// To make one.
impl Balancer {
    /// Without a backend. At most 4,096 can be added.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut chance = Chance::new(config.seed);
        let picker = Picker::new(config.policy, chance.draw());
        let sources = config.source_rate.map(|_| Sources::new(config.max_sources, chance.draw()));
        Self {
            config,
            picker,
            backends: Vec::new(),
            connections: Connections::default(),
            timers: Heap::default(),
            news: VecDeque::new(),
            chance,
            bucket: Bucket::default(),
            sources,
            wanted: 0,
            well: 0,
            ejected: 0,
            open: false,
            stale: false,
            stats: Stats::default(),
        }
    }
}

/// Actions and time.
impl Balancer {
    /// What the driver is to do next, `None` if nothing: then it waits for its sockets, or until
    /// [`deadline`](Self::deadline). Call it after each batch of commands, until it says `None`: what happened is told
    /// first, so that what was done in time isn't taken for late.
    pub fn next(&mut self, now: Instant) -> Option<Action> {
        self.settle(now);
        loop {
            if let Some(action) = self.tell_next(now) {
                return Some(action);
            }
            // One at a time: who lost a place to a timer is told before another is told to take it.
            if !self.expire(now) {
                return None;
            }
        }
    }

    /// When [`next`](Self::next) must be called again even if nothing happens, `None`: not at all. It is what the last
    /// `next` left.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let connections = self.connections.timer().map(|(at, _)| at);
        earliest(connections, self.timers.peek().map(|(at, _)| at))
    }

    /// Lets one timer do what it is for, `false` if none is due.
    fn expire(&mut self, now: Instant) -> bool {
        if let Some((_, slot)) = self.connections.timer().filter(|(at, _)| *at <= now) {
            match self.connections.get(slot).state {
                State::Queued => self.reject(slot, Reject::QueueTimeout),
                State::Connecting { backend } => self.fail(slot, backend, ConnectError::TimedOut, now),
                State::Free | State::Running { .. } | State::Rejected(_) => self.connections.clear_timer(slot),
            }
            return true;
        }
        if let Some((_, slot)) = self.timers.peek().filter(|(at, _)| *at <= now) {
            self.expire_backend(slot, now);
            return true;
        }
        false
    }

    fn tell_next(&mut self, now: Instant) -> Option<Action> {
        while let Some(slot) = self.connections.first(List::News) {
            self.connections.unlist(slot, List::News);
            if let Some(action) = self.tell(slot, now) {
                return Some(action);
            }
        }
        while let Some(slot) = self.news.front().copied() {
            if let Some(action) = self.tell_of_backend(slot, now) {
                return Some(action);
            }
            self.news.pop_front();
            self.backends[slot as usize].news.listed = false;
        }
        None
    }

    /// The news of a backend, one at a time.
    fn tell_of_backend(&mut self, slot: u32, now: Instant) -> Option<Action> {
        let record = &mut self.backends[slot as usize];
        let backend = record.id(slot);
        if record.admission == Admission::Absent {
            return None;
        }
        if core::mem::take(&mut record.news.health) {
            let health = record.health();
            if health != core::mem::replace(&mut record.told, health) {
                return Some(Action::Health { backend, health });
            }
        }
        if core::mem::take(&mut record.news.close_all) && self.picker.load(slot) > 0 {
            return Some(Action::CloseAll { backend });
        }
        if core::mem::take(&mut record.news.probe) {
            if let Some(action) = self.probe(slot, now) {
                return Some(action);
            }
        }
        self.release(slot)
    }
}
