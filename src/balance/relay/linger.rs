//! How long to wait for a peer's acknowledgements before a reset that would destroy what it lacks.

use super::Fault;
use crate::Instant;
use core::time::Duration;

/// How often to ask: no system tells.
const FIRST: Duration = Duration::from_millis(1);
const LAST: Duration = Duration::from_millis(100);

/// How long to wait where the system can't say what is left.
const BLIND: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
pub(super) struct Linger {
    answer: Answer,
    /// The fewest bytes that were left, and since when.
    least: Option<(usize, Instant)>,
    pause: Duration,
    until: Option<Instant>,
}

#[derive(Debug, Default, Clone, Copy)]
enum Answer {
    #[default]
    None,
    Left(usize),
    Unknown,
    Nothing,
}

pub(super) enum Patience {
    Ask,
    Until(Instant),
    Over,
}

impl Linger {
    pub(super) fn answer(&mut self, result: Result<usize, Fault>) {
        self.answer = match result {
            Ok(0) => Answer::Nothing,
            Ok(left) => Answer::Left(left),
            Err(Fault::Invalid) => Answer::Unknown,
            Err(_) => Answer::Nothing,
        };
        self.until = None;
    }

    pub(super) fn give_up(&mut self) {
        self.answer = Answer::Nothing;
    }

    /// `patience` is for a peer that takes nothing at all.
    pub(super) fn next(&mut self, now: Instant, patience: Duration) -> Patience {
        let left = match self.answer {
            Answer::None => return Patience::Ask,
            Answer::Nothing => return Patience::Over,
            Answer::Left(left) => left,
            Answer::Unknown => usize::MAX,
        };
        let (least, since) = match self.least {
            Some((least, since)) if left >= least => (least, since),
            _ => (left, now),
        };
        self.least = Some((least, since));
        let blind = matches!(self.answer, Answer::Unknown);
        let end = since + if blind { patience.min(BLIND) } else { patience };
        if end <= now {
            return Patience::Over;
        }
        match self.until {
            Some(until) if until <= now => {
                self.answer = Answer::None;
                Patience::Ask
            }
            Some(until) => Patience::Until(until),
            None => {
                self.pause = if blind { BLIND } else { (self.pause * 2).clamp(FIRST, LAST) };
                let until = (now + self.pause).min(end);
                self.until = Some(until);
                Patience::Until(until)
            }
        }
    }
}
