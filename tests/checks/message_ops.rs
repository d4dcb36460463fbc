//! A session under any sequence of operations, and a second one that hears what the first says.

use super::support::{drain, drain_some, feed};
use arbitrary::{Arbitrary, Unstructured};
use barewire::message::{Config, Event, Header, Session};
use barewire::{Instant, Machine, Misuse, Next};
use core::time::Duration;

#[derive(Arbitrary, Debug)]
enum Op {
    Send {
        kind: u16,
        length: u16,
    },
    SendRef {
        kind: u16,
        length: u16,
    },
    Start {
        kind: u16,
        length: u16,
    },
    Data(u16),
    End,
    Close,
    /// A message from the peer, and how much of it comes now.
    Hear {
        length: u16,
        part: u16,
    },
    /// Anything from the peer.
    Noise(Vec<u8>),
    Eof,
    Next,
    NextRef,
    Drain(u16),
    Pop,
    Clock(u16),
    Detach,
}

const LARGEST: u32 = 30_000;

/// What the first session was told to say, as the second must hear it.
#[derive(Default)]
struct Said {
    messages: Vec<(u16, Vec<u8>)>,
    open: Option<(u16, u32, Vec<u8>)>,
    closed: bool,
}

struct Run {
    session: Session,
    now: Instant,
    said: Said,
    sent: Vec<u8>,
    heard: usize,
    over: bool,
    byte: u8,
}

pub fn holds(data: &[u8]) {
    let mut source = Unstructured::new(data);
    let Ok(whole) = u16::arbitrary(&mut source) else { return };
    let Ok(ops) = Vec::<Op>::arbitrary_take_rest(source) else { return };
    let config = Config::builder().largest(LARGEST).whole(u32::from(whole) % LARGEST).build().unwrap();
    let mut run = Run {
        session: Session::new(config.clone()),
        now: Instant::from_nanos(1),
        said: Said::default(),
        sent: Vec::new(),
        heard: 0,
        over: false,
        byte: 0,
    };
    for op in ops.into_iter().take(100) {
        run.act(op);
        let rx = &run.session.link().rx;
        assert!(rx.len() <= rx.limit(), "more than the limit");
    }
    run.sent.extend(drain(&mut run.session.link().tx));
    if !run.session.link().tx.is_aborted() {
        hears(&config, &run.sent, &run.said);
    }
}

impl Run {
    fn payload(&mut self, length: u16) -> Vec<u8> {
        self.byte = self.byte.wrapping_add(1);
        vec![self.byte; length.into()]
    }

    /// A command's outcome, by what is known of what was said. What is refused changes nothing.
    fn command(&mut self, command: impl FnOnce(&mut Session) -> Result<(), Misuse>, expected: Result<(), Misuse>) {
        let ended = self.session.link().tx.is_ended();
        let before = (self.session.link().tx.len(), self.session.deadline());
        let outcome = command(&mut self.session);
        let expected = if ended { Err(Misuse::Closed) } else { expected };
        assert_eq!(outcome, expected);
        if outcome.is_err() {
            assert_eq!(
                (self.session.link().tx.len(), self.session.deadline()),
                before,
                "refused, and something changed"
            );
        }
    }

