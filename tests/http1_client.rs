//! The client machine against the checklist, section by section of RFC 9112 and RFC 9110.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http1;

use barewire::http::{
    Body, FieldName, FieldValue, Id, Method, Request, RequestEvent, Response, ResponseEvent, Status, Target, Trailers,
};
use barewire::http1::{Client, Config, Error, Server, Timer};
use barewire::{Instant, Machine, Misuse, Next};
use core::time::Duration;
use http1::{T0, drain, feed, fields_text};

const HOST: FieldValue<'static> = FieldValue::literal("h");

fn to(method: &str, target: &str) -> Request {
    Request::new(Method::new(method).unwrap(), Target::new(target).unwrap()).field(FieldName::HOST, HOST)
}

fn at(millis: u64) -> Instant {
    T0 + Duration::from_millis(millis)
}

fn text(client: &mut Client) -> String {
    String::from_utf8(drain(&mut client.link().tx)).unwrap()
}

/// A client that has sent a request for each of `methods`.
fn asked(config: &Config, methods: &str) -> Client {
    let mut client = Client::new(config.clone());
    for method in methods.split_whitespace() {
        let request = match method {
            "CONNECT" => to(method, "h:443"),
            "UPGRADE" => to("GET", "/").field(FieldName::UPGRADE, FieldValue::literal("x")),
            _ => to(method, "/"),
        };
        client.request(&request, Body::Empty).unwrap();
    }
    text(&mut client);
    client
}

/// What a client hears, one line for each event, adjacent data merged, and how it ends.
fn hear(client: &mut Client, pieces: &[&[u8]], eof: bool, lent: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    for at in 0..=pieces.len() {
        match pieces.get(at) {
            Some(piece) => feed(&mut client.link().rx, piece),
            None if eof => client.link().rx.close(),
            None => break,
        }
        loop {
            let next = if lent {
                client.next_ref(T0).map(|next| next.map(line))
            } else {
                client.next(T0).map(|next| next.map(line))
            };
            match next {
                Ok(Next::Event(line)) => match (lines.last_mut(), line.strip_prefix("data ")) {
                    (Some(last), Some(more)) if last.starts_with("data ") => last.push_str(more),
                    _ => lines.push(line),
                },
                Ok(Next::NeedInput) => {
                    assert!(!client.link().rx.is_eof() && client.link().rx.room() > 0, "law 5");
                    break;
                }
                Ok(Next::Done) => {
                    if lines.last().is_none_or(|last| last != "done" && !last.starts_with("error")) {
                        lines.push("done".into());
                    }
                    break;
                }
                Ok(other) => {
                    lines.push(format!("{other:?}"));
                    break;
                }
                Err(error) => {
                    lines.push(format!("error {error:?}"));
                    assert!(client.link().tx.is_ended(), "law 6");
                }
            }
        }
    }
    lines.join("; ")
}

fn line<B: AsRef<[u8]>>(event: ResponseEvent<B>) -> String {
    let more = |fields: String| if fields.is_empty() { fields } else { format!(" {fields}") };
    match event {
        ResponseEvent::Continue { .. } => "continue".into(),
        ResponseEvent::Interim { head, .. } => format!("interim {}{}", head.status(), more(fields_text(head.fields()))),
        ResponseEvent::Response { id, head, body } => format!("#{id} {} {body:?}", head.status()),
        ResponseEvent::Data { bytes, .. } => format!("data {}", bytes.as_ref().escape_ascii()),
        ResponseEvent::End { trailers, .. } => format!("end{}", more(fields_text(&trailers))),
        ResponseEvent::Upgraded { head, .. } => format!("upgraded {}", head.status()),
        _ => "other".into(),
    }
}

