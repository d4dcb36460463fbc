//! Transfer-Encoding (RFC 9112 §6.1, §6.3): `chunked`, once, last, in 1.1, without a length beside it.

use super::table::{Case, case, chunked, get, post};

const LAST: &str = "9112 §6.3: if chunked isn't last, a server MUST answer 400 and close";
const UNKNOWN: &str = "9112 §6.1: a coding that isn't understood is a 501";
const BOTH: &str = "9112 §6.1: a server MAY refuse both; refused";
const BODY: &str = "5\r\nhello\r\n0\r\n\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for value in [
        "chunked",
        "Chunked",
        "CHUNKED",
        "chUNked",
        " chunked",
        "chunked ",
        "\tchunked\t",
        ",chunked",
        ", chunked",
        "chunked,",
        "chunked , ",
        ",, ,chunked,,",
    ] {
        let name = format!("coding {}", value.escape_default());
        let rule = "9112 §6.1, 9110 §5.6.1: a name regardless of case; empty elements are ignored";
        cases.push(case(name, rule, post(format!("Transfer-Encoding:{value}\r\n"), BODY)).post("hello"));
    }
    for value in [
        &b""[..],
        b" ",
        b",",
        b", ,",
        b"gzip",
        b"identity",
        b"chunked, gzip",
        b"chunked, identity",
        b"chunked,chunked",
        b"chunked, chunked",
        b"Chunked, CHUNKED",
        b"chunked, gzip, chunked",
        b"chunked;",
        b"chunked;a",
        b"chunked;a=b",
        b"chunked; q=1",
        b"chunked;a=\"b\"",
        b"\"chunked\"",
        b"'chunked'",
        b"chunked chunked",
        b"chunked\tchunked",
        b"chunked gzip",
        b"gzip chunked",
        b"xchunked",
        b"chunkedx",
        b"chunke",
        b"x-chunked",
        b"chunked-x",
        b"chunk",
        b"chunked\"",
        b"chunked;chunked",
        b"chunked:",
        b"chunked=",
        b"=chunked",
        b"(chunked)",
        b"[chunked]",
        b"chunked/1",
        b"chunked.",
        b"\x0bchunked",
        b"\x0cchunked",
        b"chunked\x0b",
        b"chunked\x0c",
        b"chunked\0",
        b"\0chunked",
        b"chunked\x01",
        b"chu\0nked",
        b"\xa0chunked",
        b"chunked\xa0",
        b"\x85chunked",
        b"chun\xe2\x84\xaaed",
        b"\xef\xbb\xbfchunked",
        b"ch\xc3\xbcnked",
        b"c h u n k e d",
        b"chunk\ted",
        b"0",
        b"none",
        b"cow",
        b"deflate",
        b"compress",
        b"x-gzip",
        b"br",
        b"trailers",
        b"identity;q=0",
        b"chunked\\",
        b"%63hunked",
        b"chunked, \"\"",
        b"chunked, ;",
        b"chunked;,chunked",
        b"chunked, a b",
        b"@, chunked",
        b"a b, chunked",
        b"\"a\", chunked",
    ] {
        let lines = [b"Transfer-Encoding: ", value, b"\r\n"].concat();
        cases.push(case(format!("coding {}", value.escape_ascii()), LAST, post(lines, BODY)).bad());
    }
    for value in [
        "gzip, chunked",
        "deflate,chunked",
        "br, chunked",
        "gzip, br, chunked",
        "x-cow, chunked",
        "gzip;q=1, chunked",
        "compress , chunked",
    ] {
        cases.push(
            case(format!("coding {value}"), UNKNOWN, post(format!("Transfer-Encoding: {value}\r\n"), BODY))
                .refuse(&[501]),
        );
    }
    let identity = "9112 §7: identity was removed; well-formed and unknown";
    cases.push(
        case("coding identity, chunked", identity, post("Transfer-Encoding: identity, chunked\r\n", BODY))
            .refuse(&[400, 501]),
    );
    for (name, lines) in [
        ("chunked in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        ("chunked and identity in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
        ("chunked and gzip in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n"),
        ("chunked and nonsense in two lines", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"),
        ("identity and nothing in two lines", "Transfer-Encoding: identity\r\nTransfer-Encoding:\r\n"),
        ("chunked in two lines of different case", "Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n"),
    ] {
        cases.push(case(name, LAST, post(lines, BODY)).bad());
    }
    cases.push(
        case(
            "gzip and chunked in two lines",
            UNKNOWN,
            post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", BODY),
        )
        .refuse(&[501]),
    );
    let joined = "9110 §5.3: lines of one name are one list; empty elements are ignored";
    cases.extend([
        case(
            "an empty coding and chunked in two lines",
            joined,
            post("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", BODY),
        )
        .post("hello"),
        case(
            "chunked and an empty coding in two lines",
            joined,
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n", BODY),
        )
        .post("hello"),
    ]);
    for (name, lines) in [
        ("length and coding", "Content-Length: 15\r\nTransfer-Encoding: chunked\r\n"),
        ("coding and length", "Transfer-Encoding: chunked\r\nContent-Length: 15\r\n"),
        ("length 0 and coding", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
        ("coding and a bad length", "Transfer-Encoding: chunked\r\nContent-Length: x\r\n"),
        ("coding and an empty length", "Transfer-Encoding: chunked\r\nContent-Length:\r\n"),
        ("coding and two lengths", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\nContent-Length: 5\r\n"),
        ("an empty coding and a length", "Transfer-Encoding:\r\nContent-Length: 5\r\n"),
        ("identity and a length", "Transfer-Encoding: identity\r\nContent-Length: 5\r\n"),
        ("gzip and a length", "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n"),
        ("xchunked and a length", "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n"),
        ("chunked behind VT and a length", "Transfer-Encoding: \x0bchunked\r\nContent-Length: 5\r\n"),
        ("coding, fields, length", "Transfer-Encoding: chunked\r\na: b\r\nc: d\r\nContent-Length: 5\r\n"),
        ("chunked twice and a length", "Transfer-Encoding: chunked, chunked\r\nContent-Length: 5\r\n"),
        ("chunked with a comma and a length", "Transfer-Encoding: ,chunked\r\nContent-Length: 5\r\n"),
    ] {
        cases.push(case(name, BOTH, post(lines, BODY)).refuse(&[400, 501]));
    }
    let faulty = "9112 §6.1: Transfer-Encoding in HTTP/1.0 MUST be treated as faulty framing; refused";
    cases.extend([
        case("coding in 1.0", faulty, format!("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}")).bad(),
        case("coding in 1.0 with keep-alive", faulty, {
            format!("POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}")
        })
        .bad(),
        case("coding and length in 1.0", faulty, {
            format!("POST / HTTP/1.0\r\nContent-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}")
        })
        .bad(),
        case("coding in 1.0, GET", faulty, format!("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}")).bad(),
        case("identity in 1.0", faulty, "GET / HTTP/1.0\r\nTransfer-Encoding: identity\r\n\r\n").bad(),
        case("unknown coding alone in 1.0", faulty, "GET / HTTP/1.0\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")
            .refuse(&[400, 501]),
        case(
            "a coding for Connection to hide",
            "9110 §7.6.1",
            post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", BODY),
        )
        .post("hello"),
        case("a refused coding before a request", LAST, [post("Transfer-Encoding: x\r\n", BODY), get("")].concat())
            .bad(),
        case("both, and a smuggled request by the length", BOTH, {
            post(
                "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "0\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n",
            )
        })
        .bad(),
        case("both, and a smuggled request by the coding", BOTH, {
            post(
                "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
                "26\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n\r\n0\r\n\r\n",
            )
        })
        .bad(),
        case(
            "coding in a GET",
            "9112 §6",
            [&b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"[..], BODY.as_bytes()].concat(),
        )
        .echo("GET", "/", "hello"),
        case("a good chunked request, then one with both", BOTH, {
            [chunked(BODY), post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", BODY)].concat()
        })
        .post("hello")
        .bad(),
        case("Transfer-Encoding misspelt", "no prefixes", post("Transfer-Encodin: chunked\r\n", "")).post(""),
        case("X-Transfer-Encoding", "no suffixes", post("X-Transfer-Encoding: chunked\r\n", "")).post(""),
        case("TransferEncoding", "no normalisation", post("TransferEncoding: chunked\r\n", "")).post(""),
    ]);
    cases
}
