//! The message protocol on the wire: each case whole, cut in two everywhere, byte by byte, and followed by junk.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::message::{
    Config, ConfigError, DatagramEvent, Datagrams, DecodeError, EncodeError, Error, Event, Header, Message, Session,
    wire,
};
use barewire::{Datagrams as _, Instant, Link, Machine, Misuse, Next};
use bytes::Bytes;
use core::ops::RangeInclusive;
use core::time::Duration;
use quickcheck::quickcheck;

const T0: Instant = Instant::from_nanos(1);

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// What an application saw, pieces merged.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Message(u16, u16, Vec<u8>),
    Pieces(u16, u32, Vec<u8>),
    End,
    PeerClosed,
    Failed(Error),
}

fn note(seen: &mut Vec<Seen>, event: Event<&[u8]>) {
    match event {
        Event::Message(Message { header, payload }) => {
            seen.push(Seen::Message(header.version, header.kind, payload.to_vec()));
        }
        Event::Start(header) => seen.push(Seen::Pieces(header.kind, header.length, Vec::new())),
        Event::Data(data) => match seen.last_mut() {
            Some(Seen::Pieces(.., bytes)) => bytes.extend_from_slice(data),
            other => panic!("data after {other:?}"),
        },
        Event::End => seen.push(Seen::End),
        Event::PeerClosed => seen.push(Seen::PeerClosed),
        other => panic!("{other:?}"),
    }
}

fn lend(event: &Event) -> Event<&[u8]> {
    match event {
        Event::Message(Message { header, payload }) => Event::Message(Message { header: *header, payload }),
        Event::Start(header) => Event::Start(*header),
        Event::Data(data) => Event::Data(data),
        Event::End => Event::End,
        _ => Event::PeerClosed,
    }
}

/// Feeds all of `bytes`, asking for events whenever there is no room, and in the end.
fn feed(session: &mut Session, mut bytes: &[u8], lending: bool, seen: &mut Vec<Seen>) -> bool {
    loop {
        let spare = session.link().rx.spare(bytes.len());
        let n = spare.len();
        spare.copy_from_slice(&bytes[..n]);
        session.link().rx.commit(n);
        bytes = &bytes[n..];
        loop {
            let next = if lending {
                session.next_ref(T0).map(|next| next.map(|event| note(seen, event)))
            } else {
                session.next(T0).map(|next| next.map(|event| note(seen, lend(&event))))
            };
            match next {
                Ok(Next::Event(())) => {}
                Ok(Next::NeedInput) => break,
                Ok(Next::NeedApp) => return true,
                Ok(other) => panic!("{other:?}"),
                Err(error) => {
                    seen.push(Seen::Failed(error));
                    assert_eq!(session.next(T0), Ok(Next::Done));
                    assert_eq!(session.deadline(), None);
                    assert!(session.link().tx.wants_fin());
                    return true;
                }
            }
        }
        if bytes.is_empty() {
            return false;
        }
    }
}

/// Runs one session over the pieces, then EOF.
fn run(config: &Config, pieces: &[&[u8]], lending: bool) -> Vec<Seen> {
    let mut session = Session::new(config.clone());
    let mut seen = Vec::new();
    for piece in pieces {
        if feed(&mut session, piece, lending, &mut seen) {
            return seen;
        }
    }
    session.link().rx.close();
    feed(&mut session, b"", lending, &mut seen);
    seen
}

fn check(config: &Config, input: &[u8], expected: &[Seen]) {
    for lending in [false, true] {
        assert_eq!(run(config, &[input], lending), expected, "whole: {input:?}");
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        assert_eq!(run(config, &bytes, lending), expected, "byte by byte: {input:?}");
        for cut in 0..input.len() {
            let (a, b) = input.split_at(cut);
            assert_eq!(run(config, &[a, b], lending), expected, "cut at {cut}: {input:?}");
        }
        let (last, before) = expected.split_last().unwrap();
        let mut with_junk = before.to_vec();
        match last {
            // The end of the input was what mattered.
            Seen::Failed(Error::Truncated { .. }) => continue,
            Seen::PeerClosed => with_junk.push(Seen::Failed(Error::UnknownMagic(0xDE58_0000))),
            other => with_junk.push(other.clone()),
        }
        let junk = [input, b"\xdeXjunk"].concat();
        assert_eq!(run(config, &[&junk], lending), with_junk, "with junk: {input:?}");
    }
}

