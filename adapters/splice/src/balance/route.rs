use super::Plan;
use super::check;
use super::control::{Command, Ear, Handle};
use super::plan::Share;
use super::pool::{Door, Running, preamble};
use crate::{End, Id, Order, Peer, Refusal, Route, Wants};
use barewire::Instant;
use barewire::balance::proxy::Addresses;
use barewire::balance::relay::{Counters, Ended, Side};
use barewire::balance::{self, Action, Attempt, BackendId, Closed, ConnectError, ConnectionId, Ending, Health, Reject};
use barewire::time::earliest;
use barewire_drive::now;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};

/// What happened, for logs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Note<'a> {
    /// A backend's health changed, as this thread sees it.
    Health {
        /// In which pool.
        pool: &'a str,
        /// Which.
        server: &'a str,
        /// To what.
        health: Health,
    },
    /// A connection is over.
    Access(Access<'a>),
}

/// A connection that is over.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Access<'a> {
    /// From where.
    pub client: Option<SocketAddr>,
    /// By which listener.
    pub listener: usize,
    /// Which name it asked for.
    pub name: Option<&'a str>,
    /// In which pool.
    pub pool: &'a str,
    /// With which backend, the last that was tried.
    pub server: Option<&'a str>,
    /// From its acceptance until it was connected.
    pub waited: Option<Duration>,
    /// From its acceptance to its end.
    pub lasted: Duration,
    /// Bytes from the client, with the preamble that was put before them.
    pub sent: u64,
    /// Bytes from the backend.
    pub received: u64,
    /// How it ended, once it was connected.
    pub ended: Option<Ended>,
    /// Why it was rejected.
    pub rejected: Option<Reject>,
}

struct Client {
    id: Id,
    pool: usize,
    connection: ConnectionId,
    attempt: Option<Attempt>,
    /// When that began.
    begun: Instant,
    backend: Option<BackendId>,
    since: Instant,
    connected: Option<Instant>,
    rejected: Option<Reject>,
    address: Option<SocketAddr>,
    listener: usize,
    /// What a backend may want to know, and what the log tells.
    extra: Option<Box<Extra>>,
}

struct Extra {
    addresses: Addresses,
    name: Option<Box<str>>,
}

/// The route of one thread of a load balancer.
pub struct Balanced {
    pools: Vec<Running>,
    doors: Vec<Door>,
    /// By the index of their names.
    clients: Vec<Option<Client>>,
    orders: VecDeque<Order>,
    share: Share,
    ear: Ear,
    handle: Handle,
    note: Box<dyn FnMut(Note<'_>) + Send>,
}

impl fmt::Debug for Balanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Balanced").field("pools", &self.pools.len()).field("share", &self.share).finish_non_exhaustive()
    }
}

