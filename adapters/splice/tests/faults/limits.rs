//! What it costs while nothing moves, and what happens when something runs out.

use crate::child::Child;
use crate::rig::{Last, content, drain, echo, reset, send, soon};
use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const MIB: usize = 1 << 20;

/// A backend with a thread for each connection, until the process ends.
fn backend(handler: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let handler = Arc::new(handler);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let handler = Arc::clone(&handler);
            thread::spawn(move || handler(stream));
        }
    });
    address
}

fn client(child: &Child) -> TcpStream {
    let stream = TcpStream::connect(child.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn clients(child: &Child, number: usize) -> Vec<TcpStream> {
    (0..number).map(|_| client(child)).collect()
}

/// Once it has come to rest, it takes no CPU time: less than a tick in a while.
#[track_caller]
fn rests(child: &Child) {
    let span = Duration::from_millis(800);
    let mut before = child.cpu();
    for _ in 0..10 {
        thread::sleep(span);
        let now = child.cpu();
        if now - before <= Duration::from_millis(10) {
            return;
        }
        before = now;
    }
    panic!("spins");
}

/// Sends until it would block for good; counts how much that was.
fn pour(stream: &TcpStream, total: &AtomicU64) {
    stream.set_nonblocking(true).unwrap();
    let bytes = [7; 64 * 1024];
    let mut quiet = 0;
    while quiet < 100 {
        match (&*stream).write(&bytes) {
            Ok(n) => {
                total.fetch_add(n as u64, Ordering::Relaxed);
                quiet = 0;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                quiet += 1;
                thread::sleep(Duration::from_millis(10));
            }
            Err(_) => return,
        }
    }
}

/// What a hundred senders get rid of whose peers read nothing, and the memory that it costs.
fn held_back(child: &Child, clients: &[TcpStream], poured: &AtomicU64, memory: u64) {
    rests(child);
    let each = (child.memory().saturating_sub(memory)) / clients.len() as u64;
    assert!(each < 64 * 1024, "{each} bytes of memory each");
    let sent = poured.load(Ordering::Relaxed) / clients.len() as u64;
    // Two sockets' buffers and a pipe.
    assert!(sent < 24 * MIB as u64, "{sent} bytes taken from each");
    assert!(sent > 64 * 1024);
}

#[test]
fn slow_reader() {
    let poured = Arc::new(AtomicU64::new(0));
    let total = Arc::clone(&poured);
    let child = Child::new(backend(move |stream| {
        pour(&stream, &total);
        thread::sleep(Duration::from_secs(60));
    }));
    let memory = child.memory();
    let clients = clients(&child, 100);
    held_back(&child, &clients, &poured, memory);
}

#[test]
fn slow_backend() {
    let child = Child::new(backend(|stream| {
        thread::sleep(Duration::from_secs(60));
        drop(stream);
    }));
    let memory = child.memory();
    let clients = Arc::new(clients(&child, 100));
    let poured = Arc::new(AtomicU64::new(0));
    for at in 0..clients.len() {
        let (clients, total) = (Arc::clone(&clients), Arc::clone(&poured));
        thread::spawn(move || pour(&clients[at], &total));
    }
    held_back(&child, &clients, &poured, memory);
}

#[test]
fn half_closed_spin() {
    let child = Child::new(backend(|stream| {
        // Half of them end first, from their side.
        let _ = stream.shutdown(Shutdown::Write);
        thread::sleep(Duration::from_secs(60));
    }));
    let quiet = clients(&child, 25);
    let other = Child::new(backend(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
        thread::sleep(Duration::from_secs(60));
    }));
    let ended = clients(&other, 25);
    ended.iter().for_each(|client| client.shutdown(Shutdown::Write).unwrap());
    thread::sleep(Duration::from_millis(100));
    rests(&child);
    rests(&other);
    drop((quiet, ended));
}

#[test]
fn abort_flood() {
    let mut child = Child::new(backend(echo));
    serves(&child);
    let files = child.files();
    for _ in 0..2 {
        for at in 0..750 {
            let mut client = client(&child);
            if at % 2 == 0 {
                client.write_all(b"something").unwrap();
            }
            reset(client);
        }
        serves(&child);
    }
    soon(Duration::from_secs(3), || child.counted().active == 0);
    assert!(child.files() <= files, "{} descriptors, {files} before", child.files());
    rests(&child);
}

#[track_caller]
fn serves(child: &Child) {
    let mut client = client(child);
    client.write_all(b"ping").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(drain(&client), (b"ping".to_vec(), Last::Fin));
}

#[test]
fn fd_exhaustion() {
    let mut child = Child::with_files(backend(echo), 200);
    serves(&child);
    // All are connected as far as their own system is concerned.
    let mut many = clients(&child, 300);
    for client in &mut many {
        client.write_all(b"ping").unwrap();
    }
    thread::sleep(Duration::from_millis(200));
    let counted = child.counted();
    assert!((80..100).contains(&counted.active) && counted.paused > 0, "{counted:?}");
    // Looking whether it can go on isn't spinning.
    let before = child.cpu();
    thread::sleep(Duration::from_secs(1));
    let spent = child.cpu() - before;
    assert!(spent <= Duration::from_millis(50), "{spent:?} in a second");
    // Those that were accepted are served, bulk too, though there is no descriptor for a pipe.
    let bytes = content(1, 4 * MIB);
    let sender = send(&many[0], bytes.clone());
    let (got, last) = drain(&many[0]);
    sender.join().unwrap().unwrap();
    assert!(got[4..] == bytes && last == Last::Fin);
    // Each that goes makes room for one that waits: in the end, all have been served.
    for client in many.drain(..).skip(1) {
        let mut pong = [0; 4];
        (&client).read_exact(&mut pong).unwrap();
        assert_eq!(&pong, b"ping");
    }
    serves(&child);
}

/// A connection that moves nothing is two descriptors and little memory, whatever it has moved before.
#[test]
fn idle_after_a_burst() {
    let mut child = Child::new(backend(echo));
    serves(&child);
    let (files, memory) = (child.files(), child.memory());
    let clients = clients(&child, 200);
    let bytes = content(1, 2 * MIB);
    clients.iter().for_each(|client| burst(client, &bytes));
    assert!(child.counted().spliced > 0);
    assert_eq!(child.counted().in_use, 0);
    soon(Duration::from_secs(4), || child.files() <= files + 2 * clients.len());
    assert_eq!(child.counted().pages, 0);
    rests(&child);
    let each = (child.memory().saturating_sub(memory)) / clients.len() as u64;
    // Pages come by fours of these.
    assert!(each <= 2048, "{each} bytes each");
}

/// Root doesn't see it: a user who has too many pipes gets such as are worse than none.
#[test]
fn pipe_limit_of_an_ordinary_user() {
    let limit = std::fs::read_to_string("/proc/sys/fs/pipe-user-pages-soft").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    if limit == 0 || limit > 100_000 {
        eprintln!("SKIPPED: this system's users may have {limit} pages of pipes");
        return;
    }
    let hog = Child::hog(limit / 16 + 8);
    let mut child = Child::ordinary(backend(echo));
    bulk(&child);
    let starved = child.counted();
    assert!(starved.spliced == 0 && starved.copied > 0 && starved.denied > 0, "{starved:?}");
    drop(hog);
    // It asks again after a second.
    thread::sleep(Duration::from_millis(1100));
    bulk(&child);
    let fed = child.counted();
    assert!(fed.spliced > 32 * MIB as u64, "{fed:?}");
    // And hundreds that have moved something once take nothing from those that do.
    let idle = clients(&child, 300);
    idle.iter().for_each(|client| burst(client, &content(2, MIB)));
    bulk(&child);
    let after = child.counted();
    assert_eq!((after.denied, after.in_use), (fed.denied, 0), "{after:?}");
}

/// There and back, and the connection stays.
fn burst(mut client: &TcpStream, bytes: &[u8]) {
    let (mut writer, sent) = (client.try_clone().unwrap(), bytes.to_vec());
    let sender = thread::spawn(move || writer.write_all(&sent).unwrap());
    let mut got = vec![0; bytes.len()];
    client.read_exact(&mut got).unwrap();
    sender.join().unwrap();
    assert!(got == bytes);
}

fn bulk(child: &Child) {
    let client = client(child);
    let bytes = content(3, 32 * MIB);
    let sender = send(&client, bytes.clone());
    let (got, last) = drain(&client);
    sender.join().unwrap().unwrap();
    assert!(got == bytes && last == Last::Fin);
}
