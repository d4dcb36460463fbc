//! Messages both ways, whole and in pieces.

use super::link::Chance;
use super::{End, run, seeds};
use barewire::message::{Config, Error, Event, Session};
use barewire::{Instant, Machine, Next};

struct Talker {
    session: Session,
    says: Vec<Vec<u8>>,
    said: usize,
    closed: bool,
    heard: Vec<Vec<u8>>,
    /// The last of them is still coming.
    open: bool,
    over: Option<Result<(), Error>>,
}

impl Talker {
    fn new(config: &Config, chance: &mut Chance) -> Self {
        let says = (0..chance.below(10)).map(|_| chance.bytes(60_000)).collect();
        let session = Session::new(config.clone());
        Self { session, says, said: 0, closed: false, heard: Vec::new(), open: false, over: None }
    }

    fn say(&mut self, chance: &mut Chance) -> bool {
        if self.closed || self.session.link().tx.is_ended() || chance.one_in(2) {
            return false;
        }
        let Some(payload) = self.says.get(self.said) else {
            self.closed = true;
            self.session.close().unwrap();
            return true;
        };
        let kind = u16::try_from(self.said).unwrap();
        self.said += 1;
        match chance.below(3) {
            0 => self.session.send(kind, payload.clone()).unwrap(),
            1 => self.session.send_ref(kind, payload).unwrap(),
            _ => {
                self.session.start(kind, u32::try_from(payload.len()).unwrap()).unwrap();
                for piece in payload.chunks(1 + chance.length(50_000)) {
                    self.session.send_data(piece.to_vec()).unwrap();
                }
                self.session.end().unwrap();
            }
        }
        true
    }
}

impl End for Talker {
    type Machine = Session;

    fn machine(&mut self) -> &mut Session {
        &mut self.session
    }

    fn act(&mut self, now: Instant, chance: &mut Chance) -> bool {
        if self.over.is_some() {
            return false;
        }
        let mut acted = self.say(chance);
        loop {
            match self.session.next(now) {
                Ok(Next::Event(event)) => match event {
                    Event::Message(message) => {
                        assert_eq!(usize::from(message.header.kind), self.heard.len());
                        self.heard.push(message.payload.to_vec());
                    }
                    Event::Start(header) => {
                        assert_eq!(usize::from(header.kind), self.heard.len());
                        self.heard.push(Vec::new());
                        self.open = true;
                    }
                    Event::Data(piece) => self.heard.last_mut().unwrap().extend_from_slice(&piece),
                    Event::End => self.open = false,
                    _ => assert!(self.session.link().rx.is_eof()),
                },
                Ok(Next::Done) => self.over = Some(Ok(())),
                Ok(_) => return acted,
                Err(error) => self.over = Some(Err(error)),
            }
            acted = true;
            if self.over.is_some() {
                return true;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.over.is_some()
    }
}

fn scenario(chance: &mut Chance) {
    let whole = u32::try_from(chance.length(60_000)).unwrap();
    let config = Config::builder().largest(60_000).whole(whole).build().unwrap();
    let (mut a, mut b) = (Talker::new(&config, chance), Talker::new(&config, chance));
    let cut = run(&mut a, &mut b, chance);
    for (speaker, hearer) in [(&a, &b), (&b, &a)] {
        let open = usize::from(hearer.open);
        let whole = hearer.heard.len() - open;
        assert!(speaker.says[..speaker.said].starts_with(&hearer.heard[..whole]), "heard something else");
        if let Some(begun) = hearer.heard.get(whole) {
            assert!(speaker.says[whole].starts_with(begun), "heard something else");
        }
        match hearer.over.unwrap() {
            Ok(()) if !cut => assert_eq!(hearer.heard, speaker.says, "not all was heard"),
            Ok(()) => assert!(!hearer.open),
            Err(error) => assert!(cut && matches!(error, Error::Truncated { .. }), "{error}"),
        }
    }
}

#[test]
fn messages() {
    seeds("messages", scenario);
}
