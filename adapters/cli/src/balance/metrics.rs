//! Numbers for Prometheus, in its text format.

use barewire::balance::{BackendStatus, Health};
use barewire_splice::Snapshot;
use barewire_splice::balance::{Latencies, PoolView};
use core::fmt::Display;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Whether every pool has a backend that is well, as some thread sees it. A pool that the configuration has no more has
/// none that it could want.
pub(super) fn is_well(threads: &[Vec<PoolView>]) -> bool {
    let mut pools: BTreeMap<&str, bool> = BTreeMap::new();
    for view in threads.iter().flatten().filter(|view| view.stats.backends > 0) {
        *pools.entry(&view.name).or_default() |= view.stats.well > 0;
    }
    !pools.is_empty() && pools.values().all(|well| *well)
}

/// A backend, over all threads.
#[derive(Default)]
struct Backend {
    up: u64,
    down: u64,
    ejected: u64,
    draining: bool,
    connecting: u64,
    running: u64,
    picks: u64,
    failures: u64,
    resets: u64,
    ejections: u64,
    failed_checks: u64,
    sent: u64,
    received: u64,
}

impl Backend {
    fn add(&mut self, status: &BackendStatus) {
        self.up += u64::from(status.health == Health::Up);
        self.down += u64::from(status.health == Health::Down);
        self.ejected += u64::from(status.health == Health::Ejected);
        self.draining |= status.draining;
        self.connecting += u64::from(status.connecting);
        self.running += u64::from(status.running);
        let totals = status.totals;
        self.picks += totals.picks;
        self.failures += totals.failures;
        self.resets += totals.resets;
        self.ejections += totals.ejections;
        self.failed_checks += totals.failed_checks;
        self.sent += totals.sent;
        self.received += totals.received;
    }
}

#[derive(Default)]
struct Pool {
    backends: BTreeMap<String, Backend>,
    accepted: u64,
    rejected: u64,
    abandoned: u64,
    queued: u64,
    waited: u64,
    failing_open: u64,
    latencies: Latencies,
}

impl Pool {
    fn add(&mut self, view: &PoolView) {
        let stats = &view.stats;
        self.accepted += stats.accepted;
        self.rejected += stats.rejected;
        self.abandoned += stats.abandoned;
        self.queued += u64::from(stats.queued);
        self.waited += stats.waited;
        self.failing_open += u64::from(stats.failing_open);
        for (sum, count) in self.latencies.counts.iter_mut().zip(view.latencies.counts) {
            *sum += count;
        }
        self.latencies.sum += view.latencies.sum;
        for (name, status) in &view.servers {
            self.backends.entry(name.clone()).or_default().add(status);
        }
    }
}

struct Text(String);

