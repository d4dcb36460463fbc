use super::{App, Echo, Gate, Sockets, WebSocket};
use barewire::http::{Body, Id, RequestEvent, RequestHead, Response};
use barewire::http1::{self, Config, Server};
use barewire::websocket::handshake::{Accept, Refusal};
use barewire::{Instant, Link, Machine, Misuse, Next, websocket};
use bytes::Bytes;
use core::convert::Infallible;
use core::fmt;
use core::time::Duration;
use std::sync::Arc;

/// A body of up to so many bytes is waited for and answered in one piece; a longer one goes back as it comes.
const WHOLE: usize = 64 * 1024;

/// What a server of HTTP is, besides HTTP: which answer to give.
pub(crate) trait Service: Send + 'static {
    fn answer(&self, head: &RequestHead<&[u8]>) -> Answer;
}

/// The answer to a request.
pub(crate) enum Answer {
    /// At once, whatever body may follow.
    Whole(&'static Response, &'static [u8]),
    /// With the request's body.
    Echo(&'static Response),
    /// To `CONNECT`: with a tunnel whose other end echoes.
    Tunnel(&'static Response),
    /// To a handshake: with a WebSocket whose other end echoes.
    WebSocket,
}

/// Answers requests on one connection.
pub(crate) struct Http<S> {
    state: State,
    service: S,
    sockets: Arc<Sockets>,
    exchange: Exchange,
    patience: Option<Duration>,
    gate: Gate,
    stopping: bool,
}

enum State {
    Http(Server),
    Tunnel(Echo),
    WebSocket(WebSocket),
}

/// What becomes of the body that is coming.
enum Exchange {
    /// Nothing: its request is answered.
    Answered,
    /// It is collected for as long as it is short.
    Collecting { response: &'static Response, announced: Body, body: Vec<u8> },
    /// It goes back as it comes.
    Streaming,
    /// It has none: a tunnel opens when its request is complete.
    Tunnel(&'static Response),
    /// And so does a WebSocket.
    WebSocket(Box<Accept>),
}

impl<S: Service> Http<S> {
    /// `patience`: how long a client may be too slow in taking what is sent.
    pub(crate) fn with_link(
        link: Link,
        config: Config,
        patience: Option<Duration>,
        service: S,
        sockets: Arc<Sockets>,
    ) -> Self {
        Self {
            state: State::Http(Server::with_link(link, config)),
            service,
            sockets,
            exchange: Exchange::Answered,
            patience,
            gate: Gate::new(patience),
            stopping: false,
        }
    }

    fn answer_next(&mut self, now: Instant) -> Result<Next<Step>, http1::Error> {
        let State::Http(server) = &mut self.state else { return Ok(Next::Done) };
        let event = match server.next_ref(now)?.event() {
            Ok(event) => event,
            Err(need) => return Ok(need),
        };
        let answered = match event {
            RequestEvent::Request { id, head, body } => {
                // What is lent ends where the server is spoken to.
                match self.service.answer(&head) {
                    Answer::WebSocket => {
                        let verdict = self.sockets.accept(&head);
                        self.exchange.begin_websocket(server, id, verdict)
                    }
                    answer => self.exchange.begin(server, id, answer, body),
                }
            }
            RequestEvent::Data { id, bytes } => {
                let piece = self.exchange.collect(bytes);
                self.exchange.go_on(server, id, piece)
            }
            RequestEvent::End { id, .. } => self.exchange.end(server, id),
            RequestEvent::Upgraded { .. } => return Ok(Next::Event(Step::Upgraded)),
            _ => Ok(()),
        };
        if answered.is_err() {
            // Nothing that a client does leads to it, but if it did: no half an answer.
            server.abort();
        }
        Ok(Next::Event(Step::Answered))
    }

    fn upgrade(&mut self) {
        let State::Http(server) = core::mem::replace(&mut self.state, State::Tunnel(Echo::new())) else { return };
        let link = server.into_link();
        self.state = match core::mem::replace(&mut self.exchange, Exchange::Answered) {
            Exchange::WebSocket(accept) => {
                let config = self.sockets.session.clone();
                State::WebSocket(WebSocket::with_link(link, &accept.negotiated, config, self.patience))
            }
            _ => State::Tunnel(Echo::with_link(link)),
        };
        if self.stopping {
            self.stop();
        }
    }
}

enum Step {
    Answered,
    Upgraded,
}

impl Exchange {
    fn begin(&mut self, server: &mut Server, id: Id, answer: Answer, announced: Body) -> Result<(), Misuse> {
        *self = match answer {
            Answer::Whole(response, body) => {
                server.respond_with(id, response, Bytes::from_static(body))?;
                Self::Answered
            }
            Answer::Echo(response) if announced == Body::Empty => {
                server.respond_with(id, response, Bytes::new())?;
                Self::Answered
            }
            Answer::Echo(response) => Self::Collecting { response, announced, body: Vec::new() },
            Answer::Tunnel(response) => Self::Tunnel(response),
            // That has a way of its own.
            Answer::WebSocket => Self::Answered,
        };
        Ok(())
    }

    fn begin_websocket(&mut self, server: &mut Server, id: Id, verdict: Result<Accept, Refusal>) -> Result<(), Misuse> {
        *self = match verdict {
            Ok(accept) => Self::WebSocket(Box::new(accept)),
            Err(refusal) => {
                server.respond_with(id, &refusal.response(), format!("{refusal}\n"))?;
                Self::Answered
            }
        };
        Ok(())
    }

    /// Takes a copy of a piece: what is to go back now, or nothing.
    fn collect(&mut self, piece: &[u8]) -> Bytes {
        match self {
            // What was only announced may never come: it is not answered early.
            Self::Collecting { body, .. } => {
                body.extend_from_slice(piece);
                if body.len() <= WHOLE { Bytes::new() } else { core::mem::take(body).into() }
            }
            Self::Streaming => Bytes::copy_from_slice(piece),
            Self::Answered | Self::Tunnel(_) | Self::WebSocket(_) => Bytes::new(),
        }
    }

    fn go_on(&mut self, server: &mut Server, id: Id, piece: Bytes) -> Result<(), Misuse> {
        if piece.is_empty() {
            return Ok(());
        }
        if let Self::Collecting { response, announced, .. } = self {
            server.respond(id, response, *announced)?;
            *self = Self::Streaming;
        }
        server.send_data(id, piece)
    }

    fn end(&mut self, server: &mut Server, id: Id) -> Result<(), Misuse> {
        match core::mem::replace(self, Self::Answered) {
            Self::Answered => Ok(()),
            Self::Collecting { response, body, .. } => server.respond_with(id, response, body),
            Self::Streaming => server.finish(id),
            Self::Tunnel(response) => server.upgrade(id, response),
            Self::WebSocket(accept) => {
                let done = server.upgrade(id, &accept.response);
                *self = Self::WebSocket(accept);
                done
            }
        }
    }
}

impl<S: Service> App for Http<S> {
    fn stop(&mut self) {
        self.stopping = true;
        match &mut self.state {
            State::Http(server) => server.shutdown(),
            State::Tunnel(echo) => echo.stop(),
            State::WebSocket(socket) => socket.stop(),
        }
    }
}

impl<S: Service> Machine for Http<S> {
    type Event = Infallible;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        match &mut self.state {
            State::Http(server) => server.link(),
            State::Tunnel(echo) => echo.link(),
            State::WebSocket(socket) => socket.link(),
        }
    }

    fn next(&mut self, now: Instant) -> Result<Next<Infallible>, Error> {
        loop {
            let tx = match &mut self.state {
                State::Http(server) => &mut server.link().tx,
                State::Tunnel(echo) => return echo.next(now).map_err(|never| match never {}),
                State::WebSocket(socket) => return socket.next(now).map_err(Error::WebSocket),
            };
            if self.gate.holds(tx, now) {
                return Ok(Next::NeedFlush);
            }
            if tx.is_aborted() {
                return Ok(Next::Done);
            }
            match self.answer_next(now).map_err(Error::Http)?.event() {
                Ok(Step::Answered) => {}
                Ok(Step::Upgraded) => self.upgrade(),
                Err(need) => return Ok(need),
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.gate.deadline().unwrap_or_else(|| match &self.state {
            State::Http(server) => server.deadline(),
            State::Tunnel(echo) => echo.deadline(),
            State::WebSocket(socket) => socket.deadline(),
        })
    }
}

/// How a client broke HTTP, or what came of it.
#[derive(Clone, Debug)]
pub(crate) enum Error {
    Http(http1::Error),
    WebSocket(websocket::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(error) => error.fmt(f),
            Self::WebSocket(error) => error.fmt(f),
        }
    }
}
