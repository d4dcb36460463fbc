//! The client's side: one call after the other on one connection.

use crate::{Carrier, Error};
use barewire::http::{Body, FieldName, Fields, Id, Request, ResponseEvent, ResponseHead, Status, Trailers};
use barewire::{Machine, Misuse, http1};
use bytes::Bytes;
use core::fmt;
use std::collections::VecDeque;

mod blocking;
mod poll;

/// So much of an early reply is kept for whoever still sends.
const MAX_EARLY: usize = 64 * 1024;

/// So much of a reply that nobody read is read for the sake of the next request. A new connection is cheaper than more.
const MAX_DRAIN: usize = 64 * 1024;

/// The client's end of one connection, which is used again as long as the server lets it.
///
/// `send` is a call with a whole body, [`start`](Self::start) one with a body piece by piece. Both lead to a
/// [`Reply`]. What isn't read of that is read, or the connection given up, when the next call begins.
///
/// There is no pool, no redirection and no retry: only the caller knows whether a request may be sent again.
/// [`http1::Error::Unanswered`] says that the connection ended without any answer, as an idle one may at any time.
/// [`Misuse::Closed`] says that this connection takes no more requests.
pub struct Client<C: Carrier<Machine = http1::Client>> {
    connection: C,
    open: Option<Open>,
    upgraded: bool,
    /// A body was not sent to its end: the connection has no way on.
    spent: bool,
}

/// A call that isn't over.
struct Open {
    id: Id,
    /// The server said, or let us conclude, that the body may come.
    go: bool,
    /// All of the request is sent, or is not going to be.
    sent: bool,
    /// A piece was not sent, because the server didn't want it.
    dropped: bool,
    /// The server has turned the rest of the body down.
    refused: bool,
    interim: Vec<ResponseHead>,
    answer: Option<(ResponseHead, Body)>,
    early: VecDeque<Bytes>,
    /// So many bytes of the reply's body were taken.
    read: u64,
    /// Once the reply was heard to its end.
    trailers: Option<Fields>,
}

impl<C: Carrier<Machine = http1::Client>> Client<C> {
    /// Over a connection that is driven by a runtime or by a thread.
    #[must_use]
    pub fn new(connection: C) -> Self {
        Self { connection, open: None, upgraded: false, spent: false }
    }

    /// The connection, for what is known of its stream.
    #[must_use]
    pub fn connection(&self) -> &C {
        &self.connection
    }

    /// The connection, if the server switched protocols: another machine can be put on it, with the link that this one
    /// leaves. Bytes that the server sent early are still in it.
    #[must_use]
    pub fn into_upgraded(self) -> Option<C> {
        self.upgraded.then_some(self.connection)
    }

    fn open(&mut self) -> Result<(&mut Open, &mut http1::Client), Misuse> {
        let open = self.open.as_mut().ok_or(Misuse::UnknownId)?;
        Ok((open, self.connection.speaker()))
    }

    fn queue_head(&mut self, request: &Request, body: Body) -> Result<(), Misuse> {
        if self.spent || self.upgraded {
            return Err(Misuse::Closed);
        }
        let id = self.connection.speaker().request(request, body)?;
        let expects = request.get(FieldName::EXPECT).is_some();
        self.open = Some(Open {
            id,
            go: !expects,
            sent: body == Body::Empty,
            dropped: false,
            refused: false,
            interim: Vec::new(),
            answer: None,
            early: VecDeque::new(),
            read: 0,
            trailers: None,
        });
        Ok(())
    }

    /// Whether the call before this left something to be read. A request that was left unfinished leaves no way on.
    fn is_cluttered(&mut self) -> bool {
        if self.open.as_ref().is_some_and(|open| !open.sent) {
            self.break_off();
        }
        !self.spent && !self.is_over()
    }

    /// Whether a 100 is still waited for.
    fn is_held(&self) -> bool {
        self.open.as_ref().is_some_and(|open| !open.go && open.answer.is_none())
    }

    fn queue_data(&mut self, piece: Bytes) -> Result<(), Misuse> {
        let (open, client) = self.open()?;
        if open.refused {
            open.dropped |= !piece.is_empty();
            return Ok(());
        }
        if open.sent {
            return if piece.is_empty() { Ok(()) } else { Err(Misuse::TooLong) };
        }
        client.send_data(open.id, piece)
    }

    fn queue_end(&mut self, trailers: Option<&Trailers>) -> Result<(), Misuse> {
        let (open, client) = self.open()?;
        if open.sent {
            return Ok(());
        }
        let held = !open.go;
        let ended = match trailers {
            // A body that went on behind a gap would be another.
            _ if open.dropped && !held => Err(Misuse::Closed),
            None => client.finish(open.id),
            Some(trailers) => client.finish_with(open.id, trailers),
        };
        open.sent = ended.is_ok() || open.refused;
        let sent = open.sent;
        self.spent |= ended.is_err();
        if sent { Ok(()) } else { ended }
    }

