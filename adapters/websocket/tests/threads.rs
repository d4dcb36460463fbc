//! On threads.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use barewire::http::Status;
use barewire::websocket::handshake::{Answer, Config as Agreement, Origins};
use barewire::websocket::{self, CloseCode, Config, Event, handshake};
use barewire::{Misuse, http1};
use barewire_http::Requests;
use barewire_std::{Connection, Stop, connect};
use barewire_websocket::{Error, Handshake, Upgraded, Url};
use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Instant;
use support::{PATIENCE, frame, listen, noise, open, read, read_all, server};

type Socket = barewire_websocket::WebSocket<Connection<TcpStream, websocket::Session>>;

const SHORT: Duration = Duration::from_millis(300);

/// A server's WebSocket, and a peer on a thread.
fn socket(config: Config, peer: impl FnOnce(TcpStream) + Send + 'static) -> (Socket, thread::JoinHandle<()>) {
    let (listener, address) = listen();
    let peer = thread::spawn(move || peer(open(address)));
    let handshake = Handshake::new(Connection::new(listener.accept().unwrap().0, server()));
    (handshake.accept(config).unwrap(), peer)
}

fn client(address: SocketAddr, agreement: Agreement) -> Result<Socket, Error> {
    let url: Url = format!("ws://{address}/chat").parse().unwrap();
    let client = handshake::Client::new(url.opening(agreement)?)?;
    Ok(Handshake::new(connect(url.address(), PATIENCE, client)?).open(Config::default())?.0)
}

#[test]
fn replies_to_one_read_leave_in_one_write() {
    let (mut socket, peer) = socket(Config::default(), |mut stream| {
        stream.write_all(&frame(0x81, b"hi").repeat(8)).unwrap();
        let mut all = vec![0; 1000];
        let n = stream.read(&mut all).unwrap();
        assert_eq!(all[..n], *b"\x81\x02hi".repeat(8));
        stream.write_all(&frame(0x88, b"")).unwrap();
        assert_eq!(read_all(&mut stream), b"\x88\0");
    });
    while let Some(event) = socket.next().unwrap() {
        if let Event::Text(_) = event {
            socket.send(event).unwrap();
        }
    }
    peer.join().unwrap();
}

#[test]
fn a_close_that_nobody_answers_ends() {
    let config = Config::builder().close_timeout(SHORT).build().unwrap();
    let (mut socket, peer) = socket(config, |mut stream| drop(read_all(&mut stream)));
    let begun = Instant::now();
    let end = socket.close(CloseCode::AWAY, "bye");
    assert!(matches!(end, Err(Error::Protocol(websocket::Error::CloseTimeout))), "{end:?}");
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < PATIENCE);
    peer.join().unwrap();
}

