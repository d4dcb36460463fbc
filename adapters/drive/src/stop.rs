use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Tells a server and everything it runs to finish. Cloned freely; one call of [`stop`](Self::stop) reaches all clones.
///
/// The same handle serves tasks, which await [`stopped`](Self::stopped), and threads, which [`wait`](Self::wait) or look
/// at [`is_stopped`](Self::is_stopped).
#[derive(Clone, Default)]
pub struct Stop {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    names: AtomicU64,
    waiting: Mutex<Waiting>,
    changed: Condvar,
    #[cfg(unix)]
    pipe: std::sync::OnceLock<std::os::unix::net::UnixStream>,
}

#[derive(Default)]
struct Waiting {
    tasks: HashMap<u64, Waker>,
    /// Dropped by the stop: that makes the other end readable.
    #[cfg(unix)]
    pipe: Option<std::os::unix::net::UnixStream>,
}

impl Stop {
    /// A handle that nobody has called yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells everyone, for good.
    pub fn stop(&self) {
        let mut waiting = self.waiting();
        self.shared.stopped.store(true, Ordering::Release);
        #[cfg(unix)]
        drop(waiting.pipe.take());
        let tasks = core::mem::take(&mut waiting.tasks);
        drop(waiting);
        self.shared.changed.notify_all();
        tasks.into_values().for_each(Waker::wake);
    }

    /// Whether [`stop`](Self::stop) was called.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::Acquire)
    }

    /// Completes when [`stop`](Self::stop) is called. To look at it between the events of a loop, make one before the
    /// loop and poll it by `&mut`.
    pub fn stopped(&self) -> Stopped {
        Stopped { stop: self.clone(), name: self.shared.names.fetch_add(1, Ordering::Relaxed), waker: None }
    }

    /// Blocks the thread until [`stop`](Self::stop) is called or `timeout` is over. Says whether it was called.
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        let waiting = self.waiting();
        let going = |_: &mut Waiting| !self.is_stopped();
        match timeout {
            None => drop(self.shared.changed.wait_while(waiting, going)),
            Some(timeout) => drop(self.shared.changed.wait_timeout_while(waiting, timeout, going)),
        }
        self.is_stopped()
    }

    /// A descriptor that becomes readable when [`stop`](Self::stop) is called, for a thread that waits for sockets.
    ///
    /// # Errors
    ///
    /// When the system has none left.
    #[cfg(unix)]
    pub fn descriptor(&self) -> std::io::Result<std::os::fd::BorrowedFd<'_>> {
        use std::os::fd::AsFd;
        if self.shared.pipe.get().is_none() {
            let mut waiting = self.waiting();
            if self.shared.pipe.get().is_none() {
                let (reader, writer) = std::os::unix::net::UnixStream::pair()?;
                waiting.pipe = Some(writer).filter(|_| !self.is_stopped());
                // Nobody else sets it: we hold the lock.
                let _ = self.shared.pipe.set(reader);
            }
        }
        self.shared.pipe.get().map(AsFd::as_fd).ok_or_else(|| std::io::ErrorKind::Other.into())
    }

    /// Drops what `change` replaced only when the lock is free again: it may be the last of a task that has a [`Stopped`].
    fn change(&self, change: impl FnOnce(&mut Waiting) -> Option<Waker>) {
        let mut waiting = self.waiting();
        let replaced = if self.is_stopped() { None } else { change(&mut waiting) };
        drop(waiting);
        drop(replaced);
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").field("stopped", &self.is_stopped()).finish()
    }
}

/// The future of [`Stop::stopped`]. Polling it again costs a load and a comparison.
#[derive(Debug)]
#[must_use]
pub struct Stopped {
    stop: Stop,
    name: u64,
    waker: Option<Waker>,
}

impl Future for Stopped {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let known = self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        if !known {
            self.waker = Some(cx.waker().clone());
            self.stop.change(|waiting| waiting.tasks.insert(self.name, cx.waker().clone()));
        }
        if self.stop.is_stopped() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if self.waker.is_some() {
            self.stop.change(|waiting| waiting.tasks.remove(&self.name));
        }
    }
}
