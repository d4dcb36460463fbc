//! The doors that are `async`.

use super::Handshake;
use crate::{Error, WebSocket, client_role};
use barewire::http::{RequestHead, ResponseHead};
use barewire::websocket::handshake::{Answer, Client, ClientEvent, Server, ServerEvent};
use barewire::websocket::{Config, Role, Session};
use barewire_drive::poll::{Connection, Transport};
use barewire_http::ToResponse;
use bytes::Bytes;
use core::future::Future;

impl<R: Transport<S>, S> Handshake<Connection<R, S, Server>> {
    /// Waits for the request. May be dropped, and asked again, at any point.
    ///
    /// # Errors
    ///
    /// When the client doesn't ask as it must, or breaks a limit or a deadline: it has been told so. Or it is gone.
    pub async fn request(&mut self) -> Result<&RequestHead, Error> {
        let head = match self.request.take() {
            Some(head) => head,
            None => match self.connection.next().await?.ok_or_else(Error::gone)? {
                ServerEvent::Request(head) => head,
                _ => return Err(Error::gone()),
            },
        };
        Ok(self.request.insert(head))
    }

    /// Opens the WebSocket as the handshake's configuration has it, whatever the path.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    pub fn accept(
        mut self,
        config: Config,
    ) -> impl Future<Output = Result<WebSocket<Connection<R, S, Session>>, Error>> {
        // What waits for the handshake is larger than what waits for messages, and a task keeps room for the largest of
        // its futures as long as it lives. So it is on the heap, for as long as the handshake takes.
        Box::pin(async move {
            self.request().await?;
            self.grant(&Answer::new())?;
            self.opened(config).await
        })
    }

    /// The same, with what the application has chosen.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] for an answer that grants what wasn't asked for; else as [`request`](Self::request).
    pub fn accept_with(
        mut self,
        answer: &Answer,
        config: Config,
    ) -> impl Future<Output = Result<WebSocket<Connection<R, S, Session>>, Error>> {
        Box::pin(async move {
            self.request().await?;
            self.grant(answer)?;
            self.opened(config).await
        })
    }

    async fn opened(mut self, config: Config) -> Result<WebSocket<Connection<R, S, Session>>, Error> {
        match self.connection.next().await?.ok_or_else(Error::gone)? {
            ServerEvent::Open(negotiated) => {
                let become_one =
                    |server: Server| Session::negotiated(server.into_link(), Role::Server, config, &negotiated);
                Ok(WebSocket::new(self.connection.map_machine(become_one), negotiated))
            }
            _ => Err(Error::gone()),
        }
    }

    /// Answers with another status, and ends the connection.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] for what can't be such an answer; else as [`request`](Self::request).
    pub async fn reject(mut self, response: impl ToResponse, body: impl Into<Bytes>) -> Result<(), Error> {
        self.request().await?;
        self.connection.reject(response.to_response().into_owned(), body)?;
        while self.connection.next().await?.is_some() {}
        Ok(())
    }
}

impl<R: Transport<S>, S> Handshake<Connection<R, S, Client>> {
    /// Opens what was asked for; gives the response too, there may be a cookie in it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when the server answers with another status than 101; else when it breaks the handshake, a
    /// limit or a deadline, or is gone.
    #[allow(clippy::type_complexity, reason = "it is what any future of this crate gives, and the response")]
    pub fn open(
        mut self,
        config: Config,
    ) -> impl Future<Output = Result<(WebSocket<Connection<R, S, Session>>, ResponseHead), Error>> {
        Box::pin(async move {
            let role = client_role()?;
            match self.connection.next().await?.ok_or_else(Error::gone)? {
                ClientEvent::Open { negotiated, head } => {
                    let become_one =
                        |client: Client| Session::negotiated(client.into_link(), role, config, &negotiated);
                    Ok((WebSocket::new(self.connection.map_machine(become_one), negotiated), head))
                }
                ClientEvent::Refused(head) => Err(Error::Refused(Box::new(head))),
                _ => Err(Error::gone()),
            }
        })
    }
}
