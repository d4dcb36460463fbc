//! Each leniency is a switch of its own: with it the case is taken, and what lies beside it still is not.

use super::table::{Case, case, chunked, get, line, post};

const REPEATED: &str = "9110 §8.6: a recipient MAY take repeated equal lengths for one";
const MINOR: &str = "9110 §2.5: a higher minor version is read as the highest known one";
const UTF8: &str = "what browsers used to send";
const CODINGS: &str = "9112 §7: codings before chunked, handed on as they are";
const BODY: &str = "5\r\nhello\r\n0\r\n\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let repeated = |case: Case| case.with(|config| config.allow_repeated_length(true));
    let minor = |case: Case| case.with(|config| config.allow_minor_versions(true));
    let utf8 = |case: Case| case.with(|config| config.allow_utf8_target(true));
    let codings = |case: Case| case.with(|config| config.allow_transfer_codings(true));
    let mut cases = vec![
        repeated(
            case("lenient: a list of equal lengths", REPEATED, post("Content-Length: 5, 5\r\n", "hello")).post("hello"),
        ),
        repeated(
            case(
                "lenient: equal lengths in lines",
                REPEATED,
                post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
            )
            .post("hello"),
        ),
        repeated(
            case("lenient: a list of different lengths", REPEATED, post("Content-Length: 5, 6\r\n", "hello")).bad(),
        ),
        repeated(
            case(
                "lenient: different lengths in lines",
                REPEATED,
                post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"),
            )
            .bad(),
        ),
        repeated(case("lenient: a list with a bad length", REPEATED, post("Content-Length: 5, +5\r\n", "hello")).bad()),
        repeated(
            case(
                "lenient: an empty length and one",
                REPEATED,
                post("Content-Length:\r\nContent-Length: 5\r\n", "hello"),
            )
            .bad(),
        ),
        repeated(
            case("lenient: equal lengths and a coding", REPEATED, {
                post("Content-Length: 5, 5\r\nTransfer-Encoding: chunked\r\n", BODY)
            })
            .bad(),
        ),
        repeated(case("lenient: a list of nothing", REPEATED, post("Content-Length: ,\r\n", "")).bad()),
        repeated(case("lenient lengths: a space in one", REPEATED, post("Content-Length: 5 5\r\n", "hello")).bad()),
        minor(case("lenient: HTTP/1.2", MINOR, line("GET / HTTP/1.2")).get()),
        minor(case("lenient: HTTP/1.9", MINOR, line("GET / HTTP/1.9")).get()),
        minor(case("lenient: HTTP/1.2 wants a host", MINOR, "GET / HTTP/1.2\r\n\r\n").bad()),
        minor(case("lenient: HTTP/2.0", MINOR, line("GET / HTTP/2.0")).refuse(&[505])),
        minor(case("lenient: HTTP/1.10", MINOR, line("GET / HTTP/1.10")).bad()),
        minor(case("lenient: HTTP/1.x", MINOR, line("GET / HTTP/1.x")).bad()),
        minor(case("lenient: HTTP/1.0 is still 1.0", MINOR, line("GET / HTTP/1.0")).get().closes()),
        minor(case("lenient: http/1.2", MINOR, line("GET / http/1.2")).bad()),
        utf8(case("lenient: UTF-8 in the target", UTF8, line("GET /caf\u{e9} HTTP/1.1")).echo("GET", "/caf\u{e9}", "")),
        utf8(case("lenient: UTF-8 in the query", UTF8, line("GET /?\u{20ac} HTTP/1.1")).echo("GET", "/?\u{20ac}", "")),
        utf8(case("lenient: Latin-1 in the target", UTF8, line(b"GET /caf\xe9 HTTP/1.1")).bad()),
        utf8(case("lenient: overlong UTF-8 in the target", UTF8, line(b"GET /\xc0\xaf HTTP/1.1")).bad()),
        utf8(case("lenient: surrogates in the target", UTF8, line(b"GET /\xed\xa0\x80 HTTP/1.1")).bad()),
        utf8(case("lenient: DEL in the target", UTF8, line(b"GET /\x7f HTTP/1.1")).bad()),
        utf8(case("lenient: a fragment in the target", UTF8, line(b"GET /\xc3\xa9#x HTTP/1.1")).bad()),
        utf8(case("lenient: UTF-8 in the host", UTF8, "GET / HTTP/1.1\r\nHost: caf\u{e9}\r\n\r\n").bad()),
        utf8(case("lenient: UTF-8 in the method", UTF8, line("G\u{c9}T / HTTP/1.1")).bad()),
        utf8(case("lenient: UTF-8 in an absolute target's host", UTF8, line("GET http://caf\u{e9}/ HTTP/1.1")).bad()),
        codings(
            case("lenient: gzip, chunked", CODINGS, post("Transfer-Encoding: gzip, chunked\r\n", BODY)).post("hello"),
        ),
        codings(
            case("lenient: gzip and chunked in two lines", CODINGS, {
                post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", BODY)
            })
            .post("hello"),
        ),
        codings(case("lenient: gzip alone", CODINGS, post("Transfer-Encoding: gzip\r\n", BODY)).bad()),
        codings(case("lenient: chunked, gzip", CODINGS, post("Transfer-Encoding: chunked, gzip\r\n", BODY)).bad()),
        codings(
            case("lenient: chunked, chunked", CODINGS, post("Transfer-Encoding: chunked, chunked\r\n", BODY)).bad(),
        ),
        codings(
            case("lenient: chunked with a parameter", CODINGS, post("Transfer-Encoding: gzip, chunked;a=b\r\n", BODY))
                .bad(),
        ),
        codings(
            case("lenient: gzip, chunked and a length", CODINGS, {
                post("Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n", BODY)
            })
            .bad(),
        ),
        codings(case("lenient: malformed, chunked", CODINGS, post("Transfer-Encoding: @, chunked\r\n", BODY)).bad()),
        codings(
            case(
                "lenient: gzip, chunked in 1.0",
                CODINGS,
                format!("POST / HTTP/1.0\r\nTransfer-Encoding: gzip, chunked\r\n\r\n{BODY}"),
            )
            .bad(),
        ),
    ];
    // All of them together still take none of these.
    for (name, input) in [
        ("a space before the colon", get("Content-Length : 5\r\n")),
        ("a bare CR", get("a: b\rc: d\r\n")),
        ("a bare LF", get("a: b\nc: d\r\n")),
        ("an empty name", get(": b\r\n")),
        ("a fold", get("a: b\r\n c\r\n")),
        ("two hosts", get("Host: h\r\n")),
        ("a signed length", post("Content-Length: +5\r\n", "hello")),
        ("length and coding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", BODY)),
        ("a chunk size of LF", chunked("5\nhello\r\n0\r\n\r\n")),
        ("a chunk end of LF", chunked("5\r\nhello\n0\r\n\r\n")),
        ("a spaced chunk size", chunked("5 \r\nhello\r\n0\r\n\r\n")),
        ("two spaces", line("GET  / HTTP/1.1")),
    ] {
        cases.push(
            case(format!("all leniencies: {name}"), "CVE-2024-27982 and its kin: one switch, one leniency", input)
                .bad()
                .with(|config| {
                    config
                        .allow_repeated_length(true)
                        .allow_minor_versions(true)
                        .allow_utf8_target(true)
                        .allow_transfer_codings(true)
                        .allow_empty_line_before_status(true)
                }),
        );
    }
    cases
}
