//! The service, heard and answered byte by byte on real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use core::time::Duration;
use std::io::{Read, Write};
use std::thread;
use support::sites;

const CLOSE: &str = "connection: close\r\n";

#[test]
fn each_request_gets_its_answer() {
    let ok = |body: &str| format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{CLOSE}\r\n{body}", body.len());
    let failed = format!("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n{CLOSE}\r\n");
    let chunked = "HTTP/1.1 200 OK\r\ntrailer: x-check\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let table: &[(&str, &str, String)] = &[
        ("GET /", "", ok("hello")),
        ("HEAD /", "", format!("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n{CLOSE}\r\n")),
        ("GET /here", "", {
            let body = "nothing at /here";
            format!("HTTP/1.1 404 Not Found\r\ncontent-length: {}\r\n{CLOSE}\r\n{body}", body.len())
        }),
        ("POST /upper", "Content-Length: 3\r\n\r\nabc", ok("ABC")),
        ("POST /upper", "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", ok("ABC")),
        ("POST /echo", "Content-Length: 3\r\n\r\nabc", ok("abc")),
        ("POST /echo", "", ok("")),
        (
            "POST /trailers",
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Check: sum\r\n\r\n",
            format!("{chunked}3\r\nabc\r\n0\r\nx-check: sum\r\n\r\n"),
        ),
        (
            "GET /early",
            "",
            format!("HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n{}", ok("late")),
        ),
        ("GET /nothing", "", format!("HTTP/1.1 204 No Content\r\n{CLOSE}\r\n")),
        ("GET /forgets", "", failed.clone()),
        ("GET /fails", "", failed.clone()),
        ("GET /misuse", "", failed.clone()),
        // It asked for nothing of the kind.
        ("GET /upgrade", "", failed.clone()),
        ("GET /panics", "", failed),
    ];
    for site in sites() {
        for (line, rest, expected) in table {
            let rest = if rest.is_empty() { "\r\n" } else { rest };
            let output = site.say(format!("{line} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{rest}"));
            // A panic ends the task before anything can leave.
            let expected = if line.ends_with("/panics") { "" } else { expected };
            assert_eq!(output, expected, "{line} on {}", site.runtime);
        }
        assert_eq!(site.end().panicked, 1);
    }
}

