//! The loop for runtimes with futures.

use crate::Error;
use crate::pump::{Goal, Io, Pump, Turn};
use barewire::{Inbox, Instant, Machine, Next, Outbox};
use core::fmt;
use core::future::poll_fn;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use futures_core::Stream;
pub(crate) use runtime::{Alarm, clock_of};
use std::io::{self, ErrorKind, IoSlice};
use wakers::{Role, Wakers};

mod runtime;
mod socket;
mod wakers;

pub use runtime::{Runtime, Spawn, Transport};
pub use socket::{Packets, Socket, is_about_a_peer};

/// How often a machine may be fed without an event before other tasks have their turn.
const ROUNDS: usize = 32;

/// A machine on a stream, driven by a runtime.
///
/// It [dereferences](Deref) to the machine, so the machine's commands are called on the connection itself:
/// `connection.send(..)`. The connection's own methods have names that no protocol uses. Commands only queue. What is queued leaves when the connection next waits, in
/// [`next`](Self::next), [`ready`](Self::ready) or [`flush`](Self::flush): many commands, one write.
///
/// Every future here may be dropped at any point, as the losing branch of a `select!` is, and nothing is lost: all
/// state is in the connection.
///
/// Behind a lock of some kind, as of `split()`, one task may wait for events and another for its output to leave: each
/// is woken for what it waits for.
pub struct Connection<R: Runtime, S, M: Machine> {
    stream: S,
    pump: Pump<M>,
    alarm: Alarm<R>,
    wakers: Wakers,
}

/// What a wait ended with.
enum Wake {
    News,
    Due,
    Over,
}

impl<R: Transport<S>, S, M: Machine> Connection<R, S, M> {
    /// Puts `machine` on `stream`. What is in the machine's link already, from an upgrade or a detection, is used first.
    #[must_use]
    pub fn new(stream: S, machine: M) -> Self {
        Self { stream, pump: Pump::new(machine, clock_of::<R>()), alarm: Alarm::default(), wakers: Wakers::default() }
    }

    /// The next event; `None` once the machine is done, and what it queued has been sent.
    ///
    /// Where the machine ended the stream, `None` comes after the FIN and a lingering close: dropping the connection
    /// then destroys nothing that is still on its way.
    ///
    /// While the machine waits for the application it stays pending: it sends what is queued and minds the deadline,
    /// and another branch of a `select!` may act.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] when the peer broke the protocol, a limit or a deadline, after the farewell was sent;
    /// [`Error::Io`] when the stream failed. Either way the connection is over, and `None` follows.
    pub async fn next(&mut self) -> Result<Option<M::Event>, Error<M::Error>> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// [`next`](Self::next), for a hand-written future.
    ///
    /// # Errors
    ///
    /// As `next`.
    #[allow(clippy::type_complexity, reason = "it is `next`'s, under a `Poll`")]
    pub fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M::Event>, Error<M::Error>>> {
        self.poll_event_as(cx, Role::Reader)
    }

