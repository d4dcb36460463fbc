//! A binary heap that knows where each slot is, so that any key can change in O(log n).

use alloc::vec::Vec;

const ABSENT: u32 = u32::MAX;

/// Slots by their keys, the least first; among equals the lower slot. Nothing is allocated but by
/// [`resize`](Self::resize).
#[derive(Debug)]
pub(super) struct Heap<K> {
    heap: Vec<(K, u32)>,
    /// Where in `heap` each slot is.
    place: Vec<u32>,
}

impl<K> Default for Heap<K> {
    fn default() -> Self {
        Self { heap: Vec::new(), place: Vec::new() }
    }
}

impl<K: Copy + Ord> Heap<K> {
    /// Makes room for slots below `slots`.
    pub(super) fn resize(&mut self, slots: usize) {
        self.heap.reserve(slots.saturating_sub(self.heap.len()));
        self.place.resize(slots.max(self.place.len()), ABSENT);
    }

    /// How many slots there is room for.
    pub(super) fn slots(&self) -> usize {
        self.place.len()
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
        self.place.fill(ABSENT);
    }

    /// The least key and its slot.
    pub(super) fn peek(&self) -> Option<(K, u32)> {
        self.heap.first().copied()
    }

    pub(super) fn get(&self, slot: u32) -> Option<K> {
        match self.place[slot as usize] {
            ABSENT => None,
            place => Some(self.heap[place as usize].0),
        }
    }

    /// Puts `slot` in, or changes its key.
    pub(super) fn set(&mut self, slot: u32, key: K) {
        let mut place = self.place[slot as usize] as usize;
        if place == ABSENT as usize {
            place = self.heap.len();
            self.heap.push((key, slot));
        }
        self.heap[place] = (key, slot);
        self.settle(place);
    }

    pub(super) fn remove(&mut self, slot: u32) {
        let place = self.place[slot as usize];
        if place == ABSENT {
            return;
        }
        self.place[slot as usize] = ABSENT;
        self.heap.swap_remove(place as usize);
        if (place as usize) < self.heap.len() {
            self.settle(place as usize);
        }
    }

    /// Moves what is at `place` to where its key belongs.
    fn settle(&mut self, place: usize) {
        let place = self.up(place);
        self.down(place);
    }

    fn up(&mut self, mut place: usize) -> usize {
        let item = self.heap[place];
        while place > 0 {
            let parent = (place - 1) / 2;
            if self.heap[parent] <= item {
                break;
            }
            self.put(place, self.heap[parent]);
            place = parent;
        }
        self.put(place, item);
        place
    }

    fn down(&mut self, mut place: usize) {
        let item = self.heap[place];
        loop {
            let mut child = 2 * place + 1;
            if child >= self.heap.len() {
                break;
            }
            if self.heap.get(child + 1).is_some_and(|right| *right < self.heap[child]) {
                child += 1;
            }
            if item <= self.heap[child] {
                break;
            }
            self.put(place, self.heap[child]);
            place = child;
        }
        self.put(place, item);
    }

    #[allow(clippy::cast_possible_truncation, reason = "slots are counted in u32, and each is here at most once")]
    fn put(&mut self, place: usize, item: (K, u32)) {
        self.heap[place] = item;
        self.place[item.1 as usize] = place as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::Heap;
    use crate::balance::chance::Chance;

    #[test]
    fn the_least_is_first_whatever_was_done() {
        for seed in 0..200 {
            let mut chance = Chance::new(seed);
            let mut heap = Heap::default();
            heap.resize(20);
            let mut model = [None; 20];
            for _ in 0..400 {
                let slot = chance.below(20);
                if chance.below(3) == 0 {
                    heap.remove(u32::try_from(slot).unwrap());
                    model[usize::try_from(slot).unwrap()] = None;
                } else {
                    let key = chance.below(30);
                    heap.set(u32::try_from(slot).unwrap(), key);
                    model[usize::try_from(slot).unwrap()] = Some(key);
                }
                let least = model.iter().zip(0..).filter_map(|(key, slot)| Some(((*key)?, slot))).min();
                assert_eq!(heap.peek(), least);
                for (key, slot) in model.iter().zip(0..) {
                    assert_eq!(heap.get(slot), *key);
                }
            }
        }
    }
}
