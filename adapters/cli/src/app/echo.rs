use super::{App, Gate};
use barewire::{Instant, Link, Machine, Next};
use core::convert::Infallible;

/// Sends each byte back, until the peer's end.
#[derive(Debug)]
pub(crate) struct Echo {
    link: Link,
    gate: Gate,
    stopping: bool,
}

impl Echo {
    /// It has no deadlines: a tunnel may lie idle.
    pub(crate) fn new() -> Self {
        Self::with_link(Link::new())
    }

    /// On a link that another protocol left.
    pub(crate) fn with_link(link: Link) -> Self {
        Self { link, gate: Gate::new(None), stopping: false }
    }
}

impl App for Echo {
    fn stop(&mut self) {
        self.stopping = true;
    }
}

impl Machine for Echo {
    type Event = Infallible;
    type Error = Infallible;

    fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    fn next(&mut self, now: Instant) -> Result<Next<Infallible>, Infallible> {
        let Link { rx, tx } = &mut self.link;
        if tx.is_ended() {
            return Ok(Next::Done);
        }
        if self.gate.holds(tx, now) {
            return Ok(Next::NeedFlush);
        }
        let received = rx.len();
        tx.put(rx.take_ref(received));
        if self.stopping || rx.is_eof() {
            tx.fin();
            return Ok(Next::Done);
        }
        Ok(if self.gate.holds(tx, now) { Next::NeedFlush } else { Next::NeedInput })
    }

    fn deadline(&self) -> Option<Instant> {
        self.gate.deadline().flatten()
    }
}
