//! Heads from text, and the machines over pieces of input: whole, at every cut, byte by byte, with frames behind.

use barewire::http::{Body, RequestEvent, RequestHead, Response, ResponseEvent, ResponseHead, Status};
use barewire::websocket::handshake::{
    Accept, Client, ClientEvent, Config, Error, Fault, Negotiated, Opening, Origins, Refusal, Server, ServerEvent,
    accept,
};
use barewire::{Inbox, Instant, Link, Machine, Next, Outbox, http1};

pub(crate) const T0: Instant = Instant::ORIGIN;
pub(crate) const NONCE: [u8; 16] = *b"the sample nonce";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// What a request must have, and nothing more.
pub(crate) const REQUEST: [&str; 6] = [
    "GET /ws HTTP/1.1",
    "Host: example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// What a response must have, and nothing more.
pub(crate) const RESPONSE: [&str; 4] = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

/// A head of these lines and further ones, separated by `|`.
pub(crate) fn with(lines: &[&str], more: &str) -> String {
    let lines = lines.iter().copied().chain(more.split('|').filter(|line| !line.is_empty()));
    lines.map(|line| format!("{line}\r\n")).collect::<String>() + "\r\n"
}

/// The same with another line in the place of the one that begins in the same way, or without it.
pub(crate) fn but(lines: &[&str], begin: &str, instead: &str) -> String {
    assert!(lines.iter().any(|line| line.starts_with(begin)), "{begin}");
    let rest: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with(begin)).collect();
    // A start line stays in front.
    if lines[0].starts_with(begin) { with(&[instead], &rest.join("|")) } else { with(&rest, instead) }
}

/// All pages, so that `Origin` is no matter.
pub(crate) fn open() -> Config {
    Config::builder().origins(Origins::any()).build().unwrap()
}

pub(crate) fn feed(rx: &mut Inbox, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let spare = rx.spare(bytes.len());
        let n = spare.len();
        assert!(n > 0, "no room");
        spare.copy_from_slice(&bytes[..n]);
        rx.commit(n);
        bytes = &bytes[n..];
    }
}

pub(crate) fn drain(tx: &mut Outbox) -> String {
    let mut out = Vec::new();
    while let Some(chunk) = tx.pop() {
        out.extend_from_slice(&chunk);
    }
    String::from_utf8(out).unwrap()
}

/// The head of a request, by the HTTP engine.
pub(crate) fn request_head(text: &str) -> RequestHead {
    let mut http = http1::Server::new(http1::Config::default());
    feed(&mut http.link().rx, text.as_bytes());
    match http.next(T0) {
        Ok(Next::Event(RequestEvent::Request { head, .. })) => head,
        other => panic!("{text}: {other:?}"),
    }
}

/// The head of a response to a request for an upgrade, by the HTTP engine.
pub(crate) fn response_head(text: &str) -> ResponseHead {
    let mut http = http1::Client::new(http1::Config::default());
    let opening = Opening::new("h", "/", NONCE, Config::default()).unwrap();
    http.request(opening.request(), Body::Empty).unwrap();
    feed(&mut http.link().rx, text.as_bytes());
    match http.next(T0) {
        Ok(Next::Event(ResponseEvent::Upgraded { head, .. } | ResponseEvent::Response { head, .. })) => head,
        other => panic!("{text}: {other:?}"),
    }
}

/// A response as it leaves, from the status line to the empty one.
pub(crate) fn written(request: &str, response: &Response) -> String {
    let mut http = http1::Server::new(http1::Config::default());
    feed(&mut http.link().rx, request.as_bytes());
    loop {
        match http.next(T0).unwrap() {
            Next::Event(RequestEvent::Request { id, .. }) if response.status() != Status::SWITCHING_PROTOCOLS => {
                http.respond(id, response, Body::Empty).unwrap();
                return drain(&mut http.link().tx);
            }
            Next::Event(RequestEvent::End { id, .. }) => http.upgrade(id, response).unwrap(),
            Next::Event(RequestEvent::Upgraded { .. }) => return drain(&mut http.link().tx),
            Next::Event(_) => {}
            other => panic!("{request}: {other:?}"),
        }
    }
}

