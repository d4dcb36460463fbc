use crate::poll::{Connection, Transport};
use barewire::Machine;
use core::error;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_core::Stream;
use futures_sink::Sink;
use std::io::{self, ErrorKind};

/// A connection as a [`Stream`] of events and a [`Sink`] of what is sent, for machines with one kind of thing to send.
///
/// The sink takes items while no more than the high-water mark is queued, so `send_all` and `forward` apply backpressure.
/// A command that was out of place is an [`io::Error`] of kind [`InvalidInput`](ErrorKind::InvalidInput).
#[derive(Debug)]
pub struct Duplex<C, F> {
    connection: C,
    send: F,
}

impl<C, F> Duplex<C, F> {
    /// `send` is the machine's command: `|session, bytes| session.send(bytes)`.
    #[must_use]
    pub fn new(connection: C, send: F) -> Self {
        Self { connection, send }
    }

    /// The connection.
    pub fn connection_mut(&mut self) -> &mut C {
        &mut self.connection
    }

    /// The connection, alone again.
    #[must_use]
    pub fn into_inner(self) -> C {
        self.connection
    }
}

impl<C: Stream + Unpin, F: Unpin> Stream for Duplex<C, F> {
    type Item = C::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<C::Item>> {
        Pin::new(&mut self.get_mut().connection).poll_next(cx)
    }
}

impl<T, R, S, M, F, E> Sink<T> for Duplex<Connection<R, S, M>, F>
where
    R: Transport<S>,
    M: Machine,
    F: FnMut(&mut M, T) -> Result<(), E> + Unpin,
    E: Into<Box<dyn error::Error + Send + Sync>>,
{
    type Error = crate::Error<M::Error>;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.get_mut().connection.poll_ready(cx)
    }

    fn start_send(self: Pin<&mut Self>, item: T) -> Result<(), Self::Error> {
        let this = self.get_mut();
        (this.send)(this.connection.machine_mut(), item)
            .map_err(|misuse| io::Error::new(ErrorKind::InvalidInput, misuse).into())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.get_mut().connection.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.get_mut().connection.poll_hang_up(cx).map_err(Into::into)
    }
}
