//! The doors that block.

use super::{Exchange, Requests};
use crate::collect::Collected;
use crate::{Error, ToResponse};
use barewire::http::{Body, RequestEvent, RequestHead, Trailers};
use barewire::http1::Server;
use barewire_drive::Stop;
use barewire_drive::blocking::{Connection, Wire};
use bytes::Bytes;
use std::io::ErrorKind;

impl<W: Wire<S>, S> Requests<Connection<W, S, Server>> {
    /// Ends the connection gracefully when `stop` is called: at once if it is idle, else behind the reply that is being
    /// made, which then says `Connection: close`.
    #[must_use]
    pub fn until(mut self, stop: &Stop) -> Self {
        self.connection.set_stop(stop.clone());
        self.stop = Some((stop.clone(), stop.stopped()));
        self
    }

    /// The next request, and the exchange that answers it; `None` once the connection is over, or was
    /// [upgraded](Self::into_upgraded).
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`] when the client broke the protocol, a limit or a deadline, after it was told so;
    /// [`Error::Io`] when the stream failed. `None` follows.
    #[allow(
        clippy::type_complexity,
        clippy::should_implement_trait,
        reason = "a pair that is lent, may be missing, or fail"
    )]
    pub fn next(&mut self) -> Result<Option<(RequestHead, Exchange<'_, Connection<W, S, Server>>)>, Error> {
        self.settle();
        if self.broken {
            self.connection.hang_up()?;
            return Ok(None);
        }
        let (id, head, body) = loop {
            if self.upgraded {
                return Ok(None);
            }
            match self.event()? {
                Some(RequestEvent::Request { id, head, body }) => break (id, head, body),
                Some(_) => {}
                None => return Ok(None),
            }
        };
        Ok(Some(self.begin(id, head, body)))
    }

    fn event(&mut self) -> Result<Option<RequestEvent>, Error> {
        loop {
            self.heed_stop();
            match self.connection.next() {
                Err(barewire_drive::Error::Io(error)) if error.kind() == ErrorKind::Interrupted => {
                    self.connection.shutdown();
                }
                event => return Ok(event?),
            }
        }
    }
}

impl<W: Wire<S>, S> Exchange<'_, Connection<W, S, Server>> {
    /// The next piece of the request's body; `None` once all of it was read. Where it is cut means nothing.
    ///
    /// # Errors
    ///
    /// When the client broke the protocol, a limit or a deadline, or the stream failed: the connection is over.
    pub fn data(&mut self) -> Result<Option<Bytes>, Error> {
        while self.wants_data() {
            let event = self.requests.event()?.ok_or_else(Error::gone)?;
            if let Some(piece) = self.hear(event) {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// The request's whole body, or what is left of it.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`] when that is more than `limit` bytes; dropped then, the exchange says 413. A body that is
    /// announced to be longer is not even waited for. Else as [`data`](Self::data).
    pub fn collect(&mut self, limit: usize) -> Result<Bytes, Error> {
        let mut whole = Collected::new(self.body, self.read, limit).map_err(|error| self.judge(error))?;
        while let Some(piece) = self.data()? {
            whole.push(piece, limit).map_err(|error| self.judge(error))?;
        }
        Ok(whole.finish())
    }

    /// Responds with a whole body.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] when this can't be a response to this request, as [`Server::respond_with`] says: then it is
    /// answered with a 500. Else when the connection is over.
    pub fn respond(mut self, response: impl ToResponse, body: impl Into<Bytes>) -> Result<(), Error> {
        self.queue_whole(&response, body.into())?;
        Ok(self.requests.connection.ready()?)
    }

    /// Begins a response whose body comes piece by piece. With [`Body::Empty`] there is none.
    ///
    /// # Errors
    ///
    /// As [`respond`](Self::respond), and [`Misuse::OutOfTurn`](barewire::Misuse) the second time.
    pub fn start(&mut self, response: impl ToResponse, body: Body) -> Result<(), Error> {
        self.queue_head(&response, body)?;
        Ok(self.requests.connection.ready()?)
    }

    /// Sends a piece of the body, and waits as long as the client is too slow with those before it.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] before [`start`](Self::start), or when it is more than was announced; else when the connection
    /// is over.
    pub fn send(&mut self, piece: impl Into<Bytes>) -> Result<(), Error> {
        self.queue_data(piece.into())?;
        Ok(self.requests.connection.ready()?)
    }

    /// Ends the response's body.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooShort`](barewire::Misuse) when less was sent than was announced: then the connection ends there. Else
    /// as [`send`](Self::send).
    pub fn finish(mut self) -> Result<(), Error> {
        self.queue_end(None)?;
        Ok(self.requests.connection.ready()?)
    }

    /// Ends the response's body with trailers, for a client that takes them (see [`Server::finish_with`]).
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish), and for fields that can't be trailers.
    pub fn finish_with(mut self, trailers: &Trailers) -> Result<(), Error> {
        self.queue_end(Some(trailers))?;
        Ok(self.requests.connection.ready()?)
    }

    /// Sends an interim response, such as 103 with its links, at once. To an HTTP/1.0 client it does nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] for another status than 1xx, for 101, and behind [`start`](Self::start); else when the
    /// connection is over.
    pub fn interim(&mut self, response: impl ToResponse) -> Result<(), Error> {
        self.queue_interim(&response)?;
        self.flush()
    }

    /// Switches to another protocol: with a 101 whose `Upgrade` field says to which, or 2xx to `CONNECT`. What is left
    /// of the request's body is dropped. The connection is then [there to be taken](Requests::into_upgraded).
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] when the request asked for nothing of the kind, or the response isn't of that kind: then it is
    /// answered with a 500. Else when the connection is over.
    pub fn upgrade(mut self, response: impl ToResponse) -> Result<(), Error> {
        while self.data()?.is_some() {}
        Ok(self.queue_upgrade(&response)?)
    }

    /// Sends what is queued, replies to earlier requests included, and waits until it is on its way: before other work
    /// that takes its time.
    ///
    /// # Errors
    ///
    /// When the connection is over.
    pub fn flush(&mut self) -> Result<(), Error> {
        Ok(self.requests.connection.flush()?)
    }
}
