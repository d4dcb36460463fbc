//! The server's end of an HTTP/1 connection.

use super::body::{BodyReader, BodyWriter, Line};
use super::clock::Clock;
use super::{Config, Error, head, reply};
use crate::http::{Body, FieldIndex, Id, RequestEvent, RequestHead, Response, Status, Trailers};
use crate::{Instant, Link, Machine, Misuse, Next};
use alloc::collections::VecDeque;
use bytes::Bytes;

mod reading;
mod writing;

/// The server's end of one connection.
///
/// - **events**: [`next`](Machine::next), [`next_ref`](Self::next_ref)
/// - **commands** for the first unanswered request: [`respond`](Self::respond), [`respond_with`](Self::respond_with),
///   [`send_data`](Self::send_data), [`finish`](Self::finish), [`finish_with`](Self::finish_with),
///   [`interim`](Self::interim), [`upgrade`](Self::upgrade); for the connection: [`shutdown`](Self::shutdown),
///   [`abort`](Self::abort)
///
/// Replies leave in the order of the requests (RFC 9112 §9.3.2), so the first unanswered request is answered first. Up
/// to [`max_pipelined`](super::ConfigBuilder::max_pipelined) requests are announced ahead of that; then
/// [`next`](Machine::next) says [`Next::NeedApp`].
///
/// A request can be answered before its body has come. If the reply is finished first, the rest of the body is
/// discarded without events, as far as [`max_drain`](super::ConfigBuilder::max_drain) goes; then the connection is
/// closed.
///
/// A request that expects a 100 gets it when [`next`](Machine::next) is called for a body of which nothing has come,
/// and no final reply was begun: to ask for the body is to want it. That is the one place where output depends on how
/// far the input has come, as RFC 9110 §10.1.1 means it to.
///
/// A faulty request gets its 4xx or 5xx when all before it are answered; only then does [`next`](Machine::next) return
/// the error. A connection that nobody uses is closed without a word.
///
/// ```
/// use barewire::http::{RequestEvent, Response, Status};
/// use barewire::http1::{Config, Server};
/// use barewire::{Instant, Machine, Next};
///
/// let mut server = Server::new(Config::default());
/// let rx = &mut server.link().rx;
/// rx.spare(64)[..35].copy_from_slice(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
/// rx.commit(35);
/// while let Next::Event(event) = server.next(Instant::ORIGIN)? {
///     if let RequestEvent::End { id, .. } = event {
///         server.respond_with(id, &Response::new(Status::OK), "hello")?;
///     }
/// }
/// let mut out = [&b""[..]; 4];
/// let n = server.link().tx.chunks(&mut out);
/// assert_eq!(out[..n].concat(), b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Server {
    link: Link,
    config: Config,
    clock: Clock,
    phase: Phase,
    read: Read,
    write: Write,
    head: head::HeadReader,
    /// The head or the trailers that were read last.
    index: FieldIndex,
    /// Announced and not answered completely, in order. The last one's body may still be coming.
    exchanges: VecDeque<Exchange>,
    /// The first of them, or the next.
    first: u64,
    /// What is wrong with what was read, until those before it are answered.
    fault: Option<Error>,
    /// No more requests are wanted.
    last: bool,
}

#[derive(Debug)]
enum Phase {
    Open,
    /// Our side is ended; so many bytes are still discarded, to let the last reply arrive (RFC 9112 §9.6).
    Closing {
        left: u64,
    },
    Upgraded(Id),
    Over,
}

#[derive(Debug)]
enum Read {
    Head,
    Body(BodyReader),
    /// The rest of a body whose request has been answered; so much more of it is taken.
    Discard(BodyReader, u64),
    /// The client asked for another protocol: what follows isn't HTTP if it gets it.
    Held,
    /// Nothing more is read as a request.
    Closed,
}

#[derive(Debug)]
enum Write {
    /// The first exchange has no final response yet.
    Head,
    Body {
        writer: BodyWriter,
        close: bool,
    },
}

/// A request as the reply needs to know it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exchange {
    pub(super) method: head::Method,
    pub(super) http10: bool,
    pub(super) persists: bool,
    pub(super) switches: bool,
    pub(super) te_trailers: bool,
    /// It waits for a 100, and nothing of its body has come.
    pub(super) waits: bool,
    /// Its `End` has been told.
    pub(super) ended: bool,
}

