//! Versions (RFC 9110 §2.5, RFC 9112 §2.3). Ours: 1.0 and 1.1; a well-formed other one is a 505, a malformed one a 400.

use super::table::{Case, case, line};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let rule = "9110 §15.6.6: a version that isn't supported";
    for version in
        ["HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9", "HTTP/1.2", "HTTP/1.9", "HTTP/0.0", "HTTP/2.1", "HTTP/0.1"]
    {
        let name = format!("version {version}");
        cases.push(case(name, rule, line(format!("GET / {version}"))).refuse(&[505]));
    }
    let rule = "9112 §2.3: \"HTTP\" \"/\" DIGIT \".\" DIGIT, case-sensitive";
    for version in [
        &b"http/1.1"[..],
        b"Http/1.1",
        b"HTTp/1.1",
        b"HTTP/1",
        b"HTTP/1.",
        b"HTTP/.1",
        b"HTTP/11",
        b"HTTP/1.10",
        b"HTTP/1.11",
        b"HTTP/11.1",
        b"HTTP/01.1",
        b"HTTP/1.01",
        b"HTTP/01.01",
        b"HTTP/1,1",
        b"HTTP/1.1.1",
        b"HTTP/+1.1",
        b"HTTP/-1.1",
        b"HTTP/1.-1",
        b"HTTP/ 1.1",
        b"HTTP /1.1",
        b"HTTP/1 .1",
        b"HTTP/1. 1",
        b"HTTP\\1.1",
        b"HTTP1.1",
        b"HTTP-1.1",
        b"HTTP/x.y",
        b"HTTP/1.x",
        b"HTTP/1.1x",
        b"HTTP/0x1.1",
        b"HTTP/A.1",
        b"HTTP/",
        b"HTTP",
        b"HTT",
        b"HTTPS/1.1",
        b"XHTTP/1.1",
        b"HTP/1.1",
        b"ICAP/1.0",
        b"RTSP/1.0",
        b"SIP/2.0",
        b"1.1",
        b"/1.1",
        b"HTTP/1.\xef\xbc\x91",
        b"HTTP/1.1\0",
        b"HTTP/1.\0",
        b"HTTP/1.1;",
        b"HTTP/1.1,",
        b"\"HTTP/1.1\"",
        b"HTTP//1.1",
        b"HTTP/1.1/",
        b"HTTP/:.1",
        b"HTTP/1./",
        b"H\x00TTP/1.1",
    ] {
        let name = format!("version {}", version.escape_ascii());
        cases.push(case(name, rule, line([b"GET / ", version].concat())).bad());
    }
    let preface = "9113 §3.4: HTTP/2 with prior knowledge, not a request of ours";
    cases.extend([
        case("version HTTP/1.0", "9112 §2.3", line("GET / HTTP/1.0")).get().closes(),
        case("version HTTP/1.0 without fields", "9112 §3.2: only 1.1 requires Host", "GET / HTTP/1.0\r\n\r\n").get().closes(),
        case("HTTP/2's preface", preface, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").refuse(&[505]),
        case("HTTP/2's preface and a frame", preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").refuse(&[505]),
        case("PRI of HTTP/1.1", "9112 §3.2.4", line("PRI * HTTP/1.1")).bad(),
        case("PRI with a path", "9110 §9.1: a token like others", line("PRI / HTTP/1.1")).echo("PRI", "/", ""),
        case("HTTP/2.0 without Host", "9110 §15.6.6", "GET / HTTP/2.0\r\n\r\n").refuse(&[505]),
        case("a good request, then HTTP/2.0", "9110 §15.6.6", [line("GET / HTTP/1.1"), line("GET / HTTP/2.0")].concat())
            .get()
            .refuse(&[505]),
        case("HTTP/2.0, then a good request", "9110 §15.6.6", [line("GET / HTTP/2.0"), line("GET / HTTP/1.1")].concat())
            .refuse(&[505]),
        case("h2c by upgrade is HTTP/1.1 until it is accepted", "9110 §7.8", {
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
        })
        .get(),
    ]);
    cases
}
