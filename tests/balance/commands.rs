//! What follows from each command, one by one.

use barewire::balance::{
    Action, Attempt, Backend, BackendId, Balancer, Check, Client, Closed, Config, ConfigBuilder, ConnectError,
    ConnectionId, Ending, Health, Policy, ProbeId, Rate, Reject,
};
use barewire::{Instant, Misuse};
use core::time::Duration;

const T0: Instant = Instant::from_nanos(1_000);

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn closed(ending: Ending) -> Closed {
    Closed { sent: 10, received: 0, ending }
}

fn client(key: u64) -> Client {
    Client { key, source: key }
}

struct Pool {
    balancer: Balancer,
    now: Instant,
    ids: Vec<BackendId>,
}

impl Pool {
    fn new(config: ConfigBuilder, backends: &[Backend]) -> Self {
        let mut balancer = Balancer::new(config.build().unwrap());
        let ids = backends.iter().map(|backend| balancer.add(*backend, T0).unwrap()).collect();
        Self { balancer, now: T0, ids }
    }

    fn equals(config: ConfigBuilder, count: u64) -> Self {
        Self::new(config, &(0..count).map(Backend::new).collect::<Vec<_>>())
    }

    fn accept(&mut self) -> ConnectionId {
        self.balancer.accept(client(0), self.now).unwrap()
    }

    fn actions(&mut self) -> Vec<Action> {
        core::iter::from_fn(|| self.balancer.next(self.now)).collect()
    }

    /// The only action, which is to connect.
    fn attempt(&mut self) -> (Attempt, BackendId) {
        match self.actions()[..] {
            [Action::Connect { attempt, backend, .. }] => (attempt, backend),
            ref other => panic!("{other:?}"),
        }
    }

    fn connect(&mut self) -> (ConnectionId, BackendId) {
        let connection = self.accept();
        let (attempt, backend) = self.attempt();
        self.balancer.connected(attempt, self.now).unwrap();
        (connection, backend)
    }

    fn fail(&mut self, attempt: Attempt, how: ConnectError) -> Vec<Action> {
        self.balancer.connect_failed(attempt, how, self.now).unwrap();
        self.actions()
    }

    /// Lets the time pass, from deadline to deadline.
    fn pass(&mut self, span: Duration) -> Vec<(Duration, Action)> {
        let (start, end) = (self.now, self.now + span);
        let mut all = Vec::new();
        loop {
            all.extend(self.actions().into_iter().map(|action| (self.now - start, action)));
            match self.balancer.deadline().filter(|deadline| *deadline <= end) {
                Some(deadline) => self.now = deadline,
                None => break,
            }
        }
        self.now = end;
        all
    }

    fn health(&self, backend: BackendId) -> Health {
        self.balancer.backend(backend, self.now).unwrap().health
    }
}

#[test]
fn a_refusal_is_followed_by_others_then_by_a_rejection() {
    let mut pool = Pool::equals(Config::builder().max_attempts(3), 5);
    let connection = pool.accept();
    let (mut attempt, first) = pool.attempt();
    let mut tried = vec![first];
    for number in 1..3 {
        let actions = pool.fail(attempt, ConnectError::Refused);
        let [Action::Connect { attempt: next, backend, .. }] = actions[..] else { panic!("{actions:?}") };
        assert_eq!((next.connection, next.number), (connection, number));
        assert!(!tried.contains(&backend));
        assert_eq!(pool.balancer.connected(attempt, pool.now), Err(Misuse::UnknownId));
        tried.push(backend);
        attempt = next;
    }
    let why = Reject::Connect(ConnectError::Refused);
    assert_eq!(pool.fail(attempt, ConnectError::Refused), [Action::Reject { connection, why }]);
    assert_eq!(pool.balancer.abandon(connection, pool.now), Err(Misuse::UnknownId));
    assert_eq!(pool.balancer.stats().failures, 3);
}

