//! Bytes-to-bytes transforms below a machine: TLS, Noise, a PROXY preamble.

use crate::time::earliest;
use crate::{Instant, Link, Machine, Next};
use core::error::Error;
use core::fmt;

/// The most transformed bytes that wait below a machine. More would be out of the machine's sight, which bounds its
/// automatic replies by what it sees queued.
const AHEAD: usize = 64 * 1024;

/// A transform between the wire (`lower`) and a machine (`upper`).
///
/// Ends are data too: `receive` closes `upper.rx` when the peer ended its stream properly; `send` writes the layer's own
/// end (a `close_notify`) and a FIN when `upper.tx` wants one, and hands an abort through.
pub trait Layer {
    /// How the peer broke this layer. Always fatal.
    type Error: Clone;

    /// Moves received bytes up, as far as `upper.rx` has room. Called when the machine above has used what it had, and
    /// when the layer's deadline is due. What the layer itself has to answer goes to `lower.tx`.
    ///
    /// # Errors
    ///
    /// When the peer broke the layer's rules, and only in a call that moved nothing up: what was whole before the
    /// fault is delivered and answered first. The farewell (an alert) is then in `lower.tx`.
    fn receive(&mut self, lower: &mut Link, upper: &mut Link, now: Instant) -> Result<(), Self::Error>;

    /// Moves some of what is to be sent down: a record, a chunk. It is called again while there is more.
    fn send(&mut self, lower: &mut Link, upper: &mut Link, now: Instant);

    /// When [`receive`](Self::receive) must be called even if nothing was received.
    fn deadline(&self) -> Option<Instant> {
        None
    }
}

/// A [`Layer`] under a [`Machine`]; itself a machine, so layers pile up.
///
/// Commands go to the machine through [`machine_mut`](Self::machine_mut).
#[derive(Debug)]
pub struct Stack<L, M> {
    lower: Link,
    layer: L,
    machine: M,
    over: bool,
}

impl<L: Layer, M: Machine> Stack<L, M> {
    /// Puts `layer` under `machine`.
    #[must_use]
    pub fn new(layer: L, machine: M) -> Self {
        Self::with_link(Link::new(), layer, machine)
    }

    /// The same on a link that already holds bytes, as an upgrade or a detection leaves it.
    #[must_use]
    pub fn with_link(lower: Link, layer: L, machine: M) -> Self {
        Self { lower, layer, machine, over: false }
    }

    /// The layer.
    #[must_use]
    pub fn layer(&self) -> &L {
        &self.layer
    }

    /// The machine above the layer.
    #[must_use]
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The machine above the layer, for its commands.
    pub fn machine_mut(&mut self) -> &mut M {
        &mut self.machine
    }

    /// Takes the stack apart, for an upgrade of the machine above the layer.
    #[must_use]
    pub fn into_parts(self) -> (Link, L, M) {
        (self.lower, self.layer, self.machine)
    }

    /// Moves output down until `most` bytes wait below, or nothing moves any more.
    fn send(&mut self, most: usize, now: Instant) {
        loop {
            let upper = self.machine.link();
            let before = (upper.tx.drained(), self.lower.tx.len(), self.lower.tx.is_ended());
            if before.1 >= most {
                return;
            }
            self.layer.send(&mut self.lower, upper, now);
            if before == (upper.tx.drained(), self.lower.tx.len(), self.lower.tx.is_ended()) {
                return;
            }
        }
    }

    /// Moves input up, `false` if nothing moved.
    fn receive(&mut self, now: Instant) -> Result<bool, L::Error> {
        let upper = self.machine.link();
        let before = (self.lower.rx.len(), upper.rx.len(), upper.rx.is_eof());
        self.layer.receive(&mut self.lower, upper, now)?;
        Ok(before != (self.lower.rx.len(), upper.rx.len(), upper.rx.is_eof()))
    }
}

impl<L: Layer, M: Machine> Machine for Stack<L, M> {
    type Event = M::Event;
    type Error = StackError<L::Error, M::Error>;

    fn link(&mut self) -> &mut Link {
        &mut self.lower
    }

    fn next(&mut self, now: Instant) -> Result<Next<M::Event>, Self::Error> {
        if self.over {
            return Ok(Next::Done);
        }
        loop {
            let next = self.machine.next(now);
            if next.is_err() {
                // All of the farewell goes below now: nobody asks this machine again.
                self.send(usize::MAX, now);
                self.lower.tx.fin();
                self.over = true;
                return next.map_err(StackError::Machine);
            }
            self.send(AHEAD, now);
            let due = self.layer.deadline().is_some_and(|deadline| deadline <= now);
            if !due && !matches!(next, Ok(Next::NeedInput)) {
                return next.map_err(StackError::Machine);
            }
            match self.receive(now) {
                Ok(true) => {}
                Ok(false) => return next.map_err(StackError::Machine),
                Err(fault) => {
                    self.lower.tx.fin();
                    self.over = true;
                    return Err(StackError::Layer(fault));
                }
            }
        }
    }

    fn is_ready(&self) -> bool {
        !self.over && self.machine.is_ready()
    }

    fn deadline(&self) -> Option<Instant> {
        if self.over {
            return None;
        }
        earliest(self.layer.deadline(), self.machine.deadline())
    }

    fn settle(&mut self, now: Instant) {
        self.machine.settle(now);
        self.send(AHEAD, now);
    }
}

/// Which of the two broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StackError<L, M> {
    /// The layer, so the machine above it heard no more.
    Layer(L),
    /// The machine above the layer.
    Machine(M),
}

impl<L: fmt::Display, M: fmt::Display> fmt::Display for StackError<L, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layer(fault) => fault.fmt(f),
            Self::Machine(fault) => fault.fmt(f),
        }
    }
}

impl<L: Error, M: Error> Error for StackError<L, M> {}
