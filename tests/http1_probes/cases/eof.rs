//! The end of the stream (RFC 9112 §8). That every prefix of every case may be the last is checked for all of them.

use super::table::{Case, case, chunked, get, post};

const CUT: &str = "9112 §8: an incomplete request is never taken for a complete one";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, input) in [
        ("in a method", &b"GE"[..]),
        ("behind a method", b"GET "),
        ("in a target", b"GET /a"),
        ("behind a target", b"GET /a "),
        ("in a version", b"GET /a HTTP/1"),
        ("behind a version", b"GET /a HTTP/1.1"),
        ("in a line end", b"GET /a HTTP/1.1\r"),
        ("behind the first line", b"GET /a HTTP/1.1\r\n"),
        ("in a name", b"GET /a HTTP/1.1\r\nHo"),
        ("behind a colon", b"GET /a HTTP/1.1\r\nHost:"),
        ("in a value", b"GET /a HTTP/1.1\r\nHost: h"),
        ("behind a field line", b"GET /a HTTP/1.1\r\nHost: h\r\n"),
        ("in the empty line", b"GET /a HTTP/1.1\r\nHost: h\r\n\r"),
        ("behind an empty line, in a method", b"\r\nG"),
    ] {
        cases.push(case(format!("the end {name}"), CUT, input).waits());
    }
    cases.extend([
        case("the end in a body", CUT, post("Content-Length: 10\r\n", "hello")).waits(),
        case("the end before a body", CUT, post("Content-Length: 10\r\n", "")).waits(),
        case("the end before the last byte of a body", CUT, post("Content-Length: 10\r\n", "123456789")).waits(),
        case("the end in the second of two", CUT, [get(""), post("Content-Length: 10\r\n", "hello")].concat())
            .get()
            .waits(),
        case("the end between chunks", CUT, chunked("5\r\nhello\r\n5\r\nhello\r\n")).waits(),
        case(
            "the end in a body of 1.0",
            "9112 §8, and 1.0 no less",
            "POST / HTTP/1.0\r\nContent-Length: 10\r\n\r\nhello",
        )
        .waits(),
        case("the end in a body with close", CUT, post("Connection: close\r\nContent-Length: 10\r\n", "hello")).waits(),
        case("the end in trailers", CUT, chunked("5\r\nhello\r\n0\r\nx: y\r\n")).waits(),
    ]);
    cases
}
