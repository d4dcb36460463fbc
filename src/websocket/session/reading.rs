//! From bytes to events.

use super::super::mask::Mask;
use super::super::sender::Outgoing;
use super::super::timers::{Due, Timers};
use super::super::utf8::Utf8;
use super::super::wire::{self, Header, Opcode};
use super::super::{Close, CloseCode, Error, Event, Kind, Reserved};
use super::Session;
use crate::time::earliest;
use crate::{Inbox, Instant, Link, Next, Outbox};

/// How much is inflated at once of a message that is given out in pieces.
const PIECE: usize = 16 * 1024;

/// What the peer sends now.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Read {
    /// The first frame of a message, or a control frame.
    #[default]
    Message,
    /// The next frame of a message, or a control frame in between.
    Fragment(Incoming),
    /// The payload of such a frame.
    Payload(Incoming, Frame),
    /// Something that broke the rules, behind the last event.
    Faulty(Error),
    /// Whatever it likes: both sides have closed, and the server's end of the stream is waited for.
    Closing,
    /// Nothing that we would listen to.
    Done,
}

/// A message of which something has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming {
    kind: Kind,
    reserved: Reserved,
    compressed: bool,
    delivery: Delivery,
    /// Bytes in its frames, that of which the header was read last included.
    length: u64,
    /// Its frames, with the control frames in between.
    frames: u32,
    /// Behind what has come out of the decompressor and was not given out yet.
    fault: Option<Error>,
    utf8: Utf8,
}

/// How a message is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delivery {
    /// As one event.
    Whole,
    /// In pieces, the first being what was collected before it became too long.
    Collected,
    /// In pieces.
    Pieces,
}

/// A data frame of which the header has been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    fin: bool,
    mask: Option<Mask>,
    /// What was not taken from the window yet of its payload.
    left: u64,
    /// So many bytes at the front of the window are unmasked already.
    clear: usize,
    /// Whether more may come out of the decompressor, without any input.
    full: bool,
}

/// Where the payload of an event is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Span {
    /// At the front of the window, so many bytes.
    Window(usize),
    Collected,
}

/// A message of one frame of less than 64 KiB without extensions, all of which is there.
#[derive(Clone, Copy)]
pub(super) struct Whole {
    kind: Kind,
    masked: bool,
    header: usize,
    payload: usize,
}

impl Whole {
    #[inline(always)]
    fn find(data: &[u8], masked: bool, longest: u64) -> Option<Self> {
        let [first, second, ..] = *data else { return None };
        let kind = match first {
            0x81 => Kind::Text,
            0x82 => Kind::Binary,
            _ => return None,
        };
        // With the mask bit as it must be, what is left is the length.
        let (header, payload) = match second ^ (u8::from(masked) << 7) {
            short @ 0..126 => (2, usize::from(short)),
            126 => match u16::from_be_bytes([*data.get(2)?, *data.get(3)?]) {
                0..126 => return None,
                length => (4, usize::from(length)),
            },
            _ => return None,
        };
        let header = if masked { header + 4 } else { header };
        let fits = payload as u64 <= longest && header + payload <= data.len();
        fits.then_some(Self { kind, masked, header, payload })
    }

    /// Takes it from the window. Text is not validated yet.
    #[inline(always)]
    pub(super) fn take(self, rx: &mut Inbox) -> (Kind, &[u8]) {
        let (header, payload) = rx.take_mut(self.header + self.payload).split_at_mut(self.header);
        if let (true, Some(&key)) = (self.masked, header.last_chunk()) {
            Mask::new(key).apply(payload);
        }
        (self.kind, payload)
    }
}

type Step = Result<Next<Event<Span, Span>>, Error>;

impl Session {
    /// The common case before all others: a message that lies in the window as a whole.
    #[inline(always)]
    pub(super) fn whole_message(&mut self, now: Instant) -> Option<Whole> {
        if self.timers.is_due(now) {
            return None;
        }
        let whole = self.find_whole()?;
        self.timers.heard();
        Some(whole)
    }

    #[inline(always)]
    pub(super) fn find_whole(&self) -> Option<Whole> {
        if !matches!(self.read, Read::Message) {
            return None;
        }
        Whole::find(self.link.rx.data(), !self.out.masks(), self.config.whole_frame())
    }

