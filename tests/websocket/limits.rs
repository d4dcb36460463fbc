//! What a peer can make us hold, and what a message costs.

use super::drive::{CLIENT, DOORS, Door, Heard, ROLES, Run};
use super::wire::{self, Frame, begin, binary, frame, last, more, ping, text, written};
use allocation_counter::measure;
use barewire::websocket::{Config, Error, Event, Role, Session};
use barewire::{Instant, Machine, Next};
use core::time::Duration;

fn run(role: Role) -> Run {
    Run::new(role, Config::default(), Door::NextRef).mute()
}

/// As a peer of `role` sends them.
fn input(role: Role, frames: &[Frame]) -> Vec<u8> {
    written(frames, role == Role::Server)
}

#[test]
fn a_declared_length_commits_nothing() {
    for role in ROLES {
        for (payload, allowed) in [(0, 8 * 1024), (1000, 32 * 1024)] {
            let header = input(role, &[binary(vec![7; payload]).declaring(15 << 20)]);
            let used = measure(|| {
                let mut runs: Vec<Run> = (0..20).map(|_| run(role)).collect();
                for run in &mut runs {
                    run.feed(&header);
                }
                assert!(runs.iter().all(|run| run.seen.error.is_none()));
            });
            let each = used.bytes_max / 20;
            assert!(each < allowed, "{role:?}: {each} bytes for a header of 15 MiB and {payload} bytes of it");
        }
    }
}

#[test]
fn two_hundred_thousand_empty_fragments() {
    for role in ROLES {
        let (first, empty) = (input(role, &[begin("")]), input(role, &[more("")]));
        let empties = empty.repeat(1000);
        let mut run = run(role);
        run.feed(&first);
        let used = measure(|| {
            for _ in 0..200 {
                run.feed(&empties);
            }
        });
        assert_eq!(run.seen.error, Some(Error::ManyFrames));
        assert_eq!(wire::read(&run.seen.output, role != Role::Server)[0].1, 1008_u16.to_be_bytes());
        assert!(used.bytes_max < 64 * 1024, "{} bytes", used.bytes_max);
    }
}

/// Autobahn 9.3.1 and 9.4.1.
#[test]
fn four_mebibytes_in_65536_fragments_pass_by_default() {
    for (role, first) in [(Role::Server, begin("*".repeat(64))), (CLIENT, frame(2, "*".repeat(64)))] {
        let middle = input(role, &[more("*".repeat(64))]).repeat(1023);
        let mut run = run(role);
        run.feed(&input(role, &[first]));
        for _ in 0..64 {
            run.feed(&middle);
        }
        run.feed(&input(role, &vec![more("*".repeat(64)); 62]));
        assert_eq!(run.seen.heard, []);
        run.feed(&input(role, &[last("*".repeat(64))]));
        let length = match &run.seen.heard[..] {
            [Heard::Text(text)] => text.len(),
            [Heard::Binary(bytes)] => bytes.len(),
            other => panic!("{} events, {:?}", other.len(), run.seen.error),
        };
        assert_eq!(length, 4 << 20);
    }
}

#[test]
fn past_the_limit_in_fragments_of_a_mebibyte() {
    let mebibyte = input(CLIENT, &[more(vec![1; 1 << 20])]);
    let mut run = run(CLIENT);
    let used = measure(|| {
        run.feed(&input(CLIENT, &[frame(2, "")]));
        for _ in 0..16 {
            run.feed(&mebibyte);
        }
        assert_eq!(run.seen.error, None, "16 MiB are allowed");
        run.feed(&mebibyte[..10]);
        assert_eq!(run.seen.error, Some(Error::LongMessage), "at the header");
    });
    assert!(used.bytes_max < 50 << 20, "{} bytes", used.bytes_max);
}

