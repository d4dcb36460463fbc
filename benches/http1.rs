//! Whole HTTP/1.1 exchanges in memory, request bytes to reply bytes: barewire beside hyper and ureq-proto, and beside
//! what nobody can beat, httparse and the copy of a reply that was written beforehand.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench http1`
//!
//! All but the floor understand the framing and the connection, and write a head with a type and a length. All pay the
//! copy of the request that stands for the socket.

use barewire::http::{FieldName, FieldValue, Id, RequestEvent, Response, Status};
use barewire::http1::{Config, Server};
use barewire::{Instant, Machine, Next};
use barewire_benches::{Contestant, compare};
use bytes::Bytes;
use http_body_util::Full;
use std::cell::RefCell;
use std::convert::Infallible;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const SMALL: &str = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

const BROWSER: &str = "GET /articles/2026/11/protocol-engines?page=2 HTTP/1.1\r\n\
    Host: www.example.com\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    Accept-Language: en-US,en;q=0.5\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Referer: https://www.example.com/articles/2026/11/\r\n\
    Connection: keep-alive\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes; lang=en\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    Sec-Fetch-Dest: document\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-User: ?1\r\n\
    Priority: u=0, i\r\n\
    If-None-Match: \"33a64df551425fcc55e4d42a148795d9\"\r\n\r\n";

const BODY: &str = "Hello, world!";

/// A date, so that nobody gains by leaving it out.
const WALL_CLOCK: Duration = Duration::from_secs(1_800_000_000);

const TEXT: FieldValue = FieldValue::literal("text/plain");

fn main() {
    let pipelined = SMALL.repeat(16);
    for (title, input, items) in [
        (format!("{} B request", SMALL.len()), SMALL, 1),
        (format!("{} B browser request", BROWSER.len()), BROWSER, 1),
        ("16 pipelined, each".into(), pipelined.as_str(), 16),
    ] {
        let input = input.as_bytes();
        compare(
            &title,
            items,
            vec![
                Contestant::new("hyper", hyper(input)),
                Contestant::new("ureq-proto", ureq(input)),
                Contestant::new("barewire, next", barewire(input, next)),
                Contestant::new("barewire, next_ref", barewire(input, next_ref)),
                Contestant::new("httparse and a copy", floor(input)),
            ],
        );
    }
    compare(
        "head by the byte, a request",
        1,
        vec![
            Contestant::new("barewire, whole", barewire(BROWSER.as_bytes(), next)),
            Contestant::new("barewire, by the byte", by_the_byte(BROWSER.as_bytes())),
        ],
    );
}

fn server() -> Server {
    Server::new(Config::builder().unix_at_origin(Some(WALL_CLOCK)).build().unwrap())
}

fn feed(server: &mut Server, input: &[u8]) {
    let rx = &mut server.link().rx;
    rx.spare(input.len())[..input.len()].copy_from_slice(input);
    rx.commit(input.len());
}

fn drain(server: &mut Server) {
    let tx = &mut server.link().tx;
    let mut chunks = [&b""[..]; 8];
    let n = tx.chunks(&mut chunks);
    black_box(&chunks[..n]);
    let len = tx.len();
    tx.advance(len);
}

/// A head as a handler writes it, anew for each request.
fn reply(server: &mut Server, id: Id) {
    let response = Response::new(Status::OK).field(FieldName::CONTENT_TYPE, TEXT);
    server.respond_with(id, &response, Bytes::from_static(BODY.as_bytes())).unwrap();
}

fn next(server: &mut Server) -> bool {
    match server.next(Instant::ORIGIN).unwrap() {
        Next::Event(RequestEvent::Request { head, .. }) => {
            black_box(head.target());
        }
        Next::Event(RequestEvent::End { id, .. }) => reply(server, id),
        Next::Event(_) => {}
        _ => return false,
    }
    true
}

fn next_ref(server: &mut Server) -> bool {
    match server.next_ref(Instant::ORIGIN).unwrap() {
        Next::Event(RequestEvent::Request { head, .. }) => {
            black_box(head.target());
        }
        Next::Event(RequestEvent::End { id, .. }) => reply(server, id),
        Next::Event(_) => {}
        _ => return false,
    }
    true
}

