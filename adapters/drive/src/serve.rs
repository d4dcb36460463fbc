//! The accept loop.

use crate::poll::{Runtime, Spawn};
use crate::{Stop, Stopped};
use core::fmt;
use core::future::{Future, poll_fn};
use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a server treats its connections.
///
/// ```
/// use barewire_drive::Options;
/// use core::time::Duration;
///
/// let options = Options::builder().max_connections(100).grace(Duration::from_secs(3)).build()?;
/// # Ok::<(), barewire_drive::OptionsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    max_connections: usize,
    nodelay: bool,
    grace: Duration,
    pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            nodelay: true,
            grace: Duration::from_secs(10),
            pause: Duration::from_millis(50),
        }
    }
}

impl Options {
    /// Starts from the defaults.
    #[must_use]
    pub fn builder() -> OptionsBuilder {
        OptionsBuilder { options: Self::default() }
    }

    /// How many connections run at once.
    #[must_use]
    pub fn max_connections(&self) -> usize {
        self.max_connections
    }

    /// Whether accepted sockets get `TCP_NODELAY`.
    #[must_use]
    pub fn nodelay(&self) -> bool {
        self.nodelay
    }

    /// How long running connections may take after a stop before they are cut.
    #[must_use]
    pub fn grace(&self) -> Duration {
        self.grace
    }

    /// How long to wait after the system refused a connection.
    #[must_use]
    pub fn pause(&self) -> Duration {
        self.pause
    }
}

/// Builds [`Options`].
#[derive(Clone, Debug)]
pub struct OptionsBuilder {
    options: Options,
}

impl OptionsBuilder {
    /// How many connections run at once, 10,000 unless told. At the limit nothing is accepted: peers wait in the
    /// system's queue.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.options.max_connections = connections;
        self
    }

    /// Whether accepted sockets get `TCP_NODELAY`. They do unless told: the pump coalesces by itself.
    #[must_use]
    pub fn nodelay(mut self, nodelay: bool) -> Self {
        self.options.nodelay = nodelay;
        self
    }

    /// How long running connections may take after a stop before they are cut. Ten seconds unless told; zero cuts them
    /// at once.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.options.grace = grace;
        self
    }

    /// How long to wait after the system refused a connection, for want of descriptors or memory: 50 ms unless told, at
    /// most a minute.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.options.pause = pause;
        self
    }

    /// The options, if they make sense together.
    ///
    /// # Errors
    ///
    /// The first that doesn't.
    pub fn build(self) -> Result<Options, OptionsError> {
        let options = self.options;
        if options.max_connections == 0 {
            return Err(OptionsError::NoConnections);
        }
        if options.pause.is_zero() || options.pause > Duration::from_secs(60) {
            return Err(OptionsError::Pause(options.pause));
        }
        Ok(options)
    }
}

/// An option that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// A limit of no connections at all.
    NoConnections,
    /// A pause of zero, which would spin, or of more than a minute.
    Pause(Duration),
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConnections => f.write_str("a server must allow at least one connection"),
            Self::Pause(pause) => write!(f, "a pause of {pause:?}: it must be more than zero and at most a minute"),
        }
    }
}

impl core::error::Error for OptionsError {}

/// What a server did, when it has stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Connections that were accepted.
    pub accepted: u64,
    /// Times that the system refused to accept one.
    pub refused: u64,
    /// Handlers that panicked.
    pub panicked: u64,
    /// Connections that still ran when the grace was over.
    pub cut: u64,
}

/// Whether an accept that failed so says something about one connection, which is gone, and nothing about the next.
#[must_use]
pub fn is_about_one(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted)
}

