//! The timers: what a slow peer gets, and the date.

use super::config::Nanos;
use super::{Config, Error, Timer};
use crate::http::values;
use crate::time::earliest;
use crate::{Instant, Outbox};

/// What the machine waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wait {
    /// Not for the peer, or for as long as it likes.
    #[default]
    Nothing,
    /// The first byte of a request.
    Idle,
    /// The rest of a head.
    Head,
    /// More of a body.
    Body,
    /// The first byte of a response.
    Response,
    /// A 100, with a body held back.
    Continue,
    /// The peer's end of file, when all is said.
    Close,
}

/// The timers of one connection.
///
/// Only time that is spent waiting for the peer counts: from a `NeedInput` to the next call. So an application that
/// takes its time is never held against the peer, and a peer gains nothing by sending a byte now and then.
#[derive(Clone, Debug, Default)]
pub(super) struct Clock {
    now: Instant,
    wait: Wait,
    since: Option<Instant>,
    waited: Nanos,
    received: u64,
    limit: Option<Nanos>,
    sending: Option<Sending>,
    date: Date,
}

/// Output that was there at `since`, when `drained` bytes had left before it and `queued` would have with it.
#[derive(Clone, Copy, Debug)]
struct Sending {
    since: Instant,
    drained: u64,
    queued: u64,
}

impl Clock {
    /// A call of `next` begins: counts the time waited, and looks at the reader's pace.
    pub(super) fn resume(&mut self, now: Instant, tx: &Outbox, config: &Config) -> Result<(), Error> {
        self.now = now;
        if let Some(since) = self.since.take() {
            self.waited = self.waited.saturating_add(now.as_nanos().saturating_sub(since.as_nanos()));
        }
        if tx.is_empty() {
            self.sending = None;
            return Ok(());
        }
        let Some(limit) = config.send_timeout else { return Ok(()) };
        let drained = tx.drained();
        if let Some(sending) = self.sending {
            if now.as_nanos().saturating_sub(sending.since.as_nanos()) < limit {
                return Ok(());
            }
            let progress = drained - sending.drained;
            if drained < sending.queued && progress < least(config.min_rate, limit) {
                return Err(Error::Timeout(Timer::Send));
            }
        }
        self.sending = Some(Sending { since: now, drained, queued: drained + tx.len() as u64 });
        Ok(())
    }

    /// Whether the wait for the rest of a head just goes on, with nothing to send meanwhile. Its time is then counted
    /// by the next call that looks closer.
    #[inline]
    pub(super) fn goes_on(&self, now: Instant, tx: &Outbox) -> bool {
        match (self.wait, self.since, self.limit) {
            (Wait::Head, Some(since), Some(limit)) => {
                let more = now.as_nanos().saturating_sub(since.as_nanos());
                self.waited.saturating_add(more) < limit && tx.is_empty()
            }
            _ => false,
        }
    }

    /// The peer did what was waited for: the next wait begins anew.
    pub(super) fn clear(&mut self) {
        (self.wait, self.limit) = (Wait::Nothing, None);
    }

    /// Counts bytes of a body.
    pub(super) fn received(&mut self, bytes: usize) {
        self.received += bytes as u64;
    }

    /// There is nothing to do but to wait. False when that has been done for too long.
    pub(super) fn wait(&mut self, wait: Wait, config: &Config) -> bool {
        if self.wait != wait {
            (self.wait, self.waited, self.received) = (wait, 0, 0);
            self.limit = match wait {
                Wait::Nothing => None,
                Wait::Idle => config.idle_timeout,
                Wait::Head => config.head_timeout,
                Wait::Body => config.body_timeout,
                Wait::Response => config.response_timeout,
                Wait::Continue => config.continue_timeout,
                Wait::Close => config.drain_timeout,
            };
        }
        let Some(limit) = self.limit else { return true };
        if self.waited >= limit {
            if wait != Wait::Body || self.received < least(config.min_rate, limit) {
                self.clear();
                return false;
            }
            (self.waited, self.received) = (0, 0);
        }
        self.since = Some(self.now);
        true
    }

    pub(super) fn deadline(&self, config: &Config) -> Option<Instant> {
        let reading = match (self.since, self.limit) {
            (Some(since), Some(limit)) => {
                Some(Instant::from_nanos(since.as_nanos().saturating_add(limit.saturating_sub(self.waited))))
            }
            _ => None,
        };
        let sending = match (self.sending, config.send_timeout) {
            (Some(sending), Some(limit)) => Some(Instant::from_nanos(sending.since.as_nanos().saturating_add(limit))),
            _ => None,
        };
        earliest(reading, sending)
    }

    /// Nothing is waited for any more.
    pub(super) fn stop(&mut self) {
        self.since = None;
        self.sending = None;
    }

    /// `date: Sun, 06 Nov 1994 08:49:37 GMT` and CR LF, if the origin's date is known.
    pub(super) fn date(&mut self, config: &Config) -> Option<&[u8]> {
        let origin = config.unix_at_origin?;
        let part = u64::from(origin.subsec_nanos()).saturating_add(self.now.as_nanos()) / 1_000_000_000;
        Some(self.date.line(origin.as_secs().saturating_add(part)))
    }
}

/// The least bytes in a span of time.
fn least(rate: u32, span: Nanos) -> u64 {
    // At least one byte: no pace at all is never enough.
    (u64::from(rate).saturating_mul(span / 1_000_000) / 1000).max(1)
}

/// A `Date` field, written anew only when the second changes.
#[derive(Clone, Debug)]
struct Date {
    second: u64,
    line: [u8; 37],
}

impl Default for Date {
    fn default() -> Self {
        Self { second: 0, line: *b"date: Thu, 01 Jan 1970 00:00:00 GMT\r\n" }
    }
}

impl Date {
    fn line(&mut self, second: u64) -> &[u8] {
        if self.second != second {
            self.write(second);
        }
        &self.line
    }

    #[cold]
    fn write(&mut self, second: u64) {
        self.second = second;
        // A clock beyond the year 9999 has no date that could be sent: it stays at the last.
        if let Some(date) = i64::try_from(second).ok().and_then(values::Date::from_unix) {
            self.line[6..35].copy_from_slice(&date.to_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc9110_5_6_7_dates() {
        for (second, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] {
            let mut date = Date::default();
            assert_eq!(date.line(second), alloc::format!("date: {text}\r\n").as_bytes());
        }
    }
}
