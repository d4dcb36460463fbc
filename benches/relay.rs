//! TCP relays over loopback: each a process of its own on one CPU, what is around it on the others.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench relay [-- WORD]`
//!
//! Bulk goes from the backend to the client, between ends that don't touch it: `sendfile` of one memory file, and reads
//! that discard. Messages go to an echo and back, one in flight on each connection. A short connection is a message there
//! and back. What counts is the CPU time of the relay's process, kernel included. The relays take turns (`ROUNDS`, 5
//! unless told), medians are compared. `WORD` restricts the run to the relays whose name has it; HAProxy and nginx are
//! left out where they are missing.

#[path = "relay/far.rs"]
mod far;
#[path = "relay/relays.rs"]
mod relays;

use far::{Backend, Load};
use relays::Relay;

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let first = args.next().unwrap_or_default();
    if first == "--serve" {
        return relays::serve(&args.next().unwrap_or_default(), &args.next().unwrap_or_default());
    }
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    relays::pin(std::process::id(), false);
    let backend = Backend::start();
    for load in far::LOADS {
        let mut relays = relays::start(&backend, load, &first);
        println!("{load}");
        compare(&mut relays, &backend, load, rounds);
    }
}

fn compare(relays: &mut [Relay], backend: &Backend, load: &Load, rounds: usize) {
    let mut turns = vec![Vec::new(); relays.len()];
    for round in 0..=rounds {
        for at in 0..relays.len() {
            let at = (at + round) % relays.len();
            let relay = &mut relays[at];
            let before = relay.cpu();
            let wall = load.run(relay.at, backend);
            let turn = (wall, relay.cpu() - before);
            // The first round warms up.
            if round > 0 {
                turns[at].push(turn);
            }
        }
    }
    for (relay, turns) in relays.iter().zip(&turns) {
        let wall = median(turns.iter().map(|turn| turn.0));
        let cpu = median(turns.iter().map(|turn| turn.1));
        println!("  {:<28} {}", relay.name, load.say(wall, cpu));
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
