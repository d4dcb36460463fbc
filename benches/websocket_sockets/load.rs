//! The load client.

use barewire::Machine;
use barewire::websocket::{Config, Role, Session};
use barewire_benches::process::{Server, Turn};
use rustix::event::epoll::{self, EventData, EventFlags};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// What to ask of a server.
pub struct Load {
    pub connections: usize,
    /// Messages in flight on each.
    pub depth: usize,
    /// Bytes in a message.
    pub size: usize,
    pub messages: usize,
}

impl Load {
    pub fn turn(&self, server: &Server) -> Turn {
        let (batch, reply) = (self.frames(Role::Client { seed: [7; 32] }), self.frames(Role::Server).len());
        let mut peers: Vec<_> = (0..self.connections).map(|_| Peer::open(server.at(), &batch, reply)).collect();
        server.measure(|| run(&mut peers, self.messages / self.depth))
    }

    /// As many messages as are in flight at once, as this end sends them.
    fn frames(&self, role: Role) -> Vec<u8> {
        let mut session = Session::new(role, Config::default());
        for _ in 0..self.depth {
            session.send(vec![7; self.size]).unwrap();
        }
        let mut frames = Vec::new();
        while let Some(chunk) = session.link().tx.pop() {
            frames.extend_from_slice(&chunk);
        }
        frames
    }
}

/// One connection.
struct Peer<'a> {
    stream: TcpStream,
    batch: &'a [u8],
    /// Bytes that answer a batch.
    reply: usize,
    unsent: &'a [u8],
    due: usize,
}

impl<'a> Peer<'a> {
    fn open(at: SocketAddr, batch: &'a [u8], reply: usize) -> Self {
        let mut stream = TcpStream::connect(at).unwrap();
        stream.set_nodelay(true).unwrap();
        let request = format!(
            "GET / HTTP/1.1\r\nHost: {at}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = Vec::new();
        let mut byte = [0];
        while !response.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            response.push(byte[0]);
        }
        assert!(response.starts_with(b"HTTP/1.1 101 "), "{}", response.escape_ascii());
        stream.set_nonblocking(true).unwrap();
        Self { stream, batch, reply, unsent: b"", due: 0 }
    }

    fn interest(&self) -> EventFlags {
        if self.unsent.is_empty() { EventFlags::IN } else { EventFlags::IN | EventFlags::OUT }
    }

    fn begin(&mut self) {
        (self.unsent, self.due) = (self.batch, self.reply);
        self.send();
    }

    /// Sends what the system takes.
    fn send(&mut self) {
        while !self.unsent.is_empty() {
            match self.stream.write(self.unsent) {
                Ok(n) => self.unsent = &self.unsent[n..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Reads once; `true` when the batch is answered.
    fn receive(&mut self, buffer: &mut [u8]) -> bool {
        match self.stream.read(buffer) {
            Ok(0) => panic!("the server hung up"),
            Ok(n) => self.due -= n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        self.due == 0
    }
}

fn run(peers: &mut [Peer<'_>], batches: usize) {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut to_begin = batches;
    let mut open = 0;
    for (at, peer) in peers.iter_mut().enumerate() {
        peer.begin();
        epoll::add(&poll, &peer.stream, EventData::new_u64(at as u64), peer.interest()).unwrap();
        open += 1;
        to_begin -= 1;
    }
    let mut buffer = vec![0; 256 << 10];
    let mut events = Vec::with_capacity(64);
    while open > 0 {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None).unwrap();
        for event in &events {
            let (token, flags) = (event.data, event.flags);
            let peer = &mut peers[token.u64() as usize];
            let before = peer.interest();
            if flags.contains(EventFlags::OUT) {
                peer.send();
            }
            if flags.contains(EventFlags::IN) && peer.receive(&mut buffer) {
                open -= 1;
                if to_begin > 0 {
                    peer.begin();
                    open += 1;
                    to_begin -= 1;
                }
            }
            if peer.interest() != before {
                epoll::modify(&poll, &peer.stream, token, peer.interest()).unwrap();
            }
        }
    }
}
