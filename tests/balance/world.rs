//! A simulated network around the balancer: clients that come and go, backends that fail, flap, slow down and return, an
//! operator who changes everything; and what must hold at each step.

use crate::Chance;
use barewire::Instant;
use barewire::balance::{
    Action, Attempt, Backend, BackendId, Balancer, Check, Client, Closed, Config, ConnectError, ConnectionId, Ending,
    Health, Policy, ProbeId, Rate, Reject,
};
use core::cmp::Reverse;
use core::fmt::Write;
use core::time::Duration;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a test knows of a configuration, to check by.
#[derive(Clone, Debug)]
struct Rules {
    max_connections: u32,
    max_queue: u32,
    queue_timeout: Duration,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    max_attempts: u8,
    max_ejected: u32,
    fail_open: Option<u8>,
}

/// How a simulated backend behaves at the moment.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Well,
    Slow,
    Refuses,
    Blackhole,
    /// Accepts, then resets.
    Resets,
    /// Refuses every other time.
    Flaps,
}

#[derive(Debug)]
struct Peer {
    mood: Mood,
    settings: (u16, u32),
    draining: bool,
    removed: bool,
    load: u32,
    contacts: u64,
    probe: Option<ProbeId>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Accepted,
    Queued,
    Connecting { attempt: Attempt, backend: BackendId },
    Running { backend: BackendId },
}

#[derive(Debug)]
struct Guest {
    phase: Phase,
    /// Since its current phase.
    since: Instant,
    /// When it began to wait, in turn, if it waits for its first place.
    ticket: Option<u64>,
    first_attempt: Option<Instant>,
    tried: Vec<BackendId>,
    /// By when it must have left the queue or the attempts.
    by: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrival,
    Answer { attempt: usize },
    Hangup { guest: usize },
    ProbeAnswer { probe: usize },
    MoodSwing,
    Operator,
}

pub(crate) struct World {
    chance: Chance,
    now: Instant,
    balancer: Balancer,
    rules: Rules,
    peers: HashMap<BackendId, Peer>,
    guests: BTreeMap<usize, (ConnectionId, Guest)>,
    by_id: HashMap<ConnectionId, usize>,
    events: BinaryHeap<Reverse<(Instant, u64, Event)>>,
    attempts: Vec<(Attempt, BackendId)>,
    probes: Vec<ProbeId>,
    /// Counts events, guests and tickets.
    serial: u64,
    /// Who was usable before the last command.
    usable: HashMap<BackendId, bool>,
    counts: Counts,
    timeline: Option<String>,
    closing: bool,
}

/// What happened, so that a simulation in which nothing does can't pass.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) connected: u64,
    pub(crate) queued: u64,
    pub(crate) rejected: u64,
    pub(crate) abandoned: u64,
    pub(crate) retries: u64,
    pub(crate) ejections: u64,
    pub(crate) downs: u64,
    pub(crate) failed_open: u64,
    pub(crate) released: u64,
}

macro_rules! ensure {
    ($holds:expr, $($why:tt)*) => {
        if !$holds {
            return Err(format!($($why)*));
        }
    };
}

fn config(chance: &mut Chance) -> (Config, Rules) {
    let policy = chance.of(&[
        Policy::RoundRobin,
        Policy::LeastConnections,
        Policy::TwoChoices,
        Policy::LEAST_LATENCY,
        Policy::SourceHash,
        Policy::Maglev { places: 251, bound: None },
        Policy::Maglev { places: 251, bound: Some(125) },
    ]);
    let rules = Rules {
        max_connections: chance.of(&[3, 10, 40, 1000]),
        max_queue: chance.of(&[0, 1, 5, 20]),
        queue_timeout: ms(chance.of(&[5, 50, 500])),
        connect_timeout: ms(chance.of(&[20, 100, 1000])),
        attempt_timeout: ms(chance.of(&[10, 40, 2000])),
        max_attempts: chance.of(&[1, 2, 3, 8]),
        max_ejected: chance.of(&[0, 10, 34, 50, 100]),
        fail_open: chance.of(&[None, Some(0), Some(0), Some(50)]),
    };
    let config = Config::builder()
        .policy(policy)
        .seed(chance.draw())
        .max_connections(rules.max_connections)
        .max_queue(rules.max_queue)
        .queue_timeout(rules.queue_timeout)
        .connect_timeout(rules.connect_timeout)
        .attempt_timeout(rules.attempt_timeout)
        .max_attempts(rules.max_attempts)
        .slow_start(chance.of(&[None, Some(ms(100)), Some(ms(1000))]))
        .check(chance.of(&[None, Some(Check::Tcp), Some(Check::Http)]))
        .check_interval(ms(40))
        .check_fast_interval(ms(15))
        .check_timeout(ms(30))
        .rise(chance.of(&[1, 2]))
        .fall(chance.of(&[1, 3]))
        .close_when_down(chance.one_in(3))
        .eject_after(chance.of(&[None, Some(1), Some(3)]))
        .ejection_time(ms(50))
        .max_ejection_time(ms(400))
        .max_ejected(u8::try_from(rules.max_ejected).unwrap())
        .fail_open(rules.fail_open)
        .rate(chance.of(&[None, None, None, Some(Rate { per_second: 200, burst: 5 })]))
        .source_rate(chance.of(&[None, None, None, Some(Rate { per_second: 50, burst: 3 })]))
        .max_sources(16)
        .build()
        .unwrap();
    (config, rules)
}