#[test]
fn one_backend_alone_is_not_tried_twice() {
    let mut pool = Pool::equals(Config::builder(), 1);
    let connection = pool.accept();
    let (attempt, _) = pool.attempt();
    let why = Reject::Connect(ConnectError::Unreachable);
    assert_eq!(pool.fail(attempt, ConnectError::Unreachable), [Action::Reject { connection, why }]);
}

#[test]
fn all_attempts_share_one_deadline() {
    let config = Config::builder().attempt_timeout(ms(400)).connect_timeout(ms(1000)).max_attempts(8).eject_after(None);
    let mut pool = Pool::equals(config, 8);
    let connection = pool.accept();
    let actions = pool.pass(ms(5000));
    let mut deadlines = Vec::new();
    for (at, action) in &actions {
        match action {
            Action::Connect { deadline, .. } => deadlines.push((*at, *deadline - T0)),
            other => assert_eq!(
                (*at, *other),
                (ms(1000), Action::Reject { connection, why: Reject::Connect(ConnectError::TimedOut) })
            ),
        }
    }
    assert_eq!(deadlines, [(ms(0), ms(400)), (ms(400), ms(800)), (ms(800), ms(1000))]);
}

#[test]
fn who_waits_is_served_in_turn_and_not_for_ever() {
    let config = Config::builder().max_connections(1).max_queue(3).queue_timeout(ms(100));
    let mut pool = Pool::equals(config, 2);
    let (first, _) = pool.connect();
    let waiting: Vec<ConnectionId> = (0..3).map(|_| pool.accept()).collect();
    assert_eq!(pool.balancer.accept(client(0), pool.now), Err(Reject::QueueFull));
    assert_eq!(pool.actions(), waiting.iter().map(|id| Action::Queue { connection: *id }).collect::<Vec<_>>());
    pool.now = pool.now + ms(50);
    pool.balancer.closed(first, closed(Ending::Clean), pool.now).unwrap();
    let (attempt, _) = pool.attempt();
    assert_eq!(attempt.connection, waiting[0]);
    pool.balancer.connected(attempt, pool.now).unwrap();
    pool.balancer.abandon(waiting[1], pool.now).unwrap();
    assert_eq!(pool.pass(ms(1000)), [(ms(50), Action::Reject { connection: waiting[2], why: Reject::QueueTimeout })]);
    assert_eq!(pool.balancer.stats().waited, 3);
}

#[test]
fn who_failed_goes_before_those_who_wait() {
    let config = Config::builder().max_queue(10).eject_after(None);
    let mut pool = Pool::new(config, &[Backend::new(0).max_connections(1), Backend::new(1).max_connections(1)]);
    let (open, full) = pool.connect();
    let failing = pool.accept();
    let (attempt, _) = pool.attempt();
    let fresh = pool.accept();
    assert_eq!(pool.actions(), [Action::Queue { connection: fresh }]);
    // It waits for the one that it didn't try; the other's place is free for the next.
    let actions = pool.fail(attempt, ConnectError::Refused);
    let [Action::Queue { connection }, Action::Connect { attempt: next, .. }] = actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!((connection, next.connection), (failing, fresh));
    pool.balancer.connected(next, pool.now).unwrap();
    let third = pool.accept();
    assert_eq!(pool.actions(), [Action::Queue { connection: third }]);
    pool.balancer.closed(open, closed(Ending::Clean), pool.now).unwrap();
    let (attempt, backend) = pool.attempt();
    assert_eq!((attempt.connection, backend), (failing, full));
}

#[test]
fn nobody_to_choose() {
    let mut pool = Pool::equals(Config::builder(), 0);
    assert_eq!(pool.balancer.accept(client(0), T0), Err(Reject::NoBackend));
    let mut pool = Pool::new(Config::builder(), &[Backend::new(0).weight(0)]);
    assert_eq!(pool.balancer.accept(client(0), T0), Err(Reject::NoBackend));
    pool.balancer.update(pool.ids[0], 1, 1).unwrap();
    pool.connect();
    assert_eq!(pool.balancer.stats().rejected, 1);
}

