//! A small line protocol, and one way to break each law: a law that nothing can break isn't tested.

use barewire::laws::{Log, Subject};
use barewire::{Instant, Link, Machine, Misuse, Next};
use bytes::Bytes;
use core::time::Duration;

const LONGEST: usize = 40;
const REPLIES: usize = 16;
const IDLE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    None,
    ReadsAreEvents,
    StaleBytes,
    AskingTwiceReplies,
    OutputSeesDrain,
    DeadlineInThePast,
    DeadlineSlides,
    InputWithoutRoom,
    InputAfterEof,
    FlushOfNothing,
    ErrsTwice,
    NoFin,
    RepliesPileUp,
    WindowIgnored,
    TakesMisuse,
}

impl Defect {
    pub(crate) const ALL: [Self; 14] = [
        Self::ReadsAreEvents,
        Self::StaleBytes,
        Self::AskingTwiceReplies,
        Self::OutputSeesDrain,
        Self::DeadlineInThePast,
        Self::DeadlineSlides,
        Self::InputWithoutRoom,
        Self::InputAfterEof,
        Self::FlushOfNothing,
        Self::ErrsTwice,
        Self::NoFin,
        Self::RepliesPileUp,
        Self::WindowIgnored,
        Self::TakesMisuse,
    ];
}

/// Lines in, `+` and `.` out: a `+` by itself for each line, a `.` when the application says so.
pub(crate) struct Lines {
    link: Link,
    defect: Defect,
    idle: Option<Instant>,
    lines: usize,
    asked: usize,
    over: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Error {
    TooLong,
    Cut,
    Idle,
}

impl Lines {
    pub(crate) fn new(defect: Defect) -> Self {
        let mut link = Link::new();
        link.rx.set_limit(if defect == Defect::InputWithoutRoom { LONGEST / 2 } else { LONGEST });
        Self { link, defect, idle: None, lines: 0, asked: 0, over: false }
    }

    /// Answers one line.
    pub(crate) fn dot(&mut self) -> Result<(), Misuse> {
        if self.asked == 0 {
            if self.defect == Defect::TakesMisuse {
                self.link.tx.put(b"?");
            }
            return if self.defect == Defect::TakesMisuse { Ok(()) } else { Err(Misuse::OutOfTurn) };
        }
        self.asked -= 1;
        self.link.tx.put(b".");
        Ok(())
    }

    fn fail(&mut self, error: Error) -> Error {
        if self.defect != Defect::ErrsTwice {
            self.over = true;
        }
        self.idle = None;
        self.link.tx.put(b"!");
        if self.defect != Defect::NoFin {
            self.link.tx.fin();
        }
        error
    }
}

impl Machine for Lines {
    type Event = Bytes;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    fn next(&mut self, now: Instant) -> Result<Next<Bytes>, Error> {
        if self.over {
            return Ok(Next::Done);
        }
        if self.idle.is_some_and(|idle| now >= idle) && self.defect != Defect::DeadlineInThePast {
            return Err(self.fail(Error::Idle));
        }
        if self.idle.is_none() || self.defect == Defect::DeadlineSlides {
            self.idle = Some(now + IDLE);
        }
        if self.link.tx.len() > REPLIES && self.defect != Defect::RepliesPileUp {
            return Ok(Next::NeedFlush);
        }
        let data = self.link.rx.data();
        let found = data.iter().position(|byte| *byte == b'\n');
        let end = match self.defect {
            Defect::ReadsAreEvents if !data.is_empty() => Some(data.len() - 1),
            // Looks at what the buffer held before: the harness fills it with CR.
            Defect::StaleBytes if found.is_none() && !data.is_empty() && self.link.rx.spare(1) == [b'\r'] => {
                Some(self.link.rx.len() - 1)
            }
            _ => found,
        };
        if let Some(end) = end {
            let line = self.link.rx.take((end + 1).min(self.link.rx.len()));
            self.lines += 1;
            self.asked += 1;
            self.idle = Some(now + IDLE);
            let sees = self.defect == Defect::OutputSeesDrain && self.link.tx.len() > 5;
            self.link.tx.put(if sees { b"++" } else { b"+" });
            return Ok(Next::Event(line));
        }
        if self.defect == Defect::AskingTwiceReplies && self.lines > 0 {
            self.link.tx.put(b"+");
        }
        if self.link.rx.room() == 0 && self.defect != Defect::InputWithoutRoom {
            return Err(self.fail(Error::TooLong));
        }
        if !self.link.rx.is_eof() || self.defect == Defect::InputAfterEof {
            if self.defect == Defect::FlushOfNothing && self.lines == 2 {
                return Ok(Next::NeedFlush);
            }
            if self.defect == Defect::WindowIgnored && self.link.rx.len() > LONGEST / 2 {
                self.link.rx.set_limit(LONGEST / 4);
            }
            return Ok(Next::NeedInput);
        }
        if !self.link.rx.is_empty() {
            return Err(self.fail(Error::Cut));
        }
        self.over = true;
        self.idle = None;
        self.link.tx.fin();
        Ok(Next::Done)
    }

    fn deadline(&self) -> Option<Instant> {
        self.idle
    }
}

pub(crate) struct LinesSubject(pub(crate) Defect);

impl Subject for LinesSubject {
    type Machine = Lines;

    fn machine(&self) -> Lines {
        Lines::new(self.0)
    }

    fn on_event(&self, machine: &mut Lines, line: Bytes, log: &mut Log) {
        log.item(line.escape_ascii().to_string());
        machine.dot().unwrap();
    }

    fn misuse(&self, machine: &mut Lines) -> bool {
        machine.asked > 0 || machine.dot().is_err()
    }

    fn replies(&self) -> usize {
        REPLIES + 1
    }
}
