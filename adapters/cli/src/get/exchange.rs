//! One request and its response, as a machine that asks for the request's body when there is room for it.

use barewire::http::{Id, ResponseEvent};
use barewire::http1::{Client, Error};
use barewire::{Instant, Link, Machine, Misuse, Next};
use bytes::Bytes;

/// Up to so many queued bytes there is room for more of the body. Drivers ask again when the queue falls to this.
const ROOM: usize = 64 * 1024;

pub(super) struct Exchange {
    client: Client,
    id: Id,
    sending: bool,
}

pub(super) enum Event {
    /// There is room for more of the body, or for its end: [`Exchange::give`] it.
    Room,
    Response(ResponseEvent),
}

impl Exchange {
    /// `sending`: whether the request has a body that is still to be given.
    pub(super) fn new(client: Client, id: Id, sending: bool) -> Self {
        Self { client, id, sending }
    }

    /// Gives a piece of the body, or its end.
    pub(super) fn give(&mut self, piece: Option<Bytes>) -> Result<(), Misuse> {
        match piece {
            Some(piece) => self.client.send_data(self.id, piece),
            None => {
                self.sending = false;
                self.client.finish(self.id)
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
        let tx = &self.client.link().tx;
        if matches!(next, Next::NeedInput) && self.sending && tx.len() <= ROOM && !tx.is_ended() {
            return Ok(Next::Event(Event::Room));
        }
        Ok(next.map(Event::Response))
    }

    fn deadline(&self) -> Option<Instant> {
        self.client.deadline()
    }
}
