//! One test for each known advisory of this field: what went wrong in another engine, tried on this one. The ids stand
//! in the names; `docs/proof.md` has the table.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http1;

use allocation_counter::measure;
use barewire::http::{Body, FieldName, FieldValue, Method, Reason, Request, RequestEvent, Response, Status, Target};
use barewire::http1::{Client, Config, Error, Server};
use barewire::message::{self, Datagrams};
use barewire::websocket::{self, Role};
use barewire::{Datagrams as _, Instant, Machine, Misuse, Next, Transmit, raw};
use http1::{Outcome, T0, drain, every_way, feed, refused, serve};

fn one(input: &str) -> Outcome {
    every_way(&Config::default(), input.as_bytes(), false)
}

/// The input is refused with this error, whatever the leniencies, however it is cut, and nothing of it is announced.
fn always_refused(cases: &[(&str, Error)]) {
    let lenient = Config::builder()
        .allow_repeated_length(true)
        .allow_minor_versions(true)
        .allow_utf8_target(true)
        .allow_transfer_codings(true)
        .allow_empty_line_before_status(true);
    refused(&Config::default(), cases);
    refused(&lenient.build().unwrap(), cases);
}

fn chunked(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

/// The body is refused with this error once it is read.
fn chunks_refused(bodies: &[&str], error: Error) {
    for body in bodies {
        let outcome = one(&chunked(body));
        assert_eq!(outcome.error, Some(error), "{body:?}");
        assert!(!outcome.events.iter().any(|event| event.starts_with("end")), "{body:?}");
    }
}

const NEXT: &str = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

/// hyper took a sign, HAProxy (CVE-2023-40225) an empty value, protocol-http1 (CVE-2023-38697) hexadecimal digits.
#[test]
fn rustsec_2021_0078_cve_2023_40225_cve_2023_38697_lenient_content_length() {
    for value in
        ["", "+3", "-3", "0x3", "3 3", "3,", ",3", "3;", "3_0", "\u{ff13}", "18446744073709551616", "1e1", "3\u{b}"]
    {
        let input = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {value}\r\n\r\nabc{NEXT}");
        let error = if value.contains('\u{b}') { Error::FieldLine } else { Error::ContentLength };
        always_refused(&[(&input, error)]);
    }
}

#[test]
fn rustsec_2021_0079_chunk_size_overflow() {
    chunks_refused(&["fffffffffffffffff\r\n", "10000000000000000\r\n", "0000000000000000f\r\n"], Error::ChunkSize);
    // The largest is taken as what it is, also where `usize` has 32 bits, and the next can't wrap the sum.
    for size in ["ffffffffffffffff", "100000003"] {
        let input = chunked(&format!("{size}\r\nabc\r\n0\r\n\r\n"));
        let outcome = serve(&Config::default(), &[input.as_bytes()], false, false);
        assert_eq!((outcome.error, outcome.events.len()), (None, 3), "{size}");
        assert!(outcome.events[2].starts_with("data abc\\r\\n0"), "{size}");
    }
}

/// hyper, tiny_http and pingora took lists that don't end in `chunked`, or have it twice, or an HTTP/1.0 message.
#[test]
fn rustsec_2021_0020_rustsec_2020_0031_rustsec_2026_0034_transfer_encodings() {
    for value in
        ["chunked, identity", "chunked, chunked", "identity", "xchunked", "chunked;x", "\"chunked\"", "chu nked", "cow"]
    {
        let input = format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: {value}\r\n\r\n0\r\n\r\n{NEXT}");
        always_refused(&[(&input, Error::TransferEncoding)]);
    }
    let twice =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n";
    let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    always_refused(&[(twice, Error::TransferEncoding), (old, Error::TransferEncoding)]);
    // A request's body never ends with the connection.
    let outcome = every_way(&Config::default(), format!("POST / HTTP/1.0\r\n\r\n{NEXT}").as_bytes(), true);
    assert_eq!(outcome.events.iter().filter(|event| *event == "end").count(), 1);
    assert!(!outcome.events.iter().any(|event| event.starts_with("data")));
}

/// Node took one and left the other.
#[test]
fn cve_2019_15605_cve_2020_8287_length_beside_encoding() {
    let both = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let twice = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n";
    let lengths = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde";
    always_refused(&[
        (both, Error::LengthAndEncoding),
        (twice, Error::TransferEncoding),
        (lengths, Error::ContentLength),
    ]);
}

/// h11 took any two bytes behind a chunk's data, Go a bare LF, Kestrel a bare CR or LF in an extension.
#[test]
fn cve_2025_43859_cve_2025_22871_cve_2025_55315_line_ends_of_chunks() {
    chunks_refused(&["3\r\nabcXX0\r\n\r\n", "3\r\nabc\n0\r\n\r\n", "3\r\nabc\rX", "3\r\nabc\n\r"], Error::ChunkEnd);
    chunks_refused(&["3\nabc\r\n", "3;a\nabc\r\n", "3;a\rX\r\n", "3\rX", "3;a=\"\n", "0\n\n"], Error::LineEnd);
    chunks_refused(&["0\r\nx: y\n\r\n", "0\r\n\n", "0\r\n\rX"], Error::LineEnd);
}

/// Go read extensions without end.
#[test]
fn cve_2023_39326_endless_chunk_extensions() {
    let long = chunked(&format!("3;{}\r\nabc\r\n0\r\n\r\n", "a".repeat(5000)));
    assert_eq!(one(&long).error, Some(Error::ChunkTooLong));
    let many = chunked(&format!("1;{}\r\na\r\n", "a".repeat(1000)).repeat(40));
    assert_eq!(serve(&Config::default(), &[many.as_bytes()], false, false).error, Some(Error::ChunkTooLong));
}

/// `httparse::parse_chunk_size` reads an empty size line as the last chunk.
#[test]
fn httparse_empty_chunk_size() {
    chunks_refused(&["\r\n", ";x\r\n", " 0\r\n", "3\r\nabc\r\n\r\n\r\n"], Error::ChunkSize);
}

/// llhttp, Node and HAProxy: a space before the colon, a bare CR that ends a line, an empty name.
#[test]
fn cve_2021_22959_cve_2023_30589_cve_2024_27982_cve_2023_25725_field_lines() {
    let head = |line: &str| format!("POST / HTTP/1.1\r\nHost: h\r\n{line}\r\n\r\n0\r\n\r\n");
    for line in ["Content-Length : 5", " Content-Length: 5", "X: y\r\n Content-Length: 5", ": x", "\t: x", "X"] {
        always_refused(&[(&head(line), Error::FieldLine)]);
    }
    for line in ["X: y\rTransfer-Encoding: chunked", "X: y\nTransfer-Encoding: chunked", "X\r: y", "X: y\r\r"] {
        always_refused(&[(&head(line), Error::LineEnd)]);
    }
}

/// async-h1 and pingora took what was left of a body for the next request.
#[test]
fn rustsec_2020_0093_rustsec_2025_0037_unread_body() {
    for early in [false, true] {
        let mut server = Server::new(Config::default());
        let body = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", NEXT.len());
        feed(&mut server.link().rx, format!("{body}{}", &NEXT[..10]).as_bytes());
        let mut requests = 0;
        loop {
            match server.next(T0).unwrap() {
                Next::Event(RequestEvent::Request { id, .. }) => {
                    requests += 1;
                    if early {
                        server.respond_with(id, &Response::new(Status::OK), "early").unwrap();
                    }
                }
                Next::Event(RequestEvent::Data { .. }) => {}
                _ => break,
            }
        }
        feed(&mut server.link().rx, &NEXT.as_bytes()[10..]);
        while let Next::Event(event) = server.next(T0).unwrap() {
            requests += usize::from(matches!(event, RequestEvent::Request { .. }));
        }
        assert_eq!(requests, 1, "a body was read as a request");
    }
}

/// Pingora forwarded what followed an upgrade before there was a 101.
#[test]
fn rustsec_2026_0033_early_bytes_of_an_upgrade() {
    let upgrade = "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
    for switches in [true, false] {
        let mut server = Server::new(Config::default());
        feed(&mut server.link().rx, format!("{upgrade}{NEXT}").as_bytes());
        let Next::Event(RequestEvent::Request { id, .. }) = server.next(T0).unwrap() else { panic!() };
        assert!(matches!(server.next(T0), Ok(Next::Event(RequestEvent::End { .. }))));
        // Neither request nor tunnel until it is decided.
        assert_eq!(server.next(T0), Ok(Next::NeedApp));
        assert_eq!(server.link().rx.data(), NEXT.as_bytes());
        if switches {
            let response = Response::new(Status::SWITCHING_PROTOCOLS);
            server.upgrade(id, &response.field(FieldName::UPGRADE, FieldValue::literal("x"))).unwrap();
            assert!(matches!(server.next(T0), Ok(Next::Event(RequestEvent::Upgraded { .. }))));
            assert_eq!(server.into_link().rx.data(), NEXT.as_bytes());
        } else {
            server.respond_with(id, &Response::new(Status::OK), "").unwrap();
            assert!(matches!(server.next(T0), Ok(Next::Event(RequestEvent::Request { .. }))));
        }
    }
}

/// hyper's and actix's encoders let a line end through, or sent a body without framing.
#[test]
fn rustsec_2017_0002_rustsec_2020_0008_response_splitting() {
    for text in ["a\r\nb: c", "a\nb", "a\rb", "a\0b", "a\u{b}b", "a\u{7f}"] {
        assert!(FieldValue::new(text).is_err() && FieldName::new(text).is_err(), "{text:?}");
        assert!(Target::new(&format!("/{text}")).is_err() && Method::new(text).is_err(), "{text:?}");
        assert!(Reason::new(text).is_err(), "{text:?}");
    }
    let mut server = Server::new(Config::default());
    feed(&mut server.link().rx, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let Next::Event(RequestEvent::Request { id, .. }) = server.next(T0).unwrap() else { panic!() };
    let lying = Response::new(Status::OK).field(FieldName::CONTENT_LENGTH, FieldValue::literal("3"));
    assert_eq!(server.respond_with(id, &lying, "body"), Err(Misuse::Invalid));
    let claimed = Response::new(Status::OK).field(FieldName::TRANSFER_ENCODING, FieldValue::literal("chunked"));
    assert_eq!(server.respond_with(id, &claimed, "body"), Err(Misuse::Invalid));
    assert!(server.link().tx.is_empty(), "refused, and something was sent");
    server.respond(id, &Response::new(Status::OK), Body::Length(4)).unwrap();
    assert_eq!(server.send_data(id, "longer"), Err(Misuse::TooLong));
    server.send_data(id, "abc").unwrap();
    assert_eq!(server.finish(id), Err(Misuse::TooShort));
}

/// HAProxy's FastCGI cut a length silently to the width of its field.
#[test]
fn haproxy_fcgi_truncated_length() {
    let config = message::Config::builder().largest(1000).build().unwrap();
    let mut session = message::Session::new(config.clone());
    assert_eq!(session.send(1, vec![0; 1001]), Err(Misuse::TooLong));
    assert_eq!(session.start(1, 1001), Err(Misuse::TooLong));
    session.start(1, 3).unwrap();
    assert_eq!(session.send_data("four"), Err(Misuse::TooLong));
    assert_eq!(session.link().tx.len(), 12);
    let small = message::Config::builder().largest(1000).datagram(100).build().unwrap();
    assert_eq!(Datagrams::new(small).send((), 1, [0; 89]), Err(Misuse::TooLong));
}

/// HAProxy's PROXY parser read inner lengths past the outer one, into what came in the same read.
#[test]
fn haproxy_proxy_v2_inner_lengths() {
    let config = message::Config::default();
    let datagram = |bytes: &[u8]| {
        let mut machine = Datagrams::new(config.clone());
        machine.receive((), bytes, T0);
        machine.next(T0)
    };
    let header = |length: u32| message::Header { magic: 0xDEAD_BEEF, version: 1, kind: 7, length }.to_bytes();
    let error = |event| match event {
        Some(message::DatagramEvent::Rejected { error, .. }) => Some(error),
        _ => None,
    };
    let short = [&header(6)[..], b"hello"].concat();
    assert_eq!(error(datagram(&short)), Some(message::Error::Truncated { received: 17, expected: 18 }));
    let long = [&header(4)[..], b"hello"].concat();
    assert_eq!(error(datagram(&long)), Some(message::Error::Trailing { extra: 1 }));
    // In a stream what follows belongs to the next message, to the byte.
    let mut session = message::Session::new(config);
    feed(&mut session.link().rx, &[&header(4)[..], b"hell", &header(1), b"o"].concat());
    for expected in ["hell", "o"] {
        let Next::Event(message::Event::Message(message)) = session.next(T0).unwrap() else { panic!() };
        assert_eq!(message.payload, expected);
    }
}

/// A reader that begins again with each read takes minutes for these. tungstenite's handshake is HTTP, so is ours.
#[test]
fn rustsec_2023_0065_quadratic_head() {
    let config = Config::builder().max_head(65_535).max_line(65_535).max_fields(8192).build().unwrap();
    for fields in ["X: ".to_owned() + &"a".repeat(60_000) + "\r\n", "a:\r\n".repeat(8000)] {
        let head = format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        let bytes: Vec<&[u8]> = head.as_bytes().chunks(1).collect();
        let outcome = serve(&config, &bytes, false, false);
        assert_eq!((outcome.error, outcome.replies().as_str()), (None, "200"));
    }
}

/// A length that was announced, and then nothing: no memory for it.
#[test]
fn rustsec_2022_0035_rustsec_2026_0007_declared_lengths() {
    let flat = |name: &str, run: &mut dyn FnMut()| {
        let used = measure(run).bytes_max;
        assert!(used < 100_000, "{name}: {used} bytes");
    };
    flat("Content-Length", &mut || {
        let mut server = Server::new(Config::default());
        feed(&mut server.link().rx, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775807\r\n\r\nx");
        while let Next::Event(_) = server.next(T0).unwrap() {}
    });
    flat("chunk", &mut || {
        let mut server = Server::new(Config::default());
        feed(&mut server.link().rx, chunked("7fffffffffffffff\r\nx").as_bytes());
        while let Next::Event(_) = server.next(T0).unwrap() {}
    });
    flat("message", &mut || {
        let config = message::Config::builder().largest(u32::MAX).build().unwrap();
        let mut session = message::Session::new(config);
        feed(&mut session.link().rx, b"\xDE\xAD\xBE\xEF\0\x01\0\x07\xFF\xFF\xFF\xFFx");
        assert_eq!(session.next(T0), Ok(Next::NeedInput));
    });
    flat("frame", &mut || {
        let config = websocket::Config::builder().max_message(u64::MAX >> 1).build().unwrap();
        let mut session = websocket::Session::new(Role::Client { seed: [0; 32] }, config);
        feed(&mut session.link().rx, b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffx");
        assert_eq!(session.next(T0), Ok(Next::NeedInput));
    });
}

/// h2, quinn and WebSocket engines bounded bytes, not pieces: many tiny ones cost more than they hold.
#[test]
fn rustsec_2026_0258_rustsec_2026_0185_many_tiny_pieces() {
    // Empty fragments of one message.
    let mut session = websocket::Session::new(Role::Client { seed: [0; 32] }, websocket::Config::default());
    let used = measure(|| {
        feed(&mut session.link().rx, b"\x02\x00");
        let fault = (0..10_000).find_map(|_| {
            feed(&mut session.link().rx, &b"\x00\x00".repeat(100));
            session.next(T0).err()
        });
        assert_eq!(fault, Some(websocket::Error::ManyFrames));
    });
    assert!(used.bytes_max < 100_000, "{} bytes", used.bytes_max);
    // Pings that are never drained: their answers don't pile up.
    let mut session = websocket::Session::new(Role::Server, websocket::Config::default());
    let ping = b"\x89\xfd\0\0\0\0".iter().copied().chain([b'p'; 125]).collect::<Vec<u8>>();
    for _ in 0..2000 {
        if feed_some(session.link(), &ping) == 0 {
            break;
        }
        while let Next::Event(_) = session.next(T0).unwrap() {}
    }
    assert!(session.link().tx.len() < 128 * 1024, "{} bytes of answers", session.link().tx.len());
    // Datagrams.
    let mut machine = Datagrams::new(message::Config::default());
    (0..100_000).for_each(|_| machine.receive((), b"", T0));
    assert!(core::iter::from_fn(|| machine.next(T0)).count() <= 256 && machine.dropped() > 90_000);
    let mut socket = raw::Socket::default();
    (0..100_000).for_each(|_| socket.receive((), b"", T0));
    assert_eq!(core::iter::from_fn(|| socket.next(T0)).count(), 256);
    assert!(core::iter::from_fn(|| socket.transmit()).all(|Transmit { .. }| false));
}

fn feed_some(link: &mut barewire::Link, bytes: &[u8]) -> usize {
    let n = bytes.len().min(link.rx.room());
    feed(&mut link.rx, &bytes[..n]);
    n
}

/// quinn's decoder unwrapped what a peer had sent: here no datagram of any length or content panics.
#[test]
fn rustsec_2026_0037_datagrams_never_panic() {
    let mut machine = Datagrams::new(message::Config::default());
    let whole =
        [&message::Header { magic: 0xDEAD_BEEF, version: 1, kind: 7, length: 5 }.to_bytes()[..], b"hello"].concat();
    for end in 0..=whole.len() {
        for at in 0..end {
            for flip in [1, 0x80, 0xFF] {
                let mut datagram = whole[..end].to_vec();
                datagram[at] ^= flip;
                machine.receive((), &datagram, T0);
                assert!(machine.next(T0).is_some());
            }
        }
    }
}

/// rustls' helper looped when the stream ended early: every state of every machine ends in bounded steps.
#[test]
fn rustsec_2024_0336_end_of_file_everywhere() {
    fn ends<M: Machine>(mut machine: M, input: &[u8]) {
        feed(&mut machine.link().rx, input);
        machine.link().rx.close();
        for _ in 0..100 {
            match machine.next(T0) {
                Ok(Next::Event(_)) => {}
                Ok(Next::Done | Next::NeedApp) | Err(_) => return,
                Ok(_) => panic!("it waits for what can't come: {}", input.escape_ascii()),
            }
        }
        panic!("no end: {}", input.escape_ascii());
    }
    let request = chunked("5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n");
    let response = "HTTP/1.1 103 E\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let frames = b"\x01\x02he\x89\x00\x80\x03llo\x88\x02\x03\xe8";
    let message = b"\xDE\xAD\xBE\xEF\0\x01\0\x07\0\0\0\x05hello";
    for at in 0..=request.len() {
        ends(Server::new(Config::default()), &request.as_bytes()[..at]);
    }
    for at in 0..=response.len() {
        let mut client = Client::new(Config::default());
        let get = Request::new(Method::GET, Target::new("/").unwrap());
        client.request(&get.field(FieldName::HOST, FieldValue::literal("h")), Body::Empty).unwrap();
        ends(client, &response.as_bytes()[..at]);
    }
    for at in 0..=frames.len() {
        let role = Role::Client { seed: [0; 32] };
        ends(websocket::Session::new(role, websocket::Config::default()), &frames[..at]);
    }
    for at in 0..=message.len() {
        ends(message::Session::default(), &message[..at]);
        ends(barewire::detect::Detect::default(), &message[..at]);
    }
}

/// HAProxy parsed a CR that a buffer still held from before, behind what had come.
#[test]
fn haproxy_stale_bytes_behind_a_read() {
    let mut server = Server::new(Config::default());
    server.link().rx.attach(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(10));
    let spare = server.link().rx.spare(270);
    assert!(spare.len() >= 26);
    server.link().rx.commit(24);
    assert_eq!(server.next(T0), Ok(Next::NeedInput), "what isn't committed hasn't come");
}

/// ws and others took a length in more bytes than it needs, or of 64 bits; their frames could be read in two ways.
#[test]
fn rfc6455_5_2_ambiguous_frame_lengths() {
    let faulty: [&[u8]; 4] = [
        b"\x82\x7e\x00\x7d",
        b"\x82\x7f\0\0\0\0\0\0\xff\xff",
        b"\x82\x7f\x80\0\0\0\0\0\0\0",
        b"\x82\x7f\0\0\0\0\0\0\0\x05",
    ];
    for input in faulty {
        let mut session = websocket::Session::new(Role::Client { seed: [0; 32] }, websocket::Config::default());
        feed(&mut session.link().rx, input);
        assert_eq!(session.next(T0), Err(websocket::Error::Length), "{}", input.escape_ascii());
    }
}

/// Apache and many after it let a peer hold a connection with a head that never ends (slowloris).
#[test]
fn cve_2007_6750_a_head_that_never_ends() {
    let mut server = Server::new(Config::default());
    feed(&mut server.link().rx, b"GET / HTTP/1.1\r\nHost: h\r\n");
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    // A byte now and then doesn't help.
    let deadline = server.deadline().unwrap();
    for second in 1..14 {
        feed(&mut server.link().rx, b"a");
        assert_eq!(server.next(Instant::from_nanos(second * 1_000_000_000)), Ok(Next::NeedInput));
    }
    assert_eq!(server.deadline(), Some(deadline));
    assert!(matches!(server.next(deadline), Err(Error::Timeout(_))));
    assert!(drain(&mut server.link().tx).starts_with(b"HTTP/1.1 408 "));
}
