//! The link against the simplest model of it: a queue of bytes in each direction.

use arbitrary::{Arbitrary, Unstructured};
use barewire::{Inbox, Outbox};
use bytes::Bytes;
use std::collections::VecDeque;

#[derive(Arbitrary, Debug)]
enum Op {
    // In.
    Attach(u32),
    Detach,
    Read { want: u32, bytes: u32 },
    Receive { headroom: u32, bytes: u32 },
    Close,
    Take(u32),
    TakeRef(u32),
    Skip(u32),
    Limit(u32),
    // Out.
    Lend(u32),
    TakeBack,
    Put(u32),
    PutMut(u32),
    Push(u32),
    Chunks(u8),
    Advance(u32),
    Pop,
    Fin,
    FinSent,
    Abort,
    Clear,
}

/// Mostly short; but some above each of the link's thresholds.
fn length(n: u32) -> usize {
    let most = [64, 64, 300, 300, 300, 5000, 20_000, 140_000][n as usize % 8];
    (n >> 3) as usize % most
}

struct Models {
    rx: VecDeque<u8>,
    limit: usize,
    eof: bool,
    tx: VecDeque<u8>,
    drained: u64,
    end: End,
    /// Each byte that goes in is another one.
    next: u8,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Open,
    Wanted,
    Sent,
    Aborted,
}

pub fn holds(data: &[u8]) {
    let Ok(ops) = Vec::<Op>::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let (mut rx, mut tx) = (Inbox::default(), Outbox::default());
    let mut model = Models {
        rx: VecDeque::new(),
        limit: rx.limit(),
        eof: false,
        tx: VecDeque::new(),
        drained: 0,
        end: End::Open,
        next: 0,
    };
    for op in ops.into_iter().take(100) {
        model.act(op, &mut rx, &mut tx);
        model.compare(&mut rx, &tx);
    }
    let mut left = Vec::new();
    while let Some(chunk) = tx.pop() {
        assert!(!chunk.is_empty(), "an empty chunk");
        left.extend_from_slice(&chunk);
    }
    assert!(model.tx == left, "popped something else than was queued");
}

impl Models {
    fn fresh(&mut self, n: usize) -> Vec<u8> {
        let bytes = (0..n).map(|_| {
            self.next = self.next.wrapping_add(1);
            self.next
        });
        bytes.collect()
    }

    fn taken(&mut self, n: usize) -> Vec<u8> {
        self.rx.drain(..n).collect()
    }

    fn queue(&mut self, bytes: &[u8]) {
        if self.end == End::Open {
            self.tx.extend(bytes);
        }
    }

    fn send(&mut self, n: usize) -> Vec<u8> {
        self.drained += n as u64;
        self.tx.drain(..n).collect()
    }