impl Balanced {
    pub(super) fn new(
        plan: &Plan,
        share: Share,
        ear: Ear,
        handle: Handle,
        note: Box<dyn FnMut(Note<'_>) + Send>,
    ) -> Self {
        let (pools, doors, clients, orders) = (Vec::new(), Vec::new(), Vec::new(), VecDeque::new());
        let mut route = Self { pools, doors, clients, orders, share, ear, handle, note };
        route.load(plan, now());
        route
    }

    fn load(&mut self, plan: &Plan, now: Instant) {
        let mut places = Vec::new();
        for wanted in &plan.pools {
            let known = self.pools.iter_mut().position(|pool| pool.plan.name == wanted.name);
            let place = known.unwrap_or(self.pools.len());
            match self.pools.get_mut(place) {
                Some(pool) => pool.follow(wanted, self.share, now),
                None => self.pools.extend(Running::new(wanted, self.share, now)),
            }
            places.push(place);
        }
        for (place, pool) in self.pools.iter_mut().enumerate() {
            if !places.contains(&place) {
                pool.retire();
            }
        }
        self.doors = Door::all(plan, &places);
    }

    fn client(&mut self, id: Id) -> Option<&mut Client> {
        self.clients.get_mut(id.0.index as usize)?.as_mut().filter(|client| client.id == id)
    }

    fn act(&mut self, place: usize, action: Action, now: Instant) {
        let Some(pool) = self.pools.get_mut(place) else { return };
        match action {
            Action::Connect { attempt, backend, deadline } => {
                let (Some(id), Some(to), version) =
                    (pool.id(attempt.connection), pool.address(backend), pool.plan.proxy)
                else {
                    return;
                };
                let Some(client) = self.client(id) else { return };
                (client.attempt, client.backend, client.begun) = (Some(attempt), Some(backend), now);
                let addresses = client.extra.as_ref().map_or(Addresses::Unspecified, |extra| extra.addresses.clone());
                let preamble = version.map_or_else(Vec::new, |version| preamble(version, addresses));
                self.orders.push_back(Order::Connect { id, to, until: deadline, preamble });
            }
            Action::Queue { connection } => {
                let Some(id) = pool.id(connection) else { return };
                if let Some(client) = self.client(id) {
                    client.attempt = None;
                }
                self.orders.push_back(Order::Queue { id });
            }
            Action::Reject { connection, why } => {
                let Some(id) = pool.id(connection) else { return };
                pool.set(connection, None);
                if let Some(client) = self.client(id) {
                    client.rejected = Some(why);
                }
                self.orders.push_back(Order::Reject { id, how: Refusal::Reset });
            }
            Action::Probe { probe, backend, check, deadline } => {
                let Some(to) = pool.address(backend) else { return };
                let (http, proxied) = (pool.plan.http.clone(), pool.plan.proxy.is_some());
                let handle = self.handle.clone();
                smol::spawn(async move {
                    let well = check::run(to, check, http, proxied, deadline - now).await;
                    handle.tell(Command::Probed { pool: place, probe, well });
                })
                .detach();
            }
            Action::CloseAll { backend } => self.close_all(place, backend, now),
            Action::Health { backend, health } => {
                if let Some(server) = pool.server(backend) {
                    (self.note)(Note::Health { pool: &pool.plan.name, server: &server.name, health });
                }
            }
            Action::Released { backend } => pool.released(backend),
            _ => {}
        }
    }

    fn close_all(&mut self, place: usize, backend: BackendId, now: Instant) {
        let theirs = |client: &&mut Client| client.pool == place && client.backend == Some(backend);
        for client in self.clients.iter_mut().flatten().filter(theirs) {
            if client.connected.is_some() {
                self.orders.push_back(Order::Cut { id: client.id });
            } else if let (Some(attempt), Some(pool)) = (client.attempt.take(), self.pools.get_mut(place)) {
                // Another backend may serve it. What is void was given up already.
                let _ = pool.balancer.connect_failed(attempt, ConnectError::Local, now);
            }
        }
    }

    /// Tells of a connection that is over.
    fn write(&mut self, client: &Client, ended: Option<(Ended, Closed)>, now: Instant) {
        let Some(pool) = self.pools.get(client.pool) else { return };
        let server = client.backend.and_then(|backend| pool.server(backend));
        let closed = ended.map(|(_, closed)| closed);
        (self.note)(Note::Access(Access {
            client: client.address,
            listener: client.listener,
            name: client.extra.as_ref().and_then(|extra| extra.name.as_deref()),
            pool: &pool.plan.name,
            server: server.map(|server| server.name.as_str()),
            waited: client.connected.map(|at| at - client.since),
            lasted: now - client.since,
            sent: closed.map_or(0, |closed| closed.sent),
            received: closed.map_or(0, |closed| closed.received),
            ended: ended.map(|(ended, _)| ended),
            rejected: client.rejected,
        }));
    }
}

impl Route for Balanced {
    fn wants(&mut self, listener: usize) -> Wants {
        self.doors.get(listener).map(|door| door.wants.clone()).unwrap_or_default()
    }

    fn accepted(&mut self, id: Id, peer: &Peer, now: Instant) {
        let name = peer.hello.as_ref().and_then(|hello| hello.server_name());
        let place = self.doors.get(peer.listener).and_then(|door| door.pool(name));
        let Some((place, pool)) = place.and_then(|place| Some((place, self.pools.get_mut(place)?))) else {
            return self.orders.push_back(Order::Reject { id, how: Refusal::Reset });
        };
        let said = peer.header.as_ref().filter(|header| !header.is_local()).map(|header| header.addresses().clone());
        let known = peer.address.zip(peer.local).map(|(source, local)| Addresses::tcp(source, local));
        let addresses = said.or(known).filter(|_| pool.plan.proxy.is_some());
        let extra = (addresses.is_some() || name.is_some()).then(|| {
            Box::new(Extra { addresses: addresses.unwrap_or(Addresses::Unspecified), name: name.map(Box::from) })
        });
        let source = peer.address.map_or([127, 0, 0, 1].into(), |address| address.ip());
        let accepted = pool.balancer.accept(balance::Client::from_ip(0, source), now);
        let client = |connection, rejected| Client {
            id,
            pool: place,
            connection,
            attempt: None,
            begun: now,
            backend: None,
            since: now,
            connected: None,
            rejected,
            address: peer.address,
            listener: peer.listener,
            extra,
        };
        match accepted {
            Ok(connection) => {
                pool.set(connection, Some(id));
                let index = id.0.index as usize;
                if self.clients.len() <= index {
                    self.clients.resize_with(index + 1, || None);
                }
                self.clients[index] = Some(client(connection, None));
            }
            Err(why) => {
                (self.note)(Note::Access(Access {
                    client: peer.address,
                    listener: peer.listener,
                    name,
                    pool: &pool.plan.name,
                    server: None,
                    waited: None,
                    lasted: Duration::ZERO,
                    sent: 0,
                    received: 0,
                    ended: None,
                    rejected: Some(why),
                }));
                self.orders.push_back(Order::Reject { id, how: Refusal::Reset });
            }
        }
    }

