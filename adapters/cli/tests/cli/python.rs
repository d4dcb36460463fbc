use crate::support::{Foreign, Server, barewire, has, noise, printed, run, script};

on_each_runtime! { message_client standard_library h11_client h11_server }

fn has_h11() -> bool {
    has("Python's h11", &["python3", "-c", "import h11"])
}

fn python(name: &str, server: &Server) {
    let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let output = run("python3", &[script(name), ip, port], b"");
    assert_eq!(String::from_utf8_lossy(&printed(output)).trim(), "ok");
}

/// The same port as HTTP's.
fn message_client(runtime: &str) {
    if has("Python", &["python3", "--version"]) {
        python("../../../../tests/peers/message_client.py", &Server::start(&["serve", "--runtime", runtime]));
        python("../../../../tests/peers/message_client.py", &Server::start(&["echo", "message", "--runtime", runtime]));
    }
}

fn standard_library(runtime: &str) {
    if has("Python", &["python3", "--version"]) {
        python("http_client.py", &Server::start(&["serve", "--runtime", runtime]));
    }
}

fn h11_client(runtime: &str) {
    if has_h11() {
        python("h11_client.py", &Server::start(&["serve", "--runtime", runtime]));
    }
}

fn h11_server(runtime: &str) {
    if !has_h11() {
        return;
    }
    let server = Foreign::start("python3", &[&script("h11_server.py")]);
    let url = |path| format!("http://127.0.0.1:{}{path}", server.port);
    for size in [0, 1, 100_000, 1 << 20] {
        let body = noise(size);
        for path in ["/length", "/chunked", "/close"] {
            let back = printed(barewire(&["get", "--runtime", runtime, "-d", "-", &url(path)], &body));
            assert!(back == body, "{path}: {size} bytes came back as {}", back.len());
        }
    }
    let head = printed(barewire(&["get", "--runtime", runtime, "-i", "-X", "HEAD", &url("/length")], b""));
    assert!(head.starts_with(b"HTTP/1.1 200 ") && head.ends_with(b"\r\n\r\n"), "{}", head.escape_ascii());
}