#[test]
fn pings_of_a_peer_that_does_not_read() {
    for role in ROLES {
        let mut run = run(role);
        let used = measure(|| {
            for round in 0..200_u32 {
                let pings: Vec<u8> =
                    (0..1000_u32).flat_map(|n| input(role, &[ping((round * 1000 + n).to_be_bytes())])).collect();
                let mut bytes = &pings[..];
                while !bytes.is_empty() {
                    let spare = run.session.link().rx.spare(bytes.len());
                    let n = spare.len();
                    spare.copy_from_slice(&bytes[..n]);
                    run.session.link().rx.commit(n);
                    bytes = &bytes[n..];
                    run.ask();
                }
                run.seen.heard.clear();
                let queued = run.session.link().tx.len();
                assert!(queued < 65 * 1024, "{queued} bytes of pongs");
            }
        });
        assert!(used.bytes_max < 512 * 1024, "{} bytes", used.bytes_max);
        // It reads.
        run.work();
        run.work();
        let pongs = wire::read(&run.seen.output, role != Role::Server);
        assert_eq!(pongs.last().unwrap().1, 199_999_u32.to_be_bytes(), "the latest");
        assert!(pongs.iter().all(|(first, ..)| *first == 0x8A));
        run.feed(&input(role, &[ping("and now")]));
        assert_eq!(wire::read(&run.seen.output, role != Role::Server).last().unwrap().1, b"and now");
    }
}

#[test]
fn pings_while_much_is_sent() {
    for role in ROLES {
        let mut run = run(role);
        let large = vec![0xAB; 1 << 20];
        for n in 0..10_u8 {
            run.session.send(&large[..]).unwrap();
            let pings = input(role, &[ping([n, 1]), ping([n, 2])]);
            run.session.link().rx.spare(pings.len()).copy_from_slice(&pings);
            run.session.link().rx.commit(pings.len());
            run.ask();
        }
        while run.drain(100_000) > 0 {
            run.ask();
        }
        let frames = wire::read(&run.seen.output, role != Role::Server);
        let sent = frames.iter().filter(|(first, payload, _)| *first == 0x82 && *payload == large).count();
        let pongs: Vec<_> =
            frames.iter().filter(|(first, ..)| *first == 0x8A).map(|(_, payload, _)| &payload[..]).collect();
        assert_eq!((sent, pongs), (10, vec![&[9, 2][..]]), "the latest of what was not answered yet");
    }
}

/// Feeds `input` into attached storage, asks through `door` and answers nothing.
fn cycle(session: &mut Session, input: &[u8], door: Door, now: Instant) -> usize {
    let mut events = 0;
    for piece in input.chunks(16 * 1024) {
        session.link().rx.spare(piece.len()).copy_from_slice(piece);
        session.link().rx.commit(piece.len());
        loop {
            let event = match door {
                Door::Next => matches!(session.next(now).unwrap(), Next::Event(_)),
                Door::NextRef => matches!(session.next_ref(now).unwrap(), Next::Event(_)),
                Door::Exchange => match session.exchange(now).unwrap() {
                    Next::Event((event @ (Event::Text(_) | Event::Binary(_)), mut peer)) => {
                        if piece.len() < 1000 {
                            peer.send_ref(event).unwrap();
                        }
                        true
                    }
                    next => matches!(next, Next::Event(_)),
                },
            };
            if !event {
                break;
            }
            events += 1;
        }
        let waiting = session.link().tx.len();
        session.link().tx.advance(waiting);
    }
    events
}

#[test]
fn allocations_of_a_message() {
    let fragments = [begin("one "), more("two "), last("three")];
    let large = [binary(vec![3; 200_000])];
    for role in ROLES {
        for (name, frames) in [("text", &[text("hello")][..]), ("fragments", &fragments), ("200 KB", &large)] {
            for whole in [None, Some(3)] {
                let bytes = input(role, frames);
                for door in DOORS {
                    let builder = Config::builder();
                    let config = whole.map_or(builder.clone(), |whole| builder.whole(whole)).build().unwrap();
                    let mut session = Session::new(role, config);
                    session.link().rx.attach(vec![0; 16 * 1024]);
                    let now = Instant::from_nanos(1);
                    let events = (0..20).map(|_| cycle(&mut session, &bytes, door, now)).sum::<usize>() as u64 / 20;
                    let used = measure(|| {
                        for _ in 0..100 {
                            cycle(&mut session, &bytes, door, now);
                        }
                    });
                    let most = if door == Door::Next { 100 * events } else { 0 };
                    assert!(
                        used.count_total <= most,
                        "{role:?}, {name}, {whole:?}, {door:?}: {} allocations for 100 times {events} events",
                        used.count_total
                    );
                }
            }
        }
    }
}

