use super::timers::{Timers, Wait};
use super::wire::{self, HEADER_LEN, Header};
use super::{Config, Error, Event, Message};
use crate::assembly::Assembly;
use crate::{Instant, Link, Machine, Misuse, Next};
use bytes::Bytes;

/// A message of up to so many bytes, header included, is waited for in the window; a longer one is collected outside
/// of it, so that the window stays in cache.
const IN_WINDOW: usize = 16 * 1024;

/// The window's limit: several reads' worth of small messages.
const WINDOW: usize = 64 * 1024;

/// One end of a connection: a client and a server are alike.
///
/// - **Bytes**: [`link`](Machine::link), [`with_link`](Self::with_link), [`into_link`](Self::into_link).
/// - **Events**: [`next`](Machine::next) gives payloads owned, [`next_ref`](Self::next_ref) lends them.
/// - **Time**: [`deadline`](Machine::deadline); the limits are in [`Config`].
/// - **Commands**: [`send`](Self::send), [`send_ref`](Self::send_ref); for a payload that memory should not hold
///   [`start`](Self::start), [`send_data`](Self::send_data), [`end`](Self::end); [`close`](Self::close).
///
/// The session is done when both sides have ended: the peer, told by [`Event::PeerClosed`], and we by
/// [`close`](Self::close).
///
/// # Memory
///
/// Received bytes are held once: at most 64 KiB in the window, and one payload of up to [`Builder::whole`] bytes, whose
/// storage is never more than four times what has come, and waits for the next large payload for a second at most.
/// What is sent is held until it is drained; an application that produces more than its peer reads watches
/// `link().tx.len()`.
///
/// [`Builder::whole`]: super::Builder::whole
#[derive(Debug)]
pub struct Session {
    link: Link,
    config: Config,
    state: State,
    timers: Timers,
    /// A payload that doesn't fit into the window.
    payload: Assembly,
    /// What an outgoing message that was begun still lacks.
    lacking: Option<u32>,
}

/// What the peer sends now.
#[derive(Clone, Copy, Debug)]
enum State {
    /// A header; until it is complete it stays in the window.
    Header,
    /// The rest of a payload that is collected outside of the window.
    Whole(Header),
    /// Nothing yet: the collected payload is still lent.
    Lent,
    /// A payload in pieces.
    Pieces { header: Header, missing: u32 },
    /// No more, and the application knows it.
    Closed,
    /// Nothing that we would listen to.
    Done,
}

/// Where a payload is.
#[derive(Clone, Copy, Debug)]
enum Span {
    /// At the front of the window, so many bytes.
    Window(usize),
    Collected,
}

impl Default for Session {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl Session {
    /// On a new connection.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self::with_link(Link::new(), config)
    }

    /// On a link that already holds bytes, as a detection or an upgrade leaves it.
    #[must_use]
    pub fn with_link(mut link: Link, config: Config) -> Self {
        link.rx.set_limit(WINDOW);
        Self { link, config, state: State::Header, timers: Timers::new(), payload: Assembly::default(), lacking: None }
    }

    /// What both ends agreed on.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Takes the link, with whatever is in it.
    #[must_use]
    pub fn into_link(self) -> Link {
        self.link
    }

    /// As [`next`](Machine::next), but lends the payload instead of copying it out.
    ///
    /// # Errors
    ///
    /// As for [`next`](Machine::next).
    #[inline]
    pub fn next_ref(&mut self, now: Instant) -> Result<Next<Event<&[u8]>>, Error> {
        let next = self.step(now)?;
        Ok(next.map(|event| {
            event.map(|span| match span {
                Span::Window(n) => self.link.rx.take_ref(n),
                Span::Collected => self.payload.lend(),
            })
        }))
    }

    /// The common case, a message that is in the window as a whole, before all others.
    #[inline]
    fn step(&mut self, now: Instant) -> Result<Next<Event<Span>>, Error> {
        if matches!(self.state, State::Header) && !self.timers.is_due(now) {
            let data = self.link.rx.data();
            if let Ok((payload, header)) = wire::header(data) {
                if header.length <= self.config.whole && header.length as usize <= payload.len() {
                    if let Ok(()) = wire::check(&header, &self.config) {
                        return Ok(Next::Event(self.message(header)));
                    }
                }
            }
        }
        self.step_slowly(now)
    }

