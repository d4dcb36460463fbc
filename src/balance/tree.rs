//! Weights with running sums (a Fenwick tree): which slot a point falls on, in O(log n).

use alloc::vec::Vec;

/// Slots laid end to end, each as long as its weight.
#[derive(Debug, Default)]
pub(super) struct Tree {
    weights: Vec<u64>,
    /// `sums[i]` is the sum of the `lowbit(i + 1)` weights that end at `i`. Its length is a power of two.
    sums: Vec<u64>,
    total: u64,
}

impl Tree {
    /// Makes room for slots below `slots`.
    pub(super) fn resize(&mut self, slots: usize) {
        if slots <= self.weights.len() {
            return;
        }
        self.weights.resize(slots, 0);
        self.sums.clear();
        self.sums.resize(slots.next_power_of_two(), 0);
        for slot in 0..self.weights.len() {
            self.add(slot, self.weights[slot]);
        }
    }

    pub(super) fn weight(&self, slot: u32) -> u64 {
        self.weights[slot as usize]
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn set(&mut self, slot: u32, weight: u64) {
        let slot = slot as usize;
        let change = weight.wrapping_sub(self.weights[slot]);
        if change != 0 {
            self.weights[slot] = weight;
            self.total = self.total.wrapping_add(change);
            self.add(slot, change);
        }
    }

    /// Where `slot` begins.
    pub(super) fn start(&self, slot: u32) -> u64 {
        let mut sum = 0;
        let mut at = slot as usize;
        while at > 0 {
            sum += self.sums[at - 1];
            at &= at - 1;
        }
        sum
    }

    /// The slot that `point`, which must be below [`total`](Self::total), falls on.
    #[allow(clippy::cast_possible_truncation, reason = "slots are counted in u32")]
    pub(super) fn find(&self, mut point: u64) -> u32 {
        let mut at = 0;
        let mut step = self.sums.len();
        while step > 0 {
            if let Some(sum) = self.sums.get(at + step - 1) {
                if *sum <= point {
                    point -= sum;
                    at += step;
                }
            }
            step /= 2;
        }
        at as u32
    }

    /// Modulo 2^64, so that a weight can also be taken away.
    fn add(&mut self, slot: usize, change: u64) {
        let mut at = slot + 1;
        while at <= self.sums.len() {
            self.sums[at - 1] = self.sums[at - 1].wrapping_add(change);
            at += at & at.wrapping_neg();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;
    use crate::balance::chance::Chance;
    use alloc::vec;

    #[test]
    fn each_point_falls_on_its_slot() {
        for slots in 1..20 {
            let mut chance = Chance::new(slots);
            let mut tree = Tree::default();
            let mut model = vec![];
            for _ in 0..slots {
                model.push(0);
                tree.resize(model.len());
                for _ in 0..3 {
                    let slot = chance.below(model.len() as u64);
                    let weight = chance.below(4);
                    model[usize::try_from(slot).unwrap()] = weight;
                    tree.set(u32::try_from(slot).unwrap(), weight);
                }
                let mut point = 0;
                for (slot, weight) in (0..).zip(&model) {
                    assert_eq!((tree.start(slot), tree.weight(slot)), (point, *weight));
                    for _ in 0..*weight {
                        assert_eq!(tree.find(point), slot);
                        point += 1;
                    }
                }
                assert_eq!(tree.total(), point);
            }
        }
    }
}
