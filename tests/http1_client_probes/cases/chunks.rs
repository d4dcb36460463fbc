//! Chunked responses (RFC 9112 §7.1).

use super::table::{Case, case};

pub(crate) fn cases() -> Vec<Case> {
    let chunked = |rest: &[u8]| [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", rest].concat();
    let mut cases = Vec::new();
    for (name, rest, body) in [
        ("no data", &b"0\r\n\r\n"[..], ""),
        ("one", b"5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("two", b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", "hello!"),
        ("hexadecimal digits", b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"),
        ("leading zeros", b"0000000000000005\r\nhello\r\n000\r\n\r\n", "hello"),
        ("an extension", b"5;a=b\r\nhello\r\n0;c\r\n\r\n", "hello"),
        ("a quoted extension", b"5 ; a = \"b\\\"; c\"\r\nhello\r\n0\r\n\r\n", "hello"),
        ("line ends for data", b"4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
    ] {
        cases.push(case(format!("chunks: {name}"), "9112 §7.1", "GET", chunked(rest)).ok(body));
    }
    for (name, rest) in [
        ("an empty size", &b"\r\nhello\r\n0\r\n\r\n"[..]),
        ("a sign", b"+5\r\nhello\r\n0\r\n\r\n"),
        ("a minus", b"-5\r\nhello\r\n0\r\n\r\n"),
        ("0x", b"0x5\r\nhello\r\n0\r\n\r\n"),
        ("a space before", b" 5\r\nhello\r\n0\r\n\r\n"),
        ("a space behind", b"5 \r\nhello\r\n0\r\n\r\n"),
        ("no digit", b"g\r\nhello\r\n0\r\n\r\n"),
        ("seventeen digits", b"00000000000000005\r\nhello\r\n0\r\n\r\n"),
        ("an overflow", b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
        ("LF behind the size", b"5\nhello\r\n0\r\n\r\n"),
        ("CR behind the size", b"5\rhello\r\n0\r\n\r\n"),
        ("LF behind the data", b"5\r\nhello\n0\r\n\r\n"),
        ("nothing behind the data", b"5\r\nhello0\r\n\r\n"),
        ("two others behind the data", b"5\r\nhelloXX0\r\n\r\n"),
        ("more data", b"5\r\nhello!!\r\n0\r\n\r\n"),
        ("less data", b"5\r\nhell\r\n0\r\n\r\n"),
        ("LF in an extension", b"5;a\nhello\r\n0\r\n\r\n"),
        ("LF in a quoted extension", b"5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"),
        ("CR in an extension", b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
        ("an empty extension", b"5;\r\nhello\r\n0\r\n\r\n"),
        ("NUL in an extension", b"5;a\0\r\nhello\r\n0\r\n\r\n"),
        ("0 LF", b"5\r\nhello\r\n0\n\r\n"),
        ("0 CR LF LF", b"5\r\nhello\r\n0\r\n\n"),
        ("data for trailers", b"0\r\nhello\r\n\r\n"),
        ("a bad trailer", b"0\r\na : b\r\n\r\n"),
        ("a folded trailer", b"0\r\na: b\r\n c\r\n\r\n"),
        ("a trailer with NUL", b"0\r\na: \0\r\n\r\n"),
        ("a trailer ended by LF", b"0\r\na: b\n\r\n"),
        ("no chunks", b"hello"),
        ("a next response too early", b"5\r\nhello\r\nHTTP/1.1 200 OK\r\n\r\n"),
    ] {
        cases.push(case(format!("chunks: {name}"), "9112 §7.1", "GET", chunked(rest)).fails());
    }
    for (name, rest) in [
        ("none yet", &b""[..]),
        ("half a size", b"5"),
        ("a size", b"5\r\n"),
        ("half the data", b"5\r\nhel"),
        ("the data", b"5\r\nhello"),
        ("no last one", b"5\r\nhello\r\n"),
        ("the last without the empty line", b"5\r\nhello\r\n0\r\n"),
        ("half the empty line", b"0\r\n\r"),
        ("half a trailer", b"0\r\na: b"),
        ("a trailer without the empty line", b"0\r\na: b\r\n"),
        ("the largest size", b"FFFFFFFFFFFFFFFF\r\nhello"),
    ] {
        cases.push(
            case(format!("chunks cut: {name}"), "9112 §8: incomplete without the zero chunk", "GET", chunked(rest))
                .waits(),
        );
    }
    let long = |n| [&b"5;a="[..], &b"b".repeat(n), b"\r\nhello\r\n0\r\n\r\n"].concat();
    cases.extend([
        case("chunks: a trailer", "9112 §7.1.2", "GET", chunked(b"5\r\nhello\r\n0\r\na: b\r\n\r\n"))
            .ok("hello")
            .trailer("a", "b"),
        case("chunks: trailers that frame are dropped", "9110 §6.5.1", "GET", {
            chunked(
                b"5\r\nhello\r\n0\r\na: b\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\nConnection: close\r\n\r\n",
            )
        })
        .ok("hello")
        .trailer("a", "b"),
        case("chunks: then another response", "9112 §7.1", "GET GET", {
            [chunked(b"5\r\nhello\r\n0\r\n\r\n"), chunked(b"1\r\nx\r\n0\r\n\r\n")].concat()
        })
        .ok("hello")
        .ok("x"),
        case("chunks: a long extension", "9112 §7.1.1", "GET", chunked(&long(3000))).ok("hello"),
        case("chunks: an extension that is too long", "CVE-2023-39326", "GET", chunked(&long(5000))).fails(),
        case("chunks: too many long extensions", "CVE-2023-39326", "GET", {
            let one = [&b"1;a="[..], &b"b".repeat(1000), b"\r\nx\r\n"].concat();
            chunked(&one.repeat(40))
        })
        .fails(),
    ]);
    cases
}
