//! Which backends may be chosen: their operator's word, their checks, their failures, their slow start.

use super::{Action, Admission, BackendId, Balancer, ConnectError, Instant, Misuse, ProbeId};
use crate::balance::config::Policy;
use core::time::Duration;

/// Where nobody chooses by latency, it is still shown.
const HALF_LIFE: Duration = Duration::from_secs(10);

/// What follows from what is known.
impl Balancer {
    /// Works in what changed in the configuration, if something did.
    #[inline]
    pub(super) fn settle(&mut self, now: Instant) {
        if core::mem::take(&mut self.stale) {
            self.configure(now);
        }
    }

    fn configure(&mut self, now: Instant) {
        let wanted = self.backends.iter().zip(0..).filter(|(record, _)| record.is_wanted());
        let seats = wanted.map(|(record, slot)| (slot, record.settings.key, record.settings.weight));
        self.picker.configure(self.config.policy, seats);
        self.open = !self.count_health(now);
        self.reassess(now);
        self.dispatch(now);
    }

    /// Someone's health changed. The caller [dispatches](Self::dispatch), once it has placed its own client.
    pub(super) fn reassess(&mut self, now: Instant) {
        let open = self.count_health(now);
        if open != self.open {
            self.open = open;
            for slot in 0..self.count() {
                self.refresh(slot, now);
            }
        }
    }

    /// Counts who is wanted, well and ejected, lets in again those who are ejected beyond the cap, and says whether
    /// health is to be ignored.
    ///
    /// Each round lets in one of them, so that it ends.
    fn count_health(&mut self, now: Instant) -> bool {
        loop {
            (self.wanted, self.well, self.ejected) = (0, 0, 0);
            let mut first = None;
            for (record, slot) in self.backends.iter().zip(0..).filter(|(record, _)| record.is_wanted()) {
                self.wanted += 1;
                self.well += u32::from(record.is_well());
                if let Some(until) = record.ejected_until {
                    self.ejected += 1;
                    first = first.min(Some((until, slot))).or(Some((until, slot)));
                }
            }
            match first {
                Some((_, slot)) if self.ejected > self.most_ejected() => self.readmit(slot, now),
                _ => break,
            }
        }
        let least =
            |percent| self.well == 0 || u64::from(self.well) * 100 < u64::from(percent) * u64::from(self.wanted);
        self.config.fail_open.is_some_and(|percent: u8| least(percent))
    }

    fn most_ejected(&self) -> u32 {
        self.wanted * u32::from(self.config.max_ejected) / 100
    }

    /// Opens or closes a backend for new connections, and sets its timer.
    pub(super) fn refresh(&mut self, slot: u32, now: Instant) {
        let record = &mut self.backends[slot as usize];
        let (warmth, next_step) = record.warmth(self.config.slow_start, now);
        if next_step.is_none() {
            record.warming = None;
        }
        let record = &self.backends[slot as usize];
        let has_room = self.picker.load(slot) < record.settings.max_connections;
        let weight = if self.is_usable(slot) && has_room { record.settings.weight } else { 0 };
        self.picker.set(slot, weight, warmth);
        let deadline = if record.admission == Admission::Absent { None } else { record.deadline(next_step) };
        match deadline {
            Some(deadline) if self.timers.get(slot) == Some(deadline) => {}
            Some(deadline) => self.timers.set(slot, deadline),
            None => self.timers.remove(slot),
        }
    }

    /// Whether it may be chosen, unless it is full.
    pub(super) fn is_usable(&self, slot: u32) -> bool {
        let record = &self.backends[slot as usize];
        record.is_wanted() && (self.open || record.is_well())
    }

    /// Its health may have changed: tells it, and what follows.
    fn changed(&mut self, slot: u32, now: Instant) {
        self.backends[slot as usize].news.health = true;
        self.list(slot);
        self.refresh(slot, now);
        self.reassess(now);
    }

    /// Lets a slow start begin.
    pub(super) fn warm(&mut self, slot: u32, now: Instant) {
        self.picker.latency(slot).forget();
        self.backends[slot as usize].warming = Some(now);
    }

    pub(super) fn list(&mut self, slot: u32) {
        if !core::mem::replace(&mut self.backends[slot as usize].news.listed, true) {
            self.news.push_back(slot);
        }
    }

