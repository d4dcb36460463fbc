use crate::support::{Folder, Server, has, noise, printed, run};

fn curl(args: &[&str], input: &[u8]) -> Vec<u8> {
    let fixed = ["--silent", "--show-error", "--max-time", "20", "--noproxy", "*"];
    printed(run("curl", &[&fixed, args].concat(), input))
}

fn has_curl() -> bool {
    has("curl", &["curl", "--version"])
}

on_each_runtime! { health page echo http10 chunked expect keep_alive refusals }

fn health(runtime: &str) {
    if !has_curl() {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    let answer = String::from_utf8(curl(&["-i", &server.url("/health")], b"")).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\ndate: "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nok\n"), "{answer}");
}

fn page(runtime: &str) {
    if !has_curl() {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    let page = curl(&[&server.url("/?query")], b"");
    assert!(page.starts_with(b"<!doctype html>"));
    let head = String::from_utf8(curl(&["--head", &server.url("/")], b"")).unwrap();
    assert!(head.contains(&format!("\r\ncontent-length: {}\r\n", page.len())), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
}

fn echo(runtime: &str) {
    if !has_curl() {
        return;
    }
    let (server, folder) = (Server::start(&["serve", "--runtime", runtime]), Folder::new());
    for size in [0, 1, 1000, 65_535, 65_536, 65_537, 1 << 20, 5_000_001] {
        let body = noise(size);
        let file = folder.write("body", &body);
        let back = curl(&["--data-binary", &format!("@{file}"), &server.url("/echo")], b"");
        assert!(back == body, "{size} bytes came back as {}", back.len());
    }
}

fn http10(runtime: &str) {
    if !has_curl() {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    let body = noise(300_000);
    for url in ["/echo", "/echo?again"] {
        let back = curl(&["--http1.0", "--data-binary", "@-", &server.url(url)], &body);
        assert!(back == body, "{} bytes came back", back.len());
    }
    let chunked_to_10 = curl(&["-i", "--http1.0", &server.url("/health")], b"");
    assert!(chunked_to_10.ends_with(b"\r\n\r\nok\n"));
}

fn chunked(runtime: &str) {
    if !has_curl() {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    for size in [0, 1, 65_536, 3_000_000] {
        let body = noise(size);
        let back = curl(&["-T", "-", &server.url("/echo")], &body);
        assert!(back == body, "{size} bytes came back as {}", back.len());
    }
}

/// The body must be asked for: curl waits a second else, and says so.
fn expect(runtime: &str) {
    if !has_curl() {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    for size in [10, 200_000] {
        let body = noise(size);
        let args = ["-v", "-H", "Expect: 100-continue", "--data-binary", "@-", &server.url("/echo")];
        let output = run("curl", &[&["--silent", "--max-time", "20"][..], &args].concat(), &body);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(printed(output) == body);
        assert!(said.contains("< HTTP/1.1 100 Continue"), "{said}");
    }
}

fn keep_alive(runtime: &str) {
    if !has_curl() {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    let args = ["--write-out", "%{num_connects}.", &server.url("/health"), &server.url("/health"), "-d", "x"];
    let answers = String::from_utf8(curl(&args[..4], b"")).unwrap();
    assert_eq!(answers, "ok\n1.ok\n0.", "the second must use the first's connection");
}

fn refusals(runtime: &str) {
    if !has_curl() {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    for (method, path, status, allow) in [
        ("GET", "/nothing", "404", ""),
        ("DELETE", "/", "405", "GET, HEAD, OPTIONS"),
        ("POST", "/health", "405", "GET, HEAD, OPTIONS"),
        ("GET", "/echo", "405", "POST, PUT, OPTIONS"),
        ("OPTIONS", "/echo", "204", "POST, PUT, OPTIONS"),
        ("OPTIONS", "/", "204", "GET, HEAD, OPTIONS"),
    ] {
        let format = "%{http_code} %header{allow}";
        let answer = curl(&["-X", method, "-o", "/dev/null", "--write-out", format, &server.url(path)], b"");
        assert_eq!(String::from_utf8_lossy(&answer), format!("{status} {allow}"), "{method} {path}");
    }
}
