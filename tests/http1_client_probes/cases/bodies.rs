//! How a response's body ends (RFC 9112 §6.3), and whether it has one at all.

use super::table::{Case, case};

const NONE: &str = "9112 §6.3: HEAD, 1xx, 204 and 304 end at the empty line, whatever the fields say";
const LENGTH: &str = "9112 §6.3: Content-Length, one decimal number; else the framing is invalid and unrecoverable";
const CODING: &str = "9112 §6.3: chunked last is chunks; another last is until close";
const CLOSE: &str = "9112 §6.3: with neither, the body goes on until the connection ends";
const BOTH: &str = "9112 §6.3: both ought to be handled as an error; is";

pub(crate) fn cases() -> Vec<Case> {
    let head = |status: u16, lines: &str| format!("HTTP/1.1 {status} x\r\n{lines}\r\n");
    let chunks = "5\r\nhello\r\n0\r\n\r\n";
    let mut cases = Vec::new();
    for lines in [
        "Content-Length: 5\r\n",
        "Content-Length: 0\r\n",
        "Content-Length: 18446744073709551615\r\n",
        "Transfer-Encoding: chunked\r\n",
        "",
        "Transfer-Encoding: gzip\r\n",
        "Content-Type: x\r\n",
    ] {
        let name = |what: &str| format!("{what} with {:?}", lines);
        cases.push(case(name("HEAD"), NONE, "HEAD", head(200, lines)).ok(""));
        cases.push(case(name("HEAD, 404"), NONE, "HEAD", head(404, lines)).response(404, ""));
        cases.push(case(name("304"), NONE, "GET", head(304, lines)).response(304, ""));
        cases.push(case(name("204"), NONE, "GET", head(204, lines)).response(204, ""));
        cases.push(case(name("204 to POST"), NONE, "POST", head(204, lines)).response(204, ""));
        cases.push(case(name("103"), NONE, "GET", head(103, lines) + &head(204, "")).interim(103).response(204, ""));
        cases.push(case(name("100"), NONE, "GET", head(100, lines) + &head(204, "")).response(204, ""));
        let next = "Content-Length: 2\r\n\r\nab";
        cases.push(
            case(name("HEAD before GET"), NONE, "HEAD GET", head(200, lines) + "HTTP/1.1 200 OK\r\n" + next)
                .ok("")
                .ok("ab"),
        );
        cases.push(
            case(name("304 before GET"), NONE, "GET GET", head(304, lines) + "HTTP/1.1 200 OK\r\n" + next)
                .response(304, "")
                .ok("ab"),
        );
        cases.push(
            case(name("CONNECT, 200"), "9112 §6.3: 2xx to CONNECT is a tunnel, whatever the fields say", "CONNECT", {
                head(200, lines) + "hello"
            })
            .switched(200, "hello"),
        );
    }
    for (name, status) in
        [("200", 200), ("201", 201), ("205", 205), ("206", 206), ("301", 301), ("404", 404), ("500", 500), ("999", 999)]
    {
        cases.push(
            case(format!("{name} with a length"), LENGTH, "GET", head(status, "Content-Length: 5\r\n") + "hello")
                .response(status, "hello"),
        );
        cases.push(
            case(format!("{name} with chunks"), CODING, "GET", head(status, "Transfer-Encoding: chunked\r\n") + chunks)
                .response(status, "hello"),
        );
        cases.push(
            case(format!("{name} until close"), CLOSE, "GET", head(status, "") + "hello")
                .response(status, "hello")
                .until_close(),
        );
    }
    for value in [
        "",
        "+5",
        "-5",
        "0x5",
        "5a",
        "5 5",
        "5.0",
        "5,",
        ",5",
        "5, 6",
        "5,5",
        "1_0",
        "five",
        "18446744073709551616",
        "5;",
        "\"5\"",
    ] {
        cases.push(
            case(
                format!("length {value}"),
                LENGTH,
                "GET",
                head(200, &format!("Content-Length: {value}\r\n")) + "hello",
            )
            .fails(),
        );
    }
    for (name, lines) in [
        ("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"),
        ("two equal lengths", "Content-Length: 5\r\nContent-Length: 5\r\n"),
        ("length and coding", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        ("coding and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        ("length and another coding", "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n"),
        ("an empty coding", "Transfer-Encoding:\r\n"),
        ("chunked twice", "Transfer-Encoding: chunked, chunked\r\n"),
        ("chunked in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        ("chunked with a parameter", "Transfer-Encoding: chunked;a=b\r\n"),
        ("chunked in quotes", "Transfer-Encoding: \"chunked\"\r\n"),
        ("chunked behind VT", "Transfer-Encoding: \x0bchunked\r\n"),
        ("two words for a coding", "Transfer-Encoding: chunked x\r\n"),
    ] {
        cases.push(case(format!("response with {name}"), BOTH, "GET", head(200, lines) + chunks).fails());
    }
    let repeated = |case: Case| case.with(|config| config.allow_repeated_length(true));
    let limited = |case: Case| case.with(|config| config.max_body(Some(5)));
    cases.extend([
        case("a coding that isn't chunked", CODING, "GET", head(200, "Transfer-Encoding: gzip\r\n") + "hello")
            .ok("hello")
            .until_close(),
        case("chunked before another", CODING, "GET", head(200, "Transfer-Encoding: chunked, gzip\r\n") + "hello")
            .ok("hello")
            .until_close(),
        case("another before chunked", CODING, "GET", head(200, "Transfer-Encoding: gzip, chunked\r\n") + chunks)
            .ok("hello"),
        case("Chunked", CODING, "GET", head(200, "Transfer-Encoding: Chunked\r\n") + chunks).ok("hello"),
        case("chunked among empty elements", CODING, "GET", head(200, "Transfer-Encoding: , chunked,\r\n") + chunks)
            .ok("hello"),
        case(
            "chunked in 1.0",
            "9112 §6.1: faulty",
            "GET",
            head(200, "Transfer-Encoding: chunked\r\n").replace("1.1", "1.0") + chunks,
        )
        .fails(),
        case("length 0", LENGTH, "GET", head(200, "Content-Length: 0\r\n")).ok(""),
        case("length with zeros", LENGTH, "GET", head(200, "Content-Length: 0005\r\n") + "hello").ok("hello"),
        case("length between white space", LENGTH, "GET", head(200, "Content-Length:\t 5 \t\r\n") + "hello")
            .ok("hello"),
        case("a body of line ends", LENGTH, "GET", head(200, "Content-Length: 4\r\n") + "\r\n\r\n").ok("\r\n\r\n"),
        case("a body that is a response", LENGTH, "GET", {
            head(200, "Content-Length: 38\r\n") + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        })
        .ok("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        case("a body one byte short", "9112 §8", "GET", head(200, "Content-Length: 6\r\n") + "hello").waits(),
        case("a body that hasn't begun", "9112 §8", "GET", head(200, "Content-Length: 5\r\n")).waits(),
        case("a body one byte long", "9112 §9.2", "GET", head(200, "Content-Length: 4\r\n") + "hello")
            .ok("hell")
            .fails(),
        case(
            "the largest length",
            "nothing is reserved",
            "GET",
            head(200, "Content-Length: 18446744073709551615\r\n") + "x",
        )
        .waits(),
        case("until close, nothing", CLOSE, "GET", head(200, "")).ok("").until_close(),
        case("until close, 1.0", CLOSE, "GET", "HTTP/1.0 200 OK\r\n\r\nhello").ok("hello").until_close(),
        case("until close, like a response", CLOSE, "GET", head(200, "") + &head(200, ""))
            .ok(head(200, ""))
            .until_close(),
        case("1.0 with a length", "9112 §9.3", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            .ok("hello")
            .over(),
        case(
            "1.0 with keep-alive",
            "9112 §9.3",
            "GET",
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
        )
        .ok("hello"),
        case(
            "close with a length",
            "9112 §9.6",
            "GET",
            head(200, "Connection: close\r\nContent-Length: 5\r\n") + "hello",
        )
        .ok("hello")
        .over(),
        case(
            "close with chunks",
            "9112 §9.6",
            "GET",
            head(200, "Connection: x, Close\r\nTransfer-Encoding: chunked\r\n") + chunks,
        )
        .ok("hello")
        .over(),
        case(
            "close and keep-alive",
            "9112 §9.3",
            "GET",
            head(200, "Connection: close, keep-alive\r\nContent-Length: 0\r\n"),
        )
        .ok("")
        .over(),
        case("close and 204", "9112 §9.6", "GET", head(204, "Connection: close\r\n")).response(204, "").over(),
        case("close and HEAD", "9112 §9.6", "HEAD", head(200, "Connection: close\r\nContent-Length: 5\r\n"))
            .ok("")
            .over(),
        case("1.0 and HEAD", "9112 §9.3", "HEAD", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n").ok("").over(),
        case(
            "HEAD with a body",
            "RFC 9112 §9.2: it answers nothing",
            "HEAD",
            head(200, "Content-Length: 5\r\n") + "hello",
        )
        .ok("")
        .fails(),
        case("204 with a body", "RFC 9112 §9.2: it answers nothing", "GET", head(204, "") + "hello")
            .response(204, "")
            .fails(),
        case(
            "304 with a body",
            "RFC 9112 §9.2: it answers nothing",
            "GET",
            head(304, "Content-Length: 5\r\n") + "hello",
        )
        .response(304, "")
        .fails(),
        repeated(
            case("lenient: a list of equal lengths", LENGTH, "GET", head(200, "Content-Length: 5, 5\r\n") + "hello")
                .ok("hello"),
        ),
        repeated(
            case(
                "lenient: equal lengths in lines",
                LENGTH,
                "GET",
                head(200, "Content-Length: 5\r\nContent-Length: 5\r\n") + "hello",
            )
            .ok("hello"),
        ),
        repeated(
            case("lenient: different lengths", LENGTH, "GET", head(200, "Content-Length: 5, 6\r\n") + "hello").fails(),
        ),
        limited(
            case("a body within its limit", "a limit", "GET", head(200, "Content-Length: 5\r\n") + "hello").ok("hello"),
        ),
        limited(case("a body above its limit", "a limit", "GET", head(200, "Content-Length: 6\r\n")).fails()),
        limited(
            case("chunks above the limit", "a limit", "GET", head(200, "Transfer-Encoding: chunked\r\n") + "6\r\n")
                .fails(),
        ),
        limited(case("until close above the limit", "a limit", "GET", head(200, "") + "hello!").fails()),
        limited(
            case("until close within the limit", "a limit", "GET", head(200, "") + "hello").ok("hello").until_close(),
        ),
    ]);
    cases
}
