//! What moves next between two sockets.
//!
//! A [`Relay`] is one proxied connection: two directions, their ends and their deadlines, as a machine that asks for one
//! system call at a time and is told its result. It copies through a scratch buffer that all of a thread's connections
//! share, or splices through a pipe where a direction has shown that it is worth it.
//!
//! What it holds to:
//!
//! - Nothing is read before everything read is written. So "would block" always means one thing, an end is always seen,
//!   and a slow reader holds the sender and no memory but what its socket refused.
//! - An end (FIN) is handed on behind all bytes, and the other direction goes on.
//! - A reset is handed on as a reset, behind what had been sent before it: a cut reply never looks complete.
//! - A connection that waits has no pipe, unless its bytes are in it.
//!
//! # The driver's loop
//!
//! ```
//! use barewire::Instant;
//! use barewire::balance::relay::{Config, Ended, Fault, Op, Ready, Relay, Side, Step, Way};
//!
//! let mut relay = Relay::new(&Config::default());
//! let mut scratch = vec![0; 64 * 1024];
//! # let mut input = [&b"question"[..], b"answer"];
//! # let mut output = [Vec::<u8>::new(), Vec::new()];
//! // As the poller says.
//! relay.ready(Side::Client, Ready::READABLE);
//! relay.ready(Side::Backend, Ready::READABLE);
//! let ended = loop {
//!     match relay.next(Instant::ORIGIN) {
//!         Step::Do(way, op) => {
//!             let result = match op {
//!                 // `recv` from `way.source()` ...
//!                 Op::Read => {
//! #                   let from = &mut input[way as usize];
//! #                   let n = from.len();
//! #                   scratch[..n].copy_from_slice(from);
//! #                   *from = b"";
//!                     Ok(n)
//!                 }
//!                 // ... and `send` to `way.sink()`.
//!                 Op::Write => {
//!                     let bytes = relay.unsent(way, &scratch);
//! #                   output[way as usize].extend(bytes);
//!                     Ok(bytes.len())
//!                 }
//!                 Op::Shutdown => Ok(0),
//!                 _ => Err(Fault::Refused), // No pipes here.
//!             };
//!             relay.done(result, &scratch);
//!         }
//!         // Others' turn, or wait for the sockets and `until`; then say what is ready.
//!         Step::Yield => {}
//!         Step::Wait(wait) => {
//! #           relay.ready(Side::Client, Ready::READABLE);
//! #           relay.ready(Side::Backend, Ready::READABLE);
//!         }
//!         Step::Done(ended) => break ended,
//!     }
//! };
//! assert_eq!(ended, Ended::Closed);
//! # assert_eq!(output, [b"question".to_vec(), b"answer".to_vec()]);
//! ```

mod config;
mod flow;
mod linger;
mod mode;
mod op;
mod opening;
mod pipes;

use crate::Instant;
use crate::time::earliest;
use alloc::vec::Vec;
use flow::{Flow, Turn};
use linger::{Linger, Patience};

pub use config::{Config, ConfigBuilder, ConfigError};
pub use op::{Counters, Ended, Fault, Interest, Op, Ready, Side, Step, Summary, Wait, Way};
pub use opening::{Opener, Opening};
pub use pipes::{Pipe, Pipes, PipesConfig};

/// Two sockets and what moves between them, as a machine.
///
/// [`next`](Self::next) says what to do; asked twice, it says the same (but [`Step::Yield`] once). A call's result goes to [`done`](Self::done),
/// what a poller said to [`ready`](Self::ready).
///
/// The scratch buffer may be shared by any number of relays of a thread, as long as each of them is asked until it says
/// something other than [`Step::Do`] before the next one is. It must always have the same length.
#[derive(Debug)]
pub struct Relay {
    up: Flow,
    down: Flow,
    /// Whose turn it is, until it has nothing to do: the scratch buffer may be its own.
    turn: Way,
    asked: Option<(Way, Op)>,
    phase: Phase,
    /// Its poller called a socket dead. What it had sent is still to be handed over, but not for ever.
    failed: [bool; 2],
    /// How much had moved when something last did, and when that was.
    last: (u64, Option<Instant>),
    config: Config,
}

#[derive(Debug)]
enum Phase {
    Open,
    /// The other side of this one broke: it is reset when it has acknowledged everything.
    Linger(Side, Linger),
    /// Resets are still to be asked for, of this side first or of it alone.
    Reset(Side, Ended),
    ResetLast(Side, Ended),
    Over(Ended),
}

