//! The clients' connections: places that are taken again, and the queues that run through them.

use super::MAX_ATTEMPTS;
use super::action::{Attempt, Client, ConnectError, ConnectionId, Reject};
use super::heap::Heap;
use crate::{Instant, Misuse};
use alloc::vec::Vec;

const NONE: u32 = u32::MAX;

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Free,
    /// Waits for a place.
    Queued,
    /// An attempt is under way, or about to be told to the driver.
    Connecting {
        backend: u32,
    },
    Running {
        backend: u32,
    },
    /// About to be told to the driver.
    Rejected(Reject),
}

#[derive(Debug)]
pub(super) struct Connection {
    generation: u32,
    pub(super) state: State,
    pub(super) client: Client,
    /// When the attempt began, for its latency.
    pub(super) since: Instant,
    /// When no further attempt is made, once there was one.
    pub(super) last_chance: Option<Instant>,
    pub(super) failure: Option<ConnectError>,
    tried: [u16; MAX_ATTEMPTS as usize],
    attempts: u8,
    links: [Links; 2],
}

impl Connection {
    /// The backends whose attempts failed.
    pub(super) fn tried(&self) -> &[u16] {
        &self.tried[..usize::from(self.attempts)]
    }

    /// Notes that `backend`, too, was tried in vain. Its place may be another's before the connection is made: that
    /// one is at worst not chosen for this client.
    #[allow(clippy::cast_possible_truncation, reason = "there are at most 4,096 backends")]
    pub(super) fn failed(&mut self, backend: u32, failure: ConnectError) {
        self.failure = Some(failure);
        if let Some(place) = self.tried.get_mut(usize::from(self.attempts)) {
            *place = backend as u16;
            self.attempts += 1;
        }
    }
}

/// Neighbours in a list.
#[derive(Clone, Copy, Debug)]
struct Links {
    list: Option<List>,
    previous: u32,
    next: u32,
}

impl Default for Links {
    fn default() -> Self {
        Self { list: None, previous: NONE, next: NONE }
    }
}

/// The lists that a connection may be in: one to tell, one to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Their state is about to be told to the driver.
    News,
    /// Wait for a place after an attempt failed: they go first.
    Retry,
    /// Wait for their first place.
    Fresh,
}

impl List {
    /// Which of a connection's links this list runs through.
    fn lane(self) -> usize {
        usize::from(self != Self::News)
    }
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    first: u32,
    last: u32,
    len: u32,
}

/// All connections. Nothing is allocated for one that takes a place which was used before.
#[derive(Debug)]
pub(super) struct Connections {
    slots: Vec<Connection>,
    /// Free slots are chained through their news lane.
    free: u32,
    ends: [Ends; 3],
    timers: Heap<Instant>,
}

impl Default for Connections {
    fn default() -> Self {
        let ends = [Ends { first: NONE, last: NONE, len: 0 }; 3];
        Self { slots: Vec::new(), free: NONE, ends, timers: Heap::default() }
    }
}

impl Connections {
    pub(super) fn insert(&mut self, client: Client) -> u32 {
        if self.free != NONE {
            let slot = self.free;
            let connection = &mut self.slots[slot as usize];
            self.free = connection.links[0].next;
            connection.links[0] = Links::default();
            connection.client = client;
            return slot;
        }
        let slot = u32::try_from(self.slots.len()).unwrap_or(NONE);
        self.slots.push(Connection {
            generation: 0,
            state: State::Free,
            client,
            since: Instant::ORIGIN,
            last_chance: None,
            failure: None,
            tried: [0; MAX_ATTEMPTS as usize],
            attempts: 0,
            links: [Links::default(); 2],
        });
        if self.slots.len() > self.timers.slots() {
            self.timers.resize(self.slots.capacity());
        }
        slot
    }

