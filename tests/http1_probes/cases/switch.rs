//! Upgrade and CONNECT (RFC 9110 §7.8, §9.3.6): after the switch every byte is the other protocol's; without it HTTP goes on.

use super::table::{Case, case, get, post};

const UPGRADE: &str = "9110 §7.8: the request ends first, then the other protocol begins";
const NONE: &str = "9110 §7.8: this asks for no switch";
const CONNECT: &str = "9110 §9.3.6: behind a 2xx all is the tunnel's";
const TARGET: &str = "9112 §3.2.3: host and port, and nothing else; 9110 §9.3.6: an empty or invalid port is a 400";

pub(crate) fn cases() -> Vec<Case> {
    let ask = "Connection: Upgrade\r\nUpgrade: x\r\n";
    let connect = |target: &str| format!("CONNECT {target} HTTP/1.1\r\nHost: h\r\n\r\n");
    let mut cases = vec![
        case("a switch", UPGRADE, get(ask)).get().switches_to(""),
        case("a switch with early bytes", UPGRADE, [&get(ask)[..], b"early"].concat()).get().switches_to("early"),
        case("a switch with early bytes like a request", UPGRADE, [get(ask), get("")].concat()).get().switches_to(get("")),
        case("a switch with early line ends", UPGRADE, [&get(ask)[..], b"\r\n\r\n"].concat()).get().switches_to("\r\n\r\n"),
        case("a switch with early binary", UPGRADE, [&get(ask)[..], b"\x81\x05hello\0\xff"].concat()).get().switches_to(b"\x81\x05hello\0\xff"),
        case("a switch behind a body", UPGRADE, post(format!("{ask}Content-Length: 5\r\n"), "helloearly")).post("hello").switches_to("early"),
        case("a switch behind chunks", UPGRADE, {
            post(format!("{ask}Transfer-Encoding: chunked\r\n"), "5\r\nhello\r\n0\r\n\r\n0\r\n\r\n")
        })
        .post("hello")
        .switches_to("0\r\n\r\n"),
        case("a switch behind another request", UPGRADE, [&get("")[..], &get(ask), b"early"].concat()).get().get().switches_to("early"),
        case("a switch, case and lists", UPGRADE, get("connection: keep-alive, UPGRADE\r\nupgrade: WebSocket\r\n")).get().switches_to(""),
        case("a switch in two Connection lines", UPGRADE, get("Connection: a\r\nConnection: upgrade\r\nUpgrade: x\r\n")).get().switches_to(""),
        case("a switch that is declined", "9110 §7.8: a server MAY ignore it", get(ask)).get(),
        case("a switch that is declined, then a request", UPGRADE, [get(ask), get("")].concat()).get().get(),
        case("a switch that is declined, then nonsense", UPGRADE, [&get(ask)[..], b"nonsense\r\n"].concat()).get().bad(),
        case("a switch that is declined, with a body", UPGRADE, [post(format!("{ask}Content-Length: 5\r\n"), "hello"), get("")].concat())
            .post("hello")
            .get(),
        case("a WebSocket that is declined", UPGRADE, {
            get("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n")
        })
        .get(),
        case("a WebSocket by POST that is declined", UPGRADE, post("Connection: Upgrade\r\nUpgrade: websocket\r\n", "")).post(""),
        case("a switch of 1.0", "9110 §7.8: a server MUST ignore it in 1.0", format!("GET / HTTP/1.0\r\n{ask}\r\n")).get().closes(),
        case("a tunnel", CONNECT, connect("h:80")).echo("CONNECT", "h:80", "").host("h:80").switches_to(""),
        case("a tunnel with early bytes", CONNECT, connect("h:80") + "early").echo("CONNECT", "h:80", "").switches_to("early"),
        case("a tunnel with an early request", CONNECT, [connect("h:80").into_bytes(), get("")].concat())
            .echo("CONNECT", "h:80", "")
            .switches_to(get("")),
        case("a tunnel to IPv6", CONNECT, connect("[::1]:443")).echo("CONNECT", "[::1]:443", "").host("[::1]:443").switches_to(""),
        case("a tunnel to a number", CONNECT, connect("127.0.0.1:8080")).echo("CONNECT", "127.0.0.1:8080", "").switches_to(""),
        case("a tunnel's target beats Host", CONNECT, "CONNECT a:1 HTTP/1.1\r\nHost: b:2\r\n\r\n")
            .echo("CONNECT", "a:1", "")
            .host("a:1")
            .switches_to(""),
        case("a tunnel of 1.0", CONNECT, "CONNECT h:80 HTTP/1.0\r\n\r\n").echo("CONNECT", "h:80", "").switches_to(""),
        case("a tunnel behind a request", CONNECT, [&get("")[..], connect("h:80").as_bytes(), b"x"].concat())
            .get()
            .echo("CONNECT", "h:80", "")
            .switches_to("x"),
        case("a tunnel with a coding", "9110 §9.3.6: a CONNECT has no content; refused", {
            "CONNECT h:80 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        })
        .bad(),
        case("a tunnel with a length", "9110 §9.3.6: a CONNECT has no content; refused", {
            "CONNECT h:80 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
        })
        .bad(),
        case("connect in lower case is another method", "9110 §9.1", "connect h:80 HTTP/1.1\r\nHost: h\r\n\r\n").bad(),
        case("a tunnel with a bad Host", "9112 §3.2", "CONNECT h:80 HTTP/1.1\r\nHost: a/b\r\n\r\n").bad(),
        case("a switch with a bad length", UPGRADE, post(format!("{ask}Content-Length: x\r\n"), "")).bad(),
        case("a switch with half a body waits", "RUSTSEC-2026-0033: no byte of the other protocol before the switch", {
            post(format!("{ask}Content-Length: 5\r\n"), "hell")
        })
        .waits(),
    ];
    for lines in [
        "Upgrade: x\r\n",
        "Connection: upgrade\r\n",
        "Connection: Upgrade, close\r\n",
        "Connection: x\r\nUpgrade: x\r\n",
        "Connection: upgrades\r\nUpgrade: x\r\n",
        "X-Connection: upgrade\r\nUpgrade: x\r\n",
    ] {
        let mut case = case(format!("no switch by {}", lines.escape_default()), NONE, get(lines)).get();
        case.switches = true;
        cases.push(if lines.contains("close") { case.closes() } else { case });
    }
    for target in [
        "h",
        "h:",
        ":80",
        "h:x",
        "h:8a",
        "h:99999",
        "h:-1",
        "h:80:80",
        "/",
        "/h:80",
        "*",
        "http://h:80/",
        "http://h:80",
        "h:80/",
        "h:80?q",
        "h:80#f",
        "u@h:80",
        "u:p@h:80",
        "[::1]",
        "[::1]:",
        "[::1:80",
        "::1:80",
        "[h]:80",
        "h\\:80",
        "//h:80",
        "h:80,x:80",
        "h:+80",
    ] {
        cases.push(case(format!("tunnel to {target}"), TARGET, connect(target)).bad());
    }
    cases
}