/// Runs an input in every way and returns the common outcome.
fn every_way(config: &Config, methods: &str, input: &[u8], eof: bool) -> String {
    let whole = hear(&mut asked(config, methods), &[input], eof, false);
    assert_eq!(hear(&mut asked(config, methods), &[input], eof, true), whole, "lent: {}", input.escape_ascii());
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(hear(&mut asked(config, methods), &bytes, eof, false), whole, "by the byte: {}", input.escape_ascii());
    for at in 0..input.len().min(3000) {
        let (a, b) = input.split_at(at);
        let cut = hear(&mut asked(config, methods), &[a, b], eof, at % 2 == 0);
        assert_eq!(cut, whole, "cut at {at}: {}", input.escape_ascii());
    }
    whole
}

/// Methods asked with, the response, what is heard.
fn heard(cases: &[(&str, &str, &str)]) {
    for (methods, input, expected) in cases {
        assert_eq!(every_way(&Config::default(), methods, input.as_bytes(), false), *expected, "{input:?}");
    }
}

/// The same with an end of file behind.
fn heard_to_the_end(cases: &[(&str, &str, &str)]) {
    for (methods, input, expected) in cases {
        assert_eq!(every_way(&Config::default(), methods, input.as_bytes(), true), *expected, "{input:?}");
    }
}

#[test]
fn rfc9112_4_status_lines() {
    heard(&[
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "#0 200 Length(0); end"),
        ("GET", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "#0 200 Length(0); end"),
        ("GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "#0 200 Length(0); end"),
        ("GET", "HTTP/1.1 999 \u{e9}\t!\r\nContent-Length: 0\r\n\r\n", "#0 999 Length(0); end"),
        ("GET", "HTTP/1.1 099 OK\r\n\r\n", "error StatusLine"),
        ("GET", "HTTP/1.1 20 OK\r\n\r\n", "error StatusLine"),
        ("GET", "HTTP/1.1 2000 OK\r\n\r\n", "error StatusLine"),
        ("GET", "HTTP/1.1  200 OK\r\n\r\n", "error StatusLine"),
        ("GET", "HTTP/1.1 200OK\r\n\r\n", "error StatusLine"),
        ("GET", "HTTP/1.1 +20 OK\r\n\r\n", "error StatusLine"),
        ("GET", "HTTP/1.1\t200 OK\r\n\r\n", "error StatusLine"),
        ("GET", "HTTP/1.1 200 a\0b\r\n\r\n", "error StatusLine"),
        ("GET", "HTTP/2.0 200 OK\r\n\r\n", "error Version"),
        ("GET", "HTTP/1.2 200 OK\r\n\r\n", "error Version"),
        ("GET", "http/1.1 200 OK\r\n\r\n", "error StatusLine"),
        ("GET", "ICY 200 OK\r\n\r\n", "error StatusLine"),
        ("GET", "HTTP/1.1 200 OK\n\n", "error LineEnd"),
        ("GET", "HTTP/1.1 200 OK\r\nX: y\n\r\n", "error LineEnd"),
        ("GET", "HTTP/1.1 200 OK\rX: y\r\n\r\n", "error LineEnd"),
        ("GET", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "error StatusLine"),
    ]);
    let lenient = Config::builder().allow_empty_line_before_status(true).build().unwrap();
    let input = b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(every_way(&lenient, "GET", input, false), "#0 200 Length(0); end");
}

