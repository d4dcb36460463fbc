//! The apps are machines: they are held to the laws of machines.

use super::{App, Configs, Echo, Http, Messages, Mirror, Port, Service, Site, Sockets, Sounding};
use barewire::laws::{Log, Subject, check};
use barewire::websocket::handshake;
use barewire::{Instant, Link, Machine, Next, detect, http1, message, websocket};
use core::convert::Infallible;
use core::fmt::Debug;
use core::time::Duration;
use quickcheck::QuickCheck;
use std::sync::Arc;

/// How patient all of them are with a slow reader.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));

/// What an app has queued when it stops to produce more, and what the last event before that may add.
const MOST: usize = 3 * 64 * 1024;

struct Of<F>(F);

impl<A: App<Error: Debug>, F: Fn() -> A> Subject for Of<F> {
    type Machine = A;

    fn machine(&self) -> A {
        self.0()
    }

    fn on_event(&self, _: &mut A, event: Infallible, _: &mut Log) {
        match event {}
    }

    fn misuse(&self, _: &mut A) -> bool {
        true
    }

    fn replies(&self) -> usize {
        MOST
    }
}

/// Checks the app with input made of these pieces, in any order and number.
fn lawful<A, F>(app: F, pieces: &'static [&'static [u8]])
where
    A: App<Error: Debug>,
    F: Fn() -> A + Clone + Send + Sync + 'static,
{
    struct Property<F>(F, &'static [&'static [u8]]);

    impl<A: App<Error: Debug>, F: Fn() -> A + Clone + Send + Sync + 'static> quickcheck::Testable for Property<F> {
        fn result(&self, g: &mut quickcheck::Gen) -> quickcheck::TestResult {
            let picks = <Vec<u8> as quickcheck::Arbitrary>::arbitrary(g);
            let choices = <Vec<u8> as quickcheck::Arbitrary>::arbitrary(g);
            let input: Vec<u8> =
                picks.iter().take(24).flat_map(|pick| self.1[usize::from(*pick) % self.1.len()]).copied().collect();
            match check(&Of(self.0.clone()), &input, &choices) {
                Ok(()) => quickcheck::TestResult::passed(),
                Err(violation) => quickcheck::TestResult::error(format!("{violation}\n{}", input.escape_ascii())),
            }
        }
    }

    QuickCheck::new().tests(300).quickcheck(Property(app, pieces));
}

// None expects a 100: "A server MAY omit sending a 100 (Continue) response if it has already received some or all of the
// content" (RFC 9110 §10.1.1), so it depends on the cut.
const HTTP: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    b"HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"PUT /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;a=b\r\nde\r\n0\r\nT: u\r\n\r\n",
    b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"DELETE / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"junk",
];

const MESSAGES: &[&[u8]] = &[
    b"\xde\xad\xbe\xef\0\x01\0\x07\0\0\0\x02hi",
    b"\xde\xad\xbe\xef\0\x01\0\0\0\0\0\0",
    b"\xde\xad\xbe\xef\0\x01\0\x08\0\0\0\x14twenty bytes, no less",
    b"\xde\xad\xbe\xef\0\x01\0\x08\0\0\0\x14twenty bytes no less",
    b"\xde\xad\xbe\xef\0\x01\0\x08\0\x40\0\0",
    b"\xde\xad",
];

/// A handshake and frames; the mask of zeroes leaves them legible.
const SOCKETS: &[&[u8]] = &[
    b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    b"\x81\x82\0\0\0\0hi",
    b"\x82\x83\0\0\0\0\xff\xfe\xfd",
    b"\x01\x81\0\0\0\0a",
    b"\x00\x81\0\0\0\0b",
    b"\x80\x80\0\0\0\0",
    b"\x89\x81\0\0\0\0p",
    b"\x88\x82\0\0\0\0\x03\xe8",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
];

fn sockets() -> Arc<Sockets> {
    Arc::new(Sockets { handshake: handshake::Config::default(), session: websocket::Config::default() })
}

fn on<S: Service>(service: S) -> Http<S> {
    Http::with_link(Link::new(), http1::Config::default(), PATIENCE, service, sockets())
}

fn messages() -> message::Config {
    // Some in one piece, some in several.
    message::Config::builder().largest(1 << 20).whole(10).build().unwrap_or_default()
}

#[test]
fn echo() {
    lawful(Echo::new, &[b"a", b"bcd", &[7; 1000]]);
}

#[test]
fn message_echo() {
    lawful(|| Messages::with_link(Link::new(), messages(), PATIENCE), MESSAGES);
}

#[test]
fn http_echo() {
    lawful(|| on(Mirror), HTTP);
}

