//! What is sent.

use super::compression::Deflation;
use super::keys::Keys;
use super::mask::Mask;
use super::utf8::Utf8;
use super::wire::{Header, MAX_CONTROL, Opcode};
use super::{Close, CloseCode, Config, Event, Kind, Reserved};
use crate::{Misuse, Outbox};
use alloc::boxed::Box;
use bytes::{Bytes, BytesMut};

/// From this length on a client's payload is masked where it is and pushed by reference, not copied to the tail.
const BY_REFERENCE: usize = 4 * 1024;

/// While more than this waits to be sent, only the latest ping is remembered to be answered (RFC 6455 §5.5.3 allows it).
/// So a peer that pings and doesn't read costs no memory, and is read on: it may need that to begin to read itself.
const PONGS_AHEAD: usize = 64 * 1024;

/// The sending side's state.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// A client's.
    keys: Option<Box<Keys>>,
    message: Option<Begun>,
    /// Our Close frame is queued, or the connection has failed.
    closed: bool,
    /// The payload of the latest ping, while too much is queued to answer it.
    ping: Option<Bytes>,
    /// Where compression was agreed on.
    pub(super) deflation: Option<Box<Deflation>>,
}

/// A message of which we have not sent the end.
#[derive(Debug)]
struct Begun {
    kind: Kind,
    /// Nothing of it was sent: its first frame has to say its kind.
    first: bool,
    compressed: bool,
    utf8: Utf8,
}

impl Begun {
    /// What the next frame of it has to say.
    fn frame(&mut self) -> (Reserved, Opcode) {
        if !core::mem::take(&mut self.first) {
            return (Reserved::NONE, Opcode::Continuation);
        }
        // "the 'Per-Message Compressed' bit [..] is set on the first frame of a message" (RFC 7692 §6).
        let reserved = if self.compressed { Reserved::RSV1 } else { Reserved::NONE };
        (reserved, self.kind.into())
    }
}

impl Outgoing {
    pub(super) fn new(keys: Option<Box<Keys>>, deflation: Option<Box<Deflation>>) -> Self {
        Self { keys, message: None, closed: false, ping: None, deflation }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether we are the client.
    pub(super) fn masks(&self) -> bool {
        self.keys.is_some()
    }

    #[inline]
    fn mask(&mut self) -> Option<Mask> {
        self.keys.as_mut().map(|keys| keys.mask())
    }

    /// Queues a frame with a copy of the payload.
    #[inline]
    fn put(&mut self, tx: &mut Outbox, fin: bool, reserved: Reserved, opcode: Opcode, payload: &[u8]) {
        let mask = self.mask();
        let header = Header { fin, rsv: reserved.bits(), opcode, mask, length: payload.len() as u64 };
        match header.short() {
            Some(short) => tx.put(&short),
            None => tx.put(header.encode().as_slice()),
        }
        match mask {
            None => tx.put(payload),
            Some(mut mask) => mask.apply(tx.put_mut(payload)),
        }
    }

    /// Queues a frame, a large payload by reference.
    #[inline]
    fn push(&mut self, tx: &mut Outbox, fin: bool, reserved: Reserved, opcode: Opcode, payload: Bytes) {
        if payload.len() < BY_REFERENCE {
            return self.put(tx, fin, reserved, opcode, &payload);
        }
        let mask = self.mask();
        let header = Header { fin, rsv: reserved.bits(), opcode, mask, length: payload.len() as u64 };
        tx.put(header.encode().as_slice());
        match mask {
            None => tx.push(payload),
            Some(mut mask) => {
                // In place, unless somebody else reads it too.
                let mut own = payload.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&shared[..]));
                mask.apply(&mut own);
                tx.push(own.freeze());
            }
        }
    }

    fn put_close(&mut self, tx: &mut Outbox, close: Option<Close<&str>>) {
        let mut payload = [0; MAX_CONTROL];
        let len = close.map_or(0, |Close { code, reason }| {
            payload[..2].copy_from_slice(&code.get().to_be_bytes());
            payload[2..2 + reason.len()].copy_from_slice(reason.as_bytes());
            2 + reason.len()
        });
        self.put(tx, true, Reserved::NONE, Opcode::Close, &payload[..len]);
        self.end_all();
    }

    /// Nothing is sent any more.
    fn end_all(&mut self) {
        self.closed = true;
        self.message = None;
        self.ping = None;
        self.deflation = None;
    }

    /// Answers the peer's Close frame, unless it is the answer to ours.
    pub(super) fn answer_close(&mut self, tx: &mut Outbox, code: Option<CloseCode>) {
        if !self.closed {
            // "When sending a Close frame in response, the endpoint typically echos the status code it received."
            self.put_close(tx, code.map(|code| Close { code, reason: "" }));
        }
    }

    /// "An endpoint [..] MUST send a Pong frame in response" (RFC 6455 §5.5.2), "unless it already received a Close
    /// frame". After our own Close there is none either: it is the last that we send.
    #[inline]
    pub(super) fn answer_ping(&mut self, tx: &mut Outbox, payload: &[u8]) {
        if self.closed {
            return;
        }
        if tx.len() > PONGS_AHEAD {
            self.ping = Some(Bytes::copy_from_slice(payload));
        } else {
            self.ping = None;
            self.put(tx, true, Reserved::NONE, Opcode::Pong, payload);
        }
    }

    /// Answers the ping that had to wait, if it is time.
    pub(super) fn answer_late(&mut self, tx: &mut Outbox) {
        if tx.len() <= PONGS_AHEAD {
            if let Some(payload) = self.ping.take() {
                self.put(tx, true, Reserved::NONE, Opcode::Pong, &payload);
            }
        }
    }

    /// Whether a ping waits to be answered.
    pub(super) fn owes_pong(&self) -> bool {
        self.ping.is_some()
    }

    pub(super) fn ask(&mut self, tx: &mut Outbox) {
        self.put(tx, true, Reserved::NONE, Opcode::Ping, b"");
    }

    /// The farewell of a connection that failed.
    pub(super) fn fail(&mut self, tx: &mut Outbox, code: Option<CloseCode>) {
        if let Some(code) = code.filter(|_| !self.closed) {
            self.put_close(tx, Some(Close { code, reason: "" }));
        }
        self.end_all();
    }
}