    fn connected(&mut self, id: Id, now: Instant) {
        let Some(client) = self.client(id) else { return };
        let (place, begun, attempt) = (client.pool, client.begun, client.attempt.take());
        client.connected = Some(now);
        let Some(pool) = self.pools.get_mut(place) else { return };
        match attempt.map(|attempt| pool.balancer.connected(attempt, now)) {
            Some(Ok(())) => pool.latencies.add(now - begun),
            // Nobody counts it.
            _ => self.orders.push_back(Order::Cut { id }),
        }
    }

    fn failed(&mut self, id: Id, why: ErrorKind, now: Instant) {
        let Some(client) = self.client(id) else { return };
        let (place, attempt) = (client.pool, client.attempt.take());
        if let (Some(attempt), Some(pool)) = (attempt, self.pools.get_mut(place)) {
            // It may have given it up before: then its orders are on their way.
            let _ = pool.balancer.connect_failed(attempt, blame(why), now);
        }
    }

    fn closed(&mut self, id: Id, end: &End, now: Instant) {
        let Some(client) = self.clients.get_mut(id.0.index as usize).and_then(|place| place.take_if(|it| it.id == id))
        else {
            return;
        };
        let Some(pool) = self.pools.get_mut(client.pool) else { return };
        let mut relayed = None;
        match end {
            End::Relayed(summary) => {
                let bytes = |counters: Counters| counters.spliced + counters.copied;
                let (sent, received) = (bytes(summary.up), bytes(summary.down));
                let closed = Closed { sent, received, ending: ending(summary.ended) };
                relayed = Some((summary.ended, closed));
                let _ = pool.balancer.closed(client.connection, closed, now);
            }
            End::Left | End::Rejected if client.rejected.is_none() => {
                let _ = pool.balancer.abandon(client.connection, now);
            }
            End::Left | End::Rejected => {}
        }
        if client.rejected.is_none() {
            pool.set(client.connection, None);
        }
        self.write(&client, relayed, now);
    }

    fn next(&mut self, now: Instant) -> Option<Order> {
        loop {
            if let Some(order) = self.orders.pop_front() {
                return Some(order);
            }
            let mut pools = self.pools.iter_mut().enumerate();
            let (place, action) = pools.find_map(|(place, pool)| Some((place, pool.balancer.next(now)?)))?;
            self.act(place, action, now);
        }
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.ear.wakes.as_fd())
    }

    fn woken(&mut self, now: Instant) {
        // Those that come meanwhile wake again.
        while matches!((&self.ear.wakes).read(&mut [0; 64]), Ok(64)) {}
        while let Ok(command) = self.ear.commands.try_recv() {
            match command {
                Command::Load(plan) => self.load(&plan, now),
                Command::Probed { pool, probe, well } => {
                    if let Some(pool) = self.pools.get_mut(pool) {
                        // It may be too late.
                        let _ = pool.balancer.probed(probe, well, now);
                    }
                }
                Command::View(to) => {
                    // Who asked may not wait any more.
                    let _ = to.send(self.pools.iter().map(|pool| pool.view(now)).collect());
                }
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.pools.iter().map(|pool| pool.balancer.deadline()).fold(None, earliest)
    }
}

fn blame(why: ErrorKind) -> ConnectError {
    match why {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::NotFound | ErrorKind::WouldBlock => {
            ConnectError::Refused
        }
        ErrorKind::TimedOut => ConnectError::TimedOut,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::PermissionDenied => {
            ConnectError::Unreachable
        }
        _ => ConnectError::Local,
    }
}

fn ending(ended: Ended) -> Ending {
    match ended {
        Ended::Closed => Ending::Clean,
        Ended::Broken(Side::Backend) => Ending::Backend,
        Ended::Broken(Side::Client) | Ended::BothBroken => Ending::Client,
        _ => Ending::Local,
    }
}