impl Relay {
    /// For two connected sockets of which nothing is known yet but that they are writable.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            up: Flow::new(config),
            down: Flow::new(config),
            turn: Way::Up,
            asked: None,
            phase: Phase::Open,
            failed: [false; 2],
            last: (0, None),
            config: config.clone(),
        }
    }

    /// Puts bytes before everything else in a direction: a preamble, or what was read to find the backend. Only before
    /// the first [`next`](Self::next).
    #[must_use]
    pub fn preloaded(mut self, way: Way, bytes: Vec<u8>) -> Self {
        self.flow(way).preload(bytes);
        self
    }

    /// What to do next.
    pub fn next(&mut self, now: Instant) -> Step {
        let progress = self.progress();
        if self.last.1.is_none() || progress != self.last.0 {
            self.last = (progress, Some(now));
        }
        loop {
            let step = match &mut self.phase {
                Phase::Open => self.open(now),
                Phase::Linger(side, linger) => {
                    let way = Way::into(*side);
                    match linger.next(now, self.config.linger) {
                        Patience::Ask => Some(Step::Do(way, Op::Unacknowledged)),
                        Patience::Until(until) => Some(Step::Wait(Wait { until: Some(until), ..Wait::default() })),
                        Patience::Over => {
                            let ended = Ended::Broken(side.other());
                            self.end(ended);
                            None
                        }
                    }
                }
                Phase::Reset(side, _) | Phase::ResetLast(side, _) => {
                    let way = Way::into(*side);
                    // What has a pipe gives it back first.
                    let held = [Way::Up, Way::Down].into_iter().find_map(|way| match self.flow(way).turn() {
                        Turn::Do(op) => Some(Step::Do(way, op)),
                        _ => None,
                    });
                    Some(held.unwrap_or(Step::Do(way, Op::Reset)))
                }
                Phase::Over(ended) => Some(Step::Done(*ended)),
            };
            if let Some(step) = step {
                self.asked = match step {
                    Step::Do(way, op) => Some((way, op)),
                    _ => None,
                };
                return step;
            }
        }
    }

    /// `None` where the phase has changed.
    fn open(&mut self, now: Instant) -> Option<Step> {
        let mut turns = [self.flow(self.turn).turn(), Turn::Over];
        if !matches!(turns[0], Turn::Do(_)) {
            self.turn = other(self.turn);
            turns = [self.flow(self.turn).turn(), turns[0]];
        }
        match turns {
            // The close that follows is the same.
            [Turn::Do(Op::Shutdown), Turn::Over] if self.flow(other(self.turn)).is_ended() => {
                self.phase = Phase::Over(Ended::Closed);
                None
            }
            [Turn::Do(op), _] => Some(Step::Do(self.turn, op)),
            [Turn::Over, Turn::Over] => {
                self.over();
                None
            }
            [Turn::Spent, _] | [_, Turn::Spent] => {
                self.up.renew(&self.config);
                self.down.renew(&self.config);
                Some(Step::Yield)
            }
            [here, there] => self.wait(here, there, now),
        }
    }

    /// Both directions have come to an end.
    fn over(&mut self) {
        let broken = |side| self.is_broken(side);
        self.phase = match (broken(Side::Client), broken(Side::Backend)) {
            (false, false) => Phase::Over(Ended::Closed),
            (true, true) => Phase::Reset(Side::Client, Ended::BothBroken),
            (true, false) => Phase::Linger(Side::Backend, Linger::default()),
            (false, true) => Phase::Linger(Side::Client, Linger::default()),
        };
    }

    fn is_broken(&self, side: Side) -> bool {
        let (from, into) = match Way::from(side) {
            Way::Up => (&self.up, &self.down),
            Way::Down => (&self.down, &self.up),
        };
        from.is_source_broken() || into.is_sink_broken()
    }

    fn wait(&mut self, here: Turn, there: Turn, now: Instant) -> Option<Step> {
        let mut wait = Wait { until: self.deadline(), ..Wait::default() };
        if wait.until.is_some_and(|until| until <= now) {
            self.expire();
            return None;
        }
        for (way, turn) in [(self.turn, here), (other(self.turn), there)] {
            if let Turn::Blocked { read, write } = turn {
                let (source, sink) = match way {
                    Way::Up => (&mut wait.client, &mut wait.backend),
                    Way::Down => (&mut wait.backend, &mut wait.client),
                };
                source.read |= read;
                sink.write |= write;
            }
        }
        Some(Step::Wait(wait))
    }

    fn deadline(&self) -> Option<Instant> {
        let moved = self.last.1?;
        let half = self.up.is_ended() || self.down.is_ended();
        let broken = self.is_lost(Side::Client) || self.is_lost(Side::Backend);
        let after = |span: Option<_>| span.map(|span| moved + span);
        let half = after(self.config.half_closed).filter(|_| half);
        let broken = Some(moved + self.config.linger).filter(|_| broken);
        earliest(earliest(after(self.config.idle), half), broken)
    }

    fn is_lost(&self, side: Side) -> bool {
        self.failed[side as usize] || self.is_broken(side)
    }

    fn expire(&mut self) {
        let ended = match (self.is_lost(Side::Client), self.is_lost(Side::Backend)) {
            (true, true) => Ended::BothBroken,
            (true, false) => Ended::Broken(Side::Client),
            (false, true) => Ended::Broken(Side::Backend),
            _ if self.up.is_ended() || self.down.is_ended() => Ended::HalfClosed,
            _ => Ended::Idle,
        };
        self.end(ended);
    }

    /// Resets both: the broken one too, since its end must not look like one if there is still somebody.
    fn end(&mut self, ended: Ended) {
        self.up.abort();
        self.down.abort();
        self.phase = Phase::Reset(Side::Client, ended);
    }

    /// Tells the result of what [`next`](Self::next) asked for, with the scratch buffer in which it is. Without that
    /// question, nothing happens.
    pub fn done(&mut self, result: Result<usize, Fault>, scratch: &[u8]) {
        let Some((way, op)) = self.asked.take() else { return };
        match (op, &mut self.phase) {
            (Op::Unacknowledged, Phase::Linger(_, linger)) => linger.answer(result),
            (Op::Reset, phase) => {
                *phase = match phase {
                    Phase::Reset(side, ended) => Phase::ResetLast(side.other(), *ended),
                    Phase::ResetLast(_, ended) => Phase::Over(*ended),
                    _ => return,
                }
            }
            _ => {
                let flow = match way {
                    Way::Up => &mut self.up,
                    Way::Down => &mut self.down,
                };
                flow.done(op, result, scratch, &self.config);
                self.spread(way, result == Err(Fault::Closed));
            }
        }
    }

    /// What broke one direction, breaks the other.
    fn spread(&mut self, way: Way, believe_end: bool) {
        let (flow, opposite) = match way {
            Way::Up => (&mut self.up, &mut self.down),
            Way::Down => (&mut self.down, &mut self.up),
        };
        if flow.is_source_broken() {
            // Nobody is left to take what comes the other way.
            opposite.abort();
        }
        if flow.is_sink_broken() {
            opposite.source_broke(!believe_end);
        }
    }

    /// What a poller said of one of the sockets.
    pub fn ready(&mut self, side: Side, ready: Ready) {
        self.failed[side as usize] |= ready.failed;
        match &mut self.phase {
            Phase::Linger(lingering, linger) if *lingering == side && ready.failed => linger.give_up(),
            _ => {}
        }
        self.flow(Way::from(side)).source_ready(ready);
        self.flow(Way::into(side)).sink_ready(ready);
    }

    /// Ends the connection from our side, with resets. Ask [`next`](Self::next) on until it is done.
    pub fn cut(&mut self) {
        if matches!(self.phase, Phase::Open | Phase::Linger(..)) {
            self.end(Ended::Cut);
        }
    }

    /// What [`Op::Write`] sends for this direction, given the scratch buffer.
    #[must_use]
    pub fn unsent<'a>(&'a self, way: Way, scratch: &'a [u8]) -> &'a [u8] {
        match way {
            Way::Up => self.up.unsent(scratch),
            Way::Down => self.down.unsent(scratch),
        }
    }

    /// What was moved in a direction until now.
    #[must_use]
    pub fn counters(&self, way: Way) -> Counters {
        match way {
            Way::Up => self.up.counters(),
            Way::Down => self.down.counters(),
        }
    }

    /// What was moved in both directions until now.
    #[must_use]
    pub fn moved(&self) -> Counters {
        let (up, down) = (self.up.counters(), self.down.counters());
        Counters {
            spliced: up.spliced + down.spliced,
            copied: up.copied + down.copied,
            denied: up.denied + down.denied,
        }
    }

    /// What was moved in each direction, with how it ended.
    #[must_use]
    pub fn summary(&self, ended: Ended) -> Summary {
        Summary { ended, up: self.up.counters(), down: self.down.counters() }
    }

    fn flow(&mut self, way: Way) -> &mut Flow {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    /// A number that grows with every byte and every end.
    fn progress(&self) -> u64 {
        [&self.up, &self.down]
            .map(|flow| {
                let counters = flow.counters();
                counters.spliced + counters.copied + u64::from(flow.is_ended())
            })
            .iter()
            .sum()
    }
}

const fn other(way: Way) -> Way {
    match way {
        Way::Up => Way::Down,
        Way::Down => Way::Up,
    }
}
