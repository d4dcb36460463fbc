//! Sockets that can be waited for.

use crate::Threads;
use barewire_drive::Stop;
use barewire_drive::blocking::{Interest, PATIENCE, Wire};
use core::net::SocketAddr;
use core::time::Duration;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, sendmsg, sockopt};
use std::io::{self, ErrorKind, IoSlice};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// What the two kinds of socket have in common, and their like behind an [`Arc`].
macro_rules! wire {
    ($stream:ty) => {
        impl Wire<$stream> for Threads {
            fn open(stream: &mut $stream) -> io::Result<()> {
                stream.set_read_timeout(Some(PATIENCE))
            }

            fn read(stream: &mut $stream, into: &mut [u8], may_wait: bool) -> io::Result<usize> {
                let flags = if may_wait { RecvFlags::empty() } else { RecvFlags::DONTWAIT };
                Ok(recv(stream, into, flags)?.0)
            }

            fn write(stream: &mut $stream, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
                write(stream.as_fd(), chunks)
            }

            fn flush(_: &mut $stream) -> io::Result<()> {
                Ok(())
            }

            fn shut(stream: &mut $stream) -> io::Result<()> {
                stream.shutdown(Shutdown::Write)
            }

            fn abort(stream: &mut $stream) {
                // Where the system refuses, the drop is a FIN: worse, but nothing is left to do.
                let _ = sockopt::set_socket_linger(stream, Some(Duration::ZERO));
            }

            fn wait(
                stream: &$stream,
                interest: Interest,
                timeout: Option<Duration>,
                stop: Option<&Stop>,
            ) -> io::Result<()> {
                wait(stream, interest, timeout, stop)
            }
        }
    };
}

wire!(TcpStream);
wire!(UnixStream);
wire!(Arc<TcpStream>);
wire!(Arc<UnixStream>);

fn write(socket: BorrowedFd<'_>, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
    // A peer that is gone is an error here, not a signal to the process. Apple's sockets have an option for that, and the
    // standard library sets it.
    #[cfg(not(target_vendor = "apple"))]
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    #[cfg(target_vendor = "apple")]
    let flags = SendFlags::DONTWAIT;
    Ok(match chunks {
        [one] => rustix::net::send(socket, one, flags)?,
        many => sendmsg(socket, many, &mut SendAncillaryBuffer::default(), flags)?,
    })
}

/// Waits for a socket, a time, or a stop.
pub(crate) fn wait(
    socket: impl AsFd,
    interest: Interest,
    timeout: Option<Duration>,
    stop: Option<&Stop>,
) -> io::Result<()> {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, interest.read);
    flags.set(PollFlags::OUT, interest.write);
    // `poll` counts in milliseconds where the system has no `ppoll`: rustix rounds up.
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    let stop = stop.map(Stop::descriptor).transpose()?;
    let socket = PollFd::from_borrowed_fd(socket.as_fd(), flags);
    let done = match stop {
        Some(stop) => poll(&mut [socket, PollFd::from_borrowed_fd(stop, PollFlags::IN)], timeout.as_ref()),
        None => poll(&mut [socket], timeout.as_ref()),
    };
    match done {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Receives a datagram if there is one.
pub(crate) fn try_recv_from(socket: &UdpSocket, into: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    let (n, _, from) = rustix::net::recvfrom(socket, into, RecvFlags::DONTWAIT)?;
    let from = from.and_then(|from| SocketAddr::try_from(from).ok());
    Ok((n, from.ok_or(ErrorKind::InvalidData)?))
}
