//! `barewire ws`, `barewire echo ws` and `/ws` of `barewire serve`, with each other and with foreign peers.

use crate::support::{BAREWIRE, Folder, Foreign, Server, barewire, has, noise, printed, run, script, wait};
use std::io::{Read, Write};
use std::process::{Command, Stdio};

on_each_runtime! {
    pipe one_message closes commands silence refused interactive
    node_client node_server python_client python_server page
}

fn text(output: Vec<u8>) -> String {
    String::from_utf8(output).unwrap()
}

fn ws(runtime: &str, args: &[&str], input: &[u8]) -> std::process::Output {
    barewire(&[&["ws", "-q", "--runtime", runtime], args].concat(), input)
}

/// Lines come back as lines, and bytes as they are, megabytes of them.
fn pipe(runtime: &str) {
    for (server, path) in [(&["serve"][..], "/ws"), (&["echo", "ws"], "/anything")] {
        let server = Server::start(&[server, &["--runtime", runtime]].concat());
        let url = format!("ws://{}{path}", server.address);
        assert_eq!(text(printed(ws(runtime, &[&url], "hello\n\n\u{e9}\nlast".as_bytes()))), "hello\n\n\u{e9}\nlast\n");
        let lines: String = (0..10_000).map(|n| format!("line {n}\n")).collect();
        assert!(text(printed(ws(runtime, &[&url], lines.as_bytes()))) == lines);
        let bytes = noise(5 << 20);
        assert!(printed(ws(runtime, &["--binary", &url], &bytes)) == bytes);
        let long = "x".repeat(3 << 20);
        assert!(text(printed(ws(runtime, &[&url], long.as_bytes()))) == format!("{long}\n"));
    }
}

fn one_message(runtime: &str) {
    let server = Server::start(&["serve", "--runtime", runtime]);
    let url = format!("ws://{}/ws", server.address);
    assert_eq!(text(printed(ws(runtime, &[&url, "hello"], b""))), "hello\n");
    let told = barewire(&["ws", "--runtime", runtime, "-s", "chat", "-s", "echo", &url, "hello"], b"");
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(said.contains("subprotocol=\"echo\"") && said.contains("closed by the server: 1000"), "{said}");
    assert_eq!(text(printed(told)), "hello\n");
}

/// A line that can't be sent is a failure; what was sent before it is answered.
fn closes(runtime: &str) {
    let server = Server::start(&["serve", "--runtime", runtime]);
    let output = ws(runtime, &[&format!("ws://{}/ws", server.address)], b"\xff\n");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("not UTF-8") && said.contains("--binary"), "{said}");
}

fn commands(runtime: &str) {
    let server = Server::start(&["serve", "--runtime", runtime]);
    let url = format!("ws://{}/ws", server.address);
    let input = b"/ping\n//slash\n/nonsense\n/close 1005\n/close 4000 enough\n";
    let output = barewire(&["ws", "--commands", "--runtime", runtime, &url], input);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("pong after=") && said.contains("closed by the server: 4000"), "{said}");
    assert_eq!(said.matches("/close [CODE [REASON]]").count(), 2, "{said}");
    assert_eq!(text(printed(output)), "/slash\n");
    // They are lines like all others in a pipe.
    assert_eq!(text(printed(ws(runtime, &[&url], b"/ping\n"))), "/ping\n");
}

/// With nothing to say it listens on as long as it was told, and pings.
fn silence(runtime: &str) {
    let server = Server::start(&["serve", "--runtime", runtime]);
    let url = format!("ws://{}/ws", server.address);
    let output = barewire(&["ws", "--runtime", runtime, "--ping", "0.05", "--wait", "0.5", &url], b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.matches("pong after=").count() > 1, "{said}");
    assert_eq!(text(printed(output)), "");
}

