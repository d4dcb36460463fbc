//! One thread: its listener, its connections, its pipes.

use crate::connection::{Connection, Shared, Turn};
use crate::metrics::{Shard, add, set};
use crate::options::Options;
use crate::poller::{About, Events, Key, Poller, TURNS};
use crate::prelude::Prelude;
use crate::route::{End, Id, Order, Peer, Refusal, Route};
use barewire::Instant;
use barewire::balance::relay::{Pipes, PipesConfig, Side};
use barewire::time::earliest;
use barewire_drive::serve::is_about_one;
use barewire_drive::{Stop, now};
use core::time::Duration;
use rustix::net::{SocketFlags, acceptfrom_with, getsockname, sockopt};
use std::collections::{BTreeSet, VecDeque};
use std::io::{self, ErrorKind};
use std::mem;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

/// How many connections are accepted before those that there are have their turn.
const ACCEPTS: usize = 64;

/// How soon to look whether accepting can go on, if nothing was closed meanwhile.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct Worker<R> {
    poller: Poller,
    listeners: Vec<TcpListener>,
    listening: bool,
    /// Those at which somebody waits.
    calling: Vec<u32>,
    resume: Option<Instant>,
    /// Kept for a backend's socket when there is no descriptor left. Nothing is accepted without it.
    spare: Option<OwnedFd>,
    places: Vec<Place>,
    free: Vec<u32>,
    active: usize,
    limit: usize,
    timers: BTreeSet<(Instant, Key)>,
    busy: VecDeque<Key>,
    shared: Shared,
    route: R,
    shard: Arc<Shard>,
    /// When whatever still runs is cut.
    end: Option<Instant>,
    grace: Duration,
    now: Instant,
    cut: u64,
}

/// A box each: a connection that isn't there takes little room.
struct Place {
    turn: u32,
    connection: Option<Box<Connection>>,
}

impl<R: Route> Worker<R> {
    pub(crate) fn new(
        listeners: Vec<TcpListener>,
        route: R,
        options: &Options,
        (pipes, limit): (PipesConfig, usize),
        shard: Arc<Shard>,
    ) -> io::Result<Self> {
        for listener in &listeners {
            listener.set_nonblocking(true)?;
            // Whoever is accepted inherits it.
            sockopt::set_tcp_nodelay(listener, true)?;
        }
        let poller = Poller::new()?;
        let spare = poller.spare();
        Ok(Self {
            poller,
            listeners,
            listening: false,
            calling: Vec::new(),
            resume: None,
            spare,
            places: Vec::new(),
            free: Vec::new(),
            active: 0,
            limit,
            timers: BTreeSet::new(),
            busy: VecDeque::new(),
            shared: Shared {
                pipes: Pipes::new(pipes),
                scratch: vec![0; options.scratch],
                config: options.relay.clone(),
            },
            route,
            shard,
            end: None,
            grace: options.grace,
            now: now(),
            cut: 0,
        })
    }

    /// Runs until the stop and the end of the last connection. Says how many were cut.
    pub(crate) fn run(mut self, stop: &Stop) -> io::Result<u64> {
        self.poller.listen(stop.descriptor()?, About::Stop)?;
        if let Some(descriptor) = self.route.descriptor() {
            self.poller.listen(descriptor, About::Route)?;
        }
        self.listen();
        let mut events = Events::new();
        loop {
            self.work();
            if self.end.is_some() && self.active == 0 {
                return Ok(self.cut);
            }
            let until = self.until();
            self.poller.wait(&mut events, self.now, until)?;
            self.now = now();
            for (about, ready) in events.iter() {
                match about {
                    About::Listener(number) => self.calling.push(number),
                    About::Stop => self.stop(stop),
                    About::Route => self.route.woken(self.now),
                    About::Socket(key, side) => {
                        let now = self.now;
                        if let Some(connection) = self.connection(key) {
                            connection.ready(side, ready, now);
                            self.wake(key);
                        }
                    }
                }
            }
        }
    }

    fn until(&mut self) -> Option<Instant> {
        if !self.busy.is_empty() {
            return Some(self.now);
        }
        let timer = self.timers.first().map(|(at, _)| *at);
        let pipes = self.shared.pipes.trim(self.now);
        set(&self.shard.pipes_in_use, self.shared.pipes.lent() as u64);
        set(&self.shard.pipe_pages, self.shared.pipes.pages() as u64);
        [self.resume, self.end, pipes, self.route.deadline()].into_iter().fold(timer, earliest)
    }

