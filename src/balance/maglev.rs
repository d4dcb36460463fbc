//! Maglev's lookup table (Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016,
//! §3.4), with weights.
//!
//! Each backend's preferences are places drawn from its key, where the paper has multiples of a skip: among few backends
//! two skips can be multiples of each other, and then 2 % of all clients move without need.

use super::chance::{GOLDEN, mix, scale};
use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;

const EMPTY: u16 = u16::MAX;

/// Which backend each of many places belongs to: close to its share of the weight, and hardly changed when another
/// backend comes or goes.
#[derive(Debug, Default)]
pub(super) struct Table {
    places: Vec<u16>,
}

/// How many of its preferences a backend goes through for one that is free. Then it takes the next that is: when nearly
/// all are taken, that is quicker, and hardly any are left.
const DRAWS: u32 = 1024;

/// A backend that fills its share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    /// When it is its turn: `stride`, the inverse of its weight, after the last. The first is as far off as the
    /// others', so that a backend of twice the weight has two turns for each of a backend of one.
    due: u64,
    /// Who is first among equals doesn't depend on who else there is, nor on slots.
    key: u64,
    stride: u64,
    /// Where its preferences have got to.
    preference: u64,
    slot: u16,
}

impl Turn {
    /// Its first preference that is free. At least one place is.
    fn choose(&mut self, places: &[u16]) -> usize {
        let size = places.len() as u64;
        let mut place = 0;
        for _ in 0..DRAWS {
            self.preference = self.preference.wrapping_add(GOLDEN);
            place = index(scale(mix(self.preference), size));
            if places[place] == EMPTY {
                return place;
            }
        }
        while places[place] != EMPTY {
            place = (place + 1) % places.len();
        }
        place
    }
}

impl Table {
    /// Fills `size` places for backends of these slots, keys and weights.
    pub(super) fn build(&mut self, size: u32, backends: impl Iterator<Item = (u16, u64, u32)>) {
        self.places.clear();
        let size = u64::from(size);
        let mut turns: BinaryHeap<_> = backends
            .filter(|(_, _, weight)| *weight > 0)
            .map(|(slot, key, weight)| {
                let stride = (1 << 40) / u64::from(weight);
                Reverse(Turn { due: stride, key, stride, preference: mix(key), slot })
            })
            .collect();
        if turns.is_empty() {
            return;
        }
        self.places.resize(usize::try_from(size).unwrap_or(usize::MAX), EMPTY);
        for _ in 0..size {
            let Some(mut first) = turns.peek_mut() else { return };
            let turn = &mut first.0;
            let place = turn.choose(&self.places);
            self.places[place] = turn.slot;
            turn.due += turn.stride;
        }
    }

    /// The backend of `hash`, `None` if there is none at all.
    pub(super) fn find(&self, hash: u64) -> Option<u32> {
        self.places.get(index(scale(hash, self.places.len() as u64))).map(|slot| u32::from(*slot))
    }
}

#[allow(clippy::cast_possible_truncation, reason = "places are counted in u32")]
fn index(place: u64) -> usize {
    place as usize
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::balance::chance::mix;
    use alloc::vec::Vec;

    fn table(backends: &[(u16, u32)]) -> Table {
        let mut table = Table::default();
        table.build(65_537, backends.iter().map(|(slot, weight)| (*slot, mix(u64::from(*slot)), *weight)));
        table
    }

    fn count(table: &Table, slot: u16) -> f64 {
        table.places.iter().filter(|it| **it == slot).count() as f64
    }

    #[test]
    fn each_gets_its_share() {
        let weights: Vec<(u16, u32)> = (0..50).map(|slot| (slot, u32::from(slot % 5))).collect();
        let total: u32 = weights.iter().map(|(_, weight)| weight).sum();
        let table = table(&weights);
        for (slot, weight) in weights {
            let share = 65_537.0 * f64::from(weight) / f64::from(total);
            assert!((count(&table, slot) - share).abs() <= 2.0, "{slot}: {} of {share}", count(&table, slot));
        }
    }

    #[test]
    fn who_leaves_takes_little_with_it() {
        for n in [2, 3, 5, 10, 30, 100, 300] {
            let all: Vec<(u16, u32)> = (0..n).map(|slot| (slot, 7)).collect();
            let before = table(&all);
            for gone in [0, n / 2, n - 1] {
                let rest: Vec<_> = all.iter().copied().filter(|(slot, _)| *slot != gone).collect();
                let after = table(&rest);
                let moved = before.places.iter().zip(&after.places).filter(|(old, new)| old != new).count() as f64;
                let share = moved / 65_537.0;
                assert!(share <= 1.0 / f64::from(n) + 0.01, "{share} moved when one of {n} left");
            }
        }
    }

    #[test]
    fn nobody_to_choose() {
        assert_eq!(table(&[]).find(3), None);
        assert_eq!(table(&[(1, 0)]).find(3), None);
        assert_eq!(table(&[(1, 0), (2, 65_535)]).find(u64::MAX), Some(2));
    }
}