fn refused(runtime: &str) {
    let server = Server::start(&["serve", "--runtime", runtime]);
    let at = server.address;
    let url = format!("ws://{at}/ws");
    for (args, code, told) in [
        (&[&format!("ws://{at}/nothing")[..]][..], 1, "answered 404 Not Found"),
        (&[&format!("ws://{at}/health")], 1, "answered 200 OK"),
        (&["ws://127.0.0.1:1/"], 1, "cannot connect"),
        (&[&format!("http://{at}/ws")], 1, "begins with ws://"),
        (&[&at.to_string()], 1, "Did you mean ws://"),
        (&["wss://127.0.0.1/"], 1, "wss is not spoken"),
        (&["-s", "a b", &url], 2, "subprotocol"),
        (&["-H", "Upgrade: x", &url], 1, "written for you"),
    ] {
        let output = ws(runtime, args, b"");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(told), "{args:?}: {said}");
    }
}

/// A reply comes before the next line is typed; a server that stops says so.
fn interactive(runtime: &str) {
    let server = Server::start(&["serve", "--runtime", runtime]);
    let mut client = Command::new(BAREWIRE)
        .args(["ws", "--runtime", runtime, &format!("ws://{}/ws", server.address)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (client.stdin.take().unwrap(), client.stdout.take().unwrap());
    for line in [b"first\n", b"other\n"] {
        stdin.write_all(line).unwrap();
        let mut back = [0; 6];
        stdout.read_exact(&mut back).unwrap();
        assert_eq!(&back, line);
    }
    server.signal("TERM");
    assert!(wait(&mut client).success());
    let mut said = String::new();
    client.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("closed by the server: 1001"), "{said}");
    assert!(server.wait().0.success());
}

fn has_ws() -> bool {
    has("Node's ws", &["node", &script("ws.js")])
}

fn has_websockets() -> bool {
    has("Python's websockets", &["python3", "-c", "import websockets.asyncio"])
}

fn node_client(runtime: &str) {
    if !has_ws() {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    for offer in ["plain", "deflate"] {
        let output = run("node", &[script("ws_client.js"), format!("ws://{}/ws", server.address), offer.into()], b"");
        assert_eq!(text(printed(output)).trim(), "ok", "{offer}");
    }
}

fn python_client(runtime: &str) {
    if !has_websockets() {
        return;
    }
    let server = Server::start(&["serve", "--runtime", runtime]);
    let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let output = run("python3", &[script("websockets_client.py"), ip, port], b"");
    assert_eq!(text(printed(output)).trim(), "ok");
}

fn node_server(runtime: &str) {
    if has_ws() {
        foreign(runtime, &Foreign::start("node", &[&script("ws_server.js")]));
    }
}

fn python_server(runtime: &str) {
    if has_websockets() {
        foreign(runtime, &Foreign::start("python3", &[&script("websockets_server.py")]));
    }
}

fn foreign(runtime: &str, server: &Foreign) {
    let url = |path| format!("ws://127.0.0.1:{}{path}", server.port);
    let lines: String = (0..1000).map(|n| format!("line {n} \u{e9}\n")).collect();
    // A server that has heard a Close says nothing more, not even to what came before it.
    assert!(text(printed(ws(runtime, &["-s", "echo", "--wait", "2", &url("/")], lines.as_bytes()))) == lines);
    let bytes = noise(1 << 20);
    assert!(printed(ws(runtime, &["-s", "echo", "--binary", "--wait", "2", &url("/")], &bytes)) == bytes);
    let output = ws(runtime, &["-s", "echo", "--wait", "off", &url("/bye"), "go"], b"");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("closed by the server: 4000 as it was asked to"), "{said}");
}

/// A browser loads the page, which asks for two subprotocols, is granted one, says hello and hears it.
fn page(runtime: &str) {
    if !has("Chromium", &["chromium", "--version"]) {
        return;
    }
    let (server, profile) = (Server::start(&["serve", "--runtime", runtime]), Folder::new());
    let profile = format!("--user-data-dir={}", profile.path("profile"));
    let fixed = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-dev-shm-usage",
        "--virtual-time-budget=10000",
        "--dump-dom",
    ];
    let mut dom = String::new();
    // It waits for what the page loads, but not for a WebSocket: on a busy machine that is late.
    for _ in 0..10 {
        dom = text(printed(run("chromium", &[&fixed[..], &[&profile, &server.url("/")]].concat(), b"")));
        if dom.contains("open, with the subprotocol echo") && dom.contains("&gt; hello\n&lt; hello\n") {
            return;
        }
    }
    panic!("{dom}");
}
