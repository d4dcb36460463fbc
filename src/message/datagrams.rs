use super::wire::{self, HEADER_LEN, Header};
use super::{Config, Error, Message};
use crate::{Instant, Misuse, Transmit};
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use bytes::Bytes;

/// How many events and how many datagrams to send are held before more are dropped.
const QUEUE: usize = 256;

/// How many events may be held for a rejected datagram to be one more: garbage must not push out messages.
const QUEUE_REJECTED: usize = QUEUE / 2;

/// What a peer did with a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatagramEvent<A> {
    /// It sent a message.
    Message {
        /// From whom.
        from: A,
        /// The message.
        message: Message,
    },
    /// It sent something else. Nobody else is concerned.
    Rejected {
        /// From whom, if it can be believed.
        from: A,
        /// What is wrong with it.
        error: Error,
    },
}

/// Messages over datagrams: one in each, which it fills exactly.
///
/// What comes out of order, twice or not at all is the application's concern. Up to 256 events wait for
/// [`next`](crate::Datagrams::next), up to 256 datagrams for [`transmit`](crate::Datagrams::transmit); what comes to a
/// full queue is dropped, as the network does.
///
/// ```
/// use barewire::message::{Config, DatagramEvent, Datagrams};
/// use barewire::{Datagrams as _, Instant};
///
/// let (alice, bob) = (1, 2); // addresses: any type
/// let mut machine = Datagrams::new(Config::default());
/// machine.send(bob, 7, "hello")?;
///
/// let sent = machine.transmit().unwrap();
/// machine.receive(alice, &sent.payload, Instant::ORIGIN);
/// let Some(DatagramEvent::Message { from, message }) = machine.next(Instant::ORIGIN) else { panic!() };
/// assert_eq!((from, message.header.kind), (alice, 7));
/// # Ok::<(), barewire::Misuse>(())
/// ```
#[derive(Debug)]
pub struct Datagrams<A> {
    config: Config,
    events: VecDeque<DatagramEvent<A>>,
    to_send: VecDeque<Transmit<A>>,
    dropped: u64,
}

impl<A> Datagrams<A> {
    /// With nothing queued. Of the config it uses the magic, the versions, the largest payload and the largest datagram.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, events: VecDeque::new(), to_send: VecDeque::new(), dropped: 0 }
    }

    /// Queues a message.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`] if it exceeds the config's largest payload or datagram, [`Misuse::OutOfTurn`] when the queue
    /// is full: [`transmit`](crate::Datagrams::transmit) first.
    pub fn send(&mut self, to: A, kind: u16, payload: impl AsRef<[u8]>) -> Result<(), Misuse> {
        let payload = payload.as_ref();
        let length = u32::try_from(payload.len()).map_err(|_| Misuse::TooLong)?;
        if length > self.largest() {
            return Err(Misuse::TooLong);
        }
        if self.to_send.len() == QUEUE {
            return Err(Misuse::OutOfTurn);
        }
        let header = Header { magic: self.config.magic, version: self.config.version, kind, length };
        let mut datagram = Vec::with_capacity(HEADER_LEN + payload.len());
        datagram.extend_from_slice(&header.to_bytes());
        datagram.extend_from_slice(payload);
        self.to_send.push_back(Transmit { to, payload: datagram.into() });
        Ok(())
    }

    /// How many received datagrams were dropped because nobody asked for them in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The most bytes in a payload.
    fn largest(&self) -> u32 {
        u32::try_from(self.config.datagram - HEADER_LEN).unwrap_or(u32::MAX).min(self.config.largest)
    }

    fn parse(&self, datagram: &[u8]) -> Result<Message, Error> {
        let Ok((payload, header)) = wire::header(datagram) else {
            wire::check_partial(datagram, &self.config)?;
            return Err(Error::Truncated { received: datagram.len() as u64, expected: HEADER_LEN as u64 });
        };
        wire::check(&header, &self.config)?;
        if header.length > self.largest() {
            return Err(Error::Oversize { length: header.length, limit: self.largest() });
        }
        match payload.len().checked_sub(header.length as usize) {
            Some(0) => Ok(Message { header, payload: Bytes::copy_from_slice(payload) }),
            Some(extra) => Err(Error::Trailing { extra }),
            None => Err(Error::Truncated {
                received: datagram.len() as u64,
                expected: HEADER_LEN as u64 + u64::from(header.length),
            }),
        }
    }
}

impl<A: Copy + Eq> crate::Datagrams for Datagrams<A> {
    type Address = A;
    type Event = DatagramEvent<A>;

    fn receive(&mut self, from: A, datagram: &[u8], _now: Instant) {
        if self.events.len() == QUEUE {
            self.dropped += 1;
            return;
        }
        match self.parse(datagram) {
            Ok(message) => self.events.push_back(DatagramEvent::Message { from, message }),
            Err(error) if self.events.len() < QUEUE_REJECTED => {
                self.events.push_back(DatagramEvent::Rejected { from, error });
            }
            Err(_) => self.dropped += 1,
        }
    }

    fn next(&mut self, _now: Instant) -> Option<DatagramEvent<A>> {
        self.events.pop_front()
    }

    fn transmit(&mut self) -> Option<Transmit<A>> {
        self.to_send.pop_front()
    }
}
