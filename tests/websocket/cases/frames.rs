//! Headers: lengths, masks, reserved bits, opcodes, control frames (RFC 6455 §5.1, §5.2, §5.5; Autobahn 1 to 4).

use super::super::table::At::{Headed, Header};
use super::super::table::{Case, case};
use super::super::wire::{begin, binary, close, frame, last, more, ping, pong, text};
use barewire::websocket::{Error, Reserved};

pub(super) fn all() -> Vec<Case> {
    [sizes(), lengths(), masks(), pings(), reserved(), opcodes(), control()].into_iter().flatten().collect()
}

fn sizes() -> Vec<Case> {
    let mut cases = Vec::new();
    for size in [0, 1, 2, 3, 4, 5, 7, 8, 124, 125, 126, 127, 128, 129, 255, 256, 4095, 4096, 65_535, 65_536, 65_537] {
        let star = "*".repeat(size);
        let bytes = vec![0xFE; size];
        cases.push(case(format!("1.1: text of {size}"), "Autobahn 1.1", [text(&star)]).text(&star));
        cases.push(case(format!("1.2: binary of {size}"), "Autobahn 1.2", [binary(&bytes)]).binary(&*bytes));
        let twice = [text(&star), binary(&bytes), text("!")];
        cases.push(case(format!("{size} bytes, thrice"), "§5.2", twice).text(&star).binary(bytes).text("!"));
    }
    cases
}

fn lengths() -> Vec<Case> {
    const MINIMAL: &str = "\"the minimal number of bytes MUST be used to encode the length\" (§5.2)";
    let mut cases = Vec::new();
    for size in [0, 1, 125] {
        let name = |bytes| format!("a length of {size} in {bytes} bytes");
        let (two, eight) = (binary(vec![1; size]).length_in_two(), binary(vec![1; size]).length_in_eight());
        cases.push(case(name(2), MINIMAL, [two]).fails(Error::Length, Header(0, 4)));
        cases.push(case(name(8), MINIMAL, [eight]).fails(Error::Length, Header(0, 10)));
    }
    for size in [126, 127, 65_535] {
        let eight = binary(vec![1; size]).length_in_eight();
        cases
            .push(case(format!("a length of {size} in 8 bytes"), MINIMAL, [eight]).fails(Error::Length, Header(0, 10)));
    }
    cases.push(
        case("behind a message, a length of 5 in 2 bytes", MINIMAL, [text("one"), text("small").length_in_two()])
            .text("one")
            .fails(Error::Length, Header(1, 4)),
    );
    for length in [1 << 63, u64::MAX, (1 << 63) + 5] {
        cases.push(
            case(
                format!("a length of {length:#x}"),
                "\"the most significant bit MUST be 0\" (§5.2)",
                [binary("").declaring(length)],
            )
            .fails(Error::Length, Header(0, 10)),
        );
    }
    for (name, length) in [("16 MiB and a byte", (16 << 20) + 1), ("63 bits", u64::MAX >> 1)] {
        cases.push(
            case(format!("a frame of {name}"), "max_frame", [binary("").declaring(length)])
                .fails(Error::LongFrame, Headed(0)),
        );
        let frames = [text("one"), begin("a"), more("").declaring(length)];
        cases.push(
            case(format!("a fragment of {name}"), "max_frame", frames).text("one").fails(Error::LongFrame, Headed(2)),
        );
    }
    cases
}

fn masks() -> Vec<Case> {
    const RULE: &str = "\"The server MUST close the connection upon receiving a frame that is not masked. [..] A client \
                        MUST close a connection if it detects a masked frame\" (§5.1)";
    let mut cases = Vec::new();
    for (name, wrong) in [
        ("text", text("hi")),
        ("empty text", text("")),
        ("a long one", binary([0; 300])),
        ("ping", ping("hi")),
        ("empty pong", pong("")),
        ("close", close(1000, "")),
        ("an empty close", frame(0x88, "")),
    ] {
        cases
            .push(case(format!("mask: {name}"), RULE, [wrong.clone().mismasked()]).fails(Error::Masking, Header(0, 2)));
        cases.push(
            case(format!("mask: {name} after others"), RULE, [text("one"), ping("two"), wrong.mismasked()])
                .text("one")
                .ping("two")
                .fails(Error::Masking, Header(2, 2)),
        );
    }
    let fragment = [begin("a"), last("b").mismasked()];
    cases.push(case("mask: a fragment", RULE, fragment).fails(Error::Masking, Header(1, 2)));
    cases
}

