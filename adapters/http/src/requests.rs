//! The server's side: a connection as a sequence of exchanges.

use crate::{Carrier, Error, ToResponse};
use barewire::http::{Body, Fields, Id, RequestEvent, RequestHead, Response, Status, Trailers, Version};
use barewire::http1::Server;
use barewire::{Machine, Misuse};
use barewire_drive::{Stop, Stopped};
use bytes::Bytes;
use core::fmt;

mod blocking;
mod poll;

/// The requests of one connection, one at a time and in order.
///
/// `next` gives a request's head, which is yours to keep, and the [`Exchange`] that answers it. An exchange that is
/// dropped without an answer, because its handler failed or forgot, answers for itself: with a 500, or a 413 after
/// [`collect`](Exchange::collect) found the body too long. Where the answer had been begun, the connection ends there,
/// with a reset if its end could be taken for the body's. A panic takes the connection with it.
///
/// Replies are only queued, and leave when there is no further request to be read, or the high-water mark of the
/// connection is passed: sixteen pipelined requests are answered with one write. A handler that waits for something
/// else than its client lets what is queued go with [`flush`](Exchange::flush), or waits in
/// [`meanwhile`](Exchange::meanwhile).
pub struct Requests<C: Carrier<Machine = Server>> {
    connection: C,
    open: Option<Open>,
    stop: Option<(Stop, Stopped)>,
    upgraded: bool,
    /// A reply was left in the middle: all that can follow is the end of the stream.
    broken: bool,
}

/// A request whose exchange isn't over.
struct Open {
    id: Id,
    reply: Reply,
    http10: bool,
    /// The client waits for a 100, unless it has had it by now.
    expects: bool,
    /// Once all of the body was read.
    trailers: Option<Fields>,
    /// What it is answered with if nobody does.
    verdict: Status,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reply {
    Owed,
    Begun,
    /// Begun, and the end of the connection is the end of its body.
    UntilClose,
    /// With its head: it has no body.
    Done,
}

impl<C: Carrier<Machine = Server>> Requests<C> {
    /// Over a connection that is driven by a runtime or by a thread.
    #[must_use]
    pub fn new(connection: C) -> Self {
        Self { connection, open: None, stop: None, upgraded: false, broken: false }
    }

    /// The connection, for what is known of its stream.
    #[must_use]
    pub fn connection(&self) -> &C {
        &self.connection
    }

    /// The connection, if one of its exchanges ended in [`upgrade`](Exchange::upgrade): another machine can be put on
    /// it, with the link that this one leaves. Bytes that the client sent early are still in it.
    ///
    /// ```
    /// # use barewire::{http1::Server, raw::Session};
    /// # use barewire_drive::{blocking::{Connection, Wire}};
    /// # use barewire_http::Requests;
    /// # fn tunnel<W: Wire<S>, S>(requests: Requests<Connection<W, S, Server>>) -> Option<Connection<W, S, Session>> {
    /// let connection = requests.into_upgraded()?;
    /// let tunnel = connection.map_machine(|server| Session::with_link(server.into_link()));
    /// # Some(tunnel)
    /// # }
    /// ```
    #[must_use]
    pub fn into_upgraded(self) -> Option<C> {
        self.upgraded.then_some(self.connection)
    }

    fn begin(&mut self, id: Id, head: RequestHead, body: Body) -> (RequestHead, Exchange<'_, C>) {
        self.open = Some(Open {
            id,
            reply: Reply::Owed,
            http10: head.version() == Version::Http10,
            expects: head.expects_continue(),
            trailers: None,
            verdict: Status::INTERNAL_SERVER_ERROR,
        });
        (head, Exchange { requests: self, id, body, read: 0 })
    }

    /// Tells the machine, once, that `stop` was called.
    fn heed_stop(&mut self) {
        if self.stop.as_ref().is_some_and(|(stop, _)| stop.is_stopped()) {
            self.stop = None;
            self.connection.speaker().shutdown();
        }
    }

    /// Answers what nobody answered.
    fn settle(&mut self) {
        let Some(open) = self.open.take() else { return };
        let server = self.connection.speaker();
        let settled = match open.reply {
            // Closed: the peer broke the protocol, and was told so.
            Reply::Owed => {
                let answer = server.respond(open.id, &Response::new(open.verdict), Body::Empty);
                matches!(answer, Ok(()) | Err(Misuse::Closed))
            }
            // Whoever gets half of a length, or no last chunk, knows; and those before it still get theirs.
            Reply::Begun => {
                self.broken = true;
                true
            }
            // After a fault the machine has seen to that already.
            Reply::UntilClose => server.link().tx.is_ended(),
            Reply::Done => true,
        };
        if !settled {
            server.abort();
            self.connection.reset();
        }
    }
}

impl<C: Carrier<Machine = Server> + fmt::Debug> fmt::Debug for Requests<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("connection", &self.connection).finish_non_exhaustive()
    }
}

