//! Pipes as a counted resource.
//!
//! A user's pipes share a budget of pages (`pipe-user-pages-soft`, 16,384 unless set). Past it, the system makes pipes
//! of two slots, which are worse than none. Nobody with `CAP_SYS_RESOURCE` ever sees that.

use crate::Instant;
use alloc::collections::VecDeque;
use core::time::Duration;

/// How long a pipe may lie unused before it is closed.
const UNUSED: Duration = Duration::from_secs(1);

/// How long not to ask the system again after it refused.
const PAUSE: Duration = Duration::from_secs(1);

/// Slots of a pipe that nobody resized: a page each.
const ORDINARY: usize = 16;

/// The limits of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipesConfig {
    /// How many pipes there are at most, lent ones included. 64 unless told.
    pub most: usize,
    /// How many pages they may have together. 4,096 unless told: half of what a user has by default, for two threads.
    pub pages: usize,
    /// How many slots a large pipe has: 256 unless told, which is 1 MiB.
    pub large: usize,
}

impl Default for PipesConfig {
    fn default() -> Self {
        Self { most: 64, pages: 4096, large: 256 }
    }
}

/// A pipe with its size.
#[derive(Debug)]
pub struct Pipe<P> {
    pipe: P,
    slots: usize,
}

impl<P> Pipe<P> {
    /// What the pool was given.
    #[must_use]
    pub fn get(&self) -> &P {
        &self.pipe
    }
}

/// A thread's pool of pipes: which to lend, make, resize or close. Making and resizing are the caller's.
///
/// It has no lock, and gives out what was given back last, while it is in the cache.
#[derive(Debug)]
pub struct Pipes<P> {
    /// Those given back last, last; with the time of that.
    ordinary: VecDeque<(Pipe<P>, Instant)>,
    large: VecDeque<(Pipe<P>, Instant)>,
    lent: usize,
    pages: usize,
    refused_until: Instant,
    denied: u64,
    config: PipesConfig,
}

impl<P> Pipes<P> {
    /// An empty pool.
    #[must_use]
    pub fn new(config: PipesConfig) -> Self {
        Self {
            ordinary: VecDeque::new(),
            large: VecDeque::new(),
            lent: 0,
            pages: 0,
            refused_until: Instant::ORIGIN,
            denied: 0,
            config,
        }
    }

    /// Lends a pipe, large if that is wanted and possible.
    ///
    /// `make` makes one, if the system lets it, and says how many slots it has (`F_GETPIPE_SZ` in pages). `resize` is to
    /// give one so many slots, and says how many it has then.
    pub fn take(
        &mut self,
        large: bool,
        now: Instant,
        make: impl FnOnce() -> Option<(P, usize)>,
        resize: impl FnOnce(&P, usize) -> Option<usize>,
    ) -> Option<Pipe<P>> {
        let shelves = if large { [&mut self.large, &mut self.ordinary] } else { [&mut self.ordinary, &mut self.large] };
        let idle = shelves.into_iter().find_map(VecDeque::pop_back);
        let mut pipe = match idle {
            Some((pipe, _)) => pipe,
            None => match self.make(now, make) {
                Some(pipe) => pipe,
                None => {
                    self.denied += 1;
                    return None;
                }
            },
        };
        self.lent += 1;
        let more = self.config.large.saturating_sub(pipe.slots);
        if large && more > 0 && self.pages + more <= self.config.pages && self.refused_until <= now {
            self.pages -= pipe.slots;
            match resize(&pipe.pipe, self.config.large) {
                Some(slots) => pipe.slots = slots,
                None => self.refused_until = now + PAUSE,
            }
            self.pages += pipe.slots;
        }
        Some(pipe)
    }

    fn make(&mut self, now: Instant, make: impl FnOnce() -> Option<(P, usize)>) -> Option<Pipe<P>> {
        let room = self.lent < self.config.most && self.pages + ORDINARY <= self.config.pages;
        if !room || now < self.refused_until {
            return None;
        }
        match make() {
            // A smaller one is how the system says that the user has too many.
            Some((pipe, slots)) if slots >= ORDINARY => {
                self.pages += slots;
                Some(Pipe { pipe, slots })
            }
            _ => {
                self.refused_until = now + PAUSE;
                None
            }
        }
    }

    /// Takes one back. It is closed if bytes are left in it: they must not come out in another connection.
    pub fn give(&mut self, pipe: Pipe<P>, empty: bool, now: Instant) {
        self.lent = self.lent.saturating_sub(1);
        if !empty {
            self.pages -= pipe.slots;
        } else if pipe.slots > ORDINARY {
            self.large.push_back((pipe, now));
        } else {
            self.ordinary.push_back((pipe, now));
        }
    }

    /// Closes those that lay unused for a second. Returns when to do that again, if ever.
    pub fn trim(&mut self, now: Instant) -> Option<Instant> {
        let mut next = None;
        for shelf in [&mut self.ordinary, &mut self.large] {
            while let Some((pipe, since)) = shelf.front() {
                if *since + UNUSED > now {
                    next = crate::time::earliest(next, Some(*since + UNUSED));
                    break;
                }
                self.pages -= pipe.slots;
                shelf.pop_front();
            }
        }
        next
    }

    /// How many are lent.
    #[must_use]
    pub fn lent(&self) -> usize {
        self.lent
    }

    /// How many pages all of them have, lent or not.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// How often there was none to lend.
    #[must_use]
    pub fn denied(&self) -> u64 {
        self.denied
    }
}
