//! The doors that block.

use super::{WebSocket, end};
use crate::Error;
use barewire::websocket::{Close, CloseCode, Event, Session};
use barewire::{Instant, Next};
use barewire_drive::blocking::{Connection, Wire};
use std::io::ErrorKind;

impl<W: Wire<S>, S> WebSocket<Connection<W, S, Session>> {
    /// The next event; `None` once the connection is over.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] when the peer broke the protocol, a limit or a deadline, or ended without a Close;
    /// [`Error::Io`] when the stream failed. Then `None` follows. [`ErrorKind::Interrupted`](std::io::ErrorKind::Interrupted) is no end: the connection's
    /// [`Stop`](barewire_drive::Stop) was called.
    #[allow(clippy::should_implement_trait, reason = "an iterator's adapters would hide the commands")]
    pub fn next(&mut self) -> Result<Option<Event>, Error> {
        let event = self.connection.next();
        end(&self.connection, event.map_err(Error::from), None)
    }

    /// Sends a message, or whatever else an [`Event`] can be; waits as long as the peer is too slow in reading.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] after a Close, and for what can't be sent there; else when the connection is over.
    pub fn send(&mut self, event: impl Into<Event>) -> Result<(), Error> {
        self.queue(event.into())?;
        if self.has_input() && self.connection.has_event() {
            self.connection.ready()?;
        } else {
            self.connection.flush()?;
        }
        Ok(())
    }

    /// Sends everything queued.
    ///
    /// # Errors
    ///
    /// When the connection is over.
    pub fn flush(&mut self) -> Result<(), Error> {
        Ok(self.connection.flush()?)
    }

    /// Says goodbye, unless that was said already, and waits for the end: of the peer's Close, or of
    /// [`close_timeout`](barewire::websocket::ConfigBuilder::close_timeout). What the peer says until then is dropped;
    /// who wants to hear it sends an [`Event::Close`] and asks for `next` until `None`.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`](barewire::Misuse::TooLong) for a reason of more than 123 bytes; else when the peer doesn't
    /// answer, or breaks the protocol, or the stream fails.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.queue(Event::Close(Some(Close { code, reason: reason.into() })))?;
        loop {
            match self.next() {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(Error::Io(error)) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until whoever `need` names has acted, for who asks the session itself. `false` means that it is over.
    ///
    /// # Errors
    ///
    /// When the stream failed.
    pub fn wait(&mut self, need: Next<()>) -> Result<bool, Error> {
        let outcome = self.connection.wait(need);
        end(&self.connection, outcome.map_err(Error::from), false)
    }

    /// The time of the last wake, for who asks the session itself.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.connection.now()
    }
}
