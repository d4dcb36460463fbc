//! A client's way: a place, an attempt, another, or none.

use super::{Action, Balancer, Client, ConnectError, ConnectionId, Instant, List, Reject, State};
use crate::balance::backend::Admission;

/// How many clients whose attempt failed are looked at for one that can use a free place: each shuns other backends.
const LOOKS: usize = 8;

impl Balancer {
    /// [`accept`](Balancer::accept), uncounted.
    pub(super) fn admit(&mut self, client: Client, now: Instant) -> Result<ConnectionId, Reject> {
        let bucket = self.sources.as_mut().map(|sources| sources.bucket(client.source));
        if let (Some(rate), Some(bucket)) = (self.config.source_rate, &bucket) {
            if !bucket.has(rate, now) {
                return Err(Reject::SourceRate);
            }
        }
        if let Some(rate) = self.config.rate {
            if !self.bucket.has(rate, now) {
                return Err(Reject::Rate);
            }
            self.bucket.take(rate, now);
        }
        if let (Some(rate), Some(bucket)) = (self.config.source_rate, bucket) {
            bucket.take(rate, now);
        }
        let has_room = self.has_room() && self.picker.is_any_open() && self.connections.len(List::Fresh) == 0;
        if !has_room {
            self.may_wait(&[])?;
        }
        let slot = self.connections.insert(client);
        self.stats.accepted += 1;
        if !(has_room && self.try_attempt(slot, now)) {
            self.wait(slot, List::Fresh, now);
        }
        Ok(self.connections.id(slot))
    }

    /// An attempt failed: another, a place to wait for one, or the end.
    pub(super) fn fail(&mut self, slot: u32, backend: u32, how: ConnectError, now: Instant) {
        self.stats.connecting -= 1;
        self.stats.failures += 1;
        self.leave(backend, now);
        self.connections.clear_timer(slot);
        let since = self.connections.get(slot).since;
        self.blame(backend, how, now - since, now);
        let connection = self.connections.get(slot);
        connection.failed(backend, how);
        let tried = connection.tried();
        let over = connection.last_chance.is_some_and(|last| now >= last)
            || tried.len() >= usize::from(self.config.max_attempts);
        if over {
            self.reject(slot, Reject::Connect(how));
        } else {
            self.place_again(slot, now);
        }
        self.dispatch(now);
    }

    /// Another attempt, a place to wait for one, or the end.
    fn place_again(&mut self, slot: u32, now: Instant) {
        if self.try_attempt(slot, now) {
            return;
        }
        let connection = self.connections.view(slot);
        match (self.may_wait(connection.tried()), connection.failure) {
            (Ok(()), _) => self.wait(slot, List::Retry, now),
            (Err(Reject::NoBackend), Some(how)) => self.reject(slot, Reject::Connect(how)),
            (Err(why), _) => self.reject(slot, why),
        }
    }

    /// Gives free places to those who wait.
    pub(super) fn dispatch(&mut self, now: Instant) {
        let mut looks = LOOKS;
        let mut at = self.connections.first(List::Retry);
        while let Some(slot) = at.filter(|_| looks > 0 && self.has_room() && self.picker.is_any_open()) {
            at = self.connections.after(slot, List::Retry);
            if !self.try_attempt(slot, now) {
                looks -= 1;
            }
        }
        while let Some(slot) = self.connections.first(List::Fresh) {
            if !self.try_attempt(slot, now) {
                return;
            }
        }
    }

    /// Reserves a place with a backend that was not tried yet, if there is one.
    fn try_attempt(&mut self, slot: u32, now: Instant) -> bool {
        if !self.has_room() {
            return false;
        }
        let connection = self.connections.get(slot);
        if connection.last_chance.is_some_and(|last| last <= now) {
            return false;
        }
        let Some(backend) = self.picker.pick(connection.client.key, connection.tried(), now) else { return false };
        connection.state = State::Connecting { backend };
        connection.since = now;
        let last = *connection.last_chance.get_or_insert(now + self.config.connect_timeout);
        self.connections.set_timer(slot, last.min(now + self.config.attempt_timeout));
        self.connections.unlist(slot, List::Fresh);
        self.announce(slot);
        self.stats.connecting += 1;
        self.backends[backend as usize].totals.picks += 1;
        self.picker.enter(backend);
        self.refresh(backend, now);
        true
    }

    /// Whether there is a place to wait, and something to wait for: a backend that is only full.
    fn may_wait(&self, tried: &[u16]) -> Result<(), Reject> {
        let usable = if self.open { self.wanted } else { self.well };
        let spent = tried.iter().filter(|slot| self.is_usable(u32::from(**slot))).count();
        if usable as usize <= spent {
            return Err(Reject::NoBackend);
        }
        if self.queued() < self.config.max_queue { Ok(()) } else { Err(Reject::QueueFull) }
    }

    fn wait(&mut self, slot: u32, list: List, now: Instant) {
        self.stats.waited += 1;
        let connection = self.connections.get(slot);
        connection.state = State::Queued;
        let until = now + self.config.queue_timeout;
        let until = connection.last_chance.map_or(until, |last| last.min(until));
        self.connections.set_timer(slot, until);
        self.connections.enlist(slot, list);
        self.announce(slot);
    }

    /// Its state is to be told, in the order of decisions.
    fn announce(&mut self, slot: u32) {
        self.connections.unlist(slot, List::News);
        self.connections.enlist(slot, List::News);
    }

    pub(super) fn reject(&mut self, slot: u32, why: Reject) {
        self.stats.rejected += 1;
        self.connections.clear_timer(slot);
        self.connections.unlist(slot, List::Fresh);
        self.connections.get(slot).state = State::Rejected(why);
        self.announce(slot);
    }

    /// What the driver is to do for a client, now that it asks.
    pub(super) fn tell(&mut self, slot: u32, now: Instant) -> Option<Action> {
        let connection = self.connections.id(slot);
        match self.connections.get(slot).state {
            State::Queued => Some(Action::Queue { connection }),
            State::Rejected(why) => {
                self.connections.remove(slot);
                Some(Action::Reject { connection, why })
            }
            State::Connecting { backend } => {
                let record = &self.backends[backend as usize];
                if record.admission != Admission::Active {
                    self.choose_again(slot, backend, now);
                    return None;
                }
                let backend = record.id(backend);
                let attempt = self.connections.attempt(slot);
                let deadline = self.connections.timer_of(slot).unwrap_or(now);
                Some(Action::Connect { attempt, backend, deadline })
            }
            State::Free | State::Running { .. } => None,
        }
    }

    /// A backend was drained between the choice and its telling: nothing has happened there yet.
    fn choose_again(&mut self, slot: u32, backend: u32, now: Instant) {
        self.stats.connecting -= 1;
        self.leave(backend, now);
        self.connections.clear_timer(slot);
        self.place_again(slot, now);
        self.dispatch(now);
    }

    /// One connection less with a backend.
    pub(super) fn leave(&mut self, backend: u32, now: Instant) {
        self.picker.leave(backend);
        self.refresh(backend, now);
        if self.backends[backend as usize].admission == Admission::Removed {
            self.list(backend);
        }
    }

    pub(super) fn queued(&self) -> u32 {
        self.connections.len(List::Retry) + self.connections.len(List::Fresh)
    }

    fn has_room(&self) -> bool {
        self.stats.connecting + self.stats.running < self.config.max_connections
    }
}
