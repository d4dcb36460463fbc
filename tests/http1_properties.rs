//! What holds for every input: no panic, one outcome for every cut, bounded work and memory, and nothing accepted that
//! a careless second reader could understand otherwise.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http1;

use barewire::http::{Body, Method, RequestEvent, Response, Status, Target};
use barewire::http1::{Client, Config, Error, Server};
use barewire::{Machine, Next};
use http1::{T0, drain, feed, serve, summary};
use quickcheck::{Arbitrary, Gen, QuickCheck};

/// Something near HTTP: pieces that are legal where they belong, put where chance puts them.
#[derive(Clone, Debug)]
struct Stream(Vec<u8>);

const PIECES: &[&str] = &[
    "GET / HTTP/1.1\r\n",
    "POST /a?b HTTP/1.1\r\n",
    "HEAD / HTTP/1.0\r\n",
    "CONNECT h:1 HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "GET http://h/ HTTP/1.1\r\n",
    "PRI * HTTP/2.0\r\n",
    "Host: h\r\n",
    "host: [::1]:80\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: 5, 5\r\n",
    "Content-Length: +5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip\r\n",
    "Connection: close\r\n",
    "Connection: keep-alive, upgrade\r\n",
    "Upgrade: x\r\n",
    "Expect: nothing\r\n",
    "TE: trailers\r\n",
    "X: y\r\n",
    "X:\r\n",
    " folded\r\n",
    "X : y\r\n",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    "\0",
    "hello",
    "5\r\nhello\r\n",
    "5;a=\"b\"\r\nhello\r\n",
    "0\r\n\r\n",
    "0\r\nX: y\r\n\r\n",
    "ffffffffffffffff\r\n",
    "\u{e9}",
    ":",
    "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.0 304 \r\n",
];

impl Arbitrary for Stream {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut bytes = Vec::new();
        for _ in 0..usize::arbitrary(g) % 12 {
            bytes.extend_from_slice(g.choose(PIECES).unwrap().as_bytes());
        }
        if bool::arbitrary(g) && !bytes.is_empty() {
            let at = usize::arbitrary(g) % bytes.len();
            match u8::arbitrary(g) % 3 {
                0 => bytes[at] = u8::arbitrary(g),
                1 => bytes.insert(at, u8::arbitrary(g)),
                _ => drop(bytes.remove(at)),
            }
        }
        Self(bytes)
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Self))
    }
}

/// Cuts the input by the lengths of `cuts`, over and over.
fn cut<'a>(input: &'a [u8], cuts: &[u8]) -> Vec<&'a [u8]> {
    let mut rest = input;
    let mut pieces = Vec::new();
    let mut lengths = cuts.iter().cycle();
    while !rest.is_empty() {
        let n = lengths.next().map_or(1, |length| usize::from(length % 20) + 1).min(rest.len());
        let (piece, after) = rest.split_at(n);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[test]
fn the_outcome_does_not_depend_on_the_cuts() {
    fn holds(input: Stream, cuts: Vec<u8>, eof: bool, lent: bool) -> bool {
        let config =
            Config::builder().max_line(64).max_head(200).max_fields(5).max_trailers(40).max_body(Some(40)).build();
        [Config::default(), config.unwrap()].iter().all(|config| {
            let whole = serve(config, &[&input.0], eof, false);
            serve(config, &cut(&input.0, &cuts), eof, lent) == whole
        })
    }
    QuickCheck::new().tests(20_000).quickcheck(holds as fn(Stream, Vec<u8>, bool, bool) -> bool);
}

#[test]
fn the_outcome_of_a_beginning_is_the_beginning_of_the_outcome() {
    fn holds(input: Stream, at: usize) -> bool {
        let at = if input.0.is_empty() { 0 } else { at % input.0.len() };
        let whole = serve(&Config::default(), &[&input.0], false, false);
        let begun = serve(&Config::default(), &[&input.0[..at]], false, false);
        let data = |line: &String| line.starts_with("data ");
        let same = begun
            .events
            .iter()
            .zip(&whole.events)
            .all(|(a, b)| a == b || (data(a) && data(b) && b.starts_with(a.as_str())));
        same && begun.events.len() <= whole.events.len() && whole.output.starts_with(&begun.output)
    }
    QuickCheck::new().tests(10_000).quickcheck(holds as fn(Stream, usize) -> bool);
}

#[test]
fn no_bytes_panic_either_machine() {
    fn holds(input: Vec<u8>, cuts: Vec<u8>, requests: u8) -> bool {
        serve(&Config::default(), &cut(&input, &cuts), true, false);
        let mut client = Client::new(Config::default());
        let host = barewire::http::FieldValue::literal("h");
        let request = barewire::http::Request::new(Method::GET, Target::new("/").unwrap());
        let request = request.field(barewire::http::FieldName::HOST, host);
        for _ in 0..requests % 4 {
            client.request(&request, Body::Empty).unwrap();
        }
        let answer = [&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..], &input].concat();
        for piece in cut(&answer, &cuts) {
            feed(&mut client.link().rx, piece);
            while let Ok(Next::Event(_)) = client.next(T0) {}
        }
        client.link().rx.close();
        while let Ok(Next::Event(_)) = client.next(T0) {}
        client.next(T0) == Ok(Next::Done)
    }
    QuickCheck::new().tests(10_000).quickcheck(holds as fn(Vec<u8>, Vec<u8>, u8) -> bool);
}

