//! Line ends (RFC 9112 §2.2). Ours: CR LF and nothing else; one empty line before a request, none inside.

use super::table::{Case, case, get, post};

const LF: &str =
    "9112 §2.2: a recipient MAY take a bare LF for a line's end; refused, as requests are smuggled past it";
const CR: &str = "9112 §2.2: a bare CR makes the element invalid, or is replaced by SP; refused";
const EMPTY: &str = "9112 §2.2: a server SHOULD ignore at least one empty line before the request line; just one";
const FIRST: &str =
    "9112 §2.2: white space before the first field line is refused, or the lines with it are dropped; refused";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("plain", "9112 §2.1", get("")).get(),
        case("an empty line before the request", EMPTY, [b"\r\n", &get("")[..]].concat()).get(),
        case("an empty line before each request", EMPTY, [b"\r\n", &get("")[..], b"\r\n", &get("")].concat())
            .get()
            .get(),
        case(
            "an empty line behind a body",
            EMPTY,
            [&post("Content-Length: 2\r\n", "ab")[..], b"\r\n", &get("")].concat(),
        )
        .post("ab")
        .get(),
        case("an empty line behind a chunked body", EMPTY, {
            [&post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")[..], b"\r\n", &get("")].concat()
        })
        .post("")
        .get(),
        case("only an empty line", EMPTY, "\r\n"),
        case("nothing at all", "9112 §9: a connection that isn't used", ""),
        case("a request and an empty line", EMPTY, [&get("")[..], b"\r\n"].concat()).get(),
        case("half an empty line", EMPTY, "\r").waits(),
        case("by LF throughout", LF, "GET / HTTP/1.1\nHost: h\n\n").bad(),
        case("by LF, GET without fields", LF, "GET / HTTP/1.0\n\n").bad(),
        case("by CR throughout", CR, "GET / HTTP/1.1\rHost: h\r\r").bad(),
        case("by LF CR", LF, "GET / HTTP/1.1\n\rHost: h\n\r\n\r").bad(),
        case("request line by LF, the rest by CR LF", LF, "GET / HTTP/1.1\nHost: h\r\n\r\n").bad(),
        case("request line by CR, the rest by CR LF", CR, "GET / HTTP/1.1\rHost: h\r\n\r\n").bad(),
        case("request line by CR CR LF", CR, "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n").bad(),
        case("request line by CR SP LF", CR, "GET / HTTP/1.1\r \nHost: h\r\n\r\n").bad(),
        case("field line by LF", LF, get("a: b\n")).bad(),
        case("field line by CR", CR, get("a: b\r")).bad(),
        case("field line by CR CR LF", CR, get("a: b\r\r\n")).bad(),
        case("LF LF in the place of CR LF CR LF", LF, "GET / HTTP/1.1\r\nHost: h\n\n").bad(),
        case("CR LF LF in the end", LF, "GET / HTTP/1.1\r\nHost: h\r\n\n").bad(),
        case("LF CR LF in the end", LF, "GET / HTTP/1.1\r\nHost: h\n\r\n").bad(),
        case("CR CR in the end", CR, "GET / HTTP/1.1\r\nHost: h\r\n\r\r").bad(),
        case("CR and a letter in the place of the empty line", CR, "GET / HTTP/1.1\r\nHost: h\r\n\rX").bad(),
        case("a field hidden by LF", "http-core#1097, httparse", get("x: x\nTransfer-Encoding: chunked\r\n")).bad(),
        case("a field hidden by CR", "9112 §2.2", get("x: x\rTransfer-Encoding: chunked\r\n")).bad(),
        case("a length hidden by CR", "CVE-2023-30589: llhttp took CR for a field's end", {
            post("x: y\rContent-Length: 5\r\n", "hello")
        })
        .bad(),
        case("a CR in a value before a body", CR, post("Content-Length: 5\r\nx: va\rlue\r\n", "hello")).bad(),
        case("a LF in a name", LF, get("x\ny: z\r\n")).bad(),
        case("a CR in a name", CR, get("x\ry: z\r\n")).bad(),
        case("a CR in the target", CR, "GET /a\rb HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("a LF in the target", LF, "GET /a\nb HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("a CR in the method", CR, "G\rET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("a CR before the colon", CR, get("x\r: y\r\n")).bad(),
        case("a CR behind the colon", CR, get("x:\ry\r\n")).bad(),
        case("a CR at the end of a value", CR, get("x: y\r\r\n")).bad(),
        case("a LF at the end of a value", LF, get("x: y\n\r\n")).bad(),
        case("a LF first", LF, "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("a CR first", CR, "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("CR CR LF first", CR, "\r\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("CR LF LF first", LF, "\r\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("LF LF first", LF, "\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("two empty lines first", EMPTY, "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("three empty lines first", EMPTY, "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("two empty lines between requests", EMPTY, [&get("")[..], b"\r\n\r\n", &get("")].concat()).get().bad(),
        case("a LF between requests", LF, [&get("")[..], b"\n", &get("")].concat()).get().bad(),
        case("a space between requests", "9112 §3", [&get("")[..], b" ", &get("")].concat()).get().bad(),
        case("NUL between requests", "9112 §3", [&get("")[..], b"\0", &get("")].concat()).get().bad(),
        case("a space first", "9112 §3", " GET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("a tab first", "9112 §3", "\tGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("an empty line with a space first", "9112 §3", " \r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("an empty line, then one with a space", "9112 §3", "\r\n \r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("only white space", "9112 §3", "   \r\n\r\n").bad(),
        case("a byte order mark first", "9112 §3", b"\xef\xbb\xbfGET / HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("an empty line inside the head ends it", "9112 §2.1", "GET / HTTP/1.1\r\n\r\nHost: h\r\n\r\n").bad(),
        case("a space before the first field", FIRST, "GET / HTTP/1.1\r\n Host: h\r\n\r\n").bad(),
        case("a tab before the first field", FIRST, "GET / HTTP/1.1\r\n\tHost: h\r\n\r\n").bad(),
        case("a space alone before the first field", FIRST, "GET / HTTP/1.1\r\n \r\nHost: h\r\n\r\n").bad(),
        case("a space alone in the place of the fields", FIRST, "GET / HTTP/1.0\r\n \r\n\r\n").bad(),
        case("a hidden first field", FIRST, "GET / HTTP/1.1\r\n x: y\r\nHost: h\r\n\r\n").bad(),
        case("TLS where there is none", "9112 §3", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").bad(),
        case("NUL bytes", "9112 §3", b"\0\0\0\0\r\n\r\n").bad(),
        case("a reply in the place of a request", "9112 §3", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").bad(),
    ];
    // Unicode's line separators are no line ends, nor is NEL, VT or FF.
    for (name, byte) in
        [("NEL", &b"\x85"[..]), ("U+2028", b"\xe2\x80\xa8"), ("VT", b"\x0b"), ("FF", b"\x0c"), ("RS", b"\x1e")]
    {
        let input = [b"GET / HTTP/1.1", byte, b"Host: h\r\n\r\n"].concat();
        cases.push(case(format!("{name} in the place of the line's end"), "9112 §2.2", input).bad());
    }
    cases
}