    /// Any case.
    pub(super) fn step(&mut self, now: Instant) -> Step {
        if self.lent {
            self.lent = false;
            self.message.clear();
        }
        self.expire(now);
        let next = match self.timers.check_stall(now, &self.link.tx, &self.config) {
            Ok(()) => self.advance(now),
            Err(error) => Err(error),
        };
        match next {
            Ok(Next::Event(event)) => {
                self.lent = matches!(event, Event::Text(Span::Collected) | Event::Binary(Span::Collected))
                    || matches!(event, Event::Data(Span::Collected) | Event::Extended(_, _, Span::Collected));
                self.timers.heard();
                self.timers.settle(&self.config);
                Ok(Next::Event(event))
            }
            Ok(Next::Done) => {
                self.message.release();
                self.inflation = None;
                self.timers.stop();
                Ok(Next::Done)
            }
            Ok(need) => {
                self.timers.settle(&self.config);
                Ok(need)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    fn advance(&mut self, now: Instant) -> Step {
        loop {
            let event = match self.read {
                Read::Message => self.read_header(None)?,
                Read::Fragment(message) => self.read_header(Some(message))?,
                Read::Payload(message, frame) => self.read_payload(message, frame)?,
                Read::Faulty(error) => return Err(error),
                Read::Closing => return self.wait_for_end(now),
                Read::Done => return Ok(Next::Done),
            };
            match event {
                Progress::Event(event) => return Ok(Next::Event(event)),
                Progress::Moved => {}
                Progress::Waits => return self.wait(now),
            }
        }
    }

    fn read_header(&mut self, message: Option<Incoming>) -> Result<Progress, Error> {
        let data = self.link.rx.data();
        if let Some(&first) = data.first() {
            self.check_first(first, message.is_some())?;
        }
        let Some((header, at)) = wire::header(data, !self.out.masks())? else {
            return Ok(Progress::Waits);
        };
        if header.opcode.is_control() {
            #[expect(clippy::cast_possible_truncation, reason = "at most 125")]
            let length = header.length as usize;
            if data.len() < at + length {
                return Ok(Progress::Waits);
            }
            if let Some(message) = message {
                self.read = Read::Fragment(self.count_frame(message)?);
            }
            self.link.rx.skip(at);
            return self.control(header, length).map(Progress::Event);
        }
        let message = message.unwrap_or_else(|| Incoming::new(header, self.inflation.is_some()));
        self.begin_frame(message, header, at)
    }

    /// Whether a frame that begins with this byte may come now. What it doesn't show is [`wire::header`]'s to see.
    fn check_first(&self, first: u8, within: bool) -> Result<(), Error> {
        let (_, rsv, opcode) = wire::first(first)?;
        // "a value that is not zero [..] and none of the negotiated extensions defines the meaning of such a non-zero
        // value" (RFC 6455 §5.2). What an extension claims says something at the beginning of a message (RFC 7692 §6.1);
        // on a control frame, none says anything.
        let begins = matches!(opcode, Opcode::Text | Opcode::Binary);
        let claimed = if begins && !within { self.claimed() } else { Reserved::NONE };
        if !claimed.contains(Reserved::from_bits(rsv)) {
            return Err(Error::Reserved);
        }
        match opcode {
            Opcode::Continuation if !within => Err(Error::UnexpectedContinuation),
            Opcode::Text | Opcode::Binary if within => Err(Error::UnexpectedMessage),
            _ => Ok(()),
        }
    }

    fn claimed(&self) -> Reserved {
        let compression = if self.inflation.is_some() { Reserved::RSV1 } else { Reserved::NONE };
        self.config.reserved.with(compression)
    }

    fn begin_frame(&mut self, message: Incoming, header: Header, at: usize) -> Result<Progress, Error> {
        let mut message = self.count_frame(message)?;
        if header.length > self.config.max_frame {
            return Err(Error::LongFrame);
        }
        message.length = message.length.saturating_add(header.length);
        if message.length > self.config.max_message && !message.compressed {
            return Err(Error::LongMessage);
        }
        // The length of what is compressed shows as it comes out.
        let long = message.length > self.config.whole && !message.compressed;
        let pieces = message.delivery == Delivery::Whole && long;
        if pieces {
            if message.reserved != Reserved::NONE {
                // `Start` could not say that it is an extension's, and not text.
                return Err(Error::LongMessage);
            }
            message.delivery = Delivery::Collected;
        }
        self.link.rx.skip(at);
        self.read = Read::Payload(
            message,
            Frame { fin: header.fin, mask: header.mask, left: header.length, clear: 0, full: false },
        );
        Ok(if pieces { Progress::Event(Event::Start(message.kind)) } else { Progress::Moved })
    }

    fn count_frame(&self, message: Incoming) -> Result<Incoming, Error> {
        if message.frames == self.config.max_frames {
            return Err(Error::ManyFrames);
        }
        Ok(Incoming { frames: message.frames + 1, ..message })
    }

    fn read_payload(&mut self, mut message: Incoming, mut frame: Frame) -> Result<Progress, Error> {
        if message.delivery == Delivery::Collected {
            message.delivery = Delivery::Pieces;
            self.read = message.fault.map_or(Read::Payload(message, frame), Read::Faulty);
            if self.message.len() > 0 {
                return Ok(Progress::Event(Event::Data(Span::Collected)));
            }
        }
        if frame.left == 0 && !frame.full {
            return self.end_frame(message, frame);
        }
        let data = self.link.rx.data_mut();
        let available = usize::try_from(frame.left).map_or(data.len(), |left| left.min(data.len()));
        if available == 0 && !frame.full {
            return Ok(Progress::Waits);
        }
        let piece = &mut data[..available];
        if let Some(mask) = &mut frame.mask {
            mask.apply(&mut piece[frame.clear..]);
        }
        frame.clear = available;
        self.timers.heard();
        if message.compressed {
            return self.inflate(message, frame);
        }
        frame.clear = 0;
        if message.is_text() {
            if let Err(bad) = message.utf8.feed(piece) {
                self.read = Read::Faulty(Error::Utf8);
                let pieces = message.delivery == Delivery::Pieces && bad.at > 0;
                let before = Event::Data(Span::Window(bad.at));
                return Ok(if pieces { Progress::Event(before) } else { Progress::Moved });
            }
        }
        frame.left -= available as u64;
        self.read = Read::Payload(message, frame);
        if message.delivery == Delivery::Pieces {
            return Ok(Progress::Event(Event::Data(Span::Window(available))));
        }
        // So much is known to come; a later fragment may bring more.
        let total = usize::try_from(message.length).unwrap_or(usize::MAX);
        self.message.append(self.link.rx.take_ref(available), total);
        Ok(Progress::Moved)
    }

    /// Inflates what is there of a compressed frame, as far as there is room for what comes out.
    fn inflate(&mut self, mut message: Incoming, mut frame: Frame) -> Result<Progress, Error> {
        let Some(inflation) = &mut self.inflation else { return Err(Error::Reserved) };
        let before = self.message.len();
        let room = match message.delivery {
            // One byte more shows that it is too long for that.
            Delivery::Whole => usize::try_from(self.config.whole).unwrap_or(usize::MAX).saturating_add(1) - before,
            Delivery::Collected | Delivery::Pieces => PIECE,
        };
        let input = &self.link.rx.data()[..frame.clear];
        let outcome = self.message.append_with(|output| inflation.inflate(input, output, room));
        let mut fault = None;
        match outcome {
            Ok(progress) => {
                self.link.rx.skip(progress.consumed);
                frame.clear -= progress.consumed;
                frame.left -= progress.consumed as u64;
                frame.full = progress.full;
            }
            Err(error) => fault = Some(error),
        }
        if message.is_text() {
            // What came out before it broke is older news.
            if let Err(bad) = message.utf8.feed(&self.message.lend()[before..]) {
                self.message.truncate(before + bad.at);
                fault = Some(Error::Utf8);
            }
        }
        let more = self.message.len() > before;
        let pieces = message.delivery == Delivery::Whole && self.message.len() as u64 > self.config.whole;
        if pieces && message.reserved != Reserved::NONE {
            return Err(Error::LongMessage);
        }
        if pieces {
            message.delivery = Delivery::Collected;
            message.fault = fault;
            self.read = Read::Payload(message, frame);
            return Ok(Progress::Event(Event::Start(message.kind)));
        }
        self.read = fault.map_or(Read::Payload(message, frame), Read::Faulty);
        Ok(if more && message.delivery == Delivery::Pieces {
            Progress::Event(Event::Data(Span::Collected))
        } else {
            Progress::Moved
        })
    }

    fn end_frame(&mut self, message: Incoming, frame: Frame) -> Result<Progress, Error> {
        if !frame.fin {
            self.read = Read::Fragment(message);
            return Ok(Progress::Moved);
        }
        if let Some(inflation) = self.inflation.as_mut().filter(|_| message.compressed) {
            inflation.finish()?;
        }
        if message.is_text() && !message.utf8.is_complete() {
            return Err(Error::Utf8);
        }
        self.read = Read::Message;
        Ok(Progress::Event(match message.delivery {
            Delivery::Whole => whole(message.kind, message.reserved, Span::Collected),
            Delivery::Collected | Delivery::Pieces => Event::End,
        }))
    }

    fn control(&mut self, header: Header, length: usize) -> Result<Event<Span, Span>, Error> {
        let payload = &mut self.link.rx.data_mut()[..length];
        if let Some(mut mask) = header.mask {
            mask.apply(payload);
        }
        let (tx, out) = (&mut self.link.tx, &mut self.out);
        Ok(match header.opcode {
            Opcode::Ping => {
                out.answer_ping(tx, payload);
                Event::Ping(Span::Window(length))
            }
            Opcode::Pong => Event::Pong(Span::Window(length)),
            _ => {
                let code = close_code(payload)?;
                out.answer_close(tx, code);
                if out.masks() {
                    // "a client SHOULD wait for the server to close the connection" (RFC 6455 §7.1.1).
                    self.read = Read::Closing;
                } else {
                    tx.fin();
                    self.read = Read::Done;
                }
                Event::Close(code.map(|code| {
                    self.link.rx.skip(2);
                    Close { code, reason: Span::Window(length - 2) }
                }))
            }
        })
    }

    /// Gives up storage that was not needed for a while.
    fn expire(&mut self, now: Instant) {
        self.timers.release_at(None);
        self.message.expire(now);
        if let Some(inflation) = &mut self.inflation {
            inflation.expire(now);
        }
        if let Some(deflation) = &mut self.out.deflation {
            deflation.expire(now);
        }
    }

    /// Notes when storage is to be given up, if nothing needs it from `now` on.
    fn rest(&mut self, now: Instant) {
        let inflation = self.inflation.as_mut().and_then(|inflation| inflation.rest(now));
        let deflation = self.out.deflation.as_mut().and_then(|deflation| deflation.rest(now));
        self.timers.release_at(earliest(self.message.rest(now), earliest(inflation, deflation)));
    }

    /// There is nothing to say before more has come.
    fn wait(&mut self, now: Instant) -> Step {
        if self.link.rx.is_eof() {
            return Err(Error::Eof);
        }
        self.out.answer_late(&mut self.link.tx);
        self.timers.owes_pong(self.out.owes_pong(), now);
        if self.out.is_closed() && self.timers.is_closing_over(now, &self.link.tx, &self.config) {
            return Err(Error::CloseTimeout);
        }
        self.rest(now);
        let due = self.timers.wait(self.link.rx.len(), now, &self.link.tx, &self.config)?;
        if let Due::Ping = due {
            self.out.ask(&mut self.link.tx);
            self.timers.check_stall(now, &self.link.tx, &self.config)?;
        }
        Ok(Next::NeedInput)
    }

    /// Both have closed: the server ends the stream, and the client waits for that.
    fn wait_for_end(&mut self, now: Instant) -> Step {
        self.message.release();
        self.inflation = None;
        let Link { rx, tx } = &mut self.link;
        rx.skip(rx.len());
        if rx.is_eof() || self.timers.is_closing_over(now, tx, &self.config) {
            tx.fin();
            self.read = Read::Done;
            return Ok(Next::Done);
        }
        Ok(Next::NeedInput)
    }

    pub(super) fn fail(&mut self, error: Error) -> Error {
        self.message.release();
        self.inflation = None;
        fail(error, &mut self.link.tx, &mut self.out, &mut self.read, &mut self.timers)
    }
}

/// "_Fail the WebSocket Connection_" (RFC 6455 §7.1.7): the Close frame that says why, and the end.
pub(super) fn fail(error: Error, tx: &mut Outbox, out: &mut Outgoing, read: &mut Read, timers: &mut Timers) -> Error {
    out.fail(tx, error.close_code());
    if error == Error::Stalled {
        tx.abort();
    } else {
        tx.fin();
    }
    *read = Read::Done;
    timers.stop();
    error
}

/// What came of looking at the input.
enum Progress {
    Event(Event<Span, Span>),
    /// Look again.
    Moved,
    /// More must come first.
    Waits,
}

impl Incoming {
    /// The message that begins with this header.
    fn new(header: Header, compression: bool) -> Self {
        let kind = if header.opcode == Opcode::Text { Kind::Text } else { Kind::Binary };
        let (bits, utf8) = (Reserved::from_bits(header.rsv), Utf8::default());
        let compressed = compression && bits.contains(Reserved::RSV1);
        let reserved = if compressed { bits.without(Reserved::RSV1) } else { bits };
        Self { kind, reserved, compressed, delivery: Delivery::Whole, length: 0, frames: 0, fault: None, utf8 }
    }

    /// Whether its payload is text as it stands, and not what an extension made of it.
    fn is_text(&self) -> bool {
        self.kind == Kind::Text && self.reserved == Reserved::NONE
    }
}

fn whole(kind: Kind, reserved: Reserved, span: Span) -> Event<Span, Span> {
    match (reserved, kind) {
        (Reserved::NONE, Kind::Text) => Event::Text(span),
        (Reserved::NONE, Kind::Binary) => Event::Binary(span),
        _ => Event::Extended(reserved, kind, span),
    }
}

/// The code in the payload of a Close frame, all of which must be as it should be (RFC 6455 §5.5.1).
fn close_code(payload: &[u8]) -> Result<Option<CloseCode>, Error> {
    let Some((&number, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(Error::CloseLength) };
    };
    let number = u16::from_be_bytes(number);
    let code = CloseCode::new(number).ok_or(Error::CloseCode(number))?;
    core::str::from_utf8(reason).map_err(|_| Error::Utf8)?;
    Ok(Some(code))
}
