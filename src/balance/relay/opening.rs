//! A client whose backend isn't connected yet.

use super::{Config, Ready, Relay, Side, Way};
use crate::Instant;
use crate::time::earliest;
use alloc::vec::Vec;
use core::time::Duration;

/// How long a client that has ended its stream without a word is still connected for. It may wait for a greeting, as
/// `nc host port </dev/null` does, but most likely it is gone.
const LEAVING: Duration = Duration::from_millis(500);

/// What becomes of a client that waits.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It waits, until then if there is a deadline.
    Waits(Option<Instant>),
    /// It has ended its stream: is there a byte in it? Tell with [`Opener::asked`].
    Look,
    /// It is gone, or as good as that. Close both sockets.
    Left,
    /// The backend has not answered in time.
    Late,
}

/// A client between its accept and its backend's answer. Nothing is read from it.
#[derive(Debug, Default)]
pub struct Opener {
    client: Ready,
    backend: Ready,
    asked: Option<bool>,
    ended: Option<Instant>,
    until: Option<Instant>,
}

impl Opener {
    /// What a poller said of one of the sockets. A backend may speak with its first breath: what came with the news that
    /// it is connected counts.
    pub fn ready(&mut self, side: Side, ready: Ready, now: Instant) {
        match side {
            Side::Client => self.client = self.client.and(ready),
            Side::Backend => self.backend = self.backend.and(ready),
        }
        if self.client.ended && self.ended.is_none() {
            self.ended = Some(now);
        }
    }

    /// Whether the client, which has ended its stream, had sent something. Then it waits for the answer; otherwise it
    /// isn't waited for long.
    pub fn asked(&mut self, asked: bool) {
        self.asked = Some(asked);
    }

    /// A connection attempt begins, which may last until then.
    pub fn attempt(&mut self, until: Instant) {
        self.until = Some(until);
        self.backend = Ready::default();
    }

    /// The attempt failed: there may be another.
    pub fn failed(&mut self) {
        self.until = None;
    }

    /// What becomes of the client.
    pub fn next(&self, now: Instant) -> Opening {
        let past = |time: Option<Instant>| time.is_some_and(|time| time <= now);
        let leaves = match (self.ended, self.asked) {
            _ if self.client.failed => return Opening::Left,
            (None, _) | (_, Some(true)) => None,
            (Some(_), None) => return Opening::Look,
            (Some(ended), Some(false)) => Some(ended + LEAVING),
        };
        if past(leaves) {
            Opening::Left
        } else if past(self.until) {
            Opening::Late
        } else {
            Opening::Waits(earliest(leaves, self.until))
        }
    }

    /// The backend answered. `preamble` goes before all that the client sends.
    #[must_use]
    pub fn open(self, config: &Config, preamble: Vec<u8>) -> Relay {
        let mut relay = Relay::new(config).preloaded(Way::Up, preamble);
        relay.ready(Side::Client, self.client);
        relay.ready(Side::Backend, self.backend);
        relay
    }
}
