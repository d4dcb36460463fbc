//! The loop for threads.

use crate::pump::{Goal, Io, Pump, Turn};
use crate::{Error, Stop, now, pool};
use barewire::{Instant, Machine, Next};
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

mod shared;

pub use shared::Shared;

/// How long a connection may wait inside of a read. One that is idle for longer gives its buffer back and waits for
/// readiness instead; so [`Stop`] and deadlines are noticed there at once, and the socket's own timeout is set only
/// once.
pub const PATIENCE: Duration = Duration::from_millis(100);

/// How threads read, write and wait for a stream of type `S`.
pub trait Wire<S> {
    /// Called once before anything else. A stream with a read timeout sets it to [`PATIENCE`].
    ///
    /// # Errors
    ///
    /// When the stream refuses.
    fn open(stream: &mut S) -> io::Result<()>;

    /// Reads. If `may_wait`, waits up to [`PATIENCE`] for the first byte, else [`ErrorKind::WouldBlock`].
    ///
    /// # Errors
    ///
    /// What the stream says.
    fn read(stream: &mut S, into: &mut [u8], may_wait: bool) -> io::Result<usize>;

    /// Writes what the stream takes without waiting, or else [`ErrorKind::WouldBlock`].
    ///
    /// # Errors
    ///
    /// What the stream says.
    fn write(stream: &mut S, chunks: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Brings to the wire what the stream itself holds back.
    ///
    /// # Errors
    ///
    /// What the stream says.
    fn flush(stream: &mut S) -> io::Result<()>;

    /// Ends the write side.
    ///
    /// # Errors
    ///
    /// What the stream says.
    fn shut(stream: &mut S) -> io::Result<()>;

    /// Makes the coming drop of the stream a reset, where the stream knows resets.
    fn abort(stream: &mut S);

    /// Waits until the stream is ready, for at most `timeout`, or until `stop`. May return early for no reason.
    ///
    /// # Errors
    ///
    /// When it can't be waited for.
    fn wait(stream: &S, interest: Interest, timeout: Option<Duration>, stop: Option<&Stop>) -> io::Result<()>;
}

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Until something can be read.
    pub read: bool,
    /// Until something can be written.
    pub write: bool,
}

/// A machine on a stream, driven by the thread that calls it.
///
/// It [dereferences](Deref) to the machine, so the machine's commands are called on the connection itself:
/// `connection.send(..)`. The connection's own methods have names that no protocol uses. Commands only queue. What is queued leaves when the connection next waits, in
/// [`next`](Self::next), [`ready`](Self::ready) or [`flush`](Self::flush): many commands, one write.
pub struct Connection<W, S, M: Machine> {
    stream: S,
    pump: Pump<M>,
    stop: Option<Stop>,
    opened: bool,
    wire: PhantomData<fn() -> W>,
}

/// What can be had without waiting, or what to wait for.
enum Try<T> {
    Now(T),
    Wait(Pause),
}

struct Pause {
    interest: Interest,
    timeout: Option<Duration>,
}

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wake {
    News,
    Due,
    Over,
    Stopped,
}

impl<W: Wire<S>, S, M: Machine> Connection<W, S, M> {
    /// Puts `machine` on `stream`. What is in the machine's link already, from an upgrade or a detection, is used first.
    #[must_use]
    pub fn new(stream: S, machine: M) -> Self {
        Self { stream, pump: Pump::new(machine, now()), stop: None, opened: false, wire: PhantomData }
    }

    /// The next event; `None` once the machine is done, and what it queued has been sent.
    ///
    /// Where the machine ended the stream, `None` comes after the FIN and a lingering close: dropping the connection
    /// then destroys nothing that is still on its way.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] when the peer broke the protocol, a limit or a deadline, after the farewell was sent;
    /// [`Error::Io`] when the stream failed. Either way the connection is over, and `None` follows.
    ///
    /// Two are no end. [`ErrorKind::Deadlock`]: the machine waits for the application, which is waiting here. Answer,
    /// accept or resume first. [`ErrorKind::Interrupted`]: the [`Stop`] of [`set_stop`](Self::set_stop) was called.
    #[allow(clippy::should_implement_trait, reason = "an iterator's adapters would hide the machine's commands")]
    pub fn next(&mut self) -> Result<Option<M::Event>, Error<M::Error>> {
        if let Some(event) = self.pump.ready() {
            return Ok(Some(event));
        }
        self.pump.now = now();
        loop {
            let next = self.pump.next();
            let need = match next {
                Next::Event(event) => return Ok(Some(event)),
                need => Goal::from(&need),
            };
            match self.wake(need) {
                Ok(Wake::News | Wake::Due) => {}
                Ok(Wake::Stopped) => {
                    self.stop = None;
                    return Err(io::Error::new(ErrorKind::Interrupted, "told to stop").into());
                }
                Ok(Wake::Over) => return self.pump.verdict(Ok(None)),
                Err(error) => return self.pump.verdict(Err(error.into())),
            }
        }
    }

