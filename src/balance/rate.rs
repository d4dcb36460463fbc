//! Rates of new connections: token buckets, each in one number.

use super::chance::mix;
use crate::Instant;
use alloc::boxed::Box;

/// How many new connections a second, and how many at once.
///
/// A bucket of `burst` tokens that fills at `per_second`; each connection takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The most over a long time. At least 1.
    pub per_second: u32,
    /// The most at once after a quiet time. At least 1.
    pub burst: u32,
}

impl Rate {
    fn interval(self) -> u64 {
        (1_000_000_000 / u64::from(self.per_second.max(1))).max(1)
    }

    /// When a bucket that is full again at `full` will be so after one more token, `None` if there is no token.
    fn after(self, full: u64, now: Instant) -> Option<u64> {
        let now = now.as_nanos();
        let full = full.max(now);
        let missing = full - now;
        let allowed = self.interval().saturating_mul(u64::from(self.burst.max(1)) - 1);
        (missing <= allowed).then(|| full.saturating_add(self.interval()))
    }
}

/// One bucket: when it is full again says how full it is now.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket(u64);

impl Bucket {
    pub(super) fn has(self, rate: Rate, now: Instant) -> bool {
        rate.after(self.0, now).is_some()
    }

    pub(super) fn take(&mut self, rate: Rate, now: Instant) {
        self.0 = rate.after(self.0, now).unwrap_or(self.0);
    }
}

/// Sources that share a row, of which the fullest bucket gives way to a new one: it has the least to remember.
const WAYS: usize = 4;

/// A bucket for each of the sources that came last, in a table of fixed size.
#[derive(Debug)]
pub(super) struct Sources {
    rows: Box<[[(u64, Bucket); WAYS]]>,
    seed: u64,
}

impl Sources {
    pub(super) fn new(most: u32, seed: u64) -> Self {
        let rows = (most as usize).div_ceil(WAYS).next_power_of_two();
        Self { rows: alloc::vec![Default::default(); rows].into(), seed }
    }

    /// The bucket of `source`. Rows are chosen with the seed, so that nobody can aim at one.
    pub(super) fn bucket(&mut self, source: u64) -> &mut Bucket {
        #[allow(clippy::cast_possible_truncation, reason = "only the low bits choose the row")]
        let row = mix(source ^ self.seed) as usize & (self.rows.len() - 1);
        let row = &mut self.rows[row];
        let place = row.iter().position(|(known, _)| *known == source).unwrap_or_else(|| {
            let mut fullest = 0;
            for (place, (_, bucket)) in row.iter().enumerate() {
                if bucket.0 < row[fullest].1.0 {
                    fullest = place;
                }
            }
            row[fullest] = (source, Bucket::default());
            fullest
        });
        &mut row[place].1
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Rate, Sources};
    use crate::Instant;
    use core::time::Duration;

    #[test]
    fn a_bucket_holds_its_burst_and_fills_at_its_rate() {
        let rate = Rate { per_second: 10, burst: 3 };
        let mut bucket = Bucket::default();
        let mut taken = |millis| {
            let now = Instant::ORIGIN + Duration::from_millis(millis);
            let mut count = 0;
            while bucket.has(rate, now) {
                bucket.take(rate, now);
                count += 1;
            }
            count
        };
        let cases = [(0, 3), (99, 0), (100, 1), (350, 2), (399, 0), (400, 1), (10_000, 3), (10_000, 0)];
        for (millis, expected) in cases {
            assert_eq!(taken(millis), expected, "at {millis} ms");
        }
    }

    #[test]
    fn sources_have_buckets_of_their_own_and_the_table_does_not_grow() {
        let rate = Rate { per_second: 1, burst: 2 };
        let now = Instant::from_nanos(5);
        let mut sources = Sources::new(64, 7);
        let mut use_up = |source| {
            let bucket = sources.bucket(source);
            let had = bucket.has(rate, now);
            bucket.take(rate, now);
            had
        };
        assert_eq!([use_up(9), use_up(9), use_up(9), use_up(8), use_up(9)], [true, true, false, true, false]);
        assert!((100..100_000).all(&mut use_up), "a new source finds a full bucket");
        assert_eq!(sources.rows.len(), 16);
    }
}
