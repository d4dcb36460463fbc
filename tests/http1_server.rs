//! The server machine against the checklist, section by section of RFC 9112 and RFC 9110.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod http1;

use barewire::http::{Body, FieldName, FieldValue, Id, Reason, RequestEvent, Response, Status, Trailers};
use barewire::http1::{Config, Error, Server};
use barewire::{Instant, Machine, Misuse, Next};
use core::time::Duration;
use http1::{T0, answered, drain, every_way, feed, refused, serve, summary};

fn strict() -> Config {
    Config::default()
}

/// Requests whose request line and fields are given without the line ends.
fn head(lines: &[&str]) -> String {
    lines.join("\r\n") + "\r\n\r\n"
}

#[test]
fn rfc9112_2_2_lines_end_in_crlf() {
    refused(
        &strict(),
        &[
            ("GET / HTTP/1.1\nHost: h\r\n\r\n", Error::LineEnd),
            ("GET / HTTP/1.1\r\nHost: h\n\r\n", Error::LineEnd),
            ("GET / HTTP/1.1\r\nHost: h\r\n\n", Error::LineEnd),
            ("GET / HTTP/1.1\nHost: h\n\n", Error::LineEnd),
            ("GET / HTTP/1.1\r\nHost: h\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n", Error::LineEnd),
            ("GET / HTTP/1.1\rHost: h\r\r", Error::LineEnd),
            ("GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", Error::LineEnd),
            ("GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", Error::LineEnd),
            ("GET /\r HTTP/1.1\r\nHost: h\r\n\r\n", Error::LineEnd),
            ("GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", Error::LineEnd),
        ],
    );
}

#[test]
fn rfc9112_2_2_one_empty_line_before_a_request() {
    answered(
        &strict(),
        &[
            ("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / Empty; end", "200"),
            (
                "GET /a HTTP/1.1\r\nHost: h\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n\r\n",
                "GET /a Empty; end; GET /b Empty; end",
                "200 200",
            ),
        ],
    );
    refused(
        &strict(),
        &[
            ("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", Error::LineEnd),
            ("\r\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", Error::LineEnd),
            ("\rGET / HTTP/1.1\r\nHost: h\r\n\r\n", Error::LineEnd),
        ],
    );
}

#[test]
fn rfc9112_2_2_white_space_before_the_first_field() {
    refused(
        &strict(),
        &[
            ("GET / HTTP/1.1\r\n Host: h\r\n\r\n", Error::FieldLine),
            ("GET / HTTP/1.1\r\n\tHost: h\r\n\r\n", Error::FieldLine),
            ("GET / HTTP/1.1\r\n \r\nHost: h\r\n\r\n", Error::FieldLine),
        ],
    );
}

