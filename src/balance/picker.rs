//! The policies: which of the backends that are open takes the next connection.
//!
//! It knows nothing of health and limits: it is told which slots are open, with what weight.

use super::MAX_ATTEMPTS;
use super::chance::{Chance, GOLDEN, mix, scale};
use super::config::Policy;
use super::heap::Heap;
use super::latency::Latency;
use super::maglev::Table;
use super::tree::Tree;
use crate::Instant;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::time::Duration;

/// The steps of a slow start: a backend that is warm weighs this many times its configured weight.
pub(super) const WARM: u32 = 32;

/// How often a hash policy looks for another place for a client before it takes any backend that is open.
const LOOKS: u64 = 32;

/// The round robin's time between two turns of a backend that weighs 1.
const ROUND: u64 = 1 << 63;

/// What the policies need to know of a backend, and nothing else, so that a pick touches little memory.
#[derive(Clone, Debug, Default)]
struct Seat {
    /// Connections, those being made included.
    load: u32,
    /// Of [`WARM`], how warm it is.
    warmth: u32,
    latency: Latency,
    /// When it is its turn again, in the round robin's own time.
    due: u128,
    /// When it was last picked, counted in picks.
    turn: u64,
    /// Whether `due` was ever set.
    seated: bool,
}

#[derive(Debug)]
pub(super) struct Picker {
    policy: Policy,
    seats: Vec<Seat>,
    chance: Chance,
    /// The weights of those that are open, as warm as they are.
    open: Tree,
    /// The same slots by round robin's or least connections' order, where the policy has one.
    order: Heap<u128>,
    /// The weights of all that are configured, open or not: so that who is down keeps its clients.
    all: Tree,
    table: Table,
    /// The load of all seats.
    load: u64,
    /// Round robin's time: when the last turn was due.
    time: u128,
    /// Picks so far.
    turns: u64,
}

