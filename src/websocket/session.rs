use super::compression::{self, Inflation};
use super::handshake::Negotiated;
use super::keys::Keys;
use super::sender::{Outgoing, Sender};
use super::timers::Timers;
use super::{CloseCode, Config, Error, Event, Kind};
use crate::assembly::Assembly;
use crate::{Instant, Link, Machine, Misuse, Next};
use alloc::boxed::Box;
use bytes::Bytes;
use bytestring::ByteString;
use core::fmt;
use reading::{Read, Span, fail};
use simdutf8::basic::from_utf8;

mod reading;

/// The window's limit: several reads' worth of small messages.
const WINDOW: usize = 64 * 1024;

/// Which end of the connection we are: the one thing in which both differ is who masks (RFC 6455 §5.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Who was connected to.
    Server,
    /// Who connected. It masks what it sends, with keys that grow from the seed: it must come from the system's
    /// randomness, and be used once.
    Client {
        /// 32 bytes that nobody can guess.
        seed: [u8; 32],
    },
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The seed is nobody's business.
        f.write_str(match self {
            Self::Server => "Server",
            Self::Client { .. } => "Client",
        })
    }
}

/// What came, lent, and the sending side.
pub type Exchange<'a> = (Event<&'a str, &'a [u8]>, Sender<'a>);

/// One end of a connection, after the handshake.
///
/// - **Bytes**: [`link`](Machine::link), [`into_link`](Self::into_link).
/// - **Events**: [`next`](Machine::next) gives messages owned, [`next_ref`](Self::next_ref) lends them,
///   [`exchange`](Self::exchange) lends them together with the sending side.
/// - **Time**: [`deadline`](Machine::deadline); the limits are in [`Config`].
/// - **Commands**: [`send`](Self::send), [`send_ref`](Self::send_ref); for a message that memory should not hold, or
///   whose length is not known yet, [`start`](Self::start), [`data`](Self::data), [`end`](Self::end);
///   [`ping`](Self::ping); [`close`](Self::close).
///
/// # The end
///
/// The peer's Close frame is an [`Event::Close`], and is answered; ours is [`close`](Self::close), and messages come on
/// until the peer answers it. Either way the server then ends the stream and is done, and the client waits for that
/// (RFC 6455 §7.1.1), both no longer than [`close_timeout`](super::ConfigBuilder::close_timeout).
///
/// # Memory
///
/// Received bytes are held once: at most 64 KiB in the window, and one message of up to
/// [`whole`](super::ConfigBuilder::whole) bytes, whose storage is never more than four times what has come and is given
/// up a second after the last message that needed it. What is sent is held until it is drained; an application that
/// produces more than its peer reads watches `link().tx.len()`.
///
/// Each ping is answered, but for a peer that doesn't read: while more than 64 KiB wait to be sent, only the latest ping
/// is remembered. That is the one place where output depends on how it is drained, as RFC 6455 §5.5.3 means it to.
///
/// ```
/// use barewire::websocket::{CloseCode, Config, Event, Role, Session};
/// use barewire::{Instant, Machine, Next};
///
/// let mut session = Session::new(Role::Server, Config::default());
/// // "Hello", masked (RFC 6455 §5.7).
/// let rx = &mut session.link().rx;
/// rx.spare(11).copy_from_slice(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
/// rx.commit(11);
/// while let Next::Event(event) = session.next(Instant::ORIGIN)? {
///     if let Event::Text(text) = event {
///         session.send(format!("{text} yourself"))?;
///     }
/// }
/// let mut out = [&b""[..]; 4];
/// let n = session.link().tx.chunks(&mut out);
/// assert_eq!(out[..n].concat(), b"\x81\x0eHello yourself");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Session {
    link: Link,
    config: Config,
    read: Read,
    out: Outgoing,
    timers: Timers,
    /// Where compression was agreed on.
    inflation: Option<Box<Inflation>>,
    /// A message that doesn't lie in the window as a whole.
    message: Assembly,
    /// Whether that has been given out, and is to be forgotten.
    lent: bool,
}

impl Session {
    /// On a new link, as after a handshake that left nothing in it.
    #[must_use]
    pub fn new(role: Role, config: Config) -> Self {
        Self::with_link(Link::new(), role, config)
    }

    /// On the link that a handshake leaves: early frames are in it, and the reply that switches protocols.
    #[must_use]
    pub fn with_link(link: Link, role: Role, config: Config) -> Self {
        Self::negotiated(link, role, config, &Negotiated::default())
    }

    /// The same with what the handshake agreed on: compression, and the reserved bits of the application's extensions.
    #[must_use]
    pub fn negotiated(mut link: Link, role: Role, mut config: Config, negotiated: &Negotiated) -> Self {
        link.rx.set_limit(WINDOW);
        config.reserved = config.reserved.with(negotiated.reserved);
        let codec = negotiated.deflate.and_then(|params| compression::agreed(&role, params, &config));
        let (inflation, deflation) = codec.map(|(a, b)| (Box::new(a), Box::new(b))).unzip();
        let keys = match role {
            Role::Server => None,
            Role::Client { seed } => Some(Box::new(Keys::new(seed))),
        };
        Self {
            link,
            config,
            read: Read::default(),
            out: Outgoing::new(keys, deflation),
            timers: Timers::new(),
            inflation,
            message: Assembly::default(),
            lent: false,
        }
    }

