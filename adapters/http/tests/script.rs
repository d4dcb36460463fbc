//! What leaves when, and what a dropped future leaves behind: on a stream and a runtime that exist in memory only.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::http::{Body, Method, Status};
use barewire::http1::{Config, Server};
use barewire_drive::blocking::{self, Interest, Wire};
use barewire_drive::poll::{self, Runtime, Transport};
use barewire_drive::{Stop, at, now};
use barewire_http::{Error, Requests};
use core::cell::RefCell;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::rc::Rc;
use std::time::Instant;

/// Reads what a script says, then waits, or ends if it is to; notes each write.
#[derive(Debug, Default)]
struct Script {
    input: VecDeque<Vec<u8>>,
    ends: bool,
    /// A write that would pass it must wait.
    capacity: Option<usize>,
    writes: Vec<Vec<u8>>,
    aborted: bool,
}

impl Script {
    fn new(input: &str) -> Self {
        Self { input: [input.as_bytes().to_vec()].into(), ends: true, ..Self::default() }
    }

    fn silent(input: &str) -> Self {
        Self { ends: false, ..Self::new(input) }
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.input.pop_front() {
            None if self.ends => Ok(0),
            None => Err(ErrorKind::WouldBlock.into()),
            Some(mut piece) => {
                let rest = piece.split_off(piece.len().min(into.len()));
                into[..piece.len()].copy_from_slice(&piece);
                if !rest.is_empty() {
                    self.input.push_front(rest);
                }
                Ok(piece.len())
            }
        }
    }

    fn write(&mut self, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        let all: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.to_vec()).collect();
        let room = self.capacity.map_or(usize::MAX, |capacity| capacity - self.written().len());
        let n = all.len().min(room);
        if n == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.writes.push(all[..n].to_vec());
        Ok(n)
    }

    fn written(&self) -> String {
        String::from_utf8(self.writes.concat()).unwrap()
    }
}

/// The same script, in the test's hand and in the connection's.
type Shared = Rc<RefCell<Script>>;

struct Memory;

impl Runtime for Memory {
    type Timer = Instant;

    fn timer(at: Instant) -> Instant {
        at
    }

    fn reset(timer: &mut Instant, at: Instant) {
        *timer = at;
    }

    fn poll_timer(timer: &mut Instant, _: &mut Context<'_>) -> Poll<()> {
        if Instant::now() < *timer { Poll::Pending } else { Poll::Ready(()) }
    }
}

fn or_pending<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

impl Transport<Shared> for Memory {
    fn poll_read(stream: &mut Shared, _: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        or_pending(stream.borrow_mut().read(into))
    }

    fn poll_write(stream: &mut Shared, _: &mut Context<'_>, chunks: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        or_pending(stream.borrow_mut().write(chunks))
    }

