//! Which response answers which request (RFC 9112 §9.2, §9.3.2), interim ones (RFC 9110 §15.2), and switches (§7.8, §9.3.6).

use super::table::{Case, case};

const ONE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1";
const TWO: &str = "HTTP/1.1 404 x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n2\r\n0\r\n\r\n";
const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
const SWITCH: &str = "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
const UNASKED: &str = "9112 §9.2: data without a request outstanding is no response";
const ORDER: &str = "9112 §9.3.2: responses in the order of the requests";
const INTERIM: &str = "9110 §15.2: any number of them before the final one; bounded";
const UPGRADE: &str = "9110 §7.8: only to what was offered, and then every byte is the other protocol's";

pub(crate) fn cases() -> Vec<Case> {
    let cat = |parts: &[&str]| parts.concat();
    let hint = "HTTP/1.1 103 x\r\nLink: </a>\r\n\r\n";
    let go = "HTTP/1.1 100 Continue\r\n\r\n";
    vec![
        case("no request, nothing", UNASKED, "", ""),
        case("no request, a response", UNASKED, "", ONE).fails(),
        case("no request, a 408", UNASKED, "", "HTTP/1.1 408 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            .fails(),
        case("no request, an empty line", UNASKED, "", "\r\n").fails(),
        case("no request, one byte", UNASKED, "", "H").fails(),
        case("no request, a 103", UNASKED, "", hint).fails(),
        case("one request, two responses", UNASKED, "GET", cat(&[ONE, TWO])).ok("1").fails(),
        case("one request, a response and an empty line", UNASKED, "GET", cat(&[ONE, "\r\n"])).ok("1").fails(),
        case("one request, a response and a 103", UNASKED, "GET", cat(&[ONE, hint])).ok("1").fails(),
        case("two requests, three responses", UNASKED, "GET GET", cat(&[ONE, TWO, ONE]))
            .ok("1")
            .response(404, "2")
            .fails(),
        case("two", ORDER, "GET GET", cat(&[ONE, TWO])).ok("1").response(404, "2"),
        case("one of two", ORDER, "GET GET", ONE).ok("1").waits(),
        case("HEAD, then GET", ORDER, "HEAD GET", cat(&[HEAD, ONE])).ok("").ok("1"),
        case("GET, then HEAD", ORDER, "GET HEAD", cat(&[ONE, HEAD])).ok("1").ok(""),
        case("HEAD between", ORDER, "GET HEAD POST", cat(&[ONE, HEAD, TWO])).ok("1").ok("").response(404, "2"),
        case("two of HEAD", ORDER, "HEAD HEAD", cat(&[HEAD, HEAD])).ok("").ok(""),
        case("close before the second", "9112 §9.6: what was sent behind it is unanswered", "GET GET", {
            cat(&["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1"])
        })
        .ok("1")
        .fails(),
        case("close, and yet a second", "9112 §9.6", "GET GET", {
            cat(&["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1", TWO])
        })
        .ok("1")
        .fails(),
        case("until close before the second", "9112 §6.3", "GET GET", "HTTP/1.1 200 OK\r\n\r\nhello")
            .ok("hello")
            .until_close(),
        case("a 103", INTERIM, "GET", cat(&[hint, ONE])).interim(103).ok("1"),
        case("three of 103", INTERIM, "GET", cat(&[hint, hint, hint, ONE]))
            .interim(103)
            .interim(103)
            .interim(103)
            .ok("1"),
        case("a 102", INTERIM, "GET", cat(&["HTTP/1.1 102 x\r\n\r\n", ONE])).interim(102).ok("1"),
        case("a 199", INTERIM, "GET", cat(&["HTTP/1.1 199 x\r\n\r\n", ONE])).interim(199).ok("1"),
        case("a 100 that wasn't expected", "9110 §15.2.1: is discarded", "GET", cat(&[go, ONE])).ok("1"),
        case("a 100 behind a POST", "9110 §15.2.1", "POST", cat(&[go, ONE])).ok("1"),
        case("a 100 and a 103", INTERIM, "GET", cat(&[go, hint, ONE])).interim(103).ok("1"),
        case("a 103 for each of two", INTERIM, "GET GET", cat(&[hint, ONE, hint, TWO]))
            .interim(103)
            .ok("1")
            .interim(103)
            .response(404, "2"),
        case("a 103 to HEAD", INTERIM, "HEAD", cat(&[hint, HEAD])).interim(103).ok(""),
        case("a 103 to CONNECT", INTERIM, "CONNECT", cat(&[hint, "HTTP/1.1 200 OK\r\n\r\nx"]))
            .interim(103)
            .switched(200, "x"),
        case("only a 103", "9112 §8", "GET", hint).interim(103).waits(),
        case(
            "a 103 with a length has no body",
            INTERIM,
            "GET",
            cat(&["HTTP/1.1 103 x\r\nContent-Length: 5\r\n\r\n", ONE]),
        )
        .interim(103)
        .ok("1"),
        case("sixteen of 103", INTERIM, "GET", cat(&[&hint.repeat(16), ONE])).also(16).ok("1"),
        case("seventeen of 103", INTERIM, "GET", cat(&[&hint.repeat(17), ONE])).also(16).fails(),
        case("endless 100", INTERIM, "GET", go.repeat(1000)).fails(),
        case("a 101", UPGRADE, "UPGRADE", SWITCH).switched(101, ""),
        case("a 101 and early bytes", UPGRADE, "UPGRADE", cat(&[SWITCH, "early"])).switched(101, "early"),
        case("a 101 and early bytes like a response", UPGRADE, "UPGRADE", cat(&[SWITCH, ONE])).switched(101, ONE),
        case("a 101 behind a 103", UPGRADE, "UPGRADE", cat(&[hint, SWITCH])).interim(103).switched(101, ""),
        case("a 101 behind another response", UPGRADE, "GET UPGRADE", cat(&[ONE, SWITCH, "x"]))
            .ok("1")
            .switched(101, "x"),
        case("a 101 with a length", "9110 §15.2.2, 9112 §6.3", "UPGRADE", {
            "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 5\r\n\r\nearly"
        })
        .switched(101, "early"),
        case("a 101 that wasn't asked for", UPGRADE, "GET", SWITCH).fails(),
        case("a 101 to HEAD", UPGRADE, "HEAD", SWITCH).fails(),
        case("a 101 to the wrong request", UPGRADE, "GET UPGRADE", SWITCH).fails(),
        case("a 101 to CONNECT", UPGRADE, "CONNECT", SWITCH).fails(),
        case(
            "a 101 without Upgrade",
            "9110 §7.8: MUST send it",
            "UPGRADE",
            "HTTP/1.1 101 x\r\nConnection: upgrade\r\n\r\n",
        )
        .fails(),
        case("a 101 without Connection", "9110 §7.8: MUST send it", "UPGRADE", "HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\n")
            .fails(),
        case("a 101 of 1.0", "9110 §7.8", "UPGRADE", SWITCH.replace("1.1", "1.0")).fails(),
        case("a 101 without a request", UNASKED, "", SWITCH).fails(),
        case("an offer that is declined", UPGRADE, "UPGRADE", ONE).ok("1"),
        case(
            "an offer that is declined with 426",
            UPGRADE,
            "UPGRADE",
            "HTTP/1.1 426 x\r\nUpgrade: y\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n",
        )
        .response(426, ""),
        case("a tunnel", "9110 §9.3.6", "CONNECT", "HTTP/1.1 200 OK\r\n\r\n").switched(200, ""),
        case("a tunnel by 204", "9110 §9.3.6: any 2xx", "CONNECT", "HTTP/1.1 204 x\r\n\r\nearly")
            .switched(204, "early"),
        case("a tunnel of 1.0", "9110 §9.3.6", "CONNECT", "HTTP/1.0 200 OK\r\n\r\nearly").switched(200, "early"),
        case("a tunnel that closes", "9110 §9.3.6", "CONNECT", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nearly")
            .switched(200, "early"),
        case("a tunnel behind another response", "9110 §9.3.6", "GET CONNECT", cat(&[ONE, "HTTP/1.1 200 OK\r\n\r\nx"]))
            .ok("1")
            .switched(200, "x"),
        case(
            "no tunnel",
            "9110 §9.3.6: else it is a response like others",
            "CONNECT",
            "HTTP/1.1 407 x\r\nContent-Length: 2\r\n\r\nno",
        )
        .response(407, "no"),
        case("no tunnel, with chunks", "9110 §9.3.6", "CONNECT", TWO).response(404, "2"),
        case("no tunnel, until close", "9110 §9.3.6", "CONNECT", "HTTP/1.1 502 x\r\n\r\nno")
            .response(502, "no")
            .until_close(),
        case("no tunnel by 304", "9110 §9.3.6", "CONNECT", "HTTP/1.1 304 x\r\n\r\n").response(304, ""),
        case("2xx to GET is no tunnel", "9110 §9.3.6", "GET", ONE).ok("1"),
    ]
}

impl Case {
    /// So many of 103.
    fn also(mut self, times: usize) -> Self {
        for _ in 0..times {
            self = self.interim(103);
        }
        self
    }
}
