//! The server's reading side: what the client did, and what it means for the connection.

use super::super::body::{BodyReader, BodyStep, BodyWriter};
use super::super::clock::Wait;
use super::super::{Error, Timer, head, reply};
use super::{Exchange, Phase, Read, Server, Step, Write};
use crate::http::Id;
use crate::{Instant, Next};

impl Server {
    #[inline]
    pub(super) fn step(&mut self, now: Instant) -> Result<Next<Step>, Error> {
        // Apart, since for a byte of a head that trickles in, the call alone of what follows would cost the most.
        if self.clock.goes_on(now, &self.link.tx) && self.head.pass(&self.link.rx, &self.config) {
            return Ok(Next::NeedInput);
        }
        self.full_step(now)
    }

    #[inline(never)]
    fn full_step(&mut self, now: Instant) -> Result<Next<Step>, Error> {
        match self.phase {
            Phase::Over => return Ok(Next::Done),
            Phase::Upgraded(id) => {
                self.over();
                return Ok(Next::Event(Step::Upgraded(id)));
            }
            Phase::Open | Phase::Closing { .. } => {}
        }
        if let Err(stalled) = self.clock.resume(now, &self.link.tx, &self.config) {
            // Nobody reads what a farewell would say.
            self.abort();
            return Err(stalled);
        }
        if let Phase::Closing { left } = self.phase {
            return Ok(self.drain(left));
        }
        loop {
            if let Some(error) = self.fault {
                return self.fail(error);
            }
            match self.read_on() {
                Ok(Some(next)) => return Ok(next),
                Ok(None) => {}
                Err(error) => self.fault = Some(error),
            }
            if let Phase::Closing { left } = self.phase {
                return Ok(self.drain(left));
            }
        }
    }

    /// One move of the reading side. `None`: it is somewhere else now, look again.
    fn read_on(&mut self) -> Result<Option<Next<Step>>, Error> {
        let rx = &mut self.link.rx;
        match &mut self.read {
            Read::Head if self.exchanges.len() >= self.config.max_pipelined => Ok(Some(Next::NeedApp)),
            Read::Head => {
                let Some((framing, exchange)) = self.head.request(rx, &self.config, &mut self.index)? else {
                    return self.no_head();
                };
                self.clock.clear();
                let id = Id::new(self.first + self.exchanges.len() as u64);
                self.exchanges.push_back(exchange);
                self.read = Read::Body(BodyReader::new(framing));
                Ok(Some(Next::Event(Step::Request(id, framing.into()))))
            }
            Read::Body(body) => {
                let step = body.step(rx, &self.config, &mut self.index)?;
                let id = Id::new(self.first + self.exchanges.len() as u64 - 1);
                match step {
                    BodyStep::Data(n) => {
                        self.clock.received(n);
                        if let Some(exchange) = self.exchanges.back_mut() {
                            exchange.waits = false;
                        }
                        Ok(Some(Next::Event(Step::Data(id, n))))
                    }
                    BodyStep::End => {
                        self.body_end();
                        Ok(Some(Next::Event(Step::End(id))))
                    }
                    BodyStep::Partial => self.more_body(),
                }
            }
            Read::Discard(body, left) => match body.step(rx, &self.config, &mut self.index)? {
                BodyStep::Data(n) => {
                    rx.skip(n);
                    self.clock.received(n);
                    match left.checked_sub(n as u64) {
                        Some(rest) => *left = rest,
                        None => self.close(),
                    }
                    Ok(None)
                }
                BodyStep::End => {
                    self.body_end();
                    Ok(None)
                }
                BodyStep::Partial => self.wait(Wait::Body, Timer::Body),
            },
            Read::Held => Ok(Some(Next::NeedApp)),
            Read::Closed if self.exchanges.is_empty() => {
                self.close();
                Ok(None)
            }
            Read::Closed => Ok(Some(Next::NeedApp)),
        }
    }

