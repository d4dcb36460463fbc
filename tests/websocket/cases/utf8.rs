//! Text (RFC 6455 §8.1; Autobahn 6, after Markus Kuhn's stress test).

use super::super::table::At::{End, Payload};
use super::super::table::{Case, case};
use super::super::wire::{begin, last, more, ping, text};
use barewire::websocket::Error;

const RULE: &str = "\"and finds that the byte stream is not, in fact, a valid UTF-8 stream, that endpoint MUST _Fail the \
                    WebSocket Connection_\" (§8.1)";

pub(super) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, bytes) in samples() {
        every_way(&mut cases, &name, &bytes);
    }
    cases.extend(borders());
    cases
}

/// The index of the first byte that can be part of no text, whatever follows.
fn fault(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len()).find(|&n| std::str::from_utf8(&bytes[..=n]).is_err_and(|error| error.error_len().is_some()))
}

/// In one frame, between ASCII, and with a frame for each byte.
fn every_way(cases: &mut Vec<Case>, name: &str, bytes: &[u8]) {
    let one = case(format!("6: {name}"), RULE, [text("first"), text(bytes), text("more")]).text("first");
    let amid = [b"abc\xC3\xA9", bytes, b"and then quite a few more, so that it is no short text"].concat();
    let amidst = case(format!("6: {name}, amidst"), RULE, [text(&amid), text("more")]);
    let mut frames: Vec<_> = bytes.iter().map(|&byte| more([byte])).collect();
    frames.insert(0, begin(""));
    frames.push(last(""));
    let fragments = case(format!("6: {name}, by the byte"), RULE, frames);
    cases.push(match fault(&amid) {
        None => amidst.text(String::from_utf8(amid).unwrap()).text("more"),
        Some(at) => amidst.fails(Error::Utf8, Payload(0, at + 1)),
    });
    let (one, fragments) = match (fault(bytes), std::str::from_utf8(bytes)) {
        (_, Ok(good)) => (one.text(good).text("more"), fragments.text(good)),
        (Some(at), _) => (one.fails(Error::Utf8, Payload(1, at + 1)), fragments.fails(Error::Utf8, Payload(1 + at, 1))),
        // It ends too early: what shows it is the end of the message.
        (None, _) => (one.fails(Error::Utf8, End(1)), fragments.fails(Error::Utf8, End(bytes.len() + 1))),
    };
    cases.extend([one, fragments]);
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let mut samples: Vec<(String, Vec<u8>)> = Vec::new();
    let kosme = "κόσμε".as_bytes();
    for n in 1..=kosme.len() {
        samples.push((format!("6.6.{n}"), kosme[..n].to_vec()));
    }
    let hex: &[(&str, &[&[u8]])] = &[
        ("6.3", &[b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"]),
        ("6.4", &[b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited"]),
        ("6.7", &[b"\0", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"]),
        ("6.8", &[b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"]),
        ("6.9", &[b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"]),
        ("6.10", &[b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"]),
        ("6.11", &[b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80"]),
        (
            "6.12",
            &[
                b"\x80",
                b"\xbf",
                b"\x80\xbf",
                b"\x80\xbf\x80",
                b"\x80\xbf\x80\xbf",
                b"\x80\xbf\x80\xbf\x80",
                b"\x80\xbf\x80\xbf\x80\xbf",
            ],
        ),
        ("6.13", &[b"\xc0 \xc1 \xc2 ", b"\xdf ", b"\xe0 \xe1 ", b"\xef ", b"\xf0 \xf1 ", b"\xf7 ", b"\xf8 ", b"\xfc "]),
        (
            "6.14",
            &[
                b"\xc0",
                b"\xe0\x80",
                b"\xf0\x80\x80",
                b"\xf8\x80\x80\x80",
                b"\xfc\x80\x80\x80\x80",
                b"\xdf",
                b"\xef\xbf",
                b"\xf7\xbf\xbf",
                b"\xfb\xbf\xbf\xbf",
                b"\xfd\xbf\xbf\xbf\xbf",
                b"\xe1",
                b"\xe1\x80",
                b"\xf1",
                b"\xf1\x80",
                b"\xf1\x80\x80",
                b"\xf4\x8f\xbf",
            ],
        ),
        ("6.15", &[b"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xfc\x80\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf"]),
        ("6.16", &[b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]),
        (
            "6.17",
            &[b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf"],
        ),
        (
            "6.18",
            &[b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf"],
        ),
        (
            "6.19",
            &[b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80"],
        ),
        (
            "6.20",
            &[
                b"\xed\xa0\x80",
                b"\xed\xad\xbf",
                b"\xed\xae\x80",
                b"\xed\xaf\xbf",
                b"\xed\xb0\x80",
                b"\xed\xbe\x80",
                b"\xed\xbf\xbf",
            ],
        ),
        (
            "6.23",
            &[b"\xef\xbf\xb9", b"\xef\xbf\xba", b"\xef\xbf\xbb", b"\xef\xbf\xbc", b"\xef\xbf\xbd", b"\xef\xbb\xbf"],
        ),
    ];
    for (group, each) in hex {
        for (n, bytes) in each.iter().enumerate() {
            samples.push((format!("{group}.{}", n + 1), bytes.to_vec()));
        }
    }
    samples.push(("6.12.8".into(), (0x80..=0xBF).collect()));
    // Pairs of surrogates, each as three bytes.
    for (n, (high, low)) in [(0xA080, 0xB080), (0xA080, 0xBFBF), (0xADBF, 0xB080), (0xADBF, 0xBFBF), (0xAE80, 0xB080)]
        .into_iter()
        .enumerate()
    {
        let [_, _, a, b] = u32::to_be_bytes(high);
        let [_, _, c, d] = u32::to_be_bytes(low);
        samples.push((format!("6.21.{}", n + 1), vec![0xED, a, b, 0xED, c, d]));
    }
    // No characters, and yet UTF-8.
    for plane in 0..=16 {
        for low in [0xFFFE, 0xFFFF] {
            let character = char::from_u32(plane << 16 | low).unwrap();
            samples.push((format!("6.22: {:x}", u32::from(character)), character.to_string().into_bytes()));
        }
    }
    samples
}

fn borders() -> Vec<Case> {
    let (three, four) = ("€".as_bytes(), "😀".as_bytes());
    vec![
        case("6.2.1: a text in two", "Autobahn 6.2", [begin("Hello-µ@ßöä"), last("üàá-UTF-8!!")])
            .text("Hello-µ@ßöäüàá-UTF-8!!"),
        case(
            "a character over three fragments, with pings",
            RULE,
            [begin(&four[..1]), ping("1"), more(&four[1..3]), more(""), ping("2"), last(&four[3..])],
        )
        .ping("1")
        .ping("2")
        .text("😀"),
        case("a message that ends within a character", RULE, [text(&three[..2]), text("late")])
            .fails(Error::Utf8, End(0)),
        case("the next message does not go on with it", RULE, [begin(&three[..2]), last(""), text(&three[2..])])
            .fails(Error::Utf8, End(1)),
        case("one carry does not reach the next message", RULE, [text("€"), text(b"\x82")])
            .text("€")
            .fails(Error::Utf8, Payload(1, 1)),
        case(
            "6.4.1: fails before the fragment ends",
            RULE,
            [begin("κόσμε"), more(b"\xf4\x90\x80\x80"), last("edited")],
        )
        .fails(Error::Utf8, Payload(1, 2)),
        case("6.4.3: fails before the frame ends", RULE, [text(b"\xce\xba\xe1\xbd\xb9\xf4\x90\x80\x80edited")])
            .fails(Error::Utf8, Payload(0, 7)),
        case("6.4.4: declared, and never sent", RULE, [text(b"\xce\xba\xe1\xbd\xb9\xf4\x90").declaring(100_000)])
            .fails(Error::Utf8, Payload(0, 7)),
        case("bytes need not be text", "§5.6", [super::super::wire::binary(b"\xff\xfe")]).binary(b"\xff\xfe"),
    ]
}
