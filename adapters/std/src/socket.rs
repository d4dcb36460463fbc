use crate::wire;
use barewire::{Datagrams, Instant};
use barewire_drive::blocking::{Interest, PATIENCE};
use barewire_drive::{Stop, is_about_a_peer, now};
use core::fmt;
use core::net::SocketAddr;
use core::ops::{Deref, DerefMut};
use std::io::{self, ErrorKind};
use std::net::UdpSocket;

/// The largest datagram.
const LARGEST: usize = 64 * 1024;

/// A [`Datagrams`] machine on a UDP socket, driven by the thread that calls it.
///
/// It [dereferences](Deref) to the machine, so the machine's commands are called on the socket itself. They only queue;
/// what is queued leaves when the socket next waits, in [`next`](Self::next) or [`flush`](Self::flush).
///
/// Anyone can make a send or a receive on an open socket fail, with an ICMP message. So a datagram that the system
/// doesn't take is lost, as the network might have lost it, and [counted](Self::lost); the socket goes on.
pub struct Socket<M> {
    socket: UdpSocket,
    machine: M,
    buffer: Vec<u8>,
    stop: Option<Stop>,
    lost: u64,
}

impl<M: Datagrams<Address = SocketAddr>> Socket<M> {
    /// Puts `machine` on `socket`.
    ///
    /// # Errors
    ///
    /// When the system refuses the socket's read timeout.
    pub fn new(socket: UdpSocket, machine: M) -> io::Result<Self> {
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { socket, machine, buffer: vec![0; LARGEST], stop: None, lost: 0 })
    }

    /// Has [`next`](Self::next) return [`ErrorKind::Interrupted`], once, when `stop` is called.
    pub fn set_stop(&mut self, stop: Stop) {
        self.stop = Some(stop);
    }

    /// The next event.
    ///
    /// # Errors
    ///
    /// When the socket itself failed; a refused or unreachable peer is no such failure. [`ErrorKind::Interrupted`] is no
    /// end: the [`Stop`] was called.
    #[allow(clippy::should_implement_trait, reason = "the same word as in the other adapters")]
    pub fn next(&mut self) -> io::Result<M::Event> {
        let mut now = now();
        loop {
            if let Some(event) = self.machine.next(now) {
                return Ok(event);
            }
            self.flush();
            if self.stop.as_ref().is_some_and(Stop::is_stopped) {
                self.stop = None;
                return Err(io::Error::new(ErrorKind::Interrupted, "told to stop"));
            }
            now = self.receive(now)?;
        }
    }

    /// Sends everything queued.
    pub fn flush(&mut self) {
        while let Some(transmit) = self.machine.transmit() {
            loop {
                match self.socket.send_to(&transmit.payload, transmit.to) {
                    Ok(_) => break,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) => {
                        self.lost += 1;
                        break;
                    }
                }
            }
        }
    }

    /// Waits for a datagram, the machine's deadline or the stop, and says what time it is then.
    fn receive(&mut self, before: Instant) -> io::Result<Instant> {
        let left = self.machine.deadline().map(|deadline| deadline - before);
        let mut received = Err(ErrorKind::WouldBlock.into());
        if left.is_none_or(|left| left >= PATIENCE) {
            received = self.socket.recv_from(&mut self.buffer);
        }
        if matches!(&received, Err(error) if is_nothing(error.kind())) {
            let left = self.machine.deadline().map(|deadline| deadline - now());
            if left.is_none_or(|left| !left.is_zero()) {
                let interest = Interest { read: true, write: false };
                wire::wait(&self.socket, interest, left, self.stop.as_ref())?;
            }
            received = wire::try_recv_from(&self.socket, &mut self.buffer);
        }
        let now = now();
        match received {
            Ok((n, from)) => self.machine.receive(from, &self.buffer[..n], now),
            Err(error) if is_nothing(error.kind()) || is_about_a_peer(error.kind()) => {}
            Err(error) => return Err(error),
        }
        Ok(now)
    }
}

/// A socket's own timeout, as each system calls it.
fn is_nothing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl<M> Socket<M> {
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
    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// How many datagrams the system refused to send.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Takes the two apart.
    #[must_use]
    pub fn into_parts(self) -> (UdpSocket, M) {
        (self.socket, self.machine)
    }
}

impl<M> Deref for Socket<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.machine
    }
}

impl<M> DerefMut for Socket<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.machine
    }
}

impl<M: fmt::Debug> fmt::Debug for Socket<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("socket", &self.socket).field("machine", &self.machine).finish()
    }
}
