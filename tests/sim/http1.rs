//! Requests and their answers: pipelined, chunked, with expectations, answered early or late.

use super::link::Chance;
use super::{End, run, seeds};
use barewire::http::{
    Body, FieldName, FieldValue, Id, Method, Request, RequestEvent, Response, ResponseEvent, Status, Target,
};
use barewire::http1::{Client, Config, Error, Server};
use barewire::{Instant, Machine, Next};
use core::time::Duration;
use std::collections::VecDeque;

const NUMBER: FieldName<'static> = FieldName::literal("x-number");

#[derive(Clone, Debug)]
struct Asked {
    method: &'static str,
    body: Vec<u8>,
    chunked: bool,
    expects: bool,
    last: bool,
}

struct Asker {
    client: Client,
    asks: Vec<Asked>,
    asked: usize,
    /// The body that is being sent: whose, how much of it has been, and whether it may.
    sending: Option<(Id, usize, bool)>,
    /// Number, status and body of each answer.
    answers: Vec<(usize, u16, Vec<u8>)>,
    /// How many of them are whole.
    whole: usize,
    over: Option<Result<(), Error>>,
}

impl Asker {
    fn new(config: &Config, chance: &mut Chance) -> Self {
        let count = 1 + chance.below(8);
        let asks = (0..count).map(|at| {
            let body = chance.bytes(60_000);
            let method =
                if body.is_empty() { ["GET", "HEAD"][chance.below(2)] } else { ["POST", "PUT"][chance.below(2)] };
            let chunked = chance.one_in(2) && !body.is_empty();
            let expects = chance.one_in(4) && !body.is_empty();
            Asked { method, body, chunked, expects, last: at + 1 == count }
        });
        Self {
            asks: asks.collect(),
            client: Client::new(config.clone()),
            asked: 0,
            sending: None,
            answers: Vec::new(),
            whole: 0,
            over: None,
        }
    }

    fn ask(&mut self, chance: &mut Chance) -> bool {
        if let Some((id, sent, may)) = &mut self.sending {
            if !*may {
                return false;
            }
            let body = &self.asks[usize::try_from(id.get()).unwrap()].body;
            let piece = &body[*sent..(*sent + 1 + chance.length(20_000)).min(body.len())];
            let outcome = match piece.is_empty() {
                true => self.client.finish(*id),
                false => self.client.send_data(*id, piece.to_vec()),
            };
            *sent += piece.len();
            if piece.is_empty() || outcome.is_err() {
                self.sending = None;
            }
            return true;
        }
        if self.asked == self.asks.len() || !self.client.is_ready() || chance.one_in(2) {
            return false;
        }
        let ask = &self.asks[self.asked];
        let number = self.asked.to_string();
        let mut request = Request::new(Method::new(ask.method).unwrap(), Target::new("/").unwrap());
        request.add(FieldName::HOST, FieldValue::literal("h")).add(NUMBER, FieldValue::new(&number).unwrap());
        if ask.expects {
            request.add(FieldName::EXPECT, FieldValue::literal("100-continue"));
        }
        if ask.last {
            request = request.close();
        }
        let body = match (ask.body.len(), ask.chunked) {
            (0, _) => Body::Empty,
            (_, true) => Body::Unknown,
            (length, false) => Body::Length(length as u64),
        };
        let id = self.client.request(&request, body).unwrap();
        self.sending = (body != Body::Empty).then_some((id, 0, !ask.expects));
        self.asked += 1;
        true
    }

    fn hear(&mut self, event: ResponseEvent) {
        match event {
            ResponseEvent::Continue { id } => {
                if let Some((sending, _, may)) = &mut self.sending {
                    *may |= *sending == id;
                }
            }
            ResponseEvent::Response { id, head, .. } => {
                let number = head.get(NUMBER).and_then(|number| number.to_str()?.parse().ok()).unwrap_or(usize::MAX);
                assert_eq!(id.get(), self.answers.len() as u64);
                self.answers.push((number, head.status().code(), Vec::new()));
                // What was held back for a 100 isn't wanted any more.
                if self.sending.is_some_and(|(sending, _, may)| sending == id && !may) {
                    self.client.finish(id).unwrap();
                    self.sending = None;
                }
            }
            ResponseEvent::Data { bytes, .. } => self.answers.last_mut().unwrap().2.extend_from_slice(&bytes),
            ResponseEvent::End { .. } => self.whole += 1,
            ResponseEvent::Interim { head, .. } => assert_eq!(head.status(), Status::EARLY_HINTS),
            other => panic!("{other:?}"),
        }
    }
}

impl End for Asker {
    type Machine = Client;

