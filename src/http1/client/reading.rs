//! The client's reading side: what the server answered, and what it means for the connection.

use super::super::body::{BodyReader, BodyStep};
use super::super::clock::Wait;
use super::super::facts::Framing;
use super::super::head::{self, ResponseRead};
use super::super::{Error, Timer};
use super::{Client, Read, Sent, Step, Write};
use crate::http::{Id, Status};
use crate::{Instant, Next};

impl Client {
    pub(super) fn step(&mut self, now: Instant) -> Result<Next<Step>, Error> {
        if self.over {
            return Ok(Next::Done);
        }
        if let Err(stalled) = self.clock.resume(now, &self.link.tx, &self.config) {
            self.abort();
            return Err(stalled);
        }
        loop {
            match self.read_on() {
                Ok(Some(next)) => return Ok(next),
                Ok(None) => {}
                Err(error) => {
                    self.close();
                    return Err(error);
                }
            }
        }
    }

    /// One move. `None`: look again.
    fn read_on(&mut self) -> Result<Option<Next<Step>>, Error> {
        let id = Id::new(self.first);
        let rx = &mut self.link.rx;
        match &mut self.read {
            Read::Head => {
                let Some(&first) = self.requests.front() else { return self.no_request() };
                // What follows the last response answers nothing.
                if self.final_response {
                    return Err(Error::Unanswered);
                }
                match self.head.response(rx, &self.config, &mut self.index)? {
                    Some(response) => self.response(id, first, &response),
                    None => self.no_head(id),
                }
            }
            Read::Body(body) => match body.step(rx, &self.config, &mut self.index)? {
                BodyStep::Data(n) => {
                    self.clock.clear();
                    Ok(Some(Next::Event(Step::Data(id, n))))
                }
                BodyStep::End => {
                    self.response_end();
                    Ok(Some(Next::Event(Step::End(id))))
                }
                BodyStep::Partial => self.wait(Wait::Response, Timer::Response),
            },
        }
    }

    /// A response's head is there.
    fn response(&mut self, id: Id, request: Sent, read: &ResponseRead) -> Result<Option<Next<Step>>, Error> {
        self.clock.clear();
        let ResponseRead { line, facts } = read;
        let status = line.status;
        let connect = request.method == head::Method::Connect;
        let connected = connect && status.is_success();
        if status == Status::SWITCHING_PROTOCOLS || connected {
            // A tunnel opens with 2xx, and a 101 switches to what `Upgrade` offered (RFC 9110 §9.3.6, §7.8).
            let asked = connected || (!connect && request.switches && facts.asks_upgrade(line.version));
            if !asked || !matches!(self.write, Write::Ready) {
                return Err(Error::UnexpectedSwitch);
            }
            self.stop();
            return Ok(Some(Next::Event(Step::Upgraded(id, *line))));
        }
        if status.is_interim() {
            self.interim += 1;
            if self.interim > self.config.max_interim {
                return Err(Error::TooManyInterim);
            }
            if status != Status::CONTINUE {
                return Ok(Some(Next::Event(Step::Interim(id, *line))));
            }
            // "A client that receives a 100 response without having sent that expectation can ignore it"
            // (RFC 9110 §15.2.1).
            return Ok(self.go_on(id).then_some(Next::Event(Step::Continue(id))));
        }
        let framing = if status.is_bodyless() || request.method == head::Method::Head {
            Framing::Empty
        } else {
            facts.response_framing(line.version, &self.config)?
        };
        self.final_response = !facts.persists(line.version) || framing == Framing::UntilClose;
        self.last |= self.final_response;
        self.read = Read::Body(BodyReader::new(framing));
        Ok(Some(Next::Event(Step::Response(id, *line, framing.into()))))
    }

    /// Lets a body go that was held back. False if this request's isn't.
    fn go_on(&mut self, id: Id) -> bool {
        match &mut self.write {
            Write::Body { id: writing, held: held @ true, .. } if *writing == id => {
                *held = false;
                true
            }
            _ => false,
        }
    }

    fn response_end(&mut self) {
        self.clock.clear();
        self.read = Read::Head;
        self.interim = 0;
        self.requests.pop_front();
        self.first += 1;
    }

    /// Nothing is due from the server.
    fn no_request(&mut self) -> Result<Option<Next<Step>>, Error> {
        // "If a client receives data on a connection that doesn't have outstanding requests, the client MUST NOT
        // consider that data to be a valid response" (RFC 9112 §9.2). Behind a `close` it is nothing at all.
        if !self.link.rx.is_empty() && !self.last {
            return Err(Error::Unsolicited);
        }
        let idle = matches!(self.write, Write::Ready);
        if self.link.rx.is_eof() || (self.last && idle) {
            self.close();
            return Ok(Some(Next::Done));
        }
        if self.last {
            // The server won't read the rest of this request's body, but that is for the application to give up.
            return Ok(Some(Next::NeedApp));
        }
        self.index.clear_beyond(head::KEEP);
        let wait = if idle && self.link.tx.is_empty() { Wait::Idle } else { Wait::Nothing };
        if !self.clock.wait(wait, &self.config) {
            self.close();
            return Ok(Some(Next::Done));
        }
        Ok(Some(Next::NeedInput))
    }

    /// A response is due, and its head isn't complete.
    fn no_head(&mut self, id: Id) -> Result<Option<Next<Step>>, Error> {
        let nothing = self.link.rx.is_empty();
        if self.link.rx.is_eof() {
            return Err(if nothing && self.interim == 0 { Error::Unanswered } else { Error::Cut });
        }
        if !nothing {
            return self.wait(Wait::Head, Timer::Head);
        }
        let held = matches!(self.write, Write::Body { id: writing, held: true, .. } if writing == id);
        if held {
            // "A client [...] is not required to wait for any specific length of time" (RFC 9110 §10.1.1).
            if self.link.tx.is_empty() && !self.clock.wait(Wait::Continue, &self.config) {
                self.go_on(id);
                return Ok(Some(Next::Event(Step::Continue(id))));
            }
            return Ok(Some(Next::NeedInput));
        }
        // The server isn't slow as long as we are.
        let ours = !matches!(self.write, Write::Ready) || !self.link.tx.is_empty();
        self.wait(if ours { Wait::Nothing } else { Wait::Response }, Timer::Response)
    }

    fn wait(&mut self, wait: Wait, timer: Timer) -> Result<Option<Next<Step>>, Error> {
        if self.clock.wait(wait, &self.config) { Ok(Some(Next::NeedInput)) } else { Err(Error::Timeout(timer)) }
    }

    pub(super) fn close(&mut self) {
        self.link.tx.fin();
        self.stop();
    }

    pub(super) fn stop(&mut self) {
        self.over = true;
        self.clock.stop();
    }
}
