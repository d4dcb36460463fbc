//! A client under any sequence of operations, and a server that must understand all that it says.

use super::support::{drain, drain_some, feed};
use arbitrary::{Arbitrary, Unstructured};
use barewire::http::{
    Body, FieldName, FieldValue, Id, Method, Request, RequestEvent, Response, ResponseEvent, Status, Target, Trailers,
};
use barewire::http1::{Client, Config, Error, Server};
use barewire::{Instant, Machine, Misuse, Next};
use core::time::Duration;

#[derive(Arbitrary, Debug)]
enum Op {
    Request {
        head: Head,
        body: Kind,
    },
    RequestWith {
        head: Head,
        length: u8,
    },
    Data {
        which: u8,
        length: u16,
    },
    Finish {
        which: u8,
        trailers: bool,
    },
    Shutdown,
    Abort,
    /// The peer sends a response, by its number in the list, or anything.
    Response(u8),
    Noise(Vec<u8>),
    /// So much of what the peer sent arrives.
    Feed(u16),
    Eof,
    Next,
    NextRef,
    Drain(u16),
    Clock(u16),
    Detach,
}

#[derive(Arbitrary, Debug)]
struct Head {
    method: u8,
    field: u8,
    close: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Kind {
    Empty,
    Length(u8),
    Unknown,
}

const METHODS: &[(&str, &str)] = &[
    ("GET", "/"),
    ("HEAD", "/a?b"),
    ("POST", "/"),
    ("PUT", "http://h/"),
    ("CONNECT", "h:1"),
    ("OPTIONS", "*"),
    ("TRACE", "/"),
    ("PURGE", "/"),
    ("CONNECT", "/"),
    ("GET", "*"),
];

const FIELDS: &[(&str, &str)] = &[
    ("x", "y"),
    ("upgrade", "x"),
    ("content-length", "5"),
    ("content-length", "0"),
    ("connection", "close"),
    ("connection", "x"),
    ("transfer-encoding", "chunked"),
    ("expect", "100-continue"),
    ("te", "trailers"),
    ("trailer", "x-t"),
    ("host", "i"),
];

const RESPONSES: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\nthe beginning",
];

/// What was asked, as the server must hear it.
struct Asked {
    id: Id,
    method: Vec<u8>,
    body: Vec<u8>,
    whole: bool,
    /// Its body may be dropped after a final response that came in the place of a 100.
    expects: bool,
    dropped: bool,
}

struct Run {
    client: Client,
    now: Instant,
    coming: Vec<u8>,
    asked: Vec<Asked>,
    /// How many have been answered completely, and whether the next has begun to be.
    answered: usize,
    begun: bool,
    output: Vec<u8>,
    over: bool,
}

pub fn holds(data: &[u8]) {
    let Ok(ops) = Vec::<Op>::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let mut run = Run {
        client: Client::new(Config::builder().max_pipelined(4).build().unwrap()),
        now: Instant::from_nanos(1),
        coming: Vec::new(),
        asked: Vec::new(),
        answered: 0,
        begun: false,
        output: Vec::new(),
        over: false,
    };
    for op in ops.into_iter().take(100) {
        run.act(op);
        let rx = &run.client.link().rx;
        assert!(rx.len() <= rx.limit(), "more than the limit");
    }
    let link = run.client.link();
    run.output.extend(drain(&mut link.tx));
    if !link.tx.is_aborted() {
        run.is_understood();
    }
}

