//! The server's writing side: whose turn it is, and what follows from a reply.

use super::super::body::BodyWriter;
use super::super::reply;
use super::{Exchange, Phase, Read, Server, Write};
use crate::Misuse;
use crate::http::{Body, Id, Response, Trailers};

impl Server {
    /// That it is this exchange's turn.
    pub(super) fn turn(&self, id: Id) -> Result<Exchange, Misuse> {
        if !matches!(self.phase, Phase::Open) {
            return Err(Misuse::Closed);
        }
        let first = self.exchanges.front().ok_or(Misuse::UnknownId)?;
        match id.get().checked_sub(self.first) {
            Some(0) => Ok(*first),
            Some(ahead) if ahead < self.exchanges.len() as u64 => Err(Misuse::OutOfTurn),
            _ => Err(Misuse::UnknownId),
        }
    }

    /// That it is this exchange's turn, and it has no final response yet.
    pub(super) fn unanswered(&self, id: Id) -> Result<Exchange, Misuse> {
        let exchange = self.turn(id)?;
        if matches!(self.write, Write::Head) { Ok(exchange) } else { Err(Misuse::OutOfTurn) }
    }

    pub(super) fn begin(&mut self, id: Id, response: &Response, body: Body, whole: bool) -> Result<(), Misuse> {
        let exchange = self.unanswered(id)?;
        let body = reply::check(&exchange, response, body)?;
        let close = !exchange.persists
            || response.outgoing().close
            || (self.last && self.exchanges.len() == 1)
            || (self.exchanges.len() == 1 && self.leaves_unread(&exchange, whole || body == Body::Empty));
        let date = self.clock.date(&self.config);
        let (writer, close) = reply::put(&exchange, response, body, close, date, &mut self.link.tx);
        self.write = Write::Body { writer, close };
        Ok(())
    }

    /// Whether a reply that is sent now leaves a body behind that it isn't worth to discard.
    fn leaves_unread(&self, exchange: &Exchange, whole: bool) -> bool {
        // A client that got no 100 may send the body or not: what comes next can't be told apart from it. One that sent
        // it all the same is not treated better, so that the reply doesn't depend on how far its bytes have come.
        let Read::Body(body) = &self.read else { return false };
        exchange.waits || (whole && body.left() > self.config.max_drain)
    }

    /// Whether the response that was begun has no body by its nature.
    pub(super) fn is_bodyless(&self) -> bool {
        matches!(self.write, Write::Body { writer: BodyWriter::Bodyless, .. })
    }

    pub(super) fn end(&mut self, id: Id, trailers: Option<&Trailers>) -> Result<(), Misuse> {
        self.turn(id)?;
        let Write::Body { writer, .. } = &mut self.write else { return Err(Misuse::OutOfTurn) };
        writer.finish(trailers, &mut self.link.tx)?;
        self.complete();
        Ok(())
    }

    /// The first exchange's response is complete.
    pub(super) fn complete(&mut self) {
        let Write::Body { close, .. } = core::mem::replace(&mut self.write, Write::Head) else { return };
        let Some(exchange) = self.exchanges.pop_front() else { return };
        self.first += 1;
        if close {
            return self.close();
        }
        match core::mem::replace(&mut self.read, Read::Head) {
            // It was its own body that is still coming.
            Read::Body(body) if !exchange.ended => {
                if body.left() > self.config.max_drain {
                    return self.close();
                }
                self.read = Read::Discard(body, self.config.max_drain);
            }
            // There was no switch: ordinary HTTP goes on.
            Read::Held if self.exchanges.is_empty() && !self.last => {}
            Read::Held if self.exchanges.is_empty() => self.close(),
            other => self.read = other,
        }
    }
}