#[test]
fn rfc9112_3_request_lines() {
    answered(
        &strict(),
        &[
            ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / Empty; end", "200"),
            ("get / HTTP/1.1\r\nHost: h\r\n\r\n", "get / Empty; end", "200"),
            ("!#$%&'*+-.^_`|~09azAZ /x HTTP/1.1\r\nHost: h\r\n\r\n", "!#$%&'*+-.^_`|~09azAZ /x Empty; end", "200"),
            (
                "GET /a?b=c&d=%00%zz\"<>\\^`{|} HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET /a?b=c&d=%00%zz\"<>\\^`{|} Empty; end",
                "200",
            ),
        ],
    );
    refused(
        &strict(),
        &[
            ("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET /  HTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", Error::RequestLine),
            (" GET / HTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET / a HTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET HTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET /\r\n", Error::RequestLine),
            ("GET\r\n", Error::RequestLine),
            ("G\u{e9}T / HTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GE(T / HTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("G\0T / HTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("\u{16}\u{3}\u{1}", Error::RequestLine),
            (": / HTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("/ HTTP/1.1\r\n", Error::RequestLine),
        ],
    );
}

#[test]
fn rfc9112_2_3_versions() {
    refused(
        &strict(),
        &[
            ("GET / HTTP/1.2\r\nHost: h\r\n\r\n", Error::Version),
            ("GET / HTTP/1.9\r\nHost: h\r\n\r\n", Error::Version),
            ("GET / HTTP/0.9\r\nHost: h\r\n\r\n", Error::Version),
            ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", Error::Version),
            ("GET / HTTP/3.1\r\nHost: h\r\n\r\n", Error::Version),
            ("GET / http/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET / HTTP/1.10\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET / HTTP/01.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET / HTTP/1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET / HTTP/1.\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET / HTTP/1,1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET / HTTP /1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET / HTTPS/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("GET / XTTP/1.1\r\nHost: h\r\n\r\n", Error::RequestLine),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Error::Http2Preface),
        ],
    );
    let lenient = Config::builder().allow_minor_versions(true).build().unwrap();
    answered(&lenient, &[("GET / HTTP/1.2\r\nHost: h\r\n\r\n", "GET / Empty; end", "200")]);
    refused(&lenient, &[("GET / HTTP/2.0\r\nHost: h\r\n\r\n", Error::Version)]);
}

#[test]
fn rfc9112_3_2_target_forms() {
    answered(
        &strict(),
        &[
            ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * Empty; end", "200"),
            ("GET http://a.b/c?d HTTP/1.1\r\nHost: other\r\n\r\n", "GET http://a.b/c?d Empty; end", "200"),
            ("GET http://a.b HTTP/1.1\r\nHost: a.b\r\n\r\n", "GET http://a.b Empty; end", "200"),
            ("GET http://a.b?q HTTP/1.1\r\nHost: a.b\r\n\r\n", "GET http://a.b?q Empty; end", "200"),
            ("OPTIONS http://a.b:80 HTTP/1.1\r\nHost: a.b\r\n\r\n", "OPTIONS http://a.b:80 Empty; end", "200"),
            ("GET // HTTP/1.1\r\nHost: a.b\r\n\r\n", "GET // Empty; end", "200"),
            ("CONNECT a.b:443 HTTP/1.1\r\nHost: a.b:443\r\n\r\n", "CONNECT a.b:443 Empty upgrade; end", "405"),
            ("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n", "CONNECT [::1]:443 Empty upgrade; end", "405"),
        ],
    );
    let line = |line: &str| head(&[line, "Host: h"]);
    let cases = [
        "GET * HTTP/1.1",
        "OPTIONS ** HTTP/1.1",
        "OPTIONS *a HTTP/1.1",
        "GET a.b:80 HTTP/1.1",
        "GET path HTTP/1.1",
        "GET ?q HTTP/1.1",
        "GET http:// HTTP/1.1",
        "GET http:///path HTTP/1.1",
        "GET http://:80/ HTTP/1.1",
        "GET http://user@h/ HTTP/1.1",
        "GET http://user:pw@h/ HTTP/1.1",
        "GET http:/h/ HTTP/1.1",
        "GET http://h:99999/ HTTP/1.1",
        "GET http://h:8a/ HTTP/1.1",
        "GET ://h/ HTTP/1.1",
        "GET 1http://h/ HTTP/1.1",
        "GET urn:a:b HTTP/1.1",
        "GET /a#b HTTP/1.1",
        "GET /\u{e9} HTTP/1.1",
        "GET /\u{7f} HTTP/1.1",
        "GET /\u{1} HTTP/1.1",
        "GET /\0 HTTP/1.1",
        "CONNECT / HTTP/1.1",
        "CONNECT h HTTP/1.1",
        "CONNECT h: HTTP/1.1",
        "CONNECT :443 HTTP/1.1",
        "CONNECT h:x HTTP/1.1",
        "CONNECT h:70000 HTTP/1.1",
        "CONNECT u@h:443 HTTP/1.1",
        "CONNECT http://h:443/ HTTP/1.1",
        "CONNECT h:443/ HTTP/1.1",
        "CONNECT * HTTP/1.1",
    ]
    .map(line);
    refused(&strict(), &cases.each_ref().map(|case| (case.as_str(), Error::Target)));
    let lenient = Config::builder().allow_utf8_target(true).build().unwrap();
    answered(&lenient, &[("GET /\u{e9} HTTP/1.1\r\nHost: h\r\n\r\n", "GET /\u{e9} Empty; end", "200")]);
    let overlong = serve(&lenient, &[b"GET /\xC0\xAF HTTP/1.1\r\nHost: h\r\n\r\n"], false, false);
    assert_eq!(summary(&overlong), "error Target");
}

#[test]
fn rfc9110_5_field_lines() {
    let fields = |value: &str| {
        let outcome = every_way(&strict(), format!("GET / HTTP/1.1\r\nHost: h\r\n{value}\r\n\r\n").as_bytes(), false);
        outcome.events[1].strip_prefix("Host=h,").expect("Host is first").to_string()
    };
    assert_eq!(fields("X: y"), "X=y");
    assert_eq!(fields("X:y"), "X=y");
    assert_eq!(fields("X: \t y \t "), "X=y");
    assert_eq!(fields("X:"), "X=");
    assert_eq!(fields("X: \t "), "X=");
    assert_eq!(fields("X: a\tb  c"), "X=a\\tb  c");
    assert_eq!(fields("X: \u{e9}"), "X=\\xc3\\xa9");
    assert_eq!(fields("!#$%&'*+-.^_`|~09azAZ: y"), "!#$%&'*+-.^_`|~09azAZ=y");
    assert_eq!(fields("a: 1\r\nA: 2\r\na: 3"), "a=1,A=2,a=3");
    assert_eq!(fields("X: y:z"), "X=y:z");
    // Only SP and HTAB are trimmed: neither 0x85 nor 0xA0, which some take for white space.
    let raw = serve(&strict(), &[b"GET / HTTP/1.1\r\nHost: h\r\nX: \xA0y\x85\r\n\r\n"], false, false);
    assert_eq!(raw.events[1], "Host=h,X=\\xa0y\\x85");
    let line = |line: &str| head(&["GET / HTTP/1.1", "Host: h", line]);
    let cases = [
        "X : y",
        "X\t: y",
        " X: y",
        ": y",
        "X y: z",
        "X",
        "X(: y",
        "\u{e9}: y",
        "X\0: y",
        "X: \0",
        "X: a\0b",
        "X: a\u{1}b",
        "X: a\u{7f}b",
        "X: a\u{b}b",
        "X: \u{c}b",
        "X: a\r\n b",
        "X: a\r\n\tb",
        "X: a\r\n ",
        "Transfer-Encoding:\r\n chunked",
    ]
    .map(line);
    refused(&strict(), &cases.each_ref().map(|case| (case.as_str(), Error::FieldLine)));
}

#[test]
fn cve_2021_22959_cve_2023_30589_cve_2024_27982_spaces_and_bare_cr_around_names() {
    refused(
        &strict(),
        &[
            ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\nhello", Error::FieldLine),
            ("POST / HTTP/1.1\r\nHost: h\r\n Content-Length: 5\r\n\r\nhello", Error::FieldLine),
            ("POST / HTTP/1.1\r\nHost: h\rContent-Length: 5\r\n\r\nhello", Error::LineEnd),
            ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", Error::FieldLine),
            ("POST / HTTP/1.1\r\nHost: h\r\n: chunked\r\n\r\n0\r\n\r\n", Error::FieldLine),
        ],
    );
}

#[test]
fn rfc9112_3_2_host() {
    let accepted = [
        "h",
        "h.example",
        "h:80",
        "h:",
        "127.0.0.1",
        "127.0.0.1:8080",
        "[::1]",
        "[::1]:80",
        "[2001:db8::7]:",
        "[v1.a:b]",
        "a_b",
        "a%20b",
        "xn--e9",
        "h:65535",
        "H.EXAMPLE.",
    ];
    for host in accepted {
        let outcome = every_way(&strict(), head(&["GET / HTTP/1.1", &format!("Host: {host}")]).as_bytes(), false);
        assert_eq!(summary(&outcome), "GET / Empty; end", "{host}");
    }
    let bad = [
        "", "a b", "a, b", "http://h", "h/", "h/path", "h?q", "h#f", "u@h", "u:p@h", "h:80:80", "h:x", "h:-1",
        "h:65536", ":80", "[::1", "::1", "[::1]x", "[::g]", "[]", "[v.a]", "h\\x", "a%2", "a%zz", "\u{e9}", "\"h\"",
    ]
    .map(|host| head(&["GET / HTTP/1.1", &format!("Host: {host}")]));
    refused(&strict(), &bad.each_ref().map(|case| (case.as_str(), Error::Host)));
    refused(
        &strict(),
        &[
            ("GET / HTTP/1.1\r\n\r\n", Error::Host),
            ("GET / HTTP/1.1\r\nX: y\r\n\r\n", Error::Host),
            ("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", Error::Host),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nhOST: b\r\n\r\n", Error::Host),
            ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", Error::Host),
            ("GET / HTTP/1.0\r\nHost: a b\r\n\r\n", Error::Host),
            ("GET http://h/ HTTP/1.1\r\n\r\n", Error::Host),
        ],
    );
    answered(&strict(), &[("GET / HTTP/1.0\r\n\r\n", "GET / 1.0 Empty; end", "200")]);
}

#[test]
fn rfc9112_6_3_content_length() {
    answered(
        &strict(),
        &[
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
                "POST / Length(5); data hello; end",
                "200(hello)",
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:5 \r\n\r\nhello",
                "POST / Length(5); data hello; end",
                "200(hello)",
            ),
            ("POST / HTTP/1.1\r\nHost: h\r\ncontent-length: 0\r\n\r\n", "POST / Length(0); end", "200"),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0005\r\n\r\nhello",
                "POST / Length(5); data hello; end",
                "200(hello)",
            ),
            // Neither: no body, for every method.
            ("POST / HTTP/1.1\r\nHost: h\r\n\r\n", "POST / Empty; end", "200"),
            // With it there is one, for every method but TRACE.
            ("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", "GET / Length(2); data hi; end", "200(hi)"),
            (
                "DELETE / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi",
                "DELETE / Length(2); data hi; end",
                "200(hi)",
            ),
            ("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", "TRACE / Empty; end", "200"),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
                "POST / Length(2); data hi; end; GET /b Empty; end",
                "200(hi) 200",
            ),
        ],
    );
}

#[test]
fn rustsec_2021_0078_cve_2023_38697_malformed_content_length() {
    let values = [
        "",
        "+3",
        "-3",
        "-0",
        "0x3",
        "3 3",
        "3,",
        ",3",
        "3, 4",
        "3, 3",
        "\u{ff13}",
        "18446744073709551616",
        "1e1",
        "3.0",
        "3;",
        "\"3\"",
        "1_0",
        "three",
        "3\u{a0}",
    ];
    let bad = values.map(|value| head(&["POST / HTTP/1.1", "Host: h", &format!("Content-Length: {value}")]) + "abc");
    refused(&strict(), &bad.each_ref().map(|case| (case.as_str(), Error::ContentLength)));
    refused(
        &strict(),
        &[
            ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", Error::ContentLength),
            ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc", Error::ContentLength),
        ],
    );
    let lenient = Config::builder().allow_repeated_length(true).build().unwrap();
    answered(
        &lenient,
        &[
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc",
                "POST / Length(3); data abc; end",
                "200(abc)",
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
                "POST / Length(3); data abc; end",
                "200(abc)",
            ),
        ],
    );
    refused(&lenient, &[("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 4\r\n\r\nabc", Error::ContentLength)]);
}