/// Accepts connections and runs a handler for each, until `stop`; then waits for those that run, and cuts them when the
/// grace is over.
///
/// `poll_accept` gives the next connection. The loop survives whatever it fails with: a connection that was aborted in
/// the queue is skipped, and after anything else (no descriptors left) it pauses. A handler that panics ends its own
/// connection and no other.
///
/// The adapters' `serve` is this with their own listeners.
pub async fn serve<R, C, H, F>(
    mut poll_accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<C>>,
    options: &Options,
    stop: &Stop,
    mut handler: H,
) -> Report
where
    R: Spawn,
    H: FnMut(C) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let running = Arc::new(Running::default());
    let cut = CutOnDrop(Stop::new());
    let mut stopped = stop.stopped();
    let mut report = Report::default();
    let mut pause: Option<R::Timer> = None;
    poll_fn(|cx| {
        loop {
            if Pin::new(&mut stopped).poll(cx).is_ready() {
                return Poll::Ready(());
            }
            if let Some(timer) = &mut pause {
                ready!(R::poll_timer(timer, cx));
                pause = None;
            }
            ready!(running.poll_at_most(options.max_connections - 1, cx));
            match ready!(poll_accept(cx)) {
                Ok(connection) => {
                    report.accepted += 1;
                    let guard = Guard::new(&running);
                    match catch_unwind(AssertUnwindSafe(|| handler(connection))) {
                        // In a box: a future that is moved into another leaves room for itself in both.
                        Ok(task) => R::spawn(guarded(Box::pin(task), cut.0.stopped(), guard)),
                        Err(_) => guard.panicked(),
                    }
                }
                Err(error) if is_about_one(&error) => {}
                Err(_) => {
                    report.refused += 1;
                    pause = Some(R::timer(R::now() + options.pause));
                }
            }
        }
    })
    .await;
    // Closes the listener: who comes now is refused at once instead of waiting for nothing.
    drop(poll_accept);
    if !finished::<R>(&running, options.grace).await {
        report.cut = running.state().active as u64;
        cut.0.stop();
        // A task that never yields can't be cut: then don't wait for it either.
        finished::<R>(&running, UNYIELDING).await;
    }
    report.panicked = running.state().panicked;
    report
}

/// How long to wait for tasks to notice that they were cut.
const UNYIELDING: Duration = Duration::from_secs(1);

/// Whether everything has ended within `patience`.
async fn finished<R: Runtime>(running: &Running, patience: Duration) -> bool {
    let mut timer = R::now().checked_add(patience).map(R::timer);
    poll_fn(|cx| {
        if running.poll_at_most(0, cx).is_ready() {
            return Poll::Ready(true);
        }
        match &mut timer {
            Some(timer) => R::poll_timer(timer, cx).map(|()| false),
            None => Poll::Pending,
        }
    })
    .await
}

/// Runs `task` until it ends, panics or is cut.
async fn guarded(task: Pin<Box<impl Future<Output = ()>>>, mut cut: Stopped, guard: Guard) {
    // Dropped before the guard: when a connection counts as ended, its socket is closed.
    let mut task = task;
    poll_fn(|cx| {
        if Pin::new(&mut cut).poll(cx).is_ready() {
            return Poll::Ready(());
        }
        catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(cx))).unwrap_or_else(|_| {
            guard.panicked();
            Poll::Ready(())
        })
    })
    .await;
}

/// A server that is dropped instead of stopped takes its connections with it.
struct CutOnDrop(Stop);

impl Drop for CutOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

#[derive(Default)]
struct Running(Mutex<State>);

#[derive(Default)]
struct State {
    active: usize,
    panicked: u64,
    waiting: Option<Waker>,
}

impl Running {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll_at_most(&self, limit: usize, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.active <= limit {
            return Poll::Ready(());
        }
        state.waiting = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Counts one connection for as long as it lives.
struct Guard(Arc<Running>);

impl Guard {
    fn new(running: &Arc<Running>) -> Self {
        running.state().active += 1;
        Self(Arc::clone(running))
    }

    fn panicked(&self) {
        self.0.state().panicked += 1;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let waiting = {
            let mut state = self.0.state();
            state.active -= 1;
            state.waiting.take()
        };
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}
