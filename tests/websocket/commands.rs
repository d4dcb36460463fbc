//! Commands: each at every state of the sending side, and what they put on the wire.

use super::drive::{CLIENT, DOORS, ROLES, Run};
use super::wire::{self, close, frame, written};
use barewire::websocket::{Close, CloseCode, Config, Event, Kind, Reserved, Role, Session};
use barewire::{Machine, Misuse};
use std::collections::BTreeSet;

type Command = fn(&mut Session) -> Result<(), Misuse>;

/// How the sending side stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fresh,
    /// Within text, between two characters and within one.
    Text,
    Character,
    Binary,
    /// Within text of which nothing was sent yet.
    Begun,
    WeClosed,
    PeerClosed,
    Failed,
}

const STATES: [State; 8] = [
    State::Fresh,
    State::Text,
    State::Character,
    State::Binary,
    State::Begun,
    State::WeClosed,
    State::PeerClosed,
    State::Failed,
];

fn at(role: Role, state: State) -> Session {
    let config = Config::builder().reserved(Reserved::RSV1).build().unwrap();
    let mut run = Run::new(role, config, DOORS[0]);
    let peer = |frames| written(frames, role == Role::Server);
    match state {
        State::Fresh => {}
        State::Text => {
            run.session.start(Kind::Text).unwrap();
            run.session.data("a").unwrap();
        }
        State::Character => {
            run.session.start(Kind::Text).unwrap();
            run.session.data(&b"\xE2\x82"[..]).unwrap();
        }
        State::Binary => {
            run.session.start(Kind::Binary).unwrap();
            run.session.data("a").unwrap();
        }
        State::Begun => run.session.start(Kind::Text).unwrap(),
        State::WeClosed => run.session.close(CloseCode::NORMAL, "").unwrap(),
        State::PeerClosed => run.feed(&peer(&[close(1000, "")])),
        State::Failed => run.feed(&peer(&[frame(0x83, "")])),
    }
    run.work();
    run.session
}

/// The answer in each of the states, in their order.
type Answers = [Result<(), Misuse>; 8];

fn commands() -> Vec<(&'static str, Command, Answers)> {
    const OK: Result<(), Misuse> = Ok(());
    const TURN: Result<(), Misuse> = Err(Misuse::OutOfTurn);
    const OVER: Result<(), Misuse> = Err(Misuse::Closed);
    const LONG: Result<(), Misuse> = Err(Misuse::TooLong);
    const BAD: Result<(), Misuse> = Err(Misuse::Invalid);
    const MESSAGE: Answers = [OK, TURN, TURN, TURN, TURN, OVER, OVER, OVER];
    const ANY_TIME: Answers = [OK, OK, OK, OK, OK, OVER, OVER, OVER];
    vec![
        ("text", |s| s.send("hi"), MESSAGE),
        ("text, lent", |s| s.send_ref(Event::Text("hi")), MESSAGE),
        ("bytes", |s| s.send(&b"hi"[..]), MESSAGE),
        ("many bytes", |s| s.send(vec![0; 100_000]), MESSAGE),
        ("bytes, lent", |s| s.send_ref(Event::Binary(b"hi")), MESSAGE),
        ("extended", |s| s.send_ref(Event::Extended(Reserved::RSV1, Kind::Text, b"\xFF")), MESSAGE),
        ("start", |s| s.start(Kind::Binary), MESSAGE),
        ("start as an event", |s| s.send(Event::Start(Kind::Text)), MESSAGE),
        ("data", |s| s.data("x"), [TURN, OK, BAD, OK, OK, OVER, OVER, OVER]),
        ("no data", |s| s.data(""), [TURN, OK, OK, OK, OK, OVER, OVER, OVER]),
        ("data as an event", |s| s.send_ref(Event::Data(b"x")), [TURN, OK, BAD, OK, OK, OVER, OVER, OVER]),
        ("the rest of a character", |s| s.data(&b"\xAC"[..]), [TURN, BAD, OK, OK, BAD, OVER, OVER, OVER]),
        ("data that is no text", |s| s.data(&b"ok\xFF"[..]), [TURN, BAD, BAD, OK, BAD, OVER, OVER, OVER]),
        ("end", |s| s.end(), [TURN, OK, BAD, OK, OK, OVER, OVER, OVER]),
        ("end as an event", |s| s.send(Event::End), [TURN, OK, BAD, OK, OK, OVER, OVER, OVER]),
        ("ping", |s| s.ping(b"x"), ANY_TIME),
        ("a ping of 125", |s| s.ping(&[0; 125]), ANY_TIME),
        ("a ping of 126", |s| s.ping(&[0; 126]), [LONG, LONG, LONG, LONG, LONG, OVER, OVER, OVER]),
        ("a pong of 126", |s| s.send_ref(Event::Pong(&[0; 126])), [LONG, LONG, LONG, LONG, LONG, OVER, OVER, OVER]),
        ("pong", |s| s.send_ref(Event::Pong(b"x")), ANY_TIME),
        ("close", |s| s.close(CloseCode::AWAY, "bye"), ANY_TIME),
        ("an empty close", |s| s.send(Event::Close(None)), ANY_TIME),
        ("a reason of 123", |s| s.close(CloseCode::AWAY, &"r".repeat(123)), ANY_TIME),
        (
            "a reason of 124",
            |s| s.send_ref(Event::Close(Some(Close { code: CloseCode::AWAY, reason: &"r".repeat(124) }))),
            [LONG, LONG, LONG, LONG, LONG, OVER, OVER, OVER],
        ),
    ]
}

