//! Two ends and the wire between them, with a virtual clock: what one says the other hears, however it is cut, whatever is
//! said in between, and with any limit of what comes whole.

use super::drive::{CLIENT, Heard};
use barewire::websocket::{CloseCode, Config, Event, Kind, Role, Session};
use barewire::{Instant, Link, Machine, Next};
use core::time::Duration;
use quickcheck::{Arbitrary, Gen, QuickCheck};
use std::collections::VecDeque;

/// One thing that an end does.
#[derive(Clone, Debug)]
enum Say {
    Text(String),
    Binary(Vec<u8>),
    /// A message in pieces, which may be cut within characters. Pings go in between.
    Pieces(Kind, Vec<u8>, Vec<u16>),
    Ping(Vec<u8>),
    /// One that nobody asked for.
    Pong(Vec<u8>),
}

fn bytes(g: &mut Gen) -> Vec<u8> {
    let size = match u8::arbitrary(g) % 6 {
        0 => 0,
        1 => usize::from(u8::arbitrary(g) % 8),
        2 => 120 + usize::from(u8::arbitrary(g) % 12),
        3 => usize::from(u16::arbitrary(g) % 5000),
        4 => 65_530 + usize::from(u8::arbitrary(g) % 12),
        _ => usize::from(u8::arbitrary(g)),
    };
    let (first, step) = (u8::arbitrary(g), u8::arbitrary(g));
    (0..size).map(|n| first.wrapping_add(step.wrapping_mul(n.to_le_bytes()[0]))).collect()
}

fn string(g: &mut Gen) -> String {
    let alphabet = ["a", "é", "€", "😀", "κόσμε", " "];
    let times = if u8::arbitrary(g) % 4 == 0 {
        usize::from(u16::arbitrary(g) % 3000)
    } else {
        usize::from(u8::arbitrary(g) % 60)
    };
    let offset = usize::arbitrary(g) % 6;
    (0..times).map(|n| alphabet[(offset + n * n) % 6]).collect()
}

impl Arbitrary for Say {
    fn arbitrary(g: &mut Gen) -> Self {
        let cuts = |g: &mut Gen| (0..u8::arbitrary(g) % 6).map(|_| u16::arbitrary(g)).collect();
        let control = |g: &mut Gen| {
            let mut payload = bytes(g);
            payload.truncate(125);
            payload
        };
        match u8::arbitrary(g) % 6 {
            0 => Self::Text(string(g)),
            1 => Self::Binary(bytes(g)),
            2 => Self::Pieces(Kind::Binary, bytes(g), cuts(g)),
            3 => Self::Pieces(Kind::Text, string(g).into_bytes(), cuts(g)),
            4 => Self::Ping(control(g)),
            _ => Self::Pong(control(g)),
        }
    }
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        usize::try_from(mixed >> 33).unwrap() % n.max(1)
    }
}

/// Carries some bytes, then the FIN once there are none.
fn carry(from: &mut Link, to: &mut Link, chance: &mut Chance) {
    if from.tx.wants_fin() {
        from.tx.fin_sent();
        to.rx.close();
        return;
    }
    let mut chunks = [&b""[..]; 3];
    let count = from.tx.chunks(&mut chunks);
    let waiting = chunks[..count].concat();
    let want = if chance.below(3) == 0 { 1 + chance.below(20) } else { 1 + chance.below(40_000) };
    let spare = to.rx.spare(want);
    let n = spare.len().min(waiting.len());
    spare[..n].copy_from_slice(&waiting[..n]);
    to.rx.commit(n);
    from.tx.advance(n);
}

struct End {
    session: Session,
    /// Single commands.
    todo: VecDeque<Event>,
    /// What the other must hear, its pongs aside.
    said: Vec<Heard>,
    heard: Vec<Heard>,
    begun: Option<(Kind, Vec<u8>)>,
    pings: Vec<Vec<u8>>,
    pongs: Vec<Vec<u8>>,
    over: bool,
}

/// Tells an answer from a pong that nobody asked for.
const UNASKED: u8 = 0xEE;

impl End {
    fn new(role: Role, whole: u64, says: Vec<Say>) -> Self {
        let (mut todo, mut said, mut pings) = (VecDeque::new(), Vec::new(), Vec::new());
        for say in says {
            match say {
                Say::Text(text) => {
                    said.push(Heard::Text(text.clone()));
                    todo.push_back(text.into());
                }
                Say::Binary(bytes) => {
                    said.push(Heard::Binary(bytes.clone()));
                    todo.push_back(bytes.into());
                }
                Say::Pieces(kind, bytes, cuts) => {
                    todo.push_back(Event::Start(kind));
                    let mut rest = &bytes[..];
                    for (n, cut) in cuts.into_iter().enumerate() {
                        let (piece, after) = rest.split_at(usize::from(cut) % (rest.len() + 1));
                        todo.push_back(Event::Data(piece.to_vec().into()));
                        if n % 2 == 0 {
                            let payload = vec![n.to_le_bytes()[0]; n];
                            said.push(Heard::Ping(payload.clone()));
                            pings.push(payload.clone());
                            todo.push_back(Event::Ping(payload.into()));
                        }
                        rest = after;
                    }
                    todo.extend([Event::Data(rest.to_vec().into()), Event::End]);
                    said.push(match kind {
                        Kind::Text => Heard::Text(String::from_utf8(bytes).unwrap()),
                        Kind::Binary => Heard::Binary(bytes),
                    });
                }
                Say::Ping(payload) => {
                    said.push(Heard::Ping(payload.clone()));
                    pings.push(payload.clone());
                    todo.push_back(Event::Ping(payload.into()));
                }
                Say::Pong(mut payload) => {
                    payload.truncate(124);
                    payload.insert(0, UNASKED);
                    said.push(Heard::Pong(payload.clone()));
                    todo.push_back(Event::Pong(payload.into()));
                }
            }
        }
        let config = Config::builder().whole(whole).build().unwrap();
        let session = Session::new(role, config);
        let (heard, pongs) = (Vec::new(), Vec::new());
        Self { session, todo, said, heard, begun: None, pings, pongs, over: false }
    }