/// One request, and the reply that is owed to it.
///
/// - **the request's body**: [`body`](Self::body), [`data`](Self::data), [`collect`](Self::collect),
///   [`trailers`](Self::trailers)
/// - **a reply in one piece**: [`respond`](Self::respond)
/// - **a reply piece by piece**: [`start`](Self::start), [`send`](Self::send), then [`finish`](Self::finish) or
///   [`finish_with`](Self::finish_with)
/// - **before it**: [`interim`](Self::interim); **instead of it**: [`upgrade`](Self::upgrade)
///
/// What ends an exchange consumes it. The rest of a body that isn't read is discarded, or the connection closed, as
/// the machine's configuration says. `HEAD`, 204 and 304 need no thought: answer as to `GET`, and what must not leave
/// doesn't. A client that waits for a 100 gets it when its body is asked for.
///
/// Each method that waits is `async` on a runtime's connection, and blocks on a thread's. Such a future may be
/// dropped: what it was given to send is queued before it first waits, and what it has not returned yet is still to be
/// had. Only `collect` takes with it what it had collected.
pub struct Exchange<'a, C: Carrier<Machine = Server>> {
    requests: &'a mut Requests<C>,
    id: Id,
    body: Body,
    /// So many bytes of the body were taken.
    read: u64,
}

impl<C: Carrier<Machine = Server>> Exchange<'_, C> {
    /// Its number on this connection.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// What the request's head says of its body.
    #[must_use]
    pub fn body(&self) -> Body {
        self.body
    }

    /// What came behind a chunked body, once all of that was read.
    #[must_use]
    pub fn trailers(&self) -> Option<&Fields> {
        self.requests.open.as_ref()?.trailers.as_ref()
    }

    /// The connection, for what is known of its stream.
    #[must_use]
    pub fn connection(&self) -> &C {
        &self.requests.connection
    }

    fn open(&mut self) -> Result<(&mut Open, &mut Server), Misuse> {
        let open = self.requests.open.as_mut().ok_or(Misuse::UnknownId)?;
        Ok((open, self.requests.connection.speaker()))
    }

    /// Whether more of the body is to be waited for.
    fn wants_data(&mut self) -> bool {
        let Some(open) = &mut self.requests.open else { return false };
        open.expects = false;
        open.trailers.is_none() && open.reply != Reply::Done
    }

    /// What an event means for the body: a piece, its end, or nothing.
    fn hear(&mut self, event: RequestEvent) -> Option<Bytes> {
        match event {
            RequestEvent::Data { id, bytes } if id == self.id => {
                self.read += bytes.len() as u64;
                Some(bytes)
            }
            RequestEvent::End { id, trailers } if id == self.id => {
                if let Some(open) = &mut self.requests.open {
                    open.trailers = Some(trailers);
                }
                None
            }
            // Of an exchange that was over before its body had been told to the end.
            _ => None,
        }
    }

    /// Has it answered with what fits the error, if nobody does better.
    fn judge(&mut self, error: Error) -> Error {
        if let Some(open) = &mut self.requests.open {
            open.verdict = error.status();
        }
        error
    }

    fn queue_whole(&mut self, response: &impl ToResponse, body: Bytes) -> Result<(), Misuse> {
        self.requests.heed_stop();
        let (open, server) = self.open()?;
        let response = response.to_response();
        if body.is_empty() {
            // Not a length of 0: to HEAD, and in a 304, that would say something of what GET would have got.
            server.respond(open.id, &response, Body::Empty)?;
        } else {
            server.respond_with(open.id, &response, body)?;
        }
        self.requests.open = None;
        Ok(())
    }

    fn queue_head(&mut self, response: &impl ToResponse, body: Body) -> Result<(), Misuse> {
        self.requests.heed_stop();
        let (open, server) = self.open()?;
        let response = response.to_response();
        if open.expects && response.status().is_success() {
            // A success ahead of the body doesn't mean that the body isn't wanted, but that is how a client that waits
            // for a 100 would take it.
            server.interim(open.id, &Response::new(Status::CONTINUE))?;
            open.expects = false;
        }
        server.respond(open.id, &response, body)?;
        open.reply = match body {
            Body::Empty => Reply::Done,
            Body::Unknown if open.http10 => Reply::UntilClose,
            _ => Reply::Begun,
        };
        Ok(())
    }

    fn queue_data(&mut self, piece: Bytes) -> Result<(), Misuse> {
        let (open, server) = self.open()?;
        match open.reply {
            Reply::Done if piece.is_empty() => Ok(()),
            Reply::Done => Err(Misuse::TooLong),
            _ => server.send_data(open.id, piece),
        }
    }

    fn queue_end(&mut self, trailers: Option<&Trailers>) -> Result<(), Misuse> {
        let (open, server) = self.open()?;
        match (open.reply, trailers) {
            (Reply::Done, _) => {}
            (_, None) => server.finish(open.id)?,
            (_, Some(trailers)) => server.finish_with(open.id, trailers)?,
        }
        self.requests.open = None;
        Ok(())
    }

    fn queue_interim(&mut self, response: &impl ToResponse) -> Result<(), Misuse> {
        let (open, server) = self.open()?;
        server.interim(open.id, &response.to_response())
    }

    fn queue_upgrade(&mut self, response: &impl ToResponse) -> Result<(), Misuse> {
        let (open, server) = self.open()?;
        server.upgrade(open.id, &response.to_response())?;
        self.requests.open = None;
        self.requests.upgraded = true;
        Ok(())
    }
}

impl<C: Carrier<Machine = Server>> Drop for Exchange<'_, C> {
    fn drop(&mut self) {
        self.requests.settle();
    }
}

impl<C: Carrier<Machine = Server>> fmt::Debug for Exchange<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("id", &self.id).field("body", &self.body).finish_non_exhaustive()
    }
}
