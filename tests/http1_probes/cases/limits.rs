//! Limits: each has its status (RFC 9110 §15.5, RFC 6585 §5), and bites as soon as the bytes are there.

use super::table::{Case, case, chunked, get, post};

const LINE: &str = "9112 §3: a target that is too long MUST be a 414; at least 8,000 bytes SHOULD do";
const HEAD: &str = "RFC 6585 §5: fields that are too large are a 431";
const CHUNK: &str = "9112 §7.1.1: a recipient ought to limit extensions; CVE-2023-39326";
const METHOD: &str = "9112 §3: a method longer than any is a 501 or a bad request, not a long target";

pub(crate) fn cases() -> Vec<Case> {
    let long = |n: usize| format!("/{}", "a".repeat(n - 1));
    let target = |n: usize| format!("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", long(n));
    // The line: "GET " and " HTTP/1.1" CR LF are 15 bytes.
    let most = 8192 - 15;
    let mut cases = vec![
        case("a target of 8,000 bytes", LINE, target(8000)).echo("GET", &long(8000), ""),
        case("the longest line", LINE, target(most)).echo("GET", &long(most), ""),
        case("a line of one more", LINE, target(most + 1)).refuse(&[414]),
        case("a target of 10,000 bytes", LINE, target(10_000)).refuse(&[414]),
        case("a target of 70,000 bytes", LINE, target(70_000)).refuse(&[414]),
        case("a target that doesn't end", LINE, format!("GET {}", long(8192))).refuse(&[414]),
        case("a query that doesn't end", LINE, format!("GET /?{}", "a".repeat(8192))).refuse(&[414]),
        case("a method that doesn't end", METHOD, "A".repeat(9000)).refuse(&[400, 501]),
        case("a method of 100,000 bytes", METHOD, format!("{} / HTTP/1.1\r\nHost: h\r\n\r\n", "A".repeat(100_000)))
            .refuse(&[400, 501]),
        case("a method of 9,000 bytes", METHOD, format!("{} / HTTP/1.1\r\nHost: h\r\n\r\n", "A".repeat(9000)))
            .refuse(&[400, 501]),
        case("a version that doesn't end", METHOD, format!("GET / HTTP/1.1{}", "1".repeat(9000))).bad(),
        case("spaces behind the version that don't end", METHOD, format!("GET / HTTP/1.1{}", " ".repeat(9000))).bad(),
        case("spaces behind the method that don't end", METHOD, format!("GET {}", " ".repeat(9000))).bad(),
        case("a long target whose version is cut by the limit", LINE, target(most + 5)).refuse(&[414]),
        case("a long line, then a request", LINE, [target(9000).into_bytes(), get("")].concat()).refuse(&[414]),
        case("a request, then a long line", LINE, [get(""), target(9000).into_bytes()].concat()).get().refuse(&[414]),
        case("a value of 30,000 bytes", HEAD, get(format!("x: {}\r\n", "a".repeat(30_000)))).get(),
        case("a value of 40,000 bytes", HEAD, get(format!("x: {}\r\n", "a".repeat(40_000)))).refuse(&[431]),
        case("a value of 100,000 bytes", HEAD, get(format!("x: {}\r\n", "a".repeat(100_000)))).refuse(&[431]),
        case("a value that doesn't end", HEAD, format!("GET / HTTP/1.1\r\nHost: h\r\nx: {}", "a".repeat(40_000)))
            .refuse(&[431]),
        case("a name of 40,000 bytes", HEAD, get(format!("{}: x\r\n", "a".repeat(40_000)))).refuse(&[431]),
        case("a name that doesn't end", HEAD, format!("GET / HTTP/1.1\r\n{}", "a".repeat(40_000))).refuse(&[431]),
        case("white space that doesn't end", HEAD, format!("GET / HTTP/1.1\r\nx:{}", " ".repeat(40_000)))
            .refuse(&[431]),
        case("100 fields", HEAD, get("x: y\r\n".repeat(99))).get(),
        case("101 fields", HEAD, get("x: y\r\n".repeat(100))).refuse(&[431]),
        case("4,000 fields", HEAD, get("x: y\r\n".repeat(4000))).refuse(&[431]),
        case("10,000 fields", HEAD, get("x-h: value\r\n".repeat(10_000))).refuse(&[431]),
        case("empty lines that don't end", "one empty line, not many", "\r\n".repeat(100)).bad(),
        case("a chunk line of 4,000 bytes", CHUNK, chunked(format!("5;a={}\r\nhello\r\n0\r\n\r\n", "b".repeat(3990))))
            .post("hello"),
        case("a chunk line of 5,000 bytes", CHUNK, chunked(format!("5;a={}\r\nhello\r\n0\r\n\r\n", "b".repeat(5000))))
            .refuse(&[400, 431, 413]),
        case("a chunk extension that doesn't end", CHUNK, chunked(format!("5;a={}", "b".repeat(5000))))
            .refuse(&[400, 431, 413]),
        case("a quoted extension that doesn't end", CHUNK, chunked(format!("5;a=\"{}", "b".repeat(5000))))
            .refuse(&[400, 431, 413]),
        case("a chunk size of zeros that doesn't end", "nobody bounds it", chunked("0".repeat(5000)))
            .refuse(&[400, 431, 413]),
        case("white space behind a chunk size that doesn't end", CHUNK, chunked(format!("5{}", " ".repeat(5000))))
            .refuse(&[400, 431, 413]),
        case("extensions in sum", "CVE-2023-39326: one-byte chunks with long extensions", {
            chunked(format!("1;a={}\r\nx\r\n", "b".repeat(1000)).repeat(40) + "0\r\n\r\n")
        })
        .refuse(&[400, 431, 413]),
        case("one-byte chunks without extensions", CHUNK, chunked("1\r\nx\r\n".repeat(3000) + "0\r\n\r\n"))
            .post("x".repeat(3000)),
        case("trailers of 8,000 bytes", HEAD, chunked(format!("0\r\nx: {}\r\n\r\n", "a".repeat(8000))))
            .post("")
            .trailer("x", "a".repeat(8000)),
        case("trailers of 9,000 bytes", HEAD, chunked(format!("0\r\nx: {}\r\n\r\n", "a".repeat(9000))))
            .refuse(&[400, 431]),
        case("a trailer that doesn't end", HEAD, chunked(format!("0\r\nx: {}", "a".repeat(9000)))).refuse(&[400, 431]),
        case("101 trailers", HEAD, chunked(format!("0\r\n{}\r\n", "x: y\r\n".repeat(101)))).refuse(&[400, 431]),
    ];
    let body = "9110 §15.5.14: a body that is too long is a 413";
    let small = |case: Case| case.with(|config| config.max_body(Some(5)));
    cases.extend([
        small(case("a body within its limit", body, post("Content-Length: 5\r\n", "hello")).post("hello")),
        small(case("a body above its limit", body, post("Content-Length: 6\r\n", "hello!")).refuse(&[413])),
        small(
            case("a body above its limit is refused before it comes", body, post("Content-Length: 6\r\n", ""))
                .refuse(&[413]),
        ),
        small(
            case("an endless length above its limit", body, post("Content-Length: 18446744073709551615\r\n", ""))
                .refuse(&[413]),
        ),
        small(case("chunks within the body's limit", body, chunked("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")).post("hello")),
        small(case("chunks above the body's limit", body, chunked("3\r\nhel\r\n3\r\nlo!\r\n0\r\n\r\n")).refuse(&[413])),
        small(case("a chunk above the body's limit, by its size", body, chunked("6\r\n")).refuse(&[413])),
        small(case("an endless chunk above the body's limit", body, chunked("FFFFFFFFFFFFFFFF\r\n")).refuse(&[413])),
        small(
            case(
                "sizes that overflow in sum above the body's limit",
                body,
                chunked("5\r\nhello\r\nFFFFFFFFFFFFFFFF\r\n"),
            )
            .refuse(&[400, 413]),
        ),
        small(
            case("a good body, then one above the limit", body, {
                [post("Content-Length: 5\r\n", "hello"), post("Content-Length: 6\r\n", "hello!")].concat()
            })
            .post("hello")
            .refuse(&[413]),
        ),
        case("a small head's limit", HEAD, get(format!("x: {}\r\n", "a".repeat(50))))
            .refuse(&[431])
            .with(|config| config.max_head(64).max_line(32)),
        case("a head of just its limit", HEAD, get(format!("x: {}\r\n", "a".repeat(32))))
            .get()
            .with(|config| config.max_head(64).max_line(32)),
        case("a head of one above its limit", HEAD, get(format!("x: {}\r\n", "a".repeat(33))))
            .refuse(&[431])
            .with(|config| config.max_head(64).max_line(32)),
        case("a head above its limit by its last byte", HEAD, &get(format!("x: {}\r\n", "a".repeat(33)))[..64])
            .refuse(&[431])
            .with(|config| config.max_head(64).max_line(32)),
        case("a small line's limit", LINE, target(18)).refuse(&[414]).with(|config| config.max_line(32)),
        case("a line of just its limit", LINE, target(17))
            .echo("GET", &long(17), "")
            .with(|config| config.max_line(32)),
        case("two fields", HEAD, get("x: y\r\n")).get().with(|config| config.max_fields(2)),
        case("three fields of two", HEAD, get("x: y\r\nx: y\r\n")).refuse(&[431]).with(|config| config.max_fields(2)),
        case("a small chunk line's limit", CHUNK, chunked("5;a=bcdefghijklmnopqrst\r\nhello\r\n0\r\n\r\n"))
            .refuse(&[400, 431, 413])
            .with(|config| config.max_chunk_line(20)),
        case("a chunk line of just its limit", CHUNK, chunked("5;a=bcdefghijklmno\r\nhello\r\n0\r\n\r\n"))
            .post("hello")
            .with(|config| config.max_chunk_line(20)),
        case("a chunk line of one above its limit", CHUNK, chunked("5;a=bcdefghijklmnop\r\nhello\r\n0\r\n\r\n"))
            .refuse(&[400, 431, 413])
            .with(|config| config.max_chunk_line(20)),
        case("no room for trailers", HEAD, chunked("0\r\na: b\r\n\r\n"))
            .refuse(&[400, 431])
            .with(|config| config.max_trailers(2)),
        case("no trailers where there is no room for them", HEAD, chunked("0\r\n\r\n"))
            .post("")
            .with(|config| config.max_trailers(2)),
        case("three trailers of two", HEAD, chunked("0\r\na: b\r\na: b\r\na: b\r\n\r\n"))
            .refuse(&[400, 431])
            .with(|config| config.max_fields(2)),
        case("no pipelining", "9112 §9.3.2", [get(""), get(""), get("")].concat())
            .get()
            .get()
            .get()
            .with(|config| config.max_pipelined(1)),
    ]);
    cases
}
