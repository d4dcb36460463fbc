//! Two ends and the wire between them, in memory: virtual time, a seeded wire that cuts as it likes, and a bounded
//! number of steps, so that a livelock fails instead of hanging.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::message::{self, Config, Event, Session};
use barewire::{Instant, Link, Machine, Next};
use core::time::Duration;
use quickcheck::{Arbitrary, Gen, quickcheck};

/// Decides how much of what is waiting the wire carries: SplitMix64, so that a seed says it all.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        usize::try_from(mixed >> 33).unwrap() % n.max(1)
    }
}

/// Carries some bytes, then the FIN once there are none. Says whether anything moved.
fn carry(from: &mut Link, to: &mut Link, chance: &mut Chance) -> bool {
    if from.tx.wants_fin() {
        from.tx.fin_sent();
        to.rx.close();
        return true;
    }
    let mut chunks = [&b""[..]; 3];
    let count = from.tx.chunks(&mut chunks);
    let waiting = chunks[..count].concat();
    let spare = to.rx.spare(1 + chance.below(100_000));
    let most = spare.len().min(waiting.len());
    let n = if chance.below(2) == 0 { most } else { chance.below(most + 1) };
    spare[..n].copy_from_slice(&waiting[..n]);
    to.rx.commit(n);
    from.tx.advance(n);
    n > 0
}

/// What one end is to say, and what it heard.
struct End {
    session: Session,
    says: Vec<Vec<u8>>,
    said: usize,
    heard: Vec<Vec<u8>>,
    over: bool,
}

impl End {
    fn new(config: &Config, says: Vec<Vec<u8>>) -> Self {
        Self { session: Session::new(config.clone()), says, said: 0, heard: Vec::new(), over: false }
    }

    /// Says one thing, or that it was all; then hears what there is.
    fn act(&mut self, now: Instant) {
        if let Some(payload) = self.says.get(self.said) {
            self.session.send(u16::try_from(self.said).unwrap(), payload.clone()).unwrap();
        } else if self.said == self.says.len() {
            self.session.close().unwrap();
        }
        self.said += 1;
        loop {
            match self.session.next(now).unwrap() {
                Next::Event(Event::Message(message)) => self.heard.push(message.payload.to_vec()),
                Next::Event(Event::Start(_)) => self.heard.push(Vec::new()),
                Next::Event(Event::Data(piece)) => self.heard.last_mut().unwrap().extend_from_slice(&piece),
                Next::Event(_) => {}
                Next::Done => {
                    self.over = true;
                    return;
                }
                _ => return,
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Payloads(Vec<Vec<u8>>);

impl Arbitrary for Payloads {
    fn arbitrary(g: &mut Gen) -> Self {
        let count = usize::arbitrary(g) % 8;
        let size = |g: &mut Gen| match u8::arbitrary(g) % 4 {
            0 => 0,
            1 => usize::from(u8::arbitrary(g)),
            2 => usize::from(u16::arbitrary(g)),
            _ => usize::from(u16::arbitrary(g)) * 4,
        };
        Self((0..count).map(|_| vec![u8::arbitrary(g); size(g)]).collect())
    }
}

quickcheck! {
    fn what_one_says_the_other_hears(a: Payloads, b: Payloads, whole: u32, seed: u64) -> bool {
        let config = Config::builder().whole(whole % (1 << 20)).build().unwrap();
        let (mut a, mut b) = (End::new(&config, a.0), End::new(&config, b.0));
        let mut chance = Chance(seed);
        let mut now = Instant::ORIGIN;
        for _ in 0..20_000 {
            a.act(now);
            b.act(now);
            carry(a.session.link(), b.session.link(), &mut chance);
            carry(b.session.link(), a.session.link(), &mut chance);
            now = now + Duration::from_millis(1);
            if a.over && b.over {
                return a.heard == b.says && b.heard == a.says;
            }
        }
        panic!("20,000 steps, and no end");
    }
}

#[test]
fn a_silent_peer_is_left_at_the_idle_deadline() {
    let mut session = Session::new(Config::builder().idle(Some(Duration::from_secs(7))).build().unwrap());
    let start = Instant::ORIGIN;
    assert_eq!(session.next(start), Ok(Next::NeedInput));
    let deadline = session.deadline().unwrap();
    assert_eq!(deadline - start, Duration::from_secs(7));
    assert_eq!(session.next(deadline), Err(message::Error::Idle));
    assert_eq!(session.next(deadline), Ok(Next::Done));
    assert!(session.link().tx.wants_fin());
}
