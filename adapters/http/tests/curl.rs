//! A client that everybody has. Skipped where it is missing, unless `BAREWIRE_REQUIRE_PEERS=1`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use core::net::SocketAddr;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};
use support::{MIB, noise, sites};

/// What curl prints for these arguments; the URL is the service's with `path`, and `input` goes to its standard input.
fn curl(address: SocketAddr, path: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "20"])
        .args(arguments)
        .arg(format!("http://{address}{path}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It may have its answer before it has read all.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "curl {arguments:?} {path}: {}", output.status);
    output.stdout
}

fn is_there() -> bool {
    match Command::new("curl").arg("--version").stdout(Stdio::null()).status() {
        Ok(status) => status.success(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
            assert_ne!(std::env::var("BAREWIRE_REQUIRE_PEERS").as_deref(), Ok("1"), "curl is required, and missing");
            eprintln!("SKIPPED: there is no curl here");
            false
        }
    }
}

#[test]
fn curl_is_served() {
    if !is_there() {
        return;
    }
    let body = noise(2 * MIB);
    const STATUS: [&str; 2] = ["--write-out", "%{http_code}"];
    const UPLOAD: [&str; 2] = ["--data-binary", "@-"];
    const PIECES: [&str; 4] = ["--upload-file", "-", "--request", "POST"];
    for site in sites() {
        let curl = |path, arguments: &[&str], input: &[u8]| curl(site.address, path, arguments, input);
        assert_eq!(curl("/", &[], b""), b"hello");
        assert_eq!(curl("/", &["--http1.0"], b""), b"hello");
        assert_eq!(curl("/early", &[], b""), b"late");
        assert_eq!(curl("/nothing", &STATUS, b""), b"204");
        assert_eq!(curl("/fails", &STATUS, b""), b"500");
        assert!(curl("/", &["--head"], b"").starts_with(b"HTTP/1.1 200 OK\r\n"));
        // With its length and a 100 that curl waits for, in chunks, and both without the wait.
        for upload in [&UPLOAD[..], &PIECES[..]] {
            for wait in [&[][..], &["--header", "Expect:"][..]] {
                let arguments = [upload, wait].concat();
                assert!(curl("/echo", &arguments, &body) == body, "{arguments:?} on {}", site.runtime);
                assert_eq!(curl("/swallow", &arguments, &body), body.len().to_string().as_bytes(), "{arguments:?}");
            }
        }
        assert_eq!(curl("/upper", &[&UPLOAD[..], &STATUS[..]].concat(), &body), b"413");
        // One connection for several requests.
        let there = format!("http://{}/nothing", site.address);
        let counts = curl("/", &["--write-out", "%{num_connects}", &there], b"");
        assert_eq!(counts, b"1hello0");
        site.end();
    }
}
