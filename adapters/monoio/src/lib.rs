//! barewire machines on monoio: a [`Connection`] whose buffers the kernel is given, through io_uring.
//!
//! What was read moves into the machine's window, and what is written leaves its queue, without a copy. At most one read
//! and one write are with the kernel. Tasks stay on their thread, as monoio has it.

use barewire::{Inbox, Machine, Outbox};
use barewire_drive::poll::{self, Runtime, Transport};
use bytes::{Buf, Bytes};
use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use monoio::buf::SliceMut;
use monoio::io::{AsyncReadRent, AsyncWriteRent};
use monoio::net::TcpStream;
use monoio::time::Sleep;
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Instant;

pub use barewire_drive::Error;

/// A machine on a stream. Everything that it does is documented [there](poll::Connection).
pub type Connection<M> = poll::Connection<Monoio, Stream, M>;

/// Puts `machine` on a connected socket, with `TCP_NODELAY`: the pump coalesces by itself.
///
/// # Errors
///
/// When the system refuses.
pub fn connection<M: Machine>(socket: TcpStream, machine: M) -> io::Result<Connection<M>> {
    socket.set_nodelay(true)?;
    Ok(Connection::new(Stream::new(socket)?, machine))
}

/// Monoio, as the pump knows it.
#[derive(Clone, Copy, Debug)]
pub struct Monoio;

/// An operation that is with the kernel: it has its socket and its buffer, until it is done.
type Busy<T> = Pin<Box<dyn Future<Output = (TcpStream, io::Result<T>)>>>;

/// A socket, and what of it is with the kernel.
pub struct Stream {
    socket: std::net::TcpStream,
    reader: Option<TcpStream>,
    reading: Option<Busy<Vec<u8>>>,
    /// What the next read is given, and how much filler was at the front of the last one's.
    buffer: Vec<u8>,
    headroom: usize,
    writer: Option<TcpStream>,
    writing: Option<Busy<()>>,
    shutting: bool,
}

impl Stream {
    /// Three descriptors of one socket: to read, to write, and for what monoio has no words for. Monoio's own halves say a
    /// FIN when they are dropped, even where a reset was asked for.
    #[allow(unsafe_code, reason = "monoio's socket lends its descriptor only as a number")]
    fn new(reader: TcpStream) -> io::Result<Self> {
        // SAFETY: it is open until the end of this function, at least.
        let descriptor = unsafe { BorrowedFd::borrow_raw(reader.as_raw_fd()) };
        let socket = std::net::TcpStream::from(descriptor.try_clone_to_owned()?);
        let writer = TcpStream::from_std(socket.try_clone()?)?;
        let (reader, writer, reading, writing) = (Some(reader), Some(writer), None, None);
        Ok(Self { socket, reader, reading, buffer: Vec::new(), headroom: 0, writer, writing, shutting: false })
    }

    /// Has the socket do something more, once it has done what it was at.
    fn begin<F: Future<Output = (TcpStream, io::Result<()>)> + 'static>(&mut self, work: impl FnOnce(TcpStream) -> F) {
        self.writing = self.writer.take().map(|writer| Box::pin(work(writer)) as _);
    }

    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(writing) = &mut self.writing else { return Poll::Ready(Ok(())) };
        let (writer, outcome) = ready!(writing.as_mut().poll(cx));
        (self.writer, self.writing) = (Some(writer), None);
        Poll::Ready(outcome)
    }
}

async fn read(
    mut reader: TcpStream,
    mut buffer: Vec<u8>,
    headroom: usize,
    want: usize,
) -> (TcpStream, io::Result<Vec<u8>>) {
    buffer.resize(headroom + want, 0);
    let (outcome, slice) = reader.read(SliceMut::new(buffer, headroom, headroom + want)).await;
    let mut buffer = slice.into_inner();
    (
        reader,
        outcome.map(|n| {
            buffer.truncate(headroom + n);
            buffer
        }),
    )
}

async fn write(mut writer: TcpStream, mut chunk: Bytes) -> (TcpStream, io::Result<()>) {
    while !chunk.is_empty() {
        let (outcome, rest) = writer.write(chunk).await;
        chunk = rest;
        match outcome {
            Ok(0) => return (writer, Err(ErrorKind::WriteZero.into())),
            Ok(n) => chunk.advance(n),
            Err(error) => return (writer, Err(error)),
        }
    }
    (writer, Ok(()))
}

impl Runtime for Monoio {
    type Timer = Pin<Box<Sleep>>;

    fn timer(at: Instant) -> Self::Timer {
        Box::pin(monoio::time::sleep_until(at.into()))
    }

    fn reset(timer: &mut Self::Timer, at: Instant) {
        timer.as_mut().reset(at.into());
    }

    fn poll_timer(timer: &mut Self::Timer, cx: &mut Context<'_>) -> Poll<()> {
        timer.as_mut().poll(cx)
    }
}

impl Transport<Stream> for Monoio {
    /// Only for what is thrown away after the end: more than `into` holds is lost.
    fn poll_read(stream: &mut Stream, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut rx = Inbox::default();
        let n = ready!(Self::poll_fill(stream, cx, &mut rx, into.len()))?.min(into.len());
        into[..n].copy_from_slice(rx.take_ref(n));
        Poll::Ready(Ok(n))
    }

    fn poll_write(stream: &mut Stream, cx: &mut Context<'_>, chunks: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let mut tx = Outbox::default();
        chunks.iter().for_each(|chunk| tx.put(chunk));
        Self::poll_drain(stream, cx, &mut tx)
    }

    fn poll_fill(stream: &mut Stream, cx: &mut Context<'_>, rx: &mut Inbox, want: usize) -> Poll<io::Result<usize>> {
        if let Some(reader) = stream.reader.take() {
            stream.headroom = rx.len();
            let buffer = mem::take(&mut stream.buffer);
            stream.reading = Some(Box::pin(read(reader, buffer, stream.headroom, want)));
        }
        let Some(reading) = &mut stream.reading else { return Poll::Ready(Err(ErrorKind::Other.into())) };
        let (reader, outcome) = ready!(reading.as_mut().poll(cx));
        (stream.reader, stream.reading) = (Some(reader), None);
        let buffer = outcome?;
        let n = buffer.len() - stream.headroom;
        stream.buffer = rx.receive(buffer, stream.headroom);
        Poll::Ready(Ok(n))
    }

    fn poll_drain(stream: &mut Stream, cx: &mut Context<'_>, tx: &mut Outbox) -> Poll<io::Result<usize>> {
        ready!(stream.poll_written(cx))?;
        let Some(chunk) = tx.pop() else { return Poll::Ready(Ok(0)) };
        let n = chunk.len();
        stream.begin(|writer| write(writer, chunk));
        // It begins when it is polled; when it ends is the flush's to know.
        match stream.poll_written(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(n)),
        }
    }

    fn poll_flush(stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        stream.poll_written(cx)
    }

    fn poll_shut(stream: &mut Stream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !stream.shutting {
            ready!(stream.poll_written(cx))?;
            stream.shutting = true;
            stream.begin(|mut writer| async {
                let outcome = writer.shutdown().await;
                (writer, outcome)
            });
        }
        stream.poll_written(cx)
    }

    fn abort(stream: &mut Stream) {
        // Where the system refuses, the drop is a FIN: worse, but nothing is left to do.
        let _ = socket2::SockRef::from(&stream.socket).set_linger(Some(Duration::ZERO));
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("socket", &self.socket).finish_non_exhaustive()
    }
}
