//! Content-Length (RFC 9110 §8.6, RFC 9112 §6.3): one decimal number. Ours: repeats are refused, equal ones too.

use super::table::{Case, case, get, post};

const DIGITS: &str = "9110 §8.6: 1*DIGIT; RUSTSEC-2021-0078, CVE-2023-38697";
const SEVERAL: &str = "9112 §6.3: several values are refused, or one is taken if all are equal; refused";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for value in [
        &b""[..],
        b" ",
        b"\t",
        b"+5",
        b"-5",
        b"-0",
        b"+0",
        b"-1",
        b"5a",
        b"a5",
        b"abc",
        b"0x5",
        b"0X5",
        b"0o5",
        b"0b1",
        b"5h",
        b"5.0",
        b"5.",
        b".5",
        b"5e0",
        b"5_0",
        b"1_0",
        b"5 0",
        b"5\t0",
        b"1 0",
        b"5;",
        b"5;a=b",
        b"\"5\"",
        b"'5'",
        b"(5)",
        b"5,",
        b",5",
        b",",
        b"5,,5",
        b"5 ,",
        b"5, 6",
        b"6, 5",
        b"5,6",
        b"5, 5",
        b"5,5",
        b"5, 5, 5",
        b"5, x",
        b"5;5",
        b"5:5",
        b"five",
        b"NaN",
        b"inf",
        b"null",
        b"true",
        b"\xef\xbc\x95",
        b"\xb5",
        b"5\xa0",
        b"\xa05",
        b"5\x85",
        b"5\x0b",
        b"\x0b5",
        b"5\x0c",
        b"5\0",
        b"\x005",
        b"5\x01",
        b"$5",
        b"5%",
        b"%35",
        b"5-5",
        b"5+5",
        b"5/5",
        b"[5]",
        b"{5}",
        b"5L",
        b"5u",
        b"18446744073709551616",
        b"18446744073709551621",
        b"99999999999999999999",
        b"36893488147419103237",
        b"340282366920938463463374607431768211461",
        b"115792089237316195423570985008687907853269984665640564039457584007913129639941",
    ] {
        let lines = [b"Content-Length: ", value, b"\r\n"].concat();
        cases.push(case(format!("length {}", value.escape_ascii()), DIGITS, post(lines, "hello")).bad());
    }
    for (name, line) in [
        ("length 5", "Content-Length: 5\r\n"),
        ("length without a space", "Content-Length:5\r\n"),
        ("length behind spaces", "Content-Length:   5\r\n"),
        ("length before spaces", "Content-Length: 5   \r\n"),
        ("length between tabs", "Content-Length:\t5\t\r\n"),
        ("length with a leading zero", "Content-Length: 05\r\n"),
        ("length with leading zeros", "Content-Length: 0000005\r\n"),
        ("length in lower case", "content-length: 5\r\n"),
        ("length in upper case", "CONTENT-LENGTH: 5\r\n"),
    ] {
        cases.push(case(name, "9110 §8.6: 1*DIGIT, between optional white space", post(line, "hello")).post("hello"));
    }
    for (name, lines) in [
        ("two equal lengths", "Content-Length: 5\r\nContent-Length: 5\r\n"),
        ("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"),
        ("two lengths, the longer first", "Content-Length: 6\r\nContent-Length: 5\r\n"),
        ("two lengths, one of them zero", "Content-Length: 0\r\nContent-Length: 5\r\n"),
        ("two lengths, the last zero", "Content-Length: 5\r\nContent-Length: 0\r\n"),
        ("two lengths of different case", "Content-Length: 5\r\ncontent-length: 6\r\n"),
        ("two lengths, fields between", "Content-Length: 5\r\na: b\r\nContent-Length: 6\r\n"),
        ("a length and an empty one", "Content-Length: 5\r\nContent-Length:\r\n"),
        ("an empty length and one", "Content-Length:\r\nContent-Length: 5\r\n"),
        ("a length and a bad one", "Content-Length: 5\r\nContent-Length: x\r\n"),
        ("equal lengths in different digits", "Content-Length: 5\r\nContent-Length: 05\r\n"),
        ("three lengths", "Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 6\r\n"),
        ("a length and a list", "Content-Length: 5\r\nContent-Length: 5, 6\r\n"),
    ] {
        cases.push(case(name, SEVERAL, post(lines, "hello")).bad());
    }
    let smuggled = "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n";
    cases.extend([
        case("length 0", "9112 §6.3", post("Content-Length: 0\r\n", "")).post(""),
        case("length 00", "9110 §8.6", post("Content-Length: 00\r\n", "")).post(""),
        case("length 0200 is decimal", "9110 §8.6", post("Content-Length: 0200\r\n", "a".repeat(200)))
            .post("a".repeat(200)),
        case("a body of line ends", "9112 §6.2", post("Content-Length: 8\r\n", "\r\n\r\n\r\n\r\n"))
            .post("\r\n\r\n\r\n\r\n"),
        case("a body of NUL", "9112 §6.2", post("Content-Length: 4\r\n", b"\0\0\0\0")).post(b"\0\0\0\0"),
        case("a body of every byte", "9112 §6.2", post("Content-Length: 256\r\n", (0..=255).collect::<Vec<u8>>()))
            .post((0..=255).collect::<Vec<u8>>()),
        case(
            "a body that is a request",
            "9112 §6.2",
            post(format!("Content-Length: {}\r\n", smuggled.len()), smuggled),
        )
        .post(smuggled),
        case("a body that is chunks", "9112 §6.2", post("Content-Length: 10\r\n", "5\r\nhello\r\n"))
            .post("5\r\nhello\r\n"),
        case("a body, then a request", "9112 §6.2", [post("Content-Length: 5\r\n", "hello"), get("")].concat())
            .post("hello")
            .get(),
        case("a body one byte short", "9112 §6.3", post("Content-Length: 6\r\n", "hello")).waits(),
        case("a body that hasn't begun", "9112 §6.3", post("Content-Length: 1\r\n", "")).waits(),
        case(
            "a body one byte long",
            "9112 §6.3: what follows is the next request",
            post("Content-Length: 4\r\n", "hello"),
        )
        .post("hell")
        .waits(),
        case(
            "a body that is longer than told, and a line",
            "9112 §6.3",
            post("Content-Length: 5\r\n", "helloworld\r\n"),
        )
        .post("hello")
        .bad(),
        case("no length, but a body", "9112 §6.3: no body; what follows is the next request", post("", "hello"))
            .post("")
            .waits(),
        case("no length, but a line", "9112 §6.3", post("", "hello\r\n")).post("").bad(),
        case("length 0, but a body", "9112 §6.3", post("Content-Length: 0\r\n", "hello\r\n\r\n")).post("").bad(),
        case("length 0, and a request", "9112 §6.3", post("Content-Length: 0\r\n", smuggled))
            .post("")
            .echo("GET", "/evil", ""),
        case("no length, and a request", "9112 §6.3", post("", smuggled)).post("").echo("GET", "/evil", ""),
        case("the largest length", "RUSTSEC-2026-0007: nothing is reserved for what was only announced", {
            post("Content-Length: 18446744073709551615\r\n", "hello")
        })
        .waits(),
        case("length 2^63", "no sign", post("Content-Length: 9223372036854775808\r\n", "hello")).waits(),
        case("length 2^32 + 5 isn't 5", "no truncation", post("Content-Length: 4294967301\r\n", "hello")).waits(),
        case("a length in a GET", "9112 §6", get("Content-Length: 0\r\n")).get(),
        case("a body of 1 MiB", "9112 §6.2", post("Content-Length: 100000\r\n", "ab".repeat(50_000)))
            .post("ab".repeat(50_000)),
        case("a bad length, then a good one", SEVERAL, post("Content-Length: -5\r\nContent-Length: 5\r\n", "hello"))
            .bad(),
        case("a bad length before a request", DIGITS, [post("Content-Length: +5\r\n", "hello"), get("")].concat())
            .bad(),
        case("a length for Connection to hide", "9110 §7.6.1: that is for who forwards", {
            post("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello")
        })
        .post("hello"),
        case("1.0 with a length", "9112 §6.3", "POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello")
            .post("hello")
            .closes(),
        case(
            "1.0 without a length",
            "RUSTSEC-2026-0034: no request's body ends with the connection",
            "POST / HTTP/1.0\r\n\r\nhello",
        )
        .post("")
        .closes(),
        case("1.0 with a bad length", DIGITS, "POST / HTTP/1.0\r\nContent-Length: +5\r\n\r\nhello").bad(),
    ]);
    cases
}
