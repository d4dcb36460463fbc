//! Datagrams.

use super::ROUNDS;
use super::runtime::{Alarm, Runtime, clock_of};
use crate::pool;
use barewire::{Datagrams, Instant, Transmit};
use core::fmt;
use core::future::poll_fn;
use core::net::SocketAddr;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_core::Stream;
use std::io::{self, ErrorKind};

/// How many datagrams may follow each other in one turn before those that are queued get theirs.
const BATCH: usize = 64;

/// How a [`Runtime`] receives and sends through a datagram socket of type `U`.
pub trait Packets<U>: Runtime {
    /// Receives one datagram.
    fn poll_recv(socket: &U, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>>;
    /// Sends one datagram.
    fn poll_send(socket: &U, cx: &mut Context<'_>, payload: &[u8], to: SocketAddr) -> Poll<io::Result<()>>;
}

/// A [`Datagrams`] machine on a socket, driven by a runtime.
///
/// It [dereferences](Deref) to the machine, so the machine's commands are called on the socket itself. They only queue;
/// what is queued leaves when the socket next waits, in [`next`](Self::next) or [`flush`](Self::flush).
///
/// Anyone can make a send or a receive on an open socket fail, with an ICMP message. So a datagram that the system
/// doesn't take is lost, as the network might have lost it, and [counted](Self::lost); the socket goes on.
pub struct Socket<R: Runtime, U, M> {
    socket: U,
    machine: M,
    now: Instant,
    unsent: Option<Transmit<SocketAddr>>,
    lost: u64,
    alarm: Alarm<R>,
}

impl<R: Packets<U>, U, M: Datagrams<Address = SocketAddr>> Socket<R, U, M> {
    /// Puts `machine` on `socket`.
    #[must_use]
    pub fn new(socket: U, machine: M) -> Self {
        Self { socket, machine, now: clock_of::<R>(), unsent: None, lost: 0, alarm: Alarm::default() }
    }

    /// The next event. May be dropped at any point, and nothing is lost.
    ///
    /// # Errors
    ///
    /// When the socket itself failed. A refused or unreachable peer is no such failure.
    pub async fn next(&mut self) -> io::Result<M::Event> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// [`next`](Self::next), for a hand-written future.
    ///
    /// # Errors
    ///
    /// As `next`.
    pub fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<M::Event>> {
        self.now = clock_of::<R>();
        for _ in 0..ROUNDS {
            if let Some(event) = self.machine.next(self.now) {
                return Poll::Ready(Ok(event));
            }
            // Pending output doesn't keep us from receiving: the waker is registered for both.
            let _ = self.poll_flush(cx);
            if self.poll_receive(cx)?.is_ready() {
                continue;
            }
            let deadline = self.machine.deadline();
            if self.alarm.poll(cx, deadline, &mut self.now).is_pending() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Sends everything queued.
    pub async fn flush(&mut self) {
        poll_fn(|cx| self.poll_flush(cx)).await;
    }

    /// [`flush`](Self::flush), for a hand-written future.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(transmit) = self.unsent.take().or_else(|| self.machine.transmit()) {
            match R::poll_send(&self.socket, cx, &transmit.payload, transmit.to) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) if error.kind() == ErrorKind::Interrupted => self.unsent = Some(transmit),
                Poll::Ready(Err(_)) => self.lost += 1,
                Poll::Pending => {
                    self.unsent = Some(transmit);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(())
    }

    /// Takes what has come, up to a batch. Ready if that was anything.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut buffer = pool::take(pool::BULK);
        let mut outcome = Poll::Pending;
        for _ in 0..BATCH {
            match R::poll_recv(&self.socket, cx, &mut buffer) {
                Poll::Ready(Ok((n, from))) => {
                    self.machine.receive(from, &buffer[..n], self.now);
                    outcome = Poll::Ready(Ok(()));
                }
                Poll::Ready(Err(error)) if is_about_a_peer(error.kind()) => outcome = Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => {
                    outcome = Poll::Ready(Err(error));
                    break;
                }
                Poll::Pending => break,
            }
        }
        pool::give(buffer);
        outcome
    }
}

/// Whether a receive on a datagram socket failed because of an ICMP message, or a signal: the socket is well.
#[must_use]
pub fn is_about_a_peer(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Interrupted
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
    )
}

impl<R: Runtime, U, M> Socket<R, U, M> {
    /// The machine.
    #[must_use]
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The machine, for its commands.
    pub fn machine_mut(&mut self) -> &mut M {
        &mut self.machine
    }

    /// The socket.
    #[must_use]
    pub fn socket(&self) -> &U {
        &self.socket
    }

    /// How many datagrams the system refused to send.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Takes the two apart.
    #[must_use]
    pub fn into_parts(self) -> (U, M) {
        (self.socket, self.machine)
    }
}

impl<R: Runtime, U, M> Deref for Socket<R, U, M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.machine
    }
}

impl<R: Runtime, U, M> DerefMut for Socket<R, U, M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.machine
    }
}

/// Nothing in it is ever pinned: [`Packets`] work on `&U`.
impl<R: Runtime, U, M> Unpin for Socket<R, U, M> {}

impl<R: Packets<U>, U, M: Datagrams<Address = SocketAddr>> Stream for Socket<R, U, M> {
    type Item = io::Result<M::Event>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_event(cx).map(Some)
    }
}

impl<R: Runtime, U: fmt::Debug, M: fmt::Debug> fmt::Debug for Socket<R, U, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("socket", &self.socket).field("machine", &self.machine).finish()
    }
}