    /// The head isn't complete.
    fn no_head(&mut self) -> Result<Option<Next<Step>>, Error> {
        let nothing = self.link.rx.is_empty();
        if self.link.rx.is_eof() {
            if !nothing {
                return Err(Error::Cut);
            }
            // EOF between messages is clean; replies that are due can still be sent.
            self.read = Read::Closed;
            if self.config.abandon_half_closed && !self.exchanges.is_empty() {
                return Err(Error::Cut);
            }
            return Ok(None);
        }
        if !nothing {
            return self.wait(Wait::Head, Timer::Head);
        }
        self.index.clear_beyond(head::KEEP);
        let wait = if self.exchanges.is_empty() { Wait::Idle } else { Wait::Nothing };
        if self.waits(wait) {
            return Ok(Some(Next::NeedInput));
        }
        // "SHOULD [...] close": an idle connection without a word (RFC 9112 §9.5).
        self.link.tx.fin();
        self.over();
        Ok(Some(Next::Done))
    }

    /// More of a body is needed.
    fn more_body(&mut self) -> Result<Option<Next<Step>>, Error> {
        let ahead = self.exchanges.len().saturating_sub(1);
        let Some(exchange) = self.exchanges.back_mut() else { return Ok(None) };
        if exchange.waits && (ahead > 0 || matches!(self.write, Write::Head)) {
            // Its 100 can't leave before the replies to those ahead of it.
            if ahead > 0 {
                return Ok(Some(Next::NeedApp));
            }
            exchange.waits = false;
            self.link.tx.put(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.wait(Wait::Body, Timer::Body)
    }

    /// Waits for the client's next move, from now on: a driver drains what is queued and asks again only when something
    /// comes or is due. Who is slow with the last reply when it is due isn't idle, nor done: that wait begins anew.
    fn waits(&mut self, wait: Wait) -> bool {
        self.clock.wait(wait, &self.config) || !self.link.tx.is_empty() && self.clock.wait(wait, &self.config)
    }

    fn wait(&mut self, wait: Wait, timer: Timer) -> Result<Option<Next<Step>>, Error> {
        if self.clock.wait(wait, &self.config) { Ok(Some(Next::NeedInput)) } else { Err(Error::Timeout(timer)) }
    }

    /// A body has been read to its end: what comes next?
    fn body_end(&mut self) {
        self.clock.clear();
        let answered = matches!(self.read, Read::Discard(..));
        self.read = Read::Head;
        if let Some(exchange) = self.exchanges.back_mut().filter(|_| !answered) {
            exchange.ended = true;
            // "A server MUST NOT process any further requests" behind a `close` (RFC 9112 §9.6).
            self.read = match exchange {
                Exchange { switches: true, .. } => Read::Held,
                Exchange { persists: false, .. } => Read::Closed,
                _ => Read::Head,
            };
        }
        if self.last && matches!(self.read, Read::Head) {
            self.read = Read::Closed;
        }
    }

    /// The farewell, once every good request before the bad one has been answered.
    fn fail(&mut self, error: Error) -> Result<Next<Step>, Error> {
        let own = usize::from(matches!(self.read, Read::Body(_)));
        if self.exchanges.len() > own && !matches!(self.read, Read::Closed) {
            return Ok(Next::NeedApp);
        }
        match self.write {
            // The client must not take a body that would have ended with the connection for complete.
            Write::Body { writer: BodyWriter::UntilClose, .. } => self.link.tx.abort(),
            Write::Body { .. } => {}
            Write::Head if matches!(self.read, Read::Discard(..) | Read::Closed) => {}
            Write::Head => reply::put_farewell(error.status(), self.clock.date(&self.config), &mut self.link.tx),
        }
        self.link.tx.fin();
        self.over();
        Err(error)
    }

    /// Ends our side. What the client still sends is discarded for a while, so that no reset destroys our last reply.
    pub(super) fn close(&mut self) {
        self.link.tx.fin();
        self.exchanges.clear();
        self.clock.clear();
        self.read = Read::Closed;
        self.phase = Phase::Closing { left: self.config.max_drain };
    }

    fn drain(&mut self, left: u64) -> Next<Step> {
        let there = self.link.rx.len();
        self.link.rx.skip(there);
        let rest = left.checked_sub(there as u64);
        self.phase = Phase::Closing { left: rest.unwrap_or(0) };
        if rest.is_some() && !self.link.rx.is_eof() && self.waits(Wait::Close) {
            return Next::NeedInput;
        }
        self.over();
        Next::Done
    }

    pub(super) fn over(&mut self) {
        self.phase = Phase::Over;
        self.exchanges.clear();
        self.clock.stop();
    }
}