    pub(super) fn half_life(&self) -> Duration {
        if let Policy::LeastLatency { half_life } = self.config.policy { half_life } else { HALF_LIFE }
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.backends.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn find(&self, id: BackendId) -> Result<u32, Misuse> {
        match self.backends.get(id.index()) {
            Some(record) if record.generation == id.generation && record.admission != Admission::Absent => Ok(id.slot),
            _ => Err(Misuse::UnknownId),
        }
    }

    pub(super) fn expire_backend(&mut self, slot: u32, now: Instant) {
        let due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if due(self.backends[slot as usize].checked.until) {
            self.checked(slot, false, now);
        }
        let record = &mut self.backends[slot as usize];
        if due(record.checked.at) {
            record.checked.at = None;
            record.news.probe = true;
            self.list(slot);
        }
        let record = &mut self.backends[slot as usize];
        if due(record.close_at) {
            record.close_at = None;
            record.news.close_all = true;
            self.list(slot);
        }
        if due(self.backends[slot as usize].ejected_until) {
            self.readmit(slot, now);
            self.changed(slot, now);
        }
        self.refresh(slot, now);
        // A slow start makes room.
        self.dispatch(now);
    }
}

/// The operator's word.
impl Balancer {
    pub(super) fn set_admission(
        &mut self,
        backend: BackendId,
        admission: Admission,
        close: Option<Instant>,
    ) -> Result<(), Misuse> {
        let slot = self.find(backend)?;
        let record = &mut self.backends[slot as usize];
        if record.admission == Admission::Removed && admission != Admission::Removed {
            return Err(Misuse::OutOfTurn);
        }
        (record.admission, record.close_at, record.news.close_all) = (admission, close, false);
        if admission == Admission::Removed {
            (record.checked.at, record.checked.until, record.news.probe) = (None, None, false);
            self.list(slot);
        }
        self.stale = true;
        Ok(())
    }

    /// Frees the place of a backend that was removed, once it has no connection.
    pub(super) fn release(&mut self, slot: u32) -> Option<Action> {
        let record = &mut self.backends[slot as usize];
        if record.admission != Admission::Removed || self.picker.load(slot) > 0 {
            return None;
        }
        record.admission = Admission::Absent;
        self.timers.remove(slot);
        Some(Action::Released { backend: record.id(slot) })
    }
}

/// Active checks.
impl Balancer {
    /// Begins with the checks of a backend, or ends them. The first comes soon, but not all backends' at once.
    pub(super) fn plan_check(&mut self, slot: u32, now: Instant) {
        let soon = self.config.check_interval.min(self.config.check_fast_interval);
        let soon = u64::try_from(soon.as_nanos()).unwrap_or(u64::MAX);
        let record = &mut self.backends[slot as usize];
        (record.checked.until, record.news.probe) = (None, false);
        (record.checked.against, record.checked.proven) = (0, false);
        let is_checked =
            self.config.check.is_some() && matches!(record.admission, Admission::Active | Admission::Draining);
        record.checked.at = is_checked.then(|| now + Duration::from_nanos(self.chance.below(soon)));
        if self.config.check.is_none() && !core::mem::replace(&mut record.checked.up, true) {
            self.warm(slot, now);
            self.backends[slot as usize].news.health = true;
            self.list(slot);
        }
        self.refresh(slot, now);
    }

    /// The driver asks: the check begins now.
    pub(super) fn probe(&mut self, slot: u32, now: Instant) -> Option<Action> {
        let check = self.config.check?;
        let deadline = now + self.config.check_timeout;
        let record = &mut self.backends[slot as usize];
        record.checked.serial = record.checked.serial.wrapping_add(1);
        record.checked.until = Some(deadline);
        let backend = record.id(slot);
        let probe = ProbeId { backend, serial: record.checked.serial };
        self.refresh(slot, now);
        Some(Action::Probe { probe, backend, check, deadline })
    }

