//! The wire between two ends: seeded, in virtual time. It splits and merges what it carries, delays it, and may be cut.

use barewire::{Inbox, Instant, Link};
use core::time::Duration;
use std::collections::VecDeque;

/// SplitMix64: a seed says it all, on every machine.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from(mixed >> 33).unwrap() % n.max(1)
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Short ones as likely as long ones.
    pub fn length(&mut self, most: usize) -> usize {
        let most = [1, 20, 300, most][self.below(4)].min(most);
        self.below(most + 1)
    }

    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let byte = b'a' + u8::try_from(self.below(26)).unwrap();
        (0..self.length(most)).map(|at| if at % 64 == 63 { b'\n' } else { byte }).collect()
    }
}

/// What is on its way in one direction, and how many bytes that may be.
pub struct Wire {
    pieces: VecDeque<(Instant, Vec<u8>)>,
    /// When the FIN arrives.
    fin: Option<Instant>,
    capacity: usize,
    /// How long anything takes, at most, in milliseconds.
    slowness: usize,
    cut: bool,
}

impl Wire {
    pub fn new(chance: &mut Chance) -> Self {
        // None of them so slow that a machine would call it an attack.
        let speeds = [(16, 0), (200, 2), (2000, 5), (2000, 100), (70_000, 0), (70_000, 200)];
        let (capacity, slowness) = speeds[chance.below(speeds.len())];
        Self { pieces: VecDeque::new(), fin: None, capacity, slowness, cut: false }
    }

    /// What was sent and hasn't arrived is lost; both ends see their input end.
    pub fn cut(&mut self) {
        self.cut = true;
        self.pieces.clear();
    }

    /// Takes some of what waits. Says whether anything moved.
    pub fn take(&mut self, link: &mut Link, now: Instant, chance: &mut Chance) -> bool {
        let on_its_way: usize = self.pieces.iter().map(|(_, piece)| piece.len()).sum();
        let arrives = |chance: &mut Chance, wire: &Self| {
            let after = wire.pieces.back().map_or(now, |(at, _)| (*at).max(now));
            after + Duration::from_millis(chance.below(wire.slowness + 1) as u64)
        };
        if self.cut {
            let moved = !link.tx.is_empty() || link.tx.wants_fin();
            link.tx.clear();
            link.tx.fin_sent();
            return moved;
        }
        if link.tx.wants_fin() {
            link.tx.fin_sent();
            self.fin = Some(arrives(chance, self));
            return true;
        }
        let most = chance.length(100_000).min(self.capacity.saturating_sub(on_its_way));
        let mut bytes = Vec::new();
        if chance.one_in(4) && most > 0 {
            bytes.extend_from_slice(&link.tx.pop().unwrap_or_default());
        } else {
            let mut chunks = [&b""[..]; 3];
            let count = link.tx.chunks(&mut chunks);
            for chunk in &chunks[..count] {
                bytes.extend_from_slice(&chunk[..chunk.len().min(most - bytes.len())]);
            }
            link.tx.advance(bytes.len());
        }
        if bytes.is_empty() {
            return false;
        }
        // Some of them go with the piece before.
        if chance.one_in(3) {
            if let Some((_, last)) = self.pieces.back_mut() {
                last.extend(bytes);
                return true;
            }
        }
        let at = arrives(chance, self);
        self.pieces.push_back((at, bytes));
        true
    }

    /// Delivers some of what has arrived. Says whether anything moved.
    pub fn deliver(&mut self, rx: &mut Inbox, now: Instant, chance: &mut Chance) -> bool {
        if rx.is_eof() {
            return false;
        }
        if self.cut {
            rx.close();
            return true;
        }
        let Some((at, piece)) = self.pieces.front_mut() else {
            let ended = self.fin.is_some_and(|fin| fin <= now);
            if ended {
                rx.close();
            }
            return ended;
        };
        if *at > now {
            return false;
        }
        let most = if chance.one_in(2) { piece.len() } else { chance.length(piece.len()).max(1) };
        let spare = rx.spare(most);
        let n = spare.len().min(most);
        spare[..n].copy_from_slice(&piece[..n]);
        rx.commit(n);
        piece.drain(..n);
        if piece.is_empty() {
            self.pieces.pop_front();
        }
        n > 0
    }

    /// When there is something to deliver that isn't there yet.
    pub fn next(&self) -> Option<Instant> {
        self.pieces.front().map(|(at, _)| *at).or(self.fin)
    }
}