fn message(kind: u16, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    let header = Header { magic: 0xDEAD_BEEF, version: 1, kind, length };
    [&header.to_bytes()[..], payload].concat()
}

fn seen(kind: u16, payload: &[u8]) -> Seen {
    Seen::Message(1, kind, payload.to_vec())
}

#[test]
fn the_header_is_big_endian() {
    let bytes = *b"\xde\xad\xbe\xef\x00\x01\x01\x02\x00\x01\x00\x02";
    let header = Header { magic: 0xDEAD_BEEF, version: 1, kind: 0x0102, length: 0x0001_0002 };
    assert_eq!(header.to_bytes(), bytes);
    assert_eq!(wire::header(&bytes), Ok((&b""[..], header)));
    assert!(wire::header(&bytes[..11]).is_err());
}

#[test]
fn messages() {
    let config = Config::builder().accept(1..=3).largest(100).build().unwrap();
    let closed = Seen::PeerClosed;
    check(&config, b"", core::slice::from_ref(&closed));
    check(&config, &message(7, b""), &[seen(7, b""), closed.clone()]);
    check(&config, &message(0xFFFF, b"x"), &[seen(0xFFFF, b"x"), closed.clone()]);
    let three = [message(1, b"one"), message(2, b""), message(3, &[0xDE; 100])].concat();
    check(&config, &three, &[seen(1, b"one"), seen(2, b""), seen(3, &[0xDE; 100]), closed.clone()]);
    let version_3 = *b"\xde\xad\xbe\xef\x00\x03\x00\x09\x00\x00\x00\x02ok";
    check(&config, &version_3, &[Seen::Message(3, 9, b"ok".to_vec()), closed]);
}

#[test]
fn each_fault_has_its_error() {
    let config = Config::builder().version(2).accept(2..=3).largest(1000).build().unwrap();
    let cases: &[(&[u8], Error)] = &[
        (b"G", Error::UnknownMagic(0x4700_0000)),
        (b"GET / HTTP/1.1\r\n\r\n", Error::UnknownMagic(0x4700_0000)),
        (b"\xde\xad\xbe\xee", Error::UnknownMagic(0xDEAD_BEEE)),
        (b"\xde\xae", Error::UnknownMagic(0xDEAE_0000)),
        (b"\xde\xad\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff", Error::UnknownMagic(0xDEAD_0000)),
        (b"\xde\xad\xbe\xef\x00\x01", Error::UnsupportedVersion(1)),
        (b"\xde\xad\xbe\xef\x02\x02\x00\x00\xff\xff\xff\xff", Error::UnsupportedVersion(0x0202)),
        (b"\xde\xad\xbe\xef\x00\x04\x00\x00", Error::UnsupportedVersion(4)),
        (b"\xde\xad\xbe\xef\x00\x02\x00\x00\x00\x00\x03\xe9", Error::Oversize { length: 1001, limit: 1000 }),
        (b"\xde\xad\xbe\xef\x00\x02\x00\x00\xff\xff\xff\xff", Error::Oversize { length: u32::MAX, limit: 1000 }),
        (b"\xde", Error::Truncated { received: 1, expected: 12 }),
        (b"\xde\xad\xbe\xef\x00", Error::Truncated { received: 5, expected: 12 }),
        (b"\xde\xad\xbe\xef\x00\x02\x00\x00\x00\x00\x00", Error::Truncated { received: 11, expected: 12 }),
        (b"\xde\xad\xbe\xef\x00\x02\x00\x00\x00\x00\x00\x01", Error::Truncated { received: 12, expected: 13 }),
        (b"\xde\xad\xbe\xef\x00\x02\x00\x00\x00\x00\x00\x03ab", Error::Truncated { received: 14, expected: 15 }),
    ];
    for (input, error) in cases {
        check(&config, input, &[Seen::Failed(*error)]);
        let good = *b"\xde\xad\xbe\xef\x00\x02\x00\x05\x00\x00\x00\x01!";
        let after_good = [&good[..], input].concat();
        check(&config, &after_good, &[Seen::Message(2, 5, b"!".to_vec()), Seen::Failed(*error)]);
    }
}