    /// Has [`next`](Self::next) return [`ErrorKind::Interrupted`], once, when `stop` is called: at once, or after the
    /// events of what was received already.
    ///
    /// The connection is untouched by that: say goodbye in the protocol's words, and call `next` on until `None`.
    pub fn set_stop(&mut self, stop: Stop) {
        self.stop = Some(stop);
    }

    /// Waits until whoever `need` names has acted: what [`next`](Self::next) is made of.
    ///
    /// It is for callers who ask the machine themselves, with the `next_ref` that lends events instead of copying them
    /// out, at [`now`](Self::now). `false` means that the machine is done, and the stream with it, if it was ended.
    /// A fault that such a call returned is the caller's to report, after waiting for [`Next::Done`] so that the
    /// farewell leaves.
    ///
    /// # Errors
    ///
    /// When the stream failed, and the two that are no end, as for `next`.
    pub fn wait(&mut self, need: Next<()>) -> io::Result<bool> {
        self.pump.settle();
        self.pump.now = now();
        match self.wake(Goal::from(&need))? {
            Wake::Stopped => {
                self.stop = None;
                Err(io::Error::new(ErrorKind::Interrupted, "told to stop"))
            }
            wake => Ok(wake != Wake::Over),
        }
    }

    /// Whether there is an event already: [`next`](Self::next) would not wait for it.
    pub fn has_event(&mut self) -> bool {
        if self.pump.is_ready() {
            return true;
        }
        self.pump.now = now();
        self.pump.has_event()
    }

    /// The time of the last wake, for a machine that is asked directly.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.pump.now
    }

    /// Waits until at most the high-water mark is queued: backpressure, for a producer that would else fill the memory
    /// while the peer doesn't read.
    ///
    /// It writes and minds the machine's deadlines, but doesn't read: call it between events, not instead of
    /// [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next); [`ErrorKind::BrokenPipe`] when the connection is over.
    pub fn ready(&mut self) -> Result<(), Error<M::Error>> {
        if self.pump.machine.link().tx.len() <= self.pump.high_water {
            return Ok(());
        }
        self.below(self.pump.high_water.max(1))
    }

    /// Sends everything queued, without waiting for an event.
    ///
    /// # Errors
    ///
    /// As [`ready`](Self::ready).
    pub fn flush(&mut self) -> Result<(), Error<M::Error>> {
        self.below(0)
    }

    /// Ends the connection: sends everything queued, then a FIN, and lingers: reads and discards until the peer ends
    /// its side or the linger time is over.
    ///
    /// It is the end of the stream, not of the protocol: say goodbye in the protocol's words first, where it has some.
    ///
    /// # Errors
    ///
    /// When the stream failed before everything was sent.
    pub fn hang_up(&mut self) -> io::Result<()> {
        self.pump.now = now();
        self.pump.settle();
        self.pump.machine.link().tx.fin();
        while self.wake(Goal::End)? != Wake::Over {}
        Ok(())
    }

    fn below(&mut self, mark: usize) -> Result<(), Error<M::Error>> {
        self.pump.now = now();
        self.pump.settle();
        loop {
            let goal = if self.pump.is_faulty() { Goal::End } else { Goal::Below(mark) };
            let gone = io::Error::from(ErrorKind::BrokenPipe);
            match self.wake(goal) {
                Ok(Wake::News) if !self.pump.is_faulty() => return Ok(()),
                Ok(Wake::Over) => return self.pump.verdict(Err(gone.into())),
                Ok(_) => self.tick(),
                Err(error) => return self.pump.verdict(Err(error.into())),
            }
        }
    }

    fn tick(&mut self) {
        self.pump.tick(&mut Blocked::<W, S> { stream: &mut self.stream, may_wait: false, wire: PhantomData });
    }

    fn wake(&mut self, goal: Goal) -> io::Result<Wake> {
        self.open()?;
        let stop = if matches!(goal, Goal::Input | Goal::Drain | Goal::App) { self.stop.as_ref() } else { None };
        loop {
            if stop.is_some_and(Stop::is_stopped) {
                return Ok(Wake::Stopped);
            }
            let left = self.pump.deadline(goal).map(|deadline| deadline - self.pump.now);
            // A read that waits inside itself is one system call less for each message.
            // A machine that has more to send than is queued already wants to know at once when that is gone.
            let high = self.pump.machine.link().tx.len() > self.pump.high_water;
            let may_wait = goal == Goal::Input && !high && left.is_none_or(|left| left >= PATIENCE);
            let mut io = Blocked::<W, S> { stream: &mut self.stream, may_wait, wire: PhantomData };
            let turn = self.pump.turn(&mut io, goal)?;
            if may_wait || turn == Turn::Again {
                self.pump.now = now();
            }
            let pause = match judge(&mut self.pump, turn, goal)? {
                Some(Try::Now(wake)) => return Ok(wake),
                Some(Try::Wait(pause)) => pause,
                None => continue,
            };
            // Idle: and the thread has no other connection whose buffers these could become.
            if !pause.interest.write {
                pool::trim();
            }
            W::wait(&self.stream, pause.interest, pause.timeout, stop)?;
            self.pump.now = now();
            if self.pump.deadline(goal).is_some_and(|deadline| deadline <= self.pump.now) {
                return Ok(Wake::Due);
            }
        }
    }

    fn open(&mut self) -> io::Result<()> {
        if !self.opened {
            W::open(&mut self.stream)?;
            self.opened = true;
        }
        Ok(())
    }
}

