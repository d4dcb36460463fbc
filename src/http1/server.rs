//! The server's end of an HTTP/1 connection.

use super::{Config, Error};
use crate::http::{Body, Id, RequestEvent, Response, Trailers};
use crate::{Instant, Link, Machine, Misuse, Next};
use bytes::Bytes;

/// The server's end of one connection.
///
/// Answers leave in the order of the requests: the first unanswered request is answered first.
#[derive(Debug)]
pub struct Server {
    link: Link,
    #[allow(dead_code)]
    config: Config,
}

impl Server {
    /// On a fresh connection.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_link(Link::new(), config)
    }

    /// On a connection of which bytes have been read already, as detection leaves it.
    #[must_use]
    pub fn with_link(link: Link, config: Config) -> Self {
        Self { link, config }
    }

    /// As [`next`](Machine::next), but lends heads and data instead of copying them out.
    ///
    /// # Errors
    ///
    /// As [`next`](Machine::next).
    pub fn next_ref(&mut self, _now: Instant) -> Result<Next<RequestEvent<&[u8]>>, Error> {
        unimplemented!()
    }

    /// Begins the final response. Then, unless `body` is [`Body::Empty`], [`send_data`](Self::send_data) and
    /// [`finish`](Self::finish); with [`Body::Empty`] it is finished.
    ///
    /// For a response to `HEAD`, and for 304, `body` is what `GET` would have: its length is announced, and nothing
    /// is sent; it is finished at once.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] before earlier requests are answered, or the second time; [`Misuse::UnknownId`];
    /// [`Misuse::Invalid`] for an interim status, one above 599, 2xx to `CONNECT` (which is
    /// [`upgrade`](Self::upgrade)), a 204 or 205 with a body, and fields that contradict the engine.
    pub fn respond(&mut self, _id: Id, _response: &Response, _body: Body) -> Result<(), Misuse> {
        unimplemented!()
    }

    /// Responds with a whole body: head and body leave together.
    ///
    /// # Errors
    ///
    /// As [`respond`](Self::respond).
    pub fn respond_with(&mut self, _id: Id, _response: &Response, _body: impl Into<Bytes>) -> Result<(), Misuse> {
        unimplemented!()
    }

    /// Sends a piece of the response's body.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`] when it is more than was announced: nothing of it is sent. [`Misuse::OutOfTurn`] before
    /// [`respond`](Self::respond).
    pub fn send_data(&mut self, _id: Id, _bytes: impl Into<Bytes>) -> Result<(), Misuse> {
        unimplemented!()
    }

    /// Ends the response's body.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooShort`] when less was sent than was announced.
    pub fn finish(&mut self, _id: Id) -> Result<(), Misuse> {
        unimplemented!()
    }

    /// Ends the response's body with trailers. They are dropped if the client didn't say `TE: trailers` and the
    /// response's head had no `Trailer` field (RFC 9110 §6.5.1), and where the body isn't chunked.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish), and [`Misuse::Invalid`] for fields that can't be trailers.
    pub fn finish_with(&mut self, _id: Id, _trailers: &Trailers) -> Result<(), Misuse> {
        unimplemented!()
    }

    /// Sends an interim response: 103 with its links, or 102. An HTTP/1.0 client is not sent any: then this does
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`Misuse::Invalid`] for another status than 1xx, or 101.
    pub fn interim(&mut self, _id: Id, _response: &Response) -> Result<(), Misuse> {
        unimplemented!()
    }

    /// Switches protocols: a 101, whose `Upgrade` field the response must have, or 2xx to `CONNECT`. The next event is
    /// [`Upgraded`](RequestEvent::Upgraded); then take the link with [`into_link`](Self::into_link).
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] before the request's `End`, or before earlier requests are answered;
    /// [`Misuse::Invalid`] when the request asked for nothing of the kind.
    pub fn upgrade(&mut self, _id: Id, _response: &Response) -> Result<(), Misuse> {
        unimplemented!()
    }

    /// Breaks off the response: the connection is reset, so that the client can't take it for complete.
    pub fn abort(&mut self) {
        unimplemented!()
    }

    /// No more requests: those that were announced are answered, the last with `Connection: close`; then the
    /// connection is closed.
    pub fn shutdown(&mut self) {
        unimplemented!()
    }

    /// Whether no exchange is open.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        unimplemented!()
    }

    /// Takes the link, with whatever is in it.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.link
    }
}

impl Machine for Server {
    type Event = RequestEvent;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    fn next(&mut self, _now: Instant) -> Result<Next<RequestEvent>, Error> {
        unimplemented!()
    }
}