#[test]
fn a_fault_is_told_at_the_first_byte_that_shows_it() {
    let mut session = Session::default();
    session.link().rx.receive(b"\xde\xad\xbf".to_vec(), 0);
    assert_eq!(session.next(T0), Err(Error::UnknownMagic(0xDEAD_BF00)));
    let mut session = Session::default();
    session.link().rx.receive(b"\xde\xad\xbe\xef\x00\x07".to_vec(), 0);
    assert_eq!(session.next(T0), Err(Error::UnsupportedVersion(7)));
}

#[test]
fn long_payloads_come_in_pieces() {
    let config = Config::builder().whole(4).build().unwrap();
    let closed = Seen::PeerClosed;
    let pieces = |payload: &[u8]| Seen::Pieces(1, u32::try_from(payload.len()).unwrap(), payload.to_vec());
    check(&config, &message(1, b"four"), &[seen(1, b"four"), closed.clone()]);
    check(&config, &message(1, b"fives"), &[pieces(b"fives"), Seen::End, closed.clone()]);
    let mixed = [message(1, b"pieces"), message(2, b"a"), message(1, b"again in pieces"), message(2, b"")].concat();
    let expected = [
        pieces(b"pieces"),
        Seen::End,
        seen(2, b"a"),
        pieces(b"again in pieces"),
        Seen::End,
        seen(2, b""),
        closed.clone(),
    ];
    check(&config, &mixed, &expected);
    let error = Error::Truncated { received: 15, expected: 18 };
    let truncated = &message(1, b"pieces")[..15];
    check(&config, truncated, &[Seen::Pieces(1, 6, b"pie".to_vec()), Seen::Failed(error)]);
    let none = Config::builder().whole(0).build().unwrap();
    check(&none, &message(1, b""), &[seen(1, b""), closed.clone()]);
    check(&none, &message(1, b"x"), &[pieces(b"x"), Seen::End, closed]);
}

#[test]
fn payloads_around_every_border_arrive() {
    let sizes = [16_371, 16_372, 16_373, 65_523, 65_524, 65_525, 70_000, 200_001, 1 << 20];
    for size in sizes {
        let payload: Vec<u8> = (0..size).map(|i: usize| u8::try_from(i % 251).unwrap()).collect();
        let input = [message(1, b"before"), message(2, &payload), message(3, b"after")].concat();
        let expected = [seen(1, b"before"), seen(2, &payload), seen(3, b"after"), Seen::PeerClosed];
        for (lending, step) in [(false, input.len()), (true, input.len()), (false, 1000), (true, 4096), (true, 12)] {
            let pieces: Vec<&[u8]> = input.chunks(step).collect();
            assert!(run(&Config::default(), &pieces, lending) == expected, "{size} bytes in steps of {step}");
        }
        // By value, as a completion-based runtime hands it over.
        let mut session = Session::default();
        session.link().rx.receive(input, 0);
        for expected in &expected[..3] {
            let Ok(Next::Event(event)) = session.next(T0) else { panic!() };
            let mut seen = Vec::new();
            note(&mut seen, lend(&event));
            assert!(seen[0] == *expected, "{size} bytes by value");
        }
    }
}

#[test]
fn a_payload_handed_over_by_value_is_not_copied() {
    let input = message(1, &[7; 1 << 20]);
    let address = input[12..].as_ptr();
    let mut session = Session::default();
    session.link().rx.receive(input, 0);
    let Ok(Next::Event(Event::Message(message))) = session.next(T0) else { panic!() };
    assert_eq!(message.payload.as_ptr(), address);
}

#[test]
fn a_sent_payload_is_not_copied() {
    let payload = Bytes::from(vec![7; 1 << 20]);
    let mut session = Session::default();
    session.send(1, payload.clone()).unwrap();
    assert_eq!(session.link().tx.pop().unwrap()[..], message(1, &payload)[..12]);
    assert_eq!(session.link().tx.pop().unwrap().as_ptr(), payload.as_ptr());
}

fn drain(session: &mut Session) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(chunk) = session.link().tx.pop() {
        out.extend_from_slice(&chunk);
    }
    out
}