/// The reader waits; its pongs leave, and the writer's messages, from other threads.
#[test]
fn a_reader_and_writers_on_threads() {
    const COUNT: usize = 100;
    let (socket, peer) = socket(Config::default(), |mut stream| {
        let mut reader = stream.try_clone().unwrap();
        let ping = thread::spawn(move || {
            for _ in 0..COUNT {
                stream.write_all(&frame(0x89, b"?")).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
            stream
        });
        let (mut pongs, mut messages) = (0, 0);
        while pongs < COUNT || messages < 2 * COUNT {
            match read(&mut reader, 2)[..] {
                [0x8A, 1] => {
                    assert_eq!(read(&mut reader, 1), b"?");
                    pongs += 1;
                }
                [0x82, 126] => {
                    assert_eq!(read(&mut reader, 2), 50_000_u16.to_be_bytes());
                    assert!(read(&mut reader, 50_000) == noise(50_000));
                    messages += 1;
                }
                ref other => panic!("{other:?}"),
            }
        }
        let mut stream = ping.join().unwrap();
        stream.write_all(&frame(0x88, b"\x03\xe8")).unwrap();
        assert_eq!(read_all(&mut reader), b"\x88\x02\x03\xe8");
    });
    let (mut reader, writer) = socket.split();
    let writers = [writer.clone(), writer].map(|writer| {
        thread::spawn(move || {
            for _ in 0..COUNT {
                writer.send(noise(50_000)).unwrap();
            }
            writer
        })
    });
    let mut pings = 0;
    while let Some(event) = reader.next().unwrap() {
        pings += usize::from(matches!(event, Event::Ping(_)));
    }
    assert_eq!(pings, COUNT);
    for writer in writers {
        let writer = writer.join().unwrap();
        writer.close(CloseCode::NORMAL, "").unwrap();
        assert!(matches!(writer.send("late"), Err(Error::Misuse(Misuse::Closed))));
    }
    peer.join().unwrap();
}

/// A writer closes: the reader, which has waited since before, minds the time that the answer may take.
#[test]
fn a_reader_that_waits_keeps_its_deadlines() {
    let config = Config::builder().close_timeout(SHORT).ping(None).build().unwrap();
    let (socket, peer) = socket(config, |mut stream| drop(read_all(&mut stream)));
    let (mut reader, writer) = socket.split();
    let begun = Instant::now();
    let close = thread::spawn(move || {
        thread::sleep(SHORT);
        writer.close(CloseCode::NORMAL, "").unwrap();
    });
    let heard = reader.next();
    assert!(matches!(heard, Err(Error::Protocol(websocket::Error::CloseTimeout))), "{heard:?}");
    assert!(begun.elapsed() >= 2 * SHORT && begun.elapsed() < PATIENCE);
    assert_eq!(reader.next().unwrap(), None);
    close.join().unwrap();
    drop(reader);
    peer.join().unwrap();
}

/// A peer that doesn't read holds the writer back, not the reader; what the reader finds out frees the writer.
#[test]
fn a_writer_that_is_stuck_is_freed_by_the_end() {
    let config = Config::builder().stall(Some(SHORT)).build().unwrap();
    let (socket, peer) = socket(config, |stream| {
        thread::sleep(4 * SHORT);
        drop(stream);
    });
    let (mut reader, writer) = socket.split();
    let write = thread::spawn(move || {
        let megabyte = noise(1 << 20);
        loop {
            if let Err(error) = writer.send(megabyte.clone()) {
                break error;
            }
        }
    });
    let heard = reader.next();
    let wrote = write.join().unwrap();
    let stalled = |error: &Error| matches!(error, Error::Protocol(websocket::Error::Stalled));
    assert!(stalled(&wrote) || heard.as_ref().is_err_and(stalled), "{wrote:?} {heard:?}");
    peer.join().unwrap();
}

#[test]
fn a_stop_interrupts_the_reader_once() {
    let (mut socket, peer) = socket(Config::default(), |mut stream| {
        assert_eq!(read(&mut stream, 4), b"\x88\x02\x03\xe9");
        stream.write_all(&frame(0x88, b"\x03\xe9")).unwrap();
        assert_eq!(read_all(&mut stream), b"");
    });
    let stop = Stop::new();
    socket.connection_mut().set_stop(stop.clone());
    let (mut reader, writer) = socket.split();
    let told = thread::spawn(move || {
        thread::sleep(SHORT);
        stop.stop();
    });
    let interrupted = reader.next();
    assert!(matches!(&interrupted, Err(Error::Io(error)) if error.kind() == ErrorKind::Interrupted), "{interrupted:?}");
    writer.close(CloseCode::AWAY, "").unwrap();
    assert!(matches!(reader.next(), Ok(Some(Event::Close(Some(_))))));
    assert_eq!(reader.next().unwrap(), None);
    told.join().unwrap();
    peer.join().unwrap();
}

#[test]
fn what_is_asked_for_is_looked_at_first() {
    let (listener, address) = listen();
    let serve = thread::spawn(move || {
        let agreement = || Agreement::builder().subprotocols(["a", "b"]).build().unwrap();
        let handshake = |stream| Handshake::new(Connection::new(stream, handshake::Server::new(agreement())));
        let mut first = handshake(listener.accept().unwrap().0);
        assert_eq!(first.request().unwrap().target().path(), "/chat");
        first.reject(Status::FORBIDDEN, "not you").unwrap();
        let mut second = handshake(listener.accept().unwrap().0);
        second.request().unwrap();
        assert_eq!(second.offer().unwrap().subprotocols().collect::<Vec<_>>(), ["a", "b"]);
        let mut socket = second.accept_with(&Answer::new().subprotocol("b"), Config::default()).unwrap();
        assert_eq!(socket.subprotocol(), Some("b"));
        while socket.next().unwrap().is_some() {}
    });
    let agreement = || Agreement::builder().subprotocols(["a", "b"]).build().unwrap();
    match client(address, agreement()) {
        Err(Error::Refused(head)) => assert_eq!(head.status(), Status::FORBIDDEN),
        other => panic!("{other:?}"),
    }
    let mut socket = client(address, agreement()).unwrap();
    assert_eq!(socket.subprotocol(), Some("b"));
    socket.close(CloseCode::NORMAL, "").unwrap();
    serve.join().unwrap();
}

/// The client speaks before the server has answered: what it says is not lost on the way from HTTP.
#[test]
fn a_route_of_a_server_of_http() {
    let (listener, address) = listen();
    let serve = thread::spawn(move || {
        let connection = Connection::new(listener.accept().unwrap().0, http1::Server::new(http1::Config::default()));
        let (mut requests, mut granted) = (Requests::new(connection), None);
        let agreement = Agreement::builder().origins(Origins::any()).build().unwrap();
        while let Some((request, exchange)) = requests.next().unwrap() {
            match handshake::accept(&request, &agreement) {
                Ok(accept) => {
                    exchange.upgrade(accept.response).unwrap();
                    granted = Some(accept.negotiated);
                }
                Err(refusal) => exchange.respond(refusal.response(), refusal.to_string()).unwrap(),
            }
        }
        let mut socket = requests.into_websocket(granted, Config::default()).unwrap();
        while let Some(event) = socket.next().unwrap() {
            if let Event::Text(_) = event {
                socket.send(event).unwrap();
            }
        }
    });
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let upgrade = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let plain = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    stream.write_all(&[&plain[..], upgrade, &frame(0x81, b"early"), &frame(0x88, b"")].concat()).unwrap();
    let said = String::from_utf8_lossy(&read_all(&mut stream)).into_owned();
    assert!(said.starts_with("HTTP/1.1 426 ") && said.contains("HTTP/1.1 101 "), "{said}");
    assert!(said.ends_with("early\u{FFFD}\0"), "{said:?}");
    serve.join().unwrap();
}