#[test]
fn rfc9112_5_field_lines() {
    heard(&[
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", "error FieldLine"),
        ("GET", "HTTP/1.1 200 OK\r\n X: y\r\n\r\n", "error FieldLine"),
        ("GET", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", "error FieldLine"),
        ("GET", "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", "error FieldLine"),
        ("GET", "HTTP/1.1 200 OK\r\n: y\r\n\r\n", "error FieldLine"),
    ]);
    let mut client = asked(&Config::default(), "GET");
    feed(&mut client.link().rx, b"HTTP/1.1 200 Fine\r\nX-A: 1\r\nx-a:  2 \r\nContent-Length: 0\r\n\r\n");
    let Ok(Next::Event(ResponseEvent::Response { head, .. })) = client.next(T0) else { panic!() };
    assert_eq!(head.reason(), b"Fine");
    let name = FieldName::literal("X-a");
    assert_eq!(head.fields().get_all(name).map(|value| value.to_str().unwrap()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(head.fields().len(), 3);
    assert_eq!(head.fields().iter().next().unwrap().0.as_str(), "X-A");
}

#[test]
fn rfc9112_6_3_body_framing() {
    heard(&[
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "#0 200 Length(5); data hello; end"),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "#0 200 Unknown; data hello; end",
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\nContent-Length: 3\r\n\r\n",
            "#0 200 Unknown; data hello; end A=b",
        ),
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "#0 200 Empty; end"),
        ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "#0 200 Empty; end"),
        ("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "#0 204 Empty; end"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "#0 304 Empty; end"),
        (
            "HEAD GET",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            "#0 200 Empty; end; #1 200 Length(2); data hi; end",
        ),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "error LengthAndEncoding",
        ),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", "error ContentLength"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", "error ContentLength"),
        ("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", "error TransferEncoding"),
        ("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\n", "error TransferEncoding"),
        ("GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "error TransferEncoding"),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX",
            "#0 200 Unknown; data hello; error ChunkEnd",
        ),
    ]);
    heard_to_the_end(&[
        ("GET", "HTTP/1.1 200 OK\r\n\r\nhello", "#0 200 Unknown; data hello; end; done"),
        ("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello", "#0 200 Unknown; data hello; end; done"),
        ("GET", "HTTP/1.1 200 OK\r\n\r\n", "#0 200 Unknown; end; done"),
        ("GET", "HTTP/1.0 200 OK\r\n\r\nhello", "#0 200 Unknown; data hello; end; done"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "#0 200 Length(5); data hello; end; done"),
    ]);
}

#[test]
fn rfc9112_8_incomplete_responses() {
    heard_to_the_end(&[
        ("", "", "done"),
        ("GET", "", "error Unanswered"),
        ("GET", "H", "error Cut"),
        ("GET", "HTTP/1.1 200 OK\r\n", "error Cut"),
        ("GET", "HTTP/1.1 103 Hints\r\n\r\n", "interim 103; error Cut"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "#0 200 Length(5); data hell; error Cut"),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            "#0 200 Unknown; data hello; error Cut",
        ),
        ("GET GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "#0 200 Length(0); end; error Unanswered"),
    ]);
}

#[test]
fn rfc9112_9_2_a_response_without_a_request() {
    heard(&[
        ("", "H", "error Unsolicited"),
        (
            "GET",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n",
            "#0 200 Length(0); end; error Unsolicited",
        ),
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "#0 200 Empty; end; error Unsolicited"),
        ("GET", "HTTP/1.1 204 OK\r\n\r\nhi", "#0 204 Empty; end; error Unsolicited"),
    ]);
}

