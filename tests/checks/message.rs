//! Messages against a naive reader of the whole input, over a stream and in a datagram.

use super::support::feed;
use barewire::message::{Config, DatagramEvent, Datagrams, Error, Event, Header, Session};
use barewire::{Datagrams as _, Instant, Machine, Next};

const MAGIC: u32 = 0xDEAD_BEEF;
const LARGEST: u32 = 2000;

/// What was heard: messages whole, those above `whole` too, then how it ended.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    messages: Vec<(Header, Vec<u8>)>,
    end: Result<(), Error>,
}

/// The first byte says above which length messages come in pieces, the second how the input is cut. Two more choose how
/// many of the messages are given the right magic and version, since no mutation finds them.
pub fn holds(data: &[u8]) {
    let [whole, cut, sound, input @ ..] = data else { return };
    let mut input = input.to_vec();
    make_sound(&mut input, *sound);
    let whole = u32::from(*whole) * 8;
    let config = Config::builder().largest(LARGEST).whole(whole.min(LARGEST)).accept(1..=2).build().unwrap();
    let theirs = read(&input);
    for piece in [input.len().max(1), 1 + usize::from(*cut)] {
        assert_eq!(ours(&config, &input, piece), theirs, "whole {whole}, by {piece}: {}", input.escape_ascii());
    }
    datagram(&config, &input, &theirs);
}

/// Writes magic and version over where the first headers would be.
fn make_sound(input: &mut [u8], headers: u8) {
    let mut at = 0;
    for _ in 0..headers % 8 {
        let Some(header) = input.get_mut(at..at + 12) else { return };
        header[..4].copy_from_slice(&MAGIC.to_be_bytes());
        (header[4], header[5]) = (0, 1 + header[5] % 2);
        header[8..10].fill(0);
        at += 12 + usize::from(header[10]) * 256 + usize::from(header[11]);
    }
}

fn ours(config: &Config, input: &[u8], piece: usize) -> Heard {
    let mut session = Session::new(config.clone());
    let mut heard = Heard { messages: Vec::new(), end: Ok(()) };
    let mut open = false;
    let mut pieces = input.chunks(piece);
    loop {
        match session.next(Instant::ORIGIN) {
            Ok(Next::Event(Event::Message(message))) => {
                assert!(!open && message.header.length <= config.whole());
                heard.messages.push((message.header, message.payload.to_vec()));
            }
            Ok(Next::Event(Event::Start(header))) => {
                assert!(!open && header.length > config.whole());
                open = true;
                heard.messages.push((header, Vec::new()));
            }
            Ok(Next::Event(Event::Data(data))) => {
                assert!(open && !data.is_empty());
                heard.messages.last_mut().unwrap().1.extend_from_slice(&data);
            }
            Ok(Next::Event(Event::End)) => assert!(core::mem::take(&mut open)),
            Ok(Next::Event(Event::PeerClosed)) => {
                assert!(!open);
                session.close().unwrap();
            }
            Ok(Next::Event(other)) => panic!("{other:?}"),
            Ok(Next::NeedInput) => match pieces.next() {
                Some(bytes) => assert!(feed(&mut session.link().rx, bytes).is_empty(), "no room"),
                None => session.link().rx.close(),
            },
            Ok(Next::Done) => return heard,
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                // The last may have come in part.
                if open {
                    heard.messages.pop();
                }
                heard.end = Err(error);
                return heard;
            }
        }
    }
}

fn read(input: &[u8]) -> Heard {
    let mut heard = Heard { messages: Vec::new(), end: Ok(()) };
    let mut rest = input;
    while !rest.is_empty() {
        match read_one(rest) {
            Ok((header, payload)) => {
                heard.messages.push((header, payload.to_vec()));
                rest = &rest[12 + payload.len()..];
            }
            Err(error) => {
                heard.end = Err(error);
                break;
            }
        }
    }
    heard
}

fn read_one(input: &[u8]) -> Result<(Header, &[u8]), Error> {
    let number = |from: usize, to: usize| input[from..to].iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    for (at, (byte, expected)) in input.iter().zip(MAGIC.to_be_bytes()).enumerate() {
        if *byte != expected {
            return Err(Error::UnknownMagic(number(0, at + 1) << (24 - 8 * at)));
        }
    }
    let received = input.len() as u64;
    if input.len() < 6 {
        return Err(Error::Truncated { received, expected: 12 });
    }
    let version = u16::try_from(number(4, 6)).unwrap();
    if !(1..=2).contains(&version) {
        return Err(Error::UnsupportedVersion(version));
    }
    if input.len() < 12 {
        return Err(Error::Truncated { received, expected: 12 });
    }
    let header = Header { magic: MAGIC, version, kind: u16::try_from(number(6, 8)).unwrap(), length: number(8, 12) };
    if header.length > LARGEST {
        return Err(Error::Oversize { length: header.length, limit: LARGEST });
    }
    match input[12..].get(..header.length as usize) {
        Some(payload) => Ok((header, payload)),
        None => Err(Error::Truncated { received, expected: 12 + u64::from(header.length) }),
    }
}

/// A datagram is one message, exactly.
fn datagram(config: &Config, input: &[u8], theirs: &Heard) {
    let mut machine = Datagrams::new(config.clone());
    machine.receive((), input, Instant::ORIGIN);
    let expected = match (&theirs.messages[..], theirs.end) {
        ([], Ok(())) => Err(Error::Truncated { received: 0, expected: 12 }),
        ([], Err(error)) => Err(error),
        ([(header, payload), ..], _) if 12 + payload.len() == input.len() => Ok((*header, payload.clone())),
        ([(_, payload), ..], _) => Err(Error::Trailing { extra: input.len() - 12 - payload.len() }),
    };
    let heard = match machine.next(Instant::ORIGIN) {
        Some(DatagramEvent::Message { message, .. }) => Ok((message.header, message.payload.to_vec())),
        Some(DatagramEvent::Rejected { error, .. }) => Err(error),
        other => panic!("{other:?}"),
    };
    assert_eq!(heard, expected, "{}", input.escape_ascii());
    assert!(machine.next(Instant::ORIGIN).is_none());
}
