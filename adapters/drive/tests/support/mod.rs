//! A stream and a runtime that exist in memory only.

#![allow(dead_code, reason = "no test uses all of it")]

use barewire_drive::blocking::{Interest, Wire};
use barewire_drive::poll::{Runtime, Transport};
use barewire_drive::{Stop, at, now};
use core::cell::{Cell, RefCell};
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::time::Instant;

/// What may go wrong in one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    WouldBlock,
    Interrupted,
    OneByte,
    Zero,
    Reset,
}

pub(crate) const TROUBLES: [Trouble; 5] =
    [Trouble::WouldBlock, Trouble::Interrupted, Trouble::OneByte, Trouble::Zero, Trouble::Reset];

/// Reads what a script says, notes what is written, and fails as told.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) input: VecDeque<Vec<u8>>,
    pub(crate) output: Vec<u8>,
    /// Bytes that each write took.
    pub(crate) writes: Vec<usize>,
    /// The stream takes so many bytes in all, then blocks.
    pub(crate) capacity: Option<usize>,
    /// At the end of the script the stream waits instead of saying that it ended.
    pub(crate) silent: bool,
    pub(crate) shut: bool,
    pub(crate) aborted: bool,
    pub(crate) read_trouble: Option<(usize, Trouble)>,
    pub(crate) write_trouble: Option<(usize, Trouble)>,
    /// Every other call blocks.
    pub(crate) hesitant: bool,
    pub(crate) read_calls: usize,
    pub(crate) write_calls: usize,
    pub(crate) calls: usize,
    pub(crate) smallest_read: Option<usize>,
    /// For each read, whether it might have waited.
    pub(crate) patient: Vec<bool>,
    /// How often the driver waited.
    pub(crate) waits: Cell<usize>,
    /// What the false clock does when a thread waits.
    pub(crate) interests: RefCell<Vec<Interest>>,
}

impl Script {
    pub(crate) fn new(input: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        Self { input: input.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        assert!(!into.is_empty(), "an empty read looks like the end");
        self.read_calls += 1;
        self.calls += 1;
        self.smallest_read = Some(self.smallest_read.map_or(into.len(), |len| len.min(into.len())));
        let mut limit = into.len();
        match self.read_trouble {
            Some((at, trouble)) if at == self.read_calls => match trouble {
                Trouble::WouldBlock => return Err(ErrorKind::WouldBlock.into()),
                Trouble::Interrupted => return Err(ErrorKind::Interrupted.into()),
                Trouble::OneByte => limit = 1,
                Trouble::Zero => return Ok(0),
                Trouble::Reset => return Err(ErrorKind::ConnectionReset.into()),
            },
            _ => {}
        }
        if self.hesitant && self.calls % 2 == 1 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let Some(front) = self.input.front_mut() else {
            return if self.silent { Err(ErrorKind::WouldBlock.into()) } else { Ok(0) };
        };
        let n = front.len().min(limit);
        into[..n].copy_from_slice(&front[..n]);
        front.drain(..n);
        if front.is_empty() {
            self.input.pop_front();
        }
        Ok(n)
    }

    pub(crate) fn write(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(chunks.iter().any(|chunk| !chunk.is_empty()), "an empty write");
        assert!(!self.shut, "written after the end");
        self.write_calls += 1;
        self.calls += 1;
        let mut limit = self.capacity.map_or(usize::MAX, |capacity| capacity - self.output.len());
        if limit == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        match self.write_trouble {
            Some((at, trouble)) if at == self.write_calls => match trouble {
                Trouble::WouldBlock => return Err(ErrorKind::WouldBlock.into()),
                Trouble::Interrupted => return Err(ErrorKind::Interrupted.into()),
                Trouble::OneByte => limit = 1,
                Trouble::Zero => return Ok(0),
                Trouble::Reset => return Err(ErrorKind::ConnectionReset.into()),
            },
            _ => {}
        }
        if self.hesitant && self.calls % 2 == 1 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let before = self.output.len();
        for chunk in chunks {
            let n = chunk.len().min(limit - (self.output.len() - before));
            self.output.extend_from_slice(&chunk[..n]);
        }
        self.writes.push(self.output.len() - before);
        Ok(self.output.len() - before)
    }
}

thread_local! {
    static AHEAD: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static TIMERS_SET: Cell<usize> = const { Cell::new(0) };
}

/// Turns this thread's clock forward.
pub(crate) fn turn(by: Duration) {
    AHEAD.set(AHEAD.get() + by);
}

/// How often this thread has set a timer.
pub(crate) fn timers_set() -> usize {
    TIMERS_SET.get()
}

/// A runtime whose clock is turned by hand, and whose streams never wake anyone: the test polls again.
#[derive(Debug)]
pub(crate) struct Sim;

impl Runtime for Sim {
    type Timer = Instant;

    fn now() -> Instant {
        at(now()).unwrap() + AHEAD.get()
    }

    fn timer(at: Instant) -> Instant {
        TIMERS_SET.set(TIMERS_SET.get() + 1);
        at
    }

    fn reset(timer: &mut Instant, at: Instant) {
        *timer = Self::timer(at);
    }

    fn poll_timer(timer: &mut Instant, _: &mut Context<'_>) -> Poll<()> {
        if *timer <= Self::now() { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn poll<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

impl Transport<Script> for Sim {
    fn poll_read(stream: &mut Script, _: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        poll(stream.read(into))
    }

    fn poll_write(stream: &mut Script, _: &mut Context<'_>, chunks: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        poll(stream.write(chunks))
    }

    fn poll_flush(_: &mut Script, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shut(stream: &mut Script, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream.shut = true;
        Poll::Ready(Ok(()))
    }

    fn abort(stream: &mut Script) {
        stream.aborted = true;
    }
}

impl Wire<Script> for Sim {
    fn open(_: &mut Script) -> io::Result<()> {
        Ok(())
    }

    fn read(stream: &mut Script, into: &mut [u8], may_wait: bool) -> io::Result<usize> {
        stream.patient.push(may_wait);
        stream.read(into)
    }

    fn write(stream: &mut Script, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        stream.write(chunks)
    }

    fn flush(_: &mut Script) -> io::Result<()> {
        Ok(())
    }

    fn shut(stream: &mut Script) -> io::Result<()> {
        stream.shut = true;
        Ok(())
    }

    fn abort(stream: &mut Script) {
        stream.aborted = true;
    }

    fn wait(stream: &Script, interest: Interest, timeout: Option<Duration>, _: Option<&Stop>) -> io::Result<()> {
        stream.waits.set(stream.waits.get() + 1);
        stream.interests.borrow_mut().push(interest);
        assert!(stream.waits.get() < 10_000, "the driver spins");
        if let Some(timeout) = timeout.filter(|_| stream.silent) {
            std::thread::sleep(timeout);
        }
        Ok(())
    }
}

/// Polls a future once.
pub(crate) fn once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future to its end, which must come within so many polls.
pub(crate) fn within<F: Future>(polls: usize, future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("still pending after {polls} polls");
}
