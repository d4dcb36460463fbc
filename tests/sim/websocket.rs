//! WebSocket messages both ways, with pings in between, until one side closes.

use super::link::Chance;
use super::{End, run, seeds};
use barewire::websocket::{CloseCode, Config, Error, Event, Kind, Role, Session};
use barewire::{Instant, Machine, Next};
use core::time::Duration;

struct Talker {
    session: Session,
    says: Vec<(Kind, Vec<u8>)>,
    said: usize,
    closes: bool,
    heard: Vec<(Kind, Vec<u8>)>,
    /// The last of them is still coming.
    open: bool,
    close: Option<CloseCode>,
    over: Option<Result<(), Error>>,
}

impl Talker {
    fn new(role: Role, config: &Config, closes: bool, chance: &mut Chance) -> Self {
        let says = (0..chance.below(10)).map(|_| {
            let kind = if chance.one_in(2) { Kind::Text } else { Kind::Binary };
            (kind, chance.bytes(60_000))
        });
        let says = says.collect();
        let session = Session::new(role, config.clone());
        Self { session, says, said: 0, closes, heard: Vec::new(), open: false, close: None, over: None }
    }

    fn say(&mut self, chance: &mut Chance) -> bool {
        if self.session.is_closed() || chance.one_in(2) {
            return false;
        }
        if chance.one_in(5) {
            self.session.ping(b"there?").unwrap();
        }
        let Some((kind, payload)) = self.says.get(self.said) else {
            if self.closes {
                self.session.close(CloseCode::NORMAL, "all said").unwrap();
            }
            return self.closes;
        };
        self.said += 1;
        if chance.one_in(2) {
            self.session.start(*kind).unwrap();
            for piece in payload.chunks(1 + chance.length(30_000)) {
                self.session.data(piece.to_vec()).unwrap();
            }
            self.session.end().unwrap();
        } else if *kind == Kind::Text {
            self.session.send(core::str::from_utf8(payload).unwrap()).unwrap();
        } else {
            self.session.send(payload.clone()).unwrap();
        }
        true
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Text(text) => self.heard.push((Kind::Text, text.as_bytes().to_vec())),
            Event::Binary(bytes) => self.heard.push((Kind::Binary, bytes.to_vec())),
            Event::Start(kind) => {
                self.heard.push((kind, Vec::new()));
                self.open = true;
            }
            Event::Data(piece) => self.heard.last_mut().unwrap().1.extend_from_slice(&piece),
            Event::End => self.open = false,
            Event::Ping(payload) | Event::Pong(payload) => assert!(payload.is_empty() || *payload == b"there?"[..]),
            Event::Close(close) => self.close = close.map(|close| close.code),
            other => panic!("{other:?}"),
        }
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
                Ok(Next::Event(event)) => self.hear(event),
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
    let whole = chance.length(60_000) as u64;
    let config =
        Config::builder().max_message(60_000).whole(whole).close_timeout(Duration::from_secs(3600)).build().unwrap();
    let mut closes = [chance.one_in(2), chance.one_in(2)];
    closes[0] |= !closes[1];
    let mut client = Talker::new(Role::Client { seed: [9; 32] }, &config, closes[0], chance);
    let mut server = Talker::new(Role::Server, &config, closes[1], chance);
    let cut = run(&mut client, &mut server, chance);
    for (speaker, hearer) in [(&client, &server), (&server, &client)] {
        let whole = hearer.heard.len() - usize::from(hearer.open);
        assert!(speaker.says[..speaker.said].starts_with(&hearer.heard[..whole]), "heard something else");
        match hearer.over.unwrap() {
            Ok(()) if !cut => {
                assert_eq!(hearer.heard, speaker.says[..speaker.said], "not all was heard");
                assert_eq!(hearer.close, Some(CloseCode::NORMAL));
            }
            // The Close frames may have passed before the wire was cut.
            Ok(()) => {}
            Err(error) => assert!(cut && matches!(error, Error::Eof | Error::CloseTimeout), "{error:?}"),
        }
    }
}

#[test]
fn websocket() {
    seeds("websocket", scenario);
}