#[test]
fn rates() {
    let rate = Rate { per_second: 10, burst: 2 };
    let mut pool = Pool::equals(Config::builder().rate(Some(rate)), 1);
    assert!(pool.balancer.accept(client(1), T0).is_ok() && pool.balancer.accept(client(2), T0).is_ok());
    assert_eq!(pool.balancer.accept(client(3), T0), Err(Reject::Rate));
    assert!(pool.balancer.accept(client(3), T0 + ms(100)).is_ok());
    let mut pool = Pool::equals(Config::builder().source_rate(Some(rate)), 1);
    for source in 0..100 {
        assert!(pool.balancer.accept(client(source), T0).is_ok() && pool.balancer.accept(client(source), T0).is_ok());
        assert_eq!(pool.balancer.accept(client(source), T0), Err(Reject::SourceRate));
    }
    pool.balancer.reconfigure(Config::default(), T0);
    assert!(pool.balancer.accept(client(0), T0).is_ok());
}

#[test]
fn failures_in_a_row_eject_for_longer_and_longer() {
    let config =
        || Config::builder().max_attempts(1).eject_after(Some(3)).ejection_time(ms(100)).max_ejection_time(ms(300));
    let mut pool = Pool::equals(config(), 2);
    let ill = pool.ids[0];
    // One round of failures, how many it takes, and how long the ejection is then.
    for (failures, span) in [(3, 100), (1, 200), (1, 300), (1, 300)] {
        for _ in 0..failures {
            assert_eq!(pool.health(ill), Health::Up);
            loop {
                pool.accept();
                let (attempt, backend) = pool.attempt();
                if backend == ill {
                    pool.fail(attempt, ConnectError::Refused);
                    break;
                }
                pool.balancer.connected(attempt, pool.now).unwrap();
            }
        }
        assert_eq!(pool.health(ill), Health::Ejected);
        for _ in 0..10 {
            let (_, backend) = pool.connect();
            assert_ne!(backend, ill);
        }
        let actions = pool.pass(ms(span));
        assert_eq!(actions, [(ms(span), Action::Health { backend: ill, health: Health::Up })]);
    }
    // A success, and a long time without a relapse, and all is forgotten.
    while pool.connect().1 != ill {}
    pool.pass(ms(300));
    for _ in 0..3 {
        while pool.health(ill) == Health::Up {
            pool.accept();
            let (attempt, backend) = pool.attempt();
            if backend == ill {
                pool.fail(attempt, ConnectError::Refused);
            } else {
                pool.balancer.connected(attempt, pool.now).unwrap();
            }
        }
    }
    assert_eq!(pool.pass(ms(300))[0].0, ms(100));
}

#[test]
fn one_timeout_is_enough_and_our_own_faults_are_nobodys() {
    let mut pool = Pool::equals(Config::builder().attempt_timeout(ms(50)), 2);
    pool.accept();
    let (_, blackhole) = pool.attempt();
    let actions = pool.pass(ms(50));
    assert!(matches!(actions[0], (_, Action::Connect { backend, .. }) if backend != blackhole), "{actions:?}");
    assert_eq!(actions[1].1, Action::Health { backend: blackhole, health: Health::Ejected });
    assert_ne!(pool.connect().1, blackhole);

    let mut pool = Pool::equals(Config::builder().eject_after(Some(1)).max_attempts(1), 2);
    for _ in 0..20 {
        pool.accept();
        let (attempt, _) = pool.attempt();
        pool.fail(attempt, ConnectError::Local);
    }
    assert_eq!(pool.balancer.stats().ejected, 0);
}

