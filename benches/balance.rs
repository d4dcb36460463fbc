//! What a choice costs: a client comes, is connected and leaves; by policy and number of backends.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench balance`

use allocation_counter::measure;
use barewire::Instant;
use barewire::balance::{Action, Backend, Balancer, Client, Closed, Config, Ending, Policy, key};
use barewire_benches::{Contestant, compare};

const BATCH: u64 = 1000;

const POLICIES: [(&str, Policy); 7] = [
    ("round robin", Policy::RoundRobin),
    ("least connections", Policy::LeastConnections),
    ("two choices", Policy::TwoChoices),
    ("least latency", Policy::LEAST_LATENCY),
    ("source hash", Policy::SourceHash),
    ("maglev", Policy::MAGLEV),
    ("maglev, bounded", Policy::Maglev { places: 65_537, bound: Some(125) }),
];

fn main() {
    for backends in [3, 100, 4000] {
        let title = format!("{backends} backends: accept, connect, close");
        let contestants = POLICIES.map(|(name, policy)| Contestant::new(name, clients(policy, backends)));
        compare(&title, BATCH, contestants.into());
    }
    for (name, policy) in POLICIES {
        let mut work = clients(policy, 100);
        work();
        println!("{name:<20} {} allocations in {BATCH} clients", measure(work).count_total);
    }
}

/// Among a hundred clients that stay, so that loads differ.
fn clients(policy: Policy, backends: u64) -> impl FnMut() {
    let mut balancer = Balancer::new(Config::builder().policy(policy).build().unwrap());
    for name in 0..backends {
        balancer.add(Backend::new(key(0, &name.to_be_bytes())), Instant::ORIGIN).unwrap();
    }
    let (mut number, mut nanos) = (0_u64, 0);
    let mut serve = move |stays: bool| {
        number += 1;
        nanos += 1000;
        let now = Instant::from_nanos(nanos);
        let client = key(0, &number.to_be_bytes());
        let id = balancer.accept(Client { key: client, source: client }, now).unwrap();
        while let Some(action) = balancer.next(now) {
            if let Action::Connect { attempt, .. } = action {
                balancer.connected(attempt, Instant::from_nanos(nanos + 500)).unwrap();
            }
        }
        if !stays {
            balancer.closed(id, Closed { sent: 1, received: 1, ending: Ending::Clean }, now).unwrap();
        }
    };
    (0..100).for_each(|_| serve(true));
    move || (0..BATCH).for_each(|_| serve(false))
}