    /// Any case.
    #[inline(never)]
    fn step_slowly(&mut self, now: Instant) -> Result<Next<Event<Span>>, Error> {
        self.timers.release_at(self.payload.expire(now));
        let next = match self.timers.check_stall(now, &self.link.tx, &self.config) {
            Ok(()) => self.advance(now),
            Err(error) => Err(error),
        };
        match &next {
            Ok(Next::Event(_)) => self.timers.settle(),
            Ok(Next::Done) => self.timers.stop(),
            Ok(_) => {}
            Err(error) => self.fail(*error),
        }
        next
    }

    fn advance(&mut self, now: Instant) -> Result<Next<Event<Span>>, Error> {
        if matches!(self.state, State::Lent) {
            self.payload.clear();
            self.state = State::Header;
        }
        match self.state {
            State::Header | State::Lent => self.read_header(now),
            State::Whole(header) => self.collect(header, now),
            State::Pieces { header, missing } => self.read_piece(header, missing, now),
            State::Closed if self.link.tx.is_ended() => {
                self.state = State::Done;
                Ok(Next::Done)
            }
            State::Closed => {
                self.timers.wait(Wait::App, now, &self.link.tx, &self.config)?;
                Ok(Next::NeedApp)
            }
            State::Done => Ok(Next::Done),
        }
    }

    fn read_header(&mut self, now: Instant) -> Result<Next<Event<Span>>, Error> {
        let data = self.link.rx.data();
        let Ok((rest, header)) = wire::header(data) else {
            wire::check_partial(data, &self.config)?;
            if !data.is_empty() {
                return self.wait_for_rest(data.len() as u64, HEADER_LEN as u64, now);
            }
            if self.link.rx.is_eof() {
                self.timers.complete();
                self.payload.release();
                self.timers.release_at(None);
                self.state = State::Closed;
                return Ok(Next::Event(Event::PeerClosed));
            }
            self.timers.release_at(self.payload.rest(now));
            self.timers.wait(Wait::Message, now, &self.link.tx, &self.config)?;
            return Ok(Next::NeedInput);
        };
        wire::check(&header, &self.config)?;
        if header.length > self.config.whole {
            self.link.rx.skip(HEADER_LEN);
            self.state = State::Pieces { header, missing: header.length };
            self.timers.pause(HEADER_LEN as u64, now, &self.config)?;
            return Ok(Next::Event(Event::Start(header)));
        }
        let (length, received) = (header.length as usize, rest.len());
        if length <= received {
            return Ok(Next::Event(self.message(header)));
        }
        if length > IN_WINDOW - HEADER_LEN {
            self.link.rx.skip(HEADER_LEN);
            self.state = State::Whole(header);
            return self.collect(header, now);
        }
        self.wait_for_rest((HEADER_LEN + received) as u64, total(header), now)
    }

    #[inline]
    fn message(&mut self, header: Header) -> Event<Span> {
        self.link.rx.skip(HEADER_LEN);
        self.timers.complete();
        Event::Message(Message { header, payload: Span::Window(header.length as usize) })
    }

    fn collect(&mut self, header: Header, now: Instant) -> Result<Next<Event<Span>>, Error> {
        let length = header.length as usize;
        let available = self.link.rx.len().min(length - self.payload.len());
        let received = self.payload.len() + available;
        self.payload.append(self.link.rx.take_ref(available), length);
        self.timers.release_at(None);
        if received < length {
            return self.wait_for_rest((HEADER_LEN + received) as u64, total(header), now);
        }
        self.timers.complete();
        self.state = State::Lent;
        Ok(Next::Event(Event::Message(Message { header, payload: Span::Collected })))
    }

