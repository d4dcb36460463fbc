//! The client's end of an HTTP/1 connection.

use super::body::{BodyReader, BodyWriter, Line, put_framing};
use super::clock::Clock;
use super::{Config, Error, head};
use crate::http::{Body, FieldIndex, Id, Method, Request, ResponseEvent, ResponseHead, StatusLine, Trailers};
use crate::{Instant, Link, Machine, Misuse, Next};
use alloc::collections::VecDeque;
use bytes::Bytes;

mod reading;
mod writing;

/// The client's end of one connection.
///
/// - **events**: [`next`](Machine::next), [`next_ref`](Self::next_ref)
/// - **commands**: [`request`](Self::request), [`request_with`](Self::request_with), [`send_data`](Self::send_data),
///   [`finish`](Self::finish), [`finish_with`](Self::finish_with), [`shutdown`](Self::shutdown)
///
/// Up to [`max_pipelined`](super::ConfigBuilder::max_pipelined) requests can be sent ahead of their responses. Whether
/// a request may be sent again when the connection ends without an answer is for the caller to know: then it is
/// [`Error::Unanswered`].
///
/// ```
/// use barewire::http::{Body, FieldName, FieldValue, Method, Request, Target};
/// use barewire::http1::{Client, Config};
///
/// let mut client = Client::new(Config::default());
/// let host = FieldValue::new("localhost")?;
/// let request = Request::new(Method::GET, Target::new("/")?).field(FieldName::HOST, host);
/// let id = client.request(&request, Body::Empty)?;
/// assert!(!client.is_idle());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Client {
    link: Link,
    config: Config,
    clock: Clock,
    read: Read,
    write: Write,
    head: head::HeadReader,
    /// The head or the trailers that were read last.
    index: FieldIndex,
    /// Sent, at least their heads, and not answered completely: in order, as the answers will come.
    requests: VecDeque<Sent>,
    /// The first of them, or the next.
    first: u64,
    /// Interim responses to the first.
    interim: usize,
    /// No more requests: we said so, or the server did.
    last: bool,
    /// The response that is being read, or was read last, is the connection's last.
    final_response: bool,
    over: bool,
}

#[derive(Debug)]
enum Read {
    Head,
    Body(BodyReader),
}

#[derive(Debug)]
enum Write {
    Ready,
    Body {
        id: Id,
        writer: BodyWriter,
        /// Until a 100 comes, or a final response, or none for too long.
        held: bool,
    },
}

/// A request as its response needs to know it.
#[derive(Clone, Copy, Debug)]
struct Sent {
    method: head::Method,
    switches: bool,
}

/// An event, its bytes not yet materialised.
enum Step {
    Continue(Id),
    Interim(Id, StatusLine),
    Response(Id, StatusLine, Body),
    Data(Id, usize),
    End(Id),
    Upgraded(Id, StatusLine),
}