fn barewire(input: &[u8], step: impl Fn(&mut Server) -> bool) -> impl FnMut() {
    let mut server = server();
    move || {
        feed(&mut server, input);
        while step(&mut server) {}
        drain(&mut server);
    }
}

fn by_the_byte(input: &[u8]) -> impl FnMut() {
    let mut server = server();
    move || {
        for byte in input {
            feed(&mut server, core::slice::from_ref(byte));
            while next(&mut server) {}
        }
        drain(&mut server);
    }
}

fn floor(input: &[u8]) -> impl FnMut() {
    let reply = format!(
        "HTTP/1.1 200 OK\r\ndate: Fri, 15 Jan 2027 08:00:00 GMT\r\ncontent-type: text/plain\r\ncontent-length: 13\r\n\r\n{BODY}"
    );
    let (mut received, mut sent) = (Vec::new(), Vec::new());
    move || {
        received.clear();
        received.extend_from_slice(input);
        let mut rest = &received[..];
        while !rest.is_empty() {
            let mut headers = [const { MaybeUninit::uninit() }; 32];
            let mut request = httparse::Request::new(&mut []);
            let parsed = request.parse_with_uninit_headers(rest, &mut headers).unwrap();
            rest = &rest[parsed.unwrap()..];
            black_box(request.path);
            sent.extend_from_slice(reply.as_bytes());
        }
        black_box(&sent);
        sent.clear();
    }
}

fn ureq(input: &[u8]) -> impl FnMut() {
    use ureq_proto::server::{RecvRequestResult, Reply, SendResponseResult};
    let (mut received, mut sent) = (Vec::new(), vec![0; 64 * 1024]);
    move || {
        received.clear();
        received.extend_from_slice(input);
        let (mut rest, mut at) = (&received[..], 0);
        while !rest.is_empty() {
            let mut reply = Reply::new().unwrap();
            let (used, request) = reply.try_request(rest).unwrap();
            rest = &rest[used..];
            black_box(request.unwrap().uri());
            let RecvRequestResult::ProvideResponse(reply) = reply.proceed().unwrap() else { panic!("no body") };
            let response = http::Response::builder()
                .header("content-type", "text/plain")
                .header("content-length", BODY.len())
                .header("date", "Fri, 15 Jan 2027 08:00:00 GMT")
                .body(())
                .unwrap();
            let mut reply = reply.provide(response).unwrap();
            at += reply.write(&mut sent[at..]).unwrap();
            let SendResponseResult::SendBody(mut reply) = reply.proceed() else { panic!("a body") };
            at += reply.write(BODY.as_bytes(), &mut sent[at..]).unwrap().1;
            black_box(reply.is_finished());
        }
        black_box(&sent[..at]);
    }
}

/// A connection in memory for hyper: it reads what is there, then waits.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<(Vec<u8>, usize)>>);

impl hyper::rt::Read for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        let mut wire = self.0.borrow_mut();
        if wire.0.is_empty() {
            return Poll::Pending;
        }
        let n = wire.0.len().min(buffer.remaining());
        buffer.put_slice(&wire.0[..n]);
        wire.0.drain(..n);
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.0.borrow_mut().1 += black_box(bytes).len();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        pieces: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let n = pieces.iter().map(|piece| black_box(piece).len()).sum();
        self.0.borrow_mut().1 += n;
        Poll::Ready(Ok(n))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn hyper(input: &[u8]) -> impl FnMut() {
    let wire = Wire::default();
    let service = hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| async move {
        black_box(request.uri());
        let response = http::Response::builder().header("content-type", "text/plain");
        Ok::<_, Infallible>(response.body(Full::new(Bytes::from_static(BODY.as_bytes()))).unwrap())
    });
    let mut http1 = hyper::server::conn::http1::Builder::new();
    http1.pipeline_flush(true);
    let mut connection = Box::pin(http1.serve_connection(wire.clone(), service));
    move || {
        wire.0.borrow_mut().0.extend_from_slice(input);
        let mut context = Context::from_waker(Waker::noop());
        let poll = std::future::Future::poll(connection.as_mut(), &mut context);
        assert!(poll.is_pending());
        let written = std::mem::take(&mut wire.0.borrow_mut().1);
        assert!(written > 0);
    }
}