/// The sending side of a [`Session`](super::Session).
///
/// It is what the session's own commands are made of, and comes with each event of
/// [`Session::exchange`](super::Session::exchange), so that what is lent can be answered without being copied out first.
#[derive(Debug)]
pub struct Sender<'a> {
    pub(super) tx: &'a mut Outbox,
    pub(super) out: &'a mut Outgoing,
    pub(super) config: &'a Config,
}

impl Sender<'_> {
    /// Queues whatever an event can be: a message, a piece of one, a ping, a Close. A large payload is not copied.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] after [`close`](Self::close) or a fatal error; [`Misuse::OutOfTurn`] for a message within one
    /// that was begun, and for more or the end of one that was not; [`Misuse::TooLong`] for a control frame of more than
    /// 125 bytes; [`Misuse::Invalid`] for text in pieces that is not UTF-8, and for reserved bits that the config does
    /// not have.
    #[inline]
    pub fn send(&mut self, event: impl Into<Event>) -> Result<(), Misuse> {
        match event.into() {
            Event::Text(text) => self.message(Kind::Text, text.into_bytes()),
            Event::Binary(bytes) => self.message(Kind::Binary, bytes),
            Event::Data(bytes) => self.data(bytes),
            Event::Extended(reserved, kind, bytes) => {
                self.check_reserved(reserved)?;
                self.plain(kind, reserved, bytes)
            }
            other => self.send_ref(other.as_ref()),
        }
    }

    /// The same for a message, and not compressed even where that was agreed on.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_plain(&mut self, event: impl Into<Event>) -> Result<(), Misuse> {
        match event.into() {
            Event::Text(text) => self.plain(Kind::Text, Reserved::NONE, text.into_bytes()),
            Event::Binary(bytes) => self.plain(Kind::Binary, Reserved::NONE, bytes),
            Event::Start(kind) => self.start_plain(kind),
            other => self.send(other),
        }
    }

    /// As [`send`](Self::send), with what is lent: it is copied.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    #[inline]
    pub fn send_ref(&mut self, event: Event<&str, &[u8]>) -> Result<(), Misuse> {
        match event {
            Event::Text(text) => self.message_ref(Kind::Text, text.as_bytes()),
            Event::Binary(bytes) => self.message_ref(Kind::Binary, bytes),
            Event::Start(kind) => self.start(kind),
            Event::Data(bytes) => self.data(Bytes::copy_from_slice(bytes)),
            Event::End => self.end(),
            Event::Ping(bytes) => self.control(Opcode::Ping, bytes),
            Event::Pong(bytes) => self.control(Opcode::Pong, bytes),
            Event::Close(close) => self.close_with(close),
            Event::Extended(reserved, kind, bytes) => {
                self.check_reserved(reserved)?;
                self.plain(kind, reserved, Bytes::copy_from_slice(bytes))
            }
        }
    }

    /// Begins a message whose length is not known yet; [`data`](Self::data) and [`end`](Self::end) follow.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn start(&mut self, kind: Kind) -> Result<(), Misuse> {
        self.begin(kind, self.out.deflation.is_some())
    }

    /// The same, and not compressed even where that was agreed on: pieces of what is compressed already, or secret beside
    /// what others choose (CRIME).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn start_plain(&mut self, kind: Kind) -> Result<(), Misuse> {
        self.begin(kind, false)
    }

    /// Queues more of the message that was begun, as one fragment. A piece of text may end within a character.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn data(&mut self, bytes: impl Into<Bytes>) -> Result<(), Misuse> {
        let bytes = bytes.into();
        self.check_open()?;
        let message = self.out.message.as_mut().ok_or(Misuse::OutOfTurn)?;
        if message.kind == Kind::Text {
            let mut utf8 = message.utf8;
            utf8.feed(&bytes).map_err(|_| Misuse::Invalid)?;
            message.utf8 = utf8;
        }
        let bytes = match &mut self.out.deflation {
            Some(deflation) if message.compressed => deflation.piece(&bytes),
            _ => bytes,
        };
        let (reserved, opcode) = message.frame();
        self.out.push(self.tx, false, reserved, opcode, bytes);
        Ok(())
    }

    /// Ends the message that was begun.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); [`Misuse::Invalid`] for text that ends within a character.
    pub fn end(&mut self) -> Result<(), Misuse> {
        self.check_open()?;
        let message = self.out.message.as_mut().ok_or(Misuse::OutOfTurn)?;
        if !message.utf8.is_complete() {
            return Err(Misuse::Invalid);
        }
        let last = match &mut self.out.deflation {
            Some(deflation) if message.compressed => deflation.end(),
            _ => Bytes::new(),
        };
        let (reserved, opcode) = message.frame();
        self.out.message = None;
        self.out.push(self.tx, true, reserved, opcode, last);
        Ok(())
    }

    /// Queues a ping of up to 125 bytes; the answer is an [`Event::Pong`] with the same.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Misuse> {
        self.control(Opcode::Ping, payload)
    }

    /// Says goodbye: nothing else can be sent after it. What the peer still has to say comes, until its own Close.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] the second time, or once the peer has closed; [`Misuse::TooLong`] for a reason of more than
    /// 123 bytes.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Misuse> {
        self.close_with(Some(Close { code, reason }))
    }

    fn close_with(&mut self, close: Option<Close<&str>>) -> Result<(), Misuse> {
        self.check_open()?;
        if close.is_some_and(|close| close.reason.len() > MAX_CONTROL - 2) {
            return Err(Misuse::TooLong);
        }
        self.out.put_close(self.tx, close);
        Ok(())
    }

    #[inline]
    fn message(&mut self, kind: Kind, payload: Bytes) -> Result<(), Misuse> {
        match self.compressed(&payload)? {
            Some(compressed) => self.plain(kind, Reserved::RSV1, compressed),
            None => self.plain(kind, Reserved::NONE, payload),
        }
    }

    #[inline]
    fn message_ref(&mut self, kind: Kind, payload: &[u8]) -> Result<(), Misuse> {
        match self.compressed(payload)? {
            Some(compressed) => self.plain(kind, Reserved::RSV1, compressed),
            None => self.plain_ref(kind, payload),
        }
    }

    /// A message compressed, where that was agreed on and is worth it.
    #[inline]
    fn compressed(&mut self, payload: &[u8]) -> Result<Option<Bytes>, Misuse> {
        if self.out.deflation.is_none() {
            return Ok(None);
        }
        self.check_between()?;
        Ok(self.out.deflation.as_mut().and_then(|deflation| deflation.message(payload)))
    }

    /// A message as it goes on the wire.
    #[inline]
    fn plain(&mut self, kind: Kind, reserved: Reserved, payload: Bytes) -> Result<(), Misuse> {
        self.check_between()?;
        self.out.push(self.tx, true, reserved, kind.into(), payload);
        Ok(())
    }

    #[inline]
    fn plain_ref(&mut self, kind: Kind, payload: &[u8]) -> Result<(), Misuse> {
        self.check_between()?;
        self.out.put(self.tx, true, Reserved::NONE, kind.into(), payload);
        Ok(())
    }

    fn begin(&mut self, kind: Kind, compressed: bool) -> Result<(), Misuse> {
        self.check_between()?;
        self.out.message = Some(Begun { kind, first: true, compressed, utf8: Utf8::default() });
        Ok(())
    }

    fn control(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), Misuse> {
        self.check_open()?;
        if payload.len() > MAX_CONTROL {
            return Err(Misuse::TooLong);
        }
        self.out.put(self.tx, true, Reserved::NONE, opcode, payload);
        Ok(())
    }

    #[inline]
    fn check_between(&self) -> Result<(), Misuse> {
        self.check_open()?;
        if self.out.message.is_some() { Err(Misuse::OutOfTurn) } else { Ok(()) }
    }

    #[inline]
    fn check_open(&self) -> Result<(), Misuse> {
        if self.out.closed { Err(Misuse::Closed) } else { Ok(()) }
    }

    fn check_reserved(&self, bits: Reserved) -> Result<(), Misuse> {
        if bits != Reserved::NONE && self.config.reserved.contains(bits) { Ok(()) } else { Err(Misuse::Invalid) }
    }
}