/// The values of a field in a written head.
pub(crate) fn values<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    fields.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
}

/// What is granted to a request with these lines more.
pub(crate) fn granted(config: &Config, more: &str) -> Result<Accept, Refusal> {
    accept(&request_head(&with(&REQUEST, more)), config)
}

/// What a client makes of a response with these lines more.
pub(crate) fn judged(config: &Config, more: &str) -> Result<Negotiated, Fault> {
    let opening = Opening::new("h", "/", NONCE, config.clone()).unwrap();
    opening.verify(&response_head(&with(&RESPONSE, more)))
}

/// What came of a handshake.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) negotiated: Option<Negotiated>,
    pub(crate) error: Option<Error>,
    pub(crate) output: String,
    pub(crate) fin: bool,
    /// What is left for the session.
    pub(crate) early: Vec<u8>,
}

fn finish(link: &mut Link, negotiated: Option<Negotiated>, error: Option<Error>) -> Outcome {
    let early = if negotiated.is_some() { link.rx.data().to_vec() } else { Vec::new() };
    Outcome { negotiated, error, output: drain(&mut link.tx), fin: link.tx.is_ended(), early }
}

/// A server that accepts what is sound.
pub(crate) fn serve(config: &Config, pieces: &[&[u8]]) -> Outcome {
    let mut server = Server::new(config.clone());
    let (mut negotiated, mut error) = (None, None);
    for piece in pieces {
        feed(&mut server.link().rx, piece);
        loop {
            match server.next(T0) {
                Ok(Next::Event(ServerEvent::Request(_))) => {
                    assert!(matches!(server.next(T0), Ok(Next::NeedApp)));
                    server.accept().unwrap();
                }
                Ok(Next::Event(ServerEvent::Open(open))) => negotiated = Some(open),
                Ok(Next::Event(other)) => panic!("{other:?}"),
                Ok(_) => break,
                Err(fault) => {
                    error = Some(fault);
                    assert!(server.link().tx.is_ended());
                    assert_eq!(server.next(T0), Ok(Next::Done));
                }
            }
        }
    }
    assert!(server.offer().is_none());
    finish(&mut server.into_link(), negotiated, error)
}

/// A client that asks for what `config` says.
pub(crate) fn dial(config: &Config, pieces: &[&[u8]]) -> (Outcome, Option<ResponseHead>) {
    let mut client = Client::new(Opening::new("h", "/", NONCE, config.clone()).unwrap()).unwrap();
    let (mut negotiated, mut error, mut refused) = (None, None, None);
    for piece in pieces {
        feed(&mut client.link().rx, piece);
        loop {
            match client.next(T0) {
                Ok(Next::Event(ClientEvent::Open { negotiated: open, .. })) => negotiated = Some(open),
                Ok(Next::Event(ClientEvent::Refused(head))) => refused = Some(head),
                Ok(Next::Event(other)) => panic!("{other:?}"),
                Ok(_) => break,
                Err(fault) => {
                    error = Some(fault);
                    assert!(client.link().tx.is_ended());
                    assert_eq!(client.next(T0), Ok(Next::Done));
                }
            }
        }
    }
    (finish(&mut client.into_link(), negotiated, error), refused)
}

/// One input in every way. `run` must come to the same, but for what is left over behind the head.
pub(crate) fn every_way<T: PartialEq + core::fmt::Debug>(input: &str, run: impl Fn(&[&[u8]]) -> T) -> T {
    let input = input.as_bytes();
    let whole = run(&[input]);
    let text = input.escape_ascii();
    assert_eq!(run(&input.chunks(1).collect::<Vec<_>>()), whole, "by the byte: {text}");
    for at in 0..=input.len() {
        let (a, b) = input.split_at(at);
        assert_eq!(run(&[a, b]), whole, "cut at {at}: {text}");
    }
    whole
}