    /// The limits.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether nothing more can be sent: one of both has closed, or the connection has failed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.out.is_closed()
    }

    /// Whether nothing more will be heard: the peer has closed, or the connection has failed. A stream that breaks then
    /// does no harm.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.read, Read::Closing | Read::Done)
    }

    /// Whether a part of a message was taken in, and its rest is still to come. What comes then may be large:
    /// [`next`](Machine::next) gives it without a copy.
    #[must_use]
    pub fn is_within_message(&self) -> bool {
        matches!(self.read, Read::Fragment(_) | Read::Payload(..))
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
    pub fn next_ref(&mut self, now: Instant) -> Result<Next<Event<&str, &[u8]>>, Error> {
        Ok(self.exchange(now)?.map(|(event, _)| event))
    }

    /// As [`next_ref`](Self::next_ref), with the sending side beside it: what is lent can be answered at once.
    ///
    /// ```
    /// # use barewire::websocket::{Config, Event, Role, Session};
    /// # use barewire::{Instant, Machine, Next};
    /// # fn echo(session: &mut Session, now: Instant) -> Result<Next<()>, Box<dyn std::error::Error>> {
    /// loop {
    ///     match session.exchange(now)? {
    ///         Next::Event((message @ (Event::Text(_) | Event::Binary(_)), mut peer)) => peer.send_ref(message)?,
    ///         Next::Event(_) => {}
    ///         need => return Ok(need.map(drop)),
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`next`](Machine::next).
    #[inline]
    pub fn exchange(&mut self, now: Instant) -> Result<Next<Exchange<'_>>, Error> {
        let Some(whole) = self.whole_message(now) else {
            return self.exchange_slowly(now);
        };
        let Self { link: Link { rx, tx }, config, out, .. } = self;
        let event = match whole.take(rx) {
            (Kind::Binary, bytes) => Event::Binary(bytes),
            (Kind::Text, bytes) => match from_utf8(bytes) {
                Ok(text) => Event::Text(text),
                Err(_) => return Err(fail(Error::Utf8, tx, out, &mut self.read, &mut self.timers)),
            },
        };
        Ok(Next::Event((event, Sender { tx, out, config })))
    }

    #[inline(never)]
    fn exchange_slowly(&mut self, now: Instant) -> Result<Next<Exchange<'_>>, Error> {
        let event = match self.step(now)?.event() {
            Ok(event) => event,
            Err(need) => return Ok(need),
        };
        let Self { link: Link { rx, tx }, config, out, message, .. } = self;
        let lent = event.materialise(
            |span| match span {
                Span::Window(n) => rx.take_ref(n),
                Span::Collected => message.lend(),
            },
            from_utf8,
        );
        match lent {
            Ok(event) => Ok(Next::Event((event, Sender { tx, out, config }))),
            Err(_) => Err(fail(Error::Utf8, tx, out, &mut self.read, &mut self.timers)),
        }
    }

    #[inline(never)]
    fn next_slowly(&mut self, now: Instant) -> Result<Next<Event>, Error> {
        let event = match self.step(now)?.event() {
            Ok(event) => event,
            Err(need) => return Ok(need),
        };
        let taken = event.materialise(
            |span| match span {
                Span::Window(n) => self.link.rx.take(n),
                Span::Collected => self.message.take(),
            },
            ByteString::try_from,
        );
        taken.map(Next::Event).map_err(|_| self.fail(Error::Utf8))
    }

    #[inline]
    fn sender(&mut self) -> Sender<'_> {
        Sender { tx: &mut self.link.tx, out: &mut self.out, config: &self.config }
    }
}

/// Commands, as they are documented at [`Sender`].
impl Session {
    /// Queues whatever an event can be: a message, a piece of one, a ping, a Close. A large payload is not copied.
    ///
    /// # Errors
    ///
    /// As for [`Sender::send`].
    #[inline]
    pub fn send(&mut self, event: impl Into<Event>) -> Result<(), Misuse> {
        self.sender().send(event)
    }

    /// The same for a message, and not compressed even where that was agreed on.
    ///
    /// # Errors
    ///
    /// As for [`Sender::send`].
    pub fn send_plain(&mut self, event: impl Into<Event>) -> Result<(), Misuse> {
        self.sender().send_plain(event)
    }

    /// As [`send`](Self::send), with what is lent: it is copied.
    ///
    /// # Errors
    ///
    /// As for [`Sender::send`].
    #[inline]
    pub fn send_ref(&mut self, event: Event<&str, &[u8]>) -> Result<(), Misuse> {
        self.sender().send_ref(event)
    }

