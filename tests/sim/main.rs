//! Two ends and the wire between them: a seed decides what is said, how the wire splits, merges and delays it, whether
//! one side closes early, and whether the wire is cut. A model of what was said is held against what was heard. Time is
//! virtual: when nothing moves, it jumps to whatever is due next.
//!
//! `SIM_SEED=7 cargo test --test sim` runs one seed, `SIM_SEEDS=100000` as many of them.

#![allow(unreachable_pub, clippy::unwrap_used, reason = "a test fails by panicking")]

mod http1;
mod idle;
mod link;
mod message;
mod websocket;

use barewire::{Instant, Machine};
use core::time::Duration;
use link::{Chance, Wire};
use std::panic::{catch_unwind, resume_unwind};

/// One end: a machine, what its application does, and what it was told.
trait End {
    type Machine: Machine;

    fn machine(&mut self) -> &mut Self::Machine;

    /// Says something perhaps, then hears what there is. Whether anything happened.
    fn act(&mut self, now: Instant, chance: &mut Chance) -> bool;

    /// Nothing will happen any more.
    fn is_over(&self) -> bool;
}

/// More than any exchange here needs, so that what never ends fails instead of hanging.
const STEPS: usize = 1_000_000;

/// After so many steps without a move it isn't chance that nothing moves.
const QUIET: usize = 25;

/// Runs two ends to the end. Whether the wire was cut on the way.
fn run(a: &mut impl End, b: &mut impl End, chance: &mut Chance) -> bool {
    let (mut there, mut back) = (Wire::new(chance), Wire::new(chance));
    let mut now = Instant::from_nanos(1);
    let cut_at = if chance.one_in(4) { chance.below(400) } else { usize::MAX };
    let (mut cut, mut quiet) = (false, 0);
    for step in 0..STEPS {
        if step == cut_at && !(a.is_over() && b.is_over()) {
            there.cut();
            back.cut();
            cut = true;
        }
        let mut moved = a.act(now, chance) | b.act(now, chance);
        moved |= there.take(a.machine().link(), now, chance) | back.take(b.machine().link(), now, chance);
        moved |= there.deliver(&mut b.machine().link().rx, now, chance);
        moved |= back.deliver(&mut a.machine().link().rx, now, chance);
        if a.is_over() && b.is_over() && !moved {
            return cut;
        }
        quiet = if moved { 0 } else { quiet + 1 };
        if quiet == QUIET {
            quiet = 0;
            let due = [there.next(), back.next(), a.machine().deadline(), b.machine().deadline()];
            let next = due.into_iter().flatten().filter(|due| *due > now).min();
            now = next.unwrap_or(now + Duration::from_millis(1));
        }
    }
    panic!("{STEPS} steps, and no end");
}

/// Runs a scenario with many seeds, and says which of them failed.
fn seeds(name: &str, scenario: fn(&mut Chance)) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let first = number("SIM_SEED");
    let count = number("SIM_SEEDS").unwrap_or(if first.is_some() { 1 } else { 700 });
    let first = first.unwrap_or(0);
    for seed in first..first + count {
        if let Err(panic) = catch_unwind(|| scenario(&mut Chance::new(seed))) {
            eprintln!("again: SIM_SEED={seed} cargo test --test sim {name}");
            resume_unwind(panic);
        }
    }
}
