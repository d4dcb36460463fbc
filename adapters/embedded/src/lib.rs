//! barewire machines over `embedded-io-async`, without std: embassy's sockets and serial lines, and whatever else speaks
//! it.
//!
//! There is no pump below: [`Connection`] drives a machine through its [`Link`], in a page. A reader and a
//! writer are given apart, as `TcpSocket::split` makes them, so that both are tried at once. Their futures must be ones
//! that lose nothing when they are dropped, as embassy's are.

#![no_std]

use barewire::{Instant, Link, Machine, Next};
use core::future::{Future, pending};
use core::time::Duration;
use embassy_futures::select::{Either3, select3};
use embedded_io_async::{Read, Write};

/// How much is read at once, unless told.
const READ: usize = 1024;

/// How long what is queued at the end may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a machine needs to know of time.
pub trait Clock {
    /// The time, since whenever the clock likes; it never runs backwards.
    fn now(&mut self) -> Instant;
    /// Waits until then.
    fn until(&mut self, deadline: Instant) -> impl Future<Output = ()>;
}

/// The clock of an embassy program.
#[cfg(feature = "embassy-time")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Embassy;

#[cfg(feature = "embassy-time")]
impl Clock for Embassy {
    fn now(&mut self) -> Instant {
        Instant::ORIGIN + Duration::from_micros(embassy_time::Instant::now().as_micros())
    }

    async fn until(&mut self, deadline: Instant) {
        // Rounded up: who wakes too early only has to wait again.
        embassy_time::Timer::at(embassy_time::Instant::from_micros(deadline.as_nanos().div_ceil(1000))).await;
    }
}

/// How a connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E, R, W> {
    /// The peer broke the protocol, a limit or a deadline. The farewell has been sent, as far as the peer took it.
    Protocol(E),
    /// Reading failed.
    Read(R),
    /// Writing failed.
    Write(W),
}

/// A machine on a reader and a writer. Its commands only queue: what is queued leaves in [`next`](Self::next).
#[derive(Debug)]
pub struct Connection<R, W, C, M> {
    reader: R,
    writer: W,
    clock: C,
    machine: M,
    read: usize,
    /// Bytes were written that the writer may hold back until it is flushed.
    dirty: bool,
}

type Failed<R, W, M> = Error<
    <M as Machine>::Error,
    <R as embedded_io_async::ErrorType>::Error,
    <W as embedded_io_async::ErrorType>::Error,
>;

impl<R: Read, W: Write, C: Clock, M: Machine> Connection<R, W, C, M> {
    /// Puts `machine` on the two. What is in its link already is used first.
    pub fn new(reader: R, writer: W, clock: C, machine: M) -> Self {
        Self { reader, writer, clock, machine, read: READ, dirty: false }
    }

    /// The machine, for its commands.
    pub fn machine(&mut self) -> &mut M {
        &mut self.machine
    }

    /// Sets how many bytes are read at once: 1 KiB unless told. So much memory a connection takes when it waits.
    pub fn set_read(&mut self, bytes: usize) {
        self.read = bytes.max(1);
    }

    /// All its parts. Whether the stream is to be ended, and how, is in the machine's link: `tx.wants_fin()`,
    /// `tx.is_aborted()`.
    pub fn into_parts(self) -> (R, W, M) {
        (self.reader, self.writer, self.machine)
    }

    /// The next event; `None` once the machine is done and what it queued has been sent: then close the stream.
    ///
    /// While the machine waits for the application it stays pending. It may be dropped at any point, and nothing is lost.
    ///
    /// # Errors
    ///
    /// Either way the connection is over, and `None` follows a fault of the peer's.
    pub async fn next(&mut self) -> Result<Option<M::Event>, Failed<R, W, M>> {
        loop {
            let fault = match self.machine.next(self.clock.now()) {
                Ok(Next::Event(event)) => return Ok(Some(event)),
                Ok(Next::NeedInput) => {
                    self.wait(self.machine.deadline(), true).await?;
                    continue;
                }
                Ok(Next::NeedFlush | Next::NeedApp) => {
                    self.wait(self.machine.deadline(), false).await?;
                    continue;
                }
                Ok(Next::Done) => None,
                Err(fault) => Some(fault),
            };
            // A peer that takes nothing doesn't hold up the end.
            let until = self.clock.now() + PATIENCE;
            while (self.dirty || !self.machine.link().tx.is_empty()) && self.clock.now() < until {
                self.wait(Some(until), false).await?;
            }
            return fault.map_or(Ok(None), |fault| Err(Error::Protocol(fault)));
        }
    }

    /// Until some bytes came or went, or it is time.
    async fn wait(&mut self, deadline: Option<Instant>, reads: bool) -> Result<(), Failed<R, W, M>> {
        let Self { reader, writer, clock, machine, read, dirty } = self;
        let Link { rx, tx } = machine.link();
        let mut chunk = [&b""[..]];
        let queued = tx.chunks(&mut chunk) > 0;
        let writing = async {
            match (queued, *dirty) {
                (true, _) => writer.write(chunk[0]).await,
                (false, true) => writer.flush().await.map(|()| 0),
                (false, false) => pending().await,
            }
        };
        let spare = rx.spare(if reads { *read } else { 0 });
        let reading = async { if reads { reader.read(spare).await } else { pending().await } };
        let timer = async { if let Some(at) = deadline { clock.until(at).await } else { pending().await } };
        match select3(writing, reading, timer).await {
            Either3::First(written) => {
                tx.advance(written.map_err(Error::Write)?);
                *dirty = queued;
            }
            Either3::Second(received) => match received.map_err(Error::Read)? {
                0 => rx.close(),
                n => rx.commit(n),
            },
            Either3::Third(()) => {}
        }
        Ok(())
    }
}