impl World {
    pub(crate) fn new(seed: u64, with_timeline: bool) -> Self {
        let mut chance = Chance(seed);
        let (config, rules) = config(&mut chance);
        let mut world = Self {
            chance,
            now: Instant::from_nanos(1),
            balancer: Balancer::new(config.clone()),
            rules,
            peers: HashMap::new(),
            guests: BTreeMap::new(),
            by_id: HashMap::new(),
            events: BinaryHeap::new(),
            attempts: Vec::new(),
            probes: Vec::new(),
            serial: 0,
            usable: HashMap::new(),
            counts: Counts::default(),
            timeline: with_timeline.then(String::new),
            closing: false,
        };
        world.note(|| format!("{config:?}"));
        for _ in 0..=world.chance.below(8) {
            world.add();
        }
        world.plan(ms(0), Event::Arrival);
        world.plan(ms(20), Event::MoodSwing);
        world.plan(ms(60), Event::Operator);
        world
    }

    pub(crate) fn timeline(self) -> String {
        self.timeline.unwrap_or_default()
    }

    /// Half a simulated second, then everyone goes home.
    pub(crate) fn run(&mut self) -> Result<Counts, String> {
        let end = Instant::ORIGIN + ms(500);
        self.drain()?;
        for _ in 0..20_000 {
            let event = self.events.peek().map(|Reverse((at, _, _))| *at);
            let wake = self.balancer.deadline();
            let Some(next) = event.into_iter().chain(wake).min() else { return self.goodbye() };
            if next > end && !self.closing {
                self.closing = true;
                self.events.retain(|Reverse((_, _, event))| {
                    !matches!(event, Event::Arrival | Event::MoodSwing | Event::Operator)
                });
            }
            if self.closing && self.guests.is_empty() {
                return self.goodbye();
            }
            self.now = self.now.max(next);
            if event.is_some_and(|at| at <= self.now) {
                let Reverse((_, _, event)) = self.events.pop().unwrap();
                self.remember();
                self.happen(event)?;
            }
            self.drain()?;
        }
        Err("it never ends".to_owned())
    }

    fn goodbye(&mut self) -> Result<Counts, String> {
        let stats = self.balancer.stats();
        ensure!(self.guests.is_empty(), "forgotten: {:?}", self.guests);
        ensure!((stats.connecting, stats.running, stats.queued) == (0, 0, 0), "left over: {stats:?}");
        for (id, peer) in &self.peers {
            ensure!(peer.load == 0, "{id:?} still has load");
        }
        ensure!(
            stats.accepted == self.counts.accepted && stats.rejected == self.counts.rejected,
            "miscounted: {stats:?} {:?}",
            self.counts
        );
        Ok(self.counts)
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(timeline) = &mut self.timeline {
            writeln!(timeline, "{:>12?}  {}", self.now, line()).unwrap();
        }
    }

    fn plan(&mut self, after: Duration, event: Event) {
        self.serial += 1;
        self.events.push(Reverse((self.now + after, self.serial, event)));
    }

    fn add(&mut self) {
        let weight = self.chance.of(&[0, 1, 1, 1, 2, 5]);
        let most = self.chance.of(&[1, 2, 5, 20, u32::MAX]);
        let backend = Backend::new(self.chance.draw()).weight(weight).max_connections(most);
        let id = self.balancer.add(backend, self.now).unwrap();
        self.note(|| format!("add {id:?} {backend:?}"));
        let mood = self.chance.of(&[Mood::Well, Mood::Well, Mood::Slow, Mood::Refuses, Mood::Flaps]);
        let settings = (weight, most);
        let peer = Peer { mood, settings, draining: false, removed: false, load: 0, contacts: 0, probe: None };
        self.peers.insert(id, peer);
    }

