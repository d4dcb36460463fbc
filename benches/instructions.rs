//! Instructions a machine takes, counted by valgrind: exact under any load.
//!
//! `cargo install gungraun-runner --version 0.20.0 --locked`, then
//! `cargo bench --manifest-path benches/Cargo.toml --bench instructions`
//!
//! Each figure is for 1,000 messages, so a thousandth of it is one message: header, checks, payload, and its share of
//! the link's work.

use barewire::message::{Event, Session};
use barewire::{Instant, Machine, Next};
use gungraun::{library_benchmark, library_benchmark_group, main};
use std::hint::black_box;

const MESSAGES: usize = 1000;

/// A session that has received a thousand messages, cut into reads of `read` bytes when it is driven.
fn wire(payload: usize) -> Vec<u8> {
    let mut sender = Session::default();
    for _ in 0..MESSAGES {
        sender.send_ref(1, &vec![7; payload]).unwrap();
    }
    let mut wire = Vec::new();
    while let Some(chunk) = sender.link().tx.pop() {
        wire.extend_from_slice(&chunk);
    }
    wire
}

fn feed(session: &mut Session, wire: &mut &[u8], read: usize) {
    let spare = session.link().rx.spare(read);
    let n = spare.len().min(wire.len());
    spare[..n].copy_from_slice(&wire[..n]);
    session.link().rx.commit(n);
    *wire = &wire[n..];
}

#[library_benchmark]
#[bench::whole_16(args = (16, 16 << 10), setup = setup)]
#[bench::whole_125(args = (125, 16 << 10), setup = setup)]
#[bench::whole_1024(args = (1024, 16 << 10), setup = setup)]
#[bench::by_16_bytes_125(args = (125, 16), setup = setup)]
#[bench::by_the_byte_125(args = (125, 1), setup = setup)]
fn receive_lent((wire, read): (Vec<u8>, usize)) {
    let mut session = Session::default();
    let mut wire = &wire[..];
    let mut received = 0;
    while received < MESSAGES {
        match session.next_ref(Instant::ORIGIN).unwrap() {
            Next::Event(Event::Message(message)) => {
                black_box(message.payload);
                received += 1;
            }
            _ => feed(&mut session, &mut wire, read),
        }
    }
}

#[library_benchmark]
#[bench::whole_16(args = (16, 16 << 10), setup = setup)]
#[bench::whole_125(args = (125, 16 << 10), setup = setup)]
#[bench::whole_1024(args = (1024, 16 << 10), setup = setup)]
fn receive_owned((wire, read): (Vec<u8>, usize)) {
    let mut session = Session::default();
    let mut wire = &wire[..];
    let mut received = 0;
    while received < MESSAGES {
        match session.next(Instant::ORIGIN).unwrap() {
            Next::Event(Event::Message(message)) => {
                black_box(message.payload);
                received += 1;
            }
            _ => feed(&mut session, &mut wire, read),
        }
    }
}

#[library_benchmark]
#[bench::of_16(16)]
#[bench::of_125(125)]
fn send(payload: usize) {
    let mut session = Session::default();
    let payload = vec![7; payload];
    for _ in 0..MESSAGES {
        session.send_ref(1, black_box(&payload)).unwrap();
        let queued = session.link().tx.len();
        if queued > 16 << 10 {
            session.link().tx.advance(queued);
        }
    }
}

fn setup(payload: usize, read: usize) -> (Vec<u8>, usize) {
    (wire(payload), read)
}

library_benchmark_group!(name = messages, benchmarks = [receive_lent, receive_owned, send]);
main!(library_benchmark_groups = messages);
