//! Two threads on one connection.

use super::{Blocked, Connection, Interest, Pause, Try, Wake, Wire, judge};
use crate::pump::Goal;
use crate::{Error, Stop, Stopped, now};
use barewire::{Machine, Next};
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Waker};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake as Alert;

/// A connection on which one thread waits for events while others send.
///
/// Who waits, for input or for room, holds no lock meanwhile: that is taken only for as long as something is done. The
/// machine's own replies leave in [`next`](Self::next).
///
/// Waiting for something that another thread may bring about takes a pair of descriptors of its own.
pub struct Shared<W, S, M: Machine> {
    connection: Mutex<Connection<W, S, M>>,
    /// The same socket, to wait for it without the lock.
    stream: S,
    reader: Arc<Bell>,
    writers: Arc<Bell>,
    stop: Mutex<Option<(Stop, Stopped)>>,
}

/// Ends a wait.
#[derive(Default)]
struct Bell(Mutex<Stop>);

impl<W: Wire<S>, S: Clone, M: Machine> Shared<W, S, M> {
    /// Clones of `S` are the same socket, as those of an [`Arc`] are.
    #[must_use]
    pub fn new(mut connection: Connection<W, S, M>) -> Self {
        let (reader, writers) = (Arc::<Bell>::default(), Arc::default());
        let stop = connection.stop.take().map(|stop| {
            let mut stopped = stop.stopped();
            let bell = Waker::from(Arc::clone(&reader));
            if Pin::new(&mut stopped).poll(&mut Context::from_waker(&bell)).is_ready() {
                reader.ring();
            }
            (stop, stopped)
        });
        let stream = connection.stream.clone();
        Self { connection: Mutex::new(connection), stream, reader, writers, stop: Mutex::new(stop) }
    }

    /// The connection, for commands. What they queue leaves with [`flush`](Self::flush).
    pub fn lock(&self) -> MutexGuard<'_, Connection<W, S, M>> {
        lock(&self.connection)
    }

    /// As [`Connection::next`]. For one thread: if two call it, each event goes to one of them.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn next(&self) -> Result<Option<M::Event>, Error<M::Error>> {
        loop {
            // Whatever rings from here on is heard by the wait.
            let bell = self.reader.get();
            self.heed_stop()?;
            let outcome = self.lock().try_next();
            let pause = match outcome {
                Ok(Try::Now(Some(event))) => return Ok(Some(event)),
                Ok(Try::Wait(pause)) => pause,
                Ok(Try::Now(None)) => {
                    self.writers.ring();
                    return Ok(None);
                }
                Err(error) => {
                    self.writers.ring();
                    return Err(error);
                }
            };
            W::wait(&self.stream, pause.interest, pause.timeout, Some(&bell))?;
        }
    }

    /// Sends everything queued.
    ///
    /// # Errors
    ///
    /// As [`Connection::flush`].
    pub fn flush(&self) -> Result<(), Error<M::Error>> {
        loop {
            let bell = self.writers.get();
            let mut connection = self.lock();
            let before = connection.pump.deadline(Goal::Drain);
            let outcome = connection.try_flush();
            let after = connection.pump.deadline(Goal::Drain);
            drop(connection);
            if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
                // Who waits for events minds the deadline.
                self.reader.ring();
            }
            match outcome {
                Ok(Try::Now(true)) => return Ok(()),
                // The machine was asked, and may have had an event.
                Ok(Try::Now(false)) => self.reader.ring(),
                Ok(Try::Wait(pause)) => W::wait(&self.stream, pause.interest, pause.timeout, Some(&bell))?,
                Err(error) => {
                    self.reader.ring();
                    return Err(error);
                }
            }
        }
    }

    fn heed_stop(&self) -> io::Result<()> {
        let mut stop = lock(&self.stop);
        if stop.as_ref().is_some_and(|(stop, _)| stop.is_stopped()) {
            *stop = None;
            return Err(io::Error::new(ErrorKind::Interrupted, "told to stop"));
        }
        Ok(())
    }
}

impl<W: Wire<S>, S, M: Machine> Connection<W, S, M> {
    fn try_next(&mut self) -> Result<Try<Option<M::Event>>, Error<M::Error>> {
        self.pump.now = now();
        loop {
            let need = match self.pump.next() {
                Next::Event(event) => return Ok(Try::Now(Some(event))),
                need => Goal::from(&need),
            };
            match self.attempt(need) {
                Ok(Try::Now(Wake::Over)) => return self.pump.verdict(Ok(Try::Now(None))),
                Ok(Try::Now(_)) => {}
                Ok(Try::Wait(pause)) => return Ok(Try::Wait(pause)),
                // Who else has this connection may bring it on.
                Err(error) if error.kind() == ErrorKind::Deadlock => {
                    let timeout = self.pump.deadline(need).map(|deadline| deadline - self.pump.now);
                    return Ok(Try::Wait(Pause { interest: Interest { read: false, write: false }, timeout }));
                }
                Err(error) => return self.pump.verdict(Err(error.into())),
            }
        }
    }

    /// Whether all was sent; if not, the machine was asked what to do about the time.
    fn try_flush(&mut self) -> Result<Try<bool>, Error<M::Error>> {
        self.pump.now = now();
        self.pump.settle();
        let goal = if self.pump.is_faulty() { Goal::End } else { Goal::Below(0) };
        match self.attempt(goal) {
            Ok(Try::Wait(pause)) => Ok(Try::Wait(pause)),
            Ok(Try::Now(Wake::News)) if goal != Goal::End => Ok(Try::Now(true)),
            Ok(Try::Now(Wake::Over)) => self.pump.verdict(Err(io::Error::from(ErrorKind::BrokenPipe).into())),
            Ok(Try::Now(_)) => {
                self.tick();
                Ok(Try::Now(false))
            }
            Err(error) => self.pump.verdict(Err(error.into())),
        }
    }

    fn attempt(&mut self, goal: Goal) -> io::Result<Try<Wake>> {
        self.open()?;
        loop {
            let mut io = Blocked::<W, S> { stream: &mut self.stream, may_wait: false, wire: PhantomData };
            let turn = self.pump.turn(&mut io, goal)?;
            if let Some(outcome) = judge(&mut self.pump, turn, goal)? {
                return Ok(outcome);
            }
            self.pump.now = now();
        }
    }
}

impl<W, S: fmt::Debug, M: Machine> fmt::Debug for Shared<W, S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl Bell {
    /// What the next wait has to listen to.
    fn get(&self) -> Stop {
        let mut bell = lock(&self.0);
        if bell.is_stopped() {
            *bell = Stop::new();
        }
        bell.clone()
    }

    fn ring(&self) {
        lock(&self.0).stop();
    }
}

impl Alert for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }
}

/// A thread that panicked left the machine between two steps at worst: it is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