    /// Begins a message whose length is not known yet; [`data`](Self::data) and [`end`](Self::end) follow.
    ///
    /// # Errors
    ///
    /// As for [`Sender::start`].
    pub fn start(&mut self, kind: Kind) -> Result<(), Misuse> {
        self.sender().start(kind)
    }

    /// The same, and not compressed even where that was agreed on.
    ///
    /// # Errors
    ///
    /// As for [`Sender::start`].
    pub fn start_plain(&mut self, kind: Kind) -> Result<(), Misuse> {
        self.sender().start_plain(kind)
    }

    /// Queues more of the message that was begun, as one fragment.
    ///
    /// # Errors
    ///
    /// As for [`Sender::data`].
    pub fn data(&mut self, bytes: impl Into<Bytes>) -> Result<(), Misuse> {
        self.sender().data(bytes)
    }

    /// Ends the message that was begun.
    ///
    /// # Errors
    ///
    /// As for [`Sender::end`].
    pub fn end(&mut self) -> Result<(), Misuse> {
        self.sender().end()
    }

    /// Queues a ping of up to 125 bytes; the answer is an [`Event::Pong`] with the same.
    ///
    /// # Errors
    ///
    /// As for [`Sender::ping`].
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Misuse> {
        self.sender().ping(payload)
    }

    /// Says goodbye: nothing else can be sent after it.
    ///
    /// # Errors
    ///
    /// As for [`Sender::close`].
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Misuse> {
        self.sender().close(code, reason)
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
        let Some(whole) = self.whole_message(now) else {
            return self.next_slowly(now);
        };
        Ok(Next::Event(match whole.take(&mut self.link.rx) {
            (Kind::Binary, bytes) => Event::Binary(Bytes::copy_from_slice(bytes)),
            (Kind::Text, bytes) => match from_utf8(bytes) {
                Ok(text) => Event::Text(text.into()),
                Err(_) => return Err(self.fail(Error::Utf8)),
            },
        }))
    }

    /// A message that lies in the window as a whole.
    #[inline]
    fn is_ready(&self) -> bool {
        self.find_whole().is_some()
    }

    fn deadline(&self) -> Option<Instant> {
        self.timers.deadline()
    }

    /// Times what was said: the peer's answer to a Close, and that it takes what is queued, even if nobody asks for
    /// events.
    fn settle(&mut self, now: Instant) {
        if !matches!(self.read, Read::Done) {
            self.timers.said(self.out.is_closed(), now, &self.link.tx, &self.config);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    /// A driver that only drains calls `settle`: what was sent is timed nevertheless.
    #[test]
    fn what_is_said_is_timed_without_a_look_for_events() {
        let config = Config::builder().ping(None).stall(Some(Duration::from_secs(9))).build().unwrap();
        let now = Instant::ORIGIN;
        let mut session = Session::new(Role::Server, config);
        session.settle(now);
        assert_eq!(session.deadline(), None);
        session.send("hello").unwrap();
        session.settle(now);
        assert_eq!(session.deadline(), Some(now + Duration::from_secs(9)));
        session.close(CloseCode::NORMAL, "").unwrap();
        session.settle(now);
        assert_eq!(session.deadline(), Some(now + Duration::from_secs(5)));
        session.settle(now + Duration::from_secs(4));
        assert_eq!(session.deadline(), Some(now + Duration::from_secs(5)));
        let len = session.link().tx.len();
        session.link().tx.advance(len);
        assert_eq!(session.next(now + Duration::from_secs(5)), Err(Error::CloseTimeout));
        session.settle(now + Duration::from_secs(6));
        assert_eq!(session.deadline(), None);
    }

    #[test]
    fn what_is_ready_is_said_whatever_the_time() {
        let mut session = Session::new(Role::Client { seed: [7; 32] }, Config::default());
        assert!(!session.is_ready());
        session.link().rx.receive(b"\x82\x01a\x82\x01b\x82\x02c".to_vec(), 0);
        for byte in [b"a", b"b"] {
            assert!(session.is_ready());
            let before = session.deadline();
            assert_eq!(session.next(Instant::ORIGIN), Ok(Next::Event(Event::Binary(Bytes::from_static(byte)))));
            assert_eq!(session.deadline(), before);
        }
        assert!(!session.is_ready(), "there is only a part of the third");
        session.close(CloseCode::NORMAL, "").unwrap();
        session.link().rx.close();
        assert!(session.next(Instant::ORIGIN).is_err());
        assert!(!session.is_ready());
    }

    #[test]
    fn a_message_of_which_a_part_has_come() {
        let mut session = Session::new(Role::Client { seed: [7; 32] }, Config::default());
        session.link().rx.receive(b"\x02\x01a\x89\x00".to_vec(), 0);
        assert!(!session.is_within_message());
        assert!(matches!(session.next(Instant::ORIGIN), Ok(Next::Event(Event::Ping(_)))));
        assert!(session.is_within_message());
        session.link().rx.receive(b"\x80\x01b".to_vec(), 0);
        assert_eq!(session.next(Instant::ORIGIN), Ok(Next::Event(Event::Binary(Bytes::from_static(b"ab")))));
        assert!(!session.is_within_message());
    }
}
