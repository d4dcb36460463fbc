//! Status lines and fields (RFC 9112 §4, §5).

use super::table::{Case, case};

const LINE: &str = "9112 §4: HTTP-version SP status-code SP [ reason-phrase ]";
const FIELD: &str = "9112 §5: a field line is as strict in a response";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (line, status) in [
        (&b"HTTP/1.1 200 OK"[..], 200),
        (b"HTTP/1.1 200 ", 200),
        (b"HTTP/1.1 200", 200),
        (b"HTTP/1.1 200 Very Well Indeed", 200),
        (b"HTTP/1.1 200 \tOK\t", 200),
        (b"HTTP/1.1 200 caf\xe9 \xc3\xa9", 200),
        (b"HTTP/1.1 404 Not Found", 404),
        (b"HTTP/1.1 299 x", 299),
        (b"HTTP/1.1 599 x", 599),
        (b"HTTP/1.1 600 x", 600),
        (b"HTTP/1.1 999 x", 999),
        (b"HTTP/1.1 200 200", 200),
        (b"HTTP/1.1 200  two spaces", 200),
        (b"HTTP/1.1 500 HTTP/1.1 200 OK", 500),
    ] {
        let input = [line, b"\r\nContent-Length: 0\r\n\r\n"].concat();
        cases.push(case(format!("line {}", line.escape_ascii()), LINE, "GET", input).response(status, ""));
    }
    for line in [
        &b"HTTP/1.1"[..],
        b"HTTP/1.1 ",
        b"HTTP/1.1 2",
        b"HTTP/1.1 20",
        b"HTTP/1.1 2000",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 099 OK",
        b"HTTP/1.1 000 OK",
        b"HTTP/1.1 +20 OK",
        b"HTTP/1.1 -20 OK",
        b"HTTP/1.1 2x0 OK",
        b"HTTP/1.1 0x2 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1\t200 OK",
        b"HTTP/1.1 200\tOK",
        b"HTTP/1.1 OK",
        b"HTTP/1.1 OK 200",
        b"HTTP/1.1200 OK",
        b"HTTP/1.1 200OK",
        b"http/1.1 200 OK",
        b"Http/1.1 200 OK",
        b"HTTP/2.0 200 OK",
        b"HTTP/2 200 OK",
        b"HTTP/1 200 OK",
        b"HTTP/0.9 200 OK",
        b"HTTP/1.2 200 OK",
        b"HTTP/1.10 200 OK",
        b"HTTP/01.1 200 OK",
        b"HTTP/1.x 200 OK",
        b"ICY 200 OK",
        b"RTSP/1.0 200 OK",
        b"200 OK",
        b" HTTP/1.1 200 OK",
        b"HTTP/1.1 200 a\rb",
        b"HTTP/1.1 200 a\0b",
        b"HTTP/1.1 200 a\x01b",
        b"HTTP/1.1 200 a\x7fb",
        b"HTTP/1.1 200 a\nb",
        b"<html>",
        b"HTTP/1.1 \xef\xbc\x92\xef\xbc\x90\xef\xbc\x90 OK",
        b"GET / HTTP/1.1",
        b"HTTP /1.1 200 OK",
        b"HTTP/1.1 200.1 OK",
        b"HTTP/1.1 200, OK",
        b"",
        b"\x16\x03\x01",
        b"SSH-2.0-x",
        b"220 mail ESMTP",
        b"HTTP/1.1 20\xb2 OK",
        b"HTTP/1.1 200 OK\r",
        b"HTTP/1.1 200\0",
    ] {
        let input = [line, b"\r\nContent-Length: 0\r\n\r\n"].concat();
        cases.push(case(format!("line {}", line.escape_ascii()), LINE, "GET", input).fails());
    }
    for (name, head) in [
        ("LF throughout", &b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"[..]),
        ("LF behind the status line", b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
        ("LF behind a field", b"HTTP/1.1 200 OK\r\na: b\nContent-Length: 0\r\n\r\n"),
        ("LF for the empty line", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n"),
        ("CR behind a field", b"HTTP/1.1 200 OK\r\na: b\rContent-Length: 0\r\n\r\n"),
        ("CR CR LF", b"HTTP/1.1 200 OK\r\na: b\r\r\nContent-Length: 0\r\n\r\n"),
        ("a fold", b"HTTP/1.1 200 OK\r\na: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
        ("a fold of the length", b"HTTP/1.1 200 OK\r\nContent-Length:\r\n 0\r\n\r\n"),
        ("space before the first field", b"HTTP/1.1 200 OK\r\n a: b\r\nContent-Length: 0\r\n\r\n"),
        ("space before the colon", b"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"),
        ("tab before the colon", b"HTTP/1.1 200 OK\r\nContent-Length\t: 0\r\n\r\n"),
        ("no colon", b"HTTP/1.1 200 OK\r\nabc\r\nContent-Length: 0\r\n\r\n"),
        ("no name", b"HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 0\r\n\r\n"),
        ("a bad name", b"HTTP/1.1 200 OK\r\na@b: c\r\nContent-Length: 0\r\n\r\n"),
        ("a name above 0x7F", b"HTTP/1.1 200 OK\r\n\xc3\xa9: c\r\nContent-Length: 0\r\n\r\n"),
        ("NUL in a value", b"HTTP/1.1 200 OK\r\na: \0\r\nContent-Length: 0\r\n\r\n"),
        ("a control byte in a value", b"HTTP/1.1 200 OK\r\na: b\x07c\r\nContent-Length: 0\r\n\r\n"),
        ("DEL in a value", b"HTTP/1.1 200 OK\r\na: \x7f\r\nContent-Length: 0\r\n\r\n"),
        ("a split Set-Cookie", b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\rSet-Cookie: c=d\r\nContent-Length: 0\r\n\r\n"),
        ("an empty line first", b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("two empty lines first", b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("LF first", b"\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ] {
        cases.push(case(format!("response with {name}"), FIELD, "GET", head).fails());
    }
    for (name, line, value) in [
        ("an empty value", &b"x:\r\n"[..], &b""[..]),
        ("white space around a value", b"x: \t y z\t \r\n", b"y z"),
        ("bytes above 0x7F", b"x: \xe9\xc3\xa9\r\n", b"\xe9\xc3\xa9"),
        ("no-break space", b"x: \xa0y\xa0\r\n", b"\xa0y\xa0"),
        ("a tab in a value", b"x: a\tb\r\n", b"a\tb"),
        ("a colon", b"x: http://y/\r\n", b"http://y/"),
        ("an upper-case name", b"X: y\r\n", b"y"),
    ] {
        let input = [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", line, b"\r\n"].concat();
        cases.push(case(format!("response with {name}"), "9112 §5.1", "GET", input).ok("").field("x", value));
    }
    let lenient = |case: Case| case.with(|config| config.allow_empty_line_before_status(true));
    let plain = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let switch = "a leniency of its own";
    cases.extend([
        lenient(case("lenient: an empty line first", switch, "GET", format!("\r\n{plain}")).ok("")),
        lenient(case("lenient: none", switch, "GET", plain).ok("")),
        lenient(case("lenient: two empty lines first", switch, "GET", format!("\r\n\r\n{plain}")).fails()),
        lenient(case("lenient: LF first", switch, "GET", format!("\n{plain}")).fails()),
        case("lenient: HTTP/1.2", switch, "GET", plain.replace("1.1", "1.2"))
            .ok("")
            .with(|config| config.allow_minor_versions(true)),
        case("half a status line", "9112 §8", "GET", "HTTP/1.1 20").waits(),
        case("half a head", "9112 §8", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n").waits(),
        case("a head but its last byte", "9112 §8", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r").waits(),
        case("nothing yet", "9112 §8", "GET", "").waits(),
        case("a status line that doesn't end", "a limit", "GET", format!("HTTP/1.1 200 {}", "a".repeat(9000))).fails(),
        case("a value that doesn't end", "a limit", "GET", format!("HTTP/1.1 200 OK\r\na: {}", "a".repeat(40_000)))
            .fails(),
        case("1,000 fields", "a limit", "GET", format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(1000))).fails(),
    ]);
    cases
}