#[test]
fn rfc9112_9_3_persistence() {
    heard(&[
        ("GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "#0 200 Length(0); end; done"),
        ("GET", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "#0 200 Length(0); end; done"),
        ("GET", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", "#0 200 Length(0); end"),
        (
            "GET GET",
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "#0 200 Length(0); end; error Unanswered",
        ),
    ]);
    let mut client = Client::new(Config::default());
    client.request(&to("GET", "/").close(), Body::Empty).unwrap();
    assert_eq!(text(&mut client), "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    assert!(!client.is_ready());
    assert_eq!(client.request(&to("GET", "/"), Body::Empty), Err(Misuse::Closed));
    let heard = hear(&mut client, &[b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\njunk"], false, false);
    assert_eq!(heard, "#0 200 Length(0); end; done");
    assert!(client.link().tx.wants_fin());
}

#[test]
fn rfc9110_15_2_interim_responses() {
    heard(&[
        (
            "GET",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "interim 103 Link=x; #0 200 Length(0); end",
        ),
        (
            "GET",
            "HTTP/1.1 102 x\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
            "interim 102 Content-Length=5; #0 204 Empty; end",
        ),
        ("GET", "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "error UnexpectedSwitch"),
    ]);
    let many = "HTTP/1.1 102 x\r\n\r\n".repeat(17);
    let outcome = every_way(&Config::default(), "GET", many.as_bytes(), false);
    assert!(outcome.ends_with("interim 102; error TooManyInterim"), "{outcome}");
}

#[test]
fn rfc9110_7_8_upgrade_and_connect() {
    heard(&[
        ("UPGRADE", "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nearly", "upgraded 101; done"),
        ("UPGRADE", "HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n", "#0 200 Length(0); end"),
        ("UPGRADE", "HTTP/1.1 101 x\r\nConnection: upgrade\r\n\r\n", "error UnexpectedSwitch"),
        ("CONNECT", "HTTP/1.1 200 x\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\nearly", "upgraded 200; done"),
        ("CONNECT", "HTTP/1.1 403 x\r\nContent-Length: 2\r\n\r\nno", "#0 403 Length(2); data no; end"),
    ]);
    let mut client = asked(&Config::default(), "UPGRADE");
    assert_eq!(client.request(&to("GET", "/"), Body::Empty), Err(Misuse::OutOfTurn));
    hear(&mut client, &[b"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nearly"], false, false);
    let link = client.into_link();
    assert_eq!(link.rx.data(), b"early");
    assert!(!link.tx.is_ended());
}

#[test]
fn rfc9110_10_1_1_expect_continue() {
    let expecting = to("POST", "/").field(FieldName::EXPECT, FieldValue::literal("100-continue"));
    let start = |config: Config| {
        let mut client = Client::new(config);
        let id = client.request(&expecting, Body::Length(2)).unwrap();
        assert_eq!(client.send_data(id, "hi"), Err(Misuse::OutOfTurn));
        assert_eq!(client.finish(id), Err(Misuse::OutOfTurn));
        assert!(text(&mut client).ends_with("\r\n\r\n"));
        (client, id)
    };
    let (mut client, id) = start(Config::default());
    assert_eq!(hear(&mut client, &[b"HTTP/1.1 100 Continue\r\n\r\n"], false, false), "continue");
    client.send_data(id, "hi").unwrap();
    client.finish(id).unwrap();
    assert_eq!(text(&mut client), "hi");
    assert_eq!(hear(&mut client, &[b"HTTP/1.1 204 x\r\n\r\n"], false, false), "#0 204 Empty; end");
    assert!(client.is_ready());

    // A final response instead: the body is dropped, and the connection with it.
    let (mut client, id) = start(Config::default());
    assert_eq!(
        hear(&mut client, &[b"HTTP/1.1 417 x\r\nContent-Length: 0\r\n\r\n"], false, false),
        "#0 417 Length(0); end"
    );
    client.finish(id).unwrap();
    assert!(!client.is_ready());
    assert_eq!(client.next(T0), Ok(Next::Done));
    assert_eq!(text(&mut client), "");

    // Silence: after a while it goes on regardless.
    let (mut client, id) = start(Config::default());
    assert_eq!(client.next(T0), Ok(Next::NeedInput));
    assert_eq!(client.deadline(), Some(at(1000)));
    assert_eq!(client.next(at(1000)), Ok(Next::Event(ResponseEvent::Continue { id })));
    client.send_data(id, "hi").unwrap();

    assert_eq!(Client::new(Config::default()).request(&expecting, Body::Empty), Err(Misuse::Invalid));
    assert_eq!(Client::new(Config::default()).request_with(&expecting, "hi"), Err(Misuse::Invalid));
}

#[test]
fn rfc9112_3_requests_as_they_leave() {
    let sent = |request: &Request, body: &[u8], kind: Body| {
        let mut client = Client::new(Config::default());
        let id = client.request(request, kind).unwrap();
        if kind != Body::Empty {
            client.send_data(id, body.to_vec()).unwrap();
            client.finish(id).unwrap();
        }
        text(&mut client)
    };
    assert_eq!(sent(&to("GET", "/a?b"), b"", Body::Empty), "GET /a?b HTTP/1.1\r\nhost: h\r\n\r\n");
    assert_eq!(sent(&to("POST", "/"), b"", Body::Empty), "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(
        sent(&to("PUT", "/"), b"hi", Body::Length(2)),
        "PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nhi"
    );
    assert_eq!(
        sent(&to("PUT", "/"), b"hi", Body::Unknown),
        "PUT / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    );
    assert_eq!(
        sent(&to("GET", "/").field(FieldName::TE, FieldValue::literal("trailers")), b"", Body::Empty),
        "GET / HTTP/1.1\r\nhost: h\r\nte: trailers\r\nconnection: te\r\n\r\n"
    );
    assert_eq!(
        sent(&to("GET", "/").field(FieldName::UPGRADE, FieldValue::literal("x")), b"", Body::Empty),
        "GET / HTTP/1.1\r\nhost: h\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"
    );
    let mut client = Client::new(Config::default());
    client.request_with(&to("PUT", "/"), "hi").unwrap();
    assert!(client.is_ready());
    assert_eq!(text(&mut client), "PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nhi");
    let announced = to("PUT", "/").field(FieldName::TRAILER, FieldValue::literal("x-sum"));
    let id = client.request(&announced, Body::Unknown).unwrap();
    client.finish_with(id, &Trailers::new().field(FieldName::literal("x-sum"), FieldValue::literal("1"))).unwrap();
    assert!(text(&mut client).ends_with("\r\n\r\n0\r\nx-sum: 1\r\n\r\n"));
}

#[test]
fn rustsec_2017_0002_nothing_illegal_leaves() {
    for target in
        ["", "a b", "/a b", "/\r\nX: y", "/\n", "/\0", "/\u{e9}", "/a#b", "http://", "http://u@h/", "h", "//\u{7f}"]
    {
        assert!(Target::new(target).is_err(), "{target:?}");
    }
    for target in ["/", "/a?b", "*", "http://h/a?b", "h:443", "[::1]:443"] {
        assert!(Target::new(target).is_ok(), "{target:?}");
    }
    for method in ["", "G T", "GET\r\n", "G\u{e9}T"] {
        assert!(Method::new(method).is_err(), "{method:?}");
    }
    let misuse = |request: Request, body: Body| {
        let mut client = Client::new(Config::default());
        assert_eq!(client.request(&request, body), Err(Misuse::Invalid), "{request:?}");
        assert_eq!(text(&mut client), "", "nothing changed");
    };
    misuse(Request::new(Method::GET, Target::new("/").unwrap()), Body::Empty);
    misuse(to("GET", "/").field(FieldName::HOST, HOST), Body::Empty);
    misuse(
        Request::new(Method::GET, Target::new("/").unwrap()).field(FieldName::HOST, FieldValue::literal("a b")),
        Body::Empty,
    );
    misuse(to("GET", "*"), Body::Empty);
    misuse(to("GET", "h:443"), Body::Empty);
    misuse(to("CONNECT", "/"), Body::Empty);
    misuse(to("TRACE", "/"), Body::Length(1));
    misuse(to("TRACE", "/").field(FieldName::EXPECT, FieldValue::literal("100-continue")), Body::Empty);
    misuse(to("CONNECT", "h:443"), Body::Length(1));
    misuse(to("CONNECT", "h:443"), Body::Unknown);
    misuse(to("PUT", "/").field(FieldName::CONTENT_LENGTH, FieldValue::literal("2")), Body::Length(3));
    misuse(to("PUT", "/").field(FieldName::CONTENT_LENGTH, FieldValue::literal("2")), Body::Empty);
    misuse(to("PUT", "/").field(FieldName::TRANSFER_ENCODING, FieldValue::literal("chunked")), Body::Empty);
    misuse(to("PUT", "/").field(FieldName::CONNECTION, FieldValue::literal("x")), Body::Empty);
}

#[test]
fn rfc9112_9_3_2_pipelining_has_a_depth() {
    let mut client = Client::new(Config::builder().max_pipelined(2).build().unwrap());
    let first = client.request(&to("PUT", "/"), Body::Length(1)).unwrap();
    assert_eq!(client.request(&to("GET", "/"), Body::Empty), Err(Misuse::OutOfTurn), "the last isn't finished");
    client.send_data(first, "x").unwrap();
    client.finish(first).unwrap();
    assert_eq!(client.finish(first), Err(Misuse::UnknownId));
    client.request(&to("GET", "/"), Body::Empty).unwrap();
    assert_eq!(client.request(&to("GET", "/"), Body::Empty), Err(Misuse::OutOfTurn));
    client.shutdown();
    let answer = "HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n".repeat(2);
    assert_eq!(
        hear(&mut client, &[answer.as_bytes()], false, false),
        "#0 200 Length(0); end; #1 200 Length(0); end; done"
    );
}

#[test]
fn timers() {
    let config = Config::builder().response_timeout(Some(Duration::from_secs(3))).build().unwrap();
    let mut client = asked(&config, "GET");
    assert_eq!(client.next(T0), Ok(Next::NeedInput));
    assert_eq!(client.deadline(), Some(at(3000)));
    assert_eq!(client.next(at(3000)), Err(Error::Timeout(Timer::Response)));
    let mut client = asked(&config, "GET");
    feed(&mut client.link().rx, b"HTTP");
    assert_eq!(client.next(T0), Ok(Next::NeedInput));
    assert_eq!(client.next(at(15_000)), Err(Error::Timeout(Timer::Head)));
    // A response that streams slowly is no fault.
    let mut client = asked(&Config::default(), "GET");
    hear(&mut client, &[b"HTTP/1.1 200 x\r\n\r\n"], false, false);
    assert_eq!(client.deadline(), None);
    let mut client = asked(&Config::default(), "");
    assert_eq!(client.next(T0), Ok(Next::NeedInput));
    assert_eq!(client.deadline(), Some(at(75_000)));
    assert_eq!(client.next(at(75_000)), Ok(Next::Done));
}

/// A client and a server in memory, with a clock and a wire that carries `step` bytes at a time.
struct Pair {
    client: Client,
    server: Server,
    now: u64,
    step: usize,
}

impl Pair {
    fn new(step: usize) -> Self {
        Self { client: Client::new(Config::default()), server: Server::new(Config::default()), now: 0, step }
    }

    /// Runs until neither has anything to do but to wait for the application.
    fn run(
        &mut self,
        mut server: impl FnMut(&mut Server, RequestEvent),
        mut client: impl FnMut(&mut Client, ResponseEvent),
    ) {
        for _ in 0..100_000 {
            let now = at(self.now);
            self.now += 1;
            let mut idle = true;
            while let Next::Event(event) = self.server.next(now).unwrap() {
                server(&mut self.server, event);
                idle = false;
            }
            while let Next::Event(event) = self.client.next(now).unwrap() {
                client(&mut self.client, event);
                idle = false;
            }
            let (a, b) = (self.client.link(), self.server.link());
            idle &= !carry(&mut a.tx, &mut b.rx, self.step) & !carry(&mut b.tx, &mut a.rx, self.step);
            if idle {
                return;
            }
        }
        panic!("the pair never rests");
    }
}

fn carry(tx: &mut barewire::Outbox, rx: &mut barewire::Inbox, step: usize) -> bool {
    let mut chunks = [&b""[..]; 1];
    if tx.chunks(&mut chunks) == 0 {
        if tx.wants_fin() {
            tx.fin_sent();
            rx.close();
            return true;
        }
        return false;
    }
    let n = chunks[0].len().min(step).min(rx.room());
    let bytes = chunks[0][..n].to_vec();
    feed(rx, &bytes);
    tx.advance(n);
    n > 0
}

#[test]
fn pair_exchanges_everything_at_every_pace() {
    for step in [1, 2, 3, 7, 64, 4096] {
        let mut pair = Pair::new(step);
        let want_trailers = FieldValue::literal("trailers");
        let request = to("PUT", "/echo")
            .field(FieldName::TE, want_trailers)
            .field(FieldName::EXPECT, FieldValue::literal("100-continue"));
        let id = pair.client.request(&request, Body::Unknown).unwrap();
        let mut heard: Vec<String> = Vec::new();
        let trailers = Trailers::new().field(FieldName::literal("x-end"), FieldValue::literal("yes"));
        pair.run(
            |server, event| match event {
                RequestEvent::Request { id, head, body } => {
                    assert!(head.expects_continue());
                    assert_eq!(body, Body::Unknown);
                    let hints = Response::new(Status::EARLY_HINTS).field(FieldName::LINK, FieldValue::literal("</x>"));
                    server.interim(id, &hints).unwrap();
                }
                RequestEvent::Data { id, bytes } => {
                    // Begun with the first piece; later ones find it begun.
                    let _ = server.respond(id, &Response::new(Status::OK), Body::Unknown);
                    server.send_data(id, bytes).unwrap();
                }
                RequestEvent::End { id, trailers: none } => {
                    assert!(none.is_empty());
                    server.finish_with(id, &trailers).unwrap();
                }
                other => panic!("{other:?}"),
            },
            |client, event| {
                if let ResponseEvent::Continue { id } = event {
                    client.send_data(id, "hello ").unwrap();
                    client.send_data(id, "world").unwrap();
                    client.finish(id).unwrap();
                }
                let event = line(event);
                match (heard.last_mut(), event.strip_prefix("data ")) {
                    (Some(last), Some(more)) if last.starts_with("data ") => last.push_str(more),
                    _ => heard.push(event),
                }
            },
        );
        assert_eq!(id.get(), 0);
        assert_eq!(
            heard,
            ["interim 103 link=</x>", "continue", "#0 200 Unknown", "data hello world", "end x-end=yes"],
            "{step}"
        );
        // The same connection goes on, pipelined, and ends when the server says so.
        for _ in 0..3 {
            pair.client.request(&to("GET", "/"), Body::Empty).unwrap();
        }
        let mut ends = 0;
        let mut answered = 0;
        pair.run(
            |server, event| {
                if let RequestEvent::End { id, .. } = event {
                    answered += 1;
                    if answered == 3 {
                        server.shutdown();
                    }
                    server.respond_with(id, &Response::new(Status::OK), "x".repeat(10_000)).unwrap();
                }
            },
            |_, event| ends += usize::from(matches!(event, ResponseEvent::End { .. })),
        );
        assert_eq!((answered, ends), (3, 3));
        assert!(!pair.client.is_ready());
        assert_eq!(pair.client.next(at(pair.now)), Ok(Next::Done));
        assert_eq!(pair.server.next(at(pair.now)), Ok(Next::Done));
    }
}

#[test]
fn an_early_response_to_a_request_whose_body_is_still_being_sent() {
    let mut pair = Pair::new(100);
    let id: Id = pair.client.request(&to("PUT", "/"), Body::Length(10)).unwrap();
    pair.client.send_data(id, "12345").unwrap();
    let mut heard = Vec::new();
    pair.run(
        |server, event| {
            if let RequestEvent::Request { id, .. } = event {
                server.respond_with(id, &Response::new(Status::FORBIDDEN), "no").unwrap();
            }
        },
        |_, event| heard.push(line(event)),
    );
    assert_eq!(heard, ["#0 403 Length(2)", "data no", "end"]);
    assert!(!pair.client.is_ready());
    pair.client.send_data(id, "67890").unwrap();
    pair.client.finish(id).unwrap();
    assert!(pair.client.is_ready());
    pair.client.request(&to("GET", "/"), Body::Empty).unwrap();
    pair.run(
        |server, event| {
            if let RequestEvent::End { id, .. } = event {
                server.respond_with(id, &Response::new(Status::OK), "").unwrap();
            }
        },
        |_, event| heard.push(line(event)),
    );
    assert_eq!(heard[3..], ["#1 200 Length(0)", "end"]);
}