#[test]
fn resets_before_a_byte_are_failures() {
    let mut pool = Pool::equals(Config::builder().eject_after(Some(2)), 2);
    let mut seen = Vec::new();
    for _ in 0..4 {
        let (id, backend) = pool.connect();
        if backend == pool.ids[0] {
            pool.balancer.closed(id, closed(Ending::Backend), pool.now).unwrap();
            seen.extend(pool.actions());
        }
    }
    assert_eq!(seen, [Action::Health { backend: pool.ids[0], health: Health::Ejected }]);
    let mut pool = Pool::equals(Config::builder().eject_after(Some(2)), 2);
    for _ in 0..10 {
        let (id, _) = pool.connect();
        let late = Closed { sent: 0, received: 1, ending: Ending::Backend };
        pool.balancer.closed(id, late, pool.now).unwrap();
    }
    assert_eq!(pool.balancer.stats().ejected, 0);
}

#[test]
fn ejections_have_a_cap_that_follows_the_configuration() {
    let config = || Config::builder().eject_after(Some(1)).max_attempts(1).fail_open(None);
    for (percent, backends, most) in
        [(50, 4, 2), (50, 3, 1), (50, 1, 0), (34, 3, 1), (33, 3, 0), (100, 3, 2), (0, 9, 0)]
    {
        let mut pool = Pool::equals(config().max_ejected(percent), backends);
        for _ in 0..50 {
            pool.accept();
            let (attempt, _) = pool.attempt_among();
            pool.fail(attempt, ConnectError::Refused);
        }
        assert_eq!(pool.balancer.stats().ejected, most, "{percent} % of {backends}");
        // Nobody was let in to make room for another.
        let ejections = |id: &BackendId| pool.balancer.backend(*id, pool.now).unwrap().totals.ejections;
        assert_eq!(pool.ids.iter().map(ejections).sum::<u64>(), u64::from(most));
        pool.balancer.reconfigure(config().max_ejected(0).build().unwrap(), pool.now);
        let back = pool.actions();
        assert_eq!((back.len(), pool.balancer.stats().ejected), (most as usize, 0), "{back:?}");
    }
}

impl Pool {
    fn attempt_among(&mut self) -> (Attempt, BackendId) {
        let found = self.actions().into_iter().find_map(|action| match action {
            Action::Connect { attempt, backend, .. } => Some((attempt, backend)),
            _ => None,
        });
        found.unwrap()
    }

    fn probe(&mut self) -> (Duration, ProbeId, BackendId) {
        let start = self.now;
        loop {
            for action in self.actions() {
                if let Action::Probe { probe, backend, deadline, .. } = action {
                    assert_eq!(deadline, self.now + ms(50));
                    return (self.now - start, probe, backend);
                }
            }
            self.now = self.balancer.deadline().unwrap();
        }
    }
}

#[test]
fn checks_rise_and_fall() {
    let config = Config::builder().check(Some(Check::Tcp)).check_interval(ms(100)).check_fast_interval(ms(20));
    let config = config.check_timeout(ms(50)).check_jitter(0).rise(2).fall(3);
    let mut pool = Pool::equals(config, 1);
    let (first, probe, id) = pool.probe();
    assert!(first < ms(20));
    pool.balancer.probed(probe, true, pool.now).unwrap();
    assert_eq!(pool.balancer.probed(probe, true, pool.now), Err(Misuse::UnknownId));
    // What the check says, how long the next takes, and what the backend is then.
    let (up, down) = (Health::Up, Health::Down);
    let cases = [
        (true, 100, up),
        (false, 100, up),
        (false, 20, up),
        (true, 20, up),
        (false, 100, up),
        (false, 20, up),
        (false, 20, down),
        (true, 20, down),
        (false, 20, down),
        (true, 20, down),
        (true, 20, up),
        (true, 100, up),
    ];
    for (step, (well, after, health)) in cases.into_iter().enumerate() {
        let (waited, probe, _) = pool.probe();
        assert_eq!(waited, ms(after), "step {step}");
        pool.balancer.probed(probe, well, pool.now).unwrap();
        assert_eq!(pool.health(id), health, "step {step}");
    }
    // One that isn't answered has failed at its deadline, and what is said later is void.
    let (_, probe, _) = pool.probe();
    let (waited, _, _) = pool.probe();
    assert_eq!(waited, ms(50 + 20));
    assert_eq!(pool.balancer.probed(probe, true, pool.now), Err(Misuse::UnknownId));
    assert_eq!(pool.balancer.backend(id, pool.now).unwrap().totals.failed_checks, 7);
}