#[test]
fn what_is_sent() {
    let mut session = Session::new(Config::builder().magic(0x0102_0304).version(9).accept(9..=9).build().unwrap());
    session.send(0x1234, "hi").unwrap();
    session.send_ref(2, b"").unwrap();
    session.start(3, 3).unwrap();
    session.send_data("ab").unwrap();
    session.send_data("c").unwrap();
    session.end().unwrap();
    session.start(4, 0).unwrap();
    session.end().unwrap();
    session.close().unwrap();
    let expected = b"\x01\x02\x03\x04\x00\x09\x12\x34\x00\x00\x00\x02hi\
        \x01\x02\x03\x04\x00\x09\x00\x02\x00\x00\x00\x00\
        \x01\x02\x03\x04\x00\x09\x00\x03\x00\x00\x00\x03abc\
        \x01\x02\x03\x04\x00\x09\x00\x04\x00\x00\x00\x00";
    assert_eq!(drain(&mut session), expected);
    assert!(session.link().tx.wants_fin());
}

#[test]
fn misuse_changes_nothing() {
    let mut session = Session::new(Config::builder().largest(5).build().unwrap());
    assert_eq!(session.send(1, "longer"), Err(Misuse::TooLong));
    assert_eq!(session.send_ref(1, b"longer"), Err(Misuse::TooLong));
    assert_eq!(session.start(1, 6), Err(Misuse::TooLong));
    assert_eq!(session.send_data("x"), Err(Misuse::OutOfTurn));
    assert_eq!(session.end(), Err(Misuse::OutOfTurn));
    assert!(session.link().tx.is_empty());

    session.start(1, 5).unwrap();
    session.send_data("abc").unwrap();
    assert_eq!(session.send(1, "x"), Err(Misuse::OutOfTurn));
    assert_eq!(session.start(1, 1), Err(Misuse::OutOfTurn));
    assert_eq!(session.close(), Err(Misuse::OutOfTurn));
    assert_eq!(session.end(), Err(Misuse::TooShort));
    assert_eq!(session.send_data("def"), Err(Misuse::TooLong));
    session.send_data("de").unwrap();
    session.end().unwrap();
    assert_eq!(session.end(), Err(Misuse::OutOfTurn));
    session.close().unwrap();
    assert_eq!(session.close(), Err(Misuse::Closed));
    assert_eq!(session.send(1, ""), Err(Misuse::Closed));
    assert_eq!(session.start(1, 0), Err(Misuse::Closed));
    assert_eq!(session.send_data(""), Err(Misuse::Closed));
    assert_eq!(session.end(), Err(Misuse::Closed));
    assert_eq!(drain(&mut session), message(1, b"abcde"));
}

#[test]
fn either_side_may_end_first() {
    let mut session = Session::default();
    session.link().rx.close();
    assert_eq!(session.next(T0), Ok(Next::Event(Event::PeerClosed)));
    assert_eq!(session.next(T0), Ok(Next::NeedApp));
    session.send(1, "still here").unwrap();
    assert_eq!(session.next(T0), Ok(Next::NeedApp));
    session.close().unwrap();
    assert_eq!(session.next(T0), Ok(Next::Done));
    assert_eq!(session.deadline(), None);

    let mut session = Session::default();
    session.close().unwrap();
    assert_eq!(session.next(T0), Ok(Next::NeedInput));
    session.link().rx.receive(message(1, b"late"), 0);
    session.link().rx.close();
    assert!(matches!(session.next(T0), Ok(Next::Event(Event::Message(_)))));
    assert_eq!(session.next(T0), Ok(Next::Event(Event::PeerClosed)));
    assert_eq!(session.next(T0), Ok(Next::Done));
}

#[test]
fn a_link_with_early_bytes_is_taken_over() {
    let mut link = Link::new();
    link.rx.receive(message(3, b"early"), 0);
    let mut session = Session::with_link(link, Config::default());
    assert!(matches!(session.next(T0), Ok(Next::Event(Event::Message(_)))));
    session.link().rx.receive(b"rest".to_vec(), 0);
    assert_eq!(session.into_link().rx.data(), b"rest");
}

