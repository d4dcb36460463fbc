//! One proxied connection.

use crate::Tokio;
use barewire::balance::relay::{Config, Relay, Summary, Way};
use barewire_drive::relay::{Watch, Wire, perform};
use core::task::{Context, Poll};
use core::time::Duration;
use socket2::SockRef;
use std::io;
use std::net::Shutdown;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

/// A socket that a relay can have at either end.
#[derive(Debug)]
#[non_exhaustive]
pub enum End {
    /// TCP.
    Tcp(TcpStream),
    /// A local stream socket.
    #[cfg(unix)]
    Unix(UnixStream),
}

impl From<TcpStream> for End {
    fn from(stream: TcpStream) -> Self {
        Self::Tcp(stream)
    }
}

#[cfg(unix)]
impl From<UnixStream> for End {
    fn from(stream: UnixStream) -> Self {
        Self::Unix(stream)
    }
}

/// Relays between two sockets until both have ended, one has broken or a deadline has passed; then closes them.
///
/// It copies. A half-close goes on as one and a reset as one, behind what was sent before it; `config` has the deadlines.
/// It may be dropped at any time, which closes both sockets.
pub async fn relay(client: impl Into<End>, backend: impl Into<End>, config: &Config) -> Summary {
    let (client, backend) = (client.into(), backend.into());
    let relay = Relay::new(&config.copying());
    barewire_drive::relay::relay::<Tokio>(&client, &backend, relay, |relay, way, op, scratch| {
        let (source, sink) = match way {
            Way::Up => (&client, &backend),
            Way::Down => (&backend, &client),
        };
        perform(relay, way, op, source, sink, scratch)
    })
    .await
}

/// The same call on either.
macro_rules! each {
    ($end:expr, $stream:ident => $call:expr) => {
        match $end {
            End::Tcp($stream) => $call,
            #[cfg(unix)]
            End::Unix($stream) => $call,
        }
    };
}

impl Wire for End {
    fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        each!(self, stream => stream.try_read(into))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        each!(self, stream => stream.try_write(bytes))
    }

    fn shutdown(&self) -> io::Result<()> {
        each!(self, stream => SockRef::from(stream).shutdown(Shutdown::Write))
    }

    #[cfg(unix)]
    fn unacknowledged(&self) -> io::Result<usize> {
        each!(self, stream => barewire_drive::relay::Fd(stream).unacknowledged())
    }

    fn reset(&self) -> io::Result<()> {
        each!(self, stream => SockRef::from(stream).set_linger(Some(Duration::ZERO)))
    }
}

impl Watch for End {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_read_ready(cx))
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_write_ready(cx))
    }
}