#[test]
fn rfc9112_6_1_transfer_encoding() {
    for value in ["chunked", "CHUNKED", "Chunked", ", chunked", "chunked,", " ,, chunked ,"] {
        let input =
            head(&["POST / HTTP/1.1", "Host: h", &format!("Transfer-Encoding: {value}")]) + "2\r\nhi\r\n0\r\n\r\n";
        let outcome = every_way(&strict(), input.as_bytes(), false);
        assert_eq!(summary(&outcome), "POST / Unknown; data hi; end", "{value}");
    }
    let refuse =
        |value: &str| head(&["POST / HTTP/1.1", "Host: h", &format!("Transfer-Encoding: {value}")]) + "0\r\n\r\n";
    let faulty = [
        "",
        ",",
        "identity",
        "xchunked",
        "chunkedx",
        "gzip",
        "chunked, gzip",
        "chunked, identity",
        "chunked;q=1",
        "chunked ;a",
        "\"chunked\"",
        "'chunked'x y",
        "chunked chunked",
        "chunked; a=b, chunked",
        ",,,,,,,,,chunked",
        "[chunked]",
        "\u{fe}chunked",
        "chunk\u{212a}ed",
        "chunked, chunked",
        "gzip chunked",
    ]
    .map(refuse);
    refused(&strict(), &faulty.each_ref().map(|case| (case.as_str(), Error::TransferEncoding)));
    let unknown = ["gzip, chunked", "identity, chunked", "x;a=b, chunked", "deflate,chunked"].map(refuse);
    refused(&strict(), &unknown.each_ref().map(|case| (case.as_str(), Error::TransferCoding)));
    let lenient = Config::builder().allow_transfer_codings(true).build().unwrap();
    answered(
        &lenient,
        &[(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n",
            "POST / Unknown; data z; end",
            "200(z)",
        )],
    );
}