#[test]
fn an_idle_peer_is_cut() {
    let mut session = Session::new(Config::builder().idle(Some(seconds(5))).build().unwrap());
    assert_eq!(session.deadline(), None);
    assert_eq!(session.next(T0), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(5)));
    assert_eq!(session.next(T0 + seconds(4)), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(5)), "asking again is no sign of life");

    // A message is one, and so is something to send.
    session.link().rx.receive(message(1, b""), 0);
    assert!(matches!(session.next(T0 + seconds(4)), Ok(Next::Event(_))));
    assert_eq!(session.next(T0 + seconds(4)), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(9)));
    session.send(1, "x").unwrap();
    assert_eq!(session.next(T0 + seconds(8)), Ok(Next::NeedInput));
    drain(&mut session);
    assert_eq!(session.next(T0 + seconds(12)), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(13)));
    assert_eq!(session.next(T0 + seconds(13)), Err(Error::Idle));
    assert_eq!(session.next(T0 + seconds(14)), Ok(Next::Done));
    assert_eq!(session.deadline(), None);

    let mut session = Session::new(Config::builder().idle(None).build().unwrap());
    assert_eq!(session.next(T0), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), None);
}

#[test]
fn who_has_something_to_send_or_to_read_is_not_idle() {
    let config = Config::builder().idle(Some(seconds(5))).build().unwrap();
    let mut session = Session::new(config.clone());
    session.send(1, vec![0; 100]).unwrap();
    for second in [0, 4, 8, 12] {
        assert_eq!(session.next(T0 + seconds(second)), Ok(Next::NeedInput));
        session.link().tx.advance(1);
    }
    drain(&mut session);
    assert_eq!(session.next(T0 + seconds(16)), Ok(Next::NeedInput));
    assert_eq!(session.next(T0 + seconds(17)), Err(Error::Idle), "five seconds after there was something to send");

    let mut session = Session::new(config);
    assert_eq!(session.next(T0), Ok(Next::NeedInput));
    session.send(1, "sent and read between two looks").unwrap();
    drain(&mut session);
    assert_eq!(session.next(T0 + seconds(4)), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(9)));
}

#[test]
fn storage_of_a_large_payload_is_given_up_soon() {
    let mut session = Session::default();
    let mut seen = Vec::new();
    assert!(!feed(&mut session, &message(1, &[0; 100_000]), false, &mut seen));
    assert_eq!(seen.len(), 1);
    let release = session.deadline().unwrap();
    assert!(release <= T0 + seconds(1));
    assert_eq!(session.next(release), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(60)), "then only idleness is waited for");
}

#[test]
fn what_came_in_time_is_given_out_first() {
    let mut session = Session::new(Config::builder().idle(Some(seconds(5))).build().unwrap());
    assert_eq!(session.next(T0), Ok(Next::NeedInput));
    session.link().rx.receive([message(1, b""), message(2, b"")].concat(), 0);
    let late = T0 + seconds(100);
    assert!(matches!(session.next(late), Ok(Next::Event(_))));
    assert!(session.deadline().is_none_or(|deadline| deadline > late));
    assert!(matches!(session.next(late), Ok(Next::Event(_))));
    assert_eq!(session.next(late), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(late + seconds(5)));
}

/// Sends a message of `size` bytes in steps of `step`, one step a second; gives the second at which it was refused.
fn cut_after(config: &Config, size: usize, step: usize) -> Option<u64> {
    let mut session = Session::new(config.clone());
    let input = message(1, &vec![0; size]);
    for (second, piece) in (0..).zip(input.chunks(step)) {
        session.link().rx.receive(piece.to_vec(), 0);
        loop {
            match session.next(T0 + seconds(second)) {
                Ok(Next::Event(_)) => {}
                Ok(_) => break,
                Err(error) => {
                    assert_eq!(error, Error::Timeout);
                    return Some(second);
                }
            }
        }
    }
    None
}

#[test]
fn a_trickle_is_cut_and_a_slow_peer_is_not() {
    for whole in [0, 1 << 20] {
        let config = Config::builder().whole(whole).build().unwrap();
        assert_eq!(cut_after(&config, 10_000, 1), Some(11), "a byte a second");
        assert_eq!(cut_after(&config, 100_000, 512), Some(20), "half of the rate");
        assert_eq!(cut_after(&config, 1 << 20, 1024), None, "just the rate");
        assert_eq!(cut_after(&config, 9, 1), Some(11), "within the header, too, and close to the end");
    }
    let patient = Config::builder().receive(None).build().unwrap();
    assert_eq!(cut_after(&patient, 100, 1), None);
}

