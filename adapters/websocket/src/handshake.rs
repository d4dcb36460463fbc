//! A connection on which a WebSocket is being opened.

use crate::WebSocket;
use barewire::http::RequestHead;
use barewire::websocket::handshake::{Answer, Negotiated, Offer, Server};
use barewire::websocket::{Config, Role, Session};
use barewire::{Misuse, http1};
use barewire_drive::{blocking, poll};
use barewire_http::{Carrier, Requests};
use core::fmt;

mod tasks;
mod threads;

/// The handshake of one connection.
///
/// - **a server**, over a [`handshake::Server`](barewire::websocket::handshake::Server):
///   [`accept`](Handshake::accept) at once; or look at the [`request`](Handshake::request) first, and then `accept`,
///   [`accept_with`](Handshake::accept_with) or [`reject`](Handshake::reject)
/// - **a client**, over a [`handshake::Client`](barewire::websocket::handshake::Client): [`open`](Handshake::open)
///
/// How long either may take is in the handshake's configuration.
///
/// ```
/// use barewire::http::Status;
/// use barewire::websocket::handshake::{Answer, Server};
/// use barewire::websocket::Config;
/// use barewire_websocket::{Error, Handshake, WebSocket};
/// # use barewire_drive::poll::{Connection, Transport};
/// # use barewire::websocket::Session;
///
/// # async fn chat<R: Transport<S>, S>(
/// #     connection: Connection<R, S, Server>,
/// # ) -> Result<Option<WebSocket<Connection<R, S, Session>>>, Error> {
/// let mut handshake = Handshake::new(connection);
/// let request = handshake.request().await?;
/// if request.target().path() != "/chat" {
///     handshake.reject(Status::NOT_FOUND, "no such room").await?;
///     return Ok(None);
/// }
/// let offered = handshake.offer().is_some_and(|offer| offer.subprotocols().any(|name| name == "chat.v2"));
/// let answer = if offered { Answer::new().subprotocol("chat.v2") } else { Answer::new() };
/// let socket = handshake.accept_with(&answer, Config::default()).await?;
/// # Ok(Some(socket))
/// # }
/// ```
pub struct Handshake<C> {
    connection: C,
    /// A server's, once it came.
    request: Option<RequestHead>,
}

impl<C: Carrier> Handshake<C> {
    /// On a connection that is for nothing else.
    #[must_use]
    pub fn new(connection: C) -> Self {
        Self { connection, request: None }
    }

    /// The connection, for what is known of its stream.
    #[must_use]
    pub fn connection(&self) -> &C {
        &self.connection
    }
}

impl<C: Carrier<Machine = Server>> Handshake<C> {
    /// The subprotocols and extensions that a client offers, once its [`request`](Handshake::request) came.
    #[must_use]
    pub fn offer(&mut self) -> Option<Offer<'_>> {
        self.connection.speaker().offer()
    }

    fn grant(&mut self, answer: &Answer) -> Result<(), Misuse> {
        self.connection.speaker().accept_with(answer)
    }
}

impl<C: fmt::Debug> fmt::Debug for Handshake<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake").field("connection", &self.connection).field("request", &self.request).finish()
    }
}

/// A server of HTTP of which a route is a WebSocket.
pub trait Upgraded: sealed::Sealed {
    /// Its connection, then.
    type Connection;

    /// What becomes of the connection once an exchange ended in [`upgrade`](barewire_http::Exchange::upgrade), with the
    /// response that [`handshake::accept`](barewire::websocket::handshake::accept) made; `None` if none did.
    fn into_websocket(self, granted: Option<Negotiated>, config: Config) -> Option<WebSocket<Self::Connection>>;
}

impl<R: poll::Transport<S>, S> Upgraded for Requests<poll::Connection<R, S, http1::Server>> {
    type Connection = poll::Connection<R, S, Session>;

    fn into_websocket(self, granted: Option<Negotiated>, config: Config) -> Option<WebSocket<Self::Connection>> {
        let (negotiated, connection) = (granted?, self.into_upgraded()?);
        let become_one =
            |server: http1::Server| Session::negotiated(server.into_link(), Role::Server, config, &negotiated);
        Some(WebSocket::new(connection.map_machine(become_one), negotiated))
    }
}

impl<W: blocking::Wire<S>, S> Upgraded for Requests<blocking::Connection<W, S, http1::Server>> {
    type Connection = blocking::Connection<W, S, Session>;

    fn into_websocket(self, granted: Option<Negotiated>, config: Config) -> Option<WebSocket<Self::Connection>> {
        let (negotiated, connection) = (granted?, self.into_upgraded()?);
        let become_one =
            |server: http1::Server| Session::negotiated(server.into_link(), Role::Server, config, &negotiated);
        Some(WebSocket::new(connection.map_machine(become_one), negotiated))
    }
}

mod sealed {
    use barewire_http::{Carrier, Requests};

    pub trait Sealed {}

    impl<C: Carrier<Machine = barewire::http1::Server>> Sealed for Requests<C> {}
}
