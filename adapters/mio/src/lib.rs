//! barewire machines on mio: a [`Connection`] for an event loop of your own.
//!
//! The loop waits in [`mio::Poll::poll`], no longer than [`Wakes::timeout`]. Then it [`expire`]s timers, and for each token that
//! mio or [`Wakes::take`] names it asks that connection for events, until there are none. Sockets are registered for
//! reading and writing, once. `tests/real.rs` has such a loop.

use barewire_drive::poll::{self, Runtime, Transport};
use core::cell::RefCell;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use mio::Token;
use mio::net::TcpStream;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;
use std::time::Instant;

pub use barewire_drive::Error;

/// A machine on a stream. Everything that it does is documented [there](poll::Connection); of its methods, those are for
/// a loop that are polled, with a context of a [`Wakes::waker`].
pub type Connection<M> = poll::Connection<Mio, TcpStream, M>;

/// Mio, as the pump knows it.
#[derive(Clone, Copy, Debug)]
pub struct Mio;

/// Which connections have something to do although nothing came: their tokens.
#[derive(Clone, Debug, Default)]
pub struct Wakes(Arc<Mutex<BTreeSet<usize>>>);

struct One(Wakes, Token);

impl Wake for One {
    fn wake(self: Arc<Self>) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).insert(self.1.0);
    }
}

impl Wakes {
    /// The waker of the connection with this token.
    #[must_use]
    pub fn waker(&self, token: Token) -> Waker {
        Arc::new(One(self.clone(), token)).into()
    }

    /// The tokens of those that were woken since the last time.
    pub fn take(&self) -> impl Iterator<Item = Token> {
        core::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter().map(Token)
    }

    /// How long mio may wait: not at all if somebody was woken, else until this thread's first timer.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        if !self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return Some(Duration::ZERO);
        }
        let first = TIMERS.with_borrow(|timers| timers.keys().next().map(|(at, _)| *at));
        first.map(|at| at.saturating_duration_since(Instant::now()))
    }
}

thread_local! {
    static TIMERS: RefCell<BTreeMap<(Instant, u64), Waker>> = const { RefCell::new(BTreeMap::new()) };
    static NAMES: RefCell<u64> = const { RefCell::new(0) };
}

/// Wakes those connections of this thread's whose time has come.
pub fn expire() {
    let later = TIMERS.with_borrow_mut(|timers| timers.split_off(&(Instant::now() + Duration::from_nanos(1), 0)));
    let due = TIMERS.replace(later);
    due.into_values().for_each(Waker::wake);
}

/// One timer, among those of its thread.
#[derive(Debug)]
pub struct Timer(Instant, u64);

impl Drop for Timer {
    fn drop(&mut self) {
        // At the end of a thread there may be no timers any more.
        let _ = TIMERS.try_with(|timers| timers.borrow_mut().remove(&(self.0, self.1)));
    }
}

impl Runtime for Mio {
    type Timer = Timer;

    fn timer(at: Instant) -> Timer {
        Timer(
            at,
            NAMES.with_borrow_mut(|names| {
                *names += 1;
                *names
            }),
        )
    }

    fn reset(timer: &mut Timer, at: Instant) {
        TIMERS.with_borrow_mut(|timers| timers.remove(&(timer.0, timer.1)));
        timer.0 = at;
    }

    fn poll_timer(timer: &mut Timer, cx: &mut Context<'_>) -> Poll<()> {
        if timer.0 <= Instant::now() {
            return Poll::Ready(());
        }
        TIMERS.with_borrow_mut(|timers| timers.insert((timer.0, timer.1), cx.waker().clone()));
        Poll::Pending
    }
}

impl Transport<TcpStream> for Mio {
    fn poll_read(stream: &mut TcpStream, _: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        or_pending(stream.read(into))
    }

    fn poll_write(stream: &mut TcpStream, _: &mut Context<'_>, chunks: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        or_pending(stream.write_vectored(chunks))
    }

    fn poll_flush(_: &mut TcpStream, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shut(stream: &mut TcpStream, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(stream.shutdown(Shutdown::Write))
    }

    fn abort(stream: &mut TcpStream) {
        // Where the system refuses, the drop is a FIN: worse, but nothing is left to do.
        let _ = socket2::SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
    }
}

/// Mio tells the token when that may be different.
fn or_pending<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        other => Poll::Ready(other),
    }
}
