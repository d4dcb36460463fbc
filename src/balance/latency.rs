//! How long a backend takes: a moving average that believes bad news at once and forgets them slowly.

use crate::Instant;
use core::time::Duration;

/// Peak EWMA: a slower sample is taken as it is, a faster one pulls the average down by the time since the last; and
/// without any news it falls, so that a backend that was slow once is tried again.
///
/// The source of the idea is Finagle's load balancer. Time constants are half-lives here, as nothing else needs `exp`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Latency {
    nanos: u64,
    at: Instant,
    known: bool,
}

impl Latency {
    pub(super) fn sample(&mut self, took: Duration, half_life: Duration, now: Instant) {
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1);
        if !self.known || took >= self.nanos {
            self.nanos = took;
        } else {
            self.nanos = took + decayed(self.nanos - took, now - self.at, half_life);
        }
        (self.known, self.at) = (true, now);
    }

    /// In nanoseconds, at least 1; `None` before the first sample.
    pub(super) fn at(&self, now: Instant, half_life: Duration) -> Option<u64> {
        self.known.then(|| decayed(self.nanos, now - self.at, half_life).max(1))
    }

    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// `value` times 2^(-age / half_life), straight between whole half-lives.
fn decayed(value: u64, age: Duration, half_life: Duration) -> u64 {
    let half_life = half_life.as_nanos().max(1);
    let age = age.as_nanos();
    let Ok(halvings) = u32::try_from(age / half_life) else { return 0 };
    let value = value.checked_shr(halvings).unwrap_or(0);
    let lost = u128::from(value) * (age % half_life) / half_life / 2;
    value - u64::try_from(lost).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::{Latency, decayed};
    use crate::Instant;
    use core::time::Duration;

    #[test]
    fn decay_halves() {
        let second = Duration::from_secs(1);
        let cases = [(0, 800), (500, 600), (1000, 400), (1500, 300), (2000, 200), (10_000, 0), (10_000_000, 0)];
        for (millis, expected) in cases {
            assert_eq!(decayed(800, Duration::from_millis(millis), second), expected, "after {millis} ms");
        }
        assert_eq!(decayed(u64::MAX, Duration::from_nanos(1), Duration::from_nanos(2)), u64::MAX - u64::MAX / 4);
        assert_eq!(decayed(5, Duration::MAX, Duration::ZERO), 0);
    }

    #[test]
    fn peaks_are_believed_at_once_and_forgotten_slowly() {
        let (second, milli) = (Duration::from_secs(1), Duration::from_millis(1));
        let mut latency = Latency::default();
        let mut now = Instant::ORIGIN;
        assert_eq!(latency.at(now, second), None);
        latency.sample(milli, second, now);
        latency.sample(9 * milli, second, now);
        assert_eq!(latency.at(now, second), Some(9_000_000));
        now = now + second;
        assert_eq!(latency.at(now, second), Some(4_500_000));
        latency.sample(milli, second, now);
        assert_eq!(latency.at(now, second), Some(5_000_000));
        latency.forget();
        assert_eq!(latency.at(now, second), None);
    }
}
