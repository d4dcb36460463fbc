//! How each policy spreads its clients.

use crate::Chance;
use allocation_counter::measure;
use barewire::Instant;
use barewire::balance::{
    Action, Backend, BackendId, Balancer, Client, Closed, Config, ConfigBuilder, ConnectionId, Ending, Policy, key,
};
use core::time::Duration;
use std::collections::HashMap;

const ENDED: Closed = Closed { sent: 0, received: 0, ending: Ending::Clean };

/// A balancer with backends that take `latency` each, and its clock.
struct Pool {
    balancer: Balancer,
    now: Instant,
    latencies: HashMap<BackendId, Duration>,
}

impl Pool {
    fn new(config: ConfigBuilder, weights: &[u16]) -> (Self, Vec<BackendId>) {
        let mut balancer = Balancer::new(config.build().unwrap());
        let add = |(name, weight): (u64, &u16)| {
            let backend = Backend::new(key(0, &name.to_be_bytes())).weight(*weight);
            balancer.add(backend, Instant::ORIGIN).unwrap()
        };
        let ids = (0..).zip(weights).map(add).collect();
        (Self { balancer, now: Instant::ORIGIN, latencies: HashMap::new() }, ids)
    }

    /// Takes a client in and connects it.
    fn connect(&mut self, key: u64) -> (ConnectionId, BackendId) {
        let id = self.balancer.accept(Client { key, source: key }, self.now).unwrap();
        loop {
            match self.balancer.next(self.now) {
                Some(Action::Connect { attempt, backend, .. }) => {
                    assert_eq!(attempt.connection, id);
                    let took = self.latencies.get(&backend).copied().unwrap_or_default();
                    self.balancer.connected(attempt, self.now + took).unwrap();
                    return (id, backend);
                }
                Some(Action::Released { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    fn close(&mut self, id: ConnectionId) {
        self.balancer.closed(id, ENDED, self.now).unwrap();
    }

    /// The backend of a client that leaves at once.
    fn pick(&mut self, key: u64) -> BackendId {
        let (id, backend) = self.connect(key);
        self.close(id);
        backend
    }

    fn count(&mut self, picks: u64) -> HashMap<BackendId, f64> {
        let mut counts = HashMap::new();
        for number in 0..picks {
            *counts.entry(self.pick(key(1, &number.to_be_bytes()))).or_insert(0.0) += 1.0;
        }
        counts
    }

    fn map(&mut self) -> Vec<BackendId> {
        (0..5000_u64).map(|number| self.pick(key(1, &number.to_be_bytes()))).collect()
    }
}

fn policy(policy: Policy) -> ConfigBuilder {
    Config::builder().policy(policy).seed(7)
}

#[test]
fn round_robin_is_fair_in_any_stretch() {
    for weights in [&[1, 1, 1][..], &[5, 1, 1], &[1, 2, 3, 4], &[100, 1], &[3], &[7; 40]] {
        let (mut pool, ids) = Pool::new(policy(Policy::RoundRobin), weights);
        let total: u16 = weights.iter().sum();
        let picks: Vec<BackendId> = (0..4 * u64::from(total)).map(|_| pool.pick(0)).collect();
        for (id, weight) in ids.iter().zip(weights) {
            let mut before = vec![0.0];
            for pick in &picks {
                before.push(before[before.len() - 1] + f64::from(u8::from(pick == id)));
            }
            for length in 1..=picks.len() {
                let share = length as f64 * f64::from(*weight) / f64::from(total);
                for start in 0..=picks.len() - length {
                    let count = before[start + length] - before[start];
                    assert!((count - share).abs() < 2.0, "{count} of {length}, {share} for {weight} in {weights:?}");
                }
            }
        }
    }
}

#[test]
fn round_robin_of_equals_is_a_rotation() {
    let (mut pool, _) = Pool::new(policy(Policy::RoundRobin), &[1; 5]);
    let first: Vec<BackendId> = (0..5).map(|_| pool.pick(0)).collect();
    for _ in 0..10 {
        assert_eq!((0..5).map(|_| pool.pick(0)).collect::<Vec<_>>(), first);
    }
}

#[test]
fn least_connections_fills_the_gaps() {
    let (mut pool, ids) = Pool::new(policy(Policy::LeastConnections), &[1, 1, 2, 0]);
    let mut open: Vec<_> = (0..400).map(|_| pool.connect(0)).collect();
    let count = |open: &[(ConnectionId, BackendId)], id| open.iter().filter(|(_, its)| *its == id).count();
    assert_eq!(ids.iter().map(|id| count(&open, *id)).collect::<Vec<_>>(), [100, 100, 200, 0]);
    // One loses most of its connections: all new ones go there until it has as many again.
    let mut left = 90;
    open.retain(|(id, backend)| {
        let goes = *backend == ids[1] && left > 0;
        if goes {
            left -= 1;
            pool.close(*id);
        }
        !goes
    });
    for _ in 0..90 {
        let (id, backend) = pool.connect(0);
        assert_eq!(backend, ids[1]);
        open.push((id, backend));
    }
    // And ties are taken in turns.
    let (mut idle, ids) = Pool::new(policy(Policy::LeastConnections), &[1; 4]);
    let counts = idle.count(400);
    assert!(ids.iter().all(|id| counts[id] == 100.0), "{counts:?}");
}

#[test]
fn two_choices_balance_the_load() {
    let (mut pool, ids) = Pool::new(policy(Policy::TwoChoices), &[1; 20]);
    let mut open = Vec::new();
    let mut chance = Chance(3);
    for _ in 0..20_000 {
        open.push(pool.connect(0));
        if open.len() > 2000 {
            let (id, _) = open.swap_remove(usize::try_from(chance.below(open.len() as u64)).unwrap());
            pool.close(id);
        }
    }
    let loads: Vec<usize> = ids.iter().map(|id| open.iter().filter(|(_, its)| its == id).count()).collect();
    // By chance alone the fullest would be some 25 above the average of 100.
    assert!(loads.iter().all(|load| (94..=106).contains(load)), "{loads:?}");

    let (mut pool, ids) = Pool::new(policy(Policy::TwoChoices), &[1, 3, 0]);
    let counts = pool.count(10_000);
    assert!((counts[&ids[1]] - 7500.0).abs() < 200.0 && !counts.contains_key(&ids[2]), "{counts:?}");
}

#[test]
fn least_latency_shuns_the_slow_and_tries_them_again() {
    let (mut pool, ids) = Pool::new(policy(Policy::LeastLatency { half_life: Duration::from_secs(1) }), &[1; 5]);
    for id in &ids {
        pool.latencies.insert(*id, Duration::from_millis(1));
    }
    pool.latencies.insert(ids[2], Duration::from_millis(50));
    let mut counts = HashMap::new();
    for _ in 0..1000 {
        *counts.entry(pool.pick(0)).or_insert(0) += 1;
        pool.now = pool.now + Duration::from_millis(60);
    }
    assert!((1..40).contains(&counts[&ids[2]]), "{counts:?}");
    // It recovers, and is found out to.
    pool.latencies.insert(ids[2], Duration::from_millis(1));
    let mut counts = HashMap::new();
    for _ in 0..1000 {
        *counts.entry(pool.pick(0)).or_insert(0) += 1;
        pool.now = pool.now + Duration::from_millis(60);
    }
    assert!((100..300).contains(&counts[&ids[2]]), "{counts:?}");
    let status = pool.balancer.backend(ids[2], pool.now).unwrap();
    assert!(status.latency.unwrap() < Duration::from_millis(2));
}

#[test]
fn equal_keys_go_to_equal_backends() {
    for policy in [Policy::SourceHash, Policy::MAGLEV, Policy::Maglev { places: 65_537, bound: Some(150) }] {
        let weights = [1, 2, 3, 4, 0];
        let (mut pool, ids) = Pool::new(self::policy(policy), &weights);
        let map = pool.map();
        assert_eq!(pool.map(), map, "{policy:?}");
        for (id, weight) in ids.iter().zip(weights) {
            let share = 500.0 * f64::from(weight);
            let count = map.iter().filter(|it| *it == id).count() as f64;
            assert!((count - share).abs() < 4.0 * share.sqrt() + 1.0, "{policy:?}: {count} for {weight}");
        }
        // A balancer elsewhere, with another seed, agrees.
        let (mut other, _) = Pool::new(self::policy(policy).seed(99), &weights);
        assert_eq!(other.map(), map);
        // Who is drained loses its clients, and nobody else does; and they return.
        pool.balancer.drain(ids[2], None).unwrap();
        let moved = pool.map().iter().zip(&map).filter(|(new, old)| new != old).count();
        let its = map.iter().filter(|it| **it == ids[2]).count();
        if policy != Policy::SourceHash {
            assert!((its..=its + 50).contains(&moved), "{policy:?}: {moved} moved, {its} had to");
        }
        pool.balancer.resume(ids[2], pool.now).unwrap();
        assert_eq!(pool.map(), map, "{policy:?}");
    }
}

#[test]
fn maglev_moves_little_when_one_comes_or_goes() {
    for n in [2, 5, 10, 40_u16] {
        let (mut pool, ids) = Pool::new(policy(Policy::MAGLEV), &vec![1; usize::from(n)]);
        let before = pool.map();
        pool.balancer.remove(ids[usize::from(n) / 2], None).unwrap();
        let after = pool.map();
        let moved = before.iter().zip(&after).filter(|(old, new)| old != new).count() as f64 / 5000.0;
        let its = before.iter().filter(|it| **it == ids[usize::from(n) / 2]).count() as f64 / 5000.0;
        assert!(moved <= its + 0.01, "{moved} moved when one of {n} with {its} left");
        assert!((its - 1.0 / f64::from(n)).abs() < 0.02);
    }
}

#[test]
fn who_is_full_or_ill_moves_only_its_own() {
    for policy in [Policy::SourceHash, Policy::MAGLEV] {
        let (mut pool, ids) = Pool::new(self::policy(policy), &[1; 8]);
        let map = pool.map();
        let full = Backend::new(0).max_connections(1);
        pool.balancer.update(ids[3], 1, 1).unwrap();
        let taken = map.iter().position(|it| *it == ids[3]).unwrap() as u64;
        let (id, backend) = pool.connect(key(1, &taken.to_be_bytes()));
        assert_eq!(backend, ids[3]);
        for (new, old) in pool.map().iter().zip(&map) {
            assert!(new == old || *old == ids[3], "{policy:?}, {full:?}");
            assert_ne!(*new, ids[3]);
        }
        pool.close(id);
        assert_eq!(pool.map(), map);
    }
}

#[test]
fn bounded_loads_are_bounded() {
    for bound in [101, 125, 200_u16] {
        let (mut pool, ids) = Pool::new(policy(Policy::Maglev { places: 65_537, bound: Some(bound) }), &[1, 1, 1, 3]);
        let mut loads = HashMap::new();
        for number in 1..=600_u64 {
            // Half of the clients have the same key.
            let (_, backend) = pool.connect(if number % 2 == 0 { 5 } else { key(1, &number.to_be_bytes()) });
            let load = loads.entry(backend).or_insert(0_u64);
            *load += 1;
            let weight = if backend == ids[3] { 3 } else { 1 };
            let most = (number * weight * u64::from(bound)).div_ceil(6 * 100);
            assert!(*load <= most, "{load} of {number}, at most {most}");
        }
    }
}

#[test]
fn slow_start_grows() {
    let span = Duration::from_secs(32);
    let all = [Policy::RoundRobin, Policy::TwoChoices, Policy::SourceHash, Policy::MAGLEV];
    for policy in all {
        let (mut pool, ids) = Pool::new(self::policy(policy).slow_start(Some(span)), &[1; 4]);
        let even = pool.count(4000);
        assert!(ids.iter().all(|id| (850.0..1150.0).contains(&even[id])), "{policy:?}: {even:?}");
        let late = pool.balancer.add(Backend::new(key(0, b"late")), pool.now).unwrap();
        let mut shares = Vec::new();
        for _ in 0..4 {
            let counts = pool.count(4000);
            shares.push(counts.get(&late).copied().unwrap_or_default() / 4000.0);
            pool.now = pool.now + span / 3 + Duration::from_nanos(1);
        }
        // 1/32 of one share of 4 and a bit; then about 11/32 and 21/32; then one of 5.
        let expected = [0.008, 0.079, 0.141, 0.2];
        for (share, expected) in shares.iter().zip(expected) {
            assert!((share - expected).abs() < 0.025, "{policy:?}: {shares:?}");
        }
        assert_eq!(pool.balancer.backend(late, pool.now).unwrap().warmth, 100);
    }
}

#[test]
fn choices_allocate_nothing() {
    let all = [
        Policy::RoundRobin,
        Policy::LeastConnections,
        Policy::TwoChoices,
        Policy::LEAST_LATENCY,
        Policy::SourceHash,
        Policy::Maglev { places: 65_537, bound: Some(125) },
    ];
    for policy in all {
        let (mut pool, _) = Pool::new(self::policy(policy), &[1; 100]);
        pool.count(100);
        let measured = measure(|| {
            for key in 0..1000 {
                pool.pick(key);
            }
        });
        assert_eq!(measured.count_total, 0, "{policy:?}");
    }
}