#[test]
fn rustsec_2021_0020_2020_0031_2026_0034_several_transfer_encodings() {
    refused(
        &strict(),
        &[
            (
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                Error::TransferEncoding,
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
                Error::TransferEncoding,
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                Error::TransferCoding,
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n",
                Error::TransferEncoding,
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                Error::LengthAndEncoding,
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                Error::LengthAndEncoding,
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
                Error::LengthAndEncoding,
            ),
            ("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Error::TransferEncoding),
            (
                "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                Error::TransferEncoding,
            ),
            ("TRACE / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx", Error::UnexpectedBody),
            ("TRACE / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Error::UnexpectedBody),
        ],
    );
    // A name that only looks like it is another field.
    answered(
        &strict(),
        &[(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer_Encoding: chunked\r\nContent-Length: 1\r\n\r\nx",
            "POST / Length(1); data x; end",
            "200(x)",
        )],
    );
}

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn rfc9112_7_1_chunks() {
    for (body, data) in [
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello"),
        ("005\r\nhello\r\n000\r\n\r\n", "hello"),
        ("0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"),
        ("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("9\r\n\r\n0\r\n\r\nab\r\n0\r\n\r\n", "\\r\\n0\\r\\n\\r\\nab"),
        ("1;a\r\nx\r\n0\r\n\r\n", "x"),
        ("1;a=b\r\nx\r\n0;c\r\n\r\n", "x"),
        ("1;a;b=c;d=\"e;f\\\"\t\u{e9}\"\r\nx\r\n0\r\n\r\n", "x"),
        ("1 ; a = b ;c\r\nx\r\n0\r\n\r\n", "x"),
        ("1;a=\"\"\r\nx\r\n0\r\n\r\n", "x"),
    ] {
        let outcome = every_way(&strict(), (CHUNKED.to_string() + body).as_bytes(), false);
        assert_eq!(summary(&outcome), format!("POST / Unknown; data {data}; end"), "{body:?}");
        assert_eq!(outcome.replies(), format!("200({data})"));
    }
}

/// A body that breaks: the error, after whatever data came before it; the reply is the error's status.
fn broken(config: &Config, cases: &[(&str, Error)]) {
    for (body, error) in cases {
        let outcome = every_way(config, (CHUNKED.to_string() + body).as_bytes(), false);
        assert_eq!(outcome.error, Some(*error), "{body:?}");
        assert_eq!(outcome.replies(), error.status().to_string(), "{body:?}");
        assert!(!outcome.events.iter().any(|event| event.starts_with("end")), "{body:?}");
    }
}

#[test]
fn rfc9112_7_1_malformed_chunks() {
    broken(
        &strict(),
        &[
            ("g\r\n", Error::ChunkSize),
            ("-5\r\nhello\r\n", Error::ChunkSize),
            ("+5\r\nhello\r\n", Error::ChunkSize),
            ("0x5\r\nhello\r\n", Error::ChunkSize),
            ("5_0\r\nhello\r\n", Error::ChunkSize),
            (" 5\r\nhello\r\n", Error::ChunkSize),
            ("5 \r\nhello\r\n", Error::ChunkSize),
            ("5\t\r\nhello\r\n", Error::ChunkSize),
            ("5 5\r\nhello\r\n", Error::ChunkSize),
            ("5,\r\nhello\r\n", Error::ChunkSize),
            ("5;\r\nhello\r\n", Error::ChunkSize),
            ("5; \r\nhello\r\n", Error::ChunkSize),
            ("5;;a\r\nhello\r\n", Error::ChunkSize),
            ("5;=b\r\nhello\r\n", Error::ChunkSize),
            ("5;a=\r\nhello\r\n", Error::ChunkSize),
            ("5;a=b c\r\nhello\r\n", Error::ChunkSize),
            ("5;a \r\nhello\r\n", Error::ChunkSize),
            ("5;a=\"b\"c\r\nhello\r\n", Error::ChunkSize),
            ("5;a=\"b\r\nhello\r\n", Error::ChunkSize),
            ("5;a=\"b\\\r\nhello\r\n", Error::ChunkSize),
            ("5;a\0\r\nhello\r\n", Error::ChunkSize),
            ("5;a=\"\u{1}\"\r\nhello\r\n", Error::ChunkSize),
            ("5;a[\r\nhello\r\n", Error::ChunkSize),
            ("\u{ff15}\r\nhello\r\n", Error::ChunkSize),
        ],
    );
}

#[test]
fn httparse_parse_chunk_size_an_empty_size_line_is_no_last_chunk() {
    broken(
        &strict(),
        &[("\r\n", Error::ChunkSize), (";x\r\n", Error::ChunkSize), ("5\r\nhello\r\n\r\n", Error::ChunkSize)],
    );
}

#[test]
fn rustsec_2021_0079_chunk_size_overflow() {
    broken(
        &strict(),
        &[
            ("00000000000000005\r\nhello\r\n", Error::ChunkSize),
            ("10000000000000000\r\n", Error::ChunkSize),
            ("1\r\nx\r\nFFFFFFFFFFFFFFFF\r\n", Error::ChunkSize),
        ],
    );
    let biggest = serve(&strict(), &[CHUNKED.as_bytes(), b"FFFFFFFFFFFFFFFF\r\nab"], false, false);
    assert_eq!(summary(&biggest), "POST / Unknown; data ab");
}

#[test]
fn cve_2025_43859_cve_2025_22871_cve_2025_55315_line_ends_in_chunks() {
    broken(
        &strict(),
        &[
            ("5\nhello\r\n0\r\n\r\n", Error::LineEnd),
            ("5\rhello\r\n0\r\n\r\n", Error::LineEnd),
            ("5;a\nb\r\nhello\r\n0\r\n\r\n", Error::LineEnd),
            ("5;a\rb\r\nhello\r\n0\r\n\r\n", Error::LineEnd),
            ("5;\nhello\r\n0\r\n\r\n", Error::LineEnd),
            ("5;a=\nhello\r\n0\r\n\r\n", Error::LineEnd),
            ("5;a=\"\nhello\r\n0\r\n\r\n", Error::LineEnd),
            ("5 \nhello\r\n0\r\n\r\n", Error::LineEnd),
            ("5\r\nhello\n0\r\n\r\n", Error::ChunkEnd),
            ("5\r\nhello\r0\r\n\r\n", Error::ChunkEnd),
            ("5\r\nhelloXX0\r\n\r\n", Error::ChunkEnd),
            ("5\r\nhello!\r\n0\r\n\r\n", Error::ChunkEnd),
            ("5\r\nhello\r\r\n0\r\n\r\n", Error::ChunkEnd),
            ("5\r\nhello0\r\n\r\n", Error::ChunkEnd),
            ("3\r\nhello\r\n0\r\n\r\n", Error::ChunkEnd),
            ("0\n\n", Error::LineEnd),
            ("0\r\n\n", Error::LineEnd),
            ("0\r\n\r\r\n", Error::LineEnd),
            ("0\r\nX: y\n\r\n", Error::LineEnd),
            ("0\r\nX: y\r\n\n", Error::LineEnd),
            ("0\r\nX: y\rZ: a\r\n\r\n", Error::LineEnd),
        ],
    );
}

#[test]
fn cve_2023_39326_endless_chunk_extensions() {
    let long = format!("1;{}\r\nx\r\n", "a".repeat(5000));
    broken(&strict(), &[(&long, Error::ChunkTooLong)]);
    let zeros = "0".repeat(5000);
    broken(&strict(), &[(&zeros, Error::ChunkSize)]);
    let many = format!("1;{}\r\nx\r\n", "a".repeat(1000)).repeat(100);
    broken(&strict(), &[(&many, Error::ChunkTooLong)]);
    // Small chunks without extensions are tedious, not an attack.
    let small = "1\r\nx\r\n".repeat(3000) + "0\r\n\r\n";
    let outcome = every_way(&strict(), (CHUNKED.to_string() + &small).as_bytes(), false);
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.events.last().unwrap(), "end");
}

#[test]
fn rfc9112_7_1_2_trailers() {
    for (trailers, told) in [
        ("", "end"),
        ("X: y\r\n", "end X=y"),
        ("X: y\r\nA:\r\n", "end X=y,A="),
        // What must be known before the body is dropped behind it (RFC 9110 §6.5.1).
        ("Content-Length: 5\r\nX: y\r\n", "end X=y"),
        ("X: y\r\nTransfer-Encoding: chunked\r\nHost: b\r\nAuthorization: c\r\nContent-Type: d\r\n", "end X=y"),
        ("Connection: close\r\n", "end"),
        ("Set-Cookie: a\r\nZ: z\r\nTE: x\r\nTrailer: y\r\n", "end Z=z"),
    ] {
        let next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
        let input = format!("{CHUNKED}1\r\nx\r\n0\r\n{trailers}\r\n{next}");
        let outcome = every_way(&strict(), input.as_bytes(), false);
        assert_eq!(summary(&outcome), format!("POST / Unknown; data x; {told}; GET /next Empty; end"), "{trailers:?}");
    }
    broken(
        &strict(),
        &[
            ("0\r\nX y\r\n\r\n", Error::FieldLine),
            ("0\r\nX : y\r\n\r\n", Error::FieldLine),
            ("0\r\n X: y\r\n\r\n", Error::FieldLine),
            ("0\r\nX: y\r\n z\r\n\r\n", Error::FieldLine),
            ("0\r\nX: \0\r\n\r\n", Error::FieldLine),
            ("0\r\n5\r\nhello\r\n0\r\n\r\n", Error::FieldLine),
        ],
    );
    let long = format!("0\r\nX: {}\r\n\r\n", "y".repeat(9000));
    broken(&strict(), &[(&long, Error::TrailersTooLong)]);
    let many = format!("0\r\n{}\r\n", "X: y\r\n".repeat(101));
    broken(&strict(), &[(&many, Error::TooManyFields)]);
}

#[test]
fn rfc9112_9_3_persistence() {
    let next = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
    for (first, closes) in [
        ("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", false),
        ("GET /a HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n", false),
        ("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", true),
        ("GET /a HTTP/1.1\r\nHost: h\r\nConnection: CLOSE\r\n\r\n", true),
        ("GET /a HTTP/1.1\r\nHost: h\r\nConnection: foo, ,close\r\n\r\n", true),
        ("GET /a HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", true),
        ("GET /a HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n", false),
        ("GET /a HTTP/1.1\r\nHost: h\r\nConnection: @, Host, Content-Length\r\n\r\n", false),
        ("GET /a HTTP/1.0\r\n\r\n", true),
        ("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false),
        ("GET /a HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", true),
        ("POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", true),
    ] {
        let outcome = every_way(&strict(), format!("{first}{next}").as_bytes(), false);
        let output = String::from_utf8(outcome.output.clone()).unwrap();
        if closes {
            assert!(!summary(&outcome).contains("/b"), "read on after close: {first:?}");
            assert_eq!(outcome.replies(), "200", "{first:?}");
            assert!(output.contains("connection: close\r\n"));
            assert!(outcome.fin);
        } else {
            assert!(summary(&outcome).ends_with("GET /b Empty; end"), "{first:?}");
            assert_eq!(outcome.replies(), "200 200");
            assert!(!output.contains("close"));
            assert_eq!(output.contains("connection: keep-alive\r\n"), first.contains("1.0"));
            assert!(!outcome.fin);
        }
    }
}

#[test]
fn rfc9112_9_3_2_a_good_request_before_a_bad_one_is_answered_first() {
    let outcome = every_way(&strict(), b"GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\n\r\n", false);
    assert_eq!(summary(&outcome), "GET /a Empty; end; error Host");
    assert_eq!(outcome.replies(), "200 400");

    // With the good one not answered yet, the bad one has to wait.
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
    let id = request(&mut server);
    end(&mut server);
    assert_eq!(server.next(T0), Ok(Next::NeedApp));
    assert_eq!(server.next(T0), Ok(Next::NeedApp));
    assert!(server.link().tx.is_empty());
    server.respond_with(id, &Response::new(Status::OK), "a").unwrap();
    assert_eq!(server.next(T0), Err(Error::Host));
    let output = text(&mut server);
    assert!(output.starts_with("HTTP/1.1 200 OK\r\n"), "{output}");
    assert!(
        output.ends_with("aHTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
        "{output}"
    );
    assert!(server.link().tx.wants_fin());
    assert_eq!(server.next(T0), Ok(Next::Done));
}

#[test]
fn rfc9112_9_3_2_pipelining_has_a_depth() {
    let config = Config::builder().max_pipelined(3).build().unwrap();
    let mut server = Server::new(config);
    feed(&mut server.link().rx, "GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(5).as_bytes());
    let ids: Vec<Id> = (0..3)
        .map(|_| {
            let id = request(&mut server);
            end(&mut server);
            id
        })
        .collect();
    assert_eq!(server.next(T0), Ok(Next::NeedApp));
    assert_eq!(server.respond_with(ids[1], &Response::new(Status::OK), ""), Err(Misuse::OutOfTurn));
    server.respond_with(ids[0], &Response::new(Status::OK), "").unwrap();
    assert_eq!(server.respond_with(ids[0], &Response::new(Status::OK), ""), Err(Misuse::UnknownId));
    request(&mut server);
    end(&mut server);
    assert_eq!(server.next(T0), Ok(Next::NeedApp));
}

#[test]
fn rfc9112_8_end_of_file() {
    for (input, events, replies) in [
        ("", "", ""),
        ("\r\n", "", ""),
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / Empty; end", "200"),
        ("G", "error Cut", "400"),
        ("\r", "error Cut", "400"),
        ("GET / HTTP/1.1\r\nHost: h\r\n\r", "error Cut", "400"),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhell",
            "POST / Length(5); data hell; error Cut",
            "400",
        ),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", "POST / Length(5); error Cut", "400"),
    ] {
        let outcome = every_way(&strict(), input.as_bytes(), true);
        assert_eq!(summary(&outcome), events, "{input:?}");
        assert_eq!(outcome.replies(), replies, "{input:?}");
        assert!(outcome.fin && outcome.done, "{input:?}");
    }
    for body in
        ["", "5", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "5\r\nhello\r\n0", "0\r\n", "0\r\nX: y\r\n", "0\r\n\r"]
    {
        let outcome = every_way(&strict(), (CHUNKED.to_string() + body).as_bytes(), true);
        assert_eq!(outcome.error, Some(Error::Cut), "{body:?}");
        assert_eq!(outcome.replies(), "400");
    }
}

#[test]
fn rfc9112_9_6_half_close_still_gets_its_replies() {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    server.link().rx.close();
    let id = request(&mut server);
    end(&mut server);
    assert_eq!(server.next(T0), Ok(Next::NeedApp));
    server.respond_with(id, &Response::new(Status::OK), "late").unwrap();
    assert_eq!(server.next(T0), Ok(Next::Done));
    assert!(text(&mut server).ends_with("late"));
    assert!(server.link().tx.wants_fin());

    let mut server = Server::new(Config::builder().abandon_half_closed(true).build().unwrap());
    feed(&mut server.link().rx, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    server.link().rx.close();
    request(&mut server);
    end(&mut server);
    assert_eq!(server.next(T0), Err(Error::Cut));
    assert_eq!(text(&mut server), "");
}

#[test]
fn rfc9110_10_1_1_expect_continue() {
    const EXPECT: &[u8] = b"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
    // Asked for the body: the 100 goes out, once.
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, EXPECT);
    let id = request(&mut server);
    assert_eq!(text(&mut server), "");
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    assert_eq!(text(&mut server), "HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    feed(&mut server.link().rx, b"h");
    assert!(matches!(server.next(T0), Ok(Next::Event(RequestEvent::Data { .. }))));
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    feed(&mut server.link().rx, b"i");
    assert!(matches!(server.next(T0), Ok(Next::Event(RequestEvent::Data { .. }))));
    end(&mut server);
    server.respond_with(id, &Response::new(Status::OK), "").unwrap();
    assert_eq!(text(&mut server), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");

    // Answered without it: no 100, and the connection ends, since what follows could be either.
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, EXPECT);
    let id = request(&mut server);
    server.respond_with(id, &Response::new(Status::FORBIDDEN), "").unwrap();
    assert_eq!(server.next(T0), Ok(Next::NeedInput), "lingers");
    assert!(text(&mut server).contains("connection: close\r\n"));

    // The body is there already: no 100.
    let outcome = serve(&strict(), &[&[EXPECT, b"hi"].concat()], false, false);
    assert_eq!(outcome.replies(), "200(hi)");

    // It doesn't apply to HTTP/1.0, nor without a body.
    for input in [
        "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n",
    ] {
        let outcome = every_way(&strict(), input.as_bytes(), false);
        assert!(!summary(&outcome).contains("expects"), "{input:?}");
        assert!(!String::from_utf8(outcome.output).unwrap().contains("100"));
    }
    refused(
        &strict(),
        &[
            ("POST / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\nContent-Length: 2\r\n\r\nhi", Error::Expectation),
            ("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue, x=y\r\n\r\n", Error::Expectation),
        ],
    );
}

#[test]
fn rfc9110_10_1_1_a_100_waits_for_the_replies_ahead_of_it() {
    let mut server = Server::new(strict());
    let input = "GET / HTTP/1.1\r\nHost: h\r\n\r\nPOST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    feed(&mut server.link().rx, input.as_bytes());
    let first = request(&mut server);
    end(&mut server);
    request(&mut server);
    assert_eq!(server.next(T0), Ok(Next::NeedApp));
    assert_eq!(text(&mut server), "");
    server.respond_with(first, &Response::new(Status::OK), "").unwrap();
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    assert_eq!(text(&mut server), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
}

#[test]
fn rustsec_2020_0093_2025_0037_an_unread_body_is_never_the_next_request() {
    let smuggled = "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n";
    let next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
    for body in [
        format!("Content-Length: {}\r\n\r\n{smuggled}", smuggled.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{smuggled}\r\n0\r\nX: y\r\n\r\n", smuggled.len()),
    ] {
        let input = format!("POST / HTTP/1.1\r\nHost: h\r\n{body}{next}");
        for cut in 0..input.len() {
            let mut server = Server::new(strict());
            let mut targets = Vec::new();
            for piece in [&input.as_bytes()[..cut], &input.as_bytes()[cut..]] {
                feed(&mut server.link().rx, piece);
                while let Next::Event(event) = server.next(T0).unwrap() {
                    match event {
                        RequestEvent::Request { id, head, .. } => {
                            targets.push(head.target().to_string());
                            server.respond_with(id, &Response::new(Status::OK), "").unwrap();
                        }
                        other => panic!("{other:?} of an answered request"),
                    }
                }
            }
            assert_eq!(targets, ["/", "/next"], "cut at {cut}");
        }
    }
    // More than it is worth to discard: the connection ends.
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    let id = request(&mut server);
    server.respond_with(id, &Response::new(Status::OK), "").unwrap();
    assert!(text(&mut server).contains("connection: close\r\n"));
    feed(&mut server.link().rx, smuggled.as_bytes());
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    server.link().rx.close();
    assert_eq!(server.next(T0), Ok(Next::Done));
    // A chunked one that turns out so long.
    let mut server = Server::new(Config::builder().max_drain(100).build().unwrap());
    feed(&mut server.link().rx, CHUNKED.as_bytes());
    let id = request(&mut server);
    server.respond_with(id, &Response::new(Status::OK), "").unwrap();
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    assert!(!server.link().tx.is_ended());
    feed(&mut server.link().rx, format!("100\r\n{}", "x".repeat(256)).as_bytes());
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    assert!(server.link().tx.is_ended());
    // One that breaks: nothing more is to be said.
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, CHUNKED.as_bytes());
    let id = request(&mut server);
    server.respond_with(id, &Response::new(Status::OK), "").unwrap();
    feed(&mut server.link().rx, b"zz\r\n");
    assert_eq!(server.next(T0), Err(Error::ChunkSize));
    assert_eq!(text(&mut server), "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
}

#[test]
fn rfc9112_9_6_an_early_reply_while_the_body_arrives() {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab");
    let id = request(&mut server);
    // Begun, not finished: the body is still told.
    server.respond(id, &Response::new(Status::OK), Body::Unknown).unwrap();
    for piece in ["ab", "cd"] {
        let Ok(Next::Event(RequestEvent::Data { bytes, .. })) = server.next(T0) else { panic!() };
        assert_eq!(bytes, piece);
        server.send_data(id, bytes).unwrap();
        feed(&mut server.link().rx, if piece == "ab" { b"cd" } else { b"" });
    }
    end(&mut server);
    server.finish(id).unwrap();
    assert!(text(&mut server).ends_with("\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"));
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
}

#[test]
fn rfc9110_7_8_upgrade_in_a_426_goes_with_its_connection_option() {
    let required = Response::new(Status::UPGRADE_REQUIRED).field(FieldName::UPGRADE, FieldValue::literal("websocket"));
    for (version, response, connection) in [
        ("1.1", required.clone(), "connection: upgrade\r\n"),
        ("1.1", required.clone().close(), "connection: close, upgrade\r\n"),
        ("1.0", required, "connection: close, upgrade\r\n"),
    ] {
        let mut server = Server::new(strict());
        feed(&mut server.link().rx, format!("GET / HTTP/{version}\r\nHost: h\r\n\r\n").as_bytes());
        let Ok(Next::Event(RequestEvent::Request { id, .. })) = server.next(T0) else { panic!() };
        server.respond(id, &response, Body::Empty).unwrap();
        let expected =
            format!("HTTP/1.1 426 Upgrade Required\r\nupgrade: websocket\r\ncontent-length: 0\r\n{connection}\r\n");
        assert_eq!(text(&mut server), expected);
    }
}

#[test]
fn rustsec_2026_0033_upgrade_only_after_the_reply() {
    const ASK: &[u8] =
        b"GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00early";
    let switching =
        Response::new(Status::SWITCHING_PROTOCOLS).field(FieldName::UPGRADE, FieldValue::literal("websocket"));
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, ASK);
    let Ok(Next::Event(RequestEvent::Request { id, head, .. })) = server.next(T0) else { panic!() };
    assert!(head.asks_upgrade());
    assert_eq!(server.upgrade(id, &switching), Err(Misuse::OutOfTurn), "the request must end first");
    end(&mut server);
    assert_eq!(server.next(T0), Ok(Next::NeedApp), "what follows isn't HTTP, or is: it depends on the answer");
    assert_eq!(server.upgrade(id, &Response::new(Status::OK)), Err(Misuse::Invalid));
    assert_eq!(server.upgrade(id, &Response::new(Status::SWITCHING_PROTOCOLS)), Err(Misuse::Invalid));
    server.upgrade(id, &switching).unwrap();
    assert_eq!(server.next(T0), Ok(Next::Event(RequestEvent::Upgraded { id })));
    assert_eq!(server.next(T0), Ok(Next::Done));
    let mut link = server.into_link();
    assert_eq!(link.rx.data(), b"\x81\x00early");
    assert!(!link.tx.is_ended());
    let output = String::from_utf8(drain(&mut link.tx)).unwrap();
    assert_eq!(output, "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n");

    // No switch: ordinary HTTP goes on.
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, &[&ASK[..ASK.len() - 7], b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n"].concat());
    let id = request(&mut server);
    end(&mut server);
    assert_eq!(server.next(T0), Ok(Next::NeedApp));
    server.respond_with(id, &Response::new(Status::OK), "").unwrap();
    request(&mut server);

    // It takes HTTP/1.1 and both fields.
    for input in [
        "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n\r\n",
    ] {
        let mut server = Server::new(strict());
        feed(&mut server.link().rx, input.as_bytes());
        let id = request(&mut server);
        end(&mut server);
        assert_eq!(server.upgrade(id, &switching), Err(Misuse::Invalid), "{input:?}");
    }
}

#[test]
fn rfc9110_9_3_6_connect() {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n\x16\x03");
    let Ok(Next::Event(RequestEvent::Request { id, head, .. })) = server.next(T0) else { panic!() };
    assert_eq!(head.host(), Some("h:443"));
    end(&mut server);
    assert_eq!(server.next(T0), Ok(Next::NeedApp));
    let ok = Response::new(Status::OK);
    assert_eq!(server.respond_with(id, &ok, ""), Err(Misuse::Invalid), "a 2xx would be a tunnel");
    server.upgrade(id, &ok).unwrap();
    assert_eq!(server.next(T0), Ok(Next::Event(RequestEvent::Upgraded { id })));
    let mut link = server.into_link();
    assert_eq!(link.rx.data(), b"\x16\x03");
    assert_eq!(drain(&mut link.tx), b"HTTP/1.1 200 OK\r\n\r\n");
}

#[test]
fn rfc9110_15_2_interim_responses() {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    let id = request(&mut server);
    let hints = Response::new(Status::EARLY_HINTS).field(FieldName::LINK, FieldValue::literal("</a.css>; rel=preload"));
    server.interim(id, &hints).unwrap();
    assert_eq!(server.interim(id, &Response::new(Status::OK)), Err(Misuse::Invalid));
    assert_eq!(server.interim(id, &Response::new(Status::SWITCHING_PROTOCOLS)), Err(Misuse::Invalid));
    server.respond(id, &Response::new(Status::NO_CONTENT), Body::Empty).unwrap();
    let output = text(&mut server);
    assert_eq!(
        output,
        "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
    );
    // "A server MUST NOT send a 1xx response to an HTTP/1.0 client."
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"GET / HTTP/1.0\r\n\r\n");
    let id = request(&mut server);
    server.interim(id, &hints).unwrap();
    assert_eq!(text(&mut server), "");
}

/// Answers one request and returns what left.
fn reply(request_head: &str, answer: impl FnOnce(&mut Server, Id)) -> String {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, request_head.as_bytes());
    let id = request(&mut server);
    end(&mut server);
    answer(&mut server, id);
    text(&mut server)
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const HEAD: &str = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
const GET10: &str = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

#[test]
fn rfc9112_6_framing_of_responses() {
    let ok = Response::new(Status::OK);
    let whole = |server: &mut Server, id| server.respond_with(id, &ok, "hello").unwrap();
    assert_eq!(reply(GET, whole), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    assert_eq!(reply(HEAD, whole), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
    assert_eq!(reply(GET10, whole), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: keep-alive\r\n\r\nhello");
    let pieces = |body: Body| {
        let ok = ok.clone();
        move |server: &mut Server, id| {
            server.respond(id, &ok, body).unwrap();
            for piece in ["he", "", "llo"] {
                server.send_data(id, piece).unwrap();
            }
            server.finish(id).unwrap();
        }
    };
    assert_eq!(reply(GET, pieces(Body::Length(5))), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    assert_eq!(
        reply(GET, pieces(Body::Unknown)),
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    );
    assert_eq!(reply(HEAD, pieces(Body::Unknown)), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    assert_eq!(reply(HEAD, pieces(Body::Length(5))), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
    assert_eq!(reply(GET10, pieces(Body::Unknown)), "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
    let empty =
        |status| move |server: &mut Server, id| server.respond(id, &Response::new(status), Body::Empty).unwrap();
    assert_eq!(reply(GET, empty(Status::NO_CONTENT)), "HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(reply(GET, empty(Status::NOT_MODIFIED)), "HTTP/1.1 304 Not Modified\r\n\r\n");
    assert_eq!(reply(GET, empty(Status::RESET_CONTENT)), "HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(reply(GET, empty(Status::NOT_FOUND)), "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    let odd = Status::new(599).unwrap();
    assert_eq!(reply(GET, empty(odd)), "HTTP/1.1 599 \r\ncontent-length: 0\r\n\r\n");
    let not_modified = Response::new(Status::NOT_MODIFIED);
    let announced = |server: &mut Server, id| {
        server.respond(id, &not_modified, Body::Length(9)).unwrap();
        server.finish(id).unwrap();
    };
    assert_eq!(reply(GET, announced), "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n");
    let teapot = Response::with_reason(Status::new(418).unwrap(), Reason::new("I'm a teapot").unwrap())
        .field(FieldName::SERVER, FieldValue::literal("pot"));
    assert_eq!(
        reply(GET, |server, id| server.respond_with(id, &teapot, "").unwrap()),
        "HTTP/1.1 418 I'm a teapot\r\nserver: pot\r\ncontent-length: 0\r\n\r\n"
    );
}

#[test]
fn rfc9110_6_5_trailers_are_sent_to_those_who_want_them() {
    let trailers = Trailers::new().field(FieldName::literal("x-sum"), FieldValue::literal("1"));
    let send = |response: Response| {
        let trailers = trailers.clone();
        move |server: &mut Server, id| {
            server.respond(id, &response, Body::Unknown).unwrap();
            server.finish_with(id, &trailers).unwrap();
        }
    };
    let wants = "GET / HTTP/1.1\r\nHost: h\r\nTE: gzip;q=0.5, trailers\r\n\r\n";
    assert!(reply(wants, send(Response::new(Status::OK))).ends_with("\r\n\r\n0\r\nx-sum: 1\r\n\r\n"));
    assert!(reply(GET, send(Response::new(Status::OK))).ends_with("\r\n\r\n0\r\n\r\n"));
    let announced = Response::new(Status::OK).field(FieldName::TRAILER, FieldValue::literal("x-sum"));
    assert!(reply(GET, send(announced)).ends_with("0\r\nx-sum: 1\r\n\r\n"));
    for name in [FieldName::CONTENT_LENGTH, FieldName::HOST, FieldName::CONTENT_TYPE, FieldName::CONNECTION] {
        let bad = Trailers::new().field(name, FieldValue::literal("1"));
        reply(wants, |server, id| {
            server.respond(id, &Response::new(Status::OK), Body::Unknown).unwrap();
            assert_eq!(server.finish_with(id, &bad), Err(Misuse::Invalid), "{name}");
        });
    }
}

#[test]
fn rustsec_2017_0002_2020_0008_nothing_illegal_leaves() {
    for value in ["a\r\nb: c", "a\nb", "a\rb", "a\0b", " a", "a ", "a\u{7f}", "\u{1}"] {
        assert!(FieldValue::new(value).is_err(), "{value:?}");
        assert!(FieldName::new(value).is_err(), "{value:?}");
    }
    for name in ["", "a b", "a:", "\u{e9}", "a("] {
        assert!(FieldName::new(name).is_err(), "{name:?}");
    }
    assert!(Reason::new("a\r\nb").is_err());
    assert!(Status::new(99).is_err() && Status::new(1000).is_err());

    let misuse = |response: Response, body: Body| {
        let mut server = Server::new(strict());
        feed(&mut server.link().rx, GET.as_bytes());
        let id = request(&mut server);
        assert_eq!(server.respond(id, &response, body), Err(Misuse::Invalid), "{response:?} {body:?}");
        assert_eq!(text(&mut server), "", "nothing changed");
        server.respond_with(id, &Response::new(Status::OK), "").unwrap();
    };
    let with = |name, value| Response::new(Status::OK).field(name, FieldValue::literal(value));
    misuse(with(FieldName::CONTENT_LENGTH, "4"), Body::Length(5));
    misuse(with(FieldName::CONTENT_LENGTH, "4"), Body::Unknown);
    misuse(with(FieldName::CONTENT_LENGTH, "x"), Body::Length(5));
    misuse(with(FieldName::TRANSFER_ENCODING, "chunked"), Body::Length(5));
    misuse(with(FieldName::TRANSFER_ENCODING, "gzip"), Body::Unknown);
    misuse(with(FieldName::CONNECTION, "x-hop"), Body::Empty);
    misuse(Response::new(Status::CONTINUE), Body::Empty);
    misuse(Response::new(Status::SWITCHING_PROTOCOLS), Body::Empty);
    misuse(Response::new(Status::new(600).unwrap()), Body::Empty);
    misuse(Response::new(Status::NO_CONTENT), Body::Length(1));
    misuse(Response::new(Status::RESET_CONTENT), Body::Unknown);
    // What agrees is taken.
    let agrees = with(FieldName::CONTENT_LENGTH, "5");
    let output = reply(GET, |server, id| server.respond_with(id, &agrees, "hello").unwrap());
    assert_eq!(output, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let output = reply(HEAD, |server, id| server.respond(id, &agrees, Body::Empty).unwrap());
    assert_eq!(output, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
}

#[test]
fn rfc9112_6_2_a_bodys_length_is_kept() {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, GET.as_bytes());
    let id = request(&mut server);
    assert_eq!(server.send_data(id, "x"), Err(Misuse::OutOfTurn));
    assert_eq!(server.finish(id), Err(Misuse::OutOfTurn));
    server.respond(id, &Response::new(Status::OK), Body::Length(3)).unwrap();
    assert_eq!(server.respond(id, &Response::new(Status::OK), Body::Empty), Err(Misuse::OutOfTurn));
    server.send_data(id, "ab").unwrap();
    assert_eq!(server.finish(id), Err(Misuse::TooShort));
    assert_eq!(server.send_data(id, "cd"), Err(Misuse::TooLong));
    server.send_data(id, "c").unwrap();
    server.finish(id).unwrap();
    assert_eq!(server.finish(id), Err(Misuse::UnknownId));
    assert!(text(&mut server).ends_with("\r\n\r\nabc"));
}

#[test]
fn rfc9110_6_6_1_date() {
    let config = Config::builder().unix_at_origin(Some(Duration::from_secs(784_111_777))).build().unwrap();
    let mut server = Server::new(config);
    for (seconds, date) in [(0, "Sun, 06 Nov 1994 08:49:37 GMT"), (86_400, "Mon, 07 Nov 1994 08:49:37 GMT")] {
        feed(&mut server.link().rx, GET.as_bytes());
        let now = T0 + Duration::from_secs(seconds);
        let Ok(Next::Event(RequestEvent::Request { id, .. })) = server.next(now) else { panic!() };
        assert!(matches!(server.next(now), Ok(Next::Event(RequestEvent::End { .. }))));
        server.respond_with(id, &Response::new(Status::OK), "").unwrap();
        assert_eq!(text(&mut server), format!("HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: 0\r\n\r\n"));
    }
    feed(&mut server.link().rx, GET.as_bytes());
    let id = request(&mut server);
    let own = Response::new(Status::OK).field(FieldName::DATE, FieldValue::literal("Sun, 06 Nov 1994 08:49:37 GMT"));
    server.respond_with(id, &own, "").unwrap();
    assert_eq!(text(&mut server).matches("date:").count(), 1);
}

#[test]
fn limits_bite_as_the_bytes_arrive() {
    let line = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(8200));
    let fits = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(8192 - 16));
    let one_more = format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(8192 - 15));
    let field = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "a".repeat(33_000));
    let fields = format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", "X: y\r\n".repeat(100));
    let hundred = format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", "X: y\r\n".repeat(99));
    refused(
        &strict(),
        &[
            (&line, Error::LineTooLong),
            (&one_more, Error::LineTooLong),
            (&field, Error::HeadTooLong),
            (&fields, Error::TooManyFields),
            (&"a".repeat(8192), Error::RequestLine),
        ],
    );
    for good in [fits, hundred] {
        assert_eq!(every_way(&strict(), good.as_bytes(), false).error, None);
    }
    let small = Config::builder().max_body(Some(4)).max_fields(2).build().unwrap();
    refused(
        &small,
        &[
            ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", Error::BodyTooLong),
            ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999\r\n\r\n", Error::BodyTooLong),
            ("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nC: d\r\n\r\n", Error::TooManyFields),
        ],
    );
    broken(&small, &[("5\r\n", Error::BodyTooLong), ("4\r\nabcd\r\n1\r\n", Error::BodyTooLong)]);
    // The longest head there can be.
    let config = Config::builder().max_head(65_535).max_line(65_535).build().unwrap();
    let longest = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "a".repeat(65_535 - 32));
    assert_eq!(longest.len(), 65_535);
    assert_eq!(serve(&config, &[longest.as_bytes()], false, false).error, None);
}

#[test]
fn rustsec_2022_0035_2026_0007_nothing_is_reserved_because_a_length_was_declared() {
    let input = format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", 1u64 << 63);
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, input.as_bytes());
    request(&mut server);
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    assert!(server.link().rx.limit() <= 64 * 1024);
}

#[test]
fn configurations_are_validated() {
    let builder = Config::builder;
    let bad = [
        builder().max_head(63),
        builder().max_head(65_536),
        builder().max_line(15),
        builder().max_line(40_000),
        builder().max_fields(0),
        builder().max_chunk_line(19),
        builder().max_trailers(1),
        builder().max_pipelined(0),
        builder().head_timeout(Some(Duration::ZERO)),
        builder().drain_timeout(Some(Duration::ZERO)),
    ];
    for config in bad {
        assert!(config.clone().build().is_err(), "{config:?}");
    }
    assert_eq!(builder().build().unwrap(), Config::default());
    assert!(builder().head_timeout(None).idle_timeout(Some(Duration::MAX)).build().is_ok());
}

fn at(millis: u64) -> Instant {
    T0 + Duration::from_millis(millis)
}

#[test]
fn slow_heads_get_a_408() {
    let mut server = Server::new(strict());
    let mut now = 0;
    let error = loop {
        feed(&mut server.link().rx, if now == 0 { b"GET / HTTP/1.1\r\nX: " } else { b"x" });
        match server.next(at(now)) {
            Ok(Next::NeedInput) => assert_eq!(server.deadline(), Some(at(15_000))),
            other => break other,
        }
        now += 1000;
    };
    assert_eq!(error, Err(Error::Timeout(barewire::http1::Timer::Head)));
    assert_eq!(now, 15_000);
    assert!(text(&mut server).starts_with("HTTP/1.1 408 "));
    assert_eq!(server.deadline(), None);
    // Also if it arrives in time, but is looked at late.
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"GET /");
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    feed(&mut server.link().rx, b" HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(matches!(server.next(at(60_000)), Ok(Next::Event(_))));
}

#[test]
fn slow_bodies_get_a_408() {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    request(&mut server);
    let mut now = 0;
    let error = loop {
        match server.next(at(now)) {
            Ok(Next::NeedInput) => {}
            Ok(Next::Event(_)) => continue,
            other => break other,
        }
        now += 1000;
        feed(&mut server.link().rx, b"x");
    };
    assert_eq!(error, Err(Error::Timeout(barewire::http1::Timer::Body)));
    assert_eq!(now, 10_000);
    // A pace above the least goes on, and an application that takes its time isn't held against the client.
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    request(&mut server);
    for second in 0..100 {
        while let Next::Event(_) = server.next(at(second * 1000)).unwrap() {}
        feed(&mut server.link().rx, &[b'x'; 300]);
    }
    assert!(matches!(server.next(at(1_000_000)), Ok(Next::Event(_))));
    assert_eq!(server.next(at(2_000_000)), Ok(Next::NeedInput));
    assert!(server.deadline().unwrap() > at(2_000_000), "law 4");
}

#[test]
fn idle_connections_are_closed_without_a_word() {
    let mut server = Server::new(strict());
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    assert_eq!(server.deadline(), Some(at(75_000)));
    feed(&mut server.link().rx, GET.as_bytes());
    let now = at(70_000);
    let Ok(Next::Event(RequestEvent::Request { id, .. })) = server.next(now) else { panic!() };
    assert!(matches!(server.next(now), Ok(Next::Event(_))));
    assert_eq!(server.next(now), Ok(Next::NeedInput));
    assert_eq!(server.deadline(), None, "it is the application's turn");
    server.respond_with(id, &Response::new(Status::OK), "").unwrap();
    text(&mut server);
    // A lone empty line starts nothing.
    feed(&mut server.link().rx, b"\r\n");
    assert_eq!(server.next(at(80_000)), Ok(Next::NeedInput));
    assert_eq!(server.deadline(), Some(at(155_000)));
    assert_eq!(server.next(at(154_999)), Ok(Next::NeedInput));
    assert_eq!(server.next(at(155_000)), Ok(Next::Done));
    assert_eq!(text(&mut server), "");
    assert!(server.link().tx.wants_fin());
}

#[test]
fn slow_readers_are_cut() {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, GET.as_bytes());
    let id = request(&mut server);
    end(&mut server);
    server.respond_with(id, &Response::new(Status::OK), vec![b'x'; 1_000_000]).unwrap();
    let mut now = 0;
    let error = loop {
        match server.next(at(now)) {
            Ok(Next::NeedInput) => assert!(server.deadline().is_some_and(|deadline| deadline > at(now))),
            other => break other,
        }
        now += 1000;
        server.link().tx.advance(1);
    };
    assert_eq!(error, Err(Error::Timeout(barewire::http1::Timer::Send)));
    assert_eq!(now, 30_000);
    assert!(server.link().tx.is_aborted());
}

#[test]
fn rfc9112_9_6_a_close_lingers() {
    let close = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let closed = || {
        let mut server = Server::new(strict());
        feed(&mut server.link().rx, close);
        let id = request(&mut server);
        end(&mut server);
        server.respond_with(id, &Response::new(Status::OK), "").unwrap();
        assert!(server.link().tx.is_ended());
        assert_eq!(server.next(T0), Ok(Next::NeedInput));
        // A driver drains what is queued and doesn't ask again before something comes or is due.
        assert_eq!(server.deadline(), Some(at(5000)));
        server
    };
    let mut server = closed();
    assert_eq!(server.next(at(5000)), Ok(Next::NeedInput), "the reply hasn't left");
    assert_eq!(server.deadline(), Some(at(10_000)));
    let closed = || {
        let mut server = closed();
        text(&mut server);
        server
    };
    let mut server = closed();
    feed(&mut server.link().rx, b"GET /more HTTP/1.1\r\n\r\n");
    assert_eq!(server.next(at(1000)), Ok(Next::NeedInput));
    assert!(server.link().rx.is_empty());
    server.link().rx.close();
    assert_eq!(server.next(at(2000)), Ok(Next::Done));
    let mut server = closed();
    assert_eq!(server.next(at(5000)), Ok(Next::Done));
    let mut server = closed();
    for _ in 0..4 {
        feed(&mut server.link().rx, &[0; 16 * 1024]);
        assert_eq!(server.next(T0), Ok(Next::NeedInput));
    }
    feed(&mut server.link().rx, &[0; 1]);
    assert_eq!(server.next(T0), Ok(Next::Done));
}

#[test]
fn idle_begins_with_the_wait_for_the_next_request() {
    let answered = || {
        let mut server = Server::new(strict());
        feed(&mut server.link().rx, GET.as_bytes());
        let id = request(&mut server);
        end(&mut server);
        server.respond_with(id, &Response::new(Status::OK), "").unwrap();
        assert_eq!(server.next(T0), Ok(Next::NeedInput));
        server
    };
    // A driver drains what is queued and doesn't ask again before something comes or is due.
    let mut server = answered();
    text(&mut server);
    let mut now = 0;
    while now < 75_000 {
        assert_eq!(server.next(at(now)), Ok(Next::NeedInput), "{now}");
        now = server.deadline().unwrap().as_nanos() / 1_000_000;
        assert!(now <= 75_000, "{now}");
    }
    assert_eq!(server.next(at(now)), Ok(Next::Done));
    assert!(server.link().tx.is_ended());
    // Who is slow with the last reply isn't idle: at least the reader's pace is to be kept, so there is a reply to that.
    let mut server = answered();
    let body = vec![0; 100_000];
    feed(&mut server.link().rx, GET.as_bytes());
    let id = request(&mut server);
    end(&mut server);
    server.respond_with(id, &Response::new(Status::OK), body).unwrap();
    for second in 0..200 {
        assert_eq!(server.next(at(second * 1000)), Ok(Next::NeedInput), "{second}");
        server.link().tx.advance(300);
    }
}

#[test]
fn shutdown_answers_what_runs() {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, GET.repeat(3).as_bytes());
    let first = request(&mut server);
    end(&mut server);
    let second = request(&mut server);
    server.shutdown();
    end(&mut server);
    assert_eq!(server.next(T0), Ok(Next::NeedApp));
    server.respond_with(first, &Response::new(Status::OK), "").unwrap();
    server.respond_with(second, &Response::new(Status::OK), "").unwrap();
    let output = text(&mut server);
    assert_eq!(output.matches("HTTP/1.1 200").count(), 2);
    assert!(output.ends_with("\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
    assert_eq!(output.matches("connection: close").count(), 1);
    server.link().rx.close();
    assert_eq!(server.next(T0), Ok(Next::Done));
    // With nothing open it closes at once.
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, b"GET / HT");
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    server.shutdown();
    assert!(server.link().tx.wants_fin());
    server.link().rx.close();
    assert_eq!(server.next(T0), Ok(Next::Done));
}

#[test]
fn a_response_that_closes_is_the_last() {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, GET.repeat(2).as_bytes());
    let first = request(&mut server);
    end(&mut server);
    let second = request(&mut server);
    server.respond_with(first, &Response::new(Status::OK).close(), "").unwrap();
    assert_eq!(server.respond_with(second, &Response::new(Status::OK), ""), Err(Misuse::Closed));
    assert!(text(&mut server).contains("connection: close"));
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
}

#[test]
fn a_fault_in_the_middle_of_a_reply_leaves_it_unfinished() {
    let mut server = Server::new(strict());
    feed(&mut server.link().rx, CHUNKED.as_bytes());
    let id = request(&mut server);
    server.respond(id, &Response::new(Status::OK), Body::Unknown).unwrap();
    server.send_data(id, "part").unwrap();
    feed(&mut server.link().rx, b"zz\r\n");
    assert_eq!(server.next(T0), Err(Error::ChunkSize));
    let output = text(&mut server);
    assert!(output.ends_with("4\r\npart\r\n"), "{output}");
    assert!(server.link().tx.wants_fin());
    assert_eq!(server.finish(id), Err(Misuse::Closed));
}

/// The next event, which is a request's head.
fn request(server: &mut Server) -> Id {
    match server.next(T0) {
        Ok(Next::Event(RequestEvent::Request { id, .. })) => id,
        other => panic!("{other:?} where a request was expected"),
    }
}

/// The next event, which is the request's end.
fn end(server: &mut Server) {
    let next = server.next(T0);
    assert!(matches!(next, Ok(Next::Event(RequestEvent::End { .. }))), "{next:?} where the end was expected");
}

/// Everything queued.
fn text(server: &mut Server) -> String {
    String::from_utf8(drain(&mut server.link().tx)).unwrap()
}
