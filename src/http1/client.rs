//! The client's end of an HTTP/1 connection.

use super::{Config, Error};
use crate::http::{Body, Id, Request, ResponseEvent, Trailers};
use crate::{Instant, Link, Machine, Misuse, Next};
use bytes::Bytes;

/// The client's end of one connection.
#[derive(Debug)]
pub struct Client {
    link: Link,
    #[allow(dead_code)]
    config: Config,
}

impl Client {
    /// On a fresh connection.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_link(Link::new(), config)
    }

    /// On a connection that is in use already: behind a tunnel.
    #[must_use]
    pub fn with_link(link: Link, config: Config) -> Self {
        Self { link, config }
    }

    /// As [`next`](Machine::next), but lends heads and data instead of copying them out.
    ///
    /// # Errors
    ///
    /// As [`next`](Machine::next).
    pub fn next_ref(&mut self, _now: Instant) -> Result<Next<ResponseEvent<&[u8]>>, Error> {
        unimplemented!()
    }

    /// Sends a request's head. Then, unless `body` is [`Body::Empty`], [`send_data`](Self::send_data) and
    /// [`finish`](Self::finish).
    ///
    /// The next request can follow as soon as this one is finished, without waiting for the response (pipelining).
    /// With `Expect: 100-continue`, wait for [`Continue`](ResponseEvent::Continue) before the body.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] before the last request is finished, after one that asks for another protocol, and when
    /// the limit of pipelined requests is reached; [`Misuse::Closed`] when the connection takes no more requests (use a new one);
    /// [`Misuse::Invalid`] without exactly one `Host`, for a target whose form the method doesn't allow, a body on
    /// `TRACE`, and fields that contradict the engine.
    pub fn request(&mut self, _request: &Request, _body: Body) -> Result<Id, Misuse> {
        unimplemented!()
    }

    /// Sends a request with a whole body: head and body leave together.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    pub fn request_with(&mut self, _request: &Request, _body: impl Into<Bytes>) -> Result<Id, Misuse> {
        unimplemented!()
    }

    /// Sends a piece of the request's body.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`] when it is more than was announced; [`Misuse::OutOfTurn`] while a 100 is waited for.
    pub fn send_data(&mut self, _id: Id, _bytes: impl Into<Bytes>) -> Result<(), Misuse> {
        unimplemented!()
    }

    /// Ends the request's body.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooShort`] when less was sent than was announced.
    pub fn finish(&mut self, _id: Id) -> Result<(), Misuse> {
        unimplemented!()
    }

    /// Ends the request's body with trailers, if the head announced them with `Trailer`.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish), and [`Misuse::Invalid`] for fields that can't be trailers.
    pub fn finish_with(&mut self, _id: Id, _trailers: &Trailers) -> Result<(), Misuse> {
        unimplemented!()
    }

    /// No more requests: closes when the last response is complete.
    pub fn shutdown(&mut self) {
        unimplemented!()
    }

    /// Whether a request can be sent now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        unimplemented!()
    }

    /// Takes the link, with whatever is in it.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.link
    }
}

impl Machine for Client {
    type Event = ResponseEvent;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    fn next(&mut self, _now: Instant) -> Result<Next<ResponseEvent>, Error> {
        unimplemented!()
    }
}
