//! The server in a process of its own, whose limits, descriptors, memory and CPU time are its alone.
//!
//! The process is this test binary, told by its environment to be a server.

use barewire::balance::relay::Config;
use barewire_splice::{Fixed, Metrics, Options, Stop, listen, serve};
use core::net::SocketAddr;
use core::time::Duration;
use rustix::process::{Resource, Rlimit, getrlimit, getuid, setrlimit};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::{env, fs, thread};

const TO: &str = "BAREWIRE_SPLICE_TO";
const FILES: &str = "BAREWIRE_SPLICE_FILES";
const HOG: &str = "BAREWIRE_SPLICE_HOG";

/// Nobody, on most systems; anyone but root will do.
const ORDINARY: u32 = 65534;

/// Not a test: what the child runs.
#[test]
fn proxy() {
    let Ok(to) = env::var(TO) else { return };
    limit_files();
    let listeners = listen("127.0.0.1:0".parse().unwrap(), 1).unwrap();
    let (stop, metrics) = (Stop::new(), Metrics::new());
    println!("\nREADY {}", listeners[0].local_addr().unwrap());
    let (ender, counted) = (stop.clone(), metrics.clone());
    thread::spawn(move || {
        for _ in std::io::stdin().lines().map_while(Result::ok) {
            let now = counted.snapshot();
            let numbers = [now.accepted, now.active, now.paused, now.bytes_spliced, now.bytes_copied];
            println!("\nCOUNTED {numbers:?} {:?}", [now.pipes_in_use, now.pipe_pages, now.pipe_denied]);
        }
        ender.stop();
    });
    let relay = Config::builder().idle(Some(Duration::from_secs(60))).build().unwrap();
    let options = Options::builder().relay(relay).grace(Duration::ZERO).build().unwrap();
    let to: SocketAddr = to.parse().unwrap();
    serve(listeners, |_| Fixed::tcp(to), &options, &stop, &metrics).unwrap();
}

/// Not a test: a process that has more pipes than its user should.
#[test]
fn hog() {
    let Ok(pipes) = env::var(HOG) else { return };
    limit_files();
    let pipes: Vec<_> = (0..pipes.parse().unwrap()).map(|_| rustix::pipe::pipe().unwrap()).collect();
    println!("\nREADY 127.0.0.1:1");
    // Until the other end is closed.
    let _ = std::io::stdin().lines().count();
    drop(pipes);
}

fn limit_files() {
    let hard = getrlimit(Resource::Nofile).maximum;
    let files = env::var(FILES).ok().map(|files| files.parse().unwrap()).or(hard);
    setrlimit(Resource::Nofile, Rlimit { current: files, maximum: hard }).unwrap();
}

pub(crate) struct Child {
    process: std::process::Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
    copy: Option<PathBuf>,
}

/// What a child counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) active: u64,
    pub(crate) paused: u64,
    pub(crate) spliced: u64,
    pub(crate) copied: u64,
    pub(crate) in_use: u64,
    pub(crate) pages: u64,
    pub(crate) denied: u64,
}

impl Child {
    pub(crate) fn new(to: SocketAddr) -> Self {
        Self::start("child::proxy", &[(TO, to.to_string())], false)
    }

    pub(crate) fn with_files(to: SocketAddr, files: u64) -> Self {
        Self::start("child::proxy", &[(TO, to.to_string()), (FILES, files.to_string())], false)
    }

    /// Without what root may.
    pub(crate) fn ordinary(to: SocketAddr) -> Self {
        Self::start("child::proxy", &[(TO, to.to_string())], true)
    }

    pub(crate) fn hog(pipes: usize) -> Self {
        Self::start("child::hog", &[(HOG, pipes.to_string())], true)
    }

    fn start(test: &str, environment: &[(&str, String)], ordinary: bool) -> Self {
        let (mut path, mut copy) = (env::current_exe().unwrap(), None);
        let drop_root = ordinary && getuid().is_root();
        if drop_root {
            // To where anyone may run it.
            let to = env::temp_dir().join(format!("barewire-{}-{}", test.replace(':', ""), std::process::id()));
            fs::copy(&path, &to).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o755)).unwrap();
            path = to.clone();
            copy = Some(to);
        }
        let mut command = Command::new(path);
        command.args([test, "--exact", "--nocapture", "--test-threads=1"]);
        command.envs(environment.iter().map(|(name, value)| (*name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).current_dir("/");
        if drop_root {
            command.uid(ORDINARY).gid(ORDINARY);
        }
        let mut process = command.spawn().unwrap();
        let (stdin, stdout) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        let mut child = Self { process, stdin, stdout, address: SocketAddr::from(([0; 4], 0)), copy };
        child.address = child.line("READY ").parse().unwrap();
        child
    }

    fn line(&mut self, word: &str) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "the child has ended");
            if let Some(rest) = line.strip_prefix(word) {
                return rest.trim().into();
            }
        }
    }

    pub(crate) fn counted(&mut self) -> Counted {
        self.stdin.as_mut().unwrap().write_all(b"?\n").unwrap();
        let line = self.line("COUNTED ");
        let numbers: Vec<u64> =
            line.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
        let &[_, active, paused, spliced, copied, in_use, pages, denied] = &numbers[..] else { panic!("{line}") };
        Counted { active, paused, spliced, copied, in_use, pages, denied }
    }

    fn proc(&self, file: &str) -> PathBuf {
        format!("/proc/{}/{file}", self.process.id()).into()
    }

    /// CPU time, user and system.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(self.proc("stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
    }

    /// What of its memory is its own, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(self.proc("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    pub(crate) fn files(&self) -> usize {
        fs::read_dir(self.proc("fd")).unwrap().count()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.process.wait();
        if let Some(copy) = &self.copy {
            let _ = fs::remove_file(copy);
        }
    }
}
