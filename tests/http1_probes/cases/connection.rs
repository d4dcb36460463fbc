//! Persistence and its end (RFC 9112 §9.3, §9.6; RFC 9110 §7.6.1).

use super::table::{Case, case, get, post};

const CLOSE: &str = "9112 §9.6: nothing is read as a request behind close";
const KEEP: &str = "9112 §9.3: 1.1 persists";
const OLD: &str = "9112 §9.3: 1.0 persists only with keep-alive";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for lines in [
        "Connection: close\r\n",
        "Connection: Close\r\n",
        "Connection: CLOSE\r\n",
        "connection:close\r\n",
        "Connection:\tclose \r\n",
        "Connection: close, x\r\n",
        "Connection: x, close\r\n",
        "Connection: x,close,y\r\n",
        "Connection: , close\r\n",
        "Connection: close,\r\n",
        "Connection: keep-alive, close\r\n",
        "Connection: close, keep-alive\r\n",
        "Connection: x\r\nConnection: close\r\n",
        "Connection: close\r\nConnection: keep-alive\r\n",
        "Connection: keep-alive\r\na: b\r\nConnection: close\r\n",
        "Connection: close, close\r\n",
        "Connection: \t,\t close\t,\r\n",
        "Connection: TE, close\r\nTE: trailers\r\n",
    ] {
        let name = format!("closes by {}", lines.escape_default());
        cases.push(case(name, CLOSE, get(lines)).get().closes());
    }
    for lines in [
        "Connection: keep-alive\r\n",
        "Connection: x\r\n",
        "Connection: closed\r\n",
        "Connection: xclose\r\n",
        "Connection: clos\r\n",
        "Connection: close-x\r\n",
        "Connection:\r\n",
        "Connection: ,\r\n",
        "Connection: Keep-Alive\r\nKeep-Alive: timeout=5\r\n",
        "Proxy-Connection: close\r\n",
        "Keep-Alive: close\r\n",
        "X-Connection: close\r\n",
        "Connection_: close\r\n",
        "Connection: Host\r\n",
        "Connection: TE\r\nTE: trailers\r\n",
        "close: close\r\n",
        "Connection: keep-alive, keep-alive\r\n",
    ] {
        let name = format!("persists by {}", lines.escape_default());
        cases.push(case(name, KEEP, get(lines)).get());
    }
    let old = |lines: &str| format!("GET / HTTP/1.0\r\n{lines}\r\n");
    for lines in [
        "Connection: keep-alive\r\n",
        "Connection: Keep-Alive\r\n",
        "Connection: KEEP-ALIVE\r\n",
        "Connection: x, keep-alive\r\n",
        "Connection: x\r\nConnection: keep-alive\r\n",
        "Connection: ,keep-alive,\r\n",
    ] {
        let name = format!("1.0 persists by {}", lines.escape_default());
        cases.push(case(name, OLD, old(lines)).get());
    }
    for lines in [
        "",
        "Connection: close\r\n",
        "Connection: keep-alive, close\r\n",
        "Connection: close, keep-alive\r\n",
        "Connection: x\r\n",
        "Connection: keepalive\r\n",
        "Connection: keep-alives\r\n",
        "Proxy-Connection: keep-alive\r\n",
        "Keep-Alive: timeout=5\r\n",
        "Connection: keep alive\r\n",
        "Connection: keep-alive\r\nConnection: close\r\n",
        "X-Connection: keep-alive\r\n",
    ] {
        if lines.contains("keep alive") {
            continue;
        }
        let name = format!("1.0 closes by {:?}", lines);
        cases.push(case(name, OLD, old(lines)).get().closes());
    }
    cases.extend([
        case("two of 1.0 with keep-alive", OLD, old("Connection: keep-alive\r\n").repeat(2)).get().get(),
        case("1.0 with keep-alive, then 1.1", OLD, [old("Connection: keep-alive\r\n").into_bytes(), get("")].concat())
            .get()
            .get(),
        case("1.1, then 1.0", OLD, [get(""), old("").into_bytes()].concat()).get().get().closes(),
        case("1.0 with keep-alive and a body", OLD, {
            "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello".repeat(2)
        })
        .post("hello")
        .post("hello"),
        case("close, then a request", CLOSE, [get("Connection: close\r\n"), get("")].concat()).get().closes(),
        case("close, then a bad request", "the good reply goes out, not a 400 in its place", {
            [&get("Connection: close\r\n")[..], b"\0\0\0\r\n\r\n"].concat()
        })
        .get()
        .closes(),
        case("1.0, then a bad request", CLOSE, [old("").as_bytes(), b"\0\0\0\r\n\r\n"].concat()).get().closes(),
        case("a request, then close", CLOSE, [get(""), get("Connection: close\r\n")].concat()).get().get().closes(),
        case("close with a body", CLOSE, post("Connection: close\r\nContent-Length: 5\r\n", "hello"))
            .post("hello")
            .closes(),
        case("close with a body, then a request", CLOSE, {
            [post("Connection: close\r\nContent-Length: 5\r\n", "hello"), get("")].concat()
        })
        .post("hello")
        .closes(),
        case("close with chunks, then a request", CLOSE, {
            [post("Connection: close\r\nTransfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"), get("")].concat()
        })
        .post("hello")
        .closes(),
        case("close, the body is still coming", CLOSE, post("Connection: close\r\nContent-Length: 5\r\n", "hell"))
            .waits(),
        case("close, a bad chunk", CLOSE, post("Connection: close\r\nTransfer-Encoding: chunked\r\n", "z\r\n")).bad(),
        case("HEAD and close", CLOSE, "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            .echo("HEAD", "/", "")
            .closes(),
        case("HEAD of 1.0", OLD, "HEAD / HTTP/1.0\r\n\r\n").echo("HEAD", "/", "").closes(),
        case("Connection names a field that isn't there", "9110 §7.6.1", get("Connection: nothing\r\n")).get(),
    ]);
    cases
}
