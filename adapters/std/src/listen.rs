use barewire_drive::blocking::Interest;
use barewire_drive::serve::is_about_one;
use barewire_drive::{Options, Report, Stop};
use core::net::SocketAddr;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::panic::catch_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Instant;

/// How often a server at its limit looks whether it was stopped.
const LOOK: Duration = Duration::from_millis(100);

/// How long to wait for handlers to notice that they were cut.
const UNYIELDING: Duration = Duration::from_secs(1);

/// Accepts connections and runs `handler` for each in a thread of its own, until `stop`; then waits for those that run,
/// and cuts them when the grace is over.
///
/// At the connection limit it stops accepting until one ends. Nothing that happens to one connection touches another: an
/// aborted one is skipped, a handler that panics ends its own, and when the system refuses (no descriptors or threads
/// left) the loop pauses and goes on. To let running connections finish sooner, give the handler a clone of `stop`, and
/// each connection with [`set_stop`](crate::Connection::set_stop).
///
/// The stream is shared with the server only so that the server can cut it.
pub fn serve<H>(listener: TcpListener, options: &Options, stop: &Stop, handler: H) -> Report
where
    H: Fn(Arc<TcpStream>, SocketAddr) + Send + Sync + 'static,
{
    let running = Arc::new(Running::default());
    let handler = Arc::new(handler);
    let mut report = Report::default();
    while running.wait_at_most(options.max_connections() - 1, None, Some(stop)) {
        match accept(&listener, stop).and_then(|accepted| start(accepted, options, &running, &handler)) {
            Ok(()) => report.accepted += 1,
            Err(_) if stop.is_stopped() => break,
            Err(error) if is_about_one(&error) || error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => {
                report.refused += 1;
                stop.wait(Some(options.pause()));
            }
        }
    }
    // Who comes now is refused at once instead of waiting for nothing.
    drop(listener);
    let end = Instant::now().checked_add(options.grace());
    if !running.wait_at_most(0, end, None) {
        report.cut = running.cut();
        running.wait_at_most(0, Instant::now().checked_add(UNYIELDING), None);
    }
    report.panicked = running.state().panicked;
    report
}

fn accept(listener: &TcpListener, stop: &Stop) -> io::Result<(TcpStream, SocketAddr)> {
    // Not blocking: between the wait and the accept, the connection may have gone.
    listener.set_nonblocking(true)?;
    let interest = Interest { read: true, write: false };
    crate::wire::wait(listener, interest, None, Some(stop))?;
    if stop.is_stopped() {
        return Err(ErrorKind::Interrupted.into());
    }
    let (stream, peer) = listener.accept()?;
    // Some systems let it inherit.
    stream.set_nonblocking(false)?;
    Ok((stream, peer))
}

fn start<H>(
    (stream, peer): (TcpStream, SocketAddr),
    options: &Options,
    running: &Arc<Running>,
    handler: &Arc<H>,
) -> io::Result<()>
where
    H: Fn(Arc<TcpStream>, SocketAddr) + Send + Sync + 'static,
{
    // It can fail only if the peer has gone already: the handler will see that.
    let _ = stream.set_nodelay(options.nodelay());
    let stream = Arc::new(stream);
    let guard = Guard::new(running, &stream);
    let handler = Arc::clone(handler);
    let run = move || {
        if catch_unwind(AssertUnwindSafe(|| handler(stream, peer))).is_err() {
            guard.running.state().panicked += 1;
        }
    };
    thread::Builder::new().name(format!("barewire {peer}")).spawn(run).map(drop)
}

#[derive(Default)]
struct Running {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Weak: the handler alone decides when its socket is closed.
    streams: HashMap<u64, Weak<TcpStream>>,
    names: u64,
    panicked: u64,
}

impl Running {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until at most `limit` connections run. False if `end` or the stop came first.
    fn wait_at_most(&self, limit: usize, end: Option<Instant>, stop: Option<&Stop>) -> bool {
        let mut state = self.state();
        loop {
            if stop.is_some_and(Stop::is_stopped) {
                return false;
            }
            if state.streams.len() <= limit {
                return true;
            }
            let left = end.map_or(LOOK, |end| end.saturating_duration_since(Instant::now()).min(LOOK));
            if left.is_zero() {
                return false;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends all streams under their handlers, and says how many there were.
    fn cut(&self) -> u64 {
        let state = self.state();
        for stream in state.streams.values().filter_map(Weak::upgrade) {
            // One that has ended already is as good.
            let _ = stream.shutdown(Shutdown::Both);
        }
        state.streams.len() as u64
    }
}

/// Counts one connection for as long as its thread lives.
struct Guard {
    running: Arc<Running>,
    name: u64,
}

impl Guard {
    fn new(running: &Arc<Running>, stream: &Arc<TcpStream>) -> Self {
        let mut state = running.state();
        let name = state.names;
        state.names += 1;
        state.streams.insert(name, Arc::downgrade(stream));
        Self { running: Arc::clone(running), name }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.running.state().streams.remove(&self.name);
        self.running.changed.notify_all();
    }
}