    fn poll_flush(_: &mut Shared, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shut(_: &mut Shared, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn abort(stream: &mut Shared) {
        stream.borrow_mut().aborted = true;
    }
}

impl Wire<Shared> for Memory {
    fn open(_: &mut Shared) -> io::Result<()> {
        Ok(())
    }

    fn read(stream: &mut Shared, into: &mut [u8], _: bool) -> io::Result<usize> {
        stream.borrow_mut().read(into)
    }

    fn write(stream: &mut Shared, chunks: &[IoSlice<'_>]) -> io::Result<usize> {
        stream.borrow_mut().write(chunks)
    }

    fn flush(_: &mut Shared) -> io::Result<()> {
        Ok(())
    }

    fn shut(_: &mut Shared) -> io::Result<()> {
        Ok(())
    }

    fn abort(stream: &mut Shared) {
        stream.borrow_mut().aborted = true;
    }

    fn wait(_: &Shared, _: Interest, _: Option<Duration>, _: Option<&Stop>) -> io::Result<()> {
        panic!("a script has nothing to wait for at {:?}", at(now()));
    }
}

type Polled = poll::Connection<Memory, Shared, Server>;

fn polled(script: Script) -> (Requests<Polled>, Shared) {
    let script = Rc::new(RefCell::new(script));
    (Requests::new(poll::Connection::new(Rc::clone(&script), Server::new(Config::default()))), script)
}

fn once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn done<F: Future>(future: F) -> F::Output {
    match once(future) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn sixteen() -> String {
    (0..16).map(|n| format!("GET /{n} HTTP/1.1\r\nHost: here\r\n\r\n")).collect()
}

fn sixteen_answers() -> String {
    (0..16).map(|n| format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n/{n}", format!("/{n}").len())).collect()
}

#[test]
fn sixteen_requests_are_answered_with_one_write() {
    let (mut requests, script) = polled(Script::new(&sixteen()));
    done(async {
        while let Some((request, exchange)) = requests.next().await? {
            exchange.respond(Status::OK, request.target().path().to_string()).await?;
        }
        Ok::<_, Error>(())
    })
    .unwrap();
    assert_eq!((script.borrow().written(), script.borrow().writes.len()), (sixteen_answers(), 1));

    let script = Rc::new(RefCell::new(Script::new(&sixteen())));
    let server = Server::new(Config::default());
    let mut requests = Requests::new(blocking::Connection::<Memory, _, _>::new(Rc::clone(&script), server));
    while let Some((request, exchange)) = requests.next().unwrap() {
        exchange.respond(Status::OK, request.target().path().to_string()).unwrap();
    }
    assert_eq!((script.borrow().written(), script.borrow().writes.len()), (sixteen_answers(), 1));
}

#[test]
fn a_dropped_wait_loses_nothing() {
    const HEAD: &str = "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 6\r\n\r\n";
    let (mut requests, script) = polled(Script::default());
    let feed = |bytes: &str| script.borrow_mut().input.push_back(bytes.into());
    feed(&HEAD[..20]);
    assert!(once(requests.next()).is_pending());
    feed(&HEAD[20..]);
    let (request, mut exchange) = done(requests.next()).unwrap().unwrap();
    assert_eq!(request.method(), Method::POST);
    feed("abc");
    assert_eq!(done(exchange.data()).unwrap().unwrap(), "abc");
    assert!(once(exchange.data()).is_pending());
    assert!(once(exchange.collect(3)).is_pending());
    feed("def");
    assert_eq!(done(exchange.collect(3)).unwrap(), "def");
    done(exchange.respond(Status::OK, "whole")).unwrap();
    assert!(once(requests.next()).is_pending(), "no further request has come");
    assert_eq!(script.borrow().written(), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwhole");
}

/// The stream is full: whoever gives up waiting has sent all the same.
#[test]
fn a_piece_is_queued_before_it_is_waited_for() {
    let mut script = Script::silent("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
    script.capacity = Some(0);
    let (mut requests, script) = polled(script);
    let (_, mut exchange) = done(requests.next()).unwrap().unwrap();
    done(exchange.start(Status::OK, Body::Length(200_000))).unwrap();
    assert!(once(exchange.send(vec![b'a'; 100_000])).is_pending());
    assert!(once(exchange.send(vec![b'b'; 100_000])).is_pending(), "it is still full");
    assert!(once(exchange.finish()).is_pending());
    script.borrow_mut().capacity = None;
    assert!(once(requests.next()).is_pending());
    let written = script.borrow().written();
    assert!(written.ends_with(&format!("{}{}", "a".repeat(100_000), "b".repeat(100_000))));
}

/// Whoever drops everything in the middle of a reply doesn't make half of it look whole.
#[test]
fn a_reply_that_is_dropped_half_way_resets_the_stream() {
    for (answer, resets) in [("whole", false), ("half", true), ("none", false)] {
        let (mut requests, script) = polled(Script::silent("GET / HTTP/1.0\r\n\r\n"));
        done(async {
            let (_, mut exchange) = requests.next().await?.unwrap();
            match answer {
                "whole" => exchange.respond(Status::OK, "whole").await,
                "half" => {
                    exchange.start(Status::OK, Body::Unknown).await?;
                    exchange.send("half").await
                }
                _ => Ok(()),
            }
        })
        .unwrap();
        assert_eq!(script.borrow().aborted, resets, "{answer}");
    }
}