    /// Notes who may be chosen, before something happens.
    fn remember(&mut self) {
        let open = self.balancer.stats().failing_open;
        self.usable.clear();
        for id in self.peers.keys() {
            let status = self.balancer.backend(*id, self.now).unwrap();
            self.usable.insert(*id, open || status.health == Health::Up);
        }
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Arrival => self.arrive(),
            Event::Answer { attempt } => self.answer(attempt),
            Event::Hangup { guest } => self.hang_up(guest),
            Event::ProbeAnswer { probe } => self.answer_probe(self.probes[probe]),
            Event::MoodSwing => {
                let ids: Vec<_> = self.balancer.backends().collect();
                if !ids.is_empty() {
                    let id = self.chance.of(&ids);
                    let moods =
                        [Mood::Well, Mood::Well, Mood::Slow, Mood::Refuses, Mood::Blackhole, Mood::Resets, Mood::Flaps];
                    let mood = self.chance.of(&moods);
                    self.note(|| format!("{id:?} is {mood:?} now"));
                    self.peers.get_mut(&id).unwrap().mood = mood;
                }
                let pause = ms(1 + self.chance.below(60));
                self.plan(pause, Event::MoodSwing);
            }
            Event::Operator => {
                self.operate();
                let pause = ms(1 + self.chance.below(200));
                self.plan(pause, Event::Operator);
            }
        }
        Ok(())
    }

    fn arrive(&mut self) {
        let client = Client { key: self.chance.below(40), source: self.chance.below(30) };
        match self.balancer.accept(client, self.now) {
            Ok(id) => {
                self.note(|| format!("{id:?} arrives"));
                self.counts.accepted += 1;
                self.serial += 1;
                let number = usize::try_from(self.serial).unwrap();
                let guest = Guest {
                    phase: Phase::Accepted,
                    since: self.now,
                    ticket: Some(self.serial),
                    first_attempt: None,
                    tried: Vec::new(),
                    by: None,
                };
                self.guests.insert(number, (id, guest));
                assert_eq!(self.by_id.insert(id, number), None, "an id is taken twice");
                let stay = ms(self.chance.below(120));
                self.plan(stay, Event::Hangup { guest: number });
            }
            Err(why) => {
                self.counts.rejected += 1;
                self.note(|| format!("a client is rejected at once: {why:?}"));
            }
        }
        let pause = if self.chance.one_in(20) { ms(self.chance.below(100)) } else { ms(self.chance.below(5)) };
        self.plan(pause, Event::Arrival);
    }

    /// An attempt comes to its end, as the network has it; whether the balancer still wants to know or not.
    fn answer(&mut self, number: usize) {
        let (attempt, backend) = self.attempts[number];
        let current = self.by_id.get(&attempt.connection).copied().filter(|guest| {
            self.guests.get(guest).is_some_and(|(_, guest)| guest.phase == Phase::Connecting { attempt, backend })
        });
        let mood = self.peers.get(&backend).map_or(Mood::Refuses, |peer| peer.mood);
        let failed = match mood {
            Mood::Refuses => Some(ConnectError::Refused),
            Mood::Flaps if attempt.number % 2 == 0 => Some(ConnectError::Unreachable),
            Mood::Well if self.chance.one_in(200) => Some(ConnectError::Local),
            _ => None,
        };
        self.note(|| format!("{attempt:?} with {backend:?}: {failed:?}, awaited: {}", current.is_some()));
        let said = match failed {
            Some(how) => self.balancer.connect_failed(attempt, how, self.now),
            None => self.balancer.connected(attempt, self.now),
        };
        assert_eq!(said.is_ok(), current.is_some(), "a void attempt was taken, or a current one wasn't");
        let Some(number) = current else { return };
        let (_, guest) = self.guests.get_mut(&number).unwrap();
        guest.since = self.now;
        if failed.is_some() {
            self.peers.get_mut(&backend).unwrap().load -= 1;
            guest.tried.push(backend);
            guest.phase = Phase::Accepted;
            return;
        }
        self.counts.connected += 1;
        guest.phase = Phase::Running { backend };
        guest.by = None;
        if mood == Mood::Resets {
            self.end(number, Closed { sent: 3, received: 0, ending: Ending::Backend });
        }
    }

    fn end(&mut self, number: usize, closed: Closed) {
        let (id, guest) = self.guests.remove(&number).unwrap();
        let Phase::Running { backend } = guest.phase else { panic!("not running") };
        self.note(|| format!("{id:?} ends: {closed:?}"));
        self.peers.get_mut(&backend).unwrap().load -= 1;
        self.by_id.remove(&id);
        self.balancer.closed(id, closed, self.now).unwrap();
        assert!(self.balancer.closed(id, closed, self.now).is_err(), "ended twice");
    }

    fn hang_up(&mut self, number: usize) {
        let Some((id, guest)) = self.guests.get(&number) else { return };
        let id = *id;
        match guest.phase {
            Phase::Running { .. } => {
                let ending = self.chance.of(&[Ending::Clean, Ending::Clean, Ending::Client, Ending::Backend]);
                let received = self.chance.below(3);
                self.end(number, Closed { sent: 5, received, ending });
            }
            // Most are patient.
            _ if !self.closing && !self.chance.one_in(4) => self.plan(ms(50), Event::Hangup { guest: number }),
            phase => {
                self.note(|| format!("{id:?} leaves early"));
                if let Phase::Connecting { backend, .. } = phase {
                    self.peers.get_mut(&backend).unwrap().load -= 1;
                }
                self.counts.abandoned += 1;
                self.guests.remove(&number);
                self.by_id.remove(&id);
                self.balancer.abandon(id, self.now).unwrap();
                assert!(self.balancer.abandon(id, self.now).is_err(), "left twice");
            }
        }
    }

    fn answer_probe(&mut self, probe: ProbeId) {
        let Some((id, peer)) = self.peers.iter_mut().find(|(_, peer)| peer.probe == Some(probe)) else {
            // Answered too late, or its backend is gone.
            let _ = self.balancer.probed(probe, true, self.now);
            return;
        };
        peer.contacts += 1;
        let well = match peer.mood {
            Mood::Well | Mood::Slow | Mood::Resets => true,
            Mood::Refuses | Mood::Blackhole => false,
            Mood::Flaps => peer.contacts % 5 < 2,
        };
        peer.probe = None;
        let id = *id;
        let said = self.balancer.probed(probe, well, self.now);
        self.note(|| format!("check of {id:?}: {well}, {said:?}"));
    }

    fn operate(&mut self) {
        let ids: Vec<_> = self.balancer.backends().collect();
        let action = self.chance.below(8);
        if ids.is_empty() || action == 0 {
            if ids.len() < 12 {
                self.add();
            }
            return;
        }
        let id = self.chance.of(&ids);
        let now = self.now;
        let close = self.chance.one_in(2).then_some(now + ms(self.chance.below(100)));
        let (weight, most) = (self.chance.of(&[0, 1, 3, 7]), self.chance.of(&[1, 4, 30]));
        let peer = self.peers.get_mut(&id).unwrap();
        let what = match action {
            1 if self.balancer.remove(id, close).is_ok() => {
                (peer.removed, peer.draining) = (true, true);
                "remove"
            }
            2 | 3 if self.balancer.drain(id, close).is_ok() => {
                peer.draining = true;
                "drain"
            }
            4 | 5 if self.balancer.resume(id, now).is_ok() => {
                peer.draining = false;
                "resume"
            }
            6 if self.balancer.update(id, weight, most).is_ok() => {
                peer.settings = (weight, most);
                "update"
            }
            7 => {
                let (config, rules) = config(&mut self.chance);
                self.rules = rules;
                self.note(|| format!("{config:?}"));
                self.balancer.reconfigure(config, now);
                "reconfigure, and nothing with"
            }
            _ => "fail at",
        };
        self.note(|| format!("operator: {what} {id:?} {close:?} {weight} {most}"));
    }

    /// Does what the balancer wants, and checks it.
    fn drain(&mut self) -> Result<(), String> {
        for _ in 0..10_000 {
            let Some(action) = self.balancer.next(self.now) else { return self.check() };
            self.note(|| format!("  {action:?}"));
            match action {
                Action::Connect { attempt, backend, deadline } => self.connect(attempt, backend, deadline)?,
                Action::Queue { connection } => self.queue(connection)?,
                Action::Reject { connection, why } => self.reject(connection, why)?,
                Action::Probe { probe, backend, deadline, .. } => {
                    let peer = self.peers.get_mut(&backend).ok_or("a check of nobody")?;
                    ensure!(!peer.removed, "a check of one that was removed");
                    ensure!(deadline > self.now, "a check without time");
                    peer.probe = Some(probe);
                    self.probes.push(probe);
                    if peer.mood != Mood::Blackhole {
                        let took = ms(self.chance.below(20));
                        self.plan(took, Event::ProbeAnswer { probe: self.probes.len() - 1 });
                    }
                }
                Action::CloseAll { backend } => self.close_all(backend),
                Action::Health { backend, health } => {
                    self.counts.downs += u64::from(health == Health::Down);
                    self.counts.ejections += u64::from(health == Health::Ejected);
                    ensure!(self.peers.contains_key(&backend), "news of nobody");
                }
                Action::Released { backend } => {
                    self.counts.released += 1;
                    let peer = self.peers.remove(&backend).ok_or("released twice")?;
                    ensure!(peer.removed && peer.load == 0, "released, but {peer:?}");
                }
                other => return Err(format!("unknown: {other:?}")),
            }
        }
        Err("actions without end".to_owned())
    }

    fn guest(&mut self, id: ConnectionId) -> Result<&mut Guest, String> {
        let number = self.by_id.get(&id).ok_or("an action for nobody")?;
        Ok(&mut self.guests.get_mut(number).unwrap().1)
    }

    /// What it was doing is void: an attempt that the balancer gave up.
    fn give_up(&mut self, id: ConnectionId) -> Result<(), String> {
        let now = self.now;
        let guest = self.guest(id)?;
        if let Phase::Connecting { backend, .. } = guest.phase {
            ensure!(guest.by == Some(now), "given up at another time than {:?}", guest.by);
            guest.tried.push(backend);
            guest.phase = Phase::Accepted;
            self.peers.get_mut(&backend).unwrap().load -= 1;
        }
        Ok(())
    }

    fn connect(&mut self, attempt: Attempt, backend: BackendId, deadline: Instant) -> Result<(), String> {
        let id = attempt.connection;
        self.give_up(id)?;
        let (now, rules) = (self.now, self.rules.clone());
        let earlier = {
            let ticket = self.guest(id)?.ticket;
            let waits = |guest: &Guest| guest.phase == Phase::Queued && guest.ticket.is_some() && guest.ticket < ticket;
            ticket.is_some() && self.guests.values().any(|(_, guest)| waits(guest))
        };
        ensure!(!earlier, "someone came before {id:?}");
        let guest = self.guest(id)?;
        let first = *guest.first_attempt.get_or_insert(now);
        let retried = !guest.tried.is_empty();
        ensure!(!guest.tried.contains(&backend), "{backend:?} was tried before");
        ensure!(usize::from(attempt.number) == guest.tried.len(), "attempts are miscounted");
        ensure!(guest.phase == Phase::Accepted || guest.phase == Phase::Queued, "connected twice: {guest:?}");
        ensure!(now < first + Duration::from_secs(1), "an attempt after the overall deadline");
        ensure!(deadline > now && deadline <= now + rules.attempt_timeout, "a wrong deadline");
        guest.phase = Phase::Connecting { attempt, backend };
        (guest.since, guest.by, guest.ticket) = (now, Some(deadline), None);
        self.counts.retries += u64::from(retried);

        let peer = self.peers.get_mut(&backend).ok_or("connect to nobody")?;
        peer.load += 1;
        ensure!(!peer.draining && !peer.removed, "{backend:?} is drained");
        ensure!(peer.settings.0 > 0, "{backend:?} has no weight");
        ensure!(peer.load <= peer.settings.1, "{backend:?} is over its limit");
        let total: u32 = self.peers.values().map(|peer| peer.load).sum();
        ensure!(total <= rules.max_connections, "{total} connections");
        let stats = self.balancer.stats();
        let is_up = self.balancer.backend(backend, now).unwrap().health == Health::Up;
        let was_usable = self.usable.get(&backend).copied().unwrap_or(true);
        ensure!(is_up || stats.failing_open || was_usable, "{backend:?} isn't well");
        self.counts.failed_open += u64::from(!is_up && stats.failing_open);

        self.attempts.push((attempt, backend));
        let took = match self.peers[&backend].mood {
            // Never an answer.
            Mood::Blackhole => return Ok(()),
            Mood::Slow => ms(5 + self.chance.below(60)),
            _ => Duration::from_micros(self.chance.below(2000)),
        };
        self.plan(took, Event::Answer { attempt: self.attempts.len() - 1 });
        Ok(())
    }

    fn queue(&mut self, id: ConnectionId) -> Result<(), String> {
        self.give_up(id)?;
        self.counts.queued += 1;
        let (now, rules) = (self.now, self.rules.clone());
        let guest = self.guest(id)?;
        ensure!(guest.phase == Phase::Accepted, "queued out of turn: {guest:?}");
        guest.phase = Phase::Queued;
        (guest.since, guest.by) = (now, Some(now + rules.queue_timeout));
        ensure!(self.balancer.stats().queued <= rules.max_queue, "the queue is too long");
        Ok(())
    }

    fn reject(&mut self, id: ConnectionId, why: Reject) -> Result<(), String> {
        self.give_up(id)?;
        let now = self.now;
        let rules = self.rules.clone();
        let guest = self.guest(id)?;
        match why {
            Reject::QueueTimeout => {
                let by = guest.by.filter(|_| guest.phase == Phase::Queued).ok_or("it didn't wait")?;
                let last = guest.first_attempt.is_some();
                ensure!(now == by || (last && now < by), "rejected at {now:?}, not at {by:?}");
            }
            Reject::Connect(_) => ensure!(!guest.tried.is_empty(), "nothing was tried"),
            Reject::QueueFull => {}
            Reject::NoBackend => {
                let wanted = self.balancer.stats().backends;
                ensure!(wanted == 0 || rules.fail_open.is_none(), "someone could have been tried");
            }
            why => return Err(format!("too late for {why:?}")),
        }
        self.counts.rejected += 1;
        let number = self.by_id.remove(&id).unwrap();
        self.guests.remove(&number);
        Ok(())
    }

    fn close_all(&mut self, backend: BackendId) {
        let all: Vec<usize> = self.guests.keys().copied().collect();
        for number in all {
            let (_, guest) = &self.guests[&number];
            match guest.phase {
                Phase::Running { backend: its } if its == backend => {
                    self.end(number, Closed { sent: 0, received: 0, ending: Ending::Local });
                }
                Phase::Connecting { attempt, backend: its } if its == backend => {
                    self.balancer.connect_failed(attempt, ConnectError::Local, self.now).unwrap();
                    self.peers.get_mut(&backend).unwrap().load -= 1;
                    let (_, guest) = self.guests.get_mut(&number).unwrap();
                    guest.tried.push(backend);
                    guest.phase = Phase::Accepted;
                }
                _ => {}
            }
        }
    }

    /// What holds whenever the balancer has said all.
    fn check(&mut self) -> Result<(), String> {
        let (stats, now) = (self.balancer.stats(), self.now);
        ensure!(self.balancer.deadline().is_none_or(|deadline| deadline > now), "a deadline is left in the past");
        ensure!(stats.ejected * 100 <= self.rules.max_ejected * stats.backends, "too many ejected: {stats:?}");
        let should_open = self
            .rules
            .fail_open
            .is_some_and(|percent| stats.well == 0 || stats.well * 100 < u32::from(percent) * stats.backends);
        ensure!(stats.failing_open == should_open, "failing open, or not: {stats:?}");
        let mut waits_fresh = false;
        let mut counted = [0; 3];
        for (id, guest) in self.guests.values() {
            ensure!(guest.phase != Phase::Accepted, "{id:?} was told nothing");
            ensure!(guest.by.is_none_or(|by| now < by), "{id:?} should have been told by {:?}", guest.by);
            waits_fresh |= guest.phase == Phase::Queued && guest.ticket.is_some();
            counted[match guest.phase {
                Phase::Connecting { .. } => 0,
                Phase::Running { .. } => 1,
                Phase::Queued | Phase::Accepted => 2,
            }] += 1;
        }
        ensure!(counted == [stats.connecting, stats.running, stats.queued], "miscounted {counted:?}: {stats:?}");
        let mut open = false;
        for (id, peer) in &self.peers {
            let status = self.balancer.backend(*id, now).ok_or("a backend is missing")?;
            ensure!(status.connecting + status.running == peer.load, "{id:?}: {status:?}, not {}", peer.load);
            let wanted = !peer.draining && peer.settings.0 > 0;
            open |= wanted && peer.load < peer.settings.1 && (stats.failing_open || status.health == Health::Up);
        }
        let full = stats.connecting + stats.running >= self.rules.max_connections;
        ensure!(!waits_fresh || full || !open, "someone waits, but there is a place");
        Ok(())
    }
}
