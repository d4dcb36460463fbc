//! Backends: what is configured of them, and what is known.

use super::action::{BackendId, Health};
use super::picker::WARM;
use crate::Instant;
use crate::time::earliest;
use core::time::Duration;

/// What is configured of a backend. Its address is only the driver's to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backend {
    pub(super) key: u64,
    pub(super) weight: u16,
    pub(super) max_connections: u32,
}

impl Backend {
    /// With a weight of 1 and no limit. The key is what Maglev knows it by: let it be the [`key`](super::key) of its name
    /// or address, the same for all balancers that shall agree, and no other backend's.
    #[must_use]
    pub const fn new(key: u64) -> Self {
        Self { key, weight: 1, max_connections: u32::MAX }
    }

    /// Its share, as others' weights have it. 0: it gets no new connection.
    #[must_use]
    pub const fn weight(mut self, weight: u16) -> Self {
        self.weight = weight;
        self
    }

    /// The most connections at once, those being made included.
    #[must_use]
    pub const fn max_connections(mut self, most: u32) -> Self {
        self.max_connections = most;
        self
    }
}

/// What is known of a backend, for logs, metrics and admin pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackendStatus {
    /// What is configured.
    pub settings: Backend,
    /// Whether it is well.
    pub health: Health,
    /// Whether it gets no new connections because it is drained or removed.
    pub draining: bool,
    /// Connections being made.
    pub connecting: u32,
    /// Connections that are established.
    pub running: u32,
    /// How much of its weight it has: less than 100 percent in its slow start.
    pub warmth: u8,
    /// The moving average of the time to connect, or what was said of it. `None` until the first.
    pub latency: Option<Duration>,
    /// Since it was added.
    pub totals: Totals,
}

/// What is counted of a backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// How often it was chosen.
    pub picks: u64,
    /// Connections that were established.
    pub connections: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// Connections that it reset.
    pub resets: u64,
    /// How often it was ejected.
    pub ejections: u64,
    /// Checks that failed.
    pub failed_checks: u64,
    /// Bytes that went there over connections that have ended.
    pub sent: u64,
    /// Bytes that came from there.
    pub received: u64,
}

/// Whether a backend may be chosen, by its operator's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Its place is free.
    Absent,
    Active,
    Draining,
    Removed,
}

/// What is about to be told to the driver of a backend.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct News {
    pub(super) probe: bool,
    pub(super) close_all: bool,
    pub(super) health: bool,
    /// Whether it is in the queue of those with news.
    pub(super) listed: bool,
}

/// What its checks found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checked {
    pub(super) up: bool,
    /// How many checks in a row said otherwise.
    pub(super) against: u16,
    /// Whether there was any check yet.
    pub(super) proven: bool,
    /// The next.
    pub(super) at: Option<Instant>,
    /// When the one that is under way is given up.
    pub(super) until: Option<Instant>,
    pub(super) serial: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) generation: u32,
    pub(super) admission: Admission,
    pub(super) settings: Backend,
    pub(super) running: u32,
    pub(super) checked: Checked,
    /// Attempts in a row that failed, and those of them that timed out.
    pub(super) failures: u16,
    pub(super) timeouts: u16,
    /// Connections in a row that it reset before a byte came.
    pub(super) resets: u16,
    pub(super) ejected_until: Option<Instant>,
    /// Ejections without a long enough time in between.
    pub(super) relapses: u32,
    pub(super) returned: Instant,
    /// When its slow start began.
    pub(super) warming: Option<Instant>,
    /// When all its connections are closed.
    pub(super) close_at: Option<Instant>,
    pub(super) told: Health,
    pub(super) news: News,
    pub(super) totals: Totals,
}

impl Record {
    pub(super) fn new(generation: u32, settings: Backend) -> Self {
        Self {
            generation,
            admission: Admission::Active,
            settings,
            running: 0,
            checked: Checked { up: true, against: 0, proven: false, at: None, until: None, serial: 0 },
            failures: 0,
            timeouts: 0,
            resets: 0,
            ejected_until: None,
            relapses: 0,
            returned: Instant::ORIGIN,
            warming: None,
            close_at: None,
            told: Health::Up,
            news: News::default(),
            totals: Totals::default(),
        }
    }

    pub(super) fn id(&self, slot: u32) -> BackendId {
        BackendId { slot, generation: self.generation }
    }

    /// Whether it would get connections if it were well.
    pub(super) fn is_wanted(&self) -> bool {
        self.admission == Admission::Active && self.settings.weight > 0
    }

    pub(super) fn health(&self) -> Health {
        match (self.checked.up, self.ejected_until) {
            (false, _) => Health::Down,
            (true, Some(_)) => Health::Ejected,
            (true, None) => Health::Up,
        }
    }

    pub(super) fn is_well(&self) -> bool {
        self.health() == Health::Up
    }

    /// How warm it is, and when it will be warmer.
    pub(super) fn warmth(&self, slow_start: Option<Duration>, now: Instant) -> (u32, Option<Instant>) {
        let (Some(since), Some(span)) = (self.warming, slow_start) else { return (WARM, None) };
        let steps = u128::from(WARM - 1);
        let step = (now - since).as_nanos() * steps / span.as_nanos().max(1);
        if step >= steps {
            return (WARM, None);
        }
        let next = ((step + 1) * span.as_nanos()).div_ceil(steps);
        let next = since + Duration::from_nanos(u64::try_from(next).unwrap_or(u64::MAX));
        (u32::try_from(step).unwrap_or(WARM) + 1, Some(next))
    }

    /// When something is due here, `next_step` of the slow start included.
    pub(super) fn deadline(&self, next_step: Option<Instant>) -> Option<Instant> {
        let check = self.checked.until.or(self.checked.at);
        let close = earliest(self.close_at, self.ejected_until);
        earliest(earliest(check, close), next_step)
    }
}
