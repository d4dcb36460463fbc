//! From which length on a payload should leave by reference: copied into the tail, or an iovec of its own.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench outbox`
//!
//! What is timed is what differs: building the output of 16 payloads, each behind a 12-byte header, and one `writev` of
//! it into a socket that is drained in between.

use barewire_benches::{Contestant, compare};
use bytes::Bytes;
use std::io::{IoSlice, Read, Write};
use std::os::unix::net::UnixStream;

const HEADER: [u8; 12] = [1; 12];
const PAYLOADS: usize = 16;

fn main() {
    for size in [256, 1 << 10, 2 << 10, 4 << 10, 8 << 10] {
        let payload = Bytes::from(vec![7; size]);
        compare(
            &format!("{PAYLOADS} payloads of {size} B"),
            PAYLOADS as u64,
            vec![
                Contestant::new("copied to one tail", copied(payload.clone())),
                Contestant::new("by reference", referenced(payload)),
            ],
        );
    }
}

fn copied(payload: Bytes) -> impl FnMut() {
    let mut pipe = Pipe::new();
    let mut tail = Vec::new();
    move || {
        for _ in 0..PAYLOADS {
            tail.extend_from_slice(&HEADER);
            tail.extend_from_slice(&payload.clone());
        }
        pipe.carry(&[IoSlice::new(&tail)], tail.len());
        tail.clear();
    }
}

fn referenced(payload: Bytes) -> impl FnMut() {
    let mut pipe = Pipe::new();
    let mut queue = std::collections::VecDeque::new();
    move || {
        for _ in 0..PAYLOADS {
            queue.push_back((HEADER, payload.clone()));
        }
        let slices: Vec<_> = queue.iter().flat_map(|(head, body)| [IoSlice::new(head), IoSlice::new(body)]).collect();
        pipe.carry(&slices, PAYLOADS * (HEADER.len() + payload.len()));
        queue.clear();
    }
}

struct Pipe {
    near: UnixStream,
    far: UnixStream,
    sink: Vec<u8>,
}

impl Pipe {
    fn new() -> Self {
        let (near, far) = UnixStream::pair().unwrap();
        Self { near, far, sink: vec![0; 1 << 20] }
    }

    fn carry(&mut self, slices: &[IoSlice<'_>], length: usize) {
        assert_eq!(self.near.write_vectored(slices).unwrap(), length);
        let mut left = length;
        while left > 0 {
            left -= self.far.read(&mut self.sink).unwrap();
        }
    }
}
