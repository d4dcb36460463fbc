//! With tungstenite and with tokio-websockets, in both directions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use barewire::websocket::{CloseCode, Config, Event, handshake};
use barewire_websocket::{Error, Handshake, Url};
use core::net::SocketAddr;
use futures_util::{SinkExt, StreamExt};
use std::net::{TcpListener, TcpStream};
use std::thread;
use support::{PATIENCE, listen, noise, server};

/// Lengths at the borders of what a header says, of a window, of what leaves by reference.
const SIZES: [usize; 9] = [0, 1, 125, 126, 4096, 65_535, 65_536, 200_000, 3 << 20];

fn client(address: SocketAddr) -> (Url, handshake::Client) {
    let url: Url = format!("ws://{address}/").parse().unwrap();
    let client = handshake::Client::new(url.opening(handshake::Config::default()).unwrap()).unwrap();
    (url, client)
}

/// An echo server of ours for one connection.
macro_rules! echo {
    ($connection:expr; $($await:tt)*) => {{
        let mut socket = Handshake::new($connection).accept(Config::default())$($await)*.unwrap();
        while let Some(event) = socket.next()$($await)*.unwrap() {
            if let Event::Text(_) | Event::Binary(_) = event {
                socket.send(event)$($await)*.unwrap();
            }
        }
    }};
}

/// A client of ours that asks an echo server.
macro_rules! ask {
    ($connection:expr; $($await:tt)*) => {{
        let (mut socket, _) = Handshake::new($connection).open(Config::default())$($await)*.unwrap();
        for size in SIZES {
            socket.send(noise(size))$($await)*.unwrap();
            assert!(socket.next()$($await)*.unwrap() == Some(noise(size).into()), "{size} bytes");
            let text = "\u{e9}".repeat(size / 2);
            socket.send(&text[..])$($await)*.unwrap();
            assert!(socket.next()$($await)*.unwrap() == Some(text.into()), "{size} bytes of text");
        }
        socket.send(Event::Ping("so".into()))$($await)*.unwrap();
        assert_eq!(socket.next()$($await)*.unwrap(), Some(Event::Pong("so".into())));
        socket.close(CloseCode::NORMAL, "done")$($await)*.unwrap();
    }};
}

fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Runs one end of ours on each runtime, the other being the peer's.
fn serve_each(peer: fn(SocketAddr)) {
    let serve: [fn(TcpListener); 3] = [
        |listener| echo!(barewire_std::Connection::new(listener.accept().unwrap().0, server());),
        |listener| {
            smol::block_on(async {
                let stream = smol::Async::new(listener.accept().unwrap().0).unwrap();
                echo!(barewire_smol::Connection::new(smol::net::TcpStream::from(stream), server()); .await);
            });
        },
        |listener| {
            on_tokio(async {
                let stream = listener.accept().unwrap().0;
                stream.set_nonblocking(true).unwrap();
                let stream = tokio::net::TcpStream::from_std(stream).unwrap();
                echo!(barewire_tokio::Connection::new(stream, server()); .await);
            });
        },
    ];
    for serve in serve {
        let (listener, address) = listen();
        let serve = thread::spawn(move || serve(listener));
        peer(address);
        serve.join().unwrap();
    }
}

fn ask_each(peer: fn(TcpListener)) {
    let ask: [fn(SocketAddr); 3] = [
        |address| {
            let (url, client) = client(address);
            ask!(barewire_std::connect(url.address(), PATIENCE, client).unwrap(););
        },
        |address| {
            let (url, client) = client(address);
            smol::block_on(async {
                ask!(barewire_smol::connect(url.address(), PATIENCE, client).await.unwrap(); .await);
            });
        },
        |address| {
            let (url, client) = client(address);
            on_tokio(async {
                ask!(barewire_tokio::connect(url.address(), PATIENCE, client).await.unwrap(); .await);
            });
        },
    ];
    for ask in ask {
        let (listener, address) = listen();
        let peer = thread::spawn(move || peer(listener));
        ask(address);
        peer.join().unwrap();
    }
}