/// What came of a turn; `None` means another turn.
fn judge<M: Machine>(pump: &mut Pump<M>, turn: Turn, goal: Goal) -> io::Result<Option<Try<Wake>>> {
    match turn {
        Turn::News => return Ok(Some(Try::Now(Wake::News))),
        Turn::Over => return Ok(Some(Try::Now(Wake::Over))),
        Turn::Again => return Ok(None),
        Turn::Wait => {}
    }
    let deadline = pump.deadline(goal);
    if deadline.is_some_and(|deadline| deadline <= pump.now) {
        return Ok(Some(Try::Now(Wake::Due)));
    }
    let write = pump.is_stuck();
    if goal == Goal::App && !write {
        return Err(io::Error::new(
            ErrorKind::Deadlock,
            "the machine waits for the application: answer, accept or resume first",
        ));
    }
    let interest = Interest { read: pump.reads(goal), write };
    Ok(Some(Try::Wait(Pause { interest, timeout: deadline.map(|deadline| deadline - pump.now) })))
}

impl<W, S, M: Machine> Connection<W, S, M> {
    /// The machine.
    #[must_use]
    pub fn machine(&self) -> &M {
        &self.pump.machine
    }

    /// The machine, for its commands.
    pub fn machine_mut(&mut self) -> &mut M {
        &mut self.pump.machine
    }

    /// The stream.
    #[must_use]
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// The stream. Bytes that are read or written beside the machine are lost to it.
    pub fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// How many queued bytes [`ready`](Self::ready) waits for.
    #[must_use]
    pub fn high_water(&self) -> usize {
        self.pump.high_water
    }

    /// Sets how many queued bytes [`ready`](Self::ready) waits for: 64 KiB unless told.
    pub fn set_high_water(&mut self, bytes: usize) {
        self.pump.high_water = bytes;
    }

    /// Sets how long the end may take: without any progress in sending what is queued, then in lingering for the peer's
    /// end. Five seconds unless told.
    pub fn set_linger(&mut self, patience: Duration) {
        self.pump.linger = patience;
    }

    /// Takes the connection apart. What was received and not understood, or queued and not sent, is in the machine's
    /// link.
    #[must_use]
    pub fn into_parts(mut self) -> (S, M) {
        self.pump.release();
        (self.stream, self.pump.machine)
    }

    /// The same with the stream in other clothes: behind an [`Arc`](std::sync::Arc), for [`Shared`].
    #[must_use]
    pub fn map_stream<T>(self, change: impl FnOnce(S) -> T) -> Connection<W, T, M> {
        let Self { stream, pump, stop, opened, wire } = self;
        Connection { stream: change(stream), pump, stop, opened, wire }
    }

    /// Puts another machine on the same stream: an upgrade moves the link from one to the other.
    ///
    /// Events that [`ready`](Self::ready) and [`flush`](Self::flush) kept for [`next`](Self::next) go with the old machine.
    #[must_use]
    pub fn map_machine<N: Machine>(self, change: impl FnOnce(M) -> N) -> Connection<W, S, N> {
        Connection {
            stream: self.stream,
            pump: self.pump.with_machine(change),
            stop: self.stop,
            opened: self.opened,
            wire: PhantomData,
        }
    }
}

impl<W, S, M: Machine> Deref for Connection<W, S, M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.pump.machine
    }
}

impl<W, S, M: Machine> DerefMut for Connection<W, S, M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.pump.machine
    }
}

impl<W, S: fmt::Debug, M: Machine + fmt::Debug> fmt::Debug for Connection<W, S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("stream", &self.stream).field("machine", &self.pump.machine).finish()
    }
}

struct Blocked<'a, W, S> {
    stream: &'a mut S,
    may_wait: bool,
    wire: PhantomData<W>,
}

impl<W: Wire<S>, S> Io for Blocked<'_, W, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        W::read(self.stream, into, self.may_wait).map_err(timed_out)
    }

    fn write(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        // Whoever can't be written to may be waiting for us to read: then neither may wait in a read.
        let written = W::write(self.stream, chunks).map_err(timed_out);
        if matches!(&written, Err(error) if error.kind() == ErrorKind::WouldBlock) {
            self.may_wait = false;
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        W::flush(self.stream).map_err(timed_out)
    }

    fn shut(&mut self) -> io::Result<()> {
        W::shut(self.stream)
    }

    fn reset(&mut self) {
        W::abort(self.stream);
    }
}

/// A socket's own timeout, as each system calls it.
fn timed_out(error: io::Error) -> io::Error {
    if error.kind() == ErrorKind::TimedOut { ErrorKind::WouldBlock.into() } else { error }
}