#[test]
fn silence_within_a_message_is_cut_however_fast_it_began() {
    let mut session = Session::default();
    let input = message(1, &vec![0; 1 << 20]);
    session.link().rx.receive(input[..100].to_vec(), 0);
    assert_eq!(session.next(T0), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(10)));
    session.link().rx.receive(input[100..1 << 19].to_vec(), 0);
    assert_eq!(session.next(T0 + seconds(1)), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(11)));
    assert_eq!(session.next(T0 + seconds(11)), Err(Error::Timeout));
}

#[test]
fn the_time_of_the_application_is_not_the_peers() {
    let mut session = Session::new(Config::builder().whole(0).build().unwrap());
    session.link().rx.receive(message(1, b"abc")[..13].to_vec(), 0);
    assert!(matches!(session.next(T0), Ok(Next::Event(Event::Start(_)))));
    assert!(matches!(session.next(T0 + seconds(60)), Ok(Next::Event(Event::Data(_)))));
    assert_eq!(session.next(T0 + seconds(120)), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(130)));
    session.link().rx.receive(b"b".to_vec(), 0);
    assert!(matches!(session.next(T0 + seconds(126)), Ok(Next::Event(Event::Data(_)))));
    assert_eq!(session.deadline(), None);
    // Four seconds are left of the ten, and what one byte earned.
    assert_eq!(session.next(T0 + seconds(500)), Ok(Next::NeedInput));
    let earned = Duration::from_nanos(1_000_000_000 / 1024);
    assert_eq!(session.deadline(), Some(T0 + seconds(504) + earned));
}

#[test]
fn a_reader_that_stalls_is_reset() {
    let config = Config::builder().stall(Some(seconds(5))).idle(None).build().unwrap();
    let mut session = Session::new(config);
    session.send(1, vec![0; 100]).unwrap();
    assert_eq!(session.next(T0), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(5)));
    session.link().tx.advance(1);
    assert_eq!(session.next(T0 + seconds(5)), Ok(Next::NeedInput));
    assert_eq!(session.deadline(), Some(T0 + seconds(10)));
    // A peer that sends, but doesn't read, is no better.
    session.link().rx.receive(message(1, b""), 0);
    assert_eq!(session.next(T0 + seconds(10)), Err(Error::Stalled));
    assert!(session.link().tx.is_aborted());
    assert!(session.link().tx.is_empty());
    assert_eq!(session.next(T0 + seconds(10)), Ok(Next::Done));

    // Also when only we are left to speak.
    let mut session = Session::default();
    session.link().rx.close();
    assert_eq!(session.next(T0), Ok(Next::Event(Event::PeerClosed)));
    session.send(1, "x").unwrap();
    assert_eq!(session.next(T0), Ok(Next::NeedApp));
    assert_eq!(session.next(T0 + seconds(60)), Err(Error::Stalled));
}

#[test]
fn configs_that_cannot_be() {
    let build = Config::builder;
    assert_eq!(build().build(), Ok(Config::default()));
    #[expect(clippy::reversed_empty_ranges, reason = "that is the mistake")]
    let none = build().accept(2..=1).build();
    assert_eq!(none, Err(ConfigError::NoVersion));
    assert_eq!(build().version(2).build(), Err(ConfigError::OwnVersion(2)));
    assert_eq!(build().largest(10).whole(11).build(), Err(ConfigError::WholeAboveLargest { whole: 11, largest: 10 }));
    assert_eq!(build().datagram(11).build(), Err(ConfigError::SmallDatagram(11)));
    for zero in [build().idle(Some(Duration::ZERO)), build().receive(Some(Duration::ZERO))] {
        assert_eq!(zero.build(), Err(ConfigError::ZeroTimer));
    }
    assert_eq!(build().stall(Some(Duration::ZERO)).build(), Err(ConfigError::ZeroTimer));
    assert_eq!(build().rate(0).build(), Err(ConfigError::ZeroRate));
    assert_eq!(build().largest(10).build().unwrap().whole(), 10);
}

