//! When a session has waited long enough.
//!
//! The clock is looked at only when the session has to wait: a message that is there already costs no arithmetic.

use super::{Config, Error};
use crate::stall::Stall;
use crate::{Instant, Outbox};
use core::time::Duration;

#[derive(Debug)]
pub(super) struct Timers {
    /// No timer ends before this. Events may leave it too early, never too late.
    due: Instant,
    waiting: Waiting,
    stall: Stall,
    release: Option<Instant>,
}

/// What the session waits for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wait {
    /// The first byte of the next message.
    Message,
    /// The rest of a message of which so many bytes have come.
    Rest(u64),
    /// The application.
    App,
}

#[derive(Clone, Copy, Debug)]
enum Waiting {
    Not,
    Message {
        until: Option<Instant>,
        produced: u64,
    },
    Rest {
        until: Option<Instant>,
        heard: u64,
    },
    /// The application has the word: its time is not the peer's.
    Paused {
        left: Option<Duration>,
        heard: u64,
    },
}

impl Timers {
    pub(super) fn new() -> Self {
        Self { due: Instant::FAR_FUTURE, waiting: Waiting::Not, stall: Stall::default(), release: None }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        (self.due < Instant::FAR_FUTURE).then_some(self.due)
    }

    #[inline]
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.due
    }

    /// A message is complete: the next one has its own time.
    #[inline]
    pub(super) fn complete(&mut self) {
        self.waiting = Waiting::Not;
    }

    /// A part of a message, of which so many bytes have come, is to be given out.
    ///
    /// A trickle has something to give out each time: it must not escape because of that.
    pub(super) fn pause(&mut self, received: u64, now: Instant, config: &Config) -> Result<(), Error> {
        if let Waiting::Rest { until, heard } = self.waiting {
            let until = extend(until, received - heard, now, config);
            if until.is_some_and(|until| now >= until) {
                return Err(Error::Timeout);
            }
            self.waiting = Waiting::Paused { left: until.map(|until| until - now), heard: received };
        }
        Ok(())
    }

    /// When storage that is not in use is to be given up.
    pub(super) fn release_at(&mut self, at: Option<Instant>) {
        self.release = at;
    }

    pub(super) fn stop(&mut self) {
        *self = Self::new();
    }

    /// To be called before an event is looked for, if something [is due](Self::is_due).
    pub(super) fn check_stall(&mut self, now: Instant, tx: &Outbox, config: &Config) -> Result<(), Error> {
        if self.stall.check(now, tx, config.stall) { Err(Error::Stalled) } else { Ok(()) }
    }

    /// To be called when there is no event: arms, moves or checks every timer.
    pub(super) fn wait(&mut self, wait: Wait, now: Instant, tx: &Outbox, config: &Config) -> Result<(), Error> {
        self.check_stall(now, tx, config)?;
        self.waiting = match wait {
            Wait::App => Waiting::Not,
            Wait::Message => {
                // What was queued when we last looked was to leave at once: only more than that is a sign of life.
                let now_produced = tx.drained() + tx.len() as u64;
                let until = match self.waiting {
                    Waiting::Message { until, produced } if tx.is_empty() && produced == now_produced => until,
                    _ => config.idle.map(|limit| now + limit),
                };
                if until.is_some_and(|until| now >= until) {
                    return Err(Error::Idle);
                }
                Waiting::Message { until, produced: now_produced }
            }
            Wait::Rest(received) => {
                let (until, heard) = match self.waiting {
                    Waiting::Rest { until, heard } => (until, heard),
                    Waiting::Paused { left, heard } => (left.map(|left| now + left), heard),
                    _ => (config.receive.map(|slack| now + slack), received),
                };
                let until = extend(until, received - heard, now, config);
                if until.is_some_and(|until| now >= until) {
                    return Err(Error::Timeout);
                }
                Waiting::Rest { until, heard: received }
            }
        };
        self.settle();
        Ok(())
    }

    /// Makes `due` exact.
    pub(super) fn settle(&mut self) {
        let until = match self.waiting {
            Waiting::Message { until, .. } | Waiting::Rest { until, .. } => until,
            Waiting::Not | Waiting::Paused { .. } => None,
        };
        self.due =
            until.into_iter().chain(self.stall.deadline()).chain(self.release).min().unwrap_or(Instant::FAR_FUTURE);
    }
}

/// By the time that `bytes` earn at the slowest rate. Speed is no store of patience for later.
fn extend(until: Option<Instant>, bytes: u64, now: Instant, config: &Config) -> Option<Instant> {
    let earned = Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / u64::from(config.rate));
    let full = config.receive.map(|slack| now + slack);
    until.map(|until| until + earned).min(full)
}
