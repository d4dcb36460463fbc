//! One proxied connection.

use barewire::balance::relay::{Config, Interest, Ready, Relay, Side, Step, Summary, Wait, Way};
use barewire_drive::relay::{Fd, perform};
use barewire_drive::{Stop, now};
use core::time::Duration;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// Bytes of the buffer, which is there only while bytes move.
const SCRATCH: usize = 64 * 1024;

/// How long nothing must move until the buffer is freed.
const QUIET: Duration = Duration::from_millis(100);

/// Relays between two sockets, on the calling thread alone, until both have ended, one has broken, a deadline has passed
/// or `stop` is called; then closes them.
///
/// It copies. A half-close goes on as one and a reset as one, behind what was sent before it; `config` has the deadlines.
/// What is stopped is reset.
///
/// # Errors
///
/// When the sockets can't be set not to block, or waited for.
pub fn relay(client: impl AsFd, backend: impl AsFd, config: &Config, stop: Option<&Stop>) -> io::Result<Summary> {
    let mut stop = stop.map(Stop::descriptor).transpose()?;
    for socket in [client.as_fd(), backend.as_fd()] {
        ioctl_fionbio(socket, true)?;
    }
    let mut relay = Relay::new(&config.copying());
    let mut scratch = Vec::new();
    loop {
        let now = now();
        match relay.next(now) {
            Step::Do(way, op) => {
                scratch.resize(SCRATCH, 0);
                let (source, sink) = match way {
                    Way::Up => (client.as_fd(), backend.as_fd()),
                    Way::Down => (backend.as_fd(), client.as_fd()),
                };
                let result = perform(&relay, way, op, &Fd(source), &Fd(sink), &mut scratch);
                relay.done(result, &scratch);
            }
            // Nobody else has this thread.
            Step::Yield => {}
            Step::Wait(wait) => {
                let left = wait.until.map(|until| until - now);
                let patience = left.filter(|left| scratch.is_empty() || *left < QUIET);
                let patience = patience.or((!scratch.is_empty()).then_some(QUIET));
                match look(&mut relay, (client.as_fd(), backend.as_fd()), wait, patience, stop)? {
                    Seen::Ready => {}
                    Seen::Nothing => scratch = Vec::new(),
                    Seen::Stop => {
                        relay.cut();
                        stop = None;
                    }
                }
            }
            Step::Done(ended) => return Ok(relay.summary(ended)),
        }
    }
}

enum Seen {
    Ready,
    Nothing,
    Stop,
}

/// Waits, and tells the relay what is ready. A socket of which nothing is wanted isn't looked at: one that is dead would
/// be ready for ever.
fn look(
    relay: &mut Relay,
    (client, backend): (BorrowedFd<'_>, BorrowedFd<'_>),
    wait: Wait,
    patience: Option<Duration>,
    stop: Option<BorrowedFd<'_>>,
) -> io::Result<Seen> {
    let patience = patience.and_then(|patience| Timespec::try_from(patience).ok());
    let wanted = |interest: Interest| {
        let read = if interest.read { PollFlags::IN } else { PollFlags::empty() };
        read | if interest.write { PollFlags::OUT } else { PollFlags::empty() }
    };
    let sockets = [(Side::Client, client, wait.client), (Side::Backend, backend, wait.backend)];
    let watched: Vec<_> = sockets.into_iter().filter(|(_, _, interest)| *interest != Interest::default()).collect();
    let mut polled: Vec<_> =
        watched.iter().map(|(_, socket, interest)| PollFd::new(socket, wanted(*interest))).collect();
    polled.extend(stop.as_ref().map(|stop| PollFd::new(stop, PollFlags::IN)));
    match poll(&mut polled, patience.as_ref()) {
        Ok(0) => return Ok(Seen::Nothing),
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Seen::Ready),
        Err(error) => return Err(error.into()),
    }
    for ((side, _, interest), polled) in watched.iter().zip(&polled) {
        let over = polled.revents().intersects(PollFlags::HUP | PollFlags::ERR);
        let readable = interest.read && (over || polled.revents().contains(PollFlags::IN));
        let writable = interest.write && (over || polled.revents().contains(PollFlags::OUT));
        relay.ready(*side, Ready { readable, writable, ..Ready::default() });
    }
    let stopped = stop.is_some() && polled.last().is_some_and(|stop| !stop.revents().is_empty());
    Ok(if stopped { Seen::Stop } else { Seen::Ready })
}
