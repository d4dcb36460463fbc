//! Moves bytes between a stream and a machine. Never waits itself: that is what the two loops above it do.

use crate::{Error, pool};
use barewire::{Inbox, Instant, Machine, Next, Outbox};
use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};

/// How many pieces leave in one vectored write.
const PIECES: usize = 32;

/// How many reads of a lingering close may follow each other before the clock is looked at.
const DISCARDS: usize = 16;

/// From here on larger reads are worth their cold memory. A read that filled its buffer is no reason: it may have been a
/// message of just that size. But where there was more behind it, that cost another read, and the answers another write.
const BULKY: u8 = 2;

/// How much a read that shows so counts, against one that an ordinary buffer was enough for.
const MORE: u8 = 2;

/// A stream that says [`WouldBlock`](ErrorKind::WouldBlock) where it would have to wait.
pub(crate) trait Io {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize>;
    fn write(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Reads into `rx`, and says how much.
    fn fill(&mut self, rx: &mut Inbox, want: usize) -> io::Result<usize> {
        fill(rx, want, |spare| self.read(spare))
    }
    /// Writes from `tx`, and says how much.
    fn drain(&mut self, tx: &mut Outbox) -> io::Result<usize> {
        drain(tx, |chunks| self.write(chunks))
    }
    fn flush(&mut self) -> io::Result<()>;
    /// Ends the write side: a FIN.
    fn shut(&mut self) -> io::Result<()>;
    /// Makes the drop of the stream a reset.
    fn reset(&mut self);
}

/// What a turn is to bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Bytes from the peer.
    Input,
    /// Room for automatic replies.
    Drain,
    /// Nothing: the application must act. What is queued leaves meanwhile.
    App,
    /// At most so many bytes left in the queue.
    Below(usize),
    /// All sent, FIN and lingering included if the machine ended the stream.
    End,
}