    fn note(&mut self, event: Event<&str, &[u8]>, others: &[Vec<u8>]) {
        let heard = match event {
            Event::Start(kind) => {
                assert!(self.begun.replace((kind, Vec::new())).is_none());
                return;
            }
            Event::Data(piece) => return self.begun.as_mut().unwrap().1.extend_from_slice(piece),
            Event::End => match self.begun.take().unwrap() {
                (Kind::Text, bytes) => Heard::Text(String::from_utf8(bytes).unwrap()),
                (Kind::Binary, bytes) => Heard::Binary(bytes),
            },
            Event::Text(text) => Heard::Text(text.into()),
            Event::Binary(bytes) => Heard::Binary(bytes.into()),
            Event::Ping(payload) => Heard::Ping(payload.into()),
            Event::Pong(payload) if payload.first() == Some(&UNASKED) && !others.contains(&payload.to_vec()) => {
                Heard::Pong(payload.into())
            }
            Event::Pong(payload) => return self.pongs.push(payload.into()),
            Event::Close(_) => return,
            other => panic!("{other:?}"),
        };
        self.heard.push(heard);
    }

    /// Does one thing, in one of the ways in which it can be done, then hears what there is.
    fn act(&mut self, now: Instant, chance: &mut Chance) {
        if let Some(event) = self.todo.pop_front() {
            if chance.below(2) == 0 {
                self.session.send(event).unwrap();
            } else {
                self.session.send_ref(event.as_ref()).unwrap();
            }
        }
        let lends = chance.below(2) == 0;
        for _ in 0..100_000 {
            let pings = self.pings.clone();
            let next = if lends {
                // What is lent must be noted before the session is touched again.
                self.session.next_ref(now).unwrap().map(|event| owned(event))
            } else {
                self.session.next(now).unwrap()
            };
            match next {
                Next::Event(event) => self.note(event.as_ref(), &pings),
                Next::Done => {
                    self.over = true;
                    return;
                }
                _ => return,
            }
        }
        panic!("events without an end");
    }
}

fn owned(event: Event<&str, &[u8]>) -> Event {
    match event {
        Event::Text(text) => Event::Text(text.into()),
        Event::Binary(bytes) => Event::Binary(bytes.to_vec().into()),
        Event::Start(kind) => Event::Start(kind),
        Event::Data(bytes) => Event::Data(bytes.to_vec().into()),
        Event::End => Event::End,
        Event::Ping(bytes) => Event::Ping(bytes.to_vec().into()),
        Event::Pong(bytes) => Event::Pong(bytes.to_vec().into()),
        _ => Event::Close(None),
    }
}

fn converse(client: Vec<Say>, server: Vec<Say>, wholes: (u64, u64), closes: u8, seed: u64) {
    let mut a = End::new(CLIENT, wholes.0, client);
    let mut b = End::new(Role::Server, wholes.1, server);
    let mut chance = Chance(seed);
    let mut now = Instant::ORIGIN;
    let mut closed = false;
    for _ in 0..50_000 {
        a.act(now, &mut chance);
        b.act(now, &mut chance);
        carry(a.session.link(), b.session.link(), &mut chance);
        carry(b.session.link(), a.session.link(), &mut chance);
        // Some rounds at once, some after a while: less than what makes a keepalive ping.
        now = now + Duration::from_micros(chance.below(500) as u64);
        let all = a.todo.is_empty() && b.todo.is_empty() && a.heard == b.said && b.heard == a.said;
        let quiet = a.session.link().tx.is_empty() && b.session.link().tx.is_empty();
        if !closed && all && quiet {
            closed = true;
            // Everything is answered before anyone closes: a pong behind a Close is nobody's.
            if closes % 3 != 1 {
                a.session.close(CloseCode::NORMAL, "a").unwrap();
            }
            if closes % 3 != 0 {
                b.session.close(CloseCode::AWAY, "b").unwrap();
            }
        }
        if a.over && b.over {
            for (end, name) in [(&a, "client"), (&b, "server")] {
                // Pings may share an answer, the latest may not.
                let mut asked = end.pings.iter();
                assert!(end.pongs.iter().all(|pong| asked.any(|ping| ping == pong)), "{name}: {:?}", end.pongs);
                assert!(end.pongs.last() == end.pings.last(), "{name}: the last ping was not answered");
            }
            return;
        }
    }
    panic!(
        "no end: the client heard {} of {}, the server {} of {}",
        a.heard.len(),
        b.said.len(),
        b.heard.len(),
        a.said.len()
    );
}

#[test]
fn what_one_says_the_other_hears() {
    fn property(client: Vec<Say>, server: Vec<Say>, whole: (u32, u8), closes: u8, seed: u64) {
        let few = |mut says: Vec<Say>| {
            says.truncate(12);
            says
        };
        converse(few(client), few(server), (u64::from(whole.0 % (1 << 20)), u64::from(whole.1)), closes, seed);
    }
    QuickCheck::new().tests(60).quickcheck(property as fn(Vec<Say>, Vec<Say>, (u32, u8), u8, u64));
}
