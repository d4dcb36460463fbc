//! A connection whose handshake is done.

use crate::Error;
use barewire::Machine;
use barewire::websocket::handshake::Negotiated;
use barewire::websocket::{Event, Session};
use barewire_http::Carrier;
use core::fmt;
use core::ops::{Deref, DerefMut};
use std::collections::VecDeque;
use std::io::ErrorKind;

mod halves;
mod pair;
mod tasks;
mod threads;

pub use halves::{ReadHalf, WriteHalf};
pub use pair::{Reader, Share, Writer};

/// A WebSocket over a connection that is driven by a runtime or by a thread.
///
/// - **to open one**: a [`Handshake`](crate::Handshake); from within a server of HTTP, [`Upgraded`](crate::Upgraded)
/// - **to hear**: [`next`](WebSocket::next); on a runtime it is a `Stream` too
/// - **to say**: [`send`](WebSocket::send), [`flush`](WebSocket::flush); on a runtime it is a `Sink` of events too
/// - **at the end**: [`close`](WebSocket::close)
///
/// It [dereferences](Deref) to the [`Session`]: that has the commands for a message whose length isn't known yet
/// ([`start`](Session::start), [`data`](Session::data), [`end`](Session::end)) and for a [`ping`](Session::ping). They
/// only queue.
///
/// # Many messages, one write
///
/// `send` flushes, unless there is another message already that came with the one that is being answered: the replies
/// to all messages of one read leave in one write, without a thought to it. A producer that has more to send than it
/// hears says `feed` (of `SinkExt`, or [`Session::send`] by the dereference) and `flush`.
///
/// # Whoever waits for nothing
///
/// Pings are answered, timers are kept and the peer's Close is noticed in `next`: a connection that only sends should
/// hear too, in a `select!` or in a task of its own, behind `split()`.
///
/// # What is lent
///
/// [`next_ref`](Session::next_ref) and [`exchange`](Session::exchange) give messages without copying them out, and
/// [`wait`](WebSocket::wait) brings what they ask for. This is the fastest echo there is:
///
/// ```
/// use barewire::Next;
/// use barewire::websocket::{Event, Session};
/// use barewire_websocket::{Error, WebSocket};
/// # use barewire_drive::poll::{Connection, Transport};
///
/// # async fn echo<R: Transport<S>, S>(mut socket: WebSocket<Connection<R, S, Session>>) -> Result<(), Error> {
/// loop {
///     let now = socket.now();
///     let need = match socket.exchange(now) {
///         Ok(Next::Event((message @ (Event::Text(_) | Event::Binary(_)), mut peer))) => {
///             peer.send_ref(message)?;
///             if socket.queued() < 64 * 1024 {
///                 continue;
///             }
///             Next::NeedFlush // the peer is slow in reading
///         }
///         Ok(Next::Event(_)) => continue,
///         Ok(need) => need.map(drop),
///         Err(fault) => {
///             socket.wait(Next::Done).await?; // the Close frame that says why
///             return Err(fault.into());
///         }
///     };
///     if !socket.wait(need).await? {
///         return Ok(());
///     }
/// }
/// # }
/// ```
pub struct WebSocket<C> {
    connection: C,
    negotiated: Negotiated,
    /// What came while the end was waited for by somebody else.
    kept: VecDeque<Event>,
}

impl<C: Carrier<Machine = Session>> WebSocket<C> {
    /// Over a session that was opened elsewhere.
    #[must_use]
    pub fn new(connection: C, negotiated: Negotiated) -> Self {
        Self { connection, negotiated, kept: VecDeque::new() }
    }

    /// What both ends agreed on.
    #[must_use]
    pub fn negotiated(&self) -> &Negotiated {
        &self.negotiated
    }

    /// The subprotocol that both ends agreed on.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.negotiated.subprotocol.as_deref()
    }

    /// The connection.
    #[must_use]
    pub fn connection(&self) -> &C {
        &self.connection
    }

    /// The connection.
    pub fn connection_mut(&mut self) -> &mut C {
        &mut self.connection
    }

    /// Takes the two apart.
    #[must_use]
    pub fn into_parts(self) -> (C, Negotiated) {
        (self.connection, self.negotiated)
    }

    /// How many bytes wait to be sent.
    #[must_use]
    pub fn queued(&mut self) -> usize {
        self.connection.speaker().link().tx.len()
    }

    /// Whether something is there that no event was made of yet.
    fn has_input(&mut self) -> bool {
        !self.connection.speaker().link().rx.is_empty()
    }

    /// Queues an event. Whoever answers a Close as a matter of course is late by that, not wrong.
    fn queue(&mut self, event: Event) -> Result<(), Error> {
        let session = self.connection.speaker();
        if session.is_closed() && matches!(event, Event::Close(_)) {
            return Ok(());
        }
        Ok(session.send(event)?)
    }
}

/// A peer that is gone once both have closed is as good as one that ended the stream: many don't wait for the answer to
/// their Close, and its arrival resets the connection.
fn end<T>(session: &Session, outcome: Result<T, Error>, over: T) -> Result<T, Error> {
    match outcome {
        Err(Error::Io(error)) if session.is_over() && is_gone(error.kind()) => Ok(over),
        outcome => outcome,
    }
}

fn is_gone(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, WriteZero};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | WriteZero)
}

impl<C: Deref<Target = Session>> Deref for WebSocket<C> {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.connection
    }
}

impl<C: DerefMut<Target = Session>> DerefMut for WebSocket<C> {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.connection
    }
}

impl<C: fmt::Debug> fmt::Debug for WebSocket<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("connection", &self.connection)
            .field("negotiated", &self.negotiated)
            .finish_non_exhaustive()
    }
}
