//! The runner of the table cases: each input whole, at every two-way cut, byte by byte, and followed by junk.

#![allow(dead_code, unreachable_pub)]

use barewire::http::{Fields, Id, RequestEvent, Response, Status};
use barewire::http1::{Config, Error, Server};
use barewire::{Inbox, Instant, Machine, Next, Outbox};

pub const T0: Instant = Instant::ORIGIN;

/// Feeds bytes as a driver would.
pub fn feed(rx: &mut Inbox, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let spare = rx.spare(bytes.len());
        assert!(!spare.is_empty(), "no room");
        let n = spare.len();
        spare.copy_from_slice(&bytes[..n]);
        rx.commit(n);
        bytes = &bytes[n..];
    }
}

/// Drains everything queued.
pub fn drain(tx: &mut Outbox) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(chunk) = tx.pop() {
        out.extend_from_slice(&chunk);
    }
    out
}

/// What came of an input.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// One line for each event, adjacent data merged; the error at the end.
    pub events: Vec<String>,
    pub output: Vec<u8>,
    pub fin: bool,
    pub error: Option<Error>,
    pub done: bool,
}

impl Outcome {
    fn event(&mut self, line: String) {
        self.events.push(line);
    }

    fn data(&mut self, bytes: &[u8]) {
        let text = bytes.escape_ascii().to_string();
        match self.events.last_mut() {
            Some(last) if last.starts_with("data ") => last.push_str(&text),
            _ => self.events.push(format!("data {text}")),
        }
    }

    /// The statuses of the replies, each with its body in parentheses.
    pub fn replies(&self) -> String {
        let mut rest = &self.output[..];
        let mut replies = Vec::new();
        while !rest.is_empty() {
            let head = rest.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head") + 4;
            let text = std::str::from_utf8(&rest[..head]).unwrap();
            let status = text.strip_prefix("HTTP/1.1 ").expect("a status line")[..3].to_string();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            rest = &rest[head..];
            if length > 0 {
                replies.push(format!("{status}({})", rest[..length].escape_ascii()));
                rest = &rest[length..];
            } else {
                replies.push(status);
            }
        }
        replies.join(" ")
    }
}

pub fn fields_text<B: AsRef<[u8]>>(fields: &Fields<B>) -> String {
    let each = fields.iter().map(|(name, value)| format!("{name}={}", value.as_bytes().escape_ascii()));
    each.collect::<Vec<_>>().join(",")
}

/// A server that answers each complete request with 200 and the request's body, run over pieces of input.
///
/// `lent` takes the other door.
pub fn serve(config: &Config, pieces: &[&[u8]], eof: bool, lent: bool) -> Outcome {
    let mut server = Server::new(config.clone());
    let mut outcome = Outcome::default();
    let mut body = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        loop {
            let room = server.link().rx.room();
            let n = rest.len().min(room).min(16 * 1024);
            feed(&mut server.link().rx, &rest[..n]);
            rest = &rest[n..];
            let next = pump(&mut server, &mut outcome, &mut body, lent);
            if rest.is_empty() || next != Next::NeedInput {
                break;
            }
        }
    }
    if eof {
        server.link().rx.close();
        let _ = pump(&mut server, &mut outcome, &mut body, lent);
    }
    outcome.fin = server.link().tx.wants_fin() || server.link().tx.is_ended();
    outcome.output.extend(drain(&mut server.link().tx));
    outcome
}

fn pump(server: &mut Server, outcome: &mut Outcome, body: &mut Vec<u8>, lent: bool) -> Next<()> {
    for _ in 0..100_000 {
        let next = if lent {
            match server.next_ref(T0) {
                Ok(next) => match next {
                    Next::Event(event) => Ok(Next::Event(note(event, outcome, body))),
                    other => Ok(other.map(|_| None)),
                },
                Err(error) => Err(error),
            }
        } else {
            server.next(T0).map(|next| next.map(|event| note(event, outcome, body)))
        };
        match next {
            Ok(Next::Event(Some((id, true)))) => {
                let reply = std::mem::take(body);
                server.respond_with(id, &Response::new(Status::OK), reply).expect("its turn");
            }
            Ok(Next::Event(Some((id, false)))) => {
                server.respond_with(id, &Response::new(Status::METHOD_NOT_ALLOWED), "").expect("its turn");
            }
            Ok(Next::Event(None)) => {}
            Ok(Next::Done) => {
                outcome.done = true;
                return Next::Done;
            }
            Ok(next) => {
                if next == Next::NeedInput {
                    assert!(server.link().rx.room() > 0, "law 5: there must be room");
                    assert!(!server.link().rx.is_eof(), "law 5: EOF was seen");
                }
                return next.map(|_| ());
            }
            Err(error) => {
                outcome.event(format!("error {error:?}"));
                outcome.error = Some(error);
                assert!(server.link().tx.is_ended(), "law 6: FIN behind the farewell");
                assert_eq!(server.next(T0), Ok(Next::Done), "law 6: Done for ever");
            }
        }
    }
    panic!("the machine never rests");
}