#[test]
fn the_first_check_decides_alone_and_down_can_close() {
    let config = Config::builder().check(Some(Check::Http)).check_timeout(ms(50)).fall(3).close_when_down(true);
    let mut pool = Pool::equals(config.fail_open(None), 1);
    pool.connect();
    let (_, probe, backend) = pool.probe();
    pool.balancer.probed(probe, false, pool.now).unwrap();
    let told = pool.actions();
    assert_eq!(told, [Action::Health { backend, health: Health::Down }, Action::CloseAll { backend }]);
    assert_eq!(pool.balancer.accept(client(0), pool.now), Err(Reject::NoBackend));
    // Without checks it counts as well.
    pool.balancer.reconfigure(Config::default(), pool.now);
    assert_eq!(pool.actions(), [Action::Health { backend, health: Health::Up }]);
    assert!(pool.balancer.deadline().is_none());
    pool.connect();
}

#[test]
fn checks_are_spread() {
    let config = Config::builder().check(Some(Check::Tcp)).check_interval(ms(1000)).check_jitter(20);
    let mut pool = Pool::equals(config.check_timeout(ms(50)), 100);
    let mut last = vec![None; 100];
    let (mut least, mut most) = (Duration::MAX, Duration::ZERO);
    for _ in 0..1000 {
        let (_, probe, backend) = pool.probe();
        let (now, before) = (pool.now, last[backend.index()]);
        last[backend.index()] = Some(now);
        if let Some(before) = before {
            (least, most) = (least.min(now - before), most.max(now - before));
        }
        pool.balancer.probed(probe, true, now).unwrap();
    }
    assert!((ms(800)..ms(850)).contains(&least) && (ms(1150)..=ms(1200)).contains(&most), "{least:?} {most:?}");
}

#[test]
fn with_all_down_it_fails_open() {
    let config = Config::builder().check(Some(Check::Tcp)).check_timeout(ms(50)).fail_open(Some(40));
    let mut pool = Pool::equals(config, 5);
    for (down, open) in [(1, false), (2, false), (3, false), (4, true), (5, true)] {
        let mut goes_down = false;
        while !goes_down {
            let (_, probe, backend) = pool.probe();
            goes_down = pool.health(backend) == Health::Up;
            pool.balancer.probed(probe, false, pool.now).unwrap();
        }
        let stats = pool.balancer.stats();
        assert_eq!((5 - stats.well, stats.failing_open), (down, open));
        let mut seen = std::collections::HashSet::new();
        for _ in 0..10 {
            pool.accept();
            let (attempt, backend) = pool.attempt_among();
            pool.balancer.connected(attempt, pool.now).unwrap();
            seen.insert(backend);
        }
        assert_eq!(seen.len(), if open { 5 } else { 5 - down as usize });
    }
}

