//! The one contract: what every protocol is to a driver.

use crate::{Instant, Link};
use core::error::Error;
use core::fmt;

/// A protocol as a pure state machine over a byte stream.
///
/// A machine opens no socket, reads no clock and never blocks. It is *driven* through this trait, which is the same for
/// all protocols, and *spoken to* through inherent methods in its protocol's own words (`send`, `respond`, `close`).
/// Its methods are of four kinds:
///
/// - **bytes**: through [`link`](Self::link), the driver fills `rx` and drains `tx`;
/// - **events**: [`next`](Self::next) says what happened, or who must act before anything can;
/// - **time**: [`deadline`](Self::deadline) says when to call `next` even if nothing was received;
/// - **commands**: inherent methods, which change the state and append to `tx`. One that is out of place returns
///   [`Misuse`] and changes nothing.
///
/// # The driver's loop
///
/// ```
/// use barewire::{Instant, Machine, Next};
/// use barewire::raw::{Event, Session};
///
/// # let mut input: &[u8] = b"ping";
/// # let mut output: Vec<u8> = Vec::new();
/// # let now = Instant::ORIGIN;
/// let mut machine = Session::default();
/// loop {
///     match machine.next(now).unwrap() {
///         Next::Event(Event::Data(bytes)) => machine.send(bytes).unwrap(),
///         Next::Event(Event::PeerClosed) => machine.close().unwrap(),
///         Next::NeedInput => {
///             // Write what is waiting, then read: `write(output, &mut link.tx)`, `read(input, &mut link.rx)`.
///             let link = machine.link();
/// #           let mut chunks = [&b""[..]; 8];
/// #           let n = link.tx.chunks(&mut chunks);
/// #           let out = chunks[..n].concat();
/// #           link.tx.advance(out.len());
/// #           output.extend(out);
///             let spare = link.rx.spare(8 * 1024);
///             match std::io::Read::read(&mut input, spare).unwrap() {
///                 0 => link.rx.close(),
///                 n => link.rx.commit(n),
///             }
///         }
///         Next::Done => break,
///         other => unreachable!("not from this machine, here: {other:?}"),
///     }
/// }
/// # assert_eq!(output, b"ping");
/// ```
///
/// # The eight laws
///
/// Every machine keeps them, and `barewire::laws` (feature `laws`) holds any machine to all of them.
///
/// 1. **Cut.** However the input is cut into reads, the events (adjacent data merged) and the output bytes are the
///    same.
/// 2. **Order.** Feeding, draining, commands and `next` may interleave freely. `next` again with nothing changed says
///    the same, with no effect.
/// 3. **Drain.** How the output is drained never changes it.
/// 4. **Time.** `now` never runs backwards; a deadline that is due is cleared or moved by that `next`.
/// 5. **Progress.** [`Next::NeedInput`] implies that `rx` has room and that no EOF was seen yet.
/// 6. **Fatal once.** After `Err`, [`Next::Done`] for ever, and the farewell (a 400, a Close frame, an alert) is already
///    in `tx`, with FIN behind it.
/// 7. **Bounded.** Received bytes stay under their limit, automatic replies under theirs. Nothing is reserved because
///    a peer declared a length.
/// 8. **Total.** No input panics. A command out of place returns [`Misuse`] and changes nothing.
pub trait Machine {
    /// What the peer did, in the protocol's terms. Owned; payloads are [`Bytes`](bytes::Bytes).
    type Event;
    /// How the peer broke the protocol, a limit or a deadline. Always fatal.
    type Error: Clone;

    /// The bytes, for the driver.
    fn link(&mut self) -> &mut Link;

    /// What happened next, or who must act before there can be news.
    ///
    /// `now` arms and checks the machine's timers.
    ///
    /// # Errors
    ///
    /// When the peer broke the protocol, a limit or a deadline. The farewell is in `tx`; every later call says
    /// [`Next::Done`].
    fn next(&mut self, now: Instant) -> Result<Next<Self::Event>, Self::Error>;

    /// Whether [`next`](Self::next) is certain to say an event or a fault, and to arm no timer. A driver then need not
    /// read the clock for it, which can cost more than a small event does, but may give the time of the last wake.
    /// `false` says nothing.
    fn is_ready(&self) -> bool {
        false
    }

    /// When [`next`](Self::next) must be called again even if nothing was received. It is what the last `next` left.
    fn deadline(&self) -> Option<Instant> {
        None
    }

    /// Brings what commands produced to `link().tx`, where layers lie in between. A driver calls it when it drains
    /// without having called [`next`](Self::next); a fault in a layer is kept for that.
    fn settle(&mut self, _now: Instant) {}
}

/// Who must act before there can be news.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<E> {
    /// This happened. Call again: there may be more.
    Event(E),
    /// The peer: read more. There is room, and EOF was not seen yet.
    NeedInput,
    /// The driver: automatic replies must drain before more is read.
    NeedFlush,
    /// The application: it must answer, accept or resume first.
    NeedApp,
    /// Nobody, ever again. What is in `tx` is still to be sent.
    Done,
}

impl<E> Next<E> {
    /// The event, or who must act: as the answer of whatever is built upon this machine, with events of its own.
    ///
    /// ```
    /// use barewire::Next;
    ///
    /// fn lengths(next: Next<&str>) -> Next<usize> {
    ///     match next.event() {
    ///         Ok(text) => Next::Event(text.len()),
    ///         Err(need) => need,
    ///     }
    /// }
    /// assert_eq!(lengths(Next::Event("three")), Next::Event(5));
    /// assert_eq!(lengths(Next::NeedInput), Next::NeedInput);
    /// ```
    ///
    /// # Errors
    ///
    /// Whoever must act, where there is no event.
    #[inline]
    pub fn event<F>(self) -> Result<E, Next<F>> {
        Err(match self {
            Self::Event(event) => return Ok(event),
            Self::NeedInput => Next::NeedInput,
            Self::NeedFlush => Next::NeedFlush,
            Self::NeedApp => Next::NeedApp,
            Self::Done => Next::Done,
        })
    }

    /// The same, with the event transformed.
    #[inline]
    pub fn map<F>(self, transform: impl FnOnce(E) -> F) -> Next<F> {
        match self.event() {
            Ok(event) => Next::Event(transform(event)),
            Err(need) => need,
        }
    }
}

/// A command that was out of place. Nothing changed.
///
/// It is the caller's mistake, never the peer's: a peer's mistake is the machine's [`Error`](Machine::Error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Misuse {
    /// The sending side has been ended already, or the connection is over.
    Closed,
    /// It is not the time for this command: another must come first, or the peer must speak first.
    OutOfTurn,
    /// No exchange with this id is open.
    UnknownId,
    /// More than the limit that both sides keep, or than was announced.
    TooLong,
    /// The exchange would end with less than was announced.
    TooShort,
    /// The value cannot be sent in this place.
    Invalid,
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the sending side is closed",
            Self::OutOfTurn => "this command is out of turn",
            Self::UnknownId => "no exchange with this id is open",
            Self::TooLong => "longer than the limit or the announced length",
            Self::TooShort => "shorter than the announced length",
            Self::Invalid => "this value cannot be sent here",
        })
    }
}

impl Error for Misuse {}
