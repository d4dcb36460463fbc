//! Servers in processes of their own, so that their CPU time is known exactly.

use std::future::Future;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

/// A server in a process of its own.
pub struct Server {
    name: &'static str,
    child: Child,
    at: SocketAddr,
}

/// What a piece of work took, in seconds.
#[derive(Clone, Copy)]
pub struct Turn {
    pub wall: f64,
    pub cpu: f64,
    pub user: f64,
}

impl Server {
    /// This program once more, as `--serve NAME`. Its first line is the address that it listens at.
    pub fn start(name: &'static str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--serve", name])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { name, child, at: line.trim().parse().expect("the server's address") }
    }

    /// A process that listens already.
    pub fn running(name: &'static str, child: Child, at: SocketAddr) -> Self {
        Self { name, child, at }
    }

    #[must_use]
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// What `work` takes, CPU time being the server's.
    pub fn measure(&self, work: impl FnOnce()) -> Turn {
        let (cpu, user) = (self.cpu(), self.user());
        let start = std::time::Instant::now();
        work();
        let wall = start.elapsed().as_secs_f64();
        Turn { wall, cpu: self.cpu() - cpu, user: self.user() - user }
    }

    /// Seconds of CPU time that the process has had.
    fn cpu(&self) -> f64 {
        crate::cpu(self.child.id())
    }

    /// Seconds of it in user mode, in ticks of 10 ms.
    fn user(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields = stat.rsplit_once(')').unwrap().1;
        fields.split_whitespace().nth(11).unwrap().parse::<f64>().unwrap() / 100.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets the servers take turns of `items` each, and prints the medians; the ratio is to the first one's CPU time.
pub fn compare(servers: &[Server], items: usize, mut turn: impl FnMut(&Server) -> Turn) {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(9);
    let mut turns = vec![Vec::new(); servers.len()];
    for round in 0..=rounds {
        for at in 0..servers.len() {
            // Each begins once, since whoever comes after a slow one finds the caches cold and the client behind.
            let at = (at + round) % servers.len();
            let turn = turn(&servers[at]);
            // The first round warms up.
            if round > 0 {
                turns[at].push(turn);
            }
        }
    }
    let items = items as f64;
    let mut reference = None;
    for (server, turns) in servers.iter().zip(&turns) {
        let wall = items / median(turns.iter().map(|turn| turn.wall));
        let cpu = median(turns.iter().map(|turn| turn.cpu)) * 1e6 / items;
        let user = turns.iter().map(|turn| turn.user).sum::<f64>() * 1e6 / items / turns.len() as f64;
        let ratio = *reference.get_or_insert(cpu) / cpu;
        println!("  {:<28} {wall:>9.0} /s  {cpu:>7.3} us CPU ({user:.3} user)  {ratio:>5.2} x", server.name);
    }
}

/// Where a server listens: it says so to who started it.
pub fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    announce(listener.local_addr().unwrap());
    listener
}

/// Says where a server listens to who started it.
pub fn announce(at: SocketAddr) {
    println!("{at}");
    io::stdout().flush().unwrap();
}

/// Runs a server on one thread of tokio.
pub fn on_tokio<F: Future>(server: impl FnOnce(tokio::net::TcpListener) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = listen();
        listener.set_nonblocking(true).unwrap();
        server(tokio::net::TcpListener::from_std(listener).unwrap()).await;
    });
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