impl Text {
    fn kind(&mut self, name: &str, kind: &str, help: &str) {
        // Into a string it can't fail.
        let _ = writeln!(self.0, "# HELP barewire_{name} {help}\n# TYPE barewire_{name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.0, "barewire_{name}{labels} {value}");
    }
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

pub(super) fn text(snapshot: &Snapshot, threads: &[Vec<PoolView>]) -> String {
    let mut text = Text(String::new());
    let plain = [
        ("connections_accepted_total", "counter", "Connections that were accepted.", snapshot.accepted),
        ("connections", "gauge", "Connections that there are.", snapshot.active),
        ("accept_pauses_total", "counter", "Times that accepting paused.", snapshot.paused),
        ("bytes_spliced_total", "counter", "Bytes that were spliced.", snapshot.bytes_spliced),
        ("bytes_copied_total", "counter", "Bytes that were copied.", snapshot.bytes_copied),
        ("pipes_in_use", "gauge", "Pipes that hold bytes of a connection.", snapshot.pipes_in_use),
        ("pipe_pages", "gauge", "Pages of all pipes.", snapshot.pipe_pages),
        ("pipes_refused_total", "counter", "Times that a pipe was wanted and refused.", snapshot.pipe_denied),
    ];
    for (name, kind, help, value) in plain {
        text.kind(name, kind, help);
        text.value(name, "", value);
    }
    let mut pools: BTreeMap<&str, Pool> = BTreeMap::new();
    for view in threads.iter().flatten() {
        pools.entry(&view.name).or_default().add(view);
    }
    type OfPool = fn(&Pool) -> u64;
    let of_pool: [(&str, &str, &str, OfPool); 6] = [
        ("pool_accepted_total", "counter", "Clients that were taken in.", |pool| pool.accepted),
        ("pool_rejected_total", "counter", "Clients that were rejected.", |pool| pool.rejected),
        ("pool_abandoned_total", "counter", "Clients that left before they were connected.", |pool| pool.abandoned),
        ("pool_queue", "gauge", "Clients that wait for a place.", |pool| pool.queued),
        ("pool_queued_total", "counter", "Clients that had to wait.", |pool| pool.waited),
        ("pool_failing_open", "gauge", "Threads that ignore health.", |pool| pool.failing_open),
    ];
    for (name, kind, help, of) in of_pool {
        text.kind(name, kind, help);
        for (pool, numbers) in &pools {
            text.value(name, &format!("{{pool=\"{}\"}}", quoted(pool)), of(numbers));
        }
    }
    text.kind("connect_seconds", "histogram", "How long it took to connect to a backend.");
    for (pool, numbers) in &pools {
        let (pool, mut count) = (quoted(pool), 0);
        let Latencies { counts, sum, .. } = numbers.latencies;
        for (place, more) in counts.into_iter().enumerate() {
            count += more;
            #[allow(clippy::cast_precision_loss, reason = "they are short")]
            let bound = Latencies::BOUNDS.get(place).map_or("+Inf".into(), |bound| (*bound as f64 / 1e6).to_string());
            text.value("connect_seconds_bucket", &format!("{{pool=\"{pool}\",le=\"{bound}\"}}"), count);
        }
        text.value("connect_seconds_sum", &format!("{{pool=\"{pool}\"}}"), sum.as_secs_f64());
        text.value("connect_seconds_count", &format!("{{pool=\"{pool}\"}}"), count);
    }
    type OfBackend = fn(&Backend) -> u64;
    let of_backend: [(&str, &str, &str, OfBackend); 13] = [
        ("backend_threads_up", "gauge", "Threads that hold it to be well.", |backend| backend.up),
        ("backend_threads_down", "gauge", "Threads whose checks fail.", |backend| backend.down),
        ("backend_threads_ejected", "gauge", "Threads that leave it alone.", |backend| backend.ejected),
        ("backend_draining", "gauge", "Whether it gets no new connections.", |backend| backend.draining.into()),
        ("backend_connecting", "gauge", "Connections being made.", |backend| backend.connecting),
        ("backend_connections", "gauge", "Connections that are established.", |backend| backend.running),
        ("backend_picks_total", "counter", "How often it was chosen.", |backend| backend.picks),
        ("backend_connect_failures_total", "counter", "Attempts that failed.", |backend| backend.failures),
        ("backend_resets_total", "counter", "Connections that it reset.", |backend| backend.resets),
        ("backend_ejections_total", "counter", "How often it was ejected.", |backend| backend.ejections),
        ("backend_failed_checks_total", "counter", "Checks that failed.", |backend| backend.failed_checks),
        ("backend_sent_bytes_total", "counter", "Bytes to it, of ended connections.", |backend| backend.sent),
        ("backend_received_bytes_total", "counter", "Bytes from it, of ended connections.", |backend| backend.received),
    ];
    for (name, kind, help, of) in of_backend {
        text.kind(name, kind, help);
        for (pool, numbers) in &pools {
            for (backend, counts) in &numbers.backends {
                let labels = format!("{{pool=\"{}\",backend=\"{}\"}}", quoted(pool), quoted(backend));
                text.value(name, &labels, of(counts));
            }
        }
    }
    text.0
}
