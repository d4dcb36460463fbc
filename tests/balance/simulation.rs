//! Thousands of seeds. A broken invariant prints its seed and all that happened.

use crate::world::{Counts, World};

const SEEDS: u64 = 1500;

/// More than the test has: `BALANCE_SEED=7 BALANCE_SEEDS=1000000 cargo test --release --test balance simulation`.
fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn whatever_happens_the_invariants_hold() {
    let first = variable("BALANCE_SEED", 0);
    let mut sum = Counts::default();
    for seed in first..first + variable("BALANCE_SEEDS", SEEDS) {
        match World::new(seed, false).run() {
            Ok(counts) => {
                sum.accepted += counts.accepted;
                sum.connected += counts.connected;
                sum.queued += counts.queued;
                sum.rejected += counts.rejected;
                sum.abandoned += counts.abandoned;
                sum.retries += counts.retries;
                sum.ejections += counts.ejections;
                sum.downs += counts.downs;
                sum.failed_open += counts.failed_open;
                sum.released += counts.released;
            }
            Err(why) => {
                let mut again = World::new(seed, true);
                let same = again.run().err();
                panic!("seed {seed}: {why}\n{}seed {seed}: {why} ({same:?})", again.timeline());
            }
        }
    }
    println!("{sum:?}");
    for (what, count) in [
        ("accepted", sum.accepted),
        ("connected", sum.connected),
        ("queued", sum.queued),
        ("rejected", sum.rejected),
        ("abandoned", sum.abandoned),
        ("retries", sum.retries),
        ("ejections", sum.ejections),
        ("downs", sum.downs),
        ("failed open", sum.failed_open),
        ("released", sum.released),
    ] {
        assert!(count > 100 || variable("BALANCE_SEEDS", SEEDS) < 1000, "hardly any {what}: {sum:?}");
    }
}
