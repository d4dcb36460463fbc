//! Speaking to the routes from outside of their threads.

use super::plan::Share;
use super::route::{Balanced, Note};
use super::{Plan, PlanError};
use barewire::balance::{BackendStatus, ProbeId, Stats};
use core::time::Duration;
use rustix::net::{SendFlags, send};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

/// What a route is told.
#[derive(Debug)]
pub(super) enum Command {
    Load(Arc<Plan>),
    Probed { pool: usize, probe: ProbeId, well: bool },
    View(Sender<Vec<PoolView>>),
}

/// A pool as one thread sees it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PoolView {
    /// Whose.
    pub name: String,
    /// What is counted of all backends.
    pub stats: Stats,
    /// Each backend, those being removed included.
    pub servers: Vec<(String, BackendStatus)>,
    /// How long it took to connect.
    pub latencies: Latencies,
}

/// How long it took to connect, as a histogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// How many took at most as long as [the bound](Self::BOUNDS) of the same place, and longer than the one before it;
    /// the last has no bound.
    pub counts: [u64; 11],
    /// All together.
    pub sum: Duration,
}

impl Latencies {
    /// In microseconds.
    pub const BOUNDS: [u64; 10] = [100, 250, 500, 1_000, 2_500, 10_000, 50_000, 250_000, 1_000_000, 5_000_000];

    pub(super) fn add(&mut self, took: Duration) {
        let place = Self::BOUNDS.iter().position(|bound| took <= Duration::from_micros(*bound));
        self.counts[place.unwrap_or(Self::BOUNDS.len())] += 1;
        self.sum += took;
    }
}

/// One thread's ear, and what wakes it.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    commands: Sender<Command>,
    waker: Arc<UnixStream>,
}

impl Handle {
    pub(super) fn tell(&self, command: Command) {
        // A route that has ended needs to hear nothing; a full socket wakes as well as a byte more.
        if self.commands.send(command).is_ok() {
            let _ = send(&self.waker, &[0], SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
        }
    }
}

/// What a route hears.
#[derive(Debug)]
pub(super) struct Ear {
    pub(super) commands: Receiver<Command>,
    pub(super) wakes: UnixStream,
}

/// Speaks to all routes. Clones are the same.
#[derive(Clone, Debug)]
pub struct Control {
    threads: Arc<[Handle]>,
}

impl Control {
    /// Has all threads go by another plan. No running connection is touched. Pools and backends are those of the old
    /// plan whose names they have; backends that aren't there any more get no new connections.
    ///
    /// # Errors
    ///
    /// What is wrong with it. Then all is as before.
    pub fn load(&self, plan: &Plan) -> Result<(), PlanError> {
        plan.validate()?;
        let plan = Arc::new(plan.clone());
        self.threads.iter().for_each(|thread| thread.tell(Command::Load(Arc::clone(&plan))));
        Ok(())
    }

    /// What each thread sees, of those that answer in time.
    #[must_use]
    pub fn view(&self, patience: Duration) -> Vec<Vec<PoolView>> {
        let (sender, views) = channel();
        self.threads.iter().for_each(|thread| thread.tell(Command::View(sender.clone())));
        drop(sender);
        let until = Instant::now() + patience;
        let next = || views.recv_timeout(until.saturating_duration_since(Instant::now())).ok();
        core::iter::from_fn(next).collect()
    }
}

/// A route for each thread, and what speaks to them. `note` is called in the threads, and must not block.
///
/// # Errors
///
/// What is wrong with the plan, or as the system says.
pub fn routes(
    plan: &Plan,
    threads: usize,
    note: impl FnMut(Note<'_>) + Clone + Send + 'static,
) -> io::Result<(Vec<Balanced>, Control)> {
    plan.validate().map_err(io::Error::other)?;
    let threads = u32::try_from(threads.max(1)).unwrap_or(u32::MAX);
    let mut routes = Vec::new();
    let mut handles = Vec::new();
    for thread in 0..threads {
        let (commands, hears) = channel();
        let (waker, wakes) = UnixStream::pair()?;
        wakes.set_nonblocking(true)?;
        let handle = Handle { commands, waker: Arc::new(waker) };
        // Where chance comes from: the standard library has some of the system's.
        let share = Share { thread, threads, seed: RandomState::new().hash_one(thread) };
        let ear = Ear { commands: hears, wakes };
        routes.push(Balanced::new(plan, share, ear, handle.clone(), Box::new(note.clone())));
        handles.push(handle);
    }
    Ok((routes, Control { threads: handles.into() }))
}