#[test]
fn pipelined_requests_are_the_requests_one_by_one() {
    fn holds(a: Vec<u8>, b: Vec<u8>, cuts: Vec<u8>) -> bool {
        let request = |body: &[u8]| {
            let head = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
            let chunked = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
            let mut bytes = [head.as_bytes(), body, chunked.as_bytes()].concat();
            for chunk in body.chunks(3) {
                bytes.extend_from_slice(format!("{:X};x=\"\\\"\"\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
            bytes
        };
        let (a, b) = (request(&a), request(&b));
        let both = [&a[..], &b].concat();
        let alone = [&a, &b].map(|input| serve(&Config::default(), &[input], false, false));
        let together = serve(&Config::default(), &cut(&both, &cuts), false, false);
        together.events == [&alone[0].events[..], &alone[1].events].concat()
            && together.output == [&alone[0].output[..], &alone[1].output].concat()
            && together.error.is_none()
    }
    QuickCheck::new().tests(3000).quickcheck(holds as fn(Vec<u8>, Vec<u8>, Vec<u8>) -> bool);
}

#[test]
fn a_body_comes_back_as_it_was_sent() {
    fn holds(body: Vec<u8>, cuts: Vec<u8>, chunked: bool) -> bool {
        let mut client = Client::new(Config::default());
        let mut server = Server::new(Config::default());
        let host = barewire::http::FieldValue::literal("h");
        let request = barewire::http::Request::new(Method::PUT, Target::new("/").unwrap());
        let request = request.field(barewire::http::FieldName::HOST, host);
        let kind = if chunked { Body::Unknown } else { Body::Length(body.len() as u64) };
        let id = client.request(&request, kind).unwrap();
        for piece in cut(&body, &cuts) {
            client.send_data(id, piece.to_vec()).unwrap();
        }
        client.finish(id).unwrap();
        let sent = drain(&mut client.link().tx);
        for piece in cut(&sent, &cuts) {
            feed(&mut server.link().rx, piece);
            while let Next::Event(event) = server.next(T0).unwrap() {
                match event {
                    RequestEvent::Request { id, body, .. } => {
                        assert_eq!(body, kind);
                        server.respond(id, &Response::new(Status::OK), Body::Unknown).unwrap();
                    }
                    RequestEvent::Data { id, bytes } => server.send_data(id, bytes).unwrap(),
                    RequestEvent::End { id, .. } => server.finish(id).unwrap(),
                    other => panic!("{other:?}"),
                }
            }
        }
        let back = drain(&mut server.link().tx);
        let mut received = Vec::new();
        let mut ended = false;
        for piece in cut(&back, &cuts) {
            feed(&mut client.link().rx, piece);
            while let Next::Event(event) = client.next(T0).unwrap() {
                match event {
                    barewire::http::ResponseEvent::Data { bytes, .. } => received.extend_from_slice(&bytes),
                    barewire::http::ResponseEvent::End { .. } => ended = true,
                    _ => {}
                }
            }
        }
        ended && received == body && client.is_ready()
    }
    QuickCheck::new().tests(3000).quickcheck(holds as fn(Vec<u8>, Vec<u8>, bool) -> bool);
}

/// Whatever is accepted, `httparse` accepts too, with the same parts: never looser than the parser in common use.
#[test]
fn what_is_accepted_reads_the_same_elsewhere() {
    fn holds(input: Stream) -> bool {
        let mut server = Server::new(Config::default());
        feed(&mut server.link().rx, &input.0);
        let Ok(Next::Event(RequestEvent::Request { head, .. })) = server.next(T0) else { return true };
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut request = httparse::Request::new(&mut headers);
        let complete = request.parse(&input.0).is_ok_and(|status| status.is_complete());
        complete
            && request.method == Some(head.method().as_str())
            && request.path == Some(head.target().as_str())
            && request.headers.len() == head.fields().len()
            && request
                .headers
                .iter()
                .zip(head.fields())
                .all(|(theirs, (name, value))| theirs.name == name.as_str() && theirs.value == value.as_bytes())
    }
    QuickCheck::new().tests(20_000).quickcheck(holds as fn(Stream) -> bool);
}

#[test]
fn rustsec_2024_0336_an_end_of_file_anywhere_ends_in_bounded_steps() {
    let input = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n";
    for at in 0..=input.len() {
        let outcome = serve(&Config::default(), &[&input[..at]], true, false);
        assert!(outcome.done && outcome.fin, "at {at}: {outcome:?}");
        let clean = at == 0 || at == input.len() || input[..at].ends_with(b"X: y\r\n\r\n");
        assert_eq!(outcome.error, (!clean).then_some(Error::Cut), "at {at}");
    }
}

#[test]
fn rustsec_2026_0258_a_million_tiny_pieces_leave_memory_flat() {
    let mut server = Server::new(Config::default());
    feed(&mut server.link().rx, b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let mut data = 0;
    for _ in 0..100 {
        feed(&mut server.link().rx, "1\r\nx\r\n".repeat(10_000).as_bytes());
        while let Next::Event(event) = server.next_ref(T0).unwrap() {
            data += usize::from(matches!(event, RequestEvent::Data { .. }));
        }
        assert!(server.link().rx.is_empty() && server.link().tx.is_empty());
    }
    assert_eq!(data, 1_000_000);
}

#[test]
fn rustsec_2023_0065_a_head_by_the_byte_is_not_scanned_again_and_again() {
    // A hundred thousand bytes of heads, each of the longest: quadratic work would take minutes.
    let config = Config::builder().max_head(65_535).max_line(65_535).build().unwrap();
    let head = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "a".repeat(65_000)).repeat(20);
    let bytes: Vec<&[u8]> = head.as_bytes().chunks(1).collect();
    let outcome = serve(&config, &bytes, false, false);
    assert_eq!(summary(&outcome).matches("end").count(), 20);
}
