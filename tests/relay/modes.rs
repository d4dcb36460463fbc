//! When a direction copies and when it splices.

use barewire::Instant;
use barewire::balance::relay::{Config, Fault, Op, Ready, Relay, Side, Step, Way};

const SCRATCH: usize = 64 * 1024;

/// One direction, whose source has `waiting` bytes and whose sink takes them all.
struct Bulk {
    relay: Relay,
    scratch: Vec<u8>,
    waiting: usize,
    pipe: usize,
    /// Whether there are pipes, and how much goes into one.
    pipes: bool,
    fits: usize,
}

impl Bulk {
    fn new() -> Self {
        Self {
            relay: Relay::new(&Config::default()),
            scratch: vec![0; SCRATCH],
            waiting: 0,
            pipe: 0,
            pipes: true,
            fits: SCRATCH,
        }
    }

    /// Bytes arrive at once; says what was done until the source was empty, without the yields.
    fn message(&mut self, bytes: usize) -> Vec<Op> {
        self.waiting += bytes;
        self.relay.ready(Side::Backend, Ready::READABLE);
        let mut ops = Vec::new();
        loop {
            match self.relay.next(Instant::ORIGIN) {
                Step::Do(way, op) => {
                    assert_eq!(way, Way::Down);
                    let result = self.perform(op);
                    self.relay.done(result, &self.scratch);
                    ops.push(op);
                }
                Step::Yield => {}
                Step::Wait(_) => return ops,
                Step::Done(ended) => panic!("{ended:?}"),
            }
        }
    }

    fn perform(&mut self, op: Op) -> Result<usize, Fault> {
        let most = match op {
            Op::Read => SCRATCH,
            Op::SpliceIn => self.fits,
            Op::Write => return Ok(self.relay.unsent(Way::Down, &self.scratch).len()),
            Op::SpliceOut { len } => {
                self.pipe = 0;
                return Ok(len);
            }
            Op::TakePipe { .. } if !self.pipes => return Err(Fault::Refused),
            _ => return Ok(0),
        };
        match self.waiting.min(most) {
            0 => Err(Fault::WouldBlock),
            n => {
                self.waiting -= n;
                Ok(n)
            }
        }
    }

    fn splices(&mut self, bytes: usize) -> bool {
        let ops = self.message(bytes);
        ops.contains(&Op::SpliceIn)
    }
}

#[test]
fn messages_are_copied_whatever_their_number() {
    let mut bulk = Bulk::new();
    for size in [1, 64, 16 * 1024, SCRATCH, SCRATCH + 1, 3 * SCRATCH] {
        for _ in 0..100 {
            assert!(!bulk.splices(size), "{size}");
        }
    }
    let counters = bulk.relay.counters(Way::Down);
    assert_eq!((counters.spliced, counters.denied), (0, 0));
}

#[test]
fn bulk_is_spliced_after_a_quarter_of_a_mebibyte() {
    let mut bulk = Bulk::new();
    let ops = bulk.message(10 * SCRATCH);
    assert_eq!(ops.iter().filter(|op| **op == Op::Read).count(), 4);
    assert_eq!(ops.iter().filter(|op| **op == Op::SpliceIn).count(), 7);
    // Nobody who waits has a pipe.
    assert_eq!(ops.last(), Some(&Op::ReturnPipe { empty: true }));
    let counters = bulk.relay.counters(Way::Down);
    assert_eq!((counters.copied, counters.spliced), (4 * SCRATCH as u64, 6 * SCRATCH as u64));
}

#[test]
fn two_small_turns_and_it_copies_again() {
    let mut bulk = Bulk::new();
    assert!(bulk.splices(10 * SCRATCH));
    assert!(bulk.splices(40 * 1024));
    assert!(bulk.splices(1024));
    assert!(bulk.splices(40 * 1024));
    assert!(bulk.splices(1024));
    assert!(bulk.splices(1024));
    assert!(!bulk.splices(1024));
}

#[test]
fn whoever_fills_pipes_is_lent_a_large_one() {
    let mut bulk = Bulk::new();
    bulk.fits = 265 * 1024;
    let ops = bulk.message(64 << 20);
    let takes: Vec<_> = ops.iter().filter(|op| matches!(op, Op::TakePipe { .. })).collect();
    assert_eq!(takes[0], &Op::TakePipe { large: false });
    assert_eq!(takes.last(), Some(&&Op::TakePipe { large: true }));
}

#[test]
fn a_refused_pipe_is_asked_for_less_and_less() {
    let mut bulk = Bulk::new();
    bulk.pipes = false;
    for _ in 0..100 {
        bulk.message(10 << 20);
    }
    let counters = bulk.relay.counters(Way::Down);
    assert_eq!(counters.spliced, 0);
    assert!((2..=8).contains(&counters.denied), "{}", counters.denied);
    bulk.pipes = true;
    assert!(bulk.splices(32 << 20), "and again, once there is one");
}

#[test]
fn a_socket_that_can_not_be_spliced_is_copied() {
    let config = Config::builder().up_after(0).build().unwrap();
    let mut relay = Relay::new(&config);
    let scratch = [0; 8];
    let mut refused = 0;
    for _ in 0..50 {
        relay.ready(Side::Client, Ready::READABLE);
        while let Step::Do(_, op) = relay.next(Instant::ORIGIN) {
            let result = match op {
                Op::Read | Op::Write => Ok(8),
                Op::SpliceIn => Err(Fault::Invalid),
                _ => Ok(0),
            };
            refused += usize::from(op == Op::SpliceIn);
            relay.done(result, &scratch);
        }
    }
    assert_eq!(refused, 4);
}

#[test]
fn nobody_keeps_the_others_waiting() {
    for (splice, most) in [(false, 1 << 20), (true, (1 << 20) + (256 << 10))] {
        let config = Config::builder().splice(splice).build().unwrap();
        let mut bulk = Bulk { relay: Relay::new(&config), fits: 256 << 10, ..Bulk::new() };
        bulk.waiting = 1 << 40;
        bulk.relay.ready(Side::Backend, Ready::READABLE);
        for _ in 0..20 {
            let before = bulk.waiting;
            while let Step::Do(_, op) = bulk.relay.next(Instant::ORIGIN) {
                let result = bulk.perform(op);
                bulk.relay.done(result, &bulk.scratch);
            }
            assert!((1 << 20..=most).contains(&(before - bulk.waiting)), "{}", before - bulk.waiting);
        }
    }
}
