//! Decoding of masked frames in memory, as a server does it: barewire beside the Rust peers.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench websocket`
//!
//! Each reads the same endless stream of frames, at most 16 KiB a read, as a socket would hand it out; the copy into the
//! reader's buffer is part of the time of all. Whoever lends messages is asked for those; a ratio above 1 means faster
//! than the first.

use barewire::websocket::{Config, Event, Role, Session};
use barewire::{Instant, Machine, Next};
use barewire_benches::{Contestant, compare};
use bytes::BytesMut;
use futures_util::{FutureExt, StreamExt};
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a read brings at most.
const READ: usize = 16 * 1024;

fn main() {
    for (size, text) in
        [(16, false), (125, false), (1 << 10, false), (1 << 10, true), (16 << 10, false), (1 << 20, false)]
    {
        let wire = wire(size, text);
        let kind = if text { "text" } else { "binary" };
        let word = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
        let mut contestants = vec![
            Contestant::new("tungstenite", tungstenite(&wire)),
            Contestant::new("tokio-websockets", tokio_websockets(&wire)),
            Contestant::new("fastwebsockets", fastwebsockets(&wire)),
            Contestant::new("sockudo-ws", sockudo(&wire)),
            Contestant::new("yawc", yawc(&wire)),
            Contestant::new("nexus-web, lent", nexus(&wire)),
            Contestant::new("the read alone", read_alone(&wire, size)),
            Contestant::new("barewire, next", owned(&wire)),
            Contestant::new("barewire, next_ref", lent(&wire)),
        ];
        contestants.retain(|contestant| contestant.name().contains(&word));
        compare(&format!("{size} B {kind}"), BATCH, contestants);
    }
}

/// Messages that one piece of work has.
const BATCH: u64 = 64;

/// A number of masked frames.
fn wire(size: usize, text: bool) -> Vec<u8> {
    let mut client = Session::new(Role::Client { seed: [7; 32] }, Config::default());
    let count = (256 * 1024 / size).max(1);
    for i in 0..count {
        if text {
            client.send(&*"The quick brown fox jumps. ".repeat(size / 27 + 1)[..size].to_owned()).unwrap();
        } else {
            client.send(vec![i as u8; size]).unwrap();
        }
    }
    let mut wire = Vec::new();
    while let Some(chunk) = client.link().tx.pop() {
        wire.extend_from_slice(&chunk);
    }
    wire
}

/// The socket: frames without end to read, and a place to write to.
struct Endless {
    wire: Vec<u8>,
    at: usize,
}

impl Endless {
    fn new(wire: &[u8]) -> Self {
        Self { wire: wire.to_vec(), at: 0 }
    }
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = into.len().min(READ).min(self.wire.len() - self.at);
        into[..n].copy_from_slice(&self.wire[self.at..self.at + n]);
        self.at = (self.at + n) % self.wire.len();
        Ok(n)
    }
}