/// An event, its bytes not yet materialised.
enum Step {
    Request(Id, Body),
    Data(Id, usize),
    End(Id),
    Upgraded(Id),
}

impl Server {
    /// On a fresh connection.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_link(Link::new(), config)
    }

    /// On a connection of which bytes have been read already, as detection leaves it.
    #[must_use]
    pub fn with_link(mut link: Link, config: Config) -> Self {
        let window = link.rx.limit().max(head::WINDOW);
        link.rx.set_limit(window);
        Self {
            link,
            config,
            clock: Clock::default(),
            phase: Phase::Open,
            read: Read::Head,
            write: Write::Head,
            head: head::HeadReader::default(),
            index: FieldIndex::default(),
            exchanges: VecDeque::new(),
            first: 0,
            fault: None,
            last: false,
        }
    }

    /// As [`next`](Machine::next), but lends heads and data instead of copying them out.
    ///
    /// # Errors
    ///
    /// As [`next`](Machine::next).
    pub fn next_ref(&mut self, now: Instant) -> Result<Next<RequestEvent<&[u8]>>, Error> {
        Ok(match self.step(now)? {
            Next::Event(step) => Next::Event(match step {
                Step::Request(id, body) => {
                    RequestEvent::Request { id, head: RequestHead::new(self.head.line, self.index.fields()), body }
                }
                Step::Data(id, n) => RequestEvent::Data { id, bytes: self.link.rx.take_ref(n) },
                Step::End(id) => RequestEvent::End { id, trailers: self.index.fields() },
                Step::Upgraded(id) => RequestEvent::Upgraded { id },
            }),
            // Not by `map`: the closure's detour costs 7 % of a small exchange.
            Next::NeedInput => Next::NeedInput,
            Next::NeedFlush => Next::NeedFlush,
            Next::NeedApp => Next::NeedApp,
            Next::Done => Next::Done,
        })
    }

    /// Begins the final response. Then [`send_data`](Self::send_data) and [`finish`](Self::finish); with
    /// [`Body::Empty`] it is finished already.
    ///
    /// For a response to `HEAD`, and for 304, `body` is what `GET` would have: its length is announced, and what is
    /// sent of it is dropped. So a handler can treat `HEAD` as `GET`.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] before earlier requests are answered, or the second time; [`Misuse::UnknownId`];
    /// [`Misuse::Invalid`] for an interim status, one above 599, 2xx to `CONNECT` (which is
    /// [`upgrade`](Self::upgrade)), a 204 or 205 with a body, and fields that contradict the engine.
    pub fn respond(&mut self, id: Id, response: &Response, body: Body) -> Result<(), Misuse> {
        self.begin(id, response, body, false)?;
        if body == Body::Empty {
            self.complete();
        }
        Ok(())
    }

    /// Responds with a whole body: head and body leave together.
    ///
    /// # Errors
    ///
    /// As [`respond`](Self::respond).
    pub fn respond_with(&mut self, id: Id, response: &Response, body: impl Into<Bytes>) -> Result<(), Misuse> {
        let body = body.into();
        self.begin(id, response, Body::Length(body.len() as u64), true)?;
        if !self.is_bodyless() {
            self.link.tx.push(body);
        }
        self.complete();
        Ok(())
    }

    /// Sends a piece of the response's body.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`] when it is more than was announced: nothing of it is sent. [`Misuse::OutOfTurn`] before
    /// [`respond`](Self::respond); [`Misuse::UnknownId`].
    pub fn send_data(&mut self, id: Id, bytes: impl Into<Bytes>) -> Result<(), Misuse> {
        self.turn(id)?;
        match &mut self.write {
            Write::Body { writer, .. } => writer.send(bytes.into(), &mut self.link.tx),
            Write::Head => Err(Misuse::OutOfTurn),
        }
    }

    /// Ends the response's body.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooShort`] when less was sent than was announced; else as [`send_data`](Self::send_data).
    pub fn finish(&mut self, id: Id) -> Result<(), Misuse> {
        self.end(id, None)
    }

    /// Ends the response's body with trailers. They are dropped if the client didn't say `TE: trailers` and the
    /// response's head had no `Trailer` field (RFC 9110 §6.5.1), and where the body isn't chunked.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish), and [`Misuse::Invalid`] for fields that can't be trailers.
    pub fn finish_with(&mut self, id: Id, trailers: &Trailers) -> Result<(), Misuse> {
        self.end(id, Some(trailers))
    }

    /// Sends an interim response: 103 with its links, or 102, or an early 100. An HTTP/1.0 client must not be sent any
    /// (RFC 9110 §15.2): then this does nothing.
    ///
    /// # Errors
    ///
    /// [`Misuse::Invalid`] for another status than 1xx, for 101, and for fields that contradict the engine;
    /// [`Misuse::OutOfTurn`] when the final response has been begun; else as [`respond`](Self::respond).
    pub fn interim(&mut self, id: Id, response: &Response) -> Result<(), Misuse> {
        let exchange = self.unanswered(id)?;
        let status = response.status();
        let fields = response.outgoing();
        let owned = fields.conflict || fields.close || fields.length.is_some();
        if !status.is_interim() || status == Status::SWITCHING_PROTOCOLS || owned {
            return Err(Misuse::Invalid);
        }
        if !exchange.http10 {
            if status == Status::CONTINUE {
                self.exchanges[0].waits = false;
            }
            reply::put_head(response, b"\r\n", &mut self.link.tx);
        }
        Ok(())
    }

    /// Switches protocols: a 101, with the `Upgrade` field that says to what, or 2xx to `CONNECT`. The next event is
    /// [`Upgraded`](RequestEvent::Upgraded); then take the link with [`into_link`](Self::into_link).
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] before the request's `End`; [`Misuse::Invalid`] when the request asked for nothing of the
    /// kind, or the response isn't of that kind; else as [`respond`](Self::respond).
    pub fn upgrade(&mut self, id: Id, response: &Response) -> Result<(), Misuse> {
        let exchange = self.unanswered(id)?;
        let fields = response.outgoing();
        let connect = exchange.method == head::Method::Connect;
        let status = response.status();
        let fits =
            if connect { status.is_success() } else { status == Status::SWITCHING_PROTOCOLS && fields.has_upgrade };
        if !fits || !exchange.switches || fields.conflict || fields.close || fields.length.is_some() {
            return Err(Misuse::Invalid);
        }
        if !exchange.ended {
            return Err(Misuse::OutOfTurn);
        }
        let mut line = Line::default();
        if !connect {
            line.put(b"connection: upgrade\r\n");
        } else if let Some(date) = self.clock.date(&self.config).filter(|_| !fields.has_date) {
            // "An origin server with a clock MUST generate a Date header field in all 2xx" (RFC 9110 §6.6.1).
            line.put(date);
        }
        line.put(b"\r\n");
        reply::put_head(response, line.as_bytes(), &mut self.link.tx);
        self.phase = Phase::Upgraded(id);
        Ok(())
    }

    /// Breaks off: the connection is reset, so that the client can't take what it got for complete.
    pub fn abort(&mut self) {
        self.link.tx.abort();
        self.over();
    }

    /// No more requests: those that were announced are answered, the last with `Connection: close`; then the
    /// connection is closed.
    pub fn shutdown(&mut self) {
        self.last = true;
        if matches!(self.phase, Phase::Open) && matches!(self.read, Read::Head) && self.fault.is_none() {
            self.read = Read::Closed;
            if self.exchanges.is_empty() {
                self.close();
            }
        }
    }

    /// Whether no exchange is open. The rest of a body may still be discarded.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.exchanges.is_empty()
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

    fn next(&mut self, now: Instant) -> Result<Next<RequestEvent>, Error> {
        Ok(match self.step(now)? {
            Next::Event(step) => Next::Event(match step {
                Step::Request(id, body) => RequestEvent::Request {
                    id,
                    head: RequestHead::new(self.head.line, self.index.fields().to_owned()),
                    body,
                },
                Step::Data(id, n) => RequestEvent::Data { id, bytes: self.link.rx.take(n) },
                Step::End(id) => RequestEvent::End { id, trailers: self.index.fields().to_owned() },
                Step::Upgraded(id) => RequestEvent::Upgraded { id },
            }),
            Next::NeedInput => Next::NeedInput,
            Next::NeedFlush => Next::NeedFlush,
            Next::NeedApp => Next::NeedApp,
            Next::Done => Next::Done,
        })
    }

    fn deadline(&self) -> Option<Instant> {
        self.clock.deadline(&self.config)
    }
}
