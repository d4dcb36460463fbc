//! Peers that take their time.

use crate::support::{Server, read_all};
use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

on_each_runtime! { byte_by_byte silent stalled_reader }

/// Sends the first bytes at once and then one a tenth of a second, until the server ends the connection. Says what it
/// answered, and after how long.
fn trickle(server: &Server, first: &[u8], then: u8) -> (Vec<u8>, Duration) {
    let (mut stream, began) = (server.connect(), Instant::now());
    stream.write_all(first).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let writing = thread::spawn(move || {
        while writer.write_all(&[then]).is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    });
    let answer = read_all(&mut stream);
    let took = began.elapsed();
    // Ends the writing too. The other side may have done so already.
    let _ = stream.shutdown(Shutdown::Both);
    writing.join().unwrap();
    (answer, took)
}

fn byte_by_byte(runtime: &str) {
    let limits = ["--head-timeout", "0.5", "--body-timeout", "0.5", "--idle-timeout", "60"];
    let server = Server::start(&[&["serve", "--runtime", runtime][..], &limits].concat());
    for (what, first, status) in [
        ("detection", &b""[..], ""),
        ("head", b"GET / HTTP/1.1\r\n", "HTTP/1.1 408 "),
        ("body", b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n", "HTTP/1.1 408 "),
        ("message", b"\xde\xad\xbe\xef\0\x01\0\x01\0\0\x03\0", ""),
    ] {
        let (answer, took) = trickle(&server, first, b'x');
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with(status) && status.is_empty() == answer.is_empty(), "{what}: {answer}");
        assert!((0.4..3.0).contains(&took.as_secs_f64()), "{what}: cut after {took:?}");
    }
}

fn silent(runtime: &str) {
    let limits = ["--head-timeout", "0.3", "--idle-timeout", "0.6"];
    let server = Server::start(&[&["serve", "--runtime", runtime][..], &limits].concat());
    let began = Instant::now();
    assert_eq!(read_all(&mut server.connect()), b"");
    assert!((0.2..2.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());

    let (mut stream, began) = (server.connect(), Instant::now());
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(read_all(&mut stream).ends_with(b"\r\n\r\nok\n"));
    assert!((0.5..2.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
}

/// It asks for much and takes nothing: after a while the connection is reset.
fn stalled_reader(runtime: &str) {
    for what in ["http", "message"] {
        let server = Server::start(&["echo", what, "--runtime", runtime, "--send-timeout", "1"]);
        let mut stream = server.connect();
        stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
        let began = Instant::now();
        let end = fill(&mut stream, what);
        assert!(matches!(end, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{what}: {end}");
        assert!((0.9..6.0).contains(&began.elapsed().as_secs_f64()), "{what}: {:?}", began.elapsed());
    }
}

/// Writes until it fails.
fn fill(stream: &mut TcpStream, what: &str) -> ErrorKind {
    let first = match what {
        "http" => b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n".to_vec(),
        _ => [&b"\xde\xad\xbe\xef\0\x01\0\x01"[..], &999_999_999_u32.to_be_bytes()].concat(),
    };
    stream.write_all(&first).unwrap();
    let piece = [0; 65_536];
    loop {
        if let Err(error) = stream.write_all(&piece) {
            return error.kind();
        }
    }
}
