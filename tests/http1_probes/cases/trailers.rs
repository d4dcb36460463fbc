//! Trailers (RFC 9112 §7.1.2, RFC 9110 §6.5): read like fields, kept apart; what frames or routes is dropped.

use super::table::{Case, case, chunked, get};

const FIELDS: &str = "9112 §7.1.2: a trailer is a field line, and as strict";
const APART: &str = "9110 §6.5.1: framing, routing, authentication and content fields are not trailers";

pub(crate) fn cases() -> Vec<Case> {
    let end = |trailers: &[u8]| chunked([b"5\r\nhello\r\n0\r\n", trailers, b"\r\n"].concat());
    let mut cases = vec![
        case("a trailer", FIELDS, end(b"X-Sum: abc\r\n")).post("hello").trailer("x-sum", "abc"),
        case("two trailers", FIELDS, end(b"a: b\r\nc: d\r\n")).post("hello").trailer("a", "b").trailer("c", "d"),
        case("a trailer twice", FIELDS, end(b"a: b\r\na: c\r\n")).post("hello").trailer("a", "b").trailer("a", "c"),
        case("an empty trailer", FIELDS, end(b"a:\r\n")).post("hello").trailer("a", ""),
        case("a trailer between white space", FIELDS, end(b"a: \t b \t \r\n")).post("hello").trailer("a", "b"),
        case("a trailer above 0x7F", FIELDS, end(b"a: \xff\r\n")).post("hello").trailer("a", b"\xff"),
        case("a trailer behind no data", FIELDS, chunked("0\r\na: b\r\n\r\n")).post("").trailer("a", "b"),
        case("a trailer, then a request", FIELDS, [end(b"a: b\r\n"), get("")].concat())
            .post("hello")
            .trailer("a", "b")
            .get(),
        case("a trailer that was announced", "9110 §6.6.2", {
            "POST / HTTP/1.1\r\nHost: h\r\nTrailer: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\na: b\r\n\r\n"
        })
        .post("")
        .trailer("a", "b"),
        case("a trailer doesn't replace a field", "9110 §6.5.1: never merged", {
            "POST / HTTP/1.1\r\nHost: h\r\na: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\na: 2\r\n\r\n"
        })
        .post("")
        .field("a", "1")
        .trailer("a", "2"),
        case("a trailer that goes on", "9112 §8", chunked("0\r\na: b")).waits(),
        case("a trailer without the empty line", "9112 §8", chunked("0\r\na: b\r\n")).waits(),
        case("a trailer and CR", "9112 §8", chunked("0\r\na: b\r\n\r")).waits(),
        case("a trailer that looks like a request", FIELDS, chunked("0\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n"))
            .bad(),
        case("a request in the place of the empty line", FIELDS, chunked("0\r\nGET /evil HTTP/1.1\r\n\r\n")).bad(),
        case("a trailer that closes doesn't", APART, [end(b"Connection: close\r\n"), get("")].concat())
            .post("hello")
            .get(),
        case("a trailer that expects doesn't", APART, end(b"Expect: x\r\n")).post("hello"),
    ];
    for (name, line) in [
        ("no colon", &b"abc\r\n"[..]),
        ("no name", b": x\r\n"),
        ("a space before the colon", b"a : b\r\n"),
        ("a tab before the colon", b"a\t: b\r\n"),
        ("a space before the name", b" a: b\r\n"),
        ("a space in the name", b"a b: c\r\n"),
        ("a bad name", b"a@: b\r\n"),
        ("a name above 0x7F", b"\xc3\xa9: b\r\n"),
        ("NUL in the name", b"a\0: b\r\n"),
        ("NUL in the value", b"a: \0\r\n"),
        ("a control byte in the value", b"a: \x01\r\n"),
        ("DEL in the value", b"a: \x7f\r\n"),
        ("a bare CR in the value", b"a: b\rc\r\n"),
        ("a bare CR at the end", b"a: b\r\r\n"),
        ("a bare LF in the value", b"a: b\nc: d\r\n"),
        ("LF for its end", b"a: b\n"),
        ("CR for its end", b"a: b\r"),
        ("a fold", b"a: b\r\n c\r\n"),
        ("a fold by tab", b"a: b\r\n\tc\r\n"),
        ("a fold of nothing", b" \r\n"),
        ("a good one, then a bad one", b"a: b\r\nc\r\n"),
        ("a chunk", b"5\r\n"),
    ] {
        cases.push(case(format!("trailer with {name}"), FIELDS, end(line)).bad());
    }
    for (name, tail) in [
        ("LF", &b"a: b\r\n\n"[..]),
        ("CR CR", b"a: b\r\n\r\r"),
        ("CR and a letter", b"a: b\r\n\rX"),
        ("LF CR LF", b"a: b\n\r\n"),
    ] {
        let input = chunked([b"0\r\n", tail].concat());
        cases.push(case(format!("trailers ended by {name}"), FIELDS, input).bad());
    }
    for field in [
        "Content-Length: 50",
        "Transfer-Encoding: chunked",
        "Host: evil",
        "Authorization: Basic x",
        "Content-Type: text/evil",
        "Content-Encoding: gzip",
        "Content-Range: bytes 0-1/2",
        "Connection: close",
        "Trailer: x",
        "TE: trailers",
        "Upgrade: x",
        "Cookie: a=b",
        "Set-Cookie: a=b",
        "Expect: 100-continue",
        "Proxy-Authorization: x",
        "Cache-Control: no-cache",
        "Max-Forwards: 0",
        "Keep-Alive: x",
        "content-length: 0",
    ] {
        // Where the list of names ends is ours to say; the request's reading is not.
        let input = [end(format!("{field}\r\n").as_bytes()), get("")].concat();
        cases.push(case(format!("trailer {field}"), APART, input).post("hello").get());
    }
    cases.extend([
        case("a dropped trailer among others", APART, end(b"a: b\r\nContent-Length: 50\r\nc: d\r\n"))
            .post("hello")
            .trailer("a", "b")
            .trailer("c", "d"),
        case("two lengths as trailers", APART, [end(b"Content-Length: 5\r\nContent-Length: 6\r\n"), get("")].concat())
            .post("hello")
            .get(),
        case("a length and a coding as trailers", APART, {
            [end(b"Transfer-Encoding: x\r\nContent-Length: y\r\n"), get("")].concat()
        })
        .post("hello")
        .get(),
        case("two hosts as trailers", APART, [end(b"Host: a\r\nHost: b\r\n"), get("")].concat()).post("hello").get(),
    ]);
    cases
}