    /// A check ended.
    pub(super) fn checked(&mut self, slot: u32, well: bool, now: Instant) {
        let (rise, fall) = (self.config.rise, self.config.fall);
        let record = &mut self.backends[slot as usize];
        record.totals.failed_checks += u64::from(!well);
        let checked = &mut record.checked;
        let is_first = !core::mem::replace(&mut checked.proven, true);
        checked.until = None;
        checked.against = if well == checked.up { 0 } else { checked.against.saturating_add(1) };
        let needed = if well { rise } else { fall };
        let turns = well != checked.up && (is_first || checked.against >= needed);
        if turns {
            (checked.up, checked.against) = (well, 0);
        }
        let is_calm = checked.up && checked.against == 0;
        let interval = if is_calm { self.config.check_interval } else { self.config.check_fast_interval };
        self.backends[slot as usize].checked.at = Some(now + self.jittered(interval));
        if !turns {
            self.refresh(slot, now);
            return;
        }
        if well {
            self.warm(slot, now);
        } else if self.config.close_when_down {
            self.backends[slot as usize].news.close_all = true;
        }
        self.changed(slot, now);
    }

    fn jittered(&mut self, interval: Duration) -> Duration {
        let nanos = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        let span = nanos / 100 * u64::from(self.config.check_jitter);
        Duration::from_nanos((nanos - span).saturating_add(self.chance.below(2 * span + 1)))
    }
}

/// Passive ejection.
impl Balancer {
    pub(super) fn succeeded(&mut self, slot: u32, took: Duration, now: Instant) {
        let half_life = self.half_life();
        self.picker.latency(slot).sample(took, half_life, now);
        let record = &mut self.backends[slot as usize];
        record.running += 1;
        record.totals.connections += 1;
        (record.failures, record.timeouts) = (0, 0);
    }

    /// An attempt failed.
    pub(super) fn blame(&mut self, slot: u32, how: ConnectError, took: Duration, now: Instant) {
        self.backends[slot as usize].totals.failures += 1;
        if how == ConnectError::Local {
            return;
        }
        if how == ConnectError::TimedOut {
            // Who refuses at once must not look fast, but who lets wait must look slow.
            let half_life = self.half_life();
            self.picker.latency(slot).sample(took, half_life, now);
        }
        let record = &mut self.backends[slot as usize];
        record.failures = record.failures.saturating_add(1);
        record.timeouts = if how == ConnectError::TimedOut { record.timeouts.saturating_add(1) } else { 0 };
        self.judge(slot, now);
    }

    /// A connection was reset by the backend. To accept and then to reset, before a byte, is to fail.
    pub(super) fn was_reset(&mut self, slot: u32, at_once: bool, now: Instant) {
        let record = &mut self.backends[slot as usize];
        record.totals.resets += 1;
        record.resets = if at_once { record.resets.saturating_add(1) } else { 0 };
        self.judge(slot, now);
    }

    /// Ejects it if it failed too often, and the others can do without.
    fn judge(&mut self, slot: u32, now: Instant) {
        let Some(most) = self.config.eject_after else { return };
        let record = &self.backends[slot as usize];
        let failed =
            record.failures >= most || record.resets >= most || record.timeouts >= self.config.eject_after_timeouts;
        let can_go = record.is_wanted() && record.is_well() && self.well > 1 && self.ejected < self.most_ejected();
        if !failed || !can_go {
            return;
        }
        let stayed = now - record.returned;
        let relapses = if stayed >= self.config.max_ejection_time { 0 } else { record.relapses };
        let span = self.config.ejection_time.saturating_mul(1_u32.checked_shl(relapses).unwrap_or(u32::MAX));
        let until = now + span.min(self.config.max_ejection_time);
        let record = &mut self.backends[slot as usize];
        record.relapses = relapses.saturating_add(1);
        record.ejected_until = Some(until);
        record.totals.ejections += 1;
        self.changed(slot, now);
    }

    /// Ends an ejection. One more failure brings it back, until something succeeds.
    pub(super) fn readmit(&mut self, slot: u32, now: Instant) {
        let record = &mut self.backends[slot as usize];
        if record.ejected_until.take().is_none() {
            return;
        }
        let most = self.config.eject_after.unwrap_or(u16::MAX);
        record.failures = record.failures.min(most - 1);
        record.resets = record.resets.min(most - 1);
        record.timeouts = record.timeouts.min(self.config.eject_after_timeouts - 1);
        record.returned = now;
        record.news.health = true;
        self.list(slot);
        self.warm(slot, now);
        self.refresh(slot, now);
    }
}