    /// [`poll_event`](Self::poll_event) by the task that sends, while another may wait for events: who has said goodbye
    /// and waits for the end has to hear, and to pass on, what still comes.
    ///
    /// # Errors
    ///
    /// As `next`.
    #[allow(clippy::type_complexity, reason = "it is `next`'s, under a `Poll`")]
    pub fn poll_event_as_sender(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M::Event>, Error<M::Error>>> {
        let event = self.poll_event_as(cx, Role::Writer);
        if event.is_ready() {
            self.wakers.wake_other(Role::Writer);
        }
        event
    }

    #[allow(clippy::type_complexity, reason = "it is `next`'s, under a `Poll`")]
    fn poll_event_as(&mut self, cx: &mut Context<'_>, role: Role) -> Poll<Result<Option<M::Event>, Error<M::Error>>> {
        if let Some(event) = self.pump.ready() {
            return Poll::Ready(Ok(Some(event)));
        }
        self.pump.now = clock_of::<R>();
        for _ in 0..ROUNDS {
            let need = match self.pump.next() {
                Next::Event(event) => return Poll::Ready(Ok(Some(event))),
                need => Goal::from(&need),
            };
            match ready!(self.poll_wake(cx, role, need)) {
                Ok(Wake::News | Wake::Due) => {}
                Ok(Wake::Over) => return Poll::Ready(self.pump.verdict(Ok(None))),
                Err(error) => return Poll::Ready(self.pump.verdict(Err(error.into()))),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Waits until whoever `need` names has acted: what [`next`](Self::next) is made of.
    ///
    /// It is for callers who ask the machine themselves, with the `next_ref` that lends events instead of copying them
    /// out. `false` means that the machine is done, and the stream with it, if it was ended.
    ///
    /// ```
    /// # use barewire_drive::{Error, poll::{Connection, Transport}};
    /// use barewire::Next;
    /// use barewire::raw::{Event, Session};
    ///
    /// # async fn count<R: Transport<S>, S>(mut connection: Connection<R, S, Session>) -> std::io::Result<usize> {
    /// let mut bytes = 0;
    /// loop {
    ///     let need = match connection.next_ref() {
    ///         Next::Event(Event::Data(lent)) => {
    ///             bytes += lent.len();
    ///             continue;
    ///         }
    ///         Next::Event(_) => break,
    ///         need => need.map(drop),
    ///     };
    ///     if !connection.wait(need).await? {
    ///         break;
    ///     }
    /// }
    /// # Ok(bytes)
    /// # }
    /// ```
    ///
    /// Machines with timers are asked at [`now`](Self::now), the time of the last wake. A fault that such a call
    /// returned is the caller's to report, after waiting for [`Next::Done`] so that the farewell leaves.
    ///
    /// # Errors
    ///
    /// When the stream failed.
    pub async fn wait(&mut self, need: Next<()>) -> io::Result<bool> {
        self.pump.settle();
        let goal = Goal::from(&need);
        poll_fn(|cx| {
            self.pump.now = clock_of::<R>();
            self.poll_wake(cx, Role::Reader, goal)
        })
        .await
        .map(|wake| !matches!(wake, Wake::Over))
    }

    /// Whether there is an event already: [`next`](Self::next) would not wait for it.
    pub fn has_event(&mut self) -> bool {
        if self.pump.is_ready() {
            return true;
        }
        self.pump.now = clock_of::<R>();
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
    pub async fn ready(&mut self) -> Result<(), Error<M::Error>> {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// [`ready`](Self::ready), for a hand-written future.
    ///
    /// # Errors
    ///
    /// As `ready`.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<M::Error>>> {
        if self.pump.machine.link().tx.len() <= self.pump.high_water {
            return Poll::Ready(Ok(()));
        }
        self.poll_below(cx, self.pump.high_water.max(1))
    }

    /// Sends everything queued, without waiting for an event.
    ///
    /// # Errors
    ///
    /// As [`ready`](Self::ready).
    pub async fn flush(&mut self) -> Result<(), Error<M::Error>> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// [`flush`](Self::flush), for a hand-written future.
    ///
    /// # Errors
    ///
    /// As `flush`.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<M::Error>>> {
        self.poll_below(cx, 0)
    }

    /// Ends the connection: sends everything queued, then a FIN, and lingers: reads and discards until the peer ends
    /// its side or the linger time is over.
    ///
    /// It is the end of the stream, not of the protocol: say goodbye in the protocol's words first, where it has some.
    ///
    /// # Errors
    ///
    /// When the stream failed before everything was sent.
    pub async fn hang_up(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_hang_up(cx)).await
    }

    /// [`hang_up`](Self::hang_up), for a hand-written future.
    ///
    /// # Errors
    ///
    /// As `hang_up`.
    pub fn poll_hang_up(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pump.now = clock_of::<R>();
        self.pump.settle();
        self.pump.machine.link().tx.fin();
        loop {
            match ready!(self.poll_wake(cx, Role::Writer, Goal::End))? {
                Wake::Over => return Poll::Ready(Ok(())),
                Wake::News | Wake::Due => {}
            }
        }
    }

    fn poll_below(&mut self, cx: &mut Context<'_>, mark: usize) -> Poll<Result<(), Error<M::Error>>> {
        self.pump.now = clock_of::<R>();
        let before = self.pump.deadline(Goal::Drain);
        self.pump.settle();
        let sooner = |now: Instant| before.is_none_or(|before| now < before);
        if self.pump.deadline(Goal::Drain).is_some_and(sooner) {
            // Whoever waits for events minds the deadline.
            self.wakers.wake_other(Role::Writer);
        }
        loop {
            let goal = if self.pump.is_faulty() { Goal::End } else { Goal::Below(mark) };
            let gone = io::Error::from(ErrorKind::BrokenPipe);
            match ready!(self.poll_wake(cx, Role::Writer, goal)) {
                Ok(Wake::News) if !self.pump.is_faulty() => return Poll::Ready(Ok(())),
                Ok(Wake::Over) => return Poll::Ready(self.pump.verdict(Err(gone.into()))),
                Ok(Wake::News | Wake::Due) => {
                    self.pump.tick(&mut Polled::<R, S> { stream: &mut self.stream, cx, runtime: PhantomData });
                    self.wakers.wake_other(Role::Writer);
                }
                Err(error) => return Poll::Ready(self.pump.verdict(Err(error.into()))),
            }
        }
    }

    fn poll_wake(&mut self, cx: &mut Context<'_>, role: Role, goal: Goal) -> Poll<io::Result<Wake>> {
        let both = self.wakers.both(role, cx.waker());
        let wake = match &both {
            None => self.poll_turn(cx, goal),
            Some(both) => self.poll_turn(&mut Context::from_waker(both), goal),
        };
        self.wakers.note(role, cx.waker(), wake.is_pending());
        if matches!(wake, Poll::Ready(Ok(Wake::Over) | Err(_))) {
            self.wakers.wake_other(role);
        }
        wake
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>, goal: Goal) -> Poll<io::Result<Wake>> {
        let mut io = Polled::<R, S> { stream: &mut self.stream, cx, runtime: PhantomData };
        match self.pump.turn(&mut io, goal)? {
            Turn::News => Poll::Ready(Ok(Wake::News)),
            Turn::Over => Poll::Ready(Ok(Wake::Over)),
            Turn::Again => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Turn::Wait => {
                let deadline = self.pump.deadline(goal);
                ready!(self.alarm.poll(cx, deadline, &mut self.pump.now));
                Poll::Ready(Ok(Wake::Due))
            }
        }
    }
}

impl<R: Runtime, S, M: Machine> Connection<R, S, M> {
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

    /// Puts another machine on the same stream: an upgrade moves the link from one to the other.
    ///
    /// Events that [`ready`](Self::ready) and [`flush`](Self::flush) kept for [`next`](Self::next) go with the old machine.
    #[must_use]
    pub fn map_machine<N: Machine>(self, change: impl FnOnce(M) -> N) -> Connection<R, S, N> {
        Connection { stream: self.stream, pump: self.pump.with_machine(change), alarm: self.alarm, wakers: self.wakers }
    }
}

impl<R: Runtime, S, M: Machine> Deref for Connection<R, S, M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.pump.machine
    }
}

impl<R: Runtime, S, M: Machine> DerefMut for Connection<R, S, M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.pump.machine
    }
}