/// Writes an event down. Returns what to answer now, and whether the request can be echoed.
fn note<B: AsRef<[u8]>>(event: RequestEvent<B>, outcome: &mut Outcome, body: &mut Vec<u8>) -> Option<(Id, bool)> {
    match event {
        RequestEvent::Request { head, body: kind, .. } => {
            let version = if head.version() == barewire::http::Version::Http10 { " 1.0" } else { "" };
            let flag = if head.expects_continue() { " expects" } else { "" };
            let upgrade = if head.asks_upgrade() { " upgrade" } else { "" };
            outcome.event(format!("{} {}{version} {kind:?}{flag}{upgrade}", head.method(), head.target()));
            outcome.event(fields_text(head.fields()));
            body.clear();
            None
        }
        RequestEvent::Data { bytes, .. } => {
            outcome.data(bytes.as_ref());
            body.extend_from_slice(bytes.as_ref());
            None
        }
        RequestEvent::End { id, trailers } => {
            let trailers = fields_text(&trailers);
            outcome.event(if trailers.is_empty() { "end".into() } else { format!("end {trailers}") });
            let connect = outcome.events.iter().rev().find(|line| line.contains(" Empty") || line.contains(" Length"));
            Some((id, !connect.is_some_and(|line| line.starts_with("CONNECT "))))
        }
        _ => None,
    }
}

/// Runs an input in every way, holds the outcomes against each other, and returns the common one.
pub fn every_way(config: &Config, input: &[u8], eof: bool) -> Outcome {
    let whole = serve(config, &[input], eof, false);
    let name = || input[..input.len().min(200)].escape_ascii().to_string();
    assert_eq!(serve(config, &[input], eof, true), whole, "lent: {}", name());
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(serve(config, &bytes, eof, false), whole, "by the byte: {}", name());
    if input.len() <= 2048 {
        for at in 0..input.len() {
            let (a, b) = input.split_at(at);
            assert_eq!(serve(config, &[a, b], eof, at % 2 == 0), whole, "cut at {at}: {}", name());
        }
    } else {
        for size in [2, 3, 7, 1000, 4096] {
            let pieces: Vec<&[u8]> = input.chunks(size).collect();
            assert_eq!(serve(config, &pieces, eof, false), whole, "cut by {size}: {}", name());
        }
    }
    if !eof {
        let junk = [input, &b"\0\0\r\n\r\nGET /junk HTTP/1.1\r\nHost: j\r\n\r\n"[..]].concat();
        let followed = serve(config, &[&junk], false, false);
        if whole.error.is_some() || whole.fin {
            assert_eq!(followed.events, whole.events, "junk behind the end: {}", name());
            assert_eq!(followed.output, whole.output, "junk behind the end: {}", name());
        } else {
            assert!(followed.events.starts_with(&whole.events), "junk behind: {}", name());
        }
    }
    whole
}

/// An input, the events without the fields, and the replies.
pub type Case<'a> = (&'a str, &'a str, &'a str);

/// Requests that are refused: an input and the error. Nothing is announced, and the reply is the error's status with
/// `Connection: close`.
pub fn refused(config: &Config, cases: &[(&str, Error)]) {
    for (input, error) in cases {
        let outcome = every_way(config, input.as_bytes(), false);
        assert_eq!(outcome.events, [format!("error {error:?}")], "{input:?}");
        assert_eq!(outcome.replies(), error.status().to_string(), "{input:?}");
        let output = String::from_utf8(outcome.output).unwrap();
        assert!(output.contains("connection: close\r\n"), "{input:?}");
        assert!(outcome.fin);
    }
}

/// Inputs with their events (joined by `; `, fields left out) and replies.
pub fn answered(config: &Config, cases: &[Case<'_>]) {
    for (input, events, replies) in cases {
        let outcome = every_way(config, input.as_bytes(), false);
        assert_eq!(summary(&outcome), *events, "{input:?}");
        assert_eq!(outcome.replies(), *replies, "{input:?}");
    }
}

/// The events joined by `; `, the lines of fields left out.
pub fn summary(outcome: &Outcome) -> String {
    let fields = |at: usize| {
        at > 0 && {
            let before = &outcome.events[at - 1];
            before.contains(" Empty") || before.contains(" Length(") || before.contains(" Unknown")
        }
    };
    let lines: Vec<&str> =
        outcome.events.iter().enumerate().filter(|(at, _)| !fields(*at)).map(|(_, line)| line.as_str()).collect();
    lines.join("; ")
}
