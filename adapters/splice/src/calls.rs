//! The calls that move bytes.

use barewire::Instant;
use barewire::balance::relay::{Fault, Op, Pipe, Pipes, PipesConfig, Relay, Way};
use barewire_drive::relay::{Fd, fault, perform};
use rustix::io::retry_on_intr;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_getpipe_size, fcntl_setpipe_size, pipe_with, splice};
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What a system call takes for "all there is": a length above `SSIZE_MAX` is an error.
const ALL: usize = 1 << 30;

/// What one slot of a pipe is counted as, in bytes, by those who set its size.
const SLOT: usize = 4096;

/// Both ends.
#[derive(Debug)]
pub(crate) struct Ends {
    out: OwnedFd,
    into: OwnedFd,
}

/// The pipes that a connection has at this moment.
#[derive(Debug, Default)]
pub(crate) struct Held([Option<Pipe<Ends>>; 2]);

/// Where they come from.
pub(crate) trait Pool {
    fn take(&mut self, large: bool, now: Instant) -> Option<Pipe<Ends>>;
    fn give(&mut self, pipe: Pipe<Ends>, empty: bool, now: Instant);
}

impl Pool for Pipes<Ends> {
    fn take(&mut self, large: bool, now: Instant) -> Option<Pipe<Ends>> {
        self.take(large, now, make, resize)
    }

    fn give(&mut self, pipe: Pipe<Ends>, empty: bool, now: Instant) {
        self.give(pipe, empty, now);
    }
}

impl Held {
    /// Gives them back unemptied, which is the end of them.
    pub(crate) fn abandon(&mut self, pool: &mut impl Pool, now: Instant) {
        for pipe in self.0.iter_mut().filter_map(Option::take) {
            pool.give(pipe, false, now);
        }
    }
}

/// Makes a call for a relay.
pub(crate) fn call(
    relay: &Relay,
    (way, op): (Way, Op),
    (source, sink): (BorrowedFd<'_>, BorrowedFd<'_>),
    held: &mut Held,
    pool: &mut impl Pool,
    scratch: &mut [u8],
    now: Instant,
) -> Result<usize, Fault> {
    let held = &mut held.0[way as usize];
    let ends = held.as_ref().map(Pipe::get);
    match (op, ends) {
        (Op::TakePipe { large }, None) => {
            *held = pool.take(large, now);
            if held.is_some() { Ok(0) } else { Err(Fault::Refused) }
        }
        (Op::ReturnPipe { empty }, _) => {
            if let Some(pipe) = held.take() {
                pool.give(pipe, empty, now);
            }
            Ok(0)
        }
        (Op::SpliceIn, Some(ends)) => shift(source, &ends.into, ALL),
        (Op::SpliceOut { len }, Some(ends)) => shift(&ends.out, sink, len),
        (Op::ReadPipe, Some(ends)) => {
            retry_on_intr(|| rustix::io::read(&ends.out, &mut *scratch)).map_err(|error| fault(&error.into()))
        }
        _ => perform(relay, way, op, &Fd(source), &Fd(sink), scratch),
    }
}

/// The flag is for the pipe; the sockets don't block by themselves. Never `MORE`: it holds small messages back.
fn shift(from: impl AsFd, to: impl AsFd, len: usize) -> Result<usize, Fault> {
    retry_on_intr(|| splice(&from, None, &to, None, len, SpliceFlags::NONBLOCK))
        .map_err(|error| fault(&io::Error::from(error)))
}

fn make() -> Option<(Ends, usize)> {
    let (out, into) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).ok()?;
    let size = fcntl_getpipe_size(&into).ok()?;
    Some((Ends { out, into }, size / SLOT))
}

fn resize(ends: &Ends, slots: usize) -> Option<usize> {
    fcntl_setpipe_size(&ends.into, slots * SLOT).ok()?;
    Some(fcntl_getpipe_size(&ends.into).ok()? / SLOT)
}

/// Half of the pages that this user's pipes may have, for one of so many threads.
pub(crate) fn pages_of(limits: PipesConfig, threads: usize) -> PipesConfig {
    let soft = fs::read_to_string("/proc/sys/fs/pipe-user-pages-soft").ok().and_then(|text| text.trim().parse().ok());
    match soft {
        // No limit.
        Some(0) | None => limits,
        Some(pages) => {
            let pages: usize = pages;
            PipesConfig { pages: limits.pages.min(pages / 2 / threads.max(1)), ..limits }
        }
    }
}
