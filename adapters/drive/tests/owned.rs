//! A driver for a completion-based kernel: buffers are given away by value and come back later, in any order. It shows
//! that the contract needs no copy for that.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::raw::{Event, Session};
use barewire::{Instant, Link, Machine, Next};
use bytes::{Buf, Bytes};
use core::convert::Infallible;

const BUFFER: usize = 4096;

/// Decides by a seed what the kernel does next.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }
}

/// At most one read and one write are with the kernel. Nobody but it can touch their buffers.
struct Kernel {
    chance: Chance,
    input: Bytes,
    output: Vec<u8>,
    reading: Option<Vec<u8>>,
    writing: Option<Bytes>,
}

enum Completion {
    /// The buffer, with what came appended; nothing appended is the end.
    Read(Vec<u8>),
    /// The buffer, and how much of it left.
    Written(Bytes, usize),
}

impl Kernel {
    fn submit_read(&mut self, buffer: Vec<u8>) {
        assert!(self.reading.replace(buffer).is_none());
    }

    fn submit_write(&mut self, chunk: Bytes) {
        assert!(!chunk.is_empty());
        assert!(self.writing.replace(chunk).is_none());
    }

    /// Completes one of what is in flight.
    fn complete(&mut self) -> Option<Completion> {
        let write_first = self.chance.below(2) == 0;
        if let Some(chunk) = self.writing.take_if(|_| write_first || self.reading.is_none()) {
            let n = 1 + self.chance.below(chunk.len());
            self.output.extend_from_slice(&chunk[..n]);
            return Some(Completion::Written(chunk, n));
        }
        let mut buffer = self.reading.take()?;
        let space = buffer.capacity() - buffer.len();
        let n = (1 + self.chance.below(space)).min(self.input.len());
        buffer.extend_from_slice(&self.input.split_to(n));
        Some(Completion::Read(buffer))
    }
}

/// Moves buffers between a kernel and a machine.
struct Driver<M> {
    machine: M,
    pool: Vec<Vec<u8>>,
    /// Filler at the front of the buffer that is being read into.
    headroom: usize,
    reads: usize,
}

impl<M: Machine<Error = Infallible>> Driver<M> {
    fn new(machine: M) -> Self {
        Self { machine, pool: Vec::new(), headroom: 0, reads: 0 }
    }

    /// Runs until the machine is done and all that it said has left. Says whether the stream was ended.
    fn run(&mut self, kernel: &mut Kernel, mut hear: impl FnMut(&mut M, M::Event)) -> bool {
        for _ in 0..100_000 {
            let done = loop {
                match self.machine.next(Instant::ORIGIN).unwrap() {
                    Next::Event(event) => hear(&mut self.machine, event),
                    Next::NeedInput => {
                        self.read(kernel);
                        break false;
                    }
                    Next::Done => break true,
                    Next::NeedFlush | Next::NeedApp => break false,
                }
            };
            if kernel.writing.is_none() {
                if let Some(chunk) = self.machine.link().tx.pop() {
                    kernel.submit_write(chunk);
                }
            }
            match kernel.complete() {
                Some(Completion::Read(buffer)) => self.received(buffer),
                Some(Completion::Written(mut chunk, n)) => {
                    chunk.advance(n);
                    if !chunk.is_empty() {
                        kernel.submit_write(chunk);
                    }
                }
                None if done => return self.machine.link().tx.wants_fin(),
                None => panic!("nobody can move"),
            }
        }
        panic!("no end");
    }

    fn read(&mut self, kernel: &mut Kernel) {
        if kernel.reading.is_some() {
            return;
        }
        let rx = &mut self.machine.link().rx;
        assert!(rx.room() > 0 && !rx.is_eof());
        self.headroom = rx.len();
        let mut buffer = self.pool.pop().unwrap_or_default();
        buffer.clear();
        buffer.reserve_exact(self.headroom + BUFFER.min(rx.room()));
        buffer.resize(self.headroom, 0);
        kernel.submit_read(buffer);
    }

    fn received(&mut self, buffer: Vec<u8>) {
        self.reads += 1;
        let rx = &mut self.machine.link().rx;
        if buffer.len() == self.headroom {
            rx.close();
            self.pool.push(buffer);
            return;
        }
        let came = buffer[self.headroom..].as_ptr_range();
        let old = rx.receive(buffer, self.headroom);
        // What came is where the kernel put it, behind what was unread.
        assert_eq!(rx.data().as_ptr_range().end, came.end);
        assert!(rx.data().as_ptr() <= came.start);
        if old.capacity() > 0 {
            self.pool.push(old);
        }
    }
}

fn input() -> Bytes {
    (0u8..=250).cycle().take(100_000).collect()
}

fn kernel(seed: u64) -> Kernel {
    Kernel { chance: Chance(seed), input: input(), output: Vec::new(), reading: None, writing: None }
}

#[test]
fn an_echo_by_owned_buffers() {
    for seed in 1..200 {
        let mut kernel = kernel(seed);
        let mut driver = Driver::new(Session::default());
        let ended = driver.run(&mut kernel, |session, event| match event {
            Event::Data(bytes) => session.send(bytes).unwrap(),
            _ => session.close().unwrap(),
        });
        assert!(ended, "seed {seed}");
        assert_eq!(kernel.output, input(), "seed {seed}");
        assert!(driver.reads > 20);
        assert!(driver.pool.len() <= 2, "buffers go round: {}", driver.pool.len());
    }
}

#[test]
fn large_output_is_never_copied() {
    let body = Bytes::from(vec![7; 50_000]);
    let mut session = Session::default();
    session.send(&b"head"[..]).unwrap();
    session.send(body.clone()).unwrap();
    let tx = &mut session.link().tx;
    assert_eq!(tx.pop().unwrap(), "head");
    assert_eq!(tx.pop().unwrap().as_ptr(), body.as_ptr());
    assert!(tx.pop().is_none());
}

/// Records of 1000 bytes: most reads end in the middle of one.
#[derive(Default)]
struct Records(Link);

impl Machine for Records {
    type Event = Bytes;
    type Error = Infallible;

    fn link(&mut self) -> &mut Link {
        &mut self.0
    }

    fn next(&mut self, _: Instant) -> Result<Next<Bytes>, Infallible> {
        let Link { rx, tx } = &mut self.0;
        if rx.len() >= 1000 {
            return Ok(Next::Event(rx.take(1000)));
        }
        if !rx.is_eof() {
            return Ok(Next::NeedInput);
        }
        tx.fin();
        Ok(Next::Done)
    }
}

#[test]
fn an_unfinished_record_moves_and_what_follows_does_not() {
    for seed in 1..200 {
        let mut kernel = kernel(seed);
        let mut heard = Vec::new();
        let mut driver = Driver::new(Records::default());
        assert!(driver.run(&mut kernel, |_, record| heard.extend_from_slice(&record)));
        assert_eq!(heard, input(), "seed {seed}");
    }
}