    fn act(&mut self, op: Op, rx: &mut Inbox, tx: &mut Outbox) {
        match op {
            Op::Attach(n) => rx.attach(vec![b'\r'; length(n)]),
            Op::Detach => {
                let storage = rx.detach();
                assert!(storage.is_none() || self.rx.is_empty(), "bytes left with the storage");
                assert!(storage.is_none_or(|storage| !storage.is_empty()));
                assert!(rx.detach().is_none(), "there is only one");
            }
            Op::Read { want, bytes } => {
                let (want, room) = (length(want), rx.room());
                let bytes = self.fresh(length(bytes));
                let spare = rx.spare(want);
                assert!(spare.len() <= want.min(room));
                assert_eq!(spare.is_empty(), want.min(room) == 0, "an empty read looks like the end");
                let n = bytes.len().min(spare.len());
                spare[..n].copy_from_slice(&bytes[..n]);
                rx.commit(n);
                self.rx.extend(&bytes[..n]);
            }
            Op::Receive { headroom, bytes } => {
                let (headroom, bytes) = (length(headroom), self.fresh(length(bytes)));
                let buffer = [&vec![b'\n'; headroom], &bytes[..]].concat();
                rx.receive(buffer, headroom);
                self.rx.extend(&bytes);
            }
            Op::Close => {
                rx.close();
                self.eof = true;
            }
            Op::Take(n) => {
                let n = length(n).min(self.rx.len());
                assert!(rx.take(n) == self.taken(n), "took something else");
            }
            Op::TakeRef(n) => {
                let n = length(n).min(self.rx.len());
                assert!(rx.take_ref(n) == self.taken(n), "took something else");
            }
            Op::Skip(n) => {
                let n = length(n).min(self.rx.len());
                rx.skip(n);
                self.taken(n);
            }
            Op::Limit(n) => {
                self.limit = length(n);
                rx.set_limit(self.limit);
            }
            Op::Lend(n) => tx.attach(Vec::with_capacity(length(n))),
            Op::TakeBack => {
                // Only the large pieces may still be there, and they need no storage.
                let before = tx.len();
                tx.detach();
                assert_eq!(tx.len(), before);
            }
            Op::Put(n) => {
                let bytes = self.fresh(length(n));
                tx.put(&bytes);
                self.queue(&bytes);
            }
            Op::PutMut(n) => {
                let bytes = self.fresh(length(n));
                let flipped: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
                tx.put_mut(&bytes).iter_mut().for_each(|byte| *byte = !*byte);
                self.queue(&flipped);
            }
            Op::Push(n) => {
                let bytes = self.fresh(length(n));
                tx.push(Bytes::copy_from_slice(&bytes));
                self.queue(&bytes);
            }
            Op::Chunks(slots) => {
                let mut chunks = vec![&b""[..]; slots.into()];
                let count = tx.chunks(&mut chunks);
                assert!(chunks[..count].iter().all(|chunk| !chunk.is_empty()), "an empty chunk");
                assert!(count > 0 || slots == 0 || self.tx.is_empty(), "nothing, and something is queued");
                let seen: Vec<u8> = chunks[..count].concat();
                assert!(self.tx.iter().zip(&seen).all(|(a, b)| a == b) && seen.len() <= self.tx.len());
                assert!(count == slots.into() || seen.len() == self.tx.len(), "room for more, and more is queued");
            }
            Op::Advance(n) => {
                let n = length(n).min(self.tx.len());
                tx.advance(n);
                self.send(n);
            }
            Op::Pop => {
                let chunk = tx.pop();
                assert_eq!(chunk.is_none(), self.tx.is_empty());
                if let Some(chunk) = chunk {
                    assert!(!chunk.is_empty() && chunk.len() <= self.tx.len());
                    assert!(chunk == self.send(chunk.len()), "popped something else than was queued");
                }
            }
            Op::Fin => {
                tx.fin();
                if self.end == End::Open {
                    self.end = End::Wanted;
                }
            }
            Op::FinSent => {
                tx.fin_sent();
                if self.end == End::Wanted {
                    self.end = End::Sent;
                }
            }
            Op::Abort => {
                tx.abort();
                self.tx.clear();
                self.end = End::Aborted;
            }
            Op::Clear => {
                tx.clear();
                self.tx.clear();
            }
        }
    }

    fn compare(&self, rx: &mut Inbox, tx: &Outbox) {
        assert!(self.rx == rx.data(), "received something else");
        assert_eq!((rx.len(), rx.is_empty()), (self.rx.len(), self.rx.is_empty()));
        assert_eq!((rx.limit(), rx.room()), (self.limit, self.limit.saturating_sub(self.rx.len())));
        assert_eq!(rx.is_eof(), self.eof);
        assert!(rx.data_mut().len() == self.rx.len());

        assert_eq!((tx.len(), tx.is_empty()), (self.tx.len(), self.tx.is_empty()));
        assert_eq!(tx.drained(), self.drained);
        assert_eq!(tx.is_ended(), self.end != End::Open);
        assert_eq!(tx.is_aborted(), self.end == End::Aborted);
        assert_eq!(tx.wants_fin(), self.end == End::Wanted && self.tx.is_empty());
    }
}
