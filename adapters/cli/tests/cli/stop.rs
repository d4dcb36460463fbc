//! Ctrl-C and SIGTERM.

use crate::support::{Server, read_all};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

on_each_runtime! { idle in_a_request second_signal grace_is_over }

fn idle(runtime: &str) {
    for (what, signal) in
        [(&["serve"][..], "TERM"), (&["echo", "tcp"], "INT"), (&["echo", "http"], "TERM"), (&["echo", "udp"], "INT")]
    {
        let server = Server::start(&[what, &["--runtime", runtime]].concat());
        let began = Instant::now();
        server.signal(signal);
        let (status, said) = server.wait();
        assert!(status.success(), "{what:?}: {status}: {said}");
        assert!(began.elapsed() < Duration::from_secs(2), "{what:?}: {:?}", began.elapsed());
        assert!(said.contains("stopping"), "{said}");
    }
}

/// A request that runs is finished, an idle connection is closed, a new one is refused.
fn in_a_request(runtime: &str) {
    let server = Server::start(&["serve", "--runtime", runtime]);
    let mut idle = server.connect();
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut seen = [0; 1000];
    assert!(idle.read(&mut seen).unwrap() > 0);
    let mut busy = server.connect();
    busy.write_all(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst").unwrap();
    thread::sleep(Duration::from_millis(100));

    server.signal("TERM");
    assert_eq!(read_all(&mut idle), b"", "closed without a word");
    drop(idle);
    // Soon, not at once: who waits in a read looks up ten times a second.
    thread::sleep(Duration::from_millis(300));
    assert!(TcpStream::connect(server.address).is_err(), "a new connection must be refused");
    busy.write_all(b" last").unwrap();
    let answer = String::from_utf8(read_all(&mut busy)).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nfirst last"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("\r\nconnection: close\r\n"), "{answer}");
    drop(busy);
    let (status, said) = server.wait();
    assert!(status.success(), "{status}: {said}");
}

fn second_signal(runtime: &str) {
    let mut server = Server::start(&["serve", "--runtime", runtime]);
    let mut busy = server.connect();
    busy.write_all(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(100));
    server.signal("TERM");
    thread::sleep(Duration::from_millis(200));
    assert!(server.is_running(), "it must wait for the request");
    server.signal("TERM");
    let (status, said) = server.wait();
    assert_eq!(status.code(), Some(128 + 15), "{said}");
}

fn grace_is_over(runtime: &str) {
    let server = Server::start(&["serve", "--runtime", runtime, "--grace", "0.3"]);
    let mut busy = server.connect();
    busy.write_all(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n").unwrap();
    thread::sleep(Duration::from_millis(100));
    let began = Instant::now();
    server.signal("TERM");
    let (status, said) = server.wait();
    assert!(status.success(), "{status}: {said}");
    assert!((0.25..3.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
    assert!(said.contains("--grace"), "{said}");
    assert_eq!(read_all(&mut busy), b"");
}
