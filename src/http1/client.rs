//! The client's end of an HTTP/1 connection.

use super::body::{BodyReader, BodyStep, BodyWriter, Line, put_framing};
use super::clock::{Clock, Wait};
use super::facts::Framing;
use super::head::{self, ResponseRead};
use super::{Config, Error, Timer};
use crate::http::{
    Body, FieldIndex, Id, Method, Request, ResponseEvent, ResponseHead, Status, StatusLine, TargetForm, Trailers,
};
use crate::{Instant, Link, Machine, Misuse, Next};
use alloc::collections::VecDeque;
use bytes::Bytes;

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
    /// body on `TRACE`, an expectation without a body, and fields that contradict the engine.
    pub fn request(&mut self, request: &Request, body: Body) -> Result<Id, Misuse> {
        self.check(request, body)?;
        let fields = request.outgoing();
        let known = head::Method::new(request.method().as_bytes());
        let mut line = Line::default();
        // "A user agent SHOULD send Content-Length in a request when the method defines a meaning for enclosed content"
        // (RFC 9110 §8.6), and none where it would only be noise.
        let silent = body == Body::Empty && !matches!(request.method(), Method::POST | Method::PUT | Method::PATCH);
        let writer = if silent { None } else { put_framing(body, true, fields.has_trailer, &mut line) };
        put_connection(fields.close, fields.has_upgrade, fields.has_te, &mut line);
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

/// Reading.
impl Client {
    fn step(&mut self, now: Instant) -> Result<Next<Step>, Error> {
        if self.over {
            return Ok(Next::Done);
        }
        if let Err(stalled) = self.clock.resume(now, &self.link.tx, &self.config) {
            self.abort();
            return Err(stalled);
        }
        loop {
            match self.read_on() {
                Ok(Some(next)) => return Ok(next),
                Ok(None) => {}
                Err(error) => {
                    self.close();
                    return Err(error);
                }
            }
        }
    }

    /// One move. `None`: look again.
    fn read_on(&mut self) -> Result<Option<Next<Step>>, Error> {
        let id = Id::new(self.first);
        let rx = &mut self.link.rx;
        match &mut self.read {
            Read::Head => {
                let Some(&first) = self.requests.front() else { return self.no_request() };
                // What follows the last response answers nothing.
                if self.final_response {
                    return Err(Error::Unanswered);
                }
                match self.head.response(rx, &self.config, &mut self.index)? {
                    Some(response) => self.response(id, first, &response),
                    None => self.no_head(id),
                }
            }
            Read::Body(body) => match body.step(rx, &self.config, &mut self.index)? {
                BodyStep::Data(n) => {
                    self.clock.clear();
                    Ok(Some(Next::Event(Step::Data(id, n))))
                }
                BodyStep::End => {
                    self.response_end();
                    Ok(Some(Next::Event(Step::End(id))))
                }
                BodyStep::Partial => self.wait(Wait::Response, Timer::Response),
            },
        }
    }

    /// A response's head is there.
    fn response(&mut self, id: Id, request: Sent, read: &ResponseRead) -> Result<Option<Next<Step>>, Error> {
        self.clock.clear();
        let ResponseRead { line, facts } = read;
        let status = line.status;
        let connect = request.method == head::Method::Connect;
        let connected = connect && status.is_success();
        if status == Status::SWITCHING_PROTOCOLS || connected {
            // A tunnel opens with 2xx, and a 101 switches to what `Upgrade` offered (RFC 9110 §9.3.6, §7.8).
            let asked = connected || (!connect && request.switches && facts.asks_upgrade(line.version));
            if !asked || !matches!(self.write, Write::Ready) {
                return Err(Error::UnexpectedSwitch);
            }
            self.stop();
            return Ok(Some(Next::Event(Step::Upgraded(id, *line))));
        }
        if status.is_interim() {
            self.interim += 1;
            if self.interim > self.config.max_interim {
                return Err(Error::TooManyInterim);
            }
            if status != Status::CONTINUE {
                return Ok(Some(Next::Event(Step::Interim(id, *line))));
            }
            // "A client that receives a 100 response without having sent that expectation can ignore it"
            // (RFC 9110 §15.2.1).
            return Ok(self.go_on(id).then_some(Next::Event(Step::Continue(id))));
        }
        let framing = if status.is_bodyless() || request.method == head::Method::Head {
            Framing::Empty
        } else {
            facts.response_framing(line.version, &self.config)?
        };
        self.final_response = !facts.persists(line.version) || framing == Framing::UntilClose;
        self.last |= self.final_response;
        self.read = Read::Body(BodyReader::new(framing));
        Ok(Some(Next::Event(Step::Response(id, *line, framing.into()))))
    }

    /// Lets a body go that was held back. False if this request's isn't.
    fn go_on(&mut self, id: Id) -> bool {
        match &mut self.write {
            Write::Body { id: writing, held: held @ true, .. } if *writing == id => {
                *held = false;
                true
            }
            _ => false,
        }
    }

    fn response_end(&mut self) {
        self.clock.clear();
        self.read = Read::Head;
        self.interim = 0;
        self.requests.pop_front();
        self.first += 1;
    }

    /// Nothing is due from the server.
    fn no_request(&mut self) -> Result<Option<Next<Step>>, Error> {
        // "If a client receives data on a connection that doesn't have outstanding requests, the client MUST NOT
        // consider that data to be a valid response" (RFC 9112 §9.2). Behind a `close` it is nothing at all.
        if !self.link.rx.is_empty() && !self.last {
            return Err(Error::Unsolicited);
        }
        let idle = matches!(self.write, Write::Ready);
        if self.link.rx.is_eof() || (self.last && idle) {
            self.close();
            return Ok(Some(Next::Done));
        }
        if self.last {
            // The server won't read the rest of this request's body, but that is for the application to give up.
            return Ok(Some(Next::NeedApp));
        }
        self.index.clear_beyond(head::KEEP);
        let wait = if idle && self.link.tx.is_empty() { Wait::Idle } else { Wait::Nothing };
        if !self.clock.wait(wait, &self.config) {
            self.close();
            return Ok(Some(Next::Done));
        }
        Ok(Some(Next::NeedInput))
    }

    /// A response is due, and its head isn't complete.
    fn no_head(&mut self, id: Id) -> Result<Option<Next<Step>>, Error> {
        let nothing = self.link.rx.is_empty();
        if self.link.rx.is_eof() {
            return Err(if nothing && self.interim == 0 { Error::Unanswered } else { Error::Cut });
        }
        if !nothing {
            return self.wait(Wait::Head, Timer::Head);
        }
        let held = matches!(self.write, Write::Body { id: writing, held: true, .. } if writing == id);
        if held {
            // "A client [...] is not required to wait for any specific length of time" (RFC 9110 §10.1.1).
            if self.link.tx.is_empty() && !self.clock.wait(Wait::Continue, &self.config) {
                self.go_on(id);
                return Ok(Some(Next::Event(Step::Continue(id))));
            }
            return Ok(Some(Next::NeedInput));
        }
        // The server isn't slow as long as we are.
        let ours = !matches!(self.write, Write::Ready) || !self.link.tx.is_empty();
        self.wait(if ours { Wait::Nothing } else { Wait::Response }, Timer::Response)
    }

    fn wait(&mut self, wait: Wait, timer: Timer) -> Result<Option<Next<Step>>, Error> {
        if self.clock.wait(wait, &self.config) { Ok(Some(Next::NeedInput)) } else { Err(Error::Timeout(timer)) }
    }

    fn close(&mut self) {
        self.link.tx.fin();
        self.stop();
    }

    fn stop(&mut self) {
        self.over = true;
        self.clock.stop();
    }
}

/// Writing.
impl Client {
    fn ready(&self) -> Result<(), Misuse> {
        if self.over || self.last || self.link.rx.is_eof() {
            return Err(Misuse::Closed);
        }
        let full = self.requests.len() >= self.config.max_pipelined;
        let switching = self.requests.back().is_some_and(|request| request.switches);
        if full || switching || !matches!(self.write, Write::Ready) {
            return Err(Misuse::OutOfTurn);
        }
        Ok(())
    }

    fn check(&self, request: &Request, body: Body) -> Result<(), Misuse> {
        self.ready()?;
        let fields = request.outgoing();
        let method = request.method();
        let form = match request.target().form() {
            TargetForm::Origin | TargetForm::Absolute => method != Method::CONNECT,
            TargetForm::Authority => method == Method::CONNECT,
            TargetForm::Asterisk => method == Method::OPTIONS,
        };
        let none = matches!(body, Body::Empty | Body::Length(0));
        let length = match (fields.length, body) {
            (None, _) | (Some(0), Body::Empty) => true,
            (Some(length), Body::Length(same)) => length == same,
            _ => false,
        };
        let bodyless = method == Method::TRACE || fields.expects_continue;
        let fits = if method == Method::TRACE { none } else { !(bodyless && none) };
        if form && length && fits && fields.hosts == 1 && !fields.conflict { Ok(()) } else { Err(Misuse::Invalid) }
    }

    fn body(&self, id: Id) -> Result<(BodyWriter, bool), Misuse> {
        match self.write {
            _ if self.over => Err(Misuse::Closed),
            Write::Body { id: open, writer, held } if open == id => Ok((writer, held)),
            _ => Err(Misuse::UnknownId),
        }
    }

    fn end(&mut self, id: Id, trailers: Option<&Trailers>) -> Result<(), Misuse> {
        let (mut writer, held) = self.body(id)?;
        let answered = id.get() < self.first || (id.get() == self.first && matches!(self.read, Read::Body(_)));
        if held && answered {
            // The server has its answer, and there is no way to tell it that no body comes but to close.
            self.last = true;
        } else if held {
            return Err(Misuse::OutOfTurn);
        } else {
            writer.finish(trailers, &mut self.link.tx)?;
        }
        self.write = Write::Ready;
        Ok(())
    }
}

fn put_connection(close: bool, upgrade: bool, te: bool, line: &mut Line) {
    let options: [(bool, &[u8]); 3] = [(close, b"close"), (upgrade, b"upgrade"), (te, b"te")];
    let mut before: &[u8] = b"connection: ";
    for (_, option) in options.iter().filter(|(wanted, _)| *wanted) {
        line.put(before);
        line.put(option);
        before = b", ";
    }
    if close || upgrade || te {
        line.put(b"\r\n");
    }
}
