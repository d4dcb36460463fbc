//! The request line (RFC 9112 §3). Ours: single spaces, and nothing else between or around.

use super::table::{Case, case, line};

const SPACES: &str = "9112 §3: recipients MAY split at white space; refused: method SP target SP version";

pub(crate) fn cases() -> Vec<Case> {
    let bad: &[(&str, &[u8])] = &[
        ("two spaces before the target", b"GET  / HTTP/1.1"),
        ("two spaces behind the target", b"GET /  HTTP/1.1"),
        ("three spaces before the target", b"GET   / HTTP/1.1"),
        ("a space at the line's end", b"GET / HTTP/1.1 "),
        ("two spaces at the line's end", b"GET / HTTP/1.1  "),
        ("a tab at the line's end", b"GET / HTTP/1.1\t"),
        ("a word at the line's end", b"GET / HTTP/1.1 x"),
        ("two versions", b"GET / HTTP/1.1 HTTP/1.1"),
        ("a tab before the target", b"GET\t/ HTTP/1.1"),
        ("a tab behind the target", b"GET /\tHTTP/1.1"),
        ("tabs for both spaces", b"GET\t/\tHTTP/1.1"),
        ("a space and a tab before the target", b"GET \t/ HTTP/1.1"),
        ("VT before the target", b"GET\x0b/ HTTP/1.1"),
        ("FF before the target", b"GET\x0c/ HTTP/1.1"),
        ("VT behind the target", b"GET /\x0bHTTP/1.1"),
        ("no-break space before the target", b"GET\xa0/ HTTP/1.1"),
        ("no-break space behind the target", b"GET /\xa0HTTP/1.1"),
        ("NUL before the target", b"GET\0/ HTTP/1.1"),
        ("a space in the target", b"GET /a b HTTP/1.1"),
        ("a tab in the target", b"GET /a\tb HTTP/1.1"),
        ("no target", b"GET HTTP/1.1"),
        ("no target but its spaces", b"GET  HTTP/1.1"),
        ("no method", b"/ HTTP/1.1"),
        ("no method but its space", b" / HTTP/1.1"),
        ("only a method", b"GET"),
        ("only a method and a space", b"GET "),
        ("only a version", b"HTTP/1.1"),
        ("HTTP/0.9", b"GET /"),
        ("HTTP/0.9 with its space", b"GET / "),
        ("HTTP/0.9 with a long target", b"GET /index.html?x=y"),
        ("no spaces at all", b"GET/HTTP/1.1"),
        ("no space before the target", b"GET/ HTTP/1.1"),
        ("no space before the version", b"GET /HTTP/1.1"),
        ("a colon line", b"Host: h"),
        ("a comma for a space", b"GET,/ HTTP/1.1"),
        ("an escaped space", b"GET%20/ HTTP/1.1"),
        ("target and version swapped", b"GET HTTP/1.1 /"),
        ("a quoted target", b"GET \"/\" HTTP/1.1"),
    ];
    let mut cases: Vec<_> = bad.iter().map(|(name, first)| case(*name, SPACES, line(first)).bad()).collect();
    cases.extend([
        case("HTTP/0.9 alone, refused at its line's end", "9112 §3", "GET /\r\n").bad(),
        case("a bad method, refused at its line's end", "9112 §3", "G@T / HTTP/1.1\r\n").bad(),
        case("a good line that isn't ended waits", "9112 §3", "GET / HTTP/1.1").waits(),
        case("a good line waits for its fields", "9112 §3", "GET / HTTP/1.1\r\n").waits(),
        case("a method waits", "9112 §3", "GE").waits(),
        case("JSON", "9112 §3", "{\"a\": 1}\r\n\r\n").bad(),
        case("SMTP", "9112 §3", "EHLO example.com\r\n\r\n").bad(),
        case("an SSH banner", "9112 §3", "SSH-2.0-x\r\n\r\n").bad(),
        case("an empty method", "9112 §3.1", " / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
    ]);
    cases
}