#[test]
fn site() {
    lawful(|| on(Site), HTTP);
}

#[test]
fn web_socket() {
    lawful(|| on(Sounding), SOCKETS);
}

/// However they are cut, with what the peer may say after them.
#[test]
fn messages_come_back_from_the_handshake_to_the_close() {
    let now = Instant::ORIGIN;
    let input = [SOCKETS[0], SOCKETS[1], SOCKETS[3], SOCKETS[6], SOCKETS[4], SOCKETS[5], SOCKETS[7]].concat();
    for cut in 0..input.len() {
        let mut app = on(Sounding);
        let said = [answers(&mut app, &input[..cut], now), answers(&mut app, &input[cut..], now)].concat();
        assert!(said.starts_with(b"HTTP/1.1 101 "), "{}", said.escape_ascii());
        let frames = b"\r\n\r\n\x81\x02hi\x8a\x01p\x81\x02ab\x88\x02\x03\xe8";
        assert!(said.ends_with(frames), "cut at {cut}: {}", said.escape_ascii());
        assert!(app.link().tx.is_ended());
    }
}

#[test]
fn port() {
    let configs = Arc::new(Configs {
        detect: detect::Config::default(),
        http: http1::Config::default(),
        message: messages(),
        sockets: sockets(),
        patience: PATIENCE,
    });
    let port = move || Port::new(Arc::clone(&configs));
    lawful(port.clone(), HTTP);
    lawful(port.clone(), SOCKETS);
    lawful(port, MESSAGES);
}

/// Everything that the app says to this input, drained at the end of each turn.
fn answers(app: &mut impl Machine, input: &[u8], now: Instant) -> Vec<u8> {
    let link = app.link();
    link.rx.receive(input.to_vec(), 0);
    let mut said = Vec::new();
    while let Ok(Next::NeedFlush | Next::NeedInput | Next::Done) = app.next(now) {
        let Some(bytes) = app.link().tx.pop() else { break };
        said.extend_from_slice(&bytes);
    }
    said
}

/// A tunnel is opened by a stop too, and ends with it; what was begun is answered before.
#[test]
fn a_stop_finishes_what_was_begun() {
    let now = Instant::ORIGIN;
    let mut http = on(Mirror);
    assert_eq!(answers(&mut http, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na", now), b"");
    http.stop();
    let said = answers(&mut http, b"b", now);
    assert!(said.ends_with(b"\r\n\r\nab") && said.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", said.escape_ascii());
    assert!(http.link().tx.is_ended());

    let mut app = Messages::with_link(Link::new(), messages(), PATIENCE);
    assert_eq!(answers(&mut app, b"\xde\xad\xbe\xef\0\x01\0\x07\0\0\0\x02h", now), b"");
    app.stop();
    assert_eq!(answers(&mut app, b"i", now), b"\xde\xad\xbe\xef\0\x01\0\x07\0\0\0\x02hi");
    assert_eq!(app.next(now), Ok(Next::Done));
    assert!(app.link().tx.is_ended());

    let mut socket = on(Sounding);
    answers(&mut socket, &[SOCKETS[0], SOCKETS[3]].concat(), now);
    socket.stop();
    assert_eq!(answers(&mut socket, SOCKETS[5], now), b"\x81\x01a\x88\x02\x03\xe9");
    assert_eq!(answers(&mut socket, SOCKETS[1], now), b"", "nothing is said after a Close");
    answers(&mut socket, SOCKETS[7], now);
    assert!(socket.link().tx.is_ended());

    let mut echo = Echo::new();
    assert_eq!(answers(&mut echo, b"abc", now), b"abc");
    echo.stop();
    assert_eq!(echo.next(now), Ok(Next::Done));
    assert!(echo.link().tx.is_ended());
}

/// A reader that is slow is waited for, and nothing is collected meanwhile, nor does its own timer run.
#[test]
fn a_slow_reader_is_waited_for() {
    let mut now = Instant::ORIGIN;
    let mut http = on(Mirror);
    answers(&mut http, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n", now);
    let mut drained = 0;
    while drained < 1_000_000 {
        match http.next(now) {
            Ok(Next::NeedInput) => {
                let room = http.link().rx.room().min(16 * 1024);
                let spare = http.link().rx.spare(room);
                spare.fill(b'x');
                let n = spare.len();
                http.link().rx.commit(n);
            }
            Ok(Next::NeedFlush) => {
                // Much less than the window in the time that a body may take.
                now = now + Duration::from_secs(1);
                http.link().tx.advance(1000);
                drained += 1000;
            }
            other => panic!("{other:?} after {drained} bytes at {now:?}"),
        }
        assert!(http.link().tx.len() < MOST);
    }
}
