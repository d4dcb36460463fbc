//! The C programs, compiled and run: with both libraries, under valgrind, and against curl.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// The folder in which the libraries are. `cargo test` doesn't build what Rust can't link, so it is done here.
fn libraries() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT
        .get_or_init(|| {
            let test = std::env::current_exe().unwrap();
            let folder = test.ancestors().nth(2).unwrap();
            let profile = folder.file_name().and_then(|name| name.to_str()).unwrap();
            let profile = if profile == "debug" { "dev" } else { profile };
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
            cargo.args(["build", "--quiet", "--package", "barewire-c", "--profile", profile, "--target-dir"]);
            succeeds(cargo.arg(folder.parent().unwrap()).current_dir(CRATE));
            folder.to_owned()
        })
        .clone()
}

/// Whether a program is there. Where peers are required, as in CI, it must be.
fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        assert!(std::env::var_os("BAREWIRE_REQUIRE_PEERS").is_none(), "{program} is missing: .ci/peers installs it");
        eprintln!("SKIPPED: there is no {program}");
    }
    there
}

fn succeeds(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    output
}

/// Compiles a program of this folder's, and says where it is.
fn compile(source: &str, name: &str, link: &[&str]) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let warnings = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g"];
    let mut cc = Command::new("cc");
    cc.args(warnings).arg("-I").arg(Path::new(CRATE).join("include")).arg(Path::new(CRATE).join(source));
    succeeds(cc.args(link).arg("-o").arg(&program));
    program
}

fn with_static_library(source: &str, name: &str) -> PathBuf {
    compile(source, name, &[libraries().join("libbarewire.a").to_str().unwrap()])
}

#[test]
fn the_interface_from_c_with_the_static_library() {
    if has("cc") {
        succeeds(&mut Command::new(with_static_library("tests/machines.c", "machines-static")));
    }
}

#[test]
fn the_interface_from_c_with_the_shared_library() {
    if has("cc") {
        let folder = libraries();
        let link = ["-L", folder.to_str().unwrap(), "-l:libbarewire.so"];
        let program = compile("tests/machines.c", "machines-shared", &link);
        succeeds(Command::new(program).env("LD_LIBRARY_PATH", folder));
    }
}

#[test]
fn the_interface_under_valgrind() {
    if has("cc") && has("valgrind") {
        let program = with_static_library("tests/machines.c", "machines-valgrind");
        succeeds(Command::new("valgrind").args(["-q", "--leak-check=full", "--error-exitcode=9"]).arg(program));
    }
}

#[test]
fn the_header_is_cpp_too() {
    if has("c++") {
        let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("header.cpp");
        std::fs::write(
            &source,
            "#include \"barewire.h\"\nint main() { return bw_abi_version() == BW_ABI_VERSION ? 0 : 1; }",
        )
        .unwrap();
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("header");
        let mut cpp = Command::new("c++");
        cpp.args(["-std=c++11", "-Wall", "-Wextra", "-Werror", "-I"]).arg(Path::new(CRATE).join("include")).arg(source);
        succeeds(cpp.arg(libraries().join("libbarewire.a")).arg("-o").arg(&program));
        succeeds(&mut Command::new(program));
    }
}

/// The example, running. It is stopped as a person would, and must then end well.
struct Server {
    child: Child,
    port: String,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { child, port: port.trim().to_owned() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Sends bytes and the end, and hears until the end.
    fn says(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.port)).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        heard
    }

    fn stop(mut self) {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn curl(args: &[&str]) -> Vec<u8> {
    succeeds(Command::new("curl").args(["-sS", "--max-time", "30"]).args(args)).stdout
}

/// Everything that the example serves.
fn converse(server: &Server, megabytes: usize) {
    assert_eq!(curl(&[&server.url("/health")]), b"ok\n");
    let absent = curl(&["-o", "-", "-w", "%{http_code} %{num_connects}", &server.url("/a"), &server.url("/b")]);
    assert_eq!(absent, b"404 1404 0", "both on one connection");

    let long: Vec<u8> = (0..megabytes << 20).map(|n: usize| n.to_le_bytes()[n % 3]).collect();
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("body-{}", server.port));
    std::fs::write(&file, &long).unwrap();
    let whole = format!("@{}", file.display());
    assert!(curl(&["--data-binary", &whole, &server.url("/echo")]) == long, "an announced body comes back");
    let chunked = ["--data-binary", &whole, "-H", "Transfer-Encoding: chunked", &server.url("/echo")];
    assert!(curl(&chunked) == long, "a chunked body comes back");

    let message = b"\xde\xad\xbe\xef\0\x01\0\x07\0\0\0\x05hello";
    assert_eq!(server.says(&message.repeat(1000)), message.repeat(1000));
    // RFC 6455's own example of a key, and of a masked "Hello".
    let opening = b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let frames = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x82\0\0\0\0\x03\xe8";
    let heard = server.says(&[&opening[..], frames].concat());
    assert!(heard.starts_with(b"HTTP/1.1 101 "), "{}", heard.escape_ascii());
    assert!(heard.windows(28).any(|key| key == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{}", heard.escape_ascii());
    assert!(heard.ends_with(b"\r\n\r\n\x81\x05Hello\x88\x02\x03\xe8"), "{}", heard.escape_ascii());
    let plain = ["-o", "/dev/null", "-w", "%{http_code}", &server.url("/ws")];
    assert_eq!(curl(&plain), b"426", "who doesn't ask for a WebSocket is told that there is one");

    let refusal = b"HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    assert_eq!(server.says(b"GET / HTTP/3.0\r\nHost: x\r\n\r\n"), refusal);
    assert_eq!(server.says(b"\xde\xad\xbe\xef\0\x02 never"), b"", "no words for it: the end is the answer");
}

#[test]
fn the_example_serves_curl() {
    if has("cc") && has("curl") {
        let server = Server::start(&mut Command::new(with_static_library("examples/server.c", "server")));
        converse(&server, 16);
        server.stop();
    }
}

#[test]
fn the_example_under_valgrind() {
    if has("cc") && has("curl") && has("valgrind") {
        let program = with_static_library("examples/server.c", "server-valgrind");
        let options = ["-q", "--leak-check=full", "--error-exitcode=9"];
        let server = Server::start(Command::new("valgrind").args(options).arg(program));
        converse(&server, 1);
        server.stop();
    }
}
