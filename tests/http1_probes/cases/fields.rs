//! Field lines (RFC 9112 §5, RFC 9110 §5): a token, a colon right behind it, a value of visible bytes, SP and HTAB.

use super::table::{Case, case, get, post};

const NAME: &str = "9110 §5.6.2: a name is a token";
const COLON: &str = "9112 §5.1: a server MUST refuse white space between name and colon with 400";
const VALUE: &str = "9110 §5.5: CTL in a value is invalid; CR, LF and NUL MUST NOT be kept";
const FOLD: &str = "9112 §5.2: a server MUST refuse obs-fold or replace it; refused";
const OWS: &str = "9112 §5.1: white space around a value is SP and HTAB, and no part of it";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for name in [
        &b""[..],
        b" x",
        b"x y",
        b"x\ty",
        b"x ",
        b"x\t",
        b"x \t",
        b"x(",
        b"x)",
        b"x<",
        b"x>",
        b"x@",
        b"x,",
        b"x;",
        b"x\\",
        b"x\"",
        b"x/",
        b"x[",
        b"x]",
        b"x?",
        b"x=",
        b"x{",
        b"x}",
        b"x\0",
        b"\0x",
        b"x\x01",
        b"x\x7f",
        b"x\x80",
        b"x\xff",
        b"\xc3\xab",
        b"x\x0b",
        b"x\x0c",
        b"x\x1f",
        b"\xa0x",
        b"x\xa0",
        b"x\x85",
        b"\"x\"",
        b"(x)",
        b" ",
        b"\t",
        b"x\xe2\x80\x8b",
    ] {
        let rule = if name.ends_with(b" ") || name.ends_with(b"\t") { COLON } else { NAME };
        let lines = [b"a: b\r\n", name, b": y\r\n"].concat();
        cases.push(case(format!("name {}", name.escape_ascii()), rule, get(lines)).bad());
    }
    for name in ["!#$%&'*+-.^_`|~", "0", "X", "x-y", "x_y", "x.y", "Sec-WebSocket-Key", "-", "*"] {
        let lines = format!("{name}: y\r\n");
        cases.push(case(format!("name {name}"), NAME, get(lines)).get());
    }
    for byte in (0..32u8).chain([127]).filter(|byte| !matches!(byte, b'\t' | b'\r' | b'\n')) {
        let lines = [b"x: a", &[byte][..], b"b\r\n"].concat();
        cases.push(case(format!("value with byte {byte:#04x}"), VALUE, get(lines)).bad());
    }
    for (name, lines) in [
        ("a control byte begins a value", &b"x: \x01y\r\n"[..]),
        ("a control byte ends a value", b"x: y\x01\r\n"),
        ("NUL alone as a value", b"x: \0\r\n"),
        ("DEL alone as a value", b"x: \x7f\r\n"),
        ("ESC in a cookie", b"Cookie: a=\x1b[0m\r\n"),
        ("VT before a value", b"x:\x0by\r\n"),
        ("FF behind a value", b"x: y\x0c\r\n"),
    ] {
        cases.push(case(name, VALUE, get(lines)).bad());
    }
    for (name, line, value) in [
        ("empty value", &b"x:\r\n"[..], &b""[..]),
        ("value of white space", b"x: \t \r\n", b""),
        ("value without white space", b"x:y\r\n", b"y"),
        ("value behind spaces", b"x:   y\r\n", b"y"),
        ("value behind a tab", b"x:\ty\r\n", b"y"),
        ("value before spaces", b"x: y   \r\n", b"y"),
        ("value before a tab", b"x: y\t\r\n", b"y"),
        ("value between all of them", b"x: \t \ty z\t \t\r\n", b"y z"),
        ("tab in a value", b"x: y\tz\r\n", b"y\tz"),
        ("colon in a value", b"x: a:b\r\n", b"a:b"),
        ("colon before a value", b"x::\r\n", b":"),
        ("bytes above 0x7F", b"x: \x80\xff\xc3\xa9\r\n", b"\x80\xff\xc3\xa9"),
        ("no-break space is no white space", b"x: \xa0y\xa0\r\n", b"\xa0y\xa0"),
        ("NEL is no white space", b"x: \x85y\x85\r\n", b"\x85y\x85"),
        ("UTF-8's spaces are no white space", b"x: \xe2\x80\x83y\xc2\xa0\r\n", b"\xe2\x80\x83y\xc2\xa0"),
        ("quotes and backslashes", b"x: \"a\\\"b\"\r\n", b"\"a\\\"b\""),
        ("an open quote", b"x: \"a\r\n", b"\"a"),
        (
            "every visible byte",
            b"x: !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\r\n",
            b"!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~",
        ),
        ("an escaped line end", b"x: %0d%0aa: b\r\n", b"%0d%0aa: b"),
    ] {
        cases.push(case(name, OWS, get(line)).get().field("x", value));
    }
    cases.extend([
        case("no colon", "9112 §5", get("x\r\n")).bad(),
        case("no colon among fields", "9112 §5", get("a: b\r\nxyz\r\nc: d\r\n")).bad(),
        case("a colon alone", NAME, get(":\r\n")).bad(),
        case("a colon and a value", NAME, get(": x\r\n")).bad(),
        case(
            "empty name before a length",
            "HAProxy's empty header name",
            post(": x\r\nContent-Length: 5\r\n", "hello"),
        )
        .bad(),
        case("a colon first, a space behind it", NAME, get(":x: y\r\n")).bad(),
        case("a request line among the fields", "9112 §5", get("GET / HTTP/1.1\r\n")).bad(),
        case("a space before the length's colon", COLON, post("Content-Length : 5\r\n", "hello")).bad(),
        case("a tab before the length's colon", COLON, post("Content-Length\t: 5\r\n", "hello")).bad(),
        case(
            "a space before the coding's colon",
            "CVE-2019-16869: Netty",
            post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
        )
        .bad(),
        case(
            "a space before the second length's colon",
            COLON,
            post("Content-Length: 5\r\nContent-Length : 6\r\n", "hello"),
        )
        .bad(),
        case("a space before a length's name", FOLD, post("a: b\r\n Content-Length: 5\r\n", "hello")).bad(),
        case("fold by a space", FOLD, get("x: a\r\n b\r\n")).bad(),
        case("fold by a tab", FOLD, get("x: a\r\n\tb\r\n")).bad(),
        case("fold by many", FOLD, get("x: a\r\n   \t b\r\n")).bad(),
        case("fold of an empty value", FOLD, get("x:\r\n b\r\n")).bad(),
        case("fold to nothing", FOLD, get("x: a\r\n \r\n")).bad(),
        case("fold of a fold", FOLD, get("x: a\r\n b\r\n c\r\n")).bad(),
        case("fold of Host", FOLD, "GET / HTTP/1.1\r\nHost:\r\n h\r\n\r\n").bad(),
        case("fold of a coding", FOLD, post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")).bad(),
        case("fold of a coding's list", FOLD, post("Transfer-Encoding: gzip,\r\n chunked\r\n", "0\r\n\r\n")).bad(),
        case("fold of a length", FOLD, post("Content-Length:\r\n 5\r\n", "hello")).bad(),
        case("fold of a length's digits", FOLD, post("Content-Length: 1\r\n 0\r\n", "helloworld")).bad(),
        case("fold that hides a coding", FOLD, post("x: a\r\n Transfer-Encoding: chunked\r\n", "")).bad(),
        case("fold of the last field", FOLD, "GET / HTTP/1.1\r\nHost: h\r\n x\r\n\r\n").bad(),
        case("a name in each case", "9110 §5.1", post("CONTENT-length: 5\r\n", "hello")).post("hello"),
        case("Content_Length is another field", "no normalisation", post("Content_Length: 5\r\n", ""))
            .post("")
            .field("content_length", "5"),
        case("Content-Length5 is another field", "no prefixes", post("Content-Length5: 5\r\n", "")).post(""),
        case("XContent-Length is another field", "no suffixes", post("XContent-Length: 5\r\n", "")).post(""),
        case("Content-Lengt is another field", "no prefixes", post("Content-Lengt: 5\r\n", "")).post(""),
        case("Transfer_Encoding is another field", "no normalisation", {
            post("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello")
        })
        .post("hello"),
        case("Transfer-Encodin\u{212a} is no name", NAME, post("Transfer-Encodin\u{212a}: chunked\r\n", "0\r\n\r\n"))
            .bad(),
        case("several lines of one name", "9110 §5.3: in order", get("x: 1\r\ny: 2\r\nX: 3\r\n"))
            .get()
            .field("x", "1")
            .field("x", "3"),
        case("several cookies", "9110 §5.3", get("Cookie: a=b\r\nCookie: c=d\r\n"))
            .get()
            .field("cookie", "a=b")
            .field("cookie", "c=d"),
        case("two content types", "not the engine's business", {
            post("Content-Length: 1\r\nContent-Type: text/a\r\nContent-Type: text/b\r\n", "x")
        })
        .post("x"),
        case(
            "Content-Encoding frames nothing",
            "9112 §6",
            post("Content-Length: 5\r\nContent-Encoding: chunked\r\n", "hello"),
        )
        .post("hello"),
        case("TE frames nothing", "9110 §10.1.4", get("TE: chunked\r\n")).get(),
        case("TE: trailers frames nothing", "9110 §10.1.4", get("TE: trailers\r\nConnection: TE\r\n")).get(),
        case("Trailer frames nothing", "9110 §6.6.2", get("Trailer: x\r\n")).get(),
        case("Range isn't the engine's business", "9110 §14.2", get("Range: bytes=abc-xyz\r\n")).get(),
        case(
            "Content-Range frames nothing",
            "9110 §14.4",
            post("Content-Length: 5\r\nContent-Range: bytes 0-1/2\r\n", "hello"),
        )
        .post("hello"),
        case("a browser's head", "9112 §5", {
            get("User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:1)\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: \
                 en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\nCookie: a=b; \
                 c=\"d\"\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n")
        })
        .get(),
    ]);
    cases
}
