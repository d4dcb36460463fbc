//! A server under any sequence of operations, and a client that must understand all that it says.

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
    /// The peer sends a request, by its number in the list, or anything.
    Request(u8),
    Noise(Vec<u8>),
    /// So much of what the peer sent arrives.
    Feed(u16),
    Eof,
    Next,
    NextRef,
    Respond {
        which: u8,
        response: Reply,
        body: Kind,
    },
    RespondWith {
        which: u8,
        response: Reply,
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
    Interim {
        which: u8,
        response: Reply,
    },
    Upgrade {
        which: u8,
        response: Reply,
    },
    Shutdown,
    Abort,
    Drain(u16),
    Clock(u16),
    Detach,
}

#[derive(Arbitrary, Debug)]
struct Reply {
    status: Code,
    field: u8,
    close: bool,
}

#[derive(Arbitrary, Debug)]
enum Code {
    Usual(u8),
    Any(u16),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Kind {
    Empty,
    Length(u8),
    Unknown,
}

const REQUESTS: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody",
    b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\nthe beginning",
    b"GET / HTTP/1.1\r\n\r\n",
];

const STATUSES: &[u16] = &[200, 204, 304, 101, 100, 103, 404, 205, 500, 599];

const FIELDS: &[(&str, &str)] = &[
    ("x", "y"),
    ("upgrade", "x"),
    ("content-length", "5"),
    ("content-length", "0"),
    ("connection", "close"),
    ("connection", "x"),
    ("transfer-encoding", "chunked"),
    ("trailer", "x"),
    ("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
];

/// What was answered, as the client must hear it.
#[derive(Debug)]
struct Answer {
    status: u16,
    body: Vec<u8>,
    /// It has no body, whatever was sent of one.
    bodyless: bool,
    whole: bool,
}

struct Asked {
    id: Id,
    connect: bool,
    head: bool,
    upgrades: bool,
}

struct Run {
    server: Server,
    now: Instant,
    coming: Vec<u8>,
    /// All that were announced.
    asked: Vec<Asked>,
    /// Whether the last of them can still have data.
    open: bool,
    answers: Vec<Answer>,
    output: Vec<u8>,
    over: Option<Result<(), Error>>,
    upgraded: bool,
}

pub fn holds(data: &[u8]) {
    let Ok(ops) = Vec::<Op>::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let config = Config::builder().max_pipelined(4).max_drain(1000);
    let mut run = Run {
        server: Server::new(config.build().unwrap()),
        now: Instant::from_nanos(1),
        coming: Vec::new(),
        asked: Vec::new(),
        open: false,
        answers: Vec::new(),
        output: Vec::new(),
        over: None,
        upgraded: false,
    };
    for op in ops.into_iter().take(100) {
        run.act(op);
        let rx = &run.server.link().rx;
        assert!(rx.len() <= rx.limit(), "more than the limit");
    }
    let link = run.server.link();
    run.output.extend(drain(&mut link.tx));
    if !link.tx.is_aborted() {
        run.is_understood();
    }
}

impl Run {
    /// One of the last that were announced: often one that is answered already, or one that isn't due.
    fn id(&self, which: u8) -> Option<Id> {
        self.asked.iter().rev().cycle().nth(usize::from(which) % 5).map(|asked| asked.id)
    }

    fn act(&mut self, op: Op) {
        match op {
            Op::Request(which) => self.coming.extend_from_slice(REQUESTS[usize::from(which) % REQUESTS.len()]),
            Op::Noise(bytes) => self.coming.extend(bytes),
            Op::Feed(n) => {
                let n = self.coming.len().min(usize::from(n) + 1);
                let rx = &mut self.server.link().rx;
                if !rx.is_eof() {
                    let left = feed(rx, &self.coming[..n]).len();
                    self.coming.drain(..n - left);
                }
            }
            Op::Eof => self.server.link().rx.close(),
            Op::Next => {
                let next = self.server.next(self.now);
                self.heard(next);
            }
            Op::NextRef => {
                let next = self.server.next_ref(self.now).map(|next| next.map(owned));
                self.heard(next);
            }
            Op::Respond { which, response, body } => {
                let body = match body {
                    Kind::Empty => Body::Empty,
                    Kind::Length(length) => Body::Length(length.into()),
                    Kind::Unknown => Body::Unknown,
                };
                let Some(response) = response.build() else { return };
                let status = response.status();
                if self.command(which, |server, id| server.respond(id, &response, body)) {
                    self.answer(status, body == Body::Empty);
                }
            }
            Op::RespondWith { which, response, length } => {
                let Some(response) = response.build() else { return };
                let body = vec![b'b'; length.into()];
                if self.command(which, |server, id| server.respond_with(id, &response, body.clone())) {
                    self.answer(response.status(), true);
                    self.answers.last_mut().unwrap().body = body;
                }
            }
            Op::Data { which, length } => {
                let data = vec![b'd'; length.into()];
                if self.command(which, |server, id| server.send_data(id, data.clone())) {
                    let answer = self.answers.last_mut().unwrap();
                    assert!(!answer.whole, "data behind the end");
                    answer.body.extend(data);
                }
            }
            Op::Finish { which, trailers } => {
                let fields = Trailers::new().field(FieldName::literal("x-t"), FieldValue::literal("v"));
                let finish = |server: &mut Server, id| {
                    if trailers { server.finish_with(id, &fields) } else { server.finish(id) }
                };
                if self.command(which, finish) {
                    assert!(!core::mem::replace(&mut self.answers.last_mut().unwrap().whole, true), "ended twice");
                    self.finished();
                }
            }
            Op::Interim { which, response } => {
                let Some(response) = response.build() else { return };
                self.command(which, |server, id| server.interim(id, &response));
            }
            Op::Upgrade { which, response } => {
                let Some(response) = response.build() else { return };
                if self.command(which, |server, id| server.upgrade(id, &response)) {
                    self.answer(response.status(), true);
                    self.upgraded = true;
                }
            }
            Op::Shutdown => self.server.shutdown(),
            Op::Abort => self.server.abort(),
            Op::Drain(most) => self.output.extend(drain_some(&mut self.server.link().tx, most.into())),
            Op::Clock(ms) => self.now = self.now + Duration::from_millis(ms.into()),
            Op::Detach => drop(self.server.link().detach()),
        }
    }

    /// Whether the command was taken. If not, nothing changed.
    fn command(&mut self, which: u8, command: impl FnOnce(&mut Server, Id) -> Result<(), Misuse>) -> bool {
        let Some(id) = self.id(which) else { return false };
        let before = (self.server.link().tx.len(), self.server.link().tx.is_ended(), self.server.deadline());
        let outcome = command(&mut self.server, id);
        if outcome.is_err() {
            let after = (self.server.link().tx.len(), self.server.link().tx.is_ended(), self.server.deadline());
            assert_eq!(after, before, "refused, and something changed");
        } else {
            assert!(self.over.is_none(), "taken after the end");
        }
        outcome.is_ok()
    }

    /// Once the reply is finished, the rest of the body is nobody's.
    fn finished(&mut self) {
        self.open &= self.answers.len() < self.asked.len();
    }

    fn answer(&mut self, status: Status, whole: bool) {
        assert!(self.answers.last().is_none_or(|answer| answer.whole), "an answer within another");
        assert!(self.answers.len() < self.asked.len(), "an answer to nothing");
        let asked = &self.asked[self.answers.len()];
        let bodyless = asked.head || matches!(status.code(), 204 | 304);
        self.answers.push(Answer { status: status.code(), body: Vec::new(), bodyless, whole });
        if whole {
            self.finished();
        }
    }

    fn heard(&mut self, next: Result<Next<RequestEvent>, Error>) {
        let deadline = self.server.deadline();
        let resting = matches!(next, Ok(Next::NeedInput | Next::NeedApp));
        assert!(!resting || deadline.is_none_or(|deadline| deadline > self.now), "a deadline in the past");
        assert!(self.over.is_none() || matches!(next, Ok(Next::Done)), "after the end: {next:?}");
        match next {
            Ok(Next::Event(event)) => return self.event(event),
            Ok(Next::NeedInput) => {
                let rx = &self.server.link().rx;
                assert!(rx.room() > 0 && !rx.is_eof());
                assert!(matches!(self.server.next(self.now), Ok(Next::NeedInput)), "not the same again");
            }
            Ok(Next::NeedApp) => {
                assert!(self.answers.len() < self.asked.len() || !self.answers.last().unwrap().whole);
                assert!(matches!(self.server.next(self.now), Ok(Next::NeedApp)), "not the same again");
            }
            Ok(Next::NeedFlush) => panic!("there is nothing to wait for"),
            Ok(Next::Done) => self.over = self.over.or(Some(Ok(()))),
            Err(error) => self.over = Some(Err(error)),
        }
        if self.over.is_some() && !self.upgraded {
            assert!(self.server.link().tx.is_ended() && self.server.deadline().is_none());
        }
    }

    fn event(&mut self, event: RequestEvent) {
        match event {
            RequestEvent::Request { id, head, body } => {
                assert!(!self.open, "a request within another");
                assert_eq!(id.get(), self.asked.len() as u64);
                let connect = head.method() == Method::CONNECT;
                let head_only = head.method() == Method::HEAD;
                self.asked.push(Asked { id, connect, head: head_only, upgrades: head.asks_upgrade() && !connect });
                assert!(!connect || body == Body::Empty);
                self.open = true;
            }
            RequestEvent::Data { id, bytes } => {
                assert!(self.open && !bytes.is_empty());
                assert_eq!(id.get() + 1, self.asked.len() as u64);
            }
            RequestEvent::End { id, .. } => {
                assert!(core::mem::take(&mut self.open), "ended twice");
                assert_eq!(id.get() + 1, self.asked.len() as u64);
            }
            RequestEvent::Upgraded { .. } => assert!(self.upgraded),
            other => panic!("{other:?}"),
        }
    }

    /// A client that asked the same hears the same, and no more than one farewell behind it.
    fn is_understood(&self) {
        let config = Config::builder().max_interim(1000).max_pipelined(1000).build().unwrap();
        let mut client = Client::new(config);
        let mut requests = 0;
        self.ask(&mut client, &mut requests);
        let mut rest = &self.output[..];
        let mut heard: Vec<Answer> = Vec::new();
        loop {
            match client.next(Instant::ORIGIN) {
                Ok(Next::Event(ResponseEvent::Interim { .. })) => {}
                Ok(Next::Event(ResponseEvent::Response { head, .. })) => {
                    let status = head.status().code();
                    heard.push(Answer { status, body: Vec::new(), bodyless: false, whole: false });
                }
                Ok(Next::Event(ResponseEvent::Data { bytes, .. })) => {
                    heard.last_mut().unwrap().body.extend_from_slice(&bytes);
                }
                Ok(Next::Event(ResponseEvent::End { .. })) => {
                    heard.last_mut().unwrap().whole = true;
                    if client.is_ready() {
                        self.ask(&mut client, &mut requests);
                    }
                }
                Ok(Next::Event(ResponseEvent::Upgraded { head, .. })) => {
                    assert!(self.upgraded, "a switch that nobody made");
                    let status = head.status().code();
                    heard.push(Answer { status, body: Vec::new(), bodyless: false, whole: true });
                    break;
                }
                Ok(Next::NeedInput) if rest.is_empty() => client.link().rx.close(),
                Ok(Next::NeedInput) => rest = feed(&mut client.link().rx, rest),
                Ok(Next::Done) | Err(Error::Cut | Error::Unanswered) => break,
                other => panic!("{other:?} of {}", self.output.escape_ascii()),
            }
        }
        assert!(rest.is_empty() && client.link().rx.is_empty(), "more behind the end: {}", self.output.escape_ascii());
        for (theirs, ours) in heard.iter().zip(&self.answers) {
            assert_eq!(theirs.status, ours.status, "{}", self.output.escape_ascii());
            assert!(theirs.whole >= ours.whole, "an answer that isn't whole");
            assert!(if ours.bodyless { theirs.body.is_empty() } else { theirs.body == ours.body }, "another body");
        }
        let farewell = heard.len().checked_sub(self.answers.len()).expect("an answer is missing");
        let faulty = matches!(self.over, Some(Err(_)));
        assert!(farewell <= usize::from(faulty), "{farewell} more: {}", self.output.escape_ascii());
    }

    /// Sends what was asked, as far as it changes what an answer looks like; `GET` for what couldn't be read.
    fn ask(&self, client: &mut Client, requests: &mut usize) {
        let asked = self.asked.get(*requests);
        *requests += 1;
        let (connect, head) = asked.map_or((false, false), |asked| (asked.connect, asked.head));
        let method = if connect {
            Method::CONNECT
        } else if head {
            Method::HEAD
        } else {
            Method::GET
        };
        let target = Target::new(if connect { "h:1" } else { "/" }).unwrap();
        let mut request = Request::new(method, target).field(FieldName::HOST, FieldValue::literal("h"));
        if asked.is_some_and(|asked| asked.upgrades) {
            request.add(FieldName::UPGRADE, FieldValue::literal("x"));
        }
        client.request(&request, Body::Empty).unwrap();
    }
}

impl Reply {
    fn build(&self) -> Option<Response> {
        let code = match self.status {
            Code::Usual(which) => STATUSES[usize::from(which) % STATUSES.len()],
            Code::Any(code) => code % 1000,
        };
        let mut response = Response::new(Status::new(code).ok()?);
        if self.close {
            response = response.close();
        }
        if let Some((name, value)) = FIELDS.get(usize::from(self.field) % (2 * FIELDS.len())) {
            response.add(FieldName::new(name).unwrap(), FieldValue::new(*value).unwrap());
        }
        Some(response)
    }
}

fn owned(event: RequestEvent<&[u8]>) -> RequestEvent {
    match event {
        RequestEvent::Request { id, head, body } => RequestEvent::Request { id, head: head.to_owned(), body },
        RequestEvent::Data { id, bytes } => RequestEvent::Data { id, bytes: bytes.to_vec().into() },
        RequestEvent::End { id, trailers } => RequestEvent::End { id, trailers: trailers.to_owned() },
        RequestEvent::Upgraded { id } => RequestEvent::Upgraded { id },
        other => panic!("{other:?}"),
    }
}
