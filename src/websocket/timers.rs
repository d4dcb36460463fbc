//! When a peer has been waited for long enough.
//!
//! The clock is looked at only when the session has to wait: a message that is there already costs one comparison.

use super::{Config, Error};
use crate::stall::Stall;
use crate::{Instant, Outbox};
use core::time::Duration;

/// A Close frame behind more than this can't be with the peer yet. Less fits in the buffers of any two systems.
const BACKLOG: usize = 64 * 1024;

/// How soon output that a pong waits for is looked at again: a driver need not say that it has drained.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Timers {
    /// No timer ends before this. Events may leave it too early, never too late.
    due: Instant,
    /// Since when the peer is silent.
    silent: Option<Instant>,
    ping: Ping,
    close: Option<Closing>,
    /// When a pong that had to wait is thought of again.
    pong: Option<Instant>,
    stall: Stall,
    release: Option<Instant>,
    /// Bytes in the window when the session last had to wait.
    window: usize,
}

/// What became of the ping that asks a silent peer for a sign of life.
#[derive(Clone, Copy, Debug)]
enum Ping {
    Not,
    /// It waits behind other output, up to this position: the peer can't have got it yet.
    Queued(Instant, u64),
    Sent(Instant),
}

/// How long the peer may take to close.
#[derive(Clone, Copy, Debug)]
struct Closing {
    until: Instant,
    /// Our Close frame waits behind other output, and ends at this position.
    queued: Option<u64>,
}

/// What is to be done about the time.
pub(super) enum Due {
    Nothing,
    Ping,
}

impl Timers {
    pub(super) fn new() -> Self {
        Self {
            due: Instant::FAR_FUTURE,
            silent: None,
            ping: Ping::Not,
            close: None,
            pong: None,
            stall: Stall::default(),
            release: None,
            window: 0,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        (self.due < Instant::FAR_FUTURE).then_some(self.due)
    }

    #[inline]
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.due
    }

    /// Something was heard.
    #[inline]
    pub(super) fn heard(&mut self) {
        self.silent = None;
    }

    /// When storage that is not in use is to be given up.
    pub(super) fn release_at(&mut self, at: Option<Instant>) {
        self.release = at;
    }

    /// Our Close frame is queued, as the last of the output: says whether the peer's has been waited for long enough.
    /// The time begins when ours has left, as far as that is seen; until then the peer need only take what is sent.
    pub(super) fn is_closing_over(&mut self, now: Instant, tx: &Outbox, config: &Config) -> bool {
        let until = now + config.close_timeout;
        let end = tx.drained() + tx.len() as u64;
        let queued = (tx.len() > BACKLOG).then_some(end);
        let close = self.close.get_or_insert(Closing { until, queued });
        if let Some(end) = close.queued {
            let left = tx.drained() >= end;
            if left || now >= close.until {
                close.until = until;
            }
            if left {
                close.queued = None;
            }
        }
        now >= close.until
    }

    /// Whether a pong waits for output to drain.
    pub(super) fn owes_pong(&mut self, owes: bool, now: Instant) {
        let ahead = self.pong.filter(|&at| now < at);
        self.pong = owes.then(|| ahead.unwrap_or(now + LOOK_AGAIN));
    }

    pub(super) fn stop(&mut self) {
        *self = Self::new();
    }

    /// Whether the peer takes nothing of what is queued. To be called before an event is looked for, if something
    /// [is due](Self::is_due).
    pub(super) fn check_stall(&mut self, now: Instant, tx: &Outbox, config: &Config) -> Result<(), Error> {
        if self.stall.check(now, tx, config.stall) { Err(Error::Stalled) } else { Ok(()) }
    }

    /// Something was sent by who may not look for an event soon. Whether a deadline is due is for who does.
    pub(super) fn said(&mut self, closed: bool, now: Instant, tx: &Outbox, config: &Config) {
        if closed {
            self.is_closing_over(now, tx, config);
        }
        self.stall.check(now, tx, config.stall);
        self.settle(config);
    }

    /// There is no event, and `window` bytes of the next: arms, moves or checks every timer.
    pub(super) fn wait(&mut self, window: usize, now: Instant, tx: &Outbox, config: &Config) -> Result<Due, Error> {
        self.check_stall(now, tx, config)?;
        if window != self.window {
            self.window = window;
            self.heard();
        }
        let mut due = Due::Nothing;
        let Some(silence) = config.ping.filter(|_| self.close.is_none()) else {
            return Ok(due);
        };
        let Some(since) = self.silent else {
            (self.silent, self.ping) = (Some(now), Ping::Not);
            return Ok(due);
        };
        match self.ping {
            Ping::Not if now >= since + silence => {
                let until = now + config.pong;
                self.ping =
                    if tx.is_empty() { Ping::Sent(until) } else { Ping::Queued(until, tx.drained() + tx.len() as u64) };
                due = Due::Ping;
            }
            Ping::Queued(until, behind) if now >= until => {
                let until = now + config.pong;
                self.ping = if tx.drained() > behind { Ping::Sent(until) } else { Ping::Queued(until, behind) };
            }
            Ping::Sent(until) if now >= until => return Err(Error::Silent),
            _ => {}
        }
        Ok(due)
    }

    /// Makes `due` exact.
    pub(super) fn settle(&mut self, config: &Config) {
        let silent = match (self.ping, self.silent, config.ping) {
            (_, _, _) if self.close.is_some() => None,
            (Ping::Queued(until, _) | Ping::Sent(until), Some(_), _) => Some(until),
            (Ping::Not, Some(since), Some(silence)) => Some(since + silence),
            _ => None,
        };
        let close = self.close.map(|close| close.until);
        let all = silent.into_iter().chain(close).chain(self.pong).chain(self.stall.deadline()).chain(self.release);
        self.due = all.min().unwrap_or(Instant::FAR_FUTURE);
    }
}