#[test]
fn draining_lets_live_and_removal_waits() {
    let mut pool = Pool::equals(Config::builder(), 2);
    let (a, b) = (pool.ids[0], pool.ids[1]);
    let mut open = [pool.connect(), pool.connect()];
    open.sort_by_key(|(_, backend)| backend.index());
    pool.balancer.drain(a, Some(pool.now + ms(100))).unwrap();
    for _ in 0..5 {
        assert_eq!(pool.connect().1, b);
    }
    assert_eq!(pool.pass(ms(200)), [(ms(100), Action::CloseAll { backend: a })]);
    pool.balancer.resume(a, pool.now).unwrap();
    while pool.connect().1 != a {}
    pool.balancer.remove(a, None).unwrap();
    assert_eq!(pool.balancer.drain(a, None), Err(Misuse::OutOfTurn));
    assert_eq!(pool.balancer.resume(a, pool.now), Err(Misuse::OutOfTurn));
    assert_eq!(pool.actions(), []);
    assert_eq!(pool.balancer.backend(a, pool.now).unwrap().running, 2);
    // Its key is free at once, its place is not.
    let again = pool.balancer.add(Backend::new(0), pool.now).unwrap();
    assert_eq!(again.index(), 2);
    assert_eq!(pool.balancer.add(Backend::new(0), pool.now), Err(Misuse::Invalid));
    pool.balancer.remove(b, Some(pool.now)).unwrap();
    assert_eq!(pool.actions(), [Action::CloseAll { backend: b }]);
    pool.balancer.closed(open[0].0, closed(Ending::Clean), pool.now).unwrap();
    assert_eq!(pool.actions(), []);
    pool.balancer.remove(again, None).unwrap();
    assert_eq!(pool.actions(), [Action::Released { backend: again }]);
    assert_eq!(pool.balancer.remove(again, None), Err(Misuse::UnknownId));
    assert!(pool.balancer.backend(again, pool.now).is_none());
    let reused = pool.balancer.add(Backend::new(9), pool.now).unwrap();
    assert!(reused.index() == again.index() && reused != again);
}

#[test]
fn a_backend_that_is_drained_before_the_driver_asks_is_not_told() {
    let mut pool = Pool::equals(Config::builder(), 2);
    let first = pool.accept();
    let second = pool.accept();
    pool.balancer.remove(pool.ids[0], None).unwrap();
    let actions = pool.actions();
    let connects = actions.iter().filter_map(|action| match action {
        Action::Connect { attempt, backend, .. } => Some((attempt.connection, *backend)),
        _ => None,
    });
    let mut connects: Vec<_> = connects.collect();
    connects.sort_by_key(|(id, _)| id.index());
    assert_eq!(connects, [(first, pool.ids[1]), (second, pool.ids[1])]);
    assert!(actions.contains(&Action::Released { backend: pool.ids[0] }), "{actions:?}");
}

#[test]
fn a_new_configuration_touches_no_connection() {
    let mut pool = Pool::equals(Config::builder(), 3);
    let open: Vec<_> = (0..30).map(|_| pool.connect().0).collect();
    let policies =
        [Policy::LeastConnections, Policy::MAGLEV, Policy::TwoChoices, Policy::SourceHash, Policy::RoundRobin];
    for policy in policies {
        let config = Config::builder().policy(policy).max_connections(31).max_queue(0).build().unwrap();
        pool.balancer.reconfigure(config, pool.now);
        assert_eq!(pool.actions(), []);
        let (id, _) = pool.connect();
        assert_eq!(pool.balancer.accept(client(0), pool.now), Err(Reject::QueueFull));
        pool.balancer.closed(id, closed(Ending::Clean), pool.now).unwrap();
    }
    pool.balancer.reconfigure(Config::builder().max_connections(1).build().unwrap(), pool.now);
    assert_eq!((pool.actions(), pool.balancer.stats().running), (vec![], 30));
    for id in open {
        pool.balancer.closed(id, closed(Ending::Clean), pool.now).unwrap();
    }
    pool.connect();
}

