//! Expect (RFC 9110 §10.1.1). That a 100 goes out, and when, depends on how far the input has come: `continues.rs`.

use super::table::{Case, case, get, post};

const CONTINUE: &str = "9110 §10.1.1: it doesn't change how the request is read";
const OTHER: &str = "9110 §10.1.1: an expectation that can't be met MAY be a 417; is";

pub(crate) fn cases() -> Vec<Case> {
    let with = |expect: &str| post(format!("Content-Length: 5\r\nExpect: {expect}\r\n"), "hello");
    let mut cases = vec![
        case("100-continue and a length", CONTINUE, with("100-continue")).post("hello"),
        case("100-Continue and a length", "9110 §10.1.1: regardless of case", with("100-Continue")).post("hello"),
        case("100-continue and chunks", CONTINUE, {
            post("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", "5\r\nhello\r\n0\r\n\r\n")
        })
        .post("hello"),
        case(
            "100-continue before its length",
            CONTINUE,
            post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"),
        )
        .post("hello"),
        case("100-continue and length 0", CONTINUE, post("Content-Length: 0\r\nExpect: 100-continue\r\n", "")).post(""),
        case(
            "100-continue and no body",
            "9110 §10.1.1: without content it means nothing",
            get("Expect: 100-continue\r\n"),
        )
        .get(),
        case("100-continue, then a request", CONTINUE, [with("100-continue"), get("")].concat()).post("hello").get(),
        case("100-continue twice", CONTINUE, [with("100-continue"), with("100-continue")].concat())
            .post("hello")
            .post("hello"),
        case("100-continue of 1.0", "9110 §10.1.1: a server MUST ignore it in 1.0", {
            "POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello"
        })
        .post("hello")
        .closes(),
        case(
            "100-continue and close",
            CONTINUE,
            post("Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n", "hello"),
        )
        .post("hello")
        .closes(),
        case(
            "100-continue and a bad length",
            CONTINUE,
            post("Content-Length: +5\r\nExpect: 100-continue\r\n", "hello"),
        )
        .bad(),
        case("100-continue and both framings", CONTINUE, {
            post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n", "hello")
        })
        .bad(),
        case(
            "100-continue and a bad chunk",
            CONTINUE,
            post("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", "z\r\n"),
        )
        .bad(),
        case(
            "100-continue and no Host",
            CONTINUE,
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
        )
        .bad(),
        case("X-Expect expects nothing", CONTINUE, post("Content-Length: 5\r\nX-Expect: x\r\n", "hello")).post("hello"),
    ];
    for value in [
        "200-ok",
        "x",
        "100",
        "continue",
        "100-continues",
        "100-continu",
        "x=y",
        "100-continue, x",
        "x, 100-continue",
        "100 continue",
        "100_continue",
    ] {
        cases.push(case(format!("expect {value}"), OTHER, with(value)).refuse(&[417]));
    }
    cases.extend([
        case(
            "expect x in a second line",
            OTHER,
            post("Content-Length: 5\r\nExpect: 100-continue\r\nExpect: x\r\n", "hello"),
        )
        .refuse(&[417]),
        case("expect x without a body", OTHER, get("Expect: x\r\n")).refuse(&[417]),
        case("a good request, then expect x", OTHER, [get(""), get("Expect: x\r\n")].concat()).get().refuse(&[417]),
    ]);
    cases
}