impl<E> From<&Next<E>> for Goal {
    fn from(next: &Next<E>) -> Self {
        match next {
            Next::NeedInput => Self::Input,
            Next::NeedFlush | Next::Event(_) => Self::Drain,
            Next::NeedApp => Self::App,
            Next::Done => Self::End,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The goal is reached, or the machine may have news.
    News,
    /// Nothing more can be done before the stream is ready or [`Pump::deadline`] has come.
    Wait,
    /// There is more to do at once, but others should have their turn first.
    Again,
    /// The machine is done and so is the stream, if it was ended.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// The machine is done. Unless output moves, the time when patience ends.
    Closing(Instant),
    Over,
}

pub(crate) struct Pump<M: Machine> {
    pub(crate) machine: M,
    /// The time of the last wake.
    pub(crate) now: Instant,
    pub(crate) high_water: usize,
    pub(crate) linger: Duration,
    fault: Option<M::Error>,
    /// Events that came when a deadline was due while only output was waited for.
    kept: VecDeque<M::Event>,
    /// Why nothing can be sent any more. What the peer said before it hung up is still delivered.
    broken: Option<io::Error>,
    state: State,
    /// Bytes were written that the stream may hold back until it is flushed.
    dirty: bool,
    /// Whether the last read filled its buffer.
    filled: bool,
    /// Whether there was more than an ordinary buffer takes, of late.
    bulk: u8,
}

impl<M: Machine> Pump<M> {
    pub(crate) fn new(machine: M, now: Instant) -> Self {
        Self {
            machine,
            now,
            high_water: 64 * 1024,
            linger: Duration::from_secs(5),
            fault: None,
            kept: VecDeque::new(),
            broken: None,
            state: State::Open,
            dirty: false,
            filled: false,
            bulk: 0,
        }
    }

    pub(crate) fn with_machine<N: Machine>(self, change: impl FnOnce(M) -> N) -> Pump<N> {
        Pump {
            machine: change(self.machine),
            now: self.now,
            high_water: self.high_water,
            linger: self.linger,
            fault: None,
            kept: VecDeque::new(),
            broken: self.broken,
            state: if self.state == State::Over { State::Over } else { State::Open },
            dirty: self.dirty,
            filled: self.filled,
            bulk: self.bulk,
        }
    }

    /// What the machine says; a fault is kept until its farewell has left.
    pub(crate) fn next(&mut self) -> Next<M::Event> {
        if let Some(event) = self.kept.pop_front() {
            return Next::Event(event);
        }
        self.ask()
    }

    /// Has the machine look at the clock while only output is waited for. It must not take a peer for silent that said
    /// something: so what is there is read first.
    pub(crate) fn tick(&mut self, io: &mut impl Io) {
        let rx = &self.machine.link().rx;
        if self.fault.is_none() && self.broken.is_none() && !rx.is_eof() && rx.room() > 0 {
            if let Err(error) = self.fill(io) {
                self.broken = Some(error);
            }
        }
        self.keep();
    }

    /// Whether what comes next is there already, whatever the time.
    pub(crate) fn is_ready(&self) -> bool {
        !self.kept.is_empty() || self.machine.is_ready()
    }

    /// The next event, if it is there whatever the time. A fault is told, and its farewell timed, by who reads the clock.
    pub(crate) fn ready(&mut self) -> Option<M::Event> {
        if !self.is_ready() {
            return None;
        }
        self.next().event::<()>().ok()
    }

    /// Whether the machine has an event. It is kept.
    pub(crate) fn has_event(&mut self) -> bool {
        if self.kept.is_empty() && self.fault.is_none() {
            self.keep();
        }
        !self.kept.is_empty()
    }

    fn keep(&mut self) {
        if let Next::Event(event) = self.ask() {
            self.kept.push_back(event);
        }
    }

    fn ask(&mut self) -> Next<M::Event> {
        self.machine.next(self.now).unwrap_or_else(|fault| {
            self.fault = Some(fault);
            Next::Done
        })
    }

    pub(crate) fn settle(&mut self) {
        self.machine.settle(self.now);
    }

    pub(crate) fn is_faulty(&self) -> bool {
        self.fault.is_some()
    }

    /// The end of a connection, as the application is told it.
    pub(crate) fn verdict<T>(&mut self, otherwise: Result<T, Error<M::Error>>) -> Result<T, Error<M::Error>> {
        match self.fault.take() {
            Some(fault) => Err(Error::Protocol(fault)),
            None => otherwise,
        }
    }

    /// When to stop waiting for `goal`.
    pub(crate) fn deadline(&self, goal: Goal) -> Option<Instant> {
        match (goal, self.state) {
            (Goal::End, State::Closing(until)) => Some(until),
            _ => self.machine.deadline(),
        }
    }

    /// Whether output waits for the peer.
    pub(crate) fn is_stuck(&mut self) -> bool {
        let tx = &self.machine.link().tx;
        !tx.is_empty() || tx.wants_fin() || self.dirty
    }

    /// Writes what there is, and reads if that serves the goal.
    pub(crate) fn turn(&mut self, io: &mut impl Io, goal: Goal) -> io::Result<Turn> {
        if self.state == State::Over {
            return Ok(Turn::Over);
        }
        if self.machine.link().tx.is_aborted() {
            io.reset();
            self.state = State::Over;
            return Ok(Turn::Over);
        }
        let turn = self.try_turn(io, goal);
        match &turn {
            Ok(Turn::News) => self.lend(),
            Ok(Turn::Again) => {}
            Ok(Turn::Wait | Turn::Over) | Err(_) => self.release(),
        }
        if turn.is_err() {
            self.state = State::Over;
            // A fault of the peer's says more than that it was not there any more to hear so.
            if self.fault.is_some() {
                return Ok(Turn::Over);
            }
        }
        turn
    }

    fn try_turn(&mut self, io: &mut impl Io, goal: Goal) -> io::Result<Turn> {
        let was_high = self.machine.link().tx.len() > self.high_water;
        let moved = self.drain(io);
        match goal {
            Goal::Input => match self.fill(io)? {
                // Reading goes on whatever is queued; but a machine that has more to send, and asks for input because
                // much is queued already, is asked again when that is gone.
                Turn::Wait if was_high && self.machine.link().tx.len() <= self.high_water => Ok(Turn::News),
                turn => Ok(turn),
            },
            _ if self.broken.is_some() => Err(self.broken.take().unwrap_or_else(|| ErrorKind::BrokenPipe.into())),
            Goal::Drain => Ok(if moved || !self.is_stuck() { Turn::News } else { Turn::Wait }),
            Goal::App => Ok(Turn::Wait),
            Goal::Below(0) => Ok(if self.is_stuck() { Turn::Wait } else { Turn::News }),
            Goal::Below(mark) => Ok(if self.machine.link().tx.len() > mark { Turn::Wait } else { Turn::News }),
            Goal::End => self.end(io, moved),
        }
    }

    /// Writes until nothing is left or the stream takes no more. Says whether any byte left.
    fn drain(&mut self, io: &mut impl Io) -> bool {
        let tx = &mut self.machine.link().tx;
        if self.broken.is_some() {
            tx.clear();
            return false;
        }
        let before = tx.drained();
        let outcome = write(io, tx, &mut self.dirty);
        let moved = tx.drained() != before;
        match outcome {
            Err(error) if error.kind() != ErrorKind::WouldBlock => {
                tx.clear();
                self.broken = Some(error);
            }
            _ => {}
        }
        moved
    }

    fn fill(&mut self, io: &mut impl Io) -> io::Result<Turn> {
        let want = if self.bulk >= BULKY { pool::BULK } else { pool::READ };
        let rx = &mut self.machine.link().rx;
        if rx.is_eof() || rx.room() == 0 {
            return Err(io::Error::other("the machine asks for input that it has no room for"));
        }
        if rx.is_empty() {
            let buffer = rx.detach().filter(|buffer| buffer.len() >= want);
            rx.attach(buffer.unwrap_or_else(|| pool::take(want)));
        }
        let len = rx.spare(want).len();
        match again(|| io.fill(rx, len)) {
            Ok(n) if n > 0 => {
                let more = self.filled || n > pool::READ;
                self.filled = n == len;
                if more {
                    self.bulk = (self.bulk + MORE).min(2 * BULKY);
                } else if !self.filled {
                    self.bulk = self.bulk.saturating_sub(1);
                }
                Ok(Turn::News)
            }
            // Nothing more will come of a peer that hung up while we were sending.
            end if self.broken.is_some() => {
                Err(self.broken.take().or(end.err()).unwrap_or_else(|| ErrorKind::BrokenPipe.into()))
            }
            Ok(_) => {
                rx.close();
                Ok(Turn::News)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.filled = false;
                Ok(Turn::Wait)
            }
            Err(error) => Err(error),
        }
    }

    /// The machine is done. If it ended the stream, lingers: were the socket closed with unread bytes in it, the reset
    /// that follows could destroy the farewell before the peer has read it.
    fn end(&mut self, io: &mut impl Io, moved: bool) -> io::Result<Turn> {
        let patience = self.now + self.linger;
        let until = match self.state {
            State::Closing(until) if !moved => until,
            _ => patience,
        };
        self.state = State::Closing(until);
        let mut turn = Turn::Wait;
        if self.reads(Goal::End) {
            turn = self.discard(io);
        }
        let stuck = self.is_stuck();
        let link = self.machine.link();
        if !stuck && !link.tx.is_ended() {
            self.state = State::Open;
            return Ok(Turn::Over);
        }
        if !stuck && link.rx.is_eof() || turn == Turn::Over {
            self.state = State::Over;
            return Ok(Turn::Over);
        }
        if until <= self.now {
            self.state = State::Over;
            return if stuck { Err(ErrorKind::TimedOut.into()) } else { Ok(Turn::Over) };
        }
        Ok(turn)
    }

    /// Whether bytes of the peer's serve the goal. Once the machine has ended the stream they serve only to be out of
    /// the way; if it hasn't, they are another machine's.
    pub(crate) fn reads(&mut self, goal: Goal) -> bool {
        let link = self.machine.link();
        goal == Goal::Input || goal == Goal::End && link.tx.is_ended() && !link.rx.is_eof()
    }

    fn discard(&mut self, io: &mut impl Io) -> Turn {
        let mut scratch = pool::take(pool::READ);
        let mut turn = Turn::Again;
        for _ in 0..DISCARDS {
            match io.read(&mut scratch) {
                Ok(0) => {
                    self.machine.link().rx.close();
                    turn = Turn::Wait;
                    break;
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    turn = Turn::Wait;
                    break;
                }
                Err(_) => {
                    turn = Turn::Over;
                    break;
                }
            }
        }
        pool::give(scratch);
        turn
    }

    /// Output storage for the commands that the news will lead to.
    fn lend(&mut self) {
        let tx = &mut self.machine.link().tx;
        if tx.is_empty() {
            if let Some(tail) = tx.detach().or_else(pool::take_tail) {
                tx.attach(tail);
            }
        }
    }

    /// A connection that waits holds no buffer.
    pub(crate) fn release(&mut self) {
        let (rx, tx) = self.machine.link().detach();
        if let Some(buffer) = rx {
            pool::give(buffer);
        }
        if let Some(tail) = tx {
            pool::give_tail(tail);
        }
    }
}

fn write(io: &mut impl Io, tx: &mut Outbox, dirty: &mut bool) -> io::Result<()> {
    while !tx.is_empty() {
        match io.drain(tx) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(_) => *dirty = true,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if *dirty {
        again(|| io.flush())?;
        *dirty = false;
    }
    if tx.wants_fin() {
        again(|| io.shut())?;
        tx.fin_sent();
    }
    Ok(())
}

/// Reads into the window, by a call that knows slices.
pub(crate) fn fill<E>(
    rx: &mut Inbox,
    want: usize,
    read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
) -> Result<usize, E> {
    let n = read(rx.spare(want))?;
    rx.commit(n);
    Ok(n)
}

/// Writes from the queue, by a call that knows slices.
pub(crate) fn drain<E>(tx: &mut Outbox, write: impl FnOnce(&[IoSlice<'_>]) -> Result<usize, E>) -> Result<usize, E> {
    let mut first = [&b""[..]];
    tx.chunks(&mut first);
    let n = if first[0].len() == tx.len() {
        write(&[IoSlice::new(first[0])])?
    } else {
        let mut chunks = [&b""[..]; PIECES];
        let n = tx.chunks(&mut chunks);
        write(&chunks.map(IoSlice::new)[..n])?
    };
    tx.advance(n);
    Ok(n)
}

fn again<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