#[test]
fn commands_out_of_place_change_nothing() {
    let mut pool = Pool::equals(Config::builder(), 1);
    let connection = pool.accept();
    assert_eq!(pool.balancer.closed(connection, closed(Ending::Clean), T0), Err(Misuse::OutOfTurn));
    let (attempt, _) = pool.attempt();
    assert_eq!(pool.balancer.closed(connection, closed(Ending::Clean), T0), Err(Misuse::OutOfTurn));
    pool.balancer.connected(attempt, T0).unwrap();
    assert_eq!(pool.balancer.connected(attempt, T0), Err(Misuse::UnknownId));
    assert_eq!(pool.balancer.connect_failed(attempt, ConnectError::Refused, T0), Err(Misuse::UnknownId));
    assert_eq!(pool.balancer.abandon(connection, T0), Err(Misuse::OutOfTurn));
    let before = pool.balancer.stats();
    pool.balancer.closed(connection, closed(Ending::Clean), T0).unwrap();
    assert_eq!(pool.balancer.closed(connection, closed(Ending::Clean), T0), Err(Misuse::UnknownId));
    let again = pool.accept();
    assert!(again.index() == connection.index() && again != connection);
    assert_eq!(pool.balancer.abandon(connection, T0), Err(Misuse::UnknownId));
    assert_eq!(before.running, 1);
}

#[test]
fn there_is_a_most_of_everything() {
    let mut pool = Pool::equals(Config::builder().policy(Policy::MAGLEV), 4096);
    assert_eq!(pool.balancer.add(Backend::new(9999), T0), Err(Misuse::TooLong));
    pool.balancer.remove(pool.ids[7], None).unwrap();
    assert_eq!(pool.actions(), [Action::Released { backend: pool.ids[7] }]);
    assert_eq!(pool.balancer.add(Backend::new(9999), T0).unwrap().index(), 7);
    assert_eq!(pool.balancer.backends().count(), 4096);
}

#[test]
fn configs_that_cannot_be() {
    assert_eq!(Config::builder().build(), Ok(Config::default()));
    let zero = Duration::ZERO;
    let rate = Rate { per_second: 0, burst: 1 };
    let bad = [
        Config::builder().policy(Policy::Maglev { places: (1 << 24) + 1, bound: None }),
        Config::builder().policy(Policy::Maglev { places: 1, bound: None }),
        Config::builder().policy(Policy::Maglev { places: 251, bound: Some(100) }),
        Config::builder().policy(Policy::LeastLatency { half_life: zero }),
        Config::builder().max_connections(0),
        Config::builder().max_queue(u32::MAX),
        Config::builder().queue_timeout(zero),
        Config::builder().connect_timeout(zero),
        Config::builder().attempt_timeout(zero),
        Config::builder().max_attempts(0),
        Config::builder().max_attempts(9),
        Config::builder().slow_start(Some(zero)),
        Config::builder().check_interval(zero),
        Config::builder().check_fast_interval(zero),
        Config::builder().check_timeout(zero),
        Config::builder().check_jitter(51),
        Config::builder().rise(0),
        Config::builder().fall(0),
        Config::builder().eject_after(Some(0)),
        Config::builder().eject_after_timeouts(0),
        Config::builder().ejection_time(zero),
        Config::builder().max_ejection_time(zero),
        Config::builder().max_ejected(101),
        Config::builder().fail_open(Some(101)),
        Config::builder().rate(Some(rate)),
        Config::builder().source_rate(Some(rate)),
        Config::builder().max_sources(0),
    ];
    for config in bad {
        assert!(config.clone().build().is_err(), "{config:?}");
    }
}

#[test]
fn clients_by_address() {
    let of = |ip: &str| Client::from_ip(5, ip.parse().unwrap());
    assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
    assert_ne!(of("192.0.2.1").source, of("192.0.2.2").source);
    let (a, b) = (of("2001:db8::1"), of("2001:db8::2"));
    assert!(a.key != b.key && a.source == b.source);
    assert_ne!(of("2001:db8:0:1::1").source, a.source);
    assert_ne!(Client::from_ip(6, "192.0.2.1".parse().unwrap()), of("192.0.2.1"));
}
