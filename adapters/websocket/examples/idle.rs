//! What an idle WebSocket costs: a thousand clients send a KiB, hear it echoed, and fall silent.
//!
//! `cargo run --release -p barewire-websocket --example idle -- std|smol|tokio [deflate]`

#![allow(clippy::unwrap_used, clippy::cast_possible_wrap, reason = "a measurement, not a service")]

use barewire::websocket::extension::DeflateConfig;
use barewire::websocket::{Config, Event, handshake};
use barewire_drive::{Options, Stop};
use barewire_websocket::Handshake;
use core::time::Duration;
use peak_alloc::PeakAlloc;
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const CLIENTS: usize = 1000;

/// What was needed for the KiB is given up a second after it.
const SILENCE: Duration = Duration::from_millis(2500);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let deflate = words.iter().any(|word| word == "deflate");
    let run = match words.first().map(String::as_str) {
        Some("std") => on_threads,
        Some("smol") => on_smol,
        Some("tokio") => on_tokio,
        _ => return eprintln!("say which: std, smol or tokio"),
    };
    let (address, listening) = mpsc::channel();
    let stop = Stop::new();
    let stopped = stop.clone();
    let server = thread::spawn(move || run(address, &stopped, config(deflate)));
    let address = listening.recv().unwrap();
    // The first of all pays for what all share.
    let mut clients = Vec::with_capacity(CLIENTS + 1);
    clients.push(talk(address, deflate));
    thread::sleep(SILENCE);
    let before = (HEAP.current_usage(), resident());
    clients.extend((0..CLIENTS).map(|_| talk(address, deflate)));
    thread::sleep(SILENCE);
    let after = (HEAP.current_usage(), resident());
    let each = |before: usize, after: usize| (after as isize - before as isize) / CLIENTS as isize;
    println!("an idle WebSocket: {} B of heap, {} B resident", each(before.0, after.0), each(before.1, after.1));
    drop(clients);
    stop.stop();
    server.join().unwrap();
}

fn config(deflate: bool) -> handshake::Config {
    handshake::Config::builder().deflate(deflate.then(DeflateConfig::default)).build().unwrap()
}

/// What is left of the client is its socket.
fn talk(address: SocketAddr, deflate: bool) -> TcpStream {
    let opening = handshake::Opening::new(&address.to_string(), "/", [7; 16], config(deflate)).unwrap();
    let stream = TcpStream::connect(address).unwrap();
    let kept = stream.try_clone().unwrap();
    let connection = barewire_std::Connection::new(stream, handshake::Client::new(opening).unwrap());
    let (mut socket, _) = Handshake::new(connection).open(Config::default()).unwrap();
    assert_eq!(socket.negotiated().deflate.is_some(), deflate);
    let message = Event::Text("silence ".repeat(128).into());
    socket.send(message.clone()).unwrap();
    assert_eq!(socket.next().unwrap(), Some(message));
    kept
}

/// The process's memory that is not swapped out, 0 where the system doesn't say so in this way.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// The server, with and without `async`. What a task captures it keeps, so the handshake begins outside of it.
macro_rules! echo {
    ($socket:expr; $($await:tt)*) => {{
        let mut socket = $socket$($await)*.unwrap();
        while let Ok(Some(event)) = socket.next()$($await)* {
            socket.send(event)$($await)*.unwrap();
        }
    }};
}

fn on_threads(address: Sender<SocketAddr>, stop: &Stop, config: handshake::Config) {
    use barewire_std::{Connection, serve};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    address.send(listener.local_addr().unwrap()).unwrap();
    // Clones of it share what compression needs at times.
    let sessions = Config::default();
    serve(listener, &Options::default(), stop, move |stream, _| {
        let connection = Connection::new(stream, handshake::Server::new(config.clone()));
        echo!(Handshake::new(connection).accept(sessions.clone());)
    });
}

fn on_smol(address: Sender<SocketAddr>, stop: &Stop, config: handshake::Config) {
    use barewire_smol::{Connection, serve};
    smol::block_on(async {
        let listener = smol::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        address.send(listener.local_addr().unwrap()).unwrap();
        let sessions = Config::default();
        let handler = |stream, _| {
            let connection = Connection::new(stream, handshake::Server::new(config.clone()));
            let opening = Handshake::new(connection).accept(sessions.clone());
            async move { echo!(opening; .await) }
        };
        serve(listener, &Options::default(), stop, handler).await;
    });
}

fn on_tokio(address: Sender<SocketAddr>, stop: &Stop, config: handshake::Config) {
    use barewire_tokio::{Connection, serve};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        address.send(listener.local_addr().unwrap()).unwrap();
        let sessions = Config::default();
        let handler = |stream, _| {
            let connection = Connection::new(stream, handshake::Server::new(config.clone()));
            let opening = Handshake::new(connection).accept(sessions.clone());
            async move { echo!(opening; .await) }
        };
        serve(listener, &Options::default(), stop, handler).await;
    });
}
