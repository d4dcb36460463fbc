use super::{App, Gate};
use barewire::websocket::handshake::{self, Accept, Negotiated, Refusal};
use barewire::websocket::{Close, CloseCode, Config, Error, Event, Role, Sender, Session};
use barewire::{Instant, Link, Machine, Misuse, Next, http};
use core::convert::Infallible;
use core::time::Duration;

/// What WebSockets are served with.
#[derive(Clone, Debug)]
pub(crate) struct Sockets {
    pub(crate) handshake: handshake::Config,
    pub(crate) session: Config,
}

impl Sockets {
    pub(super) fn accept(&self, head: &http::RequestHead<&[u8]>) -> Result<Accept, Refusal> {
        handshake::accept(head, &self.handshake)
    }
}

/// Sends each message back. One that is too long to be given out whole goes back piece by piece.
#[derive(Debug)]
pub(crate) struct WebSocket {
    session: Session,
    gate: Gate,
    stopping: bool,
}

impl WebSocket {
    /// `patience`: how long a peer may be too slow in taking what is sent.
    pub(crate) fn with_link(link: Link, agreed: &Negotiated, config: Config, patience: Option<Duration>) -> Self {
        let session = Session::negotiated(link, Role::Server, config, agreed);
        Self { session, gate: Gate::new(patience), stopping: false }
    }

    fn answer_next(&mut self, now: Instant) -> Result<Next<Result<(), Misuse>>, Error> {
        // The rest of a message that was too long for the window: it goes back as the buffer that it came in.
        if self.session.is_within_message() {
            return Ok(match self.session.next(now)?.event() {
                Ok(event) => Next::Event(if is_answered(&event.as_ref()) { self.session.send(event) } else { Ok(()) }),
                Err(need) => need,
            });
        }
        Ok(self.session.exchange(now)?.map(|(event, peer)| echo(&event, peer)))
    }
}

#[inline]
fn echo(event: &Event<&str, &[u8]>, mut peer: Sender<'_>) -> Result<(), Misuse> {
    if is_answered(event) { peer.send_ref(*event) } else { Ok(()) }
}

/// Pings and Close frames have been answered already.
#[inline]
fn is_answered(event: &Event<&str, &[u8]>) -> bool {
    matches!(event, Event::Text(_) | Event::Binary(_) | Event::Start(_) | Event::Data(_) | Event::End)
}

impl App for WebSocket {
    fn stop(&mut self) {
        self.stopping = true;
    }
}

impl Machine for WebSocket {
    type Event = Infallible;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        self.session.link()
    }

    fn next(&mut self, now: Instant) -> Result<Next<Infallible>, Error> {
        loop {
            if self.gate.holds(&mut self.session.link().tx, now) {
                return Ok(Next::NeedFlush);
            }
            if self.session.link().tx.is_aborted() {
                return Ok(Next::Done);
            }
            match self.answer_next(now)?.event() {
                // After our own Close nothing is answered any more; else nothing that a peer does leads to it.
                Ok(Ok(()) | Err(Misuse::Closed)) => {}
                Ok(Err(_)) => self.session.link().tx.abort(),
                Err(Next::NeedInput) if self.stopping && !self.session.is_within_message() => {
                    self.stopping = false;
                    let away = Close { code: CloseCode::AWAY, reason: "" };
                    // The peer may have closed itself.
                    let _ = self.session.send_ref(Event::Close(Some(away)));
                }
                Err(need) => return Ok(need),
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.gate.deadline().unwrap_or_else(|| self.session.deadline())
    }
}