    pub(super) fn remove(&mut self, slot: u32) {
        self.unlist(slot, List::News);
        self.unlist(slot, List::Fresh);
        self.timers.remove(slot);
        let connection = &mut self.slots[slot as usize];
        connection.generation = connection.generation.wrapping_add(1);
        connection.state = State::Free;
        (connection.last_chance, connection.failure, connection.attempts) = (None, None, 0);
        connection.links[0].next = self.free;
        self.free = slot;
    }

    pub(super) fn get(&mut self, slot: u32) -> &mut Connection {
        &mut self.slots[slot as usize]
    }

    pub(super) fn view(&self, slot: u32) -> &Connection {
        &self.slots[slot as usize]
    }

    pub(super) fn id(&self, slot: u32) -> ConnectionId {
        ConnectionId { slot, generation: self.slots[slot as usize].generation }
    }

    pub(super) fn attempt(&self, slot: u32) -> Attempt {
        Attempt { connection: self.id(slot), number: self.slots[slot as usize].attempts }
    }

    /// The slot of `id`, if it is not void.
    pub(super) fn find(&self, id: ConnectionId) -> Result<u32, Misuse> {
        match self.slots.get(id.slot as usize) {
            Some(connection) if connection.generation == id.generation && connection.state != State::Free => {
                Ok(id.slot)
            }
            _ => Err(Misuse::UnknownId),
        }
    }

    /// The slot and the backend of an attempt that is under way and was told.
    pub(super) fn find_attempt(&self, attempt: Attempt) -> Result<(u32, u32), Misuse> {
        let slot = self.find(attempt.connection)?;
        let connection = &self.slots[slot as usize];
        match connection.state {
            State::Connecting { backend }
                if attempt.number == connection.attempts && connection.links[0].list.is_none() =>
            {
                Ok((slot, backend))
            }
            _ => Err(Misuse::UnknownId),
        }
    }

    pub(super) fn set_timer(&mut self, slot: u32, at: Instant) {
        self.timers.set(slot, at);
    }

    pub(super) fn clear_timer(&mut self, slot: u32) {
        self.timers.remove(slot);
    }

    pub(super) fn timer_of(&self, slot: u32) -> Option<Instant> {
        self.timers.get(slot)
    }

    /// The first that is due, and whose it is.
    pub(super) fn timer(&self) -> Option<(Instant, u32)> {
        self.timers.peek()
    }
}

/// The lists.
impl Connections {
    pub(super) fn len(&self, list: List) -> u32 {
        self.ends[list as usize].len
    }

    pub(super) fn first(&self, list: List) -> Option<u32> {
        Some(self.ends[list as usize].first).filter(|slot| *slot != NONE)
    }

    /// The one behind `slot` in its list.
    pub(super) fn after(&self, slot: u32, list: List) -> Option<u32> {
        Some(self.slots[slot as usize].links[list.lane()].next).filter(|slot| *slot != NONE)
    }

    /// Puts it at the end, unless it is in a list of the same lane.
    pub(super) fn enlist(&mut self, slot: u32, list: List) {
        let lane = list.lane();
        if self.slots[slot as usize].links[lane].list.is_some() {
            return;
        }
        let last = self.ends[list as usize].last;
        self.slots[slot as usize].links[lane] = Links { list: Some(list), previous: last, next: NONE };
        let ends = &mut self.ends[list as usize];
        match last {
            NONE => ends.first = slot,
            last => self.slots[last as usize].links[lane].next = slot,
        }
        ends.last = slot;
        ends.len += 1;
    }

    /// Takes it out of the list of this lane, whichever that is.
    pub(super) fn unlist(&mut self, slot: u32, list: List) {
        let lane = list.lane();
        let links = core::mem::take(&mut self.slots[slot as usize].links[lane]);
        let Some(list) = links.list else { return };
        let ends = &mut self.ends[list as usize];
        match links.previous {
            NONE => ends.first = links.next,
            previous => self.slots[previous as usize].links[lane].next = links.next,
        }
        match links.next {
            NONE => ends.last = links.previous,
            next => self.slots[next as usize].links[lane].previous = links.previous,
        }
        ends.len -= 1;
    }
}