impl Picker {
    pub(super) fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            seats: Vec::new(),
            chance: Chance::new(seed),
            open: Tree::default(),
            order: Heap::default(),
            all: Tree::default(),
            table: Table::default(),
            load: 0,
            time: 0,
            turns: 0,
        }
    }

    pub(super) fn resize(&mut self, slots: usize) {
        self.seats.resize_with(slots, Seat::default);
        self.open.resize(slots);
        self.all.resize(slots);
        self.order.resize(slots);
    }

    /// Says which backends there are: slot, key and weight of each that may be picked at all.
    pub(super) fn configure(&mut self, policy: Policy, backends: impl Iterator<Item = (u16, u64, u16)> + Clone) {
        self.policy = policy;
        for slot in 0..self.count() {
            self.all.set(slot, 0);
        }
        for (slot, _, weight) in backends.clone() {
            self.all.set(u32::from(slot), u64::from(weight));
        }
        self.table = Table::default();
        if let Policy::Maglev { places, .. } = policy {
            self.table.build(places, backends.map(|(slot, key, weight)| (slot, key, u32::from(weight))));
        }
        self.order.clear();
        for slot in 0..self.count() {
            if let Some(key) = self.key(slot, self.open.weight(slot)) {
                self.order.set(slot, key);
            }
        }
    }

    /// A new backend takes this slot.
    pub(super) fn seat(&mut self, slot: u32) {
        self.seats[slot as usize] = Seat::default();
    }

    /// Opens a slot with a weight and a warmth of [`WARM`]; or closes it, if the weight is 0.
    pub(super) fn set(&mut self, slot: u32, weight: u16, warmth: u32) {
        let (old, new) = (self.open.weight(slot), u64::from(weight) * u64::from(warmth));
        let seat = &mut self.seats[slot as usize];
        seat.warmth = warmth;
        if old == new {
            return;
        }
        self.open.set(slot, new);
        if new == 0 {
            self.order.remove(slot);
            return;
        }
        if !seat.seated {
            // The first turns of equals are spread over one round, whatever their number.
            let phase = scale(u64::from(slot).wrapping_mul(GOLDEN), ROUND / new);
            (seat.due, seat.seated) = (self.time + u128::from(phase), true);
        } else if old == 0 {
            // What it missed is not made up for: it would all come at once.
            seat.due = seat.due.max(self.time);
        } else {
            let wait = seat.due.saturating_sub(self.time);
            seat.due = self.time + wait / u128::from(new) * u128::from(old);
        }
        if let Some(key) = self.key(slot, new) {
            self.order.set(slot, key);
        }
    }

    pub(super) fn is_any_open(&self) -> bool {
        self.open.total() > 0
    }

    /// One more connection there.
    pub(super) fn enter(&mut self, slot: u32) {
        self.load += 1;
        self.seats[slot as usize].load += 1;
        self.reorder(slot);
    }

    /// One less.
    pub(super) fn leave(&mut self, slot: u32) {
        self.load -= 1;
        self.seats[slot as usize].load -= 1;
        self.reorder(slot);
    }

    pub(super) fn load(&self, slot: u32) -> u32 {
        self.seats[slot as usize].load
    }

    pub(super) fn latency(&mut self, slot: u32) -> &mut Latency {
        &mut self.seats[slot as usize].latency
    }

    pub(super) fn known_latency(&self, slot: u32, half_life: Duration, now: Instant) -> Option<u64> {
        self.seats[slot as usize].latency.at(now, half_life)
    }

    /// Chooses for a client of `key`, none of the slots `tried`. The caller lets it [`enter`](Self::enter) at once.
    pub(super) fn pick(&mut self, key: u64, tried: &[u16], now: Instant) -> Option<u32> {
        let mut aside = [0; MAX_ATTEMPTS as usize];
        for (slot, weight) in tried.iter().zip(&mut aside) {
            *weight = self.open.weight(u32::from(*slot));
            self.open.set(u32::from(*slot), 0);
            self.order.remove(u32::from(*slot));
        }
        let picked = if self.is_any_open() { self.choose(key, now) } else { None };
        for (slot, weight) in tried.iter().zip(aside) {
            self.open.set(u32::from(*slot), weight);
            if let Some(key) = self.key(u32::from(*slot), weight) {
                self.order.set(u32::from(*slot), key);
            }
        }
        let slot = picked?;
        self.turns += 1;
        let weight = self.open.weight(slot).max(1);
        let seat = &mut self.seats[slot as usize];
        seat.turn = self.turns;
        if self.policy == Policy::RoundRobin {
            self.time = self.time.max(seat.due);
            seat.due = self.time + u128::from(ROUND / weight);
        }
        Some(slot)
    }

    fn choose(&mut self, key: u64, now: Instant) -> Option<u32> {
        match self.policy {
            Policy::RoundRobin | Policy::LeastConnections => self.order.peek().map(|(_, slot)| slot),
            Policy::TwoChoices => Some(self.two_choices(|a, b| a.by_load(b))),
            Policy::LeastLatency { half_life } => Some(self.two_choices(|a, b| a.by_latency(b, half_life, now))),
            Policy::SourceHash => Some(self.hashed(key, u64::MAX, |picker, hash| {
                let all = picker.all.total();
                (all > 0).then(|| picker.all.find(scale(hash, all)))
            })),
            Policy::Maglev { bound, .. } => {
                let bound = bound.map_or(u64::MAX, u64::from);
                Some(self.hashed(key, bound, |picker, hash| picker.table.find(hash)))
            }
        }
    }

    /// Two by chance, each as likely as its weight says, and the better of them.
    fn two_choices(&mut self, compare: impl Fn(&Candidate<'_>, &Candidate<'_>) -> Ordering) -> u32 {
        let first = self.open.find(self.chance.below(self.open.total()));
        let weight = self.open.weight(first);
        let others = self.open.total() - weight;
        if others == 0 {
            return first;
        }
        let mut point = self.chance.below(others);
        if point >= self.open.start(first) {
            point += weight;
        }
        let second = self.open.find(point);
        match compare(&self.candidate(first), &self.candidate(second)) {
            Ordering::Greater => second,
            Ordering::Less | Ordering::Equal => first,
        }
    }

    fn candidate(&self, slot: u32) -> Candidate<'_> {
        Candidate { weight: u128::from(self.open.weight(slot)), seat: &self.seats[slot as usize] }
    }

    /// The backend of a client's key; while that is closed, too loaded or too cold, another of the client's own
    /// sequence. So only the clients of a backend that goes away move, each to a place of its own, and they return.
    fn hashed(&self, key: u64, bound: u64, find: impl Fn(&Self, u64) -> Option<u32>) -> u32 {
        let mut hash = mix(key ^ GOLDEN);
        for _ in 0..LOOKS {
            if let Some(slot) = find(self, hash) {
                if self.accepts(slot, hash, bound) {
                    return slot;
                }
            }
            hash = mix(hash.wrapping_add(GOLDEN));
        }
        self.open.find(scale(hash, self.open.total()))
    }

    fn accepts(&self, slot: u32, hash: u64, bound: u64) -> bool {
        let weight = self.open.weight(slot);
        let seat = &self.seats[slot as usize];
        let is_warm = scale(mix(hash), u64::from(WARM)) < u64::from(seat.warmth);
        // Consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, 2016): a backend holds at most
        // ⌈c · average⌉, counted with the new one and by weight.
        let fits = || {
            let most = u128::from(self.load + 1) * u128::from(weight) * u128::from(bound);
            u128::from(seat.load) * u128::from(self.open.total()) * 100 < most
        };
        weight > 0 && is_warm && (bound == u64::MAX || fits())
    }

    fn reorder(&mut self, slot: u32) {
        if let Some(key) = self.key(slot, self.open.weight(slot)) {
            if self.order.get(slot) != Some(key) {
                self.order.set(slot, key);
            }
        }
    }

    /// Where `slot` is in the policy's order, `None` if it is closed or the policy has none.
    fn key(&self, slot: u32, weight: u64) -> Option<u128> {
        let seat = &self.seats[slot as usize];
        if weight == 0 {
            return None;
        }
        match self.policy {
            Policy::RoundRobin => Some(seat.due),
            Policy::LeastConnections => {
                let share = ((u64::from(seat.load) + 1) << 31) / weight;
                Some(u128::from(share) << 64 | u128::from(seat.turn))
            }
            _ => None,
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.seats.len()).unwrap_or(u32::MAX)
    }
}

/// One of two choices.
struct Candidate<'a> {
    weight: u128,
    seat: &'a Seat,
}

impl Candidate<'_> {
    fn by_load(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (u128::from(self.seat.load), u128::from(other.seat.load));
        (ours * other.weight).cmp(&(theirs * self.weight))
    }

    /// By the time that a client would wait, `latency · (1 + load / weight)`. Who has not been measured yet is judged by
    /// its load: as the fastest of all it would get everything.
    fn by_latency(&self, other: &Self, half_life: Duration, now: Instant) -> Ordering {
        let (Some(ours), Some(theirs)) = (self.seat.latency.at(now, half_life), other.seat.latency.at(now, half_life))
        else {
            return self.by_load(other);
        };
        self.cost(ours).cmp(&other.cost(theirs))
    }

    fn cost(&self, latency: u64) -> u128 {
        let load = u128::from(self.seat.load) * u128::from(WARM);
        u128::from(latency).saturating_mul(load + self.weight) / self.weight
    }
}
