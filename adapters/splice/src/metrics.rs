use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What a server does, counted; read at any time, from any thread. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    threads: Arc<Mutex<Vec<Arc<Shard>>>>,
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// [`Metrics`] at one moment.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Snapshot {
            $($(#[$doc])* pub $name: u64,)*
        }

        /// One thread's share, which it alone writes.
        #[derive(Debug, Default)]
        pub(crate) struct Shard {
            $(pub(crate) $name: AtomicU64,)*
        }

        impl Shard {
            fn add_to(&self, sum: &mut Snapshot) {
                $(sum.$name += self.$name.load(Ordering::Relaxed);)*
            }
        }
    };
}

counters! {
    /// Connections that were accepted.
    accepted,
    /// Connections that there are.
    active,
    /// Times that accepting paused, for want of descriptors or at the limit.
    paused,
    /// Backends that could not be connected to.
    connect_failed,
    /// Bytes that were spliced.
    bytes_spliced,
    /// Bytes that were copied.
    bytes_copied,
    /// Pipes in use.
    pipes_in_use,
    /// Pages of all pipes, pooled ones included.
    pipe_pages,
    /// Times that a pipe was wanted and refused.
    pipe_denied,
}

impl Metrics {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All threads together, now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut sum = Snapshot::default();
        for shard in self.threads.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            shard.add_to(&mut sum);
        }
        sum
    }

    pub(crate) fn shard(&self) -> Arc<Shard> {
        let shard = Arc::<Shard>::default();
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&shard));
        shard
    }
}

pub(crate) fn add(counter: &AtomicU64, n: u64) {
    // One writer: no need of a locked addition.
    set(counter, counter.load(Ordering::Relaxed).wrapping_add(n));
}

pub(crate) fn set(counter: &AtomicU64, n: u64) {
    counter.store(n, Ordering::Relaxed);
}