    /// Whether an upload has to wait.
    fn is_full(&mut self) -> bool {
        let refused = self.open.as_ref().is_none_or(|open| open.refused);
        !refused && self.connection.speaker().link().tx.len() > self.connection.high_water()
    }

    /// Whether there is as much of an early reply as is kept.
    fn is_sated(&self) -> bool {
        let early = self.open.iter().flat_map(|open| &open.early);
        early.map(Bytes::len).sum::<usize>() >= MAX_EARLY
    }

    fn is_answered(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.answer.is_some())
    }

    fn is_over(&self) -> bool {
        self.open.as_ref().is_none_or(|open| open.trailers.is_some())
    }

    /// What is there of the reply's body; an end is told by [`is_over`](Self::is_over).
    fn take_data(&mut self) -> Option<Bytes> {
        let open = self.open.as_mut()?;
        let piece = open.early.pop_front()?;
        open.read += piece.len() as u64;
        Some(piece)
    }

    fn read(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.read)
    }

    fn hear(&mut self, event: ResponseEvent) {
        let Some(open) = &mut self.open else { return };
        match event {
            ResponseEvent::Continue { .. } => open.go = true,
            ResponseEvent::Interim { head, .. } => open.interim.push(head),
            ResponseEvent::Response { head, body, .. } => {
                // An error, or any answer in the place of a 100, means that the rest of the body isn't wanted.
                open.refused |= !open.sent && (!open.go || head.status().is_error());
                open.answer = Some((head, body));
            }
            ResponseEvent::Data { bytes, .. } => open.early.push_back(bytes),
            ResponseEvent::End { trailers, .. } => open.trailers = Some(trailers),
            ResponseEvent::Upgraded { head, .. } => {
                open.answer = Some((head, Body::Empty));
                open.trailers = Some(Fields::default());
                self.upgraded = true;
            }
            _ => {}
        }
    }

    /// The machine can't go on: by an error, unless that is only about the rest of a body that isn't wanted any more.
    fn refuse(&mut self) -> Result<(), Error> {
        match &mut self.open {
            Some(open) if open.answer.is_some() && !open.sent && !open.refused => {
                open.refused = true;
                Ok(())
            }
            _ => Err(Error::gone()),
        }
    }

    /// Ends the connection: whatever comes of it is not to be taken for anything.
    fn break_off(&mut self) {
        self.spent = true;
        self.connection.speaker().abort();
        self.connection.reset();
    }

    fn reply(&mut self) -> Result<Reply<'_, C>, Error> {
        let (head, body) = self.open.as_ref().and_then(|open| open.answer.clone()).ok_or_else(Error::gone)?;
        Ok(Reply { client: self, head, body })
    }
}

impl<C: Carrier<Machine = http1::Client> + fmt::Debug> fmt::Debug for Client<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("connection", &self.connection).finish_non_exhaustive()
    }
}

/// A request whose body is being sent.
///
/// [`send`](Self::send) it piece by piece, then [`finish`](Self::finish). After one that is dropped before that, the
/// connection takes no more requests: how a request's body ends is always told, so nobody takes half of it for all.
///
/// A server may answer before it has heard all. If that is an error, or comes in the place of the 100 that was asked
/// for, the rest of the body isn't wanted: `send` drops it, and a producer that asks [`is_refused`](Self::is_refused)
/// can save its effort. Where it is a success, sending goes on, and up to 64 KiB of the reply are kept meanwhile: a
/// server that replies with more than that while it still listens needs the machine itself.
pub struct Upload<'a, C: Carrier<Machine = http1::Client>> {
    client: &'a mut Client<C>,
}

impl<C: Carrier<Machine = http1::Client>> Upload<'_, C> {
    /// Whether the server has turned down what isn't sent yet.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.client.open.as_ref().is_some_and(|open| open.refused)
    }
}

impl<C: Carrier<Machine = http1::Client>> fmt::Debug for Upload<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("refused", &self.is_refused()).finish_non_exhaustive()
    }
}

/// What the server answered: its head, and its body as it comes.
pub struct Reply<'a, C: Carrier<Machine = http1::Client>> {
    client: &'a mut Client<C>,
    head: ResponseHead,
    body: Body,
}

impl<C: Carrier<Machine = http1::Client>> Reply<'_, C> {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> Status {
        self.head.status()
    }

    /// Status, reason and fields.
    #[must_use]
    pub fn head(&self) -> &ResponseHead {
        &self.head
    }

    /// What the head says of the body.
    #[must_use]
    pub fn body(&self) -> Body {
        self.body
    }

    /// The interim responses that came before it, such as 103; never 100 or 101.
    #[must_use]
    pub fn interim(&self) -> &[ResponseHead] {
        self.client.open.as_ref().map_or(&[], |open| &open.interim)
    }

    /// What came behind a chunked body, once all of that was read.
    #[must_use]
    pub fn trailers(&self) -> Option<&Fields> {
        self.client.open.as_ref().filter(|open| open.early.is_empty())?.trailers.as_ref()
    }
}

impl<C: Carrier<Machine = http1::Client>> fmt::Debug for Reply<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("head", &self.head).field("body", &self.body).finish_non_exhaustive()
    }
}