/// Nothing in it is ever pinned: a [`Transport`] works on `&mut S`.
impl<R: Runtime, S, M: Machine> Unpin for Connection<R, S, M> {}

impl<R: Transport<S>, S, M: Machine> Stream for Connection<R, S, M> {
    type Item = Result<M::Event, Error<M::Error>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_event(cx).map(Result::transpose)
    }
}

impl<R: Runtime, S: fmt::Debug, M: Machine + fmt::Debug> fmt::Debug for Connection<R, S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("stream", &self.stream).field("machine", &self.pump.machine).finish()
    }
}

struct Polled<'a, 'c, R, S> {
    stream: &'a mut S,
    cx: &'a mut Context<'c>,
    runtime: PhantomData<R>,
}

impl<R: Transport<S>, S> Io for Polled<'_, '_, R, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        or_would_block(R::poll_read(self.stream, self.cx, into))
    }

    fn write(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        or_would_block(R::poll_write(self.stream, self.cx, chunks))
    }

    fn fill(&mut self, rx: &mut Inbox, want: usize) -> io::Result<usize> {
        or_would_block(R::poll_fill(self.stream, self.cx, rx, want))
    }

    fn drain(&mut self, tx: &mut Outbox) -> io::Result<usize> {
        or_would_block(R::poll_drain(self.stream, self.cx, tx))
    }

    fn flush(&mut self) -> io::Result<()> {
        or_would_block(R::poll_flush(self.stream, self.cx))
    }

    fn shut(&mut self) -> io::Result<()> {
        or_would_block(R::poll_shut(self.stream, self.cx))
    }

    fn reset(&mut self) {
        R::abort(self.stream);
    }
}

/// A stream that is pending has taken note of the waker: an `io::Error` without a heap behind it says the same.
fn or_would_block<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}
