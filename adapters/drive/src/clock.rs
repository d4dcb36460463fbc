//! The driver's clock.

use barewire::Instant;
use core::time::Duration;
use std::sync::LazyLock;
use std::time;

/// One origin for the whole process, so that a machine may move from one connection to another and never sees the time
/// run backwards.
static ORIGIN: LazyLock<time::Instant> = LazyLock::new(time::Instant::now);

/// The time, as machines are told it: since an origin that all connections of this process share.
#[must_use]
pub fn now() -> Instant {
    // Before the clock is read, lest the origin be later.
    LazyLock::force(&ORIGIN);
    instant(time::Instant::now())
}

/// What machines call a point in time of the system's clock.
#[must_use]
pub fn instant(at: time::Instant) -> Instant {
    let since = at.saturating_duration_since(*ORIGIN);
    // In 64 bits, which last for centuries: this is read at every wake.
    Instant::from_nanos(since.as_secs().saturating_mul(1_000_000_000).saturating_add(since.subsec_nanos().into()))
}

/// When `deadline` is, on the system's clock; `None` for [`Instant::FAR_FUTURE`], which is never.
#[must_use]
pub fn at(deadline: Instant) -> Option<time::Instant> {
    if deadline == Instant::FAR_FUTURE {
        return None;
    }
    ORIGIN.checked_add(Duration::from_nanos(deadline.as_nanos()))
}

/// The time of day at the origin, since 1970: what turns the time that machines are told into a date.
#[must_use]
pub fn unix_at_origin() -> Duration {
    let since_origin = Duration::from_nanos(now().as_nanos());
    time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().saturating_sub(since_origin)
}