    fn read_piece(&mut self, header: Header, missing: u32, now: Instant) -> Result<Next<Event<Span>>, Error> {
        if missing == 0 {
            self.state = State::Header;
            self.timers.complete();
            return Ok(Next::Event(Event::End));
        }
        let available = self.link.rx.len().min(missing as usize);
        if available == 0 {
            return self.wait_for_rest(total(header) - u64::from(missing), total(header), now);
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is no more than `missing`")]
        let missing = missing - available as u32;
        self.timers.pause(total(header) - u64::from(missing), now, &self.config)?;
        self.state = State::Pieces { header, missing };
        Ok(Next::Event(Event::Data(Span::Window(available))))
    }

    fn wait_for_rest(&mut self, received: u64, expected: u64, now: Instant) -> Result<Next<Event<Span>>, Error> {
        if self.link.rx.is_eof() {
            return Err(Error::Truncated { received, expected });
        }
        self.timers.wait(Wait::Rest(received), now, &self.link.tx, &self.config)?;
        Ok(Next::NeedInput)
    }

    fn fail(&mut self, error: Error) {
        self.state = State::Done;
        self.payload.release();
        self.timers.stop();
        if error == Error::Stalled {
            self.link.tx.abort();
        } else {
            self.link.tx.fin();
        }
    }
}

fn total(header: Header) -> u64 {
    HEADER_LEN as u64 + u64::from(header.length)
}

/// Commands.
impl Session {
    /// Queues a message. A large payload is not copied.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] after [`close`](Self::close) or a fatal error, [`Misuse::OutOfTurn`] within a message that
    /// was begun with [`start`](Self::start), [`Misuse::TooLong`] above the config's largest payload.
    #[inline]
    pub fn send(&mut self, kind: u16, payload: impl Into<Bytes>) -> Result<(), Misuse> {
        let payload = payload.into();
        let length = u32::try_from(payload.len()).map_err(|_| Misuse::TooLong)?;
        self.put_header(kind, length)?;
        self.link.tx.push(payload);
        Ok(())
    }

    /// Queues a message, copying the payload.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    #[inline]
    pub fn send_ref(&mut self, kind: u16, payload: &[u8]) -> Result<(), Misuse> {
        let length = u32::try_from(payload.len()).map_err(|_| Misuse::TooLong)?;
        self.put_header(kind, length)?;
        self.link.tx.put(payload);
        Ok(())
    }

    /// Begins a message whose payload, of `length` bytes, follows by [`send_data`](Self::send_data).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn start(&mut self, kind: u16, length: u32) -> Result<(), Misuse> {
        self.put_header(kind, length)?;
        self.lacking = Some(length);
        Ok(())
    }

    /// Queues more of the payload.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] where no message was begun, [`Misuse::TooLong`] if it would get longer than announced,
    /// [`Misuse::Closed`] after a fatal error.
    pub fn send_data(&mut self, data: impl Into<Bytes>) -> Result<(), Misuse> {
        self.check_open()?;
        let lacking = self.lacking.ok_or(Misuse::OutOfTurn)?;
        let data = data.into();
        let length = u32::try_from(data.len()).map_err(|_| Misuse::TooLong)?;
        self.lacking = Some(lacking.checked_sub(length).ok_or(Misuse::TooLong)?);
        self.link.tx.push(data);
        Ok(())
    }

    /// Ends the message that was begun.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfTurn`] where no message was begun, [`Misuse::TooShort`] if it has less than was announced,
    /// [`Misuse::Closed`] after a fatal error.
    pub fn end(&mut self) -> Result<(), Misuse> {
        self.check_open()?;
        match self.lacking {
            None => Err(Misuse::OutOfTurn),
            Some(0) => {
                self.lacking = None;
                Ok(())
            }
            Some(_) => Err(Misuse::TooShort),
        }
    }

    /// Ends our side, behind everything queued. The peer may go on, until it ends too.
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`] the second time or after a fatal error, [`Misuse::OutOfTurn`] within a message that was
    /// begun. Who can't complete it lets the peer know by `link().tx.abort()`.
    pub fn close(&mut self) -> Result<(), Misuse> {
        self.check_open()?;
        if self.lacking.is_some() {
            return Err(Misuse::OutOfTurn);
        }
        self.link.tx.fin();
        Ok(())
    }

    #[inline]
    fn put_header(&mut self, kind: u16, length: u32) -> Result<(), Misuse> {
        self.check_open()?;
        if self.lacking.is_some() {
            return Err(Misuse::OutOfTurn);
        }
        if length > self.config.largest {
            return Err(Misuse::TooLong);
        }
        let header = Header { magic: self.config.magic, version: self.config.version, kind, length };
        self.link.tx.put(&header.to_bytes());
        Ok(())
    }

    #[inline]
    fn check_open(&self) -> Result<(), Misuse> {
        if self.link.tx.is_ended() { Err(Misuse::Closed) } else { Ok(()) }
    }
}

impl Machine for Session {
    type Event = Event;
    type Error = Error;

    #[inline]
    fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    #[inline]
    fn next(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        let next = self.step(now)?;
        Ok(next.map(|event| {
            event.map(|span| match span {
                Span::Window(n) => self.link.rx.take(n),
                Span::Collected => self.payload.take(),
            })
        }))
    }

    fn deadline(&self) -> Option<Instant> {
        self.timers.deadline()
    }
}
