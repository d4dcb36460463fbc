//! How long to wait for a preamble: from the first look on, whatever comes.

use crate::Instant;
use core::time::Duration;

#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    limit: Option<Duration>,
    until: Option<Instant>,
}

impl Patience {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, until: None }
    }

    /// Whether the time is up, which begins with the first call.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        let Some(limit) = self.limit else { return false };
        now >= *self.until.get_or_insert(now + limit)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.until
    }
}