impl Write for Endless {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        Ok(from.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Endless {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let n = into.remaining().min(READ).min(self.wire.len() - self.at);
        into.put_slice(&self.wire[self.at..self.at + n]);
        self.at = (self.at + n) % self.wire.len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Endless {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(from.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn read_alone(wire: &[u8], size: usize) -> impl FnMut() {
    let mut stream = Endless::new(wire);
    let mut buffer = vec![0; READ];
    let (mut had, each) = (0, wire.len() / (256 * 1024 / size).max(1));
    move || {
        for _ in 0..BATCH {
            while had < each {
                had += stream.read(&mut buffer).unwrap();
                black_box(&buffer);
            }
            had -= each;
        }
    }
}

fn owned(wire: &[u8]) -> impl FnMut() {
    let mut stream = Endless::new(wire);
    let mut session = Session::new(Role::Server, Config::default());
    move || {
        let mut left = BATCH;
        while left > 0 {
            match session.next(Instant::ORIGIN).unwrap() {
                Next::Event(Event::Text(text)) => {
                    black_box(&text[..]);
                    left -= 1;
                }
                Next::Event(Event::Binary(bytes)) => {
                    black_box(&bytes[..]);
                    left -= 1;
                }
                _ => fill(&mut stream, &mut session),
            }
        }
    }
}

fn lent(wire: &[u8]) -> impl FnMut() {
    let mut stream = Endless::new(wire);
    let mut session = Session::new(Role::Server, Config::default());
    move || {
        let mut left = BATCH;
        while left > 0 {
            match session.next_ref(Instant::ORIGIN).unwrap() {
                Next::Event(Event::Text(text)) => {
                    black_box(text);
                    left -= 1;
                }
                Next::Event(Event::Binary(bytes)) => {
                    black_box(bytes);
                    left -= 1;
                }
                _ => fill(&mut stream, &mut session),
            }
        }
    }
}

fn fill(stream: &mut Endless, session: &mut Session) {
    let rx = &mut session.link().rx;
    let n = stream.read(rx.spare(READ)).unwrap();
    rx.commit(n);
}

fn tungstenite(wire: &[u8]) -> impl FnMut() {
    use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
    let config = WebSocketConfig::default().read_buffer_size(READ);
    let mut socket = WebSocket::from_raw_socket(Endless::new(wire), Role::Server, Some(config));
    move || {
        for _ in 0..BATCH {
            black_box(socket.read().unwrap());
        }
    }
}

fn tokio_websockets(wire: &[u8]) -> impl FnMut() {
    use tokio_websockets::{Limits, ServerBuilder};
    let mut socket = ServerBuilder::new().limits(Limits::unlimited()).serve(Endless::new(wire));
    move || {
        for _ in 0..BATCH {
            black_box(socket.next().now_or_never().unwrap().unwrap().unwrap());
        }
    }
}

fn fastwebsockets(wire: &[u8]) -> impl FnMut() {
    use fastwebsockets::{FragmentCollector, Role, WebSocket};
    let mut socket = FragmentCollector::new(WebSocket::after_handshake(Endless::new(wire), Role::Server));
    move || {
        for _ in 0..BATCH {
            black_box(socket.read_frame().now_or_never().unwrap().unwrap());
        }
    }
}

fn sockudo(wire: &[u8]) -> impl FnMut() {
    use sockudo_ws::{Role, protocol::Protocol};
    let mut stream = Endless::new(wire);
    let mut protocol = Protocol::new(Role::Server, 64 << 20, 64 << 20);
    let (mut buffer, mut messages) = (BytesMut::new(), Vec::new());
    let mut given = 0;
    move || {
        for _ in 0..BATCH {
            while given == messages.len() {
                let start = buffer.len();
                buffer.resize(start + READ, 0);
                let n = stream.read(&mut buffer[start..]).unwrap();
                buffer.truncate(start + n);
                protocol.process_into(&mut buffer, &mut messages).unwrap();
                given = 0;
            }
            black_box(&messages[given]);
            given += 1;
        }
    }
}

fn yawc(wire: &[u8]) -> impl FnMut() {
    use yawc::{Options, Role, WebSocket};
    let options = Options::default().with_limits(64 << 20, 128 << 20).with_utf8();
    let mut socket = WebSocket::from_stream(Endless::new(wire), Role::Server, options).unwrap();
    move || {
        for _ in 0..BATCH {
            black_box(socket.next_frame().now_or_never().unwrap().unwrap());
        }
    }
}

fn nexus(wire: &[u8]) -> impl FnMut() {
    use nexus_web::ws::{FrameReader, Role};
    let mut stream = Endless::new(wire);
    let builder = FrameReader::builder().role(Role::Server).buffer_capacity(2 << 20);
    let mut reader = builder.max_frame_size(64 << 20).max_message_size(64 << 20).build();
    move || {
        let mut left = BATCH;
        while left > 0 {
            if let Some(message) = reader.next().unwrap() {
                black_box(&message);
                left -= 1;
                continue;
            }
            if reader.should_compact() {
                reader.compact();
            }
            let spare = reader.spare();
            let want = spare.len().min(READ);
            let n = stream.read(&mut spare[..want]).unwrap();
            reader.filled(n);
        }
    }
}