/// Work that grows with what has come already would show in what is copied.
#[test]
fn a_message_by_the_byte_costs_each_byte_the_same() {
    let moved = |length: usize, whole: Option<u64>| {
        let config = whole.map_or(Config::builder(), |whole| Config::builder().whole(whole)).build().unwrap();
        let mut session = Session::new(CLIENT, config);
        let bytes = input(CLIENT, &[text("é".repeat(length / 2))]);
        session.link().rx.attach(vec![0; 1024]);
        let (now, mut asked) = (Instant::from_nanos(1), 0_u64);
        let used = measure(|| {
            for byte in &bytes {
                session.link().rx.spare(1)[0] = *byte;
                session.link().rx.commit(1);
                while let Next::Event(_) = session.next_ref(now).unwrap() {
                    asked += 1;
                }
            }
        });
        (used.bytes_total, used.count_total, asked)
    };
    for whole in [None, Some(10)] {
        let (short, long) = (moved(20_000, whole), moved(160_000, whole));
        assert!(long.0 <= 4 * 160_000 && short.0 <= 4 * 20_000, "{short:?} bytes for 20 KB, {long:?} for 160");
        assert!(long.1 <= short.1 + 8, "{short:?} allocations for 20 KB, {long:?} for 160");
        assert!(long.2 <= 9 * short.2, "{short:?} events for 20 KB, {long:?} for 160");
    }
}

/// What a session holds when nothing happens.
fn held(build: impl FnOnce() -> Session) -> (u64, Session) {
    let mut session = None;
    let used = measure(|| session = Some(build()));
    (u64::try_from(used.bytes_current).unwrap(), session.unwrap())
}

/// Feeds and asks, then waits out every timer that gives storage up.
fn rests(session: &mut Session, input: &[u8]) {
    let now = Instant::from_nanos(1);
    for piece in input.chunks(16 * 1024) {
        session.link().rx.spare(piece.len()).copy_from_slice(piece);
        session.link().rx.commit(piece.len());
        while let Ok(Next::Event(_)) = session.next(now) {}
    }
    let later = now + Duration::from_secs(2);
    if session.deadline().is_some_and(|deadline| deadline <= later) {
        let _ = session.next(later);
    }
    let link = session.link();
    // What follows the end is nobody's.
    link.rx.skip(link.rx.len());
    link.tx.advance(link.tx.len());
    link.detach();
}

#[test]
fn who_waits_holds_nothing() {
    let large = vec![1; 1 << 20];
    for role in ROLES {
        for (name, frames) in [
            ("nothing", vec![]),
            ("text", vec![text("hello")]),
            ("a large message", vec![binary(&large)]),
            ("one in fragments", vec![frame(2, &large), last("and")]),
            ("a large one and the beginning of another", vec![binary(&large), begin("")]),
            ("a large one and the header of another", vec![binary(&large), binary("").declaring(1 << 20)]),
            ("a large one and a close", vec![binary(&large), wire::close(1000, "")]),
            ("a large one and a fault", vec![binary(&large), text(b"\xFF")]),
            ("most of a large one and a fault", vec![frame(2, &large), text("")]),
        ] {
            let bytes = input(role, &frames);
            // All connections share one.
            let config = Config::default();
            let (held, session) = held(|| {
                let mut session = Session::new(role, config.clone());
                rests(&mut session, &bytes);
                session
            });
            assert!(held <= 1024, "{held} bytes after {name}");
            drop(session);
        }
    }
}

/// An application that keeps a few short messages keeps a few bytes, whatever came before them.
#[test]
fn a_short_message_does_not_keep_the_storage_of_a_long_one() {
    let bytes = input(Role::Server, &[binary(vec![1; 4 << 20]), begin("sh"), last("ort")]);
    let mut kept = Vec::with_capacity(10);
    let used = measure(|| {
        let mut session = Session::new(Role::Server, Config::default());
        let now = Instant::from_nanos(1);
        for _ in 0..5 {
            for piece in bytes.chunks(16 * 1024) {
                session.link().rx.spare(piece.len()).copy_from_slice(piece);
                session.link().rx.commit(piece.len());
                while let Next::Event(event) = session.next(now).unwrap() {
                    if let Event::Text(text) = event {
                        kept.push(text);
                    }
                }
            }
        }
    });
    assert_eq!(kept, ["short"; 5]);
    assert!(used.bytes_current < 4096, "{} bytes are kept for 25", used.bytes_current);
}
