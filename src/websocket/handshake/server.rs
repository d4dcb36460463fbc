//! A server's end of a handshake, and nothing else.

use super::offer::check_with_key;
use super::{Accept, Answer, Config, Error, Key, Negotiated, Offer, Refusal};
use crate::http::{Id, RequestEvent, RequestHead, Response};
use crate::{Instant, Link, Machine, Misuse, Next, http1};
use bytes::Bytes;

/// What a [`Server`] hears.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerEvent {
    /// A client asks for a WebSocket as it must. What it offers is in [`Server::offer`]. Say
    /// [`accept`](Server::accept), [`accept_with`](Server::accept_with) or [`reject`](Server::reject).
    Request(RequestHead),
    /// It is open: take the [`Link`] for the session.
    Open(Negotiated),
}

/// The server's end of one handshake, on a connection that is for WebSocket only.
///
/// - **events**: [`next`](Machine::next)
/// - **commands**, for the one request: [`accept`](Self::accept), [`accept_with`](Self::accept_with),
///   [`reject`](Self::reject)
///
/// Between request and answer it says [`Next::NeedApp`]. What doesn't ask for a WebSocket as it must is answered by
/// itself, and is an error. In the end, [`Next::Done`] without [`ServerEvent::Open`] means that there is no WebSocket.
#[derive(Debug)]
pub struct Server {
    http: http1::Server,
    config: Config,
    state: State,
}

#[derive(Debug)]
enum State {
    /// For a request.
    Waiting,
    /// For the end of a request that has been checked.
    Checked(Id, RequestHead, Key),
    /// The application's turn.
    Asked(Id, RequestHead, Key),
    Accepted(Negotiated),
    /// All that is left is to send.
    Rejected,
    Over,
}

impl Server {
    /// On a fresh connection.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_link(Link::new(), config)
    }

    /// On a connection of which bytes have been read already.
    #[must_use]
    pub fn with_link(link: Link, config: Config) -> Self {
        let http = http1::Server::with_link(link, config.http.0.clone());
        Self { http, config, state: State::Waiting }
    }

    /// What the client offers, between the request and the answer to it.
    #[must_use]
    pub fn offer(&self) -> Option<Offer<'_>> {
        match &self.state {
            State::Asked(_, head, key) => Some(Offer::checked(head, *key)),
            _ => None,
        }
    }

    /// Opens the WebSocket as the configuration has it.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] when there is no request to answer.
    pub fn accept(&mut self) -> Result<(), Misuse> {
        self.accept_with(&Answer::new())
    }

    /// The same, with what the application has chosen.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept), and as [`Offer::accept_with`].
    pub fn accept_with(&mut self, answer: &Answer) -> Result<(), Misuse> {
        let State::Asked(id, ..) = self.state else { return Err(Misuse::OutOfTurn) };
        let offer = self.offer().ok_or(Misuse::OutOfTurn)?;
        let Accept { response, negotiated } = offer.accept_with(&self.config, answer)?;
        self.http.upgrade(id, &response)?;
        self.state = State::Accepted(negotiated);
        Ok(())
    }

    /// Answers with something else: a refusal, a place to go, a way to authenticate. Then the connection is closed.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept), and as [`http1::Server::respond`].
    pub fn reject(&mut self, response: Response, body: impl Into<Bytes>) -> Result<(), Misuse> {
        let State::Asked(id, ..) = self.state else { return Err(Misuse::OutOfTurn) };
        self.http.respond_with(id, &response.close(), body)?;
        self.state = State::Rejected;
        Ok(())
    }

    /// Takes the link, with whatever is in it: the response in front of what the session sends, and the frames that
    /// came with the request.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.http.into_link()
    }

    fn refuse(&mut self, id: Id, refusal: Refusal) -> Error {
        // It is the first request, so nothing is in the way of this.
        let _ = self.http.respond_with(id, &refusal.response().close(), "");
        self.http.link().tx.fin();
        Error::Refused(refusal)
    }

    /// What an event of HTTP means. `None`: nothing yet.
    fn event(&mut self, event: RequestEvent) -> Result<Option<ServerEvent>, Error> {
        match (event, core::mem::replace(&mut self.state, State::Over)) {
            (RequestEvent::Request { id, head, .. }, _) => {
                let (_, key) = check_with_key(&head, &self.config).map_err(|refusal| self.refuse(id, refusal))?;
                self.state = State::Checked(id, head, key);
                Ok(None)
            }
            (RequestEvent::End { .. }, State::Checked(id, head, key)) => {
                self.state = State::Asked(id, head.clone(), key);
                Ok(Some(ServerEvent::Request(head)))
            }
            (RequestEvent::Upgraded { .. }, State::Accepted(negotiated)) => Ok(Some(ServerEvent::Open(negotiated))),
            (_, before) => {
                self.state = before;
                Ok(None)
            }
        }
    }
}

impl Machine for Server {
    type Event = ServerEvent;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        self.http.link()
    }

    fn next(&mut self, now: Instant) -> Result<Next<ServerEvent>, Error> {
        loop {
            if matches!(self.state, State::Over) {
                return Ok(Next::Done);
            }
            match self.http.next(now)?.event() {
                Err(need) => return Ok(need),
                Ok(event) => {
                    if let Some(event) = self.event(event)? {
                        return Ok(Next::Event(event));
                    }
                }
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        if matches!(self.state, State::Over) { None } else { self.http.deadline() }
    }
}
