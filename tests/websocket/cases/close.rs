//! Close frames and what follows them (RFC 6455 §5.5.1, §7; Autobahn 7).

use super::super::table::At::{End, Header};
use super::super::table::{Case, case};
use super::super::wire::{begin, close, frame, last, more, ping, text};
use barewire::websocket::Error;

pub(super) fn all() -> Vec<Case> {
    [handshake(), codes(), reasons()].into_iter().flatten().collect()
}

fn handshake() -> Vec<Case> {
    const DISCARD: &str = "\"After receiving a control frame indicating the connection should be closed, a peer discards \
                           any further data received\" (§1.4)";
    let normal = Some((1000, ""));
    vec![
        case("7.1.1: a message, then a close", "§7.1", [text("one"), close(1000, "")]).text("one").closes(normal),
        case("7.1.2: two closes", DISCARD, [close(1000, ""), close(1001, "")]).closes(normal),
        case("7.1.3: a ping after a close", DISCARD, [close(1000, ""), ping("late")]).closes(normal),
        case("7.1.4: text after a close", DISCARD, [close(1000, ""), text("late")]).closes(normal),
        case("7.1.5: a close between fragments", "§5.5", [begin("frag"), close(1000, ""), last("ment")]).closes(normal),
        case(
            "7.1.6: a long message, a close, a ping",
            DISCARD,
            [text("x".repeat(9000)), close(1000, ""), ping("late")],
        )
        .text("x".repeat(9000))
        .closes(normal),
        case("nonsense after a close", DISCARD, [close(1000, ""), frame(0xFF, "late")]).closes(normal),
        case("7.3.1: an empty close", "\"The Close frame MAY contain a body\" (§5.5.1)", [frame(0x88, "")])
            .closes(None),
        case(
            "7.3.2: a close of one byte",
            "\"If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer\" (§5.5.1)",
            [text("one"), frame(0x88, "a")],
        )
        .text("one")
        .fails(Error::CloseLength, End(1)),
        case("7.3.3: a code alone", "§5.5.1", [close(1000, "")]).closes(normal),
        case("7.3.4: a code and a reason", "§5.5.1", [close(1000, "Hello World!")])
            .closes(Some((1000, "Hello World!"))),
        case("7.3.5: a reason of 123", "§5.5", [close(1000, "*".repeat(123))]).closes(Some((1000, &"*".repeat(123)))),
        case(
            "7.3.6: a reason of 124",
            "\"a payload length of 125 bytes or less\" (§5.5)",
            [close(1000, "*".repeat(124))],
        )
        .fails(Error::LongControl, Header(0, 2)),
        case("a bad close between fragments", "§5.5.1", [begin("a"), more("b"), frame(0x88, "a")])
            .fails(Error::CloseLength, End(2)),
    ]
}

fn codes() -> Vec<Case> {
    const VALID: &str = "§7.4, and the registry it founds";
    const INVALID: &str = "\"MUST NOT be set as a status code in a Close control frame by an endpoint\", \"Status codes in \
                           the range 0-999 are not used\", or not assigned (§7.4)";
    let mut cases = Vec::new();
    let valid = |code| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    let some = [0, 1, 2, 255, 256, 500, 999, 1100, 1999, 2000, 2500, 2998, 2999, 3000, 3001, 3999, 4000, 4998, 4999];
    let more = [5000, 5001, 9999, 10_000, 32_767, 32_768, 65_534, 65_535];
    for code in some.into_iter().chain(1000..=1020).chain(more) {
        for reason in ["", "because"] {
            let frames = [text("one"), close(code, reason)];
            cases.push(if valid(code) {
                let name = format!("7.7: {code} {reason}");
                case(name, VALID, frames).text("one").closes(Some((code, reason)))
            } else {
                let name = format!("7.9: {code} {reason}");
                case(name, INVALID, frames).text("one").fails(Error::CloseCode(code), End(1))
            });
        }
    }
    cases
}

fn reasons() -> Vec<Case> {
    const RULE: &str = "\"the body MAY contain UTF-8-encoded data\" (§5.5.1)";
    let mut cases = vec![
        case(
            "7.5.1: a reason that is not UTF-8",
            RULE,
            [text("one"), close(1000, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited")],
        )
        .text("one")
        .fails(Error::Utf8, End(1)),
        case("a reason in Greek", RULE, [close(1000, "κόσμε 😀")]).closes(Some((1000, "κόσμε 😀"))),
    ];
    for (n, reason) in
        [&b"\xff"[..], b"\x80", b"ok\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc0\x80"].into_iter().enumerate()
    {
        cases.push(case(format!("a bad reason {n}"), RULE, [close(1000, reason)]).fails(Error::Utf8, End(0)));
    }
    cases
}
