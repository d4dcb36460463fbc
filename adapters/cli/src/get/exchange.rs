//! One request and its response, as a machine that asks for the request's body when there is room for it.

use barewire::http::{Id, ResponseEvent};
use barewire::http1::{Client, Error};
use barewire::time::earliest;
use barewire::{Instant, Link, Machine, Misuse, Next};
use bytes::Bytes;
use core::time::Duration;

/// Up to so many queued bytes there is room for more of the body. Drivers ask again when the queue falls to this.
const ROOM: usize = 64 * 1024;

/// How soon a body that isn't there yet is asked for again.
const PAUSE: Duration = Duration::from_millis(10);

pub(super) struct Exchange {
    client: Client,
    id: Id,
    body: Body,
}

/// What becomes of the request's body.
#[derive(Clone, Copy)]
enum Body {
    /// There is none, or it has been sent.
    Sent,
    /// The server is to say first that it wants it.
    Expected,
    /// It is to be sent.
    Due,
    /// Its next piece isn't there yet.
    Late {
        /// When to ask again: a machine that only waits can't be woken but by its deadline.
        until: Option<Instant>,
    },
}

pub(super) enum Event {
    /// There is room for more of the body, or for its end: [`Exchange::give`] it.
    Room,
    Response(ResponseEvent),
}

/// What there is of a body.
pub(super) enum Piece {
    More(Bytes),
    End,
    NotYet,
}

impl Exchange {
    /// On a client that has sent the request's head.
    ///
    /// `has_body`: it is still to be given; `expects`: only when the server says so.
    pub(super) fn new(client: Client, id: Id, has_body: bool, expects: bool) -> Self {
        let body = match (has_body, expects) {
            (false, _) => Body::Sent,
            (true, true) => Body::Expected,
            (true, false) => Body::Due,
        };
        Self { client, id, body }
    }

    /// Gives the next piece.
    pub(super) fn give(&mut self, piece: Piece) -> Result<(), Misuse> {
        match piece {
            Piece::More(bytes) => self.client.send_data(self.id, bytes),
            Piece::NotYet => {
                self.body = Body::Late { until: None };
                Ok(())
            }
            Piece::End => {
                self.body = Body::Sent;
                self.client.finish(self.id)
            }
        }
    }

    /// Whether to ask for more.
    fn has_room(&mut self, now: Instant) -> bool {
        let tx = &self.client.link().tx;
        let room = tx.len() <= ROOM && !tx.is_ended();
        match &mut self.body {
            Body::Sent | Body::Expected => false,
            Body::Due => room,
            Body::Late { until } => {
                let due = *until.get_or_insert(now + PAUSE) <= now;
                if due {
                    self.body = Body::Due;
                }
                due && room
            }
        }
    }
}

impl Machine for Exchange {
    type Event = Event;
    type Error = Error;

    fn link(&mut self) -> &mut Link {
        self.client.link()
    }

    fn next(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        // What the server says goes first: it may be that it wants no body.
        let next = self.client.next(now)?;
        match next {
            Next::Event(ResponseEvent::Continue { .. }) => self.body = Body::Due,
            Next::NeedInput if self.has_room(now) => return Ok(Next::Event(Event::Room)),
            _ => {}
        }
        Ok(next.map(Event::Response))
    }

    fn deadline(&self) -> Option<Instant> {
        let late = if let Body::Late { until } = self.body { until } else { None };
        earliest(late, self.client.deadline())
    }
}
