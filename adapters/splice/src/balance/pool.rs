use super::control::{Latencies, PoolView};
use super::plan::{Plan, Pool, Server, Share};
use crate::{Address, Id};
use barewire::Instant;
use barewire::balance::proxy::Version;
use barewire::balance::{Backend, BackendId, Balancer, ConnectionId, key};

/// A pool as it runs in one thread.
pub(super) struct Running {
    pub(super) plan: Pool,
    pub(super) balancer: Balancer,
    /// By the backends' index.
    servers: Vec<Option<(BackendId, Server)>>,
    /// Those that only end their connections.
    removed: Vec<BackendId>,
    /// By the connections' index.
    pub(super) ids: Vec<Option<Id>>,
    pub(super) latencies: Latencies,
}

impl Running {
    pub(super) fn new(plan: &Pool, share: Share, now: Instant) -> Option<Self> {
        let balancer = Balancer::new(share.config(plan).ok()?);
        let mut pool = Self {
            plan: plan.clone(),
            balancer,
            servers: Vec::new(),
            removed: Vec::new(),
            ids: Vec::new(),
            latencies: Latencies::default(),
        };
        pool.follow(plan, share, now);
        Some(pool)
    }

    /// Goes by another plan. What can't be of it was refused before.
    pub(super) fn follow(&mut self, plan: &Pool, share: Share, now: Instant) {
        if let Ok(config) = share.config(plan) {
            self.balancer.reconfigure(config, now);
        }
        self.plan = plan.clone();
        for place in 0..self.servers.len() {
            let Some((id, server)) = self.servers.get(place).and_then(Option::as_ref) else { continue };
            let same = |other: &Server| other.name == server.name && other.address == server.address;
            if !plan.servers.iter().any(same) {
                self.remove(*id);
            }
        }
        for server in &plan.servers {
            self.want(server, share, now);
        }
    }

    /// Adds a backend, or changes it. What fails names one that has just gone.
    fn want(&mut self, server: &Server, share: Share, now: Instant) {
        let most = server.max_connections.map_or(u32::MAX, |most| share.of(most));
        let settings = Backend::new(key(0, server.name.as_bytes())).weight(server.weight).max_connections(most);
        let known = self.servers.iter().flatten().find(|(id, known)| {
            known.name == server.name && known.address == server.address && !self.removed.contains(id)
        });
        let id = match known {
            Some((id, _)) => {
                let id = *id;
                self.balancer.update(id, server.weight, most).map(|()| id)
            }
            None => self.balancer.add(settings, now),
        };
        let Ok(id) = id else { return };
        if server.drain {
            let _ = self.balancer.drain(id, None);
        } else {
            let _ = self.balancer.resume(id, now);
        }
        if self.servers.len() <= id.index() {
            self.servers.resize(id.index() + 1, None);
        }
        self.servers[id.index()] = Some((id, server.clone()));
    }

    fn remove(&mut self, id: BackendId) {
        if !self.removed.contains(&id) && self.balancer.remove(id, None).is_ok() {
            self.removed.push(id);
        }
    }

    /// Lets go of all backends, once their connections have ended.
    pub(super) fn retire(&mut self) {
        for place in 0..self.servers.len() {
            if let Some((id, _)) = self.servers.get(place).and_then(Option::as_ref) {
                self.remove(*id);
            }
        }
    }

    pub(super) fn released(&mut self, id: BackendId) {
        self.removed.retain(|removed| *removed != id);
        if let Some(place) = self.servers.get_mut(id.index()) {
            place.take_if(|(known, _)| *known == id);
        }
    }

    pub(super) fn server(&self, id: BackendId) -> Option<&Server> {
        self.servers.get(id.index())?.as_ref().filter(|(known, _)| *known == id).map(|(_, server)| server)
    }

    pub(super) fn address(&self, id: BackendId) -> Option<Address> {
        self.server(id).map(|server| server.address.clone())
    }

    pub(super) fn set(&mut self, connection: ConnectionId, id: Option<Id>) {
        if self.ids.len() <= connection.index() {
            self.ids.resize(connection.index() + 1, None);
        }
        self.ids[connection.index()] = id;
    }

    pub(super) fn id(&self, connection: ConnectionId) -> Option<Id> {
        self.ids.get(connection.index()).copied().flatten()
    }

    pub(super) fn view(&self, now: Instant) -> PoolView {
        let status = |(id, server): &(BackendId, Server)| {
            self.balancer.backend(*id, now).map(|status| (server.name.clone(), status))
        };
        PoolView {
            name: self.plan.name.clone(),
            stats: self.balancer.stats(),
            servers: self.servers.iter().flatten().filter_map(status).collect(),
            latencies: self.latencies,
        }
    }
}

/// Where the clients of a listener go.
pub(super) struct Door {
    pool: Option<usize>,
    exact: Vec<(String, usize)>,
    /// Names below these.
    below: Vec<(String, usize)>,
    pub(super) wants: crate::Wants,
}

impl Door {
    /// `places`: where the plan's pools run.
    pub(super) fn all(plan: &Plan, places: &[usize]) -> Vec<Self> {
        let door = |entry: &super::Entry| {
            let place = |pool: usize| places.get(pool).copied();
            let (mut exact, mut below) = (Vec::new(), Vec::new());
            let mut tells = entry.pool.is_some_and(|pool| plan.pools[pool].proxy.is_some());
            for (name, pool) in &entry.names {
                tells |= plan.pools.get(*pool).is_some_and(|pool| pool.proxy.is_some());
                let name = name.to_ascii_lowercase();
                match (name.strip_prefix("*."), place(*pool)) {
                    (Some(parent), Some(place)) => below.push((parent.to_owned(), place)),
                    (None, Some(place)) => exact.push((name, place)),
                    (_, None) => {}
                }
            }
            exact.sort_unstable();
            // The longest first: it says most.
            below.sort_unstable_by_key(|(name, _)| core::cmp::Reverse(name.len()));
            let hello = (!entry.names.is_empty()).then(|| entry.hello.clone());
            let wants = crate::Wants { local: tells, proxy: entry.proxy.clone(), hello };
            Self { pool: entry.pool.and_then(place), exact, below, wants }
        };
        plan.entries.iter().map(door).collect()
    }

    /// The pool of a client that asks for this name.
    pub(super) fn pool(&self, name: Option<&str>) -> Option<usize> {
        let Some(name) = name else { return self.pool };
        let exact = self.exact.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok();
        let is_below =
            |parent: &str| name.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
        let below = || self.below.iter().find(|(parent, _)| is_below(parent));
        let found = exact.and_then(|place| self.exact.get(place)).or_else(below);
        found.map_or(self.pool, |(_, pool)| Some(*pool))
    }
}

/// What goes before the client's bytes.
pub(super) fn preamble(version: Version, addresses: barewire::balance::proxy::Addresses) -> Vec<u8> {
    use barewire::balance::proxy::Header;
    match version {
        Version::V1 => Header::v1(addresses).encode(),
        Version::V2 => Header::v2(addresses).encode(),
    }
}
