//! The least that an echo server does.

use barewire::websocket::handshake::{Config, Server, ServerEvent};
use barewire::{Instant, Machine, Next};
use barewire_benches::process::listen;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::event::{PollFd, PollFlags, poll};
use std::collections::HashMap;
use std::io::{ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;

/// What a read asks for at first.
const READ: usize = 16 << 10;

/// From this length on, a payload is echoed from where it is.
const LARGE: usize = 4 << 10;

/// Wait, read, unmask in place, echo, write once. It checks nothing, and knows but one kind of frame.
pub fn echo() {
    let listener = listen();
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    epoll::add(&poll, &listener, EventData::new_u64(0), EventFlags::IN).unwrap();
    let mut streams = HashMap::new();
    let mut name = 0;
    let mut events = Vec::with_capacity(64);
    let mut replies = Vec::new();
    loop {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None).unwrap();
        for event in &events {
            let event = event.data.u64();
            if event == 0 {
                let (mut stream, _) = listener.accept().unwrap();
                open(&mut stream);
                name += 1;
                epoll::add(&poll, &stream, EventData::new_u64(name), EventFlags::IN).unwrap();
                streams.insert(name, Stream { stream, buffer: vec![0; READ], filled: 0 });
            } else if !streams.get_mut(&event).unwrap().turn(&mut replies) {
                streams.remove(&event);
            }
        }
    }
}

/// The handshake, which is not what is measured.
fn open(stream: &mut TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut server = Server::new(Config::default());
    loop {
        match server.next(Instant::ORIGIN).unwrap() {
            Next::Event(ServerEvent::Request(_)) => server.accept().unwrap(),
            Next::Event(_) => break,
            _ => {
                let rx = &mut server.link().rx;
                let n = stream.read(rx.spare(READ)).unwrap();
                rx.commit(n);
            }
        }
    }
    while let Some(chunk) = server.link().tx.pop() {
        stream.write_all(&chunk).unwrap();
    }
    stream.set_nonblocking(true).unwrap();
}

struct Stream {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Stream {
    /// Reads once and answers; `false` at the end.
    fn turn(&mut self, replies: &mut Vec<u8>) -> bool {
        match self.stream.read(&mut self.buffer[self.filled..]) {
            Ok(0) | Err(_) => return false,
            Ok(n) => self.filled += n,
        }
        replies.clear();
        let mut at = 0;
        while let Some((header, length)) = frame(&self.buffer[at..self.filled]) {
            let end = at + header + length;
            if end > self.filled {
                // Once it is known how much will come, all of it fits, and a little of the next.
                self.buffer.resize(self.buffer.len().max(header + length + READ), 0);
                break;
            }
            let (head, payload) = self.buffer[at..end].split_at_mut(header);
            unmask(payload, head[header - 4..].try_into().unwrap());
            replies.extend_from_slice(&[head[0], head[1] & 0x7F]);
            replies.extend_from_slice(&head[2..header - 4]);
            if length < LARGE {
                replies.extend_from_slice(payload);
            } else {
                write(&mut self.stream, replies, payload);
                replies.clear();
            }
            at = end;
        }
        self.buffer.copy_within(at..self.filled, 0);
        self.filled -= at;
        write(&mut self.stream, replies, b"");
        true
    }
}

/// How long the header of a masked frame is, and its payload.
fn frame(data: &[u8]) -> Option<(usize, usize)> {
    Some(match *data.get(1)? & 0x7F {
        126 => (8, usize::from(u16::from_be_bytes(*data.get(2..)?.first_chunk()?))),
        127 => (14, u64::from_be_bytes(*data.get(2..)?.first_chunk()?) as usize),
        short => (6, usize::from(short)),
    })
}

fn unmask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let mut words = payload.chunks_exact_mut(8);
    for word in words.by_ref() {
        let masked = u64::from_ne_bytes((&*word).try_into().unwrap());
        word.copy_from_slice(&(masked ^ wide).to_ne_bytes());
    }
    words.into_remainder().iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
}

fn write(stream: &mut TcpStream, mut first: &[u8], mut second: &[u8]) {
    while !first.is_empty() || !second.is_empty() {
        let written = match (first, second) {
            (first, []) => stream.write(first),
            (first, second) => stream.write_vectored(&[IoSlice::new(first), IoSlice::new(second)]),
        };
        match written {
            Ok(n) => {
                let small = n.min(first.len());
                (first, second) = (&first[small..], &second[n - small..]);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                poll(&mut [PollFd::new(stream, PollFlags::OUT)], None).unwrap();
            }
            Err(error) => panic!("{error}"),
        }
    }
}