#[test]
fn each_command_at_each_state() {
    for role in ROLES {
        for (name, command, answers) in commands() {
            for (state, answer) in STATES.into_iter().zip(answers) {
                let mut session = at(role, state);
                let closed = session.is_closed();
                let before = session.link().tx.len();
                assert_eq!(command(&mut session), answer, "{name} at {state:?}");
                let grown = session.link().tx.len() > before;
                if answer.is_err() {
                    assert!(!grown && session.is_closed() == closed, "{name} at {state:?} changed something");
                    unchanged(session, state, name);
                } else if !name.starts_with("start") {
                    assert!(grown, "{name} at {state:?} sent nothing");
                }
            }
        }
    }
}

/// After a misuse all goes on as if it had not been.
fn unchanged(mut session: Session, state: State, name: &str) {
    match state {
        State::Fresh => session.send("fine").unwrap(),
        State::Text | State::Binary | State::Begun => {
            session.data("fine").unwrap();
            session.end().unwrap();
        }
        State::Character => {
            session.data(&b"\xAC"[..]).unwrap();
            session.end().unwrap();
        }
        State::WeClosed | State::PeerClosed | State::Failed => {
            assert!(session.is_closed(), "{name}");
            assert_eq!(session.ping(b""), Err(Misuse::Closed), "{name}");
        }
    }
}

#[test]
fn reserved_bits_that_nobody_claimed() {
    let mut session = Session::new(Role::Server, Config::builder().reserved(Reserved::RSV2).build().unwrap());
    for bits in [Reserved::NONE, Reserved::RSV1, Reserved::RSV3, Reserved::RSV1.with(Reserved::RSV2)] {
        for kind in [Kind::Text, Kind::Binary] {
            assert_eq!(session.send_ref(Event::Extended(bits, kind, b"x")), Err(Misuse::Invalid), "{bits:?}");
        }
    }
    assert!(session.link().tx.is_empty());
    session.send_ref(Event::Extended(Reserved::RSV2, Kind::Text, b"\xFF")).unwrap();
}

/// "an endpoint MAY send a message in several fragments": the first says what it is, the last that it is the last.
#[test]
fn streams_on_the_wire() {
    for role in ROLES {
        for large in [10, 5000, 70_000] {
            let payload = vec![b'a'; large];
            let mut run = Run::new(role, Config::default(), DOORS[0]);
            run.session.start(Kind::Text).unwrap();
            run.session.data(payload.clone()).unwrap();
            run.session.ping(b"p").unwrap();
            run.session.data("").unwrap();
            run.session.data(payload.clone()).unwrap();
            run.session.end().unwrap();
            run.session.start(Kind::Binary).unwrap();
            run.session.end().unwrap();
            run.work();
            let frames = wire::read(&run.seen.output, role != Role::Server);
            let sent: Vec<_> = frames.iter().map(|(first, payload, _)| (*first, payload.len())).collect();
            assert_eq!(sent, [(0x01, large), (0x89, 1), (0x00, 0), (0x00, large), (0x80, 0), (0x82, 0)]);
            assert!(frames.iter().all(|(first, bytes, _)| *first == 0x89 || bytes.iter().all(|&byte| byte == b'a')));
        }
    }
}

