//! Bytes-to-bytes transforms below a machine: TLS, Noise, a PROXY preamble.

use crate::time::earliest;
use crate::{Instant, Link, Machine, Next};
use core::error::Error;
use core::fmt;

/// A transform between the wire and a machine.
pub trait Layer {
    /// How the peer broke this layer. Always fatal.
    type Error: Clone;

    /// Moves what can be moved, both ways: `lower.rx` to `upper.rx` as far as that has room, `upper.tx` to `lower.tx`,
    /// and what the layer itself has to say to `lower.tx`.
    ///
    /// Ends are data too. When the peer ended its stream properly the layer calls `upper.rx.close()`; when `upper.tx`
    /// wants a FIN it writes its own end (a `close_notify`) and calls `lower.tx.fin()`; an abort goes through as one.
    ///
    /// # Errors
    ///
    /// When the peer broke the layer's rules. The farewell (an alert) is already in `lower.tx`.
    fn transfer(&mut self, lower: &mut Link, upper: &mut Link, now: Instant) -> Result<(), Self::Error>;

    /// When [`transfer`](Self::transfer) must be called again even if nothing was received.
    fn deadline(&self) -> Option<Instant> {
        None
    }
}

/// A [`Layer`] under a [`Machine`]; itself a machine, so layers pile up.
///
/// Commands go to the inner machine through [`machine_mut`](Self::machine_mut).
#[derive(Debug)]
pub struct Stack<L: Layer, M> {
    lower: Link,
    layer: L,
    machine: M,
    fault: Option<L::Error>,
    over: bool,
}

impl<L: Layer, M: Machine> Stack<L, M> {
    /// Puts `layer` under `machine`.
    #[must_use]
    pub fn new(layer: L, machine: M) -> Self {
        Self { lower: Link::new(), layer, machine, fault: None, over: false }
    }

    /// The same on a link that already holds bytes, as an upgrade or a detection leaves it.
    #[must_use]
    pub fn with_link(lower: Link, layer: L, machine: M) -> Self {
        Self { lower, layer, machine, fault: None, over: false }
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

    fn transfer(&mut self, now: Instant) {
        if self.fault.is_some() || self.over {
            return;
        }
        if let Err(fault) = self.layer.transfer(&mut self.lower, self.machine.link(), now) {
            self.lower.tx.fin();
            self.fault = Some(fault);
        }
    }
}

impl<L: Layer, M: Machine> Machine for Stack<L, M> {
    type Event = M::Event;
    type Error = StackError<L::Error, M::Error>;

    fn link(&mut self) -> &mut Link {
        &mut self.lower
    }

    fn next(&mut self, now: Instant) -> Result<Next<M::Event>, Self::Error> {
        loop {
            self.transfer(now);
            if self.over {
                return Ok(Next::Done);
            }
            let before = received(&mut self.machine);
            let next = self.machine.next(now);
            if next.is_err() {
                // The farewell must pass through the layer before the news of the fault does.
                self.transfer(now);
                self.over = true;
                return next.map_err(StackError::Machine);
            }
            if matches!(next, Ok(Next::Event(_))) {
                return next.map_err(StackError::Machine);
            }
            // The machine may have consumed without an event, so there may be room for what the layer holds back.
            self.transfer(now);
            if matches!(next, Ok(Next::NeedInput)) && received(&mut self.machine) != before {
                continue;
            }
            // What was whole before the layer broke has been delivered: now the fault is.
            if let Some(fault) = self.fault.take() {
                self.over = true;
                return Err(StackError::Layer(fault));
            }
            return next.map_err(StackError::Machine);
        }
    }

    fn deadline(&self) -> Option<Instant> {
        if self.over {
            return None;
        }
        earliest(self.layer.deadline(), self.machine.deadline())
    }

    fn settle(&mut self, now: Instant) {
        self.machine.settle(now);
        self.transfer(now);
    }
}

/// Compared over a call, it says whether the machine has something new to look at.
fn received(machine: &mut impl Machine) -> (usize, bool) {
    let rx = &machine.link().rx;
    (rx.len(), rx.is_eof())
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