    /// What is due, and what has something to do: each once.
    fn work(&mut self) {
        let now = self.now;
        while let Some(&(at, key)) = self.timers.first().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, key));
            if let Some(connection) = self.connection(key) {
                connection.armed = None;
                self.wake(key);
            }
        }
        if self.end.is_some_and(|end| end <= now) {
            self.end = Some(Instant::FAR_FUTURE);
            self.cut_all();
        }
        for _ in 0..self.busy.len() {
            let Some(key) = self.busy.pop_front() else { break };
            self.turn(key);
        }
        // After them: the route, too, has timers, and what was done in time must have been told before they are due.
        for number in mem::take(&mut self.calling) {
            self.accept(number);
        }
        while let Some(order) = self.route.next(self.now) {
            self.obey(order);
        }
        if self.resume.is_some_and(|resume| resume <= now) {
            self.listen();
        }
    }

    fn connection(&mut self, key: Key) -> Option<&mut Connection> {
        let place = self.places.get_mut(key.index as usize)?;
        place.connection.as_deref_mut().filter(|_| place.turn == key.turn)
    }

    fn wake(&mut self, key: Key) {
        if let Some(connection) = self.connection(key) {
            if !connection.queued {
                connection.queued = true;
                self.busy.push_back(key);
            }
        }
    }

    fn turn(&mut self, key: Key) {
        let place = self.places.get_mut(key.index as usize).filter(|place| place.turn == key.turn);
        let Some(connection) = place.and_then(|place| place.connection.as_deref_mut()) else { return };
        connection.queued = false;
        let turn = connection.turn(&mut self.shared, self.now);
        let moved = connection.moved();
        add(&self.shard.bytes_spliced, moved.spliced);
        add(&self.shard.bytes_copied, moved.copied);
        add(&self.shard.pipe_denied, moved.denied);
        match turn {
            Turn::Again => self.wake(key),
            Turn::Until(until) => self.arm(key, until),
            Turn::Greeted(peer) => {
                self.route.accepted(Id(key), &peer, self.now);
                self.wake(key);
            }
            Turn::Connected => {
                self.route.connected(Id(key), self.now);
                self.wake(key);
            }
            Turn::Failed(why) => {
                add(&self.shard.connect_failed, 1);
                self.route.failed(Id(key), why, self.now);
                self.wake(key);
            }
            Turn::Over(end) => self.close(key, &end),
        }
    }

    /// A timer that is early is left alone: when it fires, its connection says what it waits for.
    fn arm(&mut self, key: Key, until: Option<Instant>) {
        let Some(until) = until.filter(|until| *until != Instant::FAR_FUTURE) else { return };
        let Some(connection) = self.connection(key) else { return };
        let before = connection.armed.filter(|armed| *armed <= until);
        if before.is_none() {
            let later = connection.armed.replace(until);
            if let Some(later) = later {
                self.timers.remove(&(later, key));
            }
            self.timers.insert((until, key));
        }
    }

    fn close(&mut self, key: Key, end: &End) {
        let Some(place) = self.places.get_mut(key.index as usize).filter(|place| place.turn == key.turn) else {
            return;
        };
        let Some(connection) = place.connection.take() else { return };
        place.turn = (place.turn + 1) & TURNS;
        self.free.push(key.index);
        self.active -= 1;
        if let Some(armed) = connection.armed {
            self.timers.remove(&(armed, key));
        }
        let known = connection.is_known();
        drop(connection);
        set(&self.shard.active, self.active as u64);
        if known {
            self.route.closed(Id(key), end, self.now);
        }
        if self.resume.is_some() {
            self.listen();
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Connect { id: Id(key), to, until, preamble } => {
                if !self.connection(key).is_some_and(|connection| connection.waits()) {
                    return;
                }
                let begun = self.socket(|| to.socket()).and_then(|backend| {
                    let connected = to.connect(&backend)?;
                    self.poller.watch(&backend, key, Side::Backend)?;
                    Ok((backend, connected))
                });
                match begun {
                    Ok((backend, connected)) => {
                        if let Some(connection) = self.connection(key) {
                            connection.connect(backend, connected, preamble, until);
                        }
                        self.wake(key);
                    }
                    Err(error) => {
                        add(&self.shard.connect_failed, 1);
                        self.route.failed(Id(key), error.kind(), self.now);
                    }
                }
            }
            Order::Queue { id: Id(key) } => {
                if let Some(connection) = self.connection(key) {
                    connection.wait();
                    self.wake(key);
                }
            }
            Order::Reject { id: Id(key), how } => {
                if let Some(connection) = self.connection(key).filter(|connection| connection.waits()) {
                    if how == Refusal::Reset {
                        // It can fail only if the client is gone.
                        let _ = sockopt::set_socket_linger(&connection.client, Some(Duration::ZERO));
                    }
                    self.close(key, &End::Rejected);
                }
            }
            Order::Cut { id: Id(key) } => {
                if let Some(connection) = self.connection(key) {
                    connection.cut();
                    self.wake(key);
                }
            }
        }
    }

    /// A backend's socket: if there is no descriptor left, in place of a pipe that nobody uses, or of the spare one.
    fn socket(&mut self, make: impl Fn() -> io::Result<OwnedFd>) -> io::Result<OwnedFd> {
        match make() {
            Err(error) if is_about_us(&error) => {}
            made => return made,
        }
        self.shared.pipes.trim(Instant::FAR_FUTURE);
        match make() {
            Err(error) if is_about_us(&error) => {}
            made => return made,
        }
        self.spare = None;
        self.pause();
        make()
    }

    /// Says whether more may be waiting.
    fn accept(&mut self, number: u32) -> bool {
        for _ in 0..ACCEPTS {
            let listening = self.listeners.get(number as usize).filter(|_| self.listening);
            let Some(listener) = listening else { return false };
            if self.active >= self.limit {
                self.pause();
                return false;
            }
            let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
            let accepted = acceptfrom_with(listener, flags).map_err(io::Error::from);
            match accepted {
                Ok((client, address)) => {
                    let address = address.and_then(|address| SocketAddr::try_from(address).ok());
                    self.welcome(client, Peer { address, listener: number as usize, ..Peer::default() });
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) if is_about_one(&error) => {}
                Err(_) => {
                    self.shared.pipes.trim(Instant::FAR_FUTURE);
                    self.pause();
                    return false;
                }
            }
            while let Some(order) = self.route.next(self.now) {
                self.obey(order);
            }
        }
        true
    }

    fn welcome(&mut self, client: OwnedFd, mut peer: Peer) {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place { turn: 0, connection: None });
            // Descriptors are fewer.
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        });
        let Some(place) = self.places.get_mut(index as usize) else { return };
        let key = Key { index, turn: place.turn };
        if self.poller.watch(client.as_fd(), key, Side::Client).is_err() {
            self.free.push(index);
            return;
        }
        let wants = self.route.wants(peer.listener);
        if wants.local {
            peer.local = getsockname(&client).ok().and_then(|address| SocketAddr::try_from(address).ok());
        }
        self.active += 1;
        add(&self.shard.accepted, 1);
        set(&self.shard.active, self.active as u64);
        match Prelude::new(peer, wants) {
            Ok(prelude) => {
                place.connection = Some(Box::new(Connection::new(client, Some(Box::new(prelude)))));
                self.wake(key);
            }
            Err(peer) => {
                place.connection = Some(Box::new(Connection::new(client, None)));
                self.route.accepted(Id(key), &peer, self.now);
            }
        }
    }

    /// Accepts no more for now: the system's queue holds who comes.
    fn pause(&mut self) {
        if self.listening {
            self.listeners.iter().for_each(|listener| self.poller.forget(listener));
            self.listening = false;
            add(&self.shard.paused, 1);
        }
        if !self.listeners.is_empty() {
            self.resume = Some(self.now + PAUSE);
        }
    }

    /// Accepts again, if there is a descriptor to spare and room.
    fn listen(&mut self) {
        if self.listeners.is_empty() {
            self.resume = None;
            return;
        }
        if self.spare.is_none() {
            self.spare = self.poller.spare();
        }
        let can = self.spare.is_some() && self.active < self.limit;
        if can && !self.listening {
            self.listening = (0..).zip(&self.listeners).all(|(number, listener)| {
                self.poller.forget(listener);
                self.poller.listen(listener, About::Listener(number)).is_ok()
            });
        }
        self.resume = (!self.listening).then(|| self.now + PAUSE);
    }

    fn stop(&mut self, stop: &Stop) {
        if let Ok(descriptor) = stop.descriptor() {
            self.poller.forget(descriptor);
        }
        // Who has come already is served: closing resets those in the system's queue.
        for number in 0..u32::try_from(self.listeners.len()).unwrap_or(0) {
            // As often as a queue may need, and not for as long as others come.
            (0..ACCEPTS).find(|_| !self.accept(number));
        }
        // Who comes now is refused at once instead of waiting for nothing.
        for listener in self.listeners.drain(..) {
            // Closing it would not do: another process may have it too.
            self.poller.forget(&listener);
        }
        self.listening = false;
        self.resume = None;
        self.end = Some(self.now + self.grace);
    }

    fn cut_all(&mut self) {
        for index in 0..self.places.len() {
            let Some(place) = self.places.get_mut(index) else { break };
            let Some(connection) = &mut place.connection else { continue };
            connection.cut();
            self.cut += 1;
            let key = Key { index: u32::try_from(index).unwrap_or(u32::MAX), turn: place.turn };
            self.wake(key);
        }
    }
}

/// Whether it is our descriptors or memory that are exhausted.
fn is_about_us(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let ours = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    error.raw_os_error().is_some_and(|code| ours.iter().any(|errno| errno.raw_os_error() == code))
}