impl Client {
    /// On a fresh connection.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_link(Link::new(), config)
    }

    /// On a connection that is in use already: behind a tunnel.
    #[must_use]
    pub fn with_link(mut link: Link, config: Config) -> Self {
        let window = link.rx.limit().max(head::WINDOW);
        link.rx.set_limit(window);
        Self {
            link,
            config,
            clock: Clock::default(),
            read: Read::Head,
            write: Write::Ready,
            head: head::HeadReader::default(),
            index: FieldIndex::default(),
            requests: VecDeque::new(),
            first: 0,
            interim: 0,
            last: false,
            final_response: false,
            over: false,
        }
    }

    /// As [`next`](Machine::next), but lends heads and data instead of copying them out.
    ///
    /// # Errors
    ///
    /// As [`next`](Machine::next).
    pub fn next_ref(&mut self, now: Instant) -> Result<Next<ResponseEvent<&[u8]>>, Error> {
        Ok(match self.step(now)? {
            Next::Event(step) => Next::Event(match step {
                Step::Continue(id) => ResponseEvent::Continue { id },
                Step::Interim(id, line) => {
                    ResponseEvent::Interim { id, head: ResponseHead::new(line, self.index.fields()) }
                }
                Step::Response(id, line, body) => {
                    ResponseEvent::Response { id, head: ResponseHead::new(line, self.index.fields()), body }
                }
                Step::Data(id, n) => ResponseEvent::Data { id, bytes: self.link.rx.take_ref(n) },
                Step::End(id) => ResponseEvent::End { id, trailers: self.index.fields() },
                Step::Upgraded(id, line) => {
                    ResponseEvent::Upgraded { id, head: ResponseHead::new(line, self.index.fields()) }
                }
            }),
            Next::NeedInput => Next::NeedInput,
            Next::NeedFlush => Next::NeedFlush,
            Next::NeedApp => Next::NeedApp,
            Next::Done => Next::Done,
        })
    }

    /// Sends a request's head. Then [`send_data`](Self::send_data) and [`finish`](Self::finish); with [`Body::Empty`]
    /// it is finished already.
    ///
    /// The next request can follow as soon as this one is finished, without waiting for the response (pipelining).
    /// With `Expect: 100-continue`, wait for [`Continue`](ResponseEvent::Continue) before the body. `Upgrade` offers
    /// another protocol; the engine writes the `Connection` that goes with it, and with `TE`.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] before the last request is finished, after one that asks for another protocol, and when
    /// the limit of pipelined requests is reached; [`Misuse::Closed`] when the connection takes no more requests: use
    /// a new one; [`Misuse::Invalid`] without exactly one `Host`, for a target whose form the method doesn't allow, a
    /// body on `TRACE` or `CONNECT`, an expectation without a body, and fields that contradict the engine.
    pub fn request(&mut self, request: &Request, body: Body) -> Result<Id, Misuse> {
        self.check(request, body)?;
        let fields = request.outgoing();
        let known = head::Method::new(request.method().as_bytes());
        let mut line = Line::default();
        // "A user agent SHOULD send Content-Length in a request when the method defines a meaning for enclosed content"
        // (RFC 9110 §8.6), and none where it would only be noise.
        let silent = body == Body::Empty && !matches!(request.method(), Method::POST | Method::PUT | Method::PATCH);
        let writer = if silent { None } else { put_framing(body, true, fields.has_trailer, &mut line) };
        writing::put_connection(fields.close, fields.has_upgrade, fields.has_te, &mut line);
        line.put(b"\r\n");
        self.link.tx.put(fields.bytes());
        self.link.tx.put(line.as_bytes());
        let id = Id::new(self.first + self.requests.len() as u64);
        let switches = fields.has_upgrade || known == head::Method::Connect;
        self.requests.push_back(Sent { method: known, switches });
        self.last |= fields.close;
        self.write = match writer.filter(|_| body != Body::Empty) {
            Some(writer) => Write::Body { id, writer, held: fields.expects_continue },
            None => Write::Ready,
        };
        Ok(id)
    }

    /// Sends a request with a whole body: head and body leave together, without waiting for a 100.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request), and [`Misuse::Invalid`] with an expectation: there is nothing to wait with.
    pub fn request_with(&mut self, request: &Request, body: impl Into<Bytes>) -> Result<Id, Misuse> {
        let body = body.into();
        if request.outgoing().expects_continue {
            return Err(Misuse::Invalid);
        }
        let id = self.request(request, Body::Length(body.len() as u64))?;
        self.link.tx.push(body);
        self.write = Write::Ready;
        Ok(id)
    }

    /// Sends a piece of the request's body.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`] when it is more than was announced: nothing of it is sent. [`Misuse::OutOfTurn`] while a 100
    /// is waited for; [`Misuse::UnknownId`] when no body of this request is open; [`Misuse::Closed`].
    pub fn send_data(&mut self, id: Id, bytes: impl Into<Bytes>) -> Result<(), Misuse> {
        match self.body(id)? {
            (_, true) => Err(Misuse::OutOfTurn),
            (writer, false) => {
                let mut advanced = writer;
                advanced.send(bytes.into(), &mut self.link.tx)?;
                self.write = Write::Body { id, writer: advanced, held: false };
                Ok(())
            }
        }
    }

    /// Ends the request's body.
    ///
    /// When the final response came while the body was held back for a 100, this drops the body, and the connection
    /// takes no more requests.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooShort`] when less was sent than was announced; else as [`send_data`](Self::send_data).
    pub fn finish(&mut self, id: Id) -> Result<(), Misuse> {
        self.end(id, None)
    }

    /// Ends the request's body with trailers. They are dropped if the request's head had no `Trailer` field, and where
    /// the body isn't chunked.
    ///
    /// # Errors
    ///
    /// As [`finish`](Self::finish), and [`Misuse::Invalid`] for fields that can't be trailers.
    pub fn finish_with(&mut self, id: Id, trailers: &Trailers) -> Result<(), Misuse> {
        self.end(id, Some(trailers))
    }

    /// No more requests: the connection is closed when the last response is complete.
    pub fn shutdown(&mut self) {
        self.last = true;
        if self.is_idle() {
            self.close();
        }
    }

    /// Breaks off: the connection is reset.
    pub fn abort(&mut self) {
        self.link.tx.abort();
        self.stop();
    }

    /// Whether a request can be sent now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready().is_ok()
    }

    /// Whether no exchange is open.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.requests.is_empty() && matches!(self.write, Write::Ready)
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

    fn next(&mut self, now: Instant) -> Result<Next<ResponseEvent>, Error> {
        Ok(match self.step(now)? {
            Next::Event(step) => {
                let head = |line, index: &FieldIndex| ResponseHead::new(line, index.fields().to_owned());
                Next::Event(match step {
                    Step::Continue(id) => ResponseEvent::Continue { id },
                    Step::Interim(id, line) => ResponseEvent::Interim { id, head: head(line, &self.index) },
                    Step::Response(id, line, body) => {
                        ResponseEvent::Response { id, head: head(line, &self.index), body }
                    }
                    Step::Data(id, n) => ResponseEvent::Data { id, bytes: self.link.rx.take(n) },
                    Step::End(id) => ResponseEvent::End { id, trailers: self.index.fields().to_owned() },
                    Step::Upgraded(id, line) => ResponseEvent::Upgraded { id, head: head(line, &self.index) },
                })
            }
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