#[test]
fn a_client_of_tungstenite() {
    serve_each(|address| {
        let stream = TcpStream::connect(address).unwrap();
        let (mut peer, _) = tungstenite::client(format!("ws://{address}/"), stream).unwrap();
        for size in SIZES {
            peer.send(noise(size).into()).unwrap();
            assert!(peer.read().unwrap().into_data() == noise(size), "{size} bytes");
            let text = "\u{e9}".repeat(size / 2);
            peer.send(text.as_str().into()).unwrap();
            assert!(peer.read().unwrap().into_text().unwrap().as_str() == text, "{size} bytes of text");
        }
        peer.close(None).unwrap();
        loop {
            if let Err(end) = peer.read() {
                assert!(matches!(end, tungstenite::Error::ConnectionClosed), "{end}");
                break;
            }
        }
    });
}

#[test]
fn a_server_of_tungstenite() {
    ask_each(|listener| {
        let mut peer = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        let end = loop {
            match peer.read() {
                Ok(message) if message.is_text() || message.is_binary() => peer.send(message).unwrap(),
                Ok(_) => {}
                Err(end) => break end,
            }
        };
        assert!(matches!(end, tungstenite::Error::ConnectionClosed), "{end}");
    });
}

#[test]
fn a_client_of_tokio_websockets() {
    serve_each(|address| {
        on_tokio(async {
            let uri = format!("ws://{address}/").parse().unwrap();
            let limits = tokio_websockets::Limits::unlimited();
            let (mut peer, _) = tokio_websockets::ClientBuilder::from_uri(uri).limits(limits).connect().await.unwrap();
            for size in SIZES {
                peer.send(tokio_websockets::Message::binary(noise(size))).await.unwrap();
                let back = peer.next().await.unwrap().unwrap();
                assert!(back.is_binary() && back.as_payload()[..] == noise(size)[..], "{size} bytes");
                let text = "\u{e9}".repeat(size / 2);
                peer.send(tokio_websockets::Message::text(text.clone())).await.unwrap();
                assert!(peer.next().await.unwrap().unwrap().as_text() == Some(&text), "{size} bytes of text");
            }
            peer.close().await.unwrap();
        });
    });
}

#[test]
fn a_server_of_tokio_websockets() {
    ask_each(|listener| {
        on_tokio(async {
            listener.set_nonblocking(true).unwrap();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let stream = listener.accept().await.unwrap().0;
            let limits = tokio_websockets::Limits::unlimited();
            let builder = tokio_websockets::ServerBuilder::new().limits(limits);
            let (_, mut peer) = builder.accept(stream).await.unwrap();
            while let Some(message) = peer.next().await {
                let message = message.unwrap();
                if message.is_text() || message.is_binary() {
                    peer.send(message).await.unwrap();
                }
            }
        });
    });
}

/// A server that speaks no WebSocket, and one that is not there for long.
#[test]
fn servers_that_open_none() {
    let refuse = |answer: &'static [u8]| {
        let (listener, address) = listen();
        let peer = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let mut request = [0; 1024];
            let _ = std::io::Read::read(&mut stream, &mut request).unwrap();
            std::io::Write::write_all(&mut stream, answer).unwrap();
        });
        let (url, client) = client(address);
        let opened =
            Handshake::new(barewire_std::connect(url.address(), PATIENCE, client).unwrap()).open(Config::default());
        peer.join().unwrap();
        opened.map(drop)
    };
    assert!(matches!(refuse(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Err(Error::Refused(_))));
    assert!(matches!(refuse(b"SSH-2.0-x\r\n"), Err(Error::Handshake(_))));
    assert!(matches!(refuse(b""), Err(Error::Handshake(_) | Error::Io(_))));
    let switched = b"HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n";
    assert!(matches!(refuse(switched), Err(Error::Handshake(handshake::Error::Response(_)))));
}
