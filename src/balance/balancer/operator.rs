//! What an operator says of backends and of the configuration, and what is said back.

use super::{Balancer, Stats};
use crate::balance::MAX_BACKENDS;
use crate::balance::action::{BackendId, ProbeId};
use crate::balance::backend::{Admission, Backend, BackendStatus, Record};
use crate::balance::config::Config;
use crate::balance::picker::WARM;
use crate::balance::rate::Sources;
use crate::{Instant, Misuse};
use core::time::Duration;

/// Backends and configuration.
impl Balancer {
    /// Adds a backend. It counts as well until its first check. Once a client was accepted, one that is added starts
    /// slowly.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`] if there are 4,096 already, [`Misuse::Invalid`] if one that isn't removed has the same key.
    pub fn add(&mut self, backend: Backend, now: Instant) -> Result<BackendId, Misuse> {
        let is_same = |record: &Record| {
            matches!(record.admission, Admission::Active | Admission::Draining) && record.settings.key == backend.key
        };
        if self.backends.iter().any(is_same) {
            return Err(Misuse::Invalid);
        }
        let free = self.backends.iter().position(|record| record.admission == Admission::Absent);
        let index = free.unwrap_or(self.backends.len());
        if index == MAX_BACKENDS {
            return Err(Misuse::TooLong);
        }
        let slot = u32::try_from(index).map_err(|_| Misuse::TooLong)?;
        let mut record = Record::new(0, backend);
        match self.backends.get_mut(index) {
            Some(old) => {
                record.generation = old.generation.wrapping_add(1);
                record.news.listed = old.news.listed;
                *old = record;
            }
            None => self.backends.push(record),
        }
        let room = self.backends.len().next_power_of_two();
        self.picker.resize(room);
        self.timers.resize(room);
        self.picker.seat(slot);
        if self.stats.accepted > 0 {
            self.backends[index].warming = Some(now);
        }
        self.plan_check(slot, now);
        self.stale = true;
        Ok(self.backends[index].id(slot))
    }

    /// Changes a backend's weight and limit. Its key stays.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownId`] if it isn't there any more.
    pub fn update(&mut self, backend: BackendId, weight: u16, max_connections: u32) -> Result<(), Misuse> {
        let slot = self.find(backend)?;
        let settings = &mut self.backends[slot as usize].settings;
        (settings.weight, settings.max_connections) = (weight, max_connections);
        self.stale = true;
        Ok(())
    }

    /// Lets a backend's connections run, but gives it no new one. At `close`, if that comes, those that are left are to
    /// be closed.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownId`] if it isn't there any more, [`Misuse::OutOfTurn`] if it is being removed.
    pub fn drain(&mut self, backend: BackendId, close: Option<Instant>) -> Result<(), Misuse> {
        self.set_admission(backend, Admission::Draining, close)
    }

    /// Ends [`drain`](Self::drain): the backend gets connections again, slowly at first.
    ///
    /// # Errors
    ///
    /// As for `drain`.
    pub fn resume(&mut self, backend: BackendId, now: Instant) -> Result<(), Misuse> {
        let slot = self.find(backend)?;
        if self.backends[slot as usize].admission == Admission::Draining {
            self.warm(slot, now);
        }
        self.set_admission(backend, Admission::Active, None)
    }

    /// As [`drain`](Self::drain), and for ever: after the last connection comes
    /// [`Action::Released`](crate::balance::Action::Released).
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownId`] if it isn't there any more.
    pub fn remove(&mut self, backend: BackendId, close: Option<Instant>) -> Result<(), Misuse> {
        self.set_admission(backend, Admission::Removed, close)
    }

    /// Says how a check went.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownId`] if the balancer has given it up: nothing is to be done.
    pub fn probed(&mut self, probe: ProbeId, well: bool, now: Instant) -> Result<(), Misuse> {
        let slot = self.find(probe.backend)?;
        let checked = &self.backends[slot as usize].checked;
        if checked.until.is_none() || checked.serial != probe.serial {
            return Err(Misuse::UnknownId);
        }
        self.settle(now);
        self.checked(slot, well, now);
        self.dispatch(now);
        Ok(())
    }

    /// Tells a latency of a backend that says more than the time to connect, which counts by itself: of a check, or to
    /// the first byte.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownId`] if it isn't there any more.
    pub fn observe(&mut self, backend: BackendId, took: Duration, now: Instant) -> Result<(), Misuse> {
        let slot = self.find(backend)?;
        let half_life = self.half_life();
        self.picker.latency(slot).sample(took, half_life, now);
        Ok(())
    }

    /// Takes on other policies, limits and times. No connection is touched: what is above a lower limit runs on, and who
    /// waits already waits as long as it was told.
    pub fn reconfigure(&mut self, config: Config, now: Instant) {
        let old = core::mem::replace(&mut self.config, config);
        if self.config.source_rate.is_none() || self.config.max_sources != old.max_sources {
            self.sources = None;
        }
        if self.config.source_rate.is_some() && self.sources.is_none() {
            self.sources = Some(Sources::new(self.config.max_sources, self.chance.draw()));
        }
        if self.config.check != old.check {
            for slot in 0..self.count() {
                self.plan_check(slot, now);
            }
        }
        if self.config.eject_after.is_none() {
            for slot in 0..self.count() {
                self.readmit(slot, now);
            }
        }
        self.stale = true;
    }

    /// What is known of a backend, `None` if it isn't there any more.
    #[must_use]
    pub fn backend(&self, backend: BackendId, now: Instant) -> Option<BackendStatus> {
        let slot = self.find(backend).ok()?;
        let record = &self.backends[slot as usize];
        let latency = self.picker.known_latency(slot, self.half_life(), now);
        let (warmth, _) = record.warmth(self.config.slow_start, now);
        Some(BackendStatus {
            settings: record.settings,
            health: record.health(),
            draining: record.admission != Admission::Active,
            connecting: self.picker.load(slot) - record.running,
            running: record.running,
            warmth: u8::try_from(warmth * 100 / WARM).unwrap_or(100),
            latency: latency.map(Duration::from_nanos),
            totals: record.totals,
        })
    }

    /// The backends that there are, those being drained or removed included.
    pub fn backends(&self) -> impl Iterator<Item = BackendId> {
        let present = self.backends.iter().zip(0..).filter(|(record, _)| record.admission != Admission::Absent);
        present.map(|(record, slot)| record.id(slot))
    }

    /// What is counted of all.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            queued: self.queued(),
            backends: self.wanted,
            well: self.well,
            ejected: self.ejected,
            failing_open: self.open,
            ..self.stats
        }
    }
}
