//! barewire machines on tokio.
//!
//! - [`Connection`] puts a machine on any stream that reads and writes; [`connect`] makes one over TCP.
//! - [`serve`] is an accept loop with a connection limit and a graceful [`Stop`].
//! - [`Socket`] puts a datagram machine on a UDP socket.
//! - [`relay`] moves bytes between two sockets: a proxied connection.
//!
//! ```
//! use barewire::raw::{Event, Session};
//! use barewire_tokio::{Connection, Options, Stop, serve};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
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
//! # Ok(()) }
//! ```

mod relay;

use barewire::Machine;
use barewire_drive::poll::{self, Packets, Runtime, Spawn, Transport};
use core::any::Any;
use core::future::Future;
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, IoSlice};
use std::time;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use tokio::time::Sleep;

pub use barewire_drive::{Duplex, Error, Options, OptionsBuilder, OptionsError, Report, Stop, Stopped};
pub use relay::{End, relay};

/// A machine on a stream. Everything that it does is documented [there](poll::Connection).
pub type Connection<S, M> = poll::Connection<Tokio, S, M>;

/// A datagram machine on a UDP socket. Everything that it does is documented [there](poll::Socket).
pub type Socket<M> = poll::Socket<Tokio, UdpSocket, M>;

/// Tokio, as the pump knows it.
#[derive(Clone, Copy, Debug)]
pub struct Tokio;

impl Runtime for Tokio {
    type Timer = Pin<Box<Sleep>>;

    fn now() -> time::Instant {
        tokio::time::Instant::now().into_std()
    }

    fn timer(at: time::Instant) -> Self::Timer {
        Box::pin(tokio::time::sleep_until(at.into()))
    }

    fn reset(timer: &mut Self::Timer, at: time::Instant) {
        timer.as_mut().reset(at.into());
    }

    fn poll_timer(timer: &mut Self::Timer, cx: &mut Context<'_>) -> Poll<()> {
        timer.as_mut().poll(cx)
    }
}

impl Spawn for Tokio {
    fn spawn(task: impl Future<Output = ()> + Send + 'static) {
        drop(tokio::spawn(task));
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Transport<S> for Tokio {
    fn poll_read(stream: &mut S, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut into = ReadBuf::new(into);
        ready!(Pin::new(stream).poll_read(cx, &mut into))?;
        Poll::Ready(Ok(into.filled().len()))
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
        Pin::new(stream).poll_shutdown(cx)
    }

    fn abort(stream: &mut S) {
        if let Some(tcp) = (stream as &mut dyn Any).downcast_mut::<TcpStream>() {
            // Where the system refuses, the drop is a FIN: worse, but nothing is left to do.
            let _ = tcp.set_zero_linger();
        }
    }
}

impl Packets<UdpSocket> for Tokio {
    fn poll_recv(socket: &UdpSocket, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        let mut into = ReadBuf::new(into);
        let from = ready!(socket.poll_recv_from(cx, &mut into))?;
        Poll::Ready(Ok((into.filled().len(), from)))
    }

    fn poll_send(socket: &UdpSocket, cx: &mut Context<'_>, payload: &[u8], to: SocketAddr) -> Poll<io::Result<()>> {
        socket.poll_send_to(cx, payload, to).map_ok(drop)
    }
}

/// Connects over TCP, with `TCP_NODELAY`, trying each address that the name resolves to.
///
/// # Errors
///
/// When nobody answers within `timeout`, or as the system says.
pub async fn connect<M: Machine>(
    to: impl ToSocketAddrs,
    timeout: Duration,
    machine: M,
) -> io::Result<Connection<TcpStream, M>> {
    let stream = tokio::time::timeout(timeout, TcpStream::connect(to)).await??;
    stream.set_nodelay(true)?;
    Ok(Connection::new(stream, machine))
}

/// Accepts connections and runs `handler` for each in a task of its own, until `stop`; then waits for those that run,
/// and cuts them when the grace is over.
///
/// At the connection limit it stops accepting until one ends. Nothing that happens to one connection touches another: an
/// aborted one is skipped, a handler that panics ends its own, and when the system refuses (no descriptors left) the
/// loop pauses and goes on. To let running connections finish sooner, give the handler a clone of `stop`.
pub async fn serve<H, F>(listener: TcpListener, options: &Options, stop: &Stop, mut handler: H) -> Report
where
    H: FnMut(TcpStream, SocketAddr) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let accept = move |cx: &mut Context<'_>| listener.poll_accept(cx);
    let nodelay = options.nodelay();
    let handler = |(stream, peer): (TcpStream, SocketAddr)| {
        // It can fail only if the peer has gone already: the handler will see that.
        let _ = stream.set_nodelay(nodelay);
        handler(stream, peer)
    };
    barewire_drive::serve::serve::<Tokio, _, _, _>(accept, options, stop, handler).await
}