impl Run {
    fn act(&mut self, op: Op) {
        match op {
            Op::Request { head, body } => {
                let body = match body {
                    Kind::Empty => Body::Empty,
                    Kind::Length(length) => Body::Length(length.into()),
                    Kind::Unknown => Body::Unknown,
                };
                let request = head.build();
                if let Some(id) = self.command(|client| client.request(&request, body)) {
                    self.ask(id, &request, Vec::new(), body == Body::Empty);
                }
            }
            Op::RequestWith { head, length } => {
                let request = head.build();
                let body = vec![b'b'; length.into()];
                if let Some(id) = self.command(|client| client.request_with(&request, body.clone())) {
                    self.ask(id, &request, body, true);
                }
            }
            Op::Data { which, length } => {
                let Some(at) = self.which(which) else { return };
                let (id, data) = (self.asked[at].id, vec![b'd'; length.into()]);
                if self.command(|client| client.send_data(id, data.clone())).is_some() {
                    assert!(!self.asked[at].whole, "data behind the end");
                    self.asked[at].body.extend(data);
                }
            }
            Op::Finish { which, trailers } => {
                let Some(at) = self.which(which) else { return };
                let id = self.asked[at].id;
                let fields = Trailers::new().field(FieldName::literal("x-t"), FieldValue::literal("v"));
                let queued = self.client.link().tx.len();
                let finish = |client: &mut Client| {
                    if trailers { client.finish_with(id, &fields) } else { client.finish(id) }
                };
                if self.command(finish).is_some() {
                    let asked = &mut self.asked[at];
                    assert!(!core::mem::replace(&mut asked.whole, true), "ended twice");
                    // Nothing marks the end of a length, so only that nothing of the body was sent tells.
                    asked.dropped = asked.expects && asked.body.is_empty() && self.client.link().tx.len() == queued;
                }
            }
            Op::Shutdown => self.client.shutdown(),
            Op::Abort => self.client.abort(),
            Op::Response(which) => self.coming.extend_from_slice(RESPONSES[usize::from(which) % RESPONSES.len()]),
            Op::Noise(bytes) => self.coming.extend(bytes),
            Op::Feed(n) => {
                let n = self.coming.len().min(usize::from(n) + 1);
                let rx = &mut self.client.link().rx;
                if !rx.is_eof() {
                    let left = feed(rx, &self.coming[..n]).len();
                    self.coming.drain(..n - left);
                }
            }
            Op::Eof => self.client.link().rx.close(),
            Op::Next => {
                let next = self.client.next(self.now);
                self.heard(next);
            }
            Op::NextRef => {
                let next = self.client.next_ref(self.now).map(|next| next.map(owned));
                self.heard(next);
            }
            Op::Drain(most) => self.output.extend(drain_some(&mut self.client.link().tx, most.into())),
            Op::Clock(ms) => self.now = self.now + Duration::from_millis(ms.into()),
            Op::Detach => drop(self.client.link().detach()),
        }
    }

    fn which(&self, which: u8) -> Option<usize> {
        self.asked.len().checked_sub(1 + usize::from(which) % 3)
    }

    /// What a command that was taken gave. If it wasn't, nothing changed.
    fn command<T>(&mut self, command: impl FnOnce(&mut Client) -> Result<T, Misuse>) -> Option<T> {
        let before = (self.client.link().tx.len(), self.client.is_ready(), self.client.deadline());
        let outcome = command(&mut self.client);
        if outcome.is_err() {
            let after = (self.client.link().tx.len(), self.client.is_ready(), self.client.deadline());
            assert_eq!(after, before, "refused, and something changed");
        } else {
            assert!(!self.over, "taken after the end");
        }
        outcome.ok()
    }

    fn ask(&mut self, id: Id, request: &Request, body: Vec<u8>, whole: bool) {
        assert_eq!(id.get(), self.asked.len() as u64);
        let method = request.method().as_bytes().to_vec();
        let expects = request.get(FieldName::EXPECT).is_some();
        self.asked.push(Asked { id, method, body, whole, expects, dropped: false });
    }

    fn heard(&mut self, next: Result<Next<ResponseEvent>, Error>) {
        let deadline = self.client.deadline();
        let resting = matches!(next, Ok(Next::NeedInput | Next::NeedApp));
        assert!(!resting || deadline.is_none_or(|deadline| deadline > self.now), "a deadline in the past");
        assert!(!self.over || matches!(next, Ok(Next::Done)), "after the end: {next:?}");
        match next {
            Ok(Next::Event(event)) => self.event(event),
            Ok(Next::NeedInput) => {
                let rx = &self.client.link().rx;
                assert!(rx.room() > 0 && !rx.is_eof());
                assert!(matches!(self.client.next(self.now), Ok(Next::NeedInput)), "not the same again");
            }
            Ok(Next::NeedApp) => assert!(matches!(self.client.next(self.now), Ok(Next::NeedApp))),
            Ok(Next::NeedFlush) => panic!("there is nothing to wait for"),
            Ok(Next::Done) => self.over = true,
            Err(_) => {
                assert!(self.client.link().tx.is_ended() && self.client.deadline().is_none());
                self.over = true;
            }
        }
    }

