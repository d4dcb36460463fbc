//! The two halves of a link against the plainest model there is: a queue of bytes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::{Inbox, Outbox};
use bytes::Bytes;
use quickcheck::{Arbitrary, Gen, quickcheck};
use std::collections::VecDeque;

#[derive(Clone, Debug)]
enum In {
    Read(Vec<u8>),
    Receive(Vec<u8>, u8),
    Take(u16),
    TakeRef(u16),
    Relend(u8),
}

impl Arbitrary for In {
    fn arbitrary(g: &mut Gen) -> Self {
        match u8::arbitrary(g) % 5 {
            0 => Self::Read(Vec::arbitrary(g)),
            1 => Self::Receive(Vec::arbitrary(g), u8::arbitrary(g) % 8),
            2 => Self::Take(u16::arbitrary(g)),
            3 => Self::TakeRef(u16::arbitrary(g)),
            _ => Self::Relend(u8::arbitrary(g)),
        }
    }
}

quickcheck! {
    fn inbox_is_a_queue(steps: Vec<In>, limit: u16) -> bool {
        let mut rx = Inbox::default();
        rx.set_limit(usize::from(limit));
        let mut model = VecDeque::new();
        for step in steps {
            match step {
                In::Read(bytes) => {
                    let spare = rx.spare(bytes.len());
                    assert!(spare.len() <= bytes.len());
                    spare.fill(0xEE);
                    let n = spare.len();
                    spare.copy_from_slice(&bytes[..n]);
                    rx.commit(n);
                    model.extend(&bytes[..n]);
                }
                In::Receive(bytes, more) => {
                    let headroom = rx.len() + usize::from(more) - 4.min(usize::from(more));
                    let mut buffer = vec![0xEE; headroom];
                    buffer.extend_from_slice(&bytes);
                    rx.receive(buffer, headroom);
                    model.extend(&bytes);
                }
                In::Take(n) => {
                    let n = usize::from(n).min(rx.len());
                    let expected: Vec<u8> = model.drain(..n).collect();
                    assert_eq!(rx.take(n), expected);
                }
                In::TakeRef(n) => {
                    let n = usize::from(n).min(rx.len());
                    let expected: Vec<u8> = model.drain(..n).collect();
                    assert_eq!(rx.take_ref(n), expected);
                }
                In::Relend(size) => {
                    let taken = rx.detach();
                    assert!(taken.is_none() || rx.is_empty());
                    rx.attach(vec![0xEE; usize::from(size)]);
                }
            }
            assert_eq!(rx.data(), model.make_contiguous());
        }
        true
    }

    fn outbox_is_a_queue(steps: Vec<Out>) -> bool {
        let mut tx = Outbox::default();
        let mut model: VecDeque<u8> = VecDeque::new();
        for step in steps {
            match step {
                Out::Put(bytes) => {
                    tx.put(&bytes);
                    model.extend(&bytes);
                }
                Out::Push(byte, len) => {
                    let bytes = Bytes::from(vec![byte; usize::from(len)]);
                    model.extend(&bytes);
                    tx.push(bytes);
                }
                Out::Write(slots, n) => {
                    let mut chunks = [&b""[..]; 8];
                    let count = tx.chunks(&mut chunks[..usize::from(slots % 9)]);
                    let lent = chunks[..count].concat();
                    assert!(chunks[..count].iter().all(|chunk| !chunk.is_empty()));
                    let n = usize::from(n).min(lent.len());
                    tx.advance(n);
                    let expected: Vec<u8> = model.drain(..n).collect();
                    assert_eq!(lent[..n], expected);
                }
                Out::Pop => match tx.pop() {
                    None => assert!(model.is_empty()),
                    Some(chunk) => {
                        let expected: Vec<u8> = model.drain(..chunk.len()).collect();
                        assert!(!chunk.is_empty());
                        assert_eq!(chunk, expected);
                    }
                },
                Out::Relend => {
                    tx.detach();
                    tx.attach(vec![0xEE; 9]);
                }
            }
            assert_eq!(tx.len(), model.len());
        }
        let mut rest = Vec::new();
        while let Some(chunk) = tx.pop() {
            rest.extend_from_slice(&chunk);
        }
        model == rest
    }
}

#[derive(Clone, Debug)]
enum Out {
    Put(Vec<u8>),
    Push(u8, u16),
    Write(u8, u16),
    Pop,
    Relend,
}

impl Arbitrary for Out {
    fn arbitrary(g: &mut Gen) -> Self {
        match u8::arbitrary(g) % 6 {
            0 | 1 => Self::Put(Vec::arbitrary(g)),
            2 => Self::Push(u8::arbitrary(g), u16::arbitrary(g) % 9000),
            3 => Self::Write(u8::arbitrary(g), u16::arbitrary(g)),
            4 => Self::Pop,
            _ => Self::Relend,
        }
    }
}

#[test]
fn a_read_is_never_offered_nothing_while_there_is_room() {
    let mut rx = Inbox::default();
    rx.set_limit(1000);
    rx.attach(vec![0; 16]);
    for received in 0..1000 {
        assert_eq!(rx.room(), 1000 - received);
        assert!(!rx.spare(100).is_empty(), "after {received} bytes");
        rx.commit(1);
    }
    assert!(rx.spare(100).is_empty());
}

#[test]
fn the_window_grows_only_with_bytes_that_arrived() {
    let mut rx = Inbox::default();
    rx.set_limit(1 << 20);
    rx.attach(vec![0; 1024]);
    assert_eq!(rx.spare(1 << 20).len(), 1024);
    rx.commit(512);
    assert_eq!(rx.spare(1 << 20).len(), 512);
    rx.commit(1);
    assert_eq!(rx.spare(1 << 20).len(), 2048 - 513);
}

#[test]
fn a_large_span_leaves_with_its_buffer() {
    let mut rx = Inbox::default();
    let buffer = vec![7; 200_000];
    let at = buffer.as_ptr();
    rx.receive(buffer, 0);
    rx.skip(12);
    let large = rx.take(150_000);
    assert_eq!(large.as_ptr(), at.wrapping_add(12), "not copied");
    assert_eq!(rx.len(), 200_000 - 150_012);
    let small = rx.take(10);
    assert_eq!(small, [7; 10][..]);
}

#[test]
fn a_drained_outbox_keeps_no_large_buffer() {
    let mut tx = Outbox::default();
    for _ in 0..100 {
        tx.put(&[0; 4000]);
    }
    tx.advance(400_000);
    assert!(tx.detach().is_none(), "400 kB were kept");
    tx.put(b"small");
    tx.advance(5);
    assert!(tx.detach().is_some_and(|storage| storage.capacity() < 100));
}

#[test]
fn nothing_follows_the_end() {
    let mut tx = Outbox::default();
    tx.put(b"last");
    tx.fin();
    tx.put(b"late");
    tx.push(Bytes::from(vec![0; 9000]));
    assert!(!tx.wants_fin(), "not before the last byte");
    tx.advance(4);
    assert!(tx.wants_fin());
    tx.fin_sent();
    assert!(!tx.wants_fin() && tx.is_ended());

    let mut tx = Outbox::default();
    tx.put(b"never sent");
    tx.abort();
    assert!(tx.is_aborted() && tx.is_empty() && !tx.wants_fin());
}
