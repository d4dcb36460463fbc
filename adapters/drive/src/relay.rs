//! A [`Relay`] on two sockets: its calls and its waits. What happens next, it says itself.

#[cfg(unix)]
mod fd;
mod poll;

use barewire::balance::relay::{Fault, Op, Relay, Way};
use std::io::{self, ErrorKind};

#[cfg(unix)]
pub use fd::Fd;
pub use poll::{Watch, relay};

/// A socket that doesn't block, as a relay uses it.
pub trait Wire {
    /// Receives. `into` is not empty; 0 is the end.
    ///
    /// # Errors
    ///
    /// As the system says; [`ErrorKind::WouldBlock`] if there is nothing now.
    fn read(&self, into: &mut [u8]) -> io::Result<usize>;

    /// Sends, without a signal where the peer is gone.
    ///
    /// # Errors
    ///
    /// As the system says; [`ErrorKind::WouldBlock`] if there is no room now.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Ends our stream.
    ///
    /// # Errors
    ///
    /// As the system says.
    fn shutdown(&self) -> io::Result<()>;

    /// How many bytes the peer has not acknowledged.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] where nobody can tell.
    fn unacknowledged(&self) -> io::Result<usize> {
        Err(ErrorKind::InvalidInput.into())
    }

    /// Has the close be a reset.
    ///
    /// # Errors
    ///
    /// Where the socket knows no such thing.
    fn reset(&self) -> io::Result<()>;
}

/// Makes a call for a relay: any but those on pipes, of which there are none here.
///
/// # Errors
///
/// What the relay is to be told.
pub fn perform(
    relay: &Relay,
    way: Way,
    op: Op,
    source: &(impl Wire + ?Sized),
    sink: &(impl Wire + ?Sized),
    scratch: &mut [u8],
) -> Result<usize, Fault> {
    let result = loop {
        let result = match op {
            Op::Read => source.read(scratch),
            Op::Write => sink.write(relay.unsent(way, scratch)),
            Op::Shutdown => sink.shutdown().map(|()| 0),
            Op::Unacknowledged => sink.unacknowledged(),
            Op::Reset => sink.reset().map(|()| 0),
            _ => return Err(Fault::Refused),
        };
        match result {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => break other,
        }
    };
    result.map_err(|error| fault(&error))
}

/// What a system's error is to a relay.
#[must_use]
pub fn fault(error: &io::Error) -> Fault {
    match error.kind() {
        ErrorKind::WouldBlock => Fault::WouldBlock,
        ErrorKind::BrokenPipe => Fault::Closed,
        ErrorKind::InvalidInput => Fault::Invalid,
        _ => Fault::Broken,
    }
}
