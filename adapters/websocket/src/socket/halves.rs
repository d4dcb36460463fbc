//! Two tasks, one WebSocket.

use super::WebSocket;
use crate::Error;
use barewire::websocket::{Event, Session};
use barewire_drive::poll::{Connection, Transport};
use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_core::Stream;
use futures_sink::Sink;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

impl<R: Transport<S>, S> WebSocket<Connection<R, S, Session>> {
    /// Two halves, for two tasks, which are each woken for what they wait for. Whoever waits holds no lock.
    ///
    /// It is in the place of `StreamExt::split`, whose sink keeps an item back until it is next polled: what answers the
    /// peer's last message would come too late if a Close is behind that.
    #[must_use]
    #[allow(clippy::type_complexity, reason = "a pair of the same")]
    pub fn split(self) -> (WriteHalf<Connection<R, S, Session>>, ReadHalf<Connection<R, S, Session>>) {
        let shared = Arc::new(Mutex::new(self));
        (WriteHalf(Arc::clone(&shared)), ReadHalf(shared))
    }
}

/// The half that hears: a `Stream`. It answers pings and Close frames.
pub struct ReadHalf<C>(Arc<Mutex<WebSocket<C>>>);

/// The half that says: a `Sink`.
pub struct WriteHalf<C>(Arc<Mutex<WebSocket<C>>>);

impl<R: Transport<S>, S> ReadHalf<Connection<R, S, Session>> {
    /// As [`WebSocket::next`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        poll_fn(|cx| lock(&self.0).poll_event(cx)).await
    }

    /// The whole again.
    ///
    /// # Errors
    ///
    /// Both, where they are of different sockets.
    #[allow(clippy::type_complexity, reason = "the pair of `split`")]
    pub fn reunite(
        self,
        other: WriteHalf<Connection<R, S, Session>>,
    ) -> Result<WebSocket<Connection<R, S, Session>>, (WriteHalf<Connection<R, S, Session>>, Self)> {
        if !Arc::ptr_eq(&self.0, &other.0) {
            return Err((other, self));
        }
        drop(other);
        match Arc::try_unwrap(self.0) {
            Ok(socket) => Ok(socket.into_inner().unwrap_or_else(PoisonError::into_inner)),
            // There are never more than two.
            Err(shared) => Err((WriteHalf(Arc::clone(&shared)), Self(shared))),
        }
    }
}

impl<R: Transport<S>, S> WriteHalf<Connection<R, S, Session>> {
    /// Sends a message, or whatever else an [`Event`] can be, and waits until it is on its way. Once polled, it may be
    /// dropped: the message is queued, and leaves when either half is next polled.
    ///
    /// # Errors
    ///
    /// As [`WebSocket::send`].
    pub async fn send(&mut self, event: impl Into<Event>) -> Result<(), Error> {
        lock(&self.0).queue(event.into())?;
        self.flush().await
    }

    /// Sends everything queued.
    ///
    /// # Errors
    ///
    /// When the connection is over.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| Pin::new(&mut *lock(&self.0)).poll_flush(cx)).await
    }
}

impl<R: Transport<S>, S> Stream for ReadHalf<Connection<R, S, Session>> {
    type Item = Result<Event, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        lock(&self.0).poll_event(cx).map(Result::transpose)
    }
}

impl<R: Transport<S>, S> Sink<Event> for WriteHalf<Connection<R, S, Session>> {
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *lock(&self.0)).poll_ready(cx)
    }

    fn start_send(self: Pin<&mut Self>, event: Event) -> Result<(), Error> {
        lock(&self.0).queue(event)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *lock(&self.0)).poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut *lock(&self.0)).poll_close(cx)
    }
}

/// A task that panicked left the session between two steps at worst: it is sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<C: fmt::Debug> fmt::Debug for ReadHalf<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadHalf").field(&self.0).finish()
    }
}

impl<C: fmt::Debug> fmt::Debug for WriteHalf<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WriteHalf").field(&self.0).finish()
    }
}
