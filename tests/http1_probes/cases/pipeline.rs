//! Pipelining (RFC 9112 §9.3.2): each is answered, in order; a bad one only after the good ones before it.

use super::table::{Case, case, chunked, get, post};

const ORDER: &str = "9112 §9.3.2: answers in the order of the requests";
const FIRST: &str = "9112 §9.3.2: good requests before a bad one are answered first";

pub(crate) fn cases() -> Vec<Case> {
    let request = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");
    let mut cases = vec![
        case("two", ORDER, [request("/a"), request("/b")].concat()).echo("GET", "/a", "").echo("GET", "/b", ""),
        case(
            "three methods",
            ORDER,
            [&b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"[..], &post("Content-Length: 2\r\n", "ab"), &get("")].concat(),
        )
        .echo("HEAD", "/a", "")
        .post("ab")
        .get(),
        case("HEAD with a body between others", ORDER, {
            [&get("")[..], b"HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", &get("")].concat()
        })
        .get()
        .echo("HEAD", "/", "abc")
        .get(),
        case(
            "all framings",
            ORDER,
            [chunked("1\r\na\r\n0\r\n\r\n"), post("Content-Length: 1\r\n", "b"), post("", ""), get("")].concat(),
        )
        .post("a")
        .post("b")
        .post("")
        .get(),
        case("a request and half of one", ORDER, [&get("")[..], b"GET / HT"].concat()).get().waits(),
        case("a request and half a head", ORDER, [&get("")[..], b"GET / HTTP/1.1\r\nHost: h\r\n"].concat())
            .get()
            .waits(),
        case("a request and half a body", ORDER, [get(""), post("Content-Length: 5\r\n", "he")].concat()).get().waits(),
        case("a request and half a chunk", ORDER, [get(""), chunked("5\r\nhe")].concat()).get().waits(),
        case(
            "a good one after a bad one isn't read",
            FIRST,
            [&get("")[..], b"GET / HTTP/1.1\r\n\r\n", &get("")].concat(),
        )
        .get()
        .bad(),
        case(
            "a pipelined upgrade is declined",
            ORDER,
            [get("Connection: Upgrade\r\nUpgrade: x\r\n"), get("")].concat(),
        )
        .get()
        .get(),
    ];
    for n in [4, 16, 17, 40] {
        let mut all = case(format!("{n} requests"), ORDER, "");
        for at in 0..n {
            let target = format!("/{at}");
            all.input.extend_from_slice(request(&target).as_bytes());
            all = all.echo("GET", &target, "");
        }
        cases.push(all);
    }
    for n in [2, 20] {
        let mut all = case(format!("{n} bodies"), ORDER, "");
        for at in 0..n {
            let body = "x".repeat(at);
            if at % 2 == 0 {
                all.input.extend(post(format!("Content-Length: {at}\r\n"), &body));
            } else {
                all.input.extend(chunked(format!("{at:x}\r\n{body}\r\n0\r\n\r\n")));
            }
            all = all.post(body);
        }
        cases.push(all);
    }
    for (name, bad) in [
        ("no Host", "GET / HTTP/1.1\r\n\r\n"),
        ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        ("a bad method", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a bad target", "GET a HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a bad field", "GET / HTTP/1.1\r\nHost: h\r\na b: c\r\n\r\n"),
        ("a bad length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na"),
        ("a bad coding", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: x\r\n\r\n"),
        (
            "both framings",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        ),
        ("a bad chunk", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"),
        ("a bad trailer", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx\r\n\r\n"),
        ("a fold", "GET / HTTP/1.1\r\nHost: h\r\na: b\r\n c\r\n\r\n"),
        ("nonsense", "nonsense\r\n\r\n"),
        ("LF", "GET / HTTP/1.1\nHost: h\n\n"),
    ] {
        let three =
            [&get("")[..], &post("Content-Length: 2\r\n", "ab"), &chunked("1\r\na\r\n0\r\n\r\n"), bad.as_bytes()]
                .concat();
        cases.push(case(format!("three, then {name}"), FIRST, three).get().post("ab").post("a").bad());
        let closing = [&get("Connection: close\r\n")[..], bad.as_bytes()].concat();
        cases.push(case(format!("close, then {name}"), "9112 §9.6", closing).get().closes());
    }
    cases
}