    /// Answers come in order, each to something that was asked.
    fn event(&mut self, event: ResponseEvent) {
        let due = |id: Id| assert_eq!(id.get(), self.answered as u64);
        assert!(self.answered < self.asked.len(), "{event:?} to nothing");
        match event {
            ResponseEvent::Continue { id } => assert!(self.asked[usize::try_from(id.get()).unwrap()].expects),
            ResponseEvent::Interim { id, .. } => due(id),
            ResponseEvent::Response { id, .. } => {
                due(id);
                assert!(!core::mem::replace(&mut self.begun, true), "two answers to one");
            }
            ResponseEvent::Data { id, bytes } => {
                due(id);
                assert!(self.begun && !bytes.is_empty());
            }
            ResponseEvent::End { id, .. } => {
                due(id);
                assert!(core::mem::take(&mut self.begun));
                self.answered += 1;
            }
            ResponseEvent::Upgraded { id, .. } => {
                due(id);
                assert_eq!(self.asked.len(), self.answered + 1, "something behind a switch");
                self.over = true;
            }
            other => panic!("{other:?}"),
        }
    }

    /// A server hears what was asked, and nothing else.
    fn is_understood(&self) {
        let mut server = Server::new(Config::builder().max_pipelined(1000).build().unwrap());
        let mut rest = &self.output[..];
        let mut heard: Vec<(Vec<u8>, Vec<u8>, bool)> = Vec::new();
        loop {
            match server.next(Instant::ORIGIN) {
                Ok(Next::Event(RequestEvent::Request { head, .. })) => {
                    heard.push((head.method().as_bytes().to_vec(), Vec::new(), false));
                }
                Ok(Next::Event(RequestEvent::Data { bytes, .. })) => {
                    heard.last_mut().unwrap().1.extend_from_slice(&bytes)
                }
                Ok(Next::Event(RequestEvent::End { id, .. })) => {
                    heard.last_mut().unwrap().2 = true;
                    server.respond(id, &Response::new(Status::NOT_IMPLEMENTED), Body::Empty).unwrap();
                }
                Ok(Next::NeedInput) if rest.is_empty() => break,
                Ok(Next::NeedInput) => rest = feed(&mut server.link().rx, rest),
                Ok(Next::Done) => break,
                other => panic!("{other:?} of {}", self.output.escape_ascii()),
            }
        }
        assert!(rest.is_empty(), "more behind the end: {}", self.output.escape_ascii());
        assert_eq!(heard.len(), self.asked.len(), "{}", self.output.escape_ascii());
        for ((method, body, whole), asked) in heard.iter().zip(&self.asked) {
            assert_eq!(*method, asked.method);
            assert!(*whole >= (asked.whole && !asked.dropped), "a request that isn't whole");
            assert_eq!(*body, asked.body);
        }
    }
}

impl Head {
    fn build(&self) -> Request {
        let (method, target) = METHODS[usize::from(self.method) % METHODS.len()];
        let mut request = Request::new(Method::new(method).unwrap(), Target::new(target).unwrap());
        request.add(FieldName::HOST, FieldValue::literal("h"));
        if self.close {
            request = request.close();
        }
        if let Some((name, value)) = FIELDS.get(usize::from(self.field) % (2 * FIELDS.len())) {
            request.add(FieldName::new(name).unwrap(), FieldValue::new(*value).unwrap());
        }
        request
    }
}

fn owned(event: ResponseEvent<&[u8]>) -> ResponseEvent {
    match event {
        ResponseEvent::Continue { id } => ResponseEvent::Continue { id },
        ResponseEvent::Interim { id, head } => ResponseEvent::Interim { id, head: head.to_owned() },
        ResponseEvent::Response { id, head, body } => ResponseEvent::Response { id, head: head.to_owned(), body },
        ResponseEvent::Data { id, bytes } => ResponseEvent::Data { id, bytes: bytes.to_vec().into() },
        ResponseEvent::End { id, trailers } => ResponseEvent::End { id, trailers: trailers.to_owned() },
        ResponseEvent::Upgraded { id, head } => ResponseEvent::Upgraded { id, head: head.to_owned() },
        other => panic!("{other:?}"),
    }
}
