//! What is around a relay: clients and backends.

use rustix::event::epoll;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create, sendfile};
use rustix::net::{RecvFlags, recv};
use std::collections::HashMap;
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::thread;
use std::time::Instant;

const FILE: usize = 1 << 20;

/// What is asked of a relay in one turn.
pub enum Load {
    Bulk { streams: usize, bytes: usize },
    Messages { connections: usize, size: usize, messages: usize },
    Short { connections: usize },
}

pub const LOADS: &[Load] = &[
    Load::Bulk { streams: 1, bytes: 2 << 30 },
    Load::Bulk { streams: 32, bytes: 2 << 30 },
    Load::Messages { connections: 32, size: 64, messages: 100_000 },
    Load::Messages { connections: 32, size: 16 << 10, messages: 60_000 },
    Load::Messages { connections: 1, size: 64, messages: 30_000 },
    Load::Short { connections: 20_000 },
];

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bulk { streams, bytes } => write!(f, "bulk, {streams} streams, {} GiB a turn", bytes >> 30),
            Self::Messages { connections, size, messages } => {
                write!(f, "{size} B there and back on {connections} connections, {messages} a turn")
            }
            Self::Short { connections } => write!(f, "short connections, {connections} a turn"),
        }
    }
}

impl Load {
    /// Runs it through what listens there, and says how many seconds that took.
    pub fn run(&self, at: SocketAddr, backend: &Backend) -> f64 {
        let start = Instant::now();
        match *self {
            Self::Bulk { streams, bytes } => bulk(at, backend, streams, bytes),
            Self::Messages { connections, size, messages } => ping(at, connections, size, messages),
            Self::Short { connections } => short(at, connections),
        }
        start.elapsed().as_secs_f64()
    }

    pub fn say(&self, wall: f64, cpu: f64) -> String {
        match *self {
            Self::Bulk { bytes, .. } => {
                let gigabytes = bytes as f64 / 1e9;
                format!("{:>7.3} CPU s/GB {:>7.2} GB/s", cpu / gigabytes, gigabytes / wall)
            }
            Self::Messages { messages: each, .. } | Self::Short { connections: each } => {
                format!("{:>7.2} us CPU each {:>9.0} /s", cpu * 1e6 / each as f64, each as f64 / wall)
            }
        }
    }

    /// Which of the backend's doors it goes to.
    pub fn door(&self, backend: &Backend) -> SocketAddr {
        if matches!(self, Self::Bulk { .. }) { backend.bulk } else { backend.echo }
    }
}

/// Two servers: one sends as many bytes as eight bytes ask for, one echoes.
pub struct Backend {
    bulk: SocketAddr,
    echo: SocketAddr,
}

impl Backend {
    pub fn start() -> Self {
        let [bulk, echo] = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let backend = Self { bulk: bulk.local_addr().unwrap(), echo: echo.local_addr().unwrap() };
        thread::spawn(move || pour(bulk));
        thread::spawn(move || echoes(echo));
        backend
    }
}

fn pour(listener: TcpListener) {
    for mut stream in listener.incoming().map_while(Result::ok) {
        thread::spawn(move || {
            let mut asked = [0; 8];
            if stream.read_exact(&mut asked).is_err() {
                return;
            }
            let file = memfd_create("bulk", MemfdFlags::CLOEXEC).unwrap();
            ftruncate(&file, FILE as u64).unwrap();
            let mut left = u64::from_le_bytes(asked) as usize;
            while left > 0 {
                let mut at = 0;
                match sendfile(&stream, &file, Some(&mut at), left.min(FILE)) {
                    Ok(n) => left -= n,
                    Err(_) => return,
                }
            }
        });
    }
}

fn bulk(at: SocketAddr, _: &Backend, streams: usize, bytes: usize) {
    let each = bytes / streams;
    let readers: Vec<_> = (0..streams)
        .map(|_| {
            let mut stream = TcpStream::connect(at).unwrap();
            stream.write_all(&(each as u64).to_le_bytes()).unwrap();
            thread::spawn(move || {
                // Discarded in the kernel: this end costs as little as it can.
                let mut buffer = vec![0; FILE];
                let mut got = 0;
                while got < each {
                    match recv(&stream, &mut buffer[..], RecvFlags::TRUNC).unwrap().1 {
                        0 => panic!("cut after {got}"),
                        n => got += n,
                    }
                }
            })
        })
        .collect();
    readers.into_iter().for_each(|reader| reader.join().unwrap());
}

fn echoes(listener: TcpListener) {
    listener.set_nonblocking(true).unwrap();
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    watch(&poll, &listener, u64::MAX);
    let mut streams = HashMap::new();
    let mut next = 0;
    let mut buffer = vec![0; 64 << 10];
    let mut events = Vec::with_capacity(64);
    loop {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None).unwrap();
        for event in &events {
            let name = event.data.u64();
            if name == u64::MAX {
                while let Ok((stream, _)) = listener.accept() {
                    stream.set_nodelay(true).unwrap();
                    watch(&poll, &stream, next);
                    streams.insert(next, stream);
                    next += 1;
                }
                continue;
            }
            let Some(stream) = streams.get_mut(&name) else { continue };
            match stream.read(&mut buffer) {
                Ok(n @ 1..) => stream.write_all(&buffer[..n]).unwrap(),
                _ => drop(streams.remove(&name)),
            }
        }
    }
}

fn watch(poll: &OwnedFd, socket: impl std::os::fd::AsFd, name: u64) {
    epoll::add(poll, socket, epoll::EventData::new_u64(name), epoll::EventFlags::IN).unwrap();
}

fn connect(at: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(at).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn ping(at: SocketAddr, connections: usize, size: usize, messages: usize) {
    let message = vec![7; size];
    let mut streams: Vec<_> = (0..connections).map(|_| connect(at)).collect();
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut due = vec![size; connections];
    let mut left = messages - connections;
    let mut open = connections;
    for (name, stream) in streams.iter_mut().enumerate() {
        watch(&poll, &*stream, name as u64);
        stream.write_all(&message).unwrap();
    }
    let mut buffer = vec![0; 64 << 10];
    let mut events = Vec::with_capacity(64);
    while open > 0 {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None).unwrap();
        for event in &events {
            let name = event.data.u64() as usize;
            match streams[name].read(&mut buffer) {
                Ok(0) => panic!("hung up"),
                Ok(n) => due[name] -= n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Err(error) => panic!("{error}"),
            }
            if due[name] == 0 {
                open -= 1;
                if left > 0 {
                    left -= 1;
                    open += 1;
                    due[name] = size;
                    streams[name].write_all(&message).unwrap();
                }
            }
        }
    }
}

fn short(at: SocketAddr, connections: usize) {
    let each = connections / 4;
    let clients = [0; 4].map(|_| {
        thread::spawn(move || {
            for _ in 0..each {
                let mut stream = connect(at);
                let mut buffer = [7; 64];
                stream.write_all(&buffer).unwrap();
                stream.read_exact(&mut buffer).unwrap();
            }
        })
    });
    clients.into_iter().for_each(|client| client.join().unwrap());
}