/// What the caller goes on reading must not be masked under its hands.
#[test]
fn a_shared_payload_is_not_masked_in_place() {
    let mut run = Run::new(CLIENT, Config::default(), DOORS[0]);
    let payload = bytes::Bytes::from(vec![7; 100_000]);
    run.session.send(payload.clone()).unwrap();
    run.session.send(payload.slice(10..)).unwrap();
    run.session.send(bytes::Bytes::from_static(&[7; 5000])).unwrap();
    assert!(payload.iter().all(|&byte| byte == 7));
    run.work();
    let sent: Vec<_> = wire::read(&run.seen.output, true).into_iter().map(|(_, payload, _)| payload).collect();
    assert_eq!(sent, [vec![7; 100_000], vec![7; 99_990], vec![7; 5000]]);
}

fn keys(seed: u8, count: usize) -> Vec<[u8; 4]> {
    let mut run = Run::new(Role::Client { seed: [seed; 32] }, Config::default(), DOORS[0]);
    for n in 0..count {
        match n % 4 {
            0 => run.session.send("x").unwrap(),
            1 => run.session.ping(b"").unwrap(),
            2 => run.session.send(vec![0; 4096]).unwrap(),
            _ => {
                run.session.start(Kind::Binary).unwrap();
                run.session.end().unwrap();
            }
        }
    }
    run.work();
    wire::read(&run.seen.output, true).into_iter().map(|(.., key)| key).collect()
}

/// "a fresh masking key is chosen at random [..] each masked frame" (§5.3).
#[test]
fn masks_differ_and_grow_from_the_seed() {
    const COUNT: usize = 4000;
    let first = keys(1, COUNT);
    assert_eq!(first, keys(1, COUNT), "the same seed, the same run");
    let second = keys(2, COUNT);
    let all: BTreeSet<_> = first.iter().chain(&second).collect();
    assert_eq!(all.len(), 2 * COUNT, "two frames with one key");
    // Each bit is set about as often as not.
    for bit in 0..32 {
        let set = all.iter().filter(|key| u32::from_be_bytes(***key) >> bit & 1 == 1).count();
        assert!((2 * COUNT * 45 / 100..2 * COUNT * 55 / 100).contains(&set), "bit {bit} in {set} of {}", 2 * COUNT);
    }
    assert!(!format!("{:?}", at(CLIENT, State::Fresh)).contains("42"), "the seed is nobody's business");
}

#[test]
fn extended_messages_come_whole_or_not_at_all() {
    use barewire::websocket::Error;
    for role in ROLES {
        for door in DOORS {
            let config = Config::builder().reserved(Reserved::RSV1).whole(5).build().unwrap();
            let mut run = Run::new(role, config, door).mute();
            let input = [frame(0xC1, b"\xFF\xFEabc"), frame(0x42, "a"), frame(0x80, "b"), frame(0xC1, "123456")];
            run.feed(&written(&input, role == Role::Server));
            assert_eq!(
                run.seen.heard,
                [
                    super::drive::Heard::Extended(Reserved::RSV1, Kind::Text, b"\xFF\xFEabc".to_vec()),
                    super::drive::Heard::Extended(Reserved::RSV1, Kind::Binary, b"ab".to_vec()),
                ]
            );
            // A `Start` could not say that it is one.
            assert_eq!((run.seen.error, run.seen.unfinished), (Some(Error::LongMessage), None));
        }
    }
}

#[test]
fn close_codes() {
    for code in 0..=u16::MAX {
        let may = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        assert_eq!(CloseCode::new(code).map(CloseCode::get), may.then_some(code));
    }
}
