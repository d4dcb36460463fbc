use barewire::{Instant, Outbox};
use core::time::Duration;

/// From this many queued bytes on, nothing is done that could produce more.
const HIGH: usize = 64 * 1024;

/// The slowest reader that is waited for, in bytes a second.
const RATE: u64 = 240;

/// Holds an app back while its peer doesn't take what is queued, so that a slow reader leaves memory flat. One that is
/// too slow for too long is cut with a reset.
///
/// While it holds, the machine below isn't asked, so that the peer isn't blamed for what it can't send; so its deadlines
/// don't count either.
#[derive(Debug)]
pub(crate) struct Gate {
    patience: Option<Duration>,
    held: Option<Held>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    /// What had been drained when this span of patience began.
    drained: u64,
    until: Instant,
}

impl Gate {
    /// `patience` is the span in which the slowest rate must be kept, `None` for ever.
    pub(crate) fn new(patience: Option<Duration>) -> Self {
        Self { patience, held: None }
    }

    /// Whether to wait for the peer to read.
    pub(crate) fn holds(&mut self, tx: &mut Outbox, now: Instant) -> bool {
        if tx.len() < HIGH {
            self.held = None;
            return false;
        }
        let drained = tx.drained();
        let span = self.patience.unwrap_or(Duration::MAX);
        match self.held {
            Some(Held { until, .. }) if now < until => {}
            Some(held) if drained - held.drained < RATE.saturating_mul(span.as_secs()).max(1) => {
                tx.abort();
                self.held = None;
                return false;
            }
            _ => self.held = Some(Held { drained, until: now + span }),
        }
        true
    }

    /// When to look again, if it holds.
    pub(crate) fn deadline(&self) -> Option<Option<Instant>> {
        self.held.map(|held| Some(held.until).filter(|until| *until < Instant::FAR_FUTURE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn full() -> Outbox {
        let mut tx = Outbox::default();
        tx.put(&[0; 2 * HIGH]);
        tx
    }

    #[test]
    fn holds_while_much_is_queued() {
        let (mut gate, mut tx, now) = (Gate::new(Some(PATIENCE)), full(), Instant::ORIGIN);
        assert!(gate.holds(&mut tx, now));
        assert_eq!(gate.deadline(), Some(Some(now + PATIENCE)));
        tx.advance(HIGH + 1);
        assert!(!gate.holds(&mut tx, now));
        assert_eq!(gate.deadline(), None);
    }

    #[test]
    fn a_slow_reader_is_waited_for_and_a_trickle_is_cut() {
        for (taken, cut) in [(0, true), (2399, true), (2400, false)] {
            let (mut gate, mut tx, now) = (Gate::new(Some(PATIENCE)), full(), Instant::ORIGIN);
            assert!(gate.holds(&mut tx, now));
            tx.advance(taken);
            let later = now + PATIENCE;
            assert_eq!(gate.holds(&mut tx, later), !cut, "{taken}");
            assert_eq!(tx.is_aborted(), cut, "{taken}");
            if !cut {
                assert_eq!(gate.deadline(), Some(Some(later + PATIENCE)));
            }
        }
    }

    #[test]
    fn without_patience_it_waits_for_ever() {
        let (mut gate, mut tx) = (Gate::new(None), full());
        assert!(gate.holds(&mut tx, Instant::ORIGIN));
        assert!(gate.holds(&mut tx, Instant::from_nanos(u64::MAX - 1)));
        assert_eq!(gate.deadline(), Some(None));
    }
}
