//! Whole HTTP/1 exchanges in memory: a request comes, a 200 with a `Date` and 13 bytes leaves. No socket, no runtime.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench http1 [-- WORD]`
//!
//! `WORD` restricts the run to the contestants whose name has it.
//!
//! Every contestant has one connection that is kept alive, and its bytes are copied in and out as a socket would.
//!
//! - **hyper**: its server connection over an in-memory stream, polled by hand with a waker that does nothing; one poll
//!   reads, answers and writes all that there is. No timers.
//! - **ureq-proto**: the one other sans-I/O crate with a server. It has no `Date`, no timers, no pipelining: one `Reply`
//!   after the other over the same input.
//! - **floor**: `httparse`, and a copy of a fixed reply. No body framing, no checks beyond the parser's.
//! - **barewire**: the machine with all checks and timers at their defaults, events copied out (`next`) or lent
//!   (`next_ref`).

use barewire::http::{RequestEvent, Response, Status};
use barewire::http1::{Config, Server};
use barewire::{Instant, Machine, Next};
use barewire_benches::http::{BODY, BROWSER, DEPTH, SMALL, pipelined};
use barewire_benches::{Contestant, compare};
use bytes::Bytes;
use http_body_util::Full;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use ureq_proto::server::{RecvRequestResult, Reply, SendResponseResult};

const READ: usize = 16 * 1024;

/// A length that every reply has at least.
const REPLY: usize = 50;

fn main() {
    let word = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let sixteen = pipelined();
    for (title, input, requests) in [
        ("a request of 40 B", SMALL, 1),
        ("a browser's request of 703 B", BROWSER, 1),
        ("16 requests of 40 B, pipelined, each", &sixteen[..], DEPTH),
    ] {
        let mut contestants = vec![
            Contestant::new("hyper", hyper(input, requests)),
            Contestant::new("ureq-proto", ureq(input, requests)),
            Contestant::new("floor: httparse, copy", floor(input, requests)),
            Contestant::new("barewire, next", barewire(input, requests, false)),
            Contestant::new("barewire, next_ref", barewire(input, requests, true)),
        ];
        contestants.retain(|contestant| contestant.name().contains(&word));
        compare(title, requests as u64, contestants);
    }
}

fn barewire(input: &[u8], requests: usize, lends: bool) -> impl FnMut() {
    let config = Config::builder().unix_at_origin(Some(Duration::from_secs(1_800_000_000))).build().unwrap();
    let mut server = Server::new(config);
    move || {
        let spare = server.link().rx.spare(READ);
        spare[..input.len()].copy_from_slice(input);
        server.link().rx.commit(input.len());
        loop {
            let ended = if lends {
                match server.next_ref(black_box(Instant::ORIGIN)).unwrap() {
                    Next::Event(RequestEvent::Request { head, .. }) => {
                        black_box(head.target().as_bytes());
                        continue;
                    }
                    Next::Event(RequestEvent::End { id, .. }) => id,
                    _ => break,
                }
            } else {
                match server.next(black_box(Instant::ORIGIN)).unwrap() {
                    Next::Event(RequestEvent::Request { head, .. }) => {
                        black_box(head.target().as_bytes());
                        continue;
                    }
                    Next::Event(RequestEvent::End { id, .. }) => id,
                    _ => break,
                }
            };
            server.respond_with(ended, &Response::new(Status::OK), Bytes::from_static(BODY)).unwrap();
        }
        let tx = &mut server.link().tx;
        let sent = tx.len();
        let mut chunks = [&b""[..]; 4];
        let n = tx.chunks(&mut chunks);
        black_box(&chunks[..n]);
        assert!(sent > requests * REPLY);
        tx.advance(sent);
    }
}

fn floor(input: &[u8], requests: usize) -> impl FnMut() {
    const FIXED: &[u8] =
        b"HTTP/1.1 200 OK\r\ndate: Fri, 15 Jan 2027 08:00:00 GMT\r\ncontent-length: 13\r\n\r\nHello, World!";
    let (mut received, mut sent) = (vec![0; READ], Vec::with_capacity(READ));
    move || {
        received[..input.len()].copy_from_slice(input);
        let mut rest = &received[..input.len()];
        while !rest.is_empty() {
            let mut headers = [const { std::mem::MaybeUninit::uninit() }; 32];
            let mut request = httparse::Request::new(&mut []);
            let parser = httparse::ParserConfig::default();
            let parsed = parser.parse_request_with_uninit_headers(&mut request, rest, &mut headers).unwrap();
            black_box(&request);
            rest = &rest[parsed.unwrap()..];
            sent.extend_from_slice(FIXED);
        }
        assert!(black_box(&sent).len() > requests * REPLY);
        sent.clear();
    }
}

fn ureq(input: &[u8], requests: usize) -> impl FnMut() {
    let (mut received, mut sent) = (vec![0; READ], vec![0; READ]);
    move || {
        received[..input.len()].copy_from_slice(input);
        let mut rest = &received[..input.len()];
        let mut written = 0;
        while !rest.is_empty() {
            let mut reply = Reply::new().unwrap();
            let (used, request) = reply.try_request(rest).unwrap();
            black_box(request.unwrap());
            rest = &rest[used..];
            let Some(RecvRequestResult::ProvideResponse(reply)) = reply.proceed() else { unreachable!() };
            let response = http::Response::builder().header("content-length", "13").body(()).unwrap();
            let mut reply = reply.provide(response).unwrap();
            written += reply.write(&mut sent[written..]).unwrap();
            let SendResponseResult::SendBody(mut reply) = reply.proceed() else { unreachable!() };
            written += reply.write(BODY, &mut sent[written..]).unwrap().1;
            assert!(!reply.proceed().must_close_connection());
        }
        assert!(black_box(&sent[..written]).len() > requests * REPLY);
    }
}

fn hyper(input: &'_ [u8], requests: usize) -> impl FnMut() + '_ {
    let wire = Rc::new(RefCell::new(Wire::default()));
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        black_box(request.uri());
        std::future::ready(Ok::<_, Infallible>(hyper::Response::new(Full::new(Bytes::from_static(BODY)))))
    });
    let mut builder = Builder::new();
    builder.pipeline_flush(true).header_read_timeout(None);
    let mut connection = Box::pin(builder.serve_connection(Memory(Rc::clone(&wire)), service));
    move || {
        wire.borrow_mut().input.extend_from_slice(input);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(connection.as_mut().poll(&mut cx).is_pending());
        let output = &mut wire.borrow_mut().output;
        assert!(black_box(&*output).len() > requests * REPLY);
        output.clear();
    }
}

/// What a socket's two buffers are to hyper.
#[derive(Default)]
struct Wire {
    input: Vec<u8>,
    output: Vec<u8>,
}

struct Memory(Rc<RefCell<Wire>>);

impl Read for Memory {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, mut into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let input = &mut self.0.borrow_mut().input;
        if input.is_empty() {
            return Poll::Pending;
        }
        into.put_slice(input);
        input.clear();
        Poll::Ready(Ok(()))
    }
}

impl Write for Memory {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().output.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
