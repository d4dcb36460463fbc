//! Sockets where no `poll` is: they wait in their own read timeout.

use crate::Threads;
use barewire_drive::Stop;
use barewire_drive::blocking::{Interest, PATIENCE, Wire};
use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::sync::Arc;
use std::thread;

/// How long a wait without a way to wait may take: what a deadline or a stop can be late.
const NAP: Duration = Duration::from_millis(5);

/// The kind of socket there is, and its like behind an [`Arc`].
macro_rules! wire {
    ($stream:ty) => {
        impl Wire<$stream> for Threads {
            fn open(stream: &mut $stream) -> io::Result<()> {
                stream.set_nonblocking(false)?;
                stream.set_read_timeout(Some(PATIENCE))
            }

            fn read(stream: &mut $stream, into: &mut [u8], may_wait: bool) -> io::Result<usize> {
                let stream: &TcpStream = stream;
                stream.set_nonblocking(!may_wait)?;
                (&mut &*stream).read(into)
            }

            fn write(stream: &mut $stream, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
                let stream: &TcpStream = stream;
                stream.set_nonblocking(true)?;
                (&mut &*stream).write_vectored(chunks)
            }

            fn flush(_: &mut $stream) -> io::Result<()> {
                Ok(())
            }

            fn shut(stream: &mut $stream) -> io::Result<()> {
                stream.shutdown(Shutdown::Write)
            }

            fn abort(_: &mut $stream) {}

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
wire!(Arc<TcpStream>);

/// Waits a moment, or for a stop.
pub(crate) fn wait<S>(_: S, _: Interest, timeout: Option<Duration>, stop: Option<&Stop>) -> io::Result<()> {
    let nap = timeout.unwrap_or(NAP).min(NAP);
    match stop {
        Some(stop) => drop(stop.wait(Some(nap))),
        None => thread::sleep(nap),
    }
    Ok(())
}

/// Receives a datagram if there is one.
pub(crate) fn try_recv_from(socket: &UdpSocket, into: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    socket.set_nonblocking(true)?;
    let received = socket.recv_from(into);
    socket.set_nonblocking(false)?;
    received
}