#[test]
fn a_datagram_is_one_message() {
    let config = Config::builder().largest(1000).datagram(112).build().unwrap();
    let mut machine = Datagrams::new(config);
    machine.send(9, 7, "hello").unwrap();
    assert_eq!(machine.send(9, 7, [0; 101]), Err(Misuse::TooLong));
    machine.send(9, 7, [0; 100]).unwrap();
    assert_eq!(machine.transmit().unwrap().payload, message(7, b"hello"));
    assert_eq!(machine.transmit().unwrap().to, 9);
    assert_eq!(machine.transmit(), None);

    let good = message(7, b"hello");
    let cases: &[(&[u8], Error)] = &[
        (b"", Error::Truncated { received: 0, expected: 12 }),
        (b"hi", Error::UnknownMagic(0x6800_0000)),
        (&good[..11], Error::Truncated { received: 11, expected: 12 }),
        (&good[..16], Error::Truncated { received: 16, expected: 17 }),
        (&[&good[..], b"!!"].concat(), Error::Trailing { extra: 2 }),
        (b"\xde\xad\xbe\xef\x00\x02", Error::UnsupportedVersion(2)),
        (&message(1, &[0; 101]), Error::Oversize { length: 101, limit: 100 }),
        (&message(1, &[0; 1001]), Error::Oversize { length: 1001, limit: 1000 }),
    ];
    for (datagram, error) in cases {
        machine.receive(4, datagram, T0);
        assert_eq!(machine.next(T0), Some(DatagramEvent::Rejected { from: 4, error: *error }));
    }
    machine.receive(4, &good, T0);
    let Some(DatagramEvent::Message { from: 4, message }) = machine.next(T0) else { panic!() };
    assert_eq!((message.header.kind, &message.payload[..]), (7, &b"hello"[..]));
    assert_eq!(machine.next(T0), None);
}

#[test]
fn datagram_queues_are_bounded_and_garbage_takes_half_at_most() {
    let mut machine = Datagrams::new(Config::default());
    for _ in 0..1000 {
        machine.receive(1, b"garbage", T0);
    }
    assert_eq!(machine.dropped(), 1000 - 128);
    for _ in 0..1000 {
        machine.receive(1, &message(1, b""), T0);
    }
    assert_eq!(machine.dropped(), 2000 - 256);
    let mut queued = 0;
    while machine.next(T0).is_some() {
        queued += 1;
    }
    assert_eq!(queued, 256);
    for _ in 0..256 {
        machine.send(1, 1, "").unwrap();
    }
    assert_eq!(machine.send(1, 1, ""), Err(Misuse::OutOfTurn));
}

quickcheck! {
    fn what_is_sent_arrives(messages: Vec<(u16, Vec<u8>)>, whole: u8, step: u8) -> bool {
        let config = Config::builder().whole(whole.into()).build().unwrap();
        let mut sender = Session::new(config.clone());
        let mut expected = Vec::new();
        for (kind, payload) in &messages {
            sender.send_ref(*kind, payload).unwrap();
            if payload.len() <= whole.into() {
                expected.push(seen(*kind, payload));
            } else {
                expected.push(Seen::Pieces(*kind, u32::try_from(payload.len()).unwrap(), payload.clone()));
                expected.push(Seen::End);
            }
        }
        expected.push(Seen::PeerClosed);
        let sent = drain(&mut sender);
        let pieces: Vec<&[u8]> = sent.chunks(usize::from(step) + 1).collect();
        run(&config, &pieces, true) == expected && run(&config, &pieces, false) == expected
    }

    fn any_header_survives(magic: u32, version: u16, kind: u16, length: u32, rest: Vec<u8>) -> bool {
        let header = Header { magic, version, kind, length };
        let bytes = [&header.to_bytes()[..], &rest].concat();
        wire::header(&bytes) == Ok((&rest[..], header))
    }
}

mod typed {
    use super::{Session, T0, drain, message};
    use barewire::message::{DecodeError, EncodeError, Event, Message, Typed};
    use barewire::{Machine, Misuse, Next};
    use bytes::Bytes;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Move {
        x: i32,
        y: i32,
    }

