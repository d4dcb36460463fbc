//! `barewire balance`: a load balancer on splice(2).

mod admin;
mod config;
mod file;
mod metrics;
mod upgrade;

use crate::args::Balance;
use crate::failure::Failure;
use crate::serve::announce;
use admin::Admin;
use barewire::balance::Health;
use barewire_splice::balance::{Access, Control, Note, routes};
use barewire_splice::{Metrics, Stop, listen, serve_all};
use config::Setup;
use core::net::SocketAddr;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use upgrade::{Given, Taken};

/// Lines of the log that wait for whoever reads them. More are dropped: nobody waits for a log.
const LINES: usize = 8192;

pub(crate) fn run(args: &Balance, quiet: bool) -> Result<(), Failure> {
    let mut setup = config::load(args)?;
    if args.check_config {
        return say(&format!(
            "{}: {} pools, {} listeners: right\n",
            args.config.as_deref().map_or_else(String::new, |path| path.display().to_string()),
            setup.plan.pools.len(),
            setup.listeners.len(),
        ));
    }
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]);
    let signals = signals.as_mut().map_err(|error| Failure::at("cannot listen for signals", error))?;
    let mut taken = args.handover.as_deref().map(Taken::take).transpose()?.flatten();
    let (listeners, bound) = bind(&mut setup, taken.as_mut())?;
    let given = if args.handover.is_some() { Given::of(&listeners) } else { Ok(Given::default()) };
    let given = given.map_err(|error| Failure::at("cannot set up", error))?;
    let lines = if setup.log { Some(log_in_thread()?) } else { None };
    let note = move |note: Note<'_>| write(&note, lines.as_ref());
    let (mut routes, control) =
        routes(&setup.plan, setup.threads, note).map_err(|error| Failure::at("cannot set up", error))?;
    let (stop, metrics) = (Stop::new(), Metrics::new());
    let admin = setup.metrics.map(|at| Admin::start(at, control.clone(), metrics.clone())).transpose()?;
    announce("balancing", Ok(bound[0]), format_args!("{} threads", setup.threads), quiet, |at| {
        let rest = bound.iter().skip(1).map(|at| format!("also on {at}\n"));
        let scrape = admin.as_ref().map(|admin| format!("curl http://{}/metrics\n", admin.address));
        rest.chain(scrape).chain([format!("curl http://{at}/")]).collect()
    })?;
    let reload = Reload { args, listeners: &setup.listeners, threads: setup.threads, control: &control };
    let handle = signals.handle();
    if let Some(path) = &args.handover {
        given.offer(path, &stop)?;
    }
    // The sockets are open, and only the threads have to begin: the process before may go.
    if let Some(taken) = taken {
        taken.ready();
    }
    let served = thread::scope(|scope| {
        scope.spawn(|| {
            for signal in signals.forever() {
                match signal {
                    SIGHUP => reload.now(),
                    signal if stop.is_stopped() => std::process::exit(128 + signal),
                    _ => {
                        tracing::info!(
                            "stopping: no new connections, those that run may finish. Once more to stop at once"
                        );
                        given.close();
                        stop.stop();
                    }
                }
            }
        });
        let served = serve_all(listeners, |_| routes.remove(0), &setup.options, &stop, &metrics);
        handle.close();
        served
    });
    let report = served.map_err(|error| Failure::at("cannot serve", error))?;
    if let Some(admin) = admin {
        admin.stop();
    }
    if report.cut > 0 {
        tracing::warn!(connections = report.cut, "cut: they did not finish in time. --grace SECONDS gives more");
    }
    tracing::info!(accepted = metrics.snapshot().accepted, "stopped");
    Ok(())
}

