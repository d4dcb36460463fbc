//! Echo over loopback: each adapter beside a hand-written loop on the same runtime.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench echo`
//!
//! The client is the same for all: one connection, blocking, some bytes written, as many read back. What counts is the
//! server's CPU time, which its own thread's clock gives; the time on the wall is mostly the kernel's and the client's.
//! A word after `--` restricts the run to the servers whose name has it. Contestants take turns; a ratio above 1 means less CPU than the loop that it follows.

use barewire::raw::{Event, Session};
use rustix::time::{ClockId, clock_gettime};
use std::future::Future;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const READ: usize = 16 * 1024;

fn main() {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(15);
    let word = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let mut servers: Vec<(&str, Serve)> = vec![
        ("std, by hand", std_by_hand),
        ("std, barewire", std_barewire),
        ("smol, by hand", |listener| smol::block_on(smol_by_hand(listener))),
        ("smol, barewire", |listener| smol::block_on(smol_barewire(listener))),
        ("tokio, by hand", |listener| tokio_block_on(tokio_by_hand(listener))),
        ("tokio, barewire", |listener| tokio_block_on(tokio_barewire(listener))),
    ];
    servers.retain(|(name, _)| name.contains(&word));
    for (size, exchanges) in [(64, 20_000), (1 << 10, 20_000), (16 << 10, 8_000), (1 << 20, 200)] {
        println!("{size} B there and back, CPU of the server a turn");
        let mut times = vec![Vec::new(); servers.len()];
        for _ in 0..rounds {
            for ((_, serve), times) in servers.iter().zip(&mut times) {
                times.push(run(*serve, size, exchanges).as_secs_f64() * 1e6 / f64::from(exchanges));
            }
        }
        let mut by_hand = 0.0;
        for ((name, _), times) in servers.iter().zip(&mut times) {
            times.sort_by(f64::total_cmp);
            let median = times[times.len() / 2];
            let (low, high) = (times[times.len() / 10], times[times.len() * 9 / 10]);
            print!("  {name:<18} {median:>8.2} us  ({low:.2} to {high:.2})");
            if name.ends_with("by hand") {
                by_hand = median;
                println!();
            } else {
                println!("  {:.3} x", by_hand / median);
            }
        }
    }
}

type Serve = fn(TcpListener);

/// Serves one connection on a thread, and says how much CPU that took.
fn run(serve: Serve, size: usize, exchanges: u32) -> Duration {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (report, reported) = mpsc::channel();
    let server = thread::spawn(move || {
        let before = cpu();
        serve(listener);
        report.send(cpu() - before).unwrap();
    });
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let (sent, mut received) = (vec![7; size], vec![0; size]);
    let mut half = stream.try_clone().unwrap();
    for _ in 0..exchanges {
        if size <= 64 << 10 {
            stream.write_all(&sent).unwrap();
            stream.read_exact(&mut received).unwrap();
        } else {
            // More than the sockets hold: somebody has to read while we write.
            thread::scope(|scope| {
                scope.spawn(|| half.read_exact(&mut received).unwrap());
                stream.write_all(&sent).unwrap();
            });
        }
    }
    drop((stream, half));
    server.join().unwrap();
    reported.recv().unwrap()
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

fn std_by_hand(listener: TcpListener) {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; READ];
    loop {
        match stream.read(&mut buffer).unwrap() {
            0 => return,
            n => stream.write_all(&buffer[..n]).unwrap(),
        }
    }
}

fn std_barewire(listener: TcpListener) {
    let (stream, _) = listener.accept().unwrap();
    stream.set_nodelay(true).unwrap();
    let mut connection = barewire_std::Connection::new(stream, Session::default());
    while let Some(event) = connection.next().unwrap() {
        match event {
            Event::Data(bytes) => connection.send(bytes).unwrap(),
            _ => connection.close().unwrap(),
        }
    }
}

async fn smol_by_hand(listener: TcpListener) {
    use smol::io::{AsyncReadExt, AsyncWriteExt};
    let listener = smol::Async::new(listener).unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    stream.get_ref().set_nodelay(true).unwrap();
    let mut stream = smol::net::TcpStream::from(stream);
    let mut buffer = vec![0; READ];
    loop {
        match stream.read(&mut buffer).await.unwrap() {
            0 => return,
            n => stream.write_all(&buffer[..n]).await.unwrap(),
        }
    }
}

async fn smol_barewire(listener: TcpListener) {
    let listener = smol::Async::new(listener).unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    stream.get_ref().set_nodelay(true).unwrap();
    let mut connection = barewire_smol::Connection::new(smol::net::TcpStream::from(stream), Session::default());
    while let Some(event) = connection.next().await.unwrap() {
        match event {
            Event::Data(bytes) => connection.send(bytes).unwrap(),
            _ => connection.close().unwrap(),
        }
    }
}

fn tokio_block_on(server: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(server);
}

fn tokio_listener(listener: TcpListener) -> tokio::net::TcpListener {
    listener.set_nonblocking(true).unwrap();
    tokio::net::TcpListener::from_std(listener).unwrap()
}

async fn tokio_by_hand(listener: TcpListener) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (mut stream, _) = tokio_listener(listener).accept().await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; READ];
    loop {
        match stream.read(&mut buffer).await.unwrap() {
            0 => return,
            n => stream.write_all(&buffer[..n]).await.unwrap(),
        }
    }
}

async fn tokio_barewire(listener: TcpListener) {
    let (stream, _) = tokio_listener(listener).accept().await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut connection = barewire_tokio::Connection::new(stream, Session::default());
    while let Some(event) = connection.next().await.unwrap() {
        match event {
            Event::Data(bytes) => connection.send(bytes).unwrap(),
            _ => connection.close().unwrap(),
        }
    }
}
