//! The probes of `tests/http1_probes` over sockets: against the built binary, on each runtime, whole and byte by byte.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared with the tests in memory")]
#[path = "../../../tests/http1_probes/cases/mod.rs"]
mod cases;
#[allow(dead_code, reason = "shared with the tests in memory")]
#[path = "../../../tests/http1_probes/reply.rs"]
mod reply;
#[allow(dead_code, reason = "shared with the tests in memory")]
#[path = "../../../tests/http1_probes/table.rs"]
mod table;

use reply::Reply;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use table::{Answer, Case, End};

/// Connections at once, on each runtime.
const WORKERS: usize = 8;

/// Inputs up to this long are written byte by byte, longer ones in pieces.
const DRIBBLED: usize = 1500;

const NEXT: &[u8] = b"GET /next HTTP/1.1\r\nHost: next\r\n\r\n";

struct Binary {
    child: Child,
    address: SocketAddr,
}

impl Binary {
    fn start(runtime: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_barewire"))
            .args(["echo", "http", "--listen", "127.0.0.1:0", "--runtime", runtime])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split(' ').find_map(|word| word.parse().ok());
        Self { child, address: address.unwrap_or_else(|| panic!("no address in {line:?}")) }
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    read: usize,
}

impl Connection {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream, received: Vec::new(), read: 0 }
    }

    /// Writes in pieces. A server that has closed need not take the rest.
    fn write(&mut self, bytes: &[u8], size: usize) {
        for piece in bytes.chunks(size) {
            if self.stream.write_all(piece).is_err() {
                return;
            }
            if size < bytes.len() {
                thread::yield_now();
            }
        }
    }

    /// False at the end.
    fn receive(&mut self) -> Result<bool, String> {
        let mut buffer = [0; 16 * 1024];
        let n = self.stream.read(&mut buffer).map_err(|error| format!("{error}, after {:?}", self.text()))?;
        self.received.extend_from_slice(&buffer[..n]);
        Ok(n > 0)
    }

    fn text(&self) -> String {
        self.received.escape_ascii().to_string()
    }

    /// The next final reply.
    fn reply(&mut self, method: &[u8]) -> Result<Reply, String> {
        loop {
            match reply::read(&self.received, self.read, method)? {
                Some(reply) => {
                    self.read = reply.end;
                    if reply.status >= 200 {
                        return Ok(reply);
                    }
                }
                None if self.receive()? => {}
                None => return Err(format!("ended after {:?}", self.text())),
            }
        }
    }

    fn end(&mut self) -> Result<(), String> {
        while self.receive()? {}
        let rest = &self.received[self.read..];
        if rest.is_empty() { Ok(()) } else { Err(format!("more: {:?}", rest.escape_ascii().to_string())) }
    }
}

/// Whether the binary, with its configuration and its application, answers as the table says.
fn applies(case: &Case) -> bool {
    let tunnel = case.echoes().last().is_some_and(|seen| seen.method == b"CONNECT");
    case.config.is_none() && (!case.switches || tunnel)
}

/// `ends`: the client's FIN follows its bytes at once, which is no reason not to answer them (RFC 9112 §9.6).
fn probe(address: SocketAddr, case: &Case, input: &[u8], size: usize, ends: bool) -> Result<(), String> {
    let mut connection = Connection::new(address);
    let written = {
        let mut writer = Connection { stream: connection.stream.try_clone().unwrap(), received: Vec::new(), read: 0 };
        let input = input.to_vec();
        // A long input and its answers may fill both directions.
        if input.len() > 30_000 {
            Some(thread::spawn(move || writer.write(&input, size)))
        } else {
            writer.write(&input, size);
            None
        }
    };
    if ends {
        // It fails where the server was quicker to refuse.
        let _ = connection.stream.shutdown(Shutdown::Write);
    }
    for (at, answer) in case.answers.iter().enumerate() {
        let last = at + 1 == case.answers.len();
        let method = if let Answer::Echo(seen) = answer { &seen.method[..] } else { b"" };
        let reply = connection.reply(method)?;
        match answer {
            Answer::Echo(seen) => {
                if reply.status != 200 || (seen.method != b"HEAD" && reply.body != seen.body) {
                    return Err(format!("answer {at}: {} {:?}", reply.status, reply.body.escape_ascii().to_string()));
                }
            }
            Answer::Refuse(statuses) if !statuses.contains(&reply.status) => {
                return Err(format!("answer {at}: {} instead of {statuses:?}", reply.status));
            }
            Answer::Refuse(_) => {}
        }
        // "An origin server with a clock MUST generate a Date header field in all 2xx (Successful), 3xx (Redirection), and
        // 4xx (Client Error) responses" (RFC 9110 §6.6.1).
        if reply.all("date").count() != 1 || reply.connection("close") != (last && case.end == End::Closes) {
            return Err(format!("answer {at}: {:?}", reply.fields));
        }
    }
    match &case.end {
        End::Open if ends => {}
        End::Open => {
            connection.write(NEXT, size);
            let reply = connection.reply(b"GET")?;
            if reply.status != 200 {
                return Err(format!("the next request: {}", reply.status));
            }
            connection.stream.shutdown(Shutdown::Write).unwrap();
        }
        End::Waits => {
            if !ends {
                connection.stream.shutdown(Shutdown::Write).unwrap();
            }
            let reply = connection.reply(b"")?;
            if reply.status != 400 {
                return Err(format!("cut: {}", reply.status));
            }
        }
        End::Closes => {}
        End::Switched(left) => {
            connection.write(b"and more", size);
            let expected = [left, &b"and more"[..]].concat();
            while connection.received.len() < connection.read + expected.len() && connection.receive()? {}
            if connection.received[connection.read..] != expected {
                return Err(format!("through the tunnel: {:?}", connection.text()));
            }
            connection.read = connection.received.len();
            connection.stream.shutdown(Shutdown::Write).unwrap();
        }
    }
    connection.end()?;
    if let Some(writer) = written {
        // What isn't taken is not waited for.
        drop(connection);
        writer.join().unwrap();
    }
    Ok(())
}

fn run(runtime: &str) {
    let binary = Binary::start(runtime);
    let cases: Vec<Case> = cases::all().into_iter().filter(applies).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut failures = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let input = &case.input[..];
            let piece = if input.len() <= DRIBBLED { 1 } else { 977 };
            let mut tries =
                vec![("whole", input.to_vec(), usize::MAX, false), ("by the byte", input.to_vec(), piece, false)];
            if case.end == End::Closes {
                tries.push(("with a request behind it", [input, NEXT].concat(), usize::MAX, false));
            }
            if !matches!(case.end, End::Switched(_)) && input.len() <= DRIBBLED {
                tries.push(("ended at once", input.to_vec(), usize::MAX, true));
            }
            for (how, input, size, ends) in tries {
                if let Err(error) = probe(binary.address, case, &input, size.min(input.len().max(1)), ends) {
                    let shown: String = input.escape_ascii().to_string().chars().take(300).collect();
                    failures.push(format!("{} ({}), {how}\n  input {shown}\n  {error:.600}\n", case.name, case.rule));
                }
            }
        }
        failures
    };
    let failures: Vec<String> = thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    println!("{} cases", cases.len());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn on_std() {
    run("std");
}

#[test]
fn on_smol() {
    run("smol");
}

#[test]
fn on_tokio() {
    run("tokio");
}
