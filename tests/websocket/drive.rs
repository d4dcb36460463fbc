//! One session and its echo application, through any of the three doors.

use barewire::websocket::{Config, Error, Event, Kind, Reserved, Role, Session};
use barewire::{Instant, Machine, Next};

pub(crate) const CLIENT: Role = Role::Client { seed: [42; 32] };
pub(crate) const ROLES: [Role; 2] = [Role::Server, CLIENT];

/// How events are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Next,
    NextRef,
    Exchange,
}

pub(crate) const DOORS: [Door; 3] = [Door::Next, Door::NextRef, Door::Exchange];

/// What an application heard. A message counts from its end, whether it came whole or in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
    Extended(Reserved, Kind, Vec<u8>),
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) heard: Vec<Heard>,
    /// A message of which pieces came, and not the end.
    pub(crate) unfinished: Option<(Kind, Vec<u8>)>,
    pub(crate) error: Option<Error>,
    pub(crate) done: bool,
    pub(crate) output: Vec<u8>,
    pub(crate) fin: bool,
    pub(crate) aborted: bool,
}

/// A session, the echo behind it, and what went through them.
pub(crate) struct Run {
    pub(crate) session: Session,
    pub(crate) now: Instant,
    door: Door,
    /// Whether messages are sent back.
    echoes: bool,
    pub(crate) seen: Outcome,
}

impl Run {
    pub(crate) fn new(role: Role, config: Config, door: Door) -> Self {
        let session = Session::new(role, config);
        Self { session, now: Instant::from_nanos(1), door, echoes: true, seen: Outcome::default() }
    }

    /// Hears without answering.
    pub(crate) fn mute(mut self) -> Self {
        self.echoes = false;
        self
    }

    /// Feeds `bytes`, as far as there is room at a time, and works on them.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.seen.done {
            let rx = &mut self.session.link().rx;
            let spare = rx.spare(bytes.len());
            let n = spare.len();
            assert!(n > 0, "no room, and nothing to do");
            spare.copy_from_slice(&bytes[..n]);
            rx.commit(n);
            bytes = &bytes[n..];
            self.work();
        }
    }

    /// The end of the stream.
    pub(crate) fn eof(&mut self) {
        if !self.seen.done {
            self.session.link().rx.close();
            self.work();
        }
    }

    /// Asks until there is nothing more, and takes all output.
    pub(crate) fn work(&mut self) {
        self.ask();
        self.drain(usize::MAX);
    }

    /// Asks until there is nothing more.
    pub(crate) fn ask(&mut self) {
        loop {
            let (echoes, seen, now) = (self.echoes, &mut self.seen, self.now);
            let next = match self.door {
                Door::Next => self.session.next(now).map(|next| {
                    next.map(|event| {
                        let echo = note(seen, event.as_ref());
                        match echo {
                            // What was received can be sent as it is.
                            Some(_) if echoes && !matches!(event, Event::End) => drop(self.session.send(event)),
                            Some(echo) if echoes => drop(self.session.send(echo)),
                            _ => {}
                        }
                    })
                }),
                Door::NextRef => {
                    let next = self.session.next_ref(now).map(|next| next.map(|event| note(seen, event)));
                    next.map(|next| {
                        next.map(|echo| {
                            if let Some(echo) = echo.filter(|_| echoes) {
                                let _ = self.session.send_ref(echo.as_ref());
                            }
                        })
                    })
                }
                Door::Exchange => self.session.exchange(now).map(|next| {
                    next.map(|(event, mut peer)| {
                        let echo = note(seen, event);
                        match echo {
                            Some(_) if echoes && !matches!(event, Event::End) => drop(peer.send_ref(event)),
                            Some(echo) if echoes => drop(peer.send_ref(echo.as_ref())),
                            _ => {}
                        }
                    })
                }),
            };
            match next {
                Ok(Next::Event(())) => assert!(!self.seen.done, "an event after the end"),
                Ok(Next::NeedInput) => {
                    let rx = &self.session.link().rx;
                    assert!(rx.room() > 0 && !rx.is_eof(), "input is asked for where none can come");
                    let rest = (self.session.deadline(), self.session.link().tx.len());
                    assert_eq!(self.session.next(now), Ok(Next::NeedInput));
                    assert_eq!((self.session.deadline(), self.session.link().tx.len()), rest, "asked again");
                    return;
                }
                Ok(Next::Done) => {
                    assert_eq!(self.session.deadline(), None, "a deadline after the end");
                    self.seen.done = true;
                    return;
                }
                Ok(other) => panic!("{other:?} from a WebSocket"),
                Err(error) => {
                    assert_eq!(self.seen.error.replace(error), None, "two errors");
                    assert!(self.session.is_closed() && self.session.link().tx.is_ended());
                }
            }
        }
    }

    /// Takes up to `most` bytes of output; says how many.
    pub(crate) fn drain(&mut self, most: usize) -> usize {
        let tx = &mut self.session.link().tx;
        let mut chunks = [&b""[..]; 8];
        let mut left = most;
        while left > 0 && !tx.is_empty() {
            let n = tx.chunks(&mut chunks);
            let mut taken = 0;
            for chunk in &chunks[..n] {
                let part = &chunk[..chunk.len().min(left)];
                self.seen.output.extend_from_slice(part);
                (taken, left) = (taken + part.len(), left - part.len());
            }
            chunks = [&b""[..]; 8];
            tx.advance(taken);
        }
        self.seen.fin = tx.wants_fin();
        self.seen.aborted = tx.is_aborted();
        most - left
    }
}

/// Notes an event; gives what is to be echoed.
fn note(seen: &mut Outcome, event: Event<&str, &[u8]>) -> Option<Event> {
    let heard = match event {
        Event::Start(kind) => {
            assert_eq!(seen.unfinished.replace((kind, Vec::new())), None, "a message within another");
            return None;
        }
        Event::Data(piece) => {
            let (kind, bytes) = seen.unfinished.as_mut().expect("a piece of nothing");
            bytes.extend_from_slice(piece);
            if *kind == Kind::Text {
                let good = std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true);
                assert!(good, "text in pieces that is not UTF-8");
            }
            return None;
        }
        Event::End => match seen.unfinished.take().expect("the end of nothing") {
            (Kind::Text, bytes) => Heard::Text(String::from_utf8(bytes).expect("text that is not UTF-8")),
            (Kind::Binary, bytes) => Heard::Binary(bytes),
        },
        Event::Text(text) => Heard::Text(text.into()),
        Event::Binary(bytes) => Heard::Binary(bytes.into()),
        Event::Ping(payload) => Heard::Ping(payload.into()),
        Event::Pong(payload) => Heard::Pong(payload.into()),
        Event::Close(close) => Heard::Close(close.map(|close| (close.code.get(), close.reason.into()))),
        Event::Extended(reserved, kind, bytes) => Heard::Extended(reserved, kind, bytes.into()),
        other => panic!("{other:?} is new"),
    };
    let echo = match &heard {
        Heard::Text(text) => Some(text.as_str().into()),
        Heard::Binary(bytes) => Some(bytes.clone().into()),
        _ => None,
    };
    seen.heard.push(heard);
    echo
}
