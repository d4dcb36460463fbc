//! barewire machines on smol.
//!
//! - [`Connection`] puts a machine on any stream that reads and writes; [`connect`] makes one over TCP.
//! - [`serve`] is an accept loop with a connection limit and a graceful [`Stop`].
//! - [`Socket`] puts a datagram machine on a UDP socket.
//!
//! ```
//! use barewire::raw::{Event, Session};
//! use barewire_smol::{Connection, Options, Stop, serve};
//!
//! # smol::block_on(async {
//! let listener = smol::net::TcpListener::bind("127.0.0.1:0").await?;
//! let stop = Stop::new();
//! # stop.stop();
//! serve(listener, &Options::default(), &stop, async |stream, _peer| {
//!     let mut connection = Connection::new(stream, Session::default());
//!     while let Ok(Some(event)) = connection.next().await {
//!         let _ = match event {
//!             Event::Data(bytes) => connection.send(bytes),
//!             _ => connection.close(),
//!         };
//!         if connection.ready().await.is_err() {
//!             break;
//!         }
//!     }
//! })
//! .await;
//! # std::io::Result::Ok(()) }).unwrap();
//! ```

#![allow(clippy::std_instead_of_alloc, reason = "there is no adapter without std")]

use barewire::Machine;
use barewire_drive::poll::{self, Packets, Runtime, Spawn, Transport};
use core::any::Any;
use core::future::Future;
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use smol::io::{AsyncRead, AsyncWrite};
use smol::net::{AsyncToSocketAddrs, TcpListener, TcpStream};
use smol::{Async, Timer};
use std::io::{self, ErrorKind, IoSlice};
use std::net::UdpSocket;
use std::sync::Arc;
use std::time;

pub use barewire_drive::{Duplex, Error, Options, OptionsBuilder, OptionsError, Report, Stop, Stopped};

/// A machine on a stream. Everything that it does is documented [there](poll::Connection).
pub type Connection<S, M> = poll::Connection<Smol, S, M>;

/// A datagram machine on a UDP socket. Everything that it does is documented [there](poll::Socket).
///
/// Both smol's own socket and an [`Async`] of the standard library's turn [`into`](Into) what it takes.
pub type Socket<M> = poll::Socket<Smol, Arc<Async<UdpSocket>>, M>;

/// Smol, as the pump knows it. Tasks run on its global executor.
#[derive(Clone, Copy, Debug)]
pub struct Smol;

impl Runtime for Smol {
    type Timer = Timer;

    fn timer(at: time::Instant) -> Timer {
        Timer::at(at)
    }

    fn reset(timer: &mut Timer, at: time::Instant) {
        timer.set_at(at);
    }

    fn poll_timer(timer: &mut Timer, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(timer).poll(cx).map(drop)
    }
}

impl Spawn for Smol {
    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        smol::spawn(task).detach();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Transport<S> for Smol {
    fn poll_read(stream: &mut S, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_read(cx, into)
    }

    fn poll_write(stream: &mut S, cx: &mut Context<'_>, chunks: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match chunks {
            [one] => Pin::new(stream).poll_write(cx, one),
            many => Pin::new(stream).poll_write_vectored(cx, many),
        }
    }

    fn poll_flush(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shut(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_close(cx)
    }

    fn abort(stream: &mut S) {
        if let Some(tcp) = (stream as &mut dyn Any).downcast_mut::<TcpStream>() {
            // Where the system refuses, the drop is a FIN: worse, but nothing is left to do.
            let _ = socket2::SockRef::from(&*tcp).set_linger(Some(Duration::ZERO));
        }
    }
}

impl Packets<Arc<Async<UdpSocket>>> for Smol {
    fn poll_recv(
        socket: &Arc<Async<UdpSocket>>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        loop {
            match socket.get_ref().recv_from(into) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => ready!(socket.poll_readable(cx))?,
                received => return Poll::Ready(received),
            }
        }
    }

    fn poll_send(
        socket: &Arc<Async<UdpSocket>>,
        cx: &mut Context<'_>,
        payload: &[u8],
        to: SocketAddr,
    ) -> Poll<io::Result<()>> {
        loop {
            match socket.get_ref().send_to(payload, to) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => ready!(socket.poll_writable(cx))?,
                sent => return Poll::Ready(sent.map(drop)),
            }
        }
    }
}

/// Connects over TCP, with `TCP_NODELAY`, trying each address that the name resolves to.
///
/// # Errors
///
/// When nobody answers within `timeout`, or as the system says.
pub async fn connect<M: Machine>(
    to: impl AsyncToSocketAddrs,
    timeout: Duration,
    machine: M,
) -> io::Result<Connection<TcpStream, M>> {
    let late = async {
        Timer::after(timeout).await;
        Err(ErrorKind::TimedOut.into())
    };
    let stream = smol::future::or(TcpStream::connect(to), late).await?;
    stream.set_nodelay(true)?;
    Ok(Connection::new(stream, machine))
}

/// Accepts connections and runs `handler` for each in a task of its own, until `stop`; then waits for those that run,
/// and cuts them when the grace is over.
///
/// At the connection limit it stops accepting until one ends. Nothing that happens to one connection touches another: an
/// aborted one is skipped, a handler that panics ends its own, and when the system refuses (no descriptors left) the
/// loop pauses and goes on. To let running connections finish sooner, give the handler a clone of `stop`.
///
/// The tasks run on smol's global executor, which has as many threads as the environment variable `SMOL_THREADS` says,
/// or one.
pub async fn serve<H, F>(listener: TcpListener, options: &Options, stop: &Stop, mut handler: H) -> Report
where
    H: FnMut(TcpStream, SocketAddr) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = Arc::<Async<std::net::TcpListener>>::from(listener);
    let accept = move |cx: &mut Context<'_>| loop {
        match listener.get_ref().accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => ready!(listener.poll_readable(cx))?,
            accepted => return Poll::Ready(accepted.and_then(|(stream, peer)| Ok((Async::new(stream)?, peer)))),
        }
    };
    let nodelay = options.nodelay();
    let handler = |(stream, peer): (Async<std::net::TcpStream>, SocketAddr)| {
        // It can fail only if the peer has gone already: the handler will see that.
        let _ = stream.get_ref().set_nodelay(nodelay);
        handler(stream.into(), peer)
    };
    barewire_drive::serve::serve::<Smol, _, _, _>(accept, options, stop, handler).await
}