    fn act(&mut self, op: Op) {
        let open = self.said.open.is_some();
        let live = !self.session.link().tx.is_ended();
        let message = |length: u16| match (open, u32::from(length) > LARGEST) {
            (true, _) => Err(Misuse::OutOfTurn),
            (_, true) => Err(Misuse::TooLong),
            _ => Ok(()),
        };
        match op {
            Op::Send { kind, length } => {
                let (payload, expected) = (self.payload(length), message(length));
                self.command(|session| session.send(kind, payload.clone()), expected);
                if live && expected.is_ok() {
                    self.said.messages.push((kind, payload));
                }
            }
            Op::SendRef { kind, length } => {
                let (payload, expected) = (self.payload(length), message(length));
                self.command(|session| session.send_ref(kind, &payload), expected);
                if live && expected.is_ok() {
                    self.said.messages.push((kind, payload));
                }
            }
            Op::Start { kind, length } => {
                let expected = message(length);
                self.command(|session| session.start(kind, length.into()), expected);
                if live && expected.is_ok() {
                    self.said.open = Some((kind, length.into(), Vec::new()));
                }
            }
            Op::Data(length) => {
                let data = self.payload(length);
                let expected = match &self.said.open {
                    None => Err(Misuse::OutOfTurn),
                    Some((_, announced, sent)) if sent.len() + data.len() > *announced as usize => Err(Misuse::TooLong),
                    Some(_) => Ok(()),
                };
                self.command(|session| session.send_data(data.clone()), expected);
                if let (true, Ok(()), Some((.., sent))) = (live, expected, &mut self.said.open) {
                    sent.extend(data);
                }
            }
            Op::End => {
                let expected = match &self.said.open {
                    None => Err(Misuse::OutOfTurn),
                    Some((_, announced, sent)) if sent.len() < *announced as usize => Err(Misuse::TooShort),
                    Some(_) => Ok(()),
                };
                self.command(Session::end, expected);
                if live && expected.is_ok() {
                    let (kind, _, sent) = self.said.open.take().unwrap();
                    self.said.messages.push((kind, sent));
                }
            }
            Op::Close => {
                self.command(Session::close, if open { Err(Misuse::OutOfTurn) } else { Ok(()) });
                self.said.closed |= live && !open;
            }
            Op::Hear { length, part } => {
                let header = Header { magic: 0xDEAD_BEEF, version: 1, kind: 1, length: u32::from(length) % 200 };
                let payload = self.payload(length % 200);
                let bytes = [&header.to_bytes()[..], &payload].concat();
                let part = &bytes[..bytes.len().min(usize::from(part) + 1)];
                self.feed(part);
            }
            Op::Noise(bytes) => self.feed(&bytes),
            Op::Eof => self.session.link().rx.close(),
            Op::Next => self.next(false),
            Op::NextRef => self.next(true),
            Op::Drain(most) => self.sent.extend(drain_some(&mut self.session.link().tx, most.into())),
            Op::Pop => self.sent.extend(self.session.link().tx.pop().unwrap_or_default()),
            Op::Clock(ms) => self.now = self.now + Duration::from_millis(ms.into()),
            Op::Detach => drop(self.session.link().detach()),
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        let rx = &mut self.session.link().rx;
        if !rx.is_eof() {
            feed(rx, bytes);
        }
    }

    fn next(&mut self, lent: bool) {
        let (was_over, now) = (self.over, self.now);
        let next = if lent {
            self.session.next_ref(now).map(|next| next.map(|_| ()))
        } else {
            self.session.next(now).map(|next| next.map(|_| ()))
        };
        let deadline = self.session.deadline();
        match next {
            Ok(Next::Event(())) => {
                assert!(!was_over, "an event after the end");
                self.heard += 1;
            }
            Ok(Next::NeedInput) => {
                let rx = &self.session.link().rx;
                assert!(!was_over && rx.room() > 0 && !rx.is_eof());
                assert!(deadline.is_none_or(|deadline| deadline > now), "a deadline in the past");
                let again = self.session.next(now).map(|next| next.map(|_| ()));
                assert_eq!(again, Ok(Next::NeedInput));
            }
            Ok(Next::NeedApp) => assert!(!was_over && deadline.is_none_or(|deadline| deadline > now)),
            Ok(Next::NeedFlush) => panic!("there are no automatic replies"),
            Ok(Next::Done) => {
                assert!(self.session.link().tx.is_ended() && deadline.is_none());
                self.over = true;
            }
            Err(_) => {
                assert!(!was_over && self.session.link().tx.is_ended() && deadline.is_none());
                self.over = true;
            }
        }
    }
}

/// What left is what was said, and nothing else.
fn hears(config: &Config, sent: &[u8], said: &Said) {
    let mut session = Session::new(config.clone());
    let mut heard: Vec<(u16, Vec<u8>)> = Vec::new();
    let mut rest = sent;
    let mut ended = 0;
    loop {
        match session.next(Instant::ORIGIN).unwrap() {
            Next::Event(Event::Message(message)) => {
                heard.push((message.header.kind, message.payload.to_vec()));
                ended += 1;
            }
            Next::Event(Event::Start(header)) => heard.push((header.kind, Vec::new())),
            Next::Event(Event::Data(data)) => heard.last_mut().unwrap().1.extend_from_slice(&data),
            Next::Event(Event::End) => ended += 1,
            Next::NeedInput if rest.is_empty() => break,
            Next::NeedInput => rest = feed(&mut session.link().rx, rest),
            other => panic!("{other:?}"),
        }
    }
    let whole = said.messages.len();
    // One that was begun and has all its bytes is complete on the wire, whether or not its end was said.
    assert!(ended == whole || (ended == whole + 1 && said.open.is_some()));
    assert_eq!(heard[..whole], said.messages);
    if let (Some(extra), Some((kind, _, begun))) = (heard.get(whole), &said.open) {
        assert!(extra.0 == *kind && begun.starts_with(&extra.1));
    }
    assert!(heard.len() <= whole + 1);
}
