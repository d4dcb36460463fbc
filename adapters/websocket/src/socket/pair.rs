//! Two threads, one WebSocket.

use super::{WebSocket, end};
use crate::Error;
use barewire::websocket::handshake::Negotiated;
use barewire::websocket::{Close, CloseCode, Event, Session};
use barewire_drive::blocking::{Connection, Shared, Wire};
use core::fmt;
use std::io::ErrorKind;
use std::net::TcpStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// A stream whose clones are the same stream.
pub trait Share {
    /// It, so.
    type Shared: Clone;

    /// Makes it so.
    fn share(self) -> Self::Shared;
}

impl<S> Share for Arc<S> {
    type Shared = Self;

    fn share(self) -> Self {
        self
    }
}

impl Share for TcpStream {
    type Shared = Arc<Self>;

    fn share(self) -> Arc<Self> {
        Arc::new(self)
    }
}

#[cfg(unix)]
impl Share for UnixStream {
    type Shared = Arc<Self>;

    fn share(self) -> Arc<Self> {
        Arc::new(self)
    }
}

impl<W: Wire<S> + Wire<S::Shared>, S: Share> WebSocket<Connection<W, S, Session>> {
    /// Two halves, for two threads. The socket lives as long as either.
    ///
    /// Pings are answered, and Close frames too, as long as the reader reads. Neither half keeps the other from its work:
    /// who waits holds no lock.
    #[must_use]
    #[allow(clippy::type_complexity, reason = "a pair of the same")]
    pub fn split(self) -> (Reader<W, S::Shared>, Writer<W, S::Shared>) {
        let shared = Arc::new(Shared::new(self.connection.map_stream(Share::share)));
        let writer = Writer { shared: Arc::clone(&shared) };
        (Reader { shared, negotiated: self.negotiated }, writer)
    }
}

/// The half that hears. It answers pings and Close frames.
pub struct Reader<W, S> {
    shared: Arc<Shared<W, S, Session>>,
    negotiated: Negotiated,
}

/// The half that says. Clones of it serve more threads.
pub struct Writer<W, S> {
    shared: Arc<Shared<W, S, Session>>,
}

impl<W: Wire<S>, S: Clone> Reader<W, S> {
    /// What both ends agreed on.
    #[must_use]
    pub fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// The next event; `None` once the connection is over.
    ///
    /// # Errors
    ///
    /// As [`WebSocket::next`].
    #[allow(clippy::should_implement_trait, reason = "the same word as everywhere else")]
    pub fn next(&mut self) -> Result<Option<Event>, Error> {
        let event = self.shared.next().map_err(Error::from);
        end(&self.shared.lock(), event, None)
    }
}

impl<W: Wire<S>, S: Clone> Writer<W, S> {
    /// Sends an event, and waits until it is on its way.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] after a Close, and for what can't be sent there; else when the connection is over.
    pub fn send(&self, event: impl Into<Event>) -> Result<(), Error> {
        self.feed(event)?;
        self.flush()
    }

    /// Queues an event, for many to leave in one write. It is for the writer to [`flush`](Self::flush) before too many
    /// wait.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`], as for [`send`](Self::send).
    pub fn feed(&self, event: impl Into<Event>) -> Result<(), Error> {
        Ok(self.shared.lock().send(event)?)
    }

    /// Sends everything queued.
    ///
    /// # Errors
    ///
    /// When the connection is over.
    pub fn flush(&self) -> Result<(), Error> {
        Ok(self.shared.flush()?)
    }

    /// Says goodbye, unless that was said already. The reader hears the answer, and `None`.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`](barewire::Misuse::TooLong) for a reason of more than 123 bytes; else when the connection is
    /// over.
    pub fn close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let mut connection = self.shared.lock();
        if connection.is_closed() {
            return Ok(());
        }
        connection.send(Event::Close(Some(Close { code, reason: reason.into() })))?;
        drop(connection);
        match self.flush() {
            // The peer has closed too, meanwhile.
            Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

impl<W, S> Clone for Writer<W, S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<W, S: fmt::Debug> fmt::Debug for Reader<W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("connection", &self.shared).field("negotiated", &self.negotiated).finish()
    }
}

impl<W, S: fmt::Debug> fmt::Debug for Writer<W, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("connection", &self.shared).finish()
    }
}
