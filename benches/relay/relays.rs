//! The contestants.

use crate::far::{Backend, Load};
use barewire_splice::{Fixed, Metrics, Options, Stop, listen};
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_setaffinity};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const OURS: &[&str] = &["barewire", "barewire, copying", "barewire on tokio", "tokio's copy_bidirectional"];

/// A relay in a process of its own, on the first CPU.
pub struct Relay {
    pub name: String,
    pub at: SocketAddr,
    child: Option<Child>,
}

/// One of each whose name has the word, and the direct way.
pub fn start(backend: &Backend, load: &Load, word: &str) -> Vec<Relay> {
    let to = load.door(backend);
    let mut relays = vec![Relay { name: "direct".into(), at: to, child: None }];
    let wanted = |name: &str| name.contains(word);
    relays.extend(OURS.iter().filter(|name| wanted(name)).map(|name| ours(name, to)));
    for (name, splicing) in [("HAProxy, splicing", true), ("HAProxy, copying", false)] {
        relays.extend(wanted(name).then(|| haproxy(name, splicing, to)).flatten());
    }
    relays.extend(wanted("nginx").then(|| nginx(to)).flatten());
    relays
}

fn ours(name: &str, to: SocketAddr) -> Relay {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--serve", name, &to.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Relay::new(name, child, line.trim().parse().expect("the relay's address"))
}

/// What such a child runs.
pub fn serve(name: &str, to: &str) {
    let to: SocketAddr = to.parse().unwrap();
    let config = barewire::balance::relay::Config::default();
    match name {
        "barewire" | "barewire, copying" => {
            let config = if name == "barewire" { config } else { config.copying() };
            let listeners = listen("127.0.0.1:0".parse().unwrap(), 1).unwrap();
            println!("{}", listeners[0].local_addr().unwrap());
            let options = Options::builder().relay(config).build().unwrap();
            barewire_splice::serve(listeners, |_| Fixed::tcp(to), &options, &Stop::new(), &Metrics::new()).unwrap();
        }
        _ => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let by_hand = name.starts_with("tokio");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                println!("{}", listener.local_addr().unwrap());
                loop {
                    let Ok((mut client, _)) = listener.accept().await else { continue };
                    let config = config.clone();
                    tokio::spawn(async move {
                        let Ok(mut backend) = tokio::net::TcpStream::connect(to).await else { return };
                        let _ = (client.set_nodelay(true), backend.set_nodelay(true));
                        if by_hand {
                            let _ = tokio::io::copy_bidirectional(&mut client, &mut backend).await;
                        } else {
                            barewire_tokio::relay(client, backend, &config).await;
                        }
                    });
                }
            });
        }
    }
}

fn haproxy(name: &str, splicing: bool, to: SocketAddr) -> Option<Relay> {
    let at = free();
    let splice = if splicing { "option splice-request\noption splice-response" } else { "" };
    let config = format!(
        "global\nnbthread 1\nmaxconn 4000\ntune.pipesize 1048576\n\
         defaults\nmode tcp\ntimeout connect 5s\ntimeout client 1m\ntimeout server 1m\n{splice}\n\
         listen relay\nbind {at}\nserver backend {to}\n"
    );
    foreign(name, "haproxy", at, &config, |file| vec!["-db".into(), "-f".into(), file.into()])
}

fn nginx(to: SocketAddr) -> Option<Relay> {
    let at = free();
    let module = "/usr/lib/nginx/modules/ngx_stream_module.so";
    let load = if Path::new(module).exists() { format!("load_module {module};\n") } else { String::new() };
    let dir = folder();
    let config = format!(
        "{load}daemon off; master_process off; worker_processes 1; pid {dir}/pid; error_log {dir}/error crit;\n\
         events {{ worker_connections 4096; }}\n\
         stream {{ server {{ listen {at}; proxy_pass {to}; tcp_nodelay on; }} }}\n",
        dir = dir.display(),
    );
    foreign("nginx", "nginx", at, &config, |file| vec!["-p".into(), folder().into(), "-c".into(), file.into()])
}

fn foreign(
    name: &str,
    program: &str,
    at: SocketAddr,
    config: &str,
    args: impl Fn(PathBuf) -> Vec<std::ffi::OsString>,
) -> Option<Relay> {
    let file = folder().join(format!("{}.conf", at.port()));
    std::fs::write(&file, config).unwrap();
    let path = ["/usr/sbin", "/usr/bin"].iter().map(|dir| Path::new(dir).join(program)).find(|path| path.exists());
    let child = path.map(|path| Command::new(path).args(args(file)).spawn());
    let Some(Ok(child)) = child else {
        println!("NO {program} HERE: it is missing from the comparison");
        return None;
    };
    let end = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(at).is_err() {
        assert!(Instant::now() < end, "{program} doesn't listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    Some(Relay::new(name, child, at))
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("barewire-relay-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Has all threads of a process run on the first CPU, or on all but the first.
pub fn pin(process: u32, first: bool) {
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let mut set = CpuSet::new();
    (0..cpus).filter(|cpu| (*cpu == 0) == first || cpus == 1).for_each(|cpu| set.set(cpu));
    for thread in std::fs::read_dir(format!("/proc/{process}/task")).unwrap() {
        let thread = thread.unwrap().file_name().into_string().unwrap().parse().unwrap();
        sched_setaffinity(Pid::from_raw(thread), &set).unwrap();
    }
}

impl Relay {
    fn new(name: &str, child: Child, at: SocketAddr) -> Self {
        pin(child.id(), true);
        Self { name: name.into(), at, child: Some(child) }
    }

    /// Seconds of CPU time that the process has had.
    pub fn cpu(&self) -> f64 {
        self.child.as_ref().map_or(0.0, |child| barewire_benches::cpu(child.id()))
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
