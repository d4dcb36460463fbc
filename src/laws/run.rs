//! One run of a machine over an input, plain or varied, watched at every step.

use super::{Choices, Law, Log, Subject, Violation};
use crate::{Instant, Machine, Next};
use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// What varies. All `false`: everything is fed as soon as it fits, drained as soon as it is there.
#[derive(Clone, Copy, Default)]
pub(super) struct Plan {
    pub(super) cut: bool,
    pub(super) drain: bool,
    pub(super) order: bool,
}

/// What one run came to: by the laws, the same for every plan.
#[derive(PartialEq, Eq)]
pub(super) struct Outcome {
    log: Log,
    output: Vec<u8>,
    fin: bool,
    aborted: bool,
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (fin, aborted) = (self.fin, self.aborted);
        write!(f, "{:?}\noutput \"{}\" fin {fin} aborted {aborted}", self.log, self.output.escape_ascii())
    }
}

/// What a machine at rest looks like: it may not change by being asked again.
type Rest = (Next<()>, usize, usize, Option<Instant>);

pub(super) struct Run<'a, S: Subject> {
    subject: &'a S,
    pub(super) machine: S::Machine,
    input: &'a [u8],
    plan: Plan,
    /// A peer that reads only when it must.
    stalls: bool,
    choices: Choices<'a>,
    pub(super) now: Instant,
    log: Log,
    output: Vec<u8>,
    /// What `next` itself queued and is not drained: the position in the output after it, and how many bytes.
    replies: VecDeque<(u64, usize)>,
    steps: usize,
    /// Whether the end of the input is fed as EOF.
    pub(super) ends: bool,
}

/// Where a machine rests until something is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    NeedInput,
    NeedFlush,
    NeedApp,
    Over,
}

impl<'a, S: Subject> Run<'a, S> {
    pub(super) fn new(subject: &'a S, input: &'a [u8], plan: Plan, mut choices: Choices<'a>) -> Self {
        Self {
            stalls: plan.drain && choices.flip(),
            subject,
            machine: subject.machine(),
            input,
            plan,
            choices,
            now: Instant::from_nanos(1),
            log: Log::default(),
            output: Vec::new(),
            replies: VecDeque::new(),
            steps: 16 * input.len() + 4096,
            ends: true,
        }
    }

    pub(super) fn finish(mut self) -> Result<Outcome, Violation> {
        self.until_over()?;
        while self.drain_some(usize::MAX) {}
        let tx = &self.machine.link().tx;
        let (fin, aborted) = (tx.wants_fin(), tx.is_aborted());
        Ok(Outcome { log: self.log, output: self.output, fin, aborted })
    }

    /// Runs until the input is used up and the machine rests, or is over. Says where it rests.
    pub(super) fn until_over(&mut self) -> Result<At, Violation> {
        loop {
            let at = self.until_rest()?;
            match at {
                At::Over => return Ok(at),
                At::NeedFlush => {
                    if !self.drain_some(usize::MAX) {
                        return Err(Violation::new(Law::Progress, "NeedFlush with nothing to drain"));
                    }
                }
                At::NeedApp => {
                    if !self.subject.on_turn(&mut self.machine, &mut self.log) {
                        return Ok(at);
                    }
                }
                At::NeedInput => {
                    self.relend();
                    self.drain();
                    if !self.feed() {
                        if !self.ends {
                            return Ok(at);
                        }
                        self.machine.link().rx.close();
                    }
                }
            }
        }
    }

    /// Calls `next` and acts on events until there are no more.
    pub(super) fn until_rest(&mut self) -> Result<At, Violation> {
        loop {
            self.steps = self
                .steps
                .checked_sub(1)
                .ok_or_else(|| Violation::new(Law::Progress, "more steps than the input can account for"))?;
            let ready = self.machine.is_ready();
            let at = match self.next() {
                Err(error) => {
                    self.log.item(format!("{error:?}"));
                    self.over()?;
                    return Ok(At::Over);
                }
                Ok(Next::Event(event)) => {
                    self.jostle();
                    self.subject.on_event(&mut self.machine, event, &mut self.log);
                    self.jostle();
                    self.bounded()?;
                    continue;
                }
                Ok(Next::NeedInput) => At::NeedInput,
                Ok(Next::NeedFlush) => At::NeedFlush,
                Ok(Next::NeedApp) => At::NeedApp,
                Ok(Next::Done) => At::Over,
            };
            if ready {
                return Err(Violation::new(Law::Progress, "said to be ready, and nothing came"));
            }
            self.bounded()?;
            let rx = &self.machine.link().rx;
            if at == At::NeedInput && (rx.room() == 0 || rx.is_eof()) {
                let detail = format!("NeedInput with room {} and EOF {}", rx.room(), rx.is_eof());
                return Err(Violation::new(Law::Progress, detail));
            }
            if self.plan.order {
                self.same_again(at)?;
                self.misused(at)?;
            }
            return Ok(at);
        }
    }

    fn next(&mut self) -> Result<Next<<S::Machine as Machine>::Event>, <S::Machine as Machine>::Error> {
        let before = self.machine.link().tx.len();
        let next = self.machine.next(self.now);
        let tx = &self.machine.link().tx;
        // A farewell is not a reply: it comes once.
        if next.is_ok() && tx.len() > before {
            self.replies.push_back((tx.drained() + tx.len() as u64, tx.len() - before));
        }
        next
    }

