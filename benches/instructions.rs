//! Instructions a machine takes, counted by valgrind: exact under any load.
//!
//! `cargo install gungraun-runner --version 0.20.0 --locked`, then
//! `cargo bench --manifest-path benches/Cargo.toml --bench instructions`
//!
//! Each figure is for 1,000 messages or requests, so a thousandth of it is one: header, checks, payload, and its share
//! of the link's work. `feed_alone` is the bench's own part of `read_heads`, to be taken off: it brings the same bytes
//! to the same link in the same pieces, and asks nobody.

use barewire::http::{RequestEvent, Response, Status};
use barewire::http1::{Config, Server};
use barewire::message::{Event, Session};
use barewire::websocket::{self, Role};
use barewire::{Instant, Link, Machine, Next};
use barewire_benches::http::{BODY, BROWSER, SMALL};
use bytes::Bytes;
use gungraun::{library_benchmark, library_benchmark_group, main};
use std::hint::black_box;
use std::time::Duration;

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

fn feed(link: &mut Link, wire: &mut &[u8], read: usize) {
    let spare = link.rx.spare(read);
    let n = spare.len().min(wire.len());
    spare[..n].copy_from_slice(&wire[..n]);
    link.rx.commit(n);
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
            _ => feed(session.link(), &mut wire, read),
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
            _ => feed(session.link(), &mut wire, read),
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

// Each head comes in reads of `read` bytes of its own. Nothing is answered: that would be the same work however the
// head came.
#[library_benchmark]
#[bench::whole_40(SMALL, 1 << 10)]
#[bench::by_16_bytes_40(SMALL, 16)]
#[bench::by_the_byte_40(SMALL, 1)]
#[bench::whole_703(BROWSER, 1 << 10)]
#[bench::by_16_bytes_703(BROWSER, 16)]
#[bench::by_the_byte_703(BROWSER, 1)]
fn read_heads(head: &[u8], read: usize) {
    let mut server = Server::new(Config::builder().max_pipelined(MESSAGES + 1).build().unwrap());
    for _ in 0..MESSAGES {
        let mut wire = head;
        loop {
            match server.next_ref(black_box(Instant::ORIGIN)).unwrap() {
                Next::Event(event) => {
                    black_box(&event);
                    if let RequestEvent::End { .. } = event {
                        break;
                    }
                }
                _ => feed(server.link(), &mut wire, read),
            }
        }
    }
}

#[library_benchmark]
#[bench::whole_40(SMALL, 1 << 10)]
#[bench::by_16_bytes_40(SMALL, 16)]
#[bench::by_the_byte_40(SMALL, 1)]
#[bench::whole_703(BROWSER, 1 << 10)]
#[bench::by_16_bytes_703(BROWSER, 16)]
#[bench::by_the_byte_703(BROWSER, 1)]
fn feed_alone(head: &[u8], read: usize) {
    let mut server = Server::new(Config::default());
    for _ in 0..MESSAGES {
        let mut wire = head;
        while !wire.is_empty() {
            feed(black_box(server.link()), &mut wire, read);
        }
        server.link().rx.skip(head.len());
    }
}

// Head, reply, and the reply's way out.
#[library_benchmark]
#[bench::of_40(SMALL)]
#[bench::of_703(BROWSER)]
fn exchange(head: &[u8]) {
    let mut server =
        Server::new(Config::builder().unix_at_origin(Some(Duration::from_secs(1_800_000_000))).build().unwrap());
    for _ in 0..MESSAGES {
        feed(server.link(), &mut { head }, 1 << 10);
        while let Next::Event(event) = server.next_ref(black_box(Instant::ORIGIN)).unwrap() {
            if let RequestEvent::End { id, .. } = event {
                server.respond_with(id, &Response::new(Status::OK), Bytes::from_static(BODY)).unwrap();
            }
        }
        let tx = &mut server.link().tx;
        tx.advance(tx.len());
    }
}

/// Masked messages, as a server receives them.
fn masked(payload: usize, read: usize) -> (Vec<u8>, usize) {
    let mut client = websocket::Session::new(Role::Client { seed: [7; 32] }, websocket::Config::default());
    for _ in 0..MESSAGES {
        client.send(vec![7; payload]).unwrap();
    }
    (std::iter::from_fn(|| client.link().tx.pop()).flatten().collect(), read)
}

#[library_benchmark]
#[bench::whole_16(args = (16, 16 << 10), setup = masked)]
#[bench::by_16_bytes_16(args = (16, 16), setup = masked)]
#[bench::by_the_byte_16(args = (16, 1), setup = masked)]
#[bench::whole_125(args = (125, 16 << 10), setup = masked)]
#[bench::by_16_bytes_125(args = (125, 16), setup = masked)]
#[bench::by_the_byte_125(args = (125, 1), setup = masked)]
#[bench::whole_1024(args = (1024, 16 << 10), setup = masked)]
#[bench::by_16_bytes_1024(args = (1024, 16), setup = masked)]
#[bench::by_the_byte_1024(args = (1024, 1), setup = masked)]
fn websocket_lent((wire, read): (Vec<u8>, usize)) {
    let mut session = websocket::Session::new(Role::Server, websocket::Config::default());
    let mut wire = &wire[..];
    let mut received = 0;
    while received < MESSAGES {
        match session.next_ref(black_box(Instant::ORIGIN)).unwrap() {
            Next::Event(websocket::Event::Binary(message)) => {
                black_box(message);
                received += 1;
            }
            _ => feed(session.link(), &mut wire, read),
        }
    }
}

#[library_benchmark]
#[bench::whole_16(args = (16, 16 << 10), setup = masked)]
#[bench::whole_125(args = (125, 16 << 10), setup = masked)]
#[bench::whole_1024(args = (1024, 16 << 10), setup = masked)]
#[bench::by_16_bytes_1024(args = (1024, 16), setup = masked)]
fn websocket_owned((wire, read): (Vec<u8>, usize)) {
    let mut session = websocket::Session::new(Role::Server, websocket::Config::default());
    let mut wire = &wire[..];
    let mut received = 0;
    while received < MESSAGES {
        match session.next(black_box(Instant::ORIGIN)).unwrap() {
            Next::Event(websocket::Event::Binary(message)) => {
                black_box(message);
                received += 1;
            }
            _ => feed(session.link(), &mut wire, read),
        }
    }
}

// Of a server and, where it says so, of a client, which masks.
#[library_benchmark]
#[bench::of_16(16, Role::Server)]
#[bench::of_125(125, Role::Server)]
#[bench::of_1024(1024, Role::Server)]
#[bench::masked_16(16, Role::Client { seed: [7; 32] })]
#[bench::masked_1024(1024, Role::Client { seed: [7; 32] })]
fn websocket_send(payload: usize, role: Role) {
    let mut session = websocket::Session::new(role, websocket::Config::default());
    let payload = vec![7; payload];
    for _ in 0..MESSAGES {
        session.send_ref(websocket::Event::Binary(black_box(&payload))).unwrap();
        let queued = session.link().tx.len();
        if queued > 16 << 10 {
            session.link().tx.advance(queued);
        }
    }
}

// Sixteen messages to a read, and all replies in one drain, as a driver does it.
#[library_benchmark]
#[bench::lent_16(args = (16, 16 * 22), setup = masked)]
#[bench::lent_125(args = (125, 16 * 131), setup = masked)]
#[bench::lent_1024(args = (1024, 16 * 1032), setup = masked)]
fn websocket_echo((wire, read): (Vec<u8>, usize)) {
    let mut session = websocket::Session::new(Role::Server, websocket::Config::default());
    let mut wire = &wire[..];
    loop {
        match session.exchange(black_box(Instant::ORIGIN)).unwrap() {
            Next::Event((message, mut peer)) => peer.send_ref(message).unwrap(),
            _ => {
                let tx = &mut session.link().tx;
                tx.advance(tx.len());
                if wire.is_empty() {
                    break;
                }
                feed(session.link(), &mut wire, read);
            }
        }
    }
}

library_benchmark_group!(name = messages, benchmarks = [receive_lent, receive_owned, send]);
library_benchmark_group!(name = http1, benchmarks = [read_heads, feed_alone, exchange]);
library_benchmark_group!(
    name = websockets,
    benchmarks = [websocket_lent, websocket_owned, websocket_send, websocket_echo]
);
main!(library_benchmark_groups = messages, http1, websockets);
