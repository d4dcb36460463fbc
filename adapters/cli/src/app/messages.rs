use super::{App, Gate};
use barewire::message::{Config, Error, Event, Message, Session};
use barewire::{Instant, Link, Machine, Misuse, Next};
use bytes::Bytes;
use core::convert::Infallible;
use core::time::Duration;

/// What a connection that waits keeps of its scratch space.
const KEEP: usize = 1024;

/// Sends each message back, with its type. One that is too long to be given out whole goes back piece by piece.
#[derive(Debug)]
pub(crate) struct Messages {
    session: Session,
    gate: Gate,
    /// A payload while its message is answered: what the session lends can't be given to the session.
    scratch: Vec<u8>,
    within_message: bool,
    stopping: bool,
}

impl Messages {
    /// `patience`: how long a peer may be too slow in taking what is sent.
    pub(crate) fn with_link(link: Link, config: Config, patience: Option<Duration>) -> Self {
        Self {
            session: Session::with_link(link, config),
            gate: Gate::new(patience),
            scratch: Vec::new(),
            within_message: false,
            stopping: false,
        }
    }

    fn answer_next(&mut self, now: Instant) -> Result<Next<Result<(), Misuse>>, Error> {
        let event = match self.session.next_ref(now)?.event() {
            Ok(event) => event,
            Err(need) => return Ok(need),
        };
        let answered = match event {
            Event::Message(Message { header, payload }) => {
                self.scratch.clear();
                self.scratch.extend_from_slice(payload);
                self.session.send_ref(header.kind, &self.scratch)
            }
            Event::Start(header) => {
                self.within_message = true;
                self.session.start(header.kind, header.length)
            }
            Event::Data(piece) => {
                let piece = Bytes::copy_from_slice(piece);
                self.session.send_data(piece)
            }
            Event::End => {
                self.within_message = false;
                self.session.end()
            }
            Event::PeerClosed => self.session.close(),
            _ => Ok(()),
        };
        Ok(Next::Event(answered))
    }
}

impl App for Messages {
    fn stop(&mut self) {
        self.stopping = true;
    }
}

impl Machine for Messages {
    type Event = Infallible;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        self.session.link()
    }

    fn next(&mut self, now: Instant) -> Result<Next<Infallible>, Error> {
        loop {
            let Link { rx, tx } = self.session.link();
            if self.gate.holds(tx, now) {
                return Ok(Next::NeedFlush);
            }
            if self.stopping && !self.within_message && rx.is_empty() {
                tx.fin();
            }
            if tx.is_aborted() || self.stopping && tx.is_ended() {
                return Ok(Next::Done);
            }
            match self.answer_next(now)?.event() {
                Ok(Ok(())) => {}
                // Nothing that a peer does leads to it, but if it did: no half an answer.
                Ok(Err(_)) => self.session.link().tx.abort(),
                Err(need) => {
                    if need == Next::NeedInput && self.scratch.capacity() > KEEP {
                        self.scratch = Vec::new();
                    }
                    return Ok(need);
                }
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.gate.deadline().unwrap_or_else(|| self.session.deadline())
    }
}
