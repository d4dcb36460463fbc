//! A reader that takes nothing of what is queued for it.

use crate::{Instant, Outbox};
use core::time::Duration;

/// When output that was there at the last look has to have moved.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stall(Option<(Instant, u64)>);

impl Stall {
    /// Looks at the output; `true` if none of it has left for `limit`.
    pub(crate) fn check(&mut self, now: Instant, tx: &Outbox, limit: Option<Duration>) -> bool {
        let Some(limit) = limit.filter(|_| !tx.is_empty()) else {
            self.0 = None;
            return false;
        };
        match self.0 {
            Some((until, drained)) if drained == tx.drained() => return now >= until,
            _ => self.0 = Some((now + limit, tx.drained())),
        }
        false
    }

    pub(crate) fn deadline(self) -> Option<Instant> {
        self.0.map(|(until, _)| until)
    }
}
