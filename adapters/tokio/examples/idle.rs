//! What an idle connection costs: a thousand clients send a KiB, hear it echoed, and fall silent.
//!
//! `cargo run --release -p barewire-tokio --example idle`

#![allow(clippy::unwrap_used, clippy::cast_possible_wrap, reason = "a measurement, not a service")]

use barewire::raw::{Event, Session};
use barewire_tokio::{Connection, Options, Stop, serve};
use peak_alloc::PeakAlloc;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const CLIENTS: usize = 1000;

fn main() {
    let (address, listening) = mpsc::channel();
    let stop = Stop::new();
    let stopped = stop.clone();
    let server = thread::spawn(move || run(address, &stopped));
    let address = listening.recv().unwrap();
    // The first of all pays for what all share.
    let mut clients = Vec::with_capacity(CLIENTS + 1);
    clients.push(talk(address));
    thread::sleep(Duration::from_millis(500));
    let before = (HEAP.current_usage(), resident());
    clients.extend((0..CLIENTS).map(|_| talk(address)));
    thread::sleep(Duration::from_millis(500));
    let after = (HEAP.current_usage(), resident());
    let each = |before: usize, after: usize| (after as isize - before as isize) / CLIENTS as isize;
    println!("an idle connection: {} B of heap, {} B resident", each(before.0, after.0), each(before.1, after.1));
    drop(clients);
    stop.stop();
    server.join().unwrap();
}

fn talk(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&[7; 1024]).unwrap();
    stream.read_exact(&mut [0; 1024]).unwrap();
    stream
}

/// The process's memory that is not swapped out, 0 where the system doesn't say so in this way.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

#[tokio::main(flavor = "current_thread")]
async fn run(address: Sender<SocketAddr>, stop: &Stop) {
    listen(address, stop).await;
}

async fn listen(address: Sender<SocketAddr>, stop: &Stop) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    address.send(listener.local_addr().unwrap()).unwrap();
    serve(listener, &Options::default(), stop, async |stream, _| {
        let mut connection = Connection::new(stream, Session::default());
        while let Ok(Some(Event::Data(bytes))) = connection.next().await {
            connection.send(bytes).unwrap();
        }
    })
    .await;
}