    fn bounded(&mut self) -> Result<(), Violation> {
        let link = self.machine.link();
        if link.rx.len() > link.rx.limit() {
            let detail = format!("{} bytes received, the limit is {}", link.rx.len(), link.rx.limit());
            return Err(Violation::new(Law::Bounded, detail));
        }
        self.replies.retain(|(end, _)| *end > link.tx.drained());
        let queued: usize = self.replies.iter().map(|(_, bytes)| bytes).sum();
        if queued > self.subject.replies() {
            let detail = format!("{queued} bytes of replies, {} allowed", self.subject.replies());
            return Err(Violation::new(Law::Bounded, detail));
        }
        Ok(())
    }

    /// After an error: `Done` for ever, the farewell complete.
    fn over(&mut self) -> Result<(), Violation> {
        let before = self.machine.link().tx.len();
        if !self.machine.link().tx.is_ended() {
            return Err(Violation::new(Law::FatalOnce, "an error, and the output was not ended"));
        }
        for _ in 0..3 {
            if !matches!(self.machine.next(self.now), Ok(Next::Done)) {
                return Err(Violation::new(Law::FatalOnce, "an error, then not Done"));
            }
        }
        if self.machine.link().tx.len() != before {
            return Err(Violation::new(Law::FatalOnce, "output after the error"));
        }
        if let Some(deadline) = self.machine.deadline() {
            let detail = format!("an error, and still a deadline at {deadline:?}");
            return Err(Violation::new(Law::FatalOnce, detail));
        }
        Ok(())
    }

    fn rest(&mut self) -> Option<Rest> {
        let next = self.machine.next(self.now).ok()?.map(|_| ());
        let deadline = self.machine.deadline();
        let link = self.machine.link();
        Some((next, link.rx.len(), link.tx.len(), deadline))
    }

    pub(super) fn same_again(&mut self, at: At) -> Result<(), Violation> {
        let deadline = self.machine.deadline();
        let link = self.machine.link();
        let before = (at.as_next(), link.rx.len(), link.tx.len(), deadline);
        let after = self.rest();
        if after != Some(before) {
            let detail = format!("at rest {before:?}, asked again {after:?}");
            return Err(Violation::new(Law::Order, detail));
        }
        Ok(())
    }

    fn misused(&mut self, at: At) -> Result<(), Violation> {
        if !self.choices.flip() {
            return Ok(());
        }
        if !self.subject.misuse(&mut self.machine) {
            return Err(Violation::new(Law::Total, "a command out of place was taken"));
        }
        let same = self.same_again(at);
        same.map_err(|broken| Violation::new(Law::Total, format!("refused, but {}", broken.detail)))
    }

    /// Feeds and drains at a moment when nobody asked for it.
    fn jostle(&mut self) {
        if self.plan.order && self.choices.flip() {
            self.feed();
        }
        if self.plan.order && self.choices.flip() {
            self.drain();
        }
    }

    /// Takes the storage back and lends other: small, large, or none.
    fn relend(&mut self) {
        if !self.plan.order {
            return;
        }
        let link = self.machine.link();
        link.detach();
        if self.choices.flip() {
            link.rx.attach(vec![b'\r'; self.choices.length(300)]);
            link.tx.attach(vec![b'\n'; self.choices.length(300)]);
        }
    }

    /// Feeds some input, `false` if nothing was left.
    fn feed(&mut self) -> bool {
        let most = self.input.len().min(self.machine.link().rx.room());
        if most == 0 {
            return !self.input.is_empty();
        }
        let n = if self.plan.cut { self.choices.length(most) } else { most };
        let by_value = self.plan.cut && self.choices.flip();
        let rx = &mut self.machine.link().rx;
        let n = if by_value {
            let headroom = rx.len() + self.choices.below(3);
            let mut buffer = vec![b'\n'; headroom];
            buffer.extend_from_slice(&self.input[..n]);
            rx.receive(buffer, headroom);
            n
        } else {
            let spare = rx.spare(n + 16);
            // What a buffer held before must never be read.
            spare.fill(b'\r');
            let n = n.min(spare.len());
            spare[..n].copy_from_slice(&self.input[..n]);
            rx.commit(n);
            n
        };
        self.input = &self.input[n..];
        if self.plan.order && self.input.is_empty() && self.ends && self.choices.flip() {
            self.machine.link().rx.close();
        }
        true
    }

    fn drain(&mut self) {
        if !self.plan.drain {
            while self.drain_some(usize::MAX) {}
        } else if !self.stalls && self.choices.flip() {
            let most = self.choices.length(1 << 16);
            self.drain_some(most);
        }
    }

    /// Drains up to `most` bytes in one go, `false` if there was nothing.
    fn drain_some(&mut self, most: usize) -> bool {
        self.machine.settle(self.now);
        let pop = self.plan.drain && self.choices.flip();
        let slots = if self.plan.drain { 1 + self.choices.below(4) } else { 4 };
        let tx = &mut self.machine.link().tx;
        if pop {
            let chunk = tx.pop();
            self.output.extend_from_slice(chunk.as_deref().unwrap_or_default());
            return chunk.is_some();
        }
        let mut chunks = [&b""[..]; 4];
        let count = tx.chunks(&mut chunks[..slots]);
        let before = self.output.len();
        for chunk in &chunks[..count] {
            let left = most - (self.output.len() - before);
            self.output.extend_from_slice(&chunk[..left.min(chunk.len())]);
        }
        let n = self.output.len() - before;
        tx.advance(n);
        n > 0
    }
}

impl At {
    fn as_next(self) -> Next<()> {
        match self {
            Self::NeedInput => Next::NeedInput,
            Self::NeedFlush => Next::NeedFlush,
            Self::NeedApp => Next::NeedApp,
            Self::Over => Next::Done,
        }
    }
}