#[test]
fn a_304_says_nothing_of_a_length() {
    for site in sites() {
        let output = site.say("GET /unchanged HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
        assert!(output.starts_with("HTTP/1.1 304 "), "{output} on {}", site.runtime);
        assert!(!output.contains("content-length"), "{output} on {}", site.runtime);
        site.end();
    }
}

#[test]
fn a_failure_is_followed_by_the_next_request() {
    let request = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n");
    let paths = ["/fails", "/", "/forgets", "/misuse", "/here"];
    let input: String = paths.into_iter().map(request).collect();
    for site in sites() {
        let output = site.say(input.clone() + "GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
        let statuses: Vec<_> = output.split("HTTP/1.1 ").skip(1).map(|reply| &reply[..3]).collect();
        assert_eq!(statuses, ["500", "200", "500", "500", "404", "200"], "on {}", site.runtime);
        site.end();
    }
}

#[test]
fn a_body_above_the_limit_is_a_413() {
    let long = "x".repeat(1025);
    let table = [
        format!("Content-Length: 1025\r\n\r\n{long}"),
        format!("Transfer-Encoding: chunked\r\n\r\n401\r\n{long}\r\n0\r\n\r\n"),
        // Not asked for, so not sent.
        "Content-Length: 1025\r\nExpect: 100-continue\r\n\r\n".to_string(),
    ];
    for site in sites() {
        for body in &table {
            let output = site.say(format!("POST /upper HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{body}"));
            assert!(output.starts_with("HTTP/1.1 413 "), "{output} on {}", site.runtime);
        }
        site.end();
    }
}

#[test]
fn half_an_answer_is_never_taken_for_whole() {
    for site in sites() {
        for (path, version, resets) in [
            ("/half", "1.1", false),
            ("/half", "1.0", false),
            ("/short", "1.1", false),
            // The end of the connection would be the end of the body: only a reset says otherwise.
            ("/short", "1.0", true),
        ] {
            let mut stream = site.connect();
            write!(stream, "GET / HTTP/1.1\r\nHost: here\r\n\r\nGET {path} HTTP/{version}\r\nHost: here\r\n\r\n")
                .unwrap();
            let mut output = Vec::new();
            let end = stream.read_to_end(&mut output);
            let output = output.escape_ascii().to_string();
            assert_eq!(end.is_err(), resets, "{path}: {output} on {}", site.runtime);
            if !resets {
                // Those before it are not made to suffer.
                assert!(output.starts_with("HTTP/1.1 200 OK\\r\\ncontent-length: 5\\r\\n\\r\\nhelloHTTP"), "{output}");
                let half = if path == "/half" { "\\nhalf" } else { "4\\r\\nhalf\\r\\n" };
                assert!(output.ends_with(half), "{path}: {output} on {}", site.runtime);
            }
        }
        site.end();
    }
}

#[test]
fn a_hundred_comes_when_the_body_is_asked_for() {
    for site in sites() {
        for (path, after) in [("/upper", "ABC"), ("/echo", "abc")] {
            let mut stream = site.connect();
            write!(
                stream,
                "POST {path} HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
            )
            .unwrap();
            let mut head = [0; 25];
            stream.read_exact(&mut head).unwrap();
            assert_eq!(&head, b"HTTP/1.1 100 Continue\r\n\r\n", "{path} on {}", site.runtime);
            stream.write_all(b"abc").unwrap();
            let mut rest = String::new();
            stream.read_to_string(&mut rest).unwrap();
            assert!(rest.starts_with("HTTP/1.1 200 OK\r\n") && rest.ends_with(after), "{rest} on {}", site.runtime);
        }
        // A final answer without a look at the body: no 100, and the connection can't go on.
        let output = site.say("POST /here HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
        assert!(output.starts_with("HTTP/1.1 404 ") && output.contains(CLOSE), "{output} on {}", site.runtime);
        site.end();
    }
}

#[test]
fn an_upgrade_moves_early_bytes_to_the_other_protocol() {
    for site in sites() {
        let mut stream = site.connect();
        stream
            .write_all(b"GET /upgrade HTTP/1.1\r\nHost: here\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nearly ")
            .unwrap();
        stream.write_all(b"and late").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut output = String::new();
        stream.read_to_string(&mut output).unwrap();
        let expected = "HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\nearly and late";
        assert_eq!(output, expected, "on {}", site.runtime);
        site.end();
    }
}

#[test]
fn what_is_queued_leaves_while_a_handler_waits() {
    for site in sites() {
        let mut stream = site.connect();
        let requests = ["/", "/slow"].map(|path| format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n")).concat();
        stream.write_all(requests.as_bytes()).unwrap();
        let mut first = [0; 43];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first[..], b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "on {}", site.runtime);
        drop(stream);
        site.end();
    }
}

#[test]
fn a_stop_waits_for_the_answer_that_is_being_made() {
    for site in sites() {
        let mut idle = site.connect();
        let mut busy = site.connect();
        busy.write_all(b"GET /slow HTTP/1.1\r\nHost: here\r\n\r\nGET / HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
        thread::sleep(Duration::from_millis(100));
        site.stop.stop();
        // Whoever asks for nothing is let go at once.
        assert_eq!(idle.read(&mut [0; 1]).unwrap(), 0, "on {}", site.runtime);
        thread::sleep(Duration::from_millis(50));
        site.gate.stop();
        let mut output = String::new();
        busy.read_to_string(&mut output).unwrap();
        let expected = format!("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n{CLOSE}\r\nat last");
        assert_eq!(output, expected, "on {}", site.runtime);
        // Else the server would linger for our end.
        drop((idle, busy));
        assert_eq!(site.end().cut, 0);
    }
}

#[test]
fn a_bad_request_is_told_so_behind_the_good_ones() {
    for site in sites() {
        let output = site.say("GET / HTTP/1.1\r\nHost: here\r\n\r\nGET / HTTP/1.1\r\nNo host\r\n\r\n");
        let statuses: Vec<_> = output.split("HTTP/1.1 ").skip(1).map(|reply| &reply[..3]).collect();
        assert_eq!(statuses, ["200", "400"], "on {}", site.runtime);
        site.end();
    }
}

#[test]
fn a_stop_waits_for_the_body_that_is_being_read() {
    for site in sites() {
        let mut stream = site.connect();
        stream.write_all(b"POST /upper HTTP/1.1\r\nHost: here\r\nContent-Length: 6\r\n\r\nabc").unwrap();
        thread::sleep(Duration::from_millis(100));
        site.stop.stop();
        thread::sleep(Duration::from_millis(200));
        stream.write_all(b"def").unwrap();
        let mut output = String::new();
        stream.read_to_string(&mut output).unwrap();
        assert_eq!(output, format!("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n{CLOSE}\r\nABCDEF"), "on {}", site.runtime);
        drop(stream);
        assert_eq!(site.end().cut, 0);
    }
}

#[test]
fn a_tunnel_is_an_upgrade_too() {
    for site in sites() {
        let mut stream = site.connect();
        stream.write_all(b"CONNECT there:1 HTTP/1.1\r\nHost: there:1\r\n\r\nover").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut output = String::new();
        stream.read_to_string(&mut output).unwrap();
        assert_eq!(output, "HTTP/1.1 200 OK\r\n\r\nover", "on {}", site.runtime);
        site.end();
    }
}

#[test]
fn a_client_that_is_gone_is_no_reason_to_go_on() {
    for site in sites() {
        let mut stream = site.connect();
        stream.write_all(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
        stream.read_exact(&mut [0; 1000]).unwrap();
        drop(stream);
        // The handler would send for ever; nothing is left to be cut.
        thread::sleep(Duration::from_millis(200));
        assert_eq!(site.end().cut, 0);
    }
}
