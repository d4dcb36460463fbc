//! The doors that are `async`.

use super::{WebSocket, end};
use crate::Error;
use barewire::websocket::{Close, CloseCode, Event, Session};
use barewire::{Instant, Next};
use barewire_drive::poll::{Connection, Transport};
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use futures_core::Stream;
use futures_sink::Sink;

/// How many bytes of messages a sink that closes keeps for who hears. With more, it leaves the end to them.
const KEPT: usize = 1 << 20;

impl<R: Transport<S>, S> WebSocket<Connection<R, S, Session>> {
    /// The next event; `None` once the connection is over. May be dropped at any point: nothing is lost.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] when the peer broke the protocol, a limit or a deadline, or ended without a Close;
    /// [`Error::Io`] when the stream failed. Then `None` follows.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// [`next`](Self::next), for a hand-written future.
    ///
    /// # Errors
    ///
    /// As `next`.
    pub fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Event>, Error>> {
        if let Some(event) = self.kept.pop_front() {
            return Poll::Ready(Ok(Some(event)));
        }
        let event = ready!(self.connection.poll_event(cx));
        Poll::Ready(end(&self.connection, event.map_err(Error::from), None))
    }

    /// Sends a message, or whatever else an [`Event`] can be; waits as long as the peer is too slow in reading.
    ///
    /// Once polled, it may be dropped: the message is queued, and leaves with the next `send`, `flush` or `next`.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] after a Close, and for what can't be sent there; else when the connection is over.
    pub async fn send(&mut self, event: impl Into<Event>) -> Result<(), Error> {
        self.queue(event.into())?;
        if self.has_input() && self.connection.has_event() {
            self.connection.ready().await?;
        } else {
            self.connection.flush().await?;
        }
        Ok(())
    }

    /// Sends everything queued.
    ///
    /// # Errors
    ///
    /// When the connection is over.
    pub async fn flush(&mut self) -> Result<(), Error> {
        Ok(self.connection.flush().await?)
    }

    /// Says goodbye, unless that was said already, and waits for the end: of the peer's Close, or of
    /// [`close_timeout`](barewire::websocket::ConfigBuilder::close_timeout). What the peer says until then is dropped;
    /// who wants to hear it sends an [`Event::Close`] and asks for `next` until `None`.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`](barewire::Misuse::TooLong) for a reason of more than 123 bytes; else when the peer doesn't
    /// answer, or breaks the protocol, or the stream fails.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.queue(Event::Close(Some(Close { code, reason: reason.into() })))?;
        while self.next().await?.is_some() {}
        Ok(())
    }

    /// Waits until whoever `need` names has acted, for who asks the session itself. `false` means that it is over.
    ///
    /// # Errors
    ///
    /// When the stream failed.
    pub async fn wait(&mut self, need: Next<()>) -> Result<bool, Error> {
        let outcome = self.connection.wait(need).await;
        end(&self.connection, outcome.map_err(Error::from), false)
    }

    /// The time of the last wake, for who asks the session itself.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.connection.now()
    }
}

impl<R: Transport<S>, S> Stream for WebSocket<Connection<R, S, Session>> {
    type Item = Result<Event, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_event(cx).map(Result::transpose)
    }
}

/// A Close where one was sent already is nothing, not an error: so whatever is heard can be sent back, the peer's Close
/// too.
///
/// Closing sends a Close with 1000, unless one was sent, and waits for the end as [`WebSocket::close`] does; but what the
/// peer says until then is kept for who hears.
impl<R: Transport<S>, S> Sink<Event> for WebSocket<Connection<R, S, Session>> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().connection.poll_ready(cx).map_err(Error::from)
    }

    fn start_send(self: Pin<&mut Self>, event: Event) -> Result<(), Error> {
        self.get_mut().queue(event)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.get_mut().connection.poll_flush(cx).map_err(Error::from)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.get_mut();
        this.queue(Event::Close(Some(Close { code: CloseCode::NORMAL, reason: "".into() })))?;
        while this.kept.iter().map(size).sum::<usize>() <= KEPT {
            let event = ready!(this.connection.poll_event_as_sender(cx));
            match end(&this.connection, event.map_err(Error::from), None)? {
                Some(event) => this.kept.push_back(event),
                None => return Poll::Ready(Ok(())),
            }
        }
        this.connection.poll_flush(cx).map_err(Error::from)
    }
}

fn size(event: &Event) -> usize {
    match event {
        Event::Text(text) => text.len(),
        Event::Binary(bytes) | Event::Data(bytes) | Event::Extended(_, _, bytes) => bytes.len(),
        _ => 0,
    }
    .max(size_of::<Event>())
}
