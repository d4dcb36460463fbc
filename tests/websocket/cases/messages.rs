//! Messages in fragments, control frames in between, and their limits (RFC 6455 §5.4; Autobahn 5, 9, 10).

use super::super::table::At::{End, Headed, Header};
use super::super::table::{Case, case};
use super::super::wire::{Frame, begin, binary, frame, last, more, ping, pong, text};
use barewire::websocket::Error;

pub(super) fn all() -> Vec<Case> {
    [fragments(), order(), limits()].into_iter().flatten().collect()
}

/// `payload` in fragments of `size`.
fn chopped(first: u8, payload: &[u8], size: usize) -> Vec<Frame> {
    let mut frames: Vec<_> = payload.chunks(size).map(more).collect();
    frames.first_mut().unwrap().first |= first;
    frames.last_mut().unwrap().first |= 0x80;
    frames
}

fn fragments() -> Vec<Case> {
    const MIDDLE: &str = "\"Control frames [..] MAY be injected in the middle of a fragmented message\" (§5.4)";
    let mut cases = vec![
        case("5.3: in two", "§5.4", [begin("frag"), last("ment")]).text("fragment"),
        case("5.6: a ping in between", MIDDLE, [begin("frag"), ping("p"), last("ment")]).ping("p").text("fragment"),
        case("5.7: with a pong", MIDDLE, [begin("frag"), pong("p"), last("ment")]).pong("p").text("fragment"),
        case(
            "5.19: five with pings",
            MIDDLE,
            [
                begin("1"),
                more("2"),
                ping("pongme 1"),
                more("3"),
                ping("pongme 2!"),
                more("4"),
                ping(""),
                last("5"),
                ping("behind"),
            ],
        )
        .ping("pongme 1")
        .ping("pongme 2!")
        .ping("")
        .text("12345")
        .ping("behind"),
        case("empty fragments", "§5.4", [begin(""), more(""), last("")]).text(""),
        case("empty fragments of bytes", "§5.4", [frame(2, ""), more(""), ping(""), last("")]).ping("").binary(""),
        case("empty fragments around some", "§5.4", [begin(""), more("a"), more(""), last("")]).text("a"),
        case("a fragment without an end waits", "§5.4", [text("one"), begin("a"), more("b"), ping("x")])
            .text("one")
            .ping("x"),
        case("one message after the other", "§5.4", [begin("a"), last("b"), frame(2, "c"), last("d"), text("e")])
            .text("ab")
            .binary("cd")
            .text("e"),
    ];
    let poem = "Ein Wurm, ein Vögelchen, ein Zeichen: 😀 κόσμε. ".repeat(40);
    for size in [1, 2, 3, 7, 64, 125, 126, 500] {
        cases
            .push(case(format!("9.5: chopped to {size}"), "Autobahn 9", chopped(1, poem.as_bytes(), size)).text(&poem));
        cases.push(
            case(format!("9.6: bytes chopped to {size}"), "Autobahn 9", chopped(2, poem.as_bytes(), size))
                .binary(poem.as_bytes()),
        );
    }
    let long = "*".repeat(65_536);
    cases.push(
        case("10.1.1: 65,536 in fragments of 1300", "Autobahn 10", chopped(1, long.as_bytes(), 1300)).text(&long),
    );
    cases
}

fn order() -> Vec<Case> {
    const RULE: &str = "\"The fragments of one message MUST NOT be interleaved between the fragments of another \
                        message\" (§5.4)";
    let mut cases = Vec::new();
    for (name, wrong) in [("the last", last("x")), ("more", more("x")), ("an empty one", more(""))] {
        let error = Error::UnexpectedContinuation;
        cases.push(
            case(format!("5.9: a continuation of nothing: {name}"), RULE, [wrong.clone(), text("late")])
                .fails(error, Header(0, 1)),
        );
        cases.push(
            case(
                format!("5.15: behind a message in two: {name}"),
                RULE,
                [begin("frag"), last("ment"), wrong, text("late")],
            )
            .text("fragment")
            .fails(error, Header(2, 1)),
        );
    }
    for (name, wrong) in [
        ("text", text("x")),
        ("bytes", binary("x")),
        ("more text", begin("x")),
        ("more bytes", frame(2, "x")),
        ("empty text", text("")),
    ] {
        cases.push(
            case(format!("5.18: a message within another: {name}"), RULE, [begin("a"), ping("p"), wrong, last("b")])
                .ping("p")
                .fails(Error::UnexpectedMessage, Header(2, 1)),
        );
    }
    cases
}

fn limits() -> Vec<Case> {
    let ten = |name: &str, frames: Vec<Frame>| {
        case(format!("ten bytes: {name}"), "max_message", frames).with(|config| config.max_message(10))
    };
    let five = |name: &str, frames: Vec<Frame>| {
        case(format!("five bytes a frame: {name}"), "max_frame", frames).with(|config| config.max_frame(5))
    };
    let three = |name: &str, frames: Vec<Frame>| {
        case(format!("three frames: {name}"), "max_frames", frames).with(|config| config.max_frames(3))
    };
    vec![
        ten("at the limit", vec![text("0123456789"), begin("01234"), last("56789")])
            .text("0123456789")
            .text("0123456789"),
        ten("in one frame", vec![text("one"), text("0123456789a")]).text("one").fails(Error::LongFrame, Headed(1)),
        ten("in fragments", vec![begin("01234"), more("56789"), ping("p"), last("a")])
            .ping("p")
            .fails(Error::LongMessage, Headed(3)),
        ten("in empty fragments", vec![begin("0123456789"), more(""), last("")]).text("0123456789"),
        five("at the limit", vec![begin("01234"), more("56789"), last("01234"), text("abcde")])
            .text("012345678901234")
            .text("abcde"),
        five("above", vec![text("012345")]).fails(Error::LongFrame, Headed(0)),
        five("a fragment above", vec![begin("01"), last("012345")]).fails(Error::LongFrame, Headed(1)),
        five("a ping may be longer", vec![ping("0123456789")]).ping("0123456789"),
        three("at the limit", vec![begin("a"), more("b"), last("c"), begin("d"), ping(""), last("e")])
            .text("abc")
            .ping("")
            .text("de"),
        three("above", vec![begin("a"), more("b"), more("c"), last("d")]).fails(Error::ManyFrames, Headed(3)),
        three("above with pings", vec![begin("a"), ping("1"), ping("2"), last("d")])
            .ping("1")
            .ping("2")
            .fails(Error::ManyFrames, Headed(3)),
        three("above with pongs only", vec![begin("a"), pong("1"), pong("2"), pong("3")])
            .pong("1")
            .pong("2")
            .fails(Error::ManyFrames, End(3)),
        three("between messages there is none", vec![text("a"), ping(""), ping(""), ping(""), ping(""), text("b")])
            .text("a")
            .ping("")
            .ping("")
            .ping("")
            .ping("")
            .text("b"),
    ]
}
