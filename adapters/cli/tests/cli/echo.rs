use crate::support::{BAREWIRE, Server, barewire, noise, printed, read_all};
use std::io::{Read, Write};
use std::net::{Shutdown, UdpSocket};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

on_each_runtime! { tcp udp message http_pipelined http_any http_tunnel sixteen_pipelined one_port slow_reader }

fn tcp(runtime: &str) {
    let server = Server::start(&["echo", "tcp", "--runtime", runtime]);
    let (mut stream, sent) = (server.connect(), noise(3_000_000));
    let mut writer = stream.try_clone().unwrap();
    let bytes = sent.clone();
    let writing = thread::spawn(move || {
        writer.write_all(&bytes).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut back = Vec::new();
    stream.read_to_end(&mut back).unwrap();
    writing.join().unwrap();
    assert!(back == sent, "{} bytes came back", back.len());
}

fn udp(runtime: &str) {
    let server = Server::start(&["echo", "udp", "--runtime", runtime]);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket.connect(server.address).unwrap();
    for size in [0, 1, 1472, 65_507] {
        let sent = noise(size);
        socket.send(&sent).unwrap();
        let mut back = vec![0; 65_536];
        let n = socket.recv(&mut back).unwrap();
        assert!(back[..n] == sent, "{n} of {size} bytes");
    }
    server.signal("TERM");
    assert!(server.wait().0.success());
}

/// With each of our own clients, small and in pieces.
fn message(runtime: &str) {
    let server = Server::start(&["echo", "message", "--runtime", runtime]);
    let address = server.address.to_string();
    for client in crate::support::RUNTIMES {
        let args = ["send", "--runtime", client, "--type", "7", &address, "hello"];
        assert_eq!(printed(barewire(&args, b"")), b"type 7, 5 bytes: hello\n");
        let args = ["send", "--runtime", client, "--replies", "1", &address, "-"];
        assert_eq!(printed(barewire(&args, b"\xff")), b"type 1, 1 bytes: 0xff\n");
        let sent = noise(1_000_000);
        assert!(printed(barewire(&["send", "--raw", "--runtime", client, &address], &sent)) == sent);
    }
}

fn http_pipelined(runtime: &str) {
    let server = Server::start(&["echo", "http", "--runtime", runtime]);
    let mut stream = server.connect();
    let mut requests = Vec::new();
    for n in 0..100 {
        let body = format!("number {n}");
        write!(requests, "POST /{n} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    }
    requests.extend_from_slice(b"GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(&requests).unwrap();
    let answers = String::from_utf8(read_all(&mut stream)).unwrap();
    let bodies: Vec<_> = answers.split("HTTP/1.1 200 OK\r\n").skip(1).collect();
    assert_eq!(bodies.len(), 101);
    for (n, body) in bodies[..100].iter().enumerate() {
        assert!(body.ends_with(&format!("\r\n\r\nnumber {n}")), "{body}");
    }
}

fn http_any(runtime: &str) {
    let server = Server::start(&["echo", "http", "--runtime", runtime]);
    for (request, length, end) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n", "content-length: 0", ""),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\n", "content-length: 0", ""),
        ("TRACE /a HTTP/1.1\r\nHost: x\r\n", "content-length: 0", ""),
        ("BREW /pot HTTP/1.1\r\nHost: x\r\n", "content-length: 0", ""),
        ("DELETE http://y/z HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n", "content-length: 2", "ab"),
        ("PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n", "content-length: 3", "abc"),
        ("HEAD /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n", "content-length: 3", ""),
    ] {
        let body = match () {
            () if request.contains("chunked") => "3;x=\"y\"\r\nabc\r\n0\r\nt: u\r\n\r\n",
            () if request.contains(": 3") => "abc",
            () if request.contains(": 2") => "ab",
            () => "",
        };
        let mut stream = server.connect();
        write!(stream, "{request}Connection: close\r\n\r\n{body}").unwrap();
        let answer = String::from_utf8(read_all(&mut stream)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(length), "{request}: {answer}");
        assert!(answer.ends_with(&format!("\r\n\r\n{end}")), "{request}: {answer}");
    }
    for broken in ["GET / HTTP/1.1\r\n\r\n", "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"] {
        let mut stream = server.connect();
        stream.write_all(broken.as_bytes()).unwrap();
        let answer = String::from_utf8(read_all(&mut stream)).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{broken}: {answer}");
    }
}

fn http_tunnel(runtime: &str) {
    let server = Server::start(&["echo", "http", "--runtime", runtime]);
    let mut stream = server.connect();
    // The first bytes of the tunnel come with the request.
    stream.write_all(b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nearly, ").unwrap();
    stream.write_all(b"late").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let answer = String::from_utf8(read_all(&mut stream)).unwrap();
    let (head, tunnel) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(!head.to_ascii_lowercase().contains("content-length"), "{head}");
    assert_eq!(tunnel, "early, late");
}

fn sixteen_pipelined(runtime: &str) {
    let server = Server::start(&["serve", "--runtime", runtime]);
    let mut stream = server.connect();
    let mut requests = String::new();
    for n in 0..16 {
        requests += &format!("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{n:02}");
    }
    stream.write_all(requests.as_bytes()).unwrap();
    let mut answers = String::new();
    while answers.matches("HTTP/1.1 200 OK").count() < 16 || !answers.ends_with("\r\n\r\n15") {
        let mut piece = [0; 4096];
        let n = stream.read(&mut piece).unwrap();
        assert!(n > 0, "{answers}");
        answers += core::str::from_utf8(&piece[..n]).unwrap();
    }
    let bodies: Vec<_> = answers.split("\r\n\r\n").skip(1).map(|rest| &rest[..2]).collect();
    assert_eq!(bodies, (0..16).map(|n| format!("{n:02}")).collect::<Vec<_>>());
}

/// What is neither HTTP nor a message is told so; TLS is hung up on.
fn one_port(runtime: &str) {
    let server = Server::start(&["serve", "--runtime", runtime]);
    for (first, answer) in [
        (&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], "HTTP/1.1 505 "),
        (b"\0\0\0\0", "HTTP/1.1 400 "),
        (b"\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03", ""),
        (b"", ""),
    ] {
        let mut stream = server.connect();
        stream.write_all(first).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let said = String::from_utf8(read_all(&mut stream)).unwrap();
        assert!(said.starts_with(answer) && answer.is_empty() == said.is_empty(), "{}: {said}", first.escape_ascii());
    }
    let answer = printed(barewire(&["send", &server.address.to_string(), "hi"], b""));
    assert_eq!(answer, b"type 1, 2 bytes: hi\n");
}

/// Much more than any buffer is sent, and not read: the server must not collect it. Then it is read, and all is there.
fn slow_reader(runtime: &str) {
    const SIZE: usize = 48 << 20;
    let server = Server::start(&["serve", "--runtime", runtime]);
    let mut stream = server.connect();
    let mut writer = stream.try_clone().unwrap();
    let before = server.memory();
    let writing = thread::spawn(move || {
        write!(writer, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {SIZE}\r\nConnection: close\r\n\r\n")
            .unwrap();
        let piece = noise(1 << 20);
        (0..SIZE >> 20).for_each(|_| writer.write_all(&piece).unwrap());
    });
    thread::sleep(Duration::from_millis(700));
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 4096, "{grown} KiB more");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    writing.join().unwrap();
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(answer.len() - head, SIZE);
    let piece = noise(1 << 20);
    assert!(answer[head..].chunks(1 << 20).all(|chunk| chunk == piece));
    let grown = server.memory().saturating_sub(before);
    assert!(grown < 4096, "{grown} KiB more");
}

/// What is sent and what comes back cross each other: neither may wait for the other.
#[test]
fn get_sends_and_receives_at_once() {
    let server = Server::start(&["serve"]);
    for runtime in crate::support::RUNTIMES {
        let body = noise(20_000_000);
        let back = printed(barewire(&["get", "--runtime", runtime, "-d", "-", &server.url("/echo")], &body));
        assert!(back == body, "{runtime}: {} bytes came back", back.len());
    }
}

/// The body is there as soon as it comes, not when it is complete.
#[test]
fn get_prints_what_has_come() {
    let server = Server::start(&["serve"]);
    for runtime in crate::support::RUNTIMES {
        let mut get = Command::new(BAREWIRE)
            .args(["get", "--runtime", runtime, "-d", "-", &server.url("/echo")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut stdin, mut stdout) = (get.stdin.take().unwrap(), get.stdout.take().unwrap());
        // More than is waited for, so that it comes back in pieces.
        let first = noise(200_000);
        stdin.write_all(&first).unwrap();
        let mut back = vec![0; 100_000];
        stdout.read_exact(&mut back).unwrap();
        assert!(back == first[..100_000], "{runtime}");
        drop(stdin);
        stdout.read_to_end(&mut back).unwrap();
        assert!(back == first, "{runtime}");
        assert!(get.wait().unwrap().success());
    }
}