    fn machine(&mut self) -> &mut Client {
        &mut self.client
    }

    fn act(&mut self, now: Instant, chance: &mut Chance) -> bool {
        if self.over.is_some() {
            return false;
        }
        let mut acted = self.ask(chance);
        loop {
            match self.client.next(now) {
                Ok(Next::Event(event)) => self.hear(event),
                Ok(Next::Done) => self.over = Some(Ok(())),
                Ok(Next::NeedApp) => {
                    // The server won't read the rest, so it is given up.
                    self.client.abort();
                    self.over = Some(Ok(()));
                }
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

struct Answerer {
    server: Server,
    /// What came of each request, and whether it is whole.
    heard: Vec<(usize, Vec<u8>, bool)>,
    /// Requests to answer, in order, when it is their time.
    due: VecDeque<(Id, usize)>,
    /// How many were answered before their body had come.
    early: bool,
    over: Option<Result<(), Error>>,
}

impl Answerer {
    fn new(config: &Config) -> Self {
        Self { server: Server::new(config.clone()), heard: Vec::new(), due: VecDeque::new(), early: false, over: None }
    }

    fn answer(&mut self, chance: &mut Chance) -> bool {
        let Some(&(id, number)) = self.due.front() else { return false };
        let whole = self.heard[number].2;
        if chance.one_in(3) || (!whole && !chance.one_in(30)) {
            return false;
        }
        self.due.pop_front();
        self.early |= !whole;
        if chance.one_in(5) {
            self.server.interim(id, &Response::new(Status::EARLY_HINTS)).unwrap();
        }
        let text = number.to_string();
        let status = if whole { Status::OK } else { Status::CONTENT_TOO_LARGE };
        let response = Response::new(status).field(NUMBER, FieldValue::new(&text).unwrap());
        let body = if whole { self.heard[number].1.clone() } else { Vec::new() };
        if chance.one_in(2) {
            self.server.respond_with(id, &response, body).unwrap();
            return true;
        }
        self.server.respond(id, &response, Body::Unknown).unwrap();
        for piece in body.chunks(1 + chance.length(20_000)) {
            self.server.send_data(id, piece.to_vec()).unwrap();
        }
        self.server.finish(id).unwrap();
        true
    }
}

impl End for Answerer {
    type Machine = Server;

    fn machine(&mut self) -> &mut Server {
        &mut self.server
    }

    fn act(&mut self, now: Instant, chance: &mut Chance) -> bool {
        if self.over.is_some() {
            return false;
        }
        let mut acted = false;
        loop {
            match self.server.next(now) {
                Ok(Next::Event(RequestEvent::Request { id, head, .. })) => {
                    let number: usize = head.get(NUMBER).unwrap().to_str().unwrap().parse().unwrap();
                    assert_eq!(number, self.heard.len());
                    self.heard.push((number, Vec::new(), false));
                    self.due.push_back((id, number));
                }
                Ok(Next::Event(RequestEvent::Data { id, bytes })) => {
                    self.heard[usize::try_from(id.get()).unwrap()].1.extend_from_slice(&bytes);
                }
                Ok(Next::Event(RequestEvent::End { id, .. })) => {
                    self.heard[usize::try_from(id.get()).unwrap()].2 = true
                }
                Ok(Next::Event(other)) => panic!("{other:?}"),
                Ok(Next::Done) => self.over = Some(Ok(())),
                Ok(_) => return acted | self.answer(chance),
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
    let config = Config::builder().max_pipelined(1 + chance.below(8)).response_timeout(Some(Duration::from_secs(60)));
    let config = config.build().unwrap();
    let (mut asker, mut answerer) = (Asker::new(&config, chance), Answerer::new(&config));
    let cut = run(&mut asker, &mut answerer, chance);

    for (number, body, whole) in &answerer.heard {
        let asked = &asker.asks[*number].body;
        assert!(if *whole { body == asked } else { asked.starts_with(body) }, "heard something else");
    }
    for (at, (number, status, body)) in asker.answers.iter().enumerate() {
        let whole = at < asker.whole;
        assert_eq!(*number, at, "an answer to another request");
        let expected = match (asker.asks[at].method, status) {
            ("HEAD", _) | (_, 413) => &[][..],
            _ => &asker.asks[at].body,
        };
        assert!(if whole { body == expected } else { expected.starts_with(body) }, "another body");
    }
    // Without a cut, and where no answer came early, everything was asked and answered.
    if !cut && !answerer.early {
        assert_eq!((asker.over, answerer.over), (Some(Ok(())), Some(Ok(()))));
        assert_eq!(asker.whole, asker.asks.len());
    }
}

#[test]
fn http1() {
    seeds("http1", scenario);
}