    impl Typed for Move {
        const KIND: u16 = 2;
    }

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Name<'a>(&'a str);

    impl Typed for Name<'_> {
        const KIND: u16 = 3;
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Many(Vec<u64>);

    impl Typed for Many {
        const KIND: u16 = 4;
    }

    fn received(kind: u16, payload: &[u8]) -> Message<Bytes> {
        let mut session = Session::default();
        session.link().rx.receive(message(kind, payload), 0);
        let Ok(Next::Event(Event::Message(message))) = session.next(T0) else { panic!() };
        message
    }

    #[test]
    fn values_travel() {
        let mut session = Session::default();
        session.send_typed(&Move { x: 3, y: -4 }).unwrap();
        session.send_typed(&Name("ada")).unwrap();
        assert_eq!(drain(&mut session), [message(2, &[6, 7]), message(3, b"\x03ada")].concat());
        assert_eq!(received(2, &[6, 7]).decode(), Ok(Move { x: 3, y: -4 }));
        assert_eq!(received(3, b"\x03ada").decode(), Ok(Name("ada")));
    }

    #[test]
    fn a_value_is_all_of_its_message() {
        assert_eq!(received(3, &[6, 7]).decode::<Move>(), Err(DecodeError::Kind { expected: 2, found: 3 }));
        assert_eq!(received(2, &[6, 7, 0]).decode::<Move>(), Err(DecodeError::Trailing { extra: 1 }));
        assert_eq!(received(2, &[6]).decode::<Move>(), Err(DecodeError::Value));
        assert_eq!(received(3, b"\x01\xff").decode::<Name<'_>>(), Err(DecodeError::Value));
        let huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0];
        assert_eq!(received(4, &huge).decode::<Many>().unwrap_err(), DecodeError::Value);
    }

    #[test]
    fn misuse_stays_misuse() {
        let mut session = Session::default();
        let many = Many(vec![u64::MAX; 1 << 17]);
        assert_eq!(session.send_typed(&many), Err(EncodeError::Misuse(Misuse::TooLong)));
        session.close().unwrap();
        assert_eq!(session.send_typed(&Name("x")), Err(EncodeError::Misuse(Misuse::Closed)));
    }
}

#[test]
fn a_config_says_what_was_agreed_on() {
    let config = Config::builder().magic(7).version(3).accept(2..=4).largest(50).whole(40).build().unwrap();
    assert_eq!((config.magic(), config.version(), config.accepted()), (7, 3, 2..=4));
    assert_eq!((config.largest(), config.whole()), (50, 40));
    assert!(Config::builder().datagram(12).build().is_ok() && Config::builder().datagram(11).build().is_err());
}

#[test]
fn every_fault_has_words_of_its_own() {
    let errors = [
        Error::UnknownMagic(1),
        Error::UnsupportedVersion(2),
        Error::Oversize { length: 3, limit: 2 },
        Error::Truncated { received: 3, expected: 4 },
        Error::Trailing { extra: 5 },
        Error::Idle,
        Error::Timeout,
        Error::Stalled,
    ];
    let mut words: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let builders = [
        Config::builder().accept(RangeInclusive::new(2, 1)),
        Config::builder().version(9),
        Config::builder().largest(1).whole(2),
        Config::builder().datagram(0),
        Config::builder().idle(Some(Duration::ZERO)),
        Config::builder().rate(0),
    ];
    words.extend(builders.map(|builder| builder.build().unwrap_err().to_string()));
    words.push(EncodeError::Value.to_string());
    let decode = [DecodeError::Kind { expected: 1, found: 2 }, DecodeError::Trailing { extra: 9 }, DecodeError::Value];
    words.extend(decode.iter().map(ToString::to_string));
    let all = words.len();
    words.sort();
    words.dedup();
    assert!(words.len() == all && words.iter().all(|text| text.len() > 5), "{words:?}");
}

#[test]
fn the_largest_datagram_is_taken() {
    let config = Config::builder().datagram(112).build().unwrap();
    let mut machine = Datagrams::new(config);
    machine.send((), 1, [7; 100]).unwrap();
    let sent = machine.transmit().unwrap();
    machine.receive((), &sent.payload, Instant::ORIGIN);
    assert!(matches!(machine.next(Instant::ORIGIN), Some(DatagramEvent::Message { .. })));
}
