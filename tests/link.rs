//! The two halves of a link against the plainest model there is: a queue of bytes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::{Inbox, Link, Outbox};
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

#[test]
fn lent_storage_comes_back_as_it_was() {
    let mut link = Link::new();
    assert_eq!((link.rx.limit(), link.rx.room()), (64 * 1024, 64 * 1024));
    link.rx.attach(vec![0; 100]);
    link.tx.attach(Vec::with_capacity(500));
    // All of it is used before there is more.
    for n in [60, 40] {
        assert_eq!(link.rx.spare(n).len(), n);
        link.rx.commit(n);
    }
    link.tx.put(b"x");
    assert!(matches!(link.detach(), (None, None)), "something is left in them");
    link.rx.skip(100);
    link.tx.advance(1);
    let (rx, tx) = link.detach();
    assert_eq!((rx.map(|storage| storage.len()), tx.map(|storage| storage.capacity())), (Some(100), Some(500)));
    assert!(matches!(link.detach(), (None, None)));
}

#[test]
fn a_span_is_copied_where_it_would_pin_more_than_itself() {
    let mut rx = Inbox::default();
    rx.set_limit(1 << 20);
    // A large one in a much larger buffer.
    rx.attach(vec![0; 1 << 20]);
    rx.spare(64 << 10);
    rx.commit(64 << 10);
    assert_eq!(rx.take(64 << 10).len(), 64 << 10);
    assert_eq!(rx.detach().map(|storage| storage.len()), Some(1 << 20));
    // A small one that fills its buffer.
    rx.attach(vec![0; 100]);
    rx.spare(100);
    rx.commit(100);
    assert_eq!(rx.take(100).len(), 100);
    assert_eq!(rx.detach().map(|storage| storage.len()), Some(100));
}

#[test]
fn received_bytes_are_transformed_in_place() {
    let mut rx = Inbox::default();
    rx.receive(b"abc".to_vec(), 0);
    rx.data_mut().make_ascii_uppercase();
    assert_eq!(rx.data(), b"ABC");
    assert_eq!(format!("{rx:?}"), "Inbox { len: 3, storage: 3, limit: 65536, closed: false }");
}

#[test]
fn pieces_from_four_kib_on_leave_by_reference() {
    for (length, pieces) in [(2000, 1), (4095, 1), (4096, 2)] {
        let mut tx = Outbox::default();
        tx.put(b"head");
        tx.push(vec![7; length].into());
        assert_eq!(tx.chunks(&mut [&b""[..]; 4]), pieces, "{length}");
        tx.put(b"x");
        tx.advance(1);
        let (small, large) = if pieces == 1 { (4 + length, 0) } else { (4, length) };
        assert_eq!(format!("{tx:?}"), format!("Outbox {{ small: {small}, large: {large}, end: Open }}"));
    }
}

#[test]
fn a_tail_of_up_to_64_kib_survives_and_is_used_again() {
    let mut tx = Outbox::default();
    tx.attach(Vec::with_capacity(64 * 1024));
    tx.put(&[7; 2000]);
    tx.advance(2000);
    assert_eq!(tx.detach().map(|storage| storage.capacity()), Some(64 * 1024));
    // Something is always left, and yet it doesn't grow.
    let mut tx = Outbox::default();
    tx.put(&[7; 10]);
    for _ in 0..10_000 {
        tx.put(&[7; 100]);
        tx.advance(100);
    }
    tx.advance(10);
    assert!(tx.detach().unwrap().capacity() < 1000);
}