/// A socket on each address for each thread, and what the addresses are.
fn bind(setup: &mut Setup, taken: Option<&mut Taken>) -> Result<(Vec<Vec<TcpListener>>, Vec<SocketAddr>), Failure> {
    let taken = taken.map(|taken| core::mem::take(&mut taken.listeners)).unwrap_or_default();
    let mut by_address: HashMap<SocketAddr, Vec<TcpListener>> = HashMap::new();
    for listener in taken {
        if let Ok(address) = listener.local_addr() {
            by_address.entry(address).or_default().push(listener);
        }
    }
    by_address.retain(|address, _| setup.listeners.contains(address));
    // Each socket has a queue, so each needs a thread.
    setup.threads = by_address.values().map(Vec::len).max().unwrap_or(setup.threads);
    let mut all: Vec<Vec<TcpListener>> = (0..setup.threads).map(|_| Vec::new()).collect();
    let mut bound = Vec::new();
    for address in &setup.listeners {
        let refused = |error| crate::runtime::refused(&address.to_string(), &error);
        let mut listeners = by_address.remove(address).unwrap_or_default();
        listeners.extend(listen(*address, setup.threads - listeners.len()).map_err(refused)?);
        bound.push(listeners.first().map_or(Ok(*address), TcpListener::local_addr).map_err(refused)?);
        all.iter_mut().zip(listeners).for_each(|(thread, listener)| thread.push(listener));
    }
    Ok((all, bound))
}

/// What a reload needs.
struct Reload<'a> {
    args: &'a Balance,
    listeners: &'a [SocketAddr],
    threads: usize,
    control: &'a Control,
}

impl Reload<'_> {
    fn now(&self) {
        if self.args.config.is_none() {
            return tracing::warn!("there is no --config to read again");
        }
        let refused = |why: &str| tracing::error!("the old configuration goes on: {why}");
        let setup = match config::load(self.args) {
            Ok(setup) => setup,
            Err(failure) => return refused(failure.message()),
        };
        // Sockets are bound at the start, and in whose hands they are is decided there.
        if setup.listeners != self.listeners {
            return refused("the listeners changed; start a new process beside this one, then stop this one");
        }
        if setup.threads < self.threads {
            tracing::warn!(threads = self.threads, "a limit is lower than the number of threads, each has one place");
        }
        match self.control.load(&setup.plan) {
            Ok(()) => tracing::info!(pools = setup.plan.pools.len(), "reloaded"),
            Err(error) => refused(&error.to_string()),
        }
    }
}

fn log_in_thread() -> Result<SyncSender<String>, Failure> {
    let (sender, lines): (_, Receiver<String>) = sync_channel(LINES);
    let print = move || {
        let mut out = io::BufWriter::new(io::stdout());
        while let Ok(line) = lines.recv() {
            // Who closed the other end wants no more of it.
            let _ = core::iter::once(line).chain(lines.try_iter()).try_for_each(|line| out.write_all(line.as_bytes()));
            let _ = out.flush();
        }
    };
    let started = thread::Builder::new().name("log".into()).spawn(print);
    started.map_err(|error| Failure::at("cannot start a thread", error))?;
    Ok(sender)
}

fn write(note: &Note<'_>, lines: Option<&SyncSender<String>>) {
    match (note, lines) {
        (Note::Health { pool, server, health: Health::Up }, _) => tracing::info!(pool, server, "is well again"),
        (Note::Health { pool, server, health: Health::Down }, _) => {
            tracing::warn!(pool, server, "is down: its checks fail");
        }
        (Note::Health { pool, server, .. }, _) => tracing::warn!(pool, server, "is left alone: its connections fail"),
        (Note::Access(access), Some(lines)) => drop(lines.try_send(line(access))),
        _ => {}
    }
}

fn line(access: &Access<'_>) -> String {
    let mut line = String::new();
    let dash = |of: Option<String>| of.unwrap_or_else(|| "-".into());
    let end = match (access.ended, access.rejected) {
        (Some(ended), _) => format!("{ended:?}").to_ascii_lowercase().replace(['(', ')'], "-"),
        (None, Some(why)) => why.to_string().replace(' ', "-"),
        (None, None) => "left".into(),
    };
    // Into a string it can't fail.
    let _ = writeln!(
        line,
        "client={} pool={} server={} name={} connect_ms={} ms={:.3} sent={} received={} end={}",
        dash(access.client.map(|client| client.to_string())),
        access.pool,
        access.server.unwrap_or("-"),
        access.name.unwrap_or("-"),
        dash(access.waited.map(|waited| format!("{:.3}", waited.as_secs_f64() * 1e3))),
        access.lasted.as_secs_f64() * 1e3,
        access.sent,
        access.received,
        end.trim_end_matches('-'),
    );
    line
}

/// Prints to whoever may have gone.
fn say(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(|error| Failure::output(&error))
}
