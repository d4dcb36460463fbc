//! Encode and decode of messages in memory: barewire beside `tokio-util`'s `LengthDelimitedCodec`.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench message`
//!
//! Both carry the same payloads, and both pay the copy that stands for the socket. The peer's frames are its simplest
//! kind, a length and the payload, so it has less to check.

use barewire::message::{Config, Event, Session};
use barewire::{Instant, Link, Machine, Next};
use barewire_benches::{Contestant, compare};
use bytes::{Bytes, BytesMut};
use std::hint::black_box;
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

fn main() {
    for size in [16, 125, 1 << 10, 16 << 10, 1 << 20] {
        let batch = (32 * 1024 / size).clamp(1, 256);
        let payload = Bytes::from(vec![7; size]);
        compare(
            &format!("{size} B payload, {batch} in flight"),
            batch as u64,
            vec![
                Contestant::new("LengthDelimitedCodec", peer(&payload, batch)),
                Contestant::new("barewire, next", owned(&payload, batch)),
                Contestant::new("barewire, next_ref", lent(&payload, batch)),
            ],
        );
    }
}

fn peer(payload: &Bytes, batch: usize) -> impl FnMut() {
    let (mut codec, mut sent, mut received) = (LengthDelimitedCodec::new(), BytesMut::new(), BytesMut::new());
    let payload = payload.clone();
    move || {
        for _ in 0..batch {
            codec.encode(payload.clone(), &mut sent).unwrap();
        }
        received.extend_from_slice(&sent);
        sent.clear();
        for _ in 0..batch {
            let frame = codec.decode(&mut received).unwrap().unwrap().freeze();
            black_box(&frame[..]);
        }
    }
}

fn sessions() -> (Session, Session) {
    let config = Config::default();
    (Session::new(config.clone()), Session::new(config))
}

fn owned(payload: &Bytes, batch: usize) -> impl FnMut() {
    let (mut sender, mut receiver) = sessions();
    let payload = payload.clone();
    move || {
        for _ in 0..batch {
            send(&mut sender, &payload);
        }
        let mut left = batch;
        while left > 0 {
            match receiver.next(Instant::ORIGIN).unwrap() {
                Next::Event(Event::Message(message)) => {
                    black_box(&message.payload[..]);
                    left -= 1;
                }
                _ => carry(sender.link(), receiver.link()),
            }
        }
    }
}

fn lent(payload: &Bytes, batch: usize) -> impl FnMut() {
    let (mut sender, mut receiver) = sessions();
    let payload = payload.clone();
    move || {
        for _ in 0..batch {
            send(&mut sender, &payload);
        }
        let mut left = batch;
        while left > 0 {
            match receiver.next_ref(Instant::ORIGIN).unwrap() {
                Next::Event(Event::Message(message)) => {
                    black_box(message.payload);
                    left -= 1;
                }
                _ => carry(sender.link(), receiver.link()),
            }
        }
    }
}

/// As someone would who has the payload at hand: what is copied anyway needs no count of its holders.
fn send(sender: &mut Session, payload: &Bytes) {
    if payload.len() < 4096 {
        sender.send_ref(1, payload).unwrap();
    } else {
        sender.send(1, payload.clone()).unwrap();
    }
}

/// The socket: one write, one read.
fn carry(from: &mut Link, to: &mut Link) {
    let mut carried = 0;
    loop {
        let mut chunks = [&b""[..]; 1];
        if from.tx.chunks(&mut chunks) == 0 || carried >= 64 * 1024 {
            return;
        }
        let spare = to.rx.spare(64 * 1024);
        let n = spare.len().min(chunks[0].len());
        if n == 0 {
            return;
        }
        spare[..n].copy_from_slice(&chunks[0][..n]);
        to.rx.commit(n);
        from.tx.advance(n);
        carried += n;
    }
}
