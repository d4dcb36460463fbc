use crate::calls::pages_of;
use crate::worker::Worker;
use crate::{Metrics, Options, Route};
use barewire_drive::Stop;
use std::io;
use std::net::TcpListener;
use std::thread;

/// What a server did, when it has stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Connections that still ran when the grace was over.
    pub cut: u64,
}

/// Accepts connections and relays each to where its thread's [`Route`] says, until `stop`; then waits for those that
/// run, and cuts them when the grace is over.
///
/// Each listener has a thread of its own, so pass one for each core, of [`listen`](crate::listen). Nothing is shared
/// between threads but what `route` has them share.
///
/// A thread that has no descriptors left, or as many connections as it may have, stops accepting until one is closed.
///
/// # Errors
///
/// When the system refuses what a thread needs to begin; then the others are stopped.
pub fn serve<R: Route + Send>(
    listeners: Vec<TcpListener>,
    route: impl FnMut(usize) -> R,
    options: &Options,
    stop: &Stop,
    metrics: &Metrics,
) -> io::Result<Report> {
    serve_all(listeners.into_iter().map(|listener| vec![listener]).collect(), route, options, stop, metrics)
}

/// [`serve`] with several listeners for each thread, whose numbers the route is told.
///
/// # Errors
///
/// As `serve`.
pub fn serve_all<R: Route + Send>(
    listeners: Vec<Vec<TcpListener>>,
    mut route: impl FnMut(usize) -> R,
    options: &Options,
    stop: &Stop,
    metrics: &Metrics,
) -> io::Result<Report> {
    let threads = listeners.len().max(1);
    let limits = (pages_of(options.pipes.clone(), threads), options.max_connections.div_ceil(threads));
    let workers: Vec<_> = listeners
        .into_iter()
        .enumerate()
        .map(|(thread, listeners)| Worker::new(listeners, route(thread), options, limits.clone(), metrics.shard()))
        .collect::<io::Result<_>>()?;
    thread::scope(|scope| {
        let running: Vec<_> = workers
            .into_iter()
            .enumerate()
            .map(|(thread, worker)| {
                let run = move || worker.run(stop).inspect_err(|_| stop.stop());
                thread::Builder::new().name(format!("splice {thread}")).spawn_scoped(scope, run)
            })
            .collect();
        let mut report = Report::default();
        let mut first = Ok(());
        for thread in running {
            // A panic is passed on, after everybody else has ended.
            let ended = thread.inspect_err(|_| stop.stop()).and_then(|thread| {
                thread.join().unwrap_or_else(|panic| {
                    stop.stop();
                    std::panic::resume_unwind(panic)
                })
            });
            match ended {
                Ok(cut) => report.cut += cut,
                Err(error) => first = first.and(Err(error)),
            }
        }
        first.map(|()| report)
    })
}
