//! The client's writing side: what can be sent now, and what can't be sent at all.

use super::super::body::{BodyWriter, Line};
use super::{Client, Read, Write};
use crate::Misuse;
use crate::http::{Body, Id, Method, Request, Trailers};

impl Client {
    pub(super) fn ready(&self) -> Result<(), Misuse> {
        if self.over || self.last || self.link.rx.is_eof() {
            return Err(Misuse::Closed);
        }
        let full = self.requests.len() >= self.config.max_pipelined;
        let switching = self.requests.back().is_some_and(|request| request.switches);
        if full || switching || !matches!(self.write, Write::Ready) {
            return Err(Misuse::OutOfTurn);
        }
        Ok(())
    }

    pub(super) fn check(&self, request: &Request, body: Body) -> Result<(), Misuse> {
        self.ready()?;
        let fields = request.outgoing();
        let method = request.method();
        let form = request.target().form().fits(method.as_bytes());
        let none = matches!(body, Body::Empty | Body::Length(0));
        let length = match (fields.length, body) {
            (None, _) | (Some(0), Body::Empty) => true,
            (Some(length), Body::Length(same)) => length == same,
            _ => false,
        };
        // "A client MUST NOT send content in a TRACE request" (RFC 9110 §9.3.8), "a CONNECT request message does not have
        // content" (§9.3.6), and "a client MUST NOT generate a 100-continue expectation in a request that does not include
        // content" (§10.1.1).
        let bodyless = matches!(method, Method::TRACE | Method::CONNECT);
        let fits = if none { !fields.expects_continue } else { !bodyless };
        if form && length && fits && fields.hosts == 1 && !fields.conflict { Ok(()) } else { Err(Misuse::Invalid) }
    }

    pub(super) fn body(&self, id: Id) -> Result<(BodyWriter, bool), Misuse> {
        match self.write {
            _ if self.over => Err(Misuse::Closed),
            Write::Body { id: open, writer, held } if open == id => Ok((writer, held)),
            _ => Err(Misuse::UnknownId),
        }
    }

    pub(super) fn end(&mut self, id: Id, trailers: Option<&Trailers>) -> Result<(), Misuse> {
        let (mut writer, held) = self.body(id)?;
        let answered = id.get() < self.first || (id.get() == self.first && matches!(self.read, Read::Body(_)));
        if held && answered {
            // The server has its answer, and there is no way to tell it that no body comes but to close.
            self.last = true;
        } else if held {
            return Err(Misuse::OutOfTurn);
        } else {
            writer.finish(trailers, &mut self.link.tx)?;
        }
        self.write = Write::Ready;
        Ok(())
    }
}

pub(super) fn put_connection(close: bool, upgrade: bool, te: bool, line: &mut Line) {
    let options: [(bool, &[u8]); 3] = [(close, b"close"), (upgrade, b"upgrade"), (te, b"te")];
    let mut before: &[u8] = b"connection: ";
    for (_, option) in options.iter().filter(|(wanted, _)| *wanted) {
        line.put(before);
        line.put(option);
        before = b", ";
    }
    if close || upgrade || te {
        line.put(b"\r\n");
    }
}
