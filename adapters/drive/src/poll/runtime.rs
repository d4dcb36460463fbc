//! What the loop asks of a runtime.

use crate::{clock, pump};
use barewire::{Inbox, Instant, Outbox};
use core::future::Future;
use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};
use std::time;

/// What a runtime has besides streams: timers.
pub trait Runtime {
    /// One timer. A connection makes one when its machine first has a deadline.
    type Timer: Unpin;

    /// The time. A runtime that can be given a false clock in tests has its own.
    fn now() -> time::Instant {
        time::Instant::now()
    }

    /// A timer for `at`.
    fn timer(at: time::Instant) -> Self::Timer;

    /// Sets a timer anew.
    fn reset(timer: &mut Self::Timer, at: time::Instant);

    /// Ready when the timer's time has come.
    fn poll_timer(timer: &mut Self::Timer, cx: &mut Context<'_>) -> Poll<()>;
}

/// A [`Runtime`] that runs tasks: what [`serve`](crate::serve::serve) needs, and a connection doesn't.
pub trait Spawn: Runtime {
    /// Runs `task` beside everything else. It doesn't panic.
    fn spawn(task: impl Future<Output = ()> + Send + 'static);
}

/// The time, as machines are told it.
pub(crate) fn clock_of<R: Runtime>() -> Instant {
    clock::instant(R::now())
}

/// How a [`Runtime`] reads and writes a stream of type `S`.
pub trait Transport<S>: Runtime {
    /// Reads. `into` is initialised and not empty; 0 is the end.
    fn poll_read(stream: &mut S, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>>;
    /// Writes, from several pieces where the stream can.
    fn poll_write(stream: &mut S, cx: &mut Context<'_>, chunks: &[IoSlice<'_>]) -> Poll<io::Result<usize>>;
    /// Reads up to `want` bytes into `rx`; 0 is the end. A runtime that gives its buffers to the kernel hands over the
    /// one that came back ([`Inbox::receive`]), and nothing is copied.
    fn poll_fill(stream: &mut S, cx: &mut Context<'_>, rx: &mut Inbox, want: usize) -> Poll<io::Result<usize>> {
        pump::fill(rx, want, |spare| ready_or(Self::poll_read(stream, cx, spare)))
            .map_or_else(|end| end, |n| Poll::Ready(Ok(n)))
    }
    /// Writes from `tx`, which is not empty. A runtime that gives its buffers to the kernel takes them by
    /// [`Outbox::pop`]; then [`poll_flush`](Self::poll_flush) waits for the last of them.
    fn poll_drain(stream: &mut S, cx: &mut Context<'_>, tx: &mut Outbox) -> Poll<io::Result<usize>> {
        pump::drain(tx, |chunks| ready_or(Self::poll_write(stream, cx, chunks)))
            .map_or_else(|end| end, |n| Poll::Ready(Ok(n)))
    }
    /// Brings to the wire what the stream itself holds back.
    fn poll_flush(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// Ends the write side.
    fn poll_shut(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// Makes the coming drop of the stream a reset, where the stream knows resets.
    fn abort(stream: &mut S);
}

/// What was done, or how the poll ends without it.
fn ready_or(poll: Poll<io::Result<usize>>) -> Result<usize, Poll<io::Result<usize>>> {
    match poll {
        Poll::Ready(Ok(n)) => Ok(n),
        other => Err(other),
    }
}

/// One timer, set as seldom as possible: when a deadline moves away, as idle deadlines do with every message, it is
/// left alone, and set anew when it fires too early.
pub(crate) struct Alarm<R: Runtime> {
    timer: Option<R::Timer>,
    set_for: Instant,
}

impl<R: Runtime> Default for Alarm<R> {
    fn default() -> Self {
        Self { timer: None, set_for: Instant::FAR_FUTURE }
    }
}

impl<R: Runtime> Alarm<R> {
    /// Ready when `deadline` is due by our clock, whatever the timer says.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, deadline: Option<Instant>, now: &mut Instant) -> Poll<()> {
        let Some(deadline) = deadline else { return Poll::Pending };
        if deadline <= *now {
            return Poll::Ready(());
        }
        let Some(at) = clock::at(deadline) else { return Poll::Pending };
        loop {
            let timer = match &mut self.timer {
                Some(timer) => {
                    if deadline < self.set_for {
                        R::reset(timer, at);
                        self.set_for = deadline;
                    }
                    timer
                }
                none => {
                    self.set_for = deadline;
                    none.insert(R::timer(at))
                }
            };
            ready!(R::poll_timer(timer, cx));
            // Whatever comes next has to set it.
            self.set_for = Instant::FAR_FUTURE;
            *now = clock_of::<R>();
            if deadline <= *now {
                return Poll::Ready(());
            }
        }
    }
}