fn pings() -> Vec<Case> {
    const PONG: &str =
        "\"a Pong frame sent in response to a Ping frame must have identical Application data\" (§5.5.3)";
    let ten = (0..10).map(|i| ping(format!("payload-{i}"))).collect::<Vec<_>>();
    let ten = (0..10).fold(case("2.10: ten pings", PONG, ten), |case, i| case.ping(format!("payload-{i}")));
    vec![
        case("2.1: a ping without a payload", PONG, [ping("")]).ping(""),
        case("2.2: a ping with text", PONG, [ping("Hello, world!")]).ping("Hello, world!"),
        case("2.3: a ping with bytes", PONG, [ping(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff")])
            .ping(b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),
        case("2.4: a ping of 125", PONG, [ping([0xFE; 125])]).ping([0xFE; 125]),
        case(
            "2.5: a ping of 126",
            "\"control frames MUST have a payload length of 125 bytes or less\" (§5.5)",
            [text("one"), ping([0xFE; 126])],
        )
        .text("one")
        .fails(Error::LongControl, Header(1, 2)),
        case(
            "2.7: a pong nobody asked for",
            "\"A response to an unsolicited Pong frame is not expected\" (§5.5.3)",
            [pong("")],
        )
        .pong(""),
        case("2.8: one with a payload", "§5.5.3", [pong("unsolicited")]).pong("unsolicited"),
        case("2.9: one, then a ping", "§5.5.3", [pong("unsolicited"), ping("ping")]).pong("unsolicited").ping("ping"),
        ten,
    ]
}

fn reserved() -> Vec<Case> {
    const RULE: &str = "\"MUST be 0 unless an extension is negotiated [..] the receiving endpoint MUST _Fail the \
                        WebSocket Connection_\" (§5.2)";
    let mut cases = Vec::new();
    for bits in 1..8u8 {
        for (name, opcode) in [("text", 1), ("binary", 2), ("ping", 9), ("pong", 10), ("close", 8)] {
            // The two behind it must not be answered.
            let frames = [text("one"), frame(0x80 | bits << 4 | opcode, "\x03\u{e8}"), ping("late"), text("late")];
            cases
                .push(case(format!("3.{bits}: {name}"), RULE, frames).text("one").fails(Error::Reserved, Header(1, 1)));
        }
        let frames = [begin("a"), frame(bits << 4, "b"), last("c")];
        cases.push(case(format!("3.{bits}: a fragment"), RULE, frames).fails(Error::Reserved, Header(1, 1)));
        let frames = [frame(bits << 4 | 1, "a"), last("c")];
        cases.push(case(format!("3.{bits}: the first fragment"), RULE, frames).fails(Error::Reserved, Header(0, 1)));
    }
    let rsv1 = |frames: Vec<_>, name: &str| {
        case(format!("RSV1 claimed: {name}"), "RFC 7692 §6", frames).with(|config| config.reserved(Reserved::RSV1))
    };
    cases.push(rsv1(vec![text("a"), frame(0xA1, "b")], "RSV2").text("a").fails(Error::Reserved, Header(1, 1)));
    cases.push(rsv1(vec![text("a"), frame(0xE1, "b")], "RSV1 and RSV2").text("a").fails(Error::Reserved, Header(1, 1)));
    cases.push(rsv1(vec![text("a"), frame(0xC9, "b")], "a ping").text("a").fails(Error::Reserved, Header(1, 1)));
    cases.push(rsv1(vec![frame(0x41, ""), frame(0xC0, "b")], "a fragment").fails(Error::Reserved, Header(1, 1)));
    cases
}

fn opcodes() -> Vec<Case> {
    const RULE: &str = "\"If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket \
                        Connection_\" (§5.2)";
    let mut cases = Vec::new();
    for opcode in [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        let error = Error::Opcode(opcode);
        for (name, wrong) in [("empty", frame(0x80 | opcode, "")), ("with a payload", frame(0x80 | opcode, "reserved"))]
        {
            cases.push(case(format!("4: opcode {opcode}, {name}"), RULE, [wrong.clone()]).fails(error, Header(0, 1)));
            let frames = [text("Hello, world!"), wrong, ping("")];
            cases.push(
                case(format!("4: opcode {opcode}, {name}, behind a message"), RULE, frames)
                    .text("Hello, world!")
                    .fails(error, Header(1, 1)),
            );
        }
        cases.push(
            case(
                format!("4: opcode {opcode} between fragments"),
                RULE,
                [begin("a"), frame(0x80 | opcode, ""), last("b")],
            )
            .fails(error, Header(1, 1)),
        );
        cases.push(
            case(format!("4: opcode {opcode}, a fragment"), RULE, [frame(opcode, "")]).fails(error, Header(0, 1)),
        );
    }
    cases
}

fn control() -> Vec<Case> {
    const LONG: &str = "\"All control frames MUST have a payload length of 125 bytes or less\" (§5.5)";
    const FRAGMENT: &str = "\"and MUST NOT be fragmented\" (§5.5)";
    let mut cases = Vec::new();
    for (name, opcode) in [("close", 8u8), ("ping", 9), ("pong", 10)] {
        for size in [126, 127, 200, 65_536] {
            let frames = [text("one"), frame(0x80 | opcode, vec![3; size])];
            cases.push(
                case(format!("a {name} of {size}"), LONG, frames).text("one").fails(Error::LongControl, Header(1, 2)),
            );
            let frames = [begin("a"), frame(0x80 | opcode, vec![3; size]), last("b")];
            cases.push(
                case(format!("a {name} of {size} in between"), LONG, frames).fails(Error::LongControl, Header(1, 2)),
            );
        }
        for long in [frame(0x80 | opcode, "hi").length_in_two(), frame(0x80 | opcode, "hi").length_in_eight()] {
            let name = format!("a {name} with {long:?}");
            cases.push(case(name, LONG, [long]).fails(Error::LongControl, Header(0, 2)));
        }
        for payload in ["", "hi"] {
            let frames = [text("one"), frame(opcode, payload), last("rest")];
            cases.push(
                case(format!("5.1: a {name} of {} in fragments", payload.len()), FRAGMENT, frames)
                    .text("one")
                    .fails(Error::FragmentedControl, Header(1, 1)),
            );
        }
        let frames = [begin("a"), frame(opcode, "hi"), last("b")];
        cases.push(
            case(format!("5.2: a {name} in fragments, in between"), FRAGMENT, frames)
                .fails(Error::FragmentedControl, Header(1, 1)),
        );
    }
    let at_the_limit = [ping([1; 125]), pong([2; 125]), close(3000, "r".repeat(123))];
    cases.push(
        case("control frames of 125", LONG, at_the_limit)
            .ping([1; 125])
            .pong([2; 125])
            .closes(Some((3000, &"r".repeat(123)))),
    );
    cases.push(
        case("a ping cut by the end of the stream counts for nothing", "§5.5.2", [text("one"), begin("a"), ping("x")])
            .text("one")
            .ping("x"),
    );
    cases
}
