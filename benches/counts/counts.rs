//! Instructions that each machine takes for what comes whole, by 16 bytes and by the byte, and for 1 KiB and 60 KiB of
//! the same. Run by `.ci/instructions`, which holds them against what they were, and against each other.

use barewire::http::{Body, FieldName, FieldValue, Method, Request, Target};
use barewire::http1::{Client, Config, Server};
use barewire::message::{Config as Messages, Header, Session};
use barewire::websocket::{self, Role};
use barewire::{Instant, Machine, Next};
use gungraun::{library_benchmark, library_benchmark_group, main};
use std::hint::black_box;

#[path = "../support/http.rs"]
#[allow(dead_code)]
mod http;

/// More than any machine asks for in one read.
const WHOLE: usize = 16 << 10;

const KIB: usize = 1 << 10;
/// As long as a head can be, with its line.
const KIBS: usize = 60 << 10;

/// Drives a machine over bytes that come in pieces of so many, to the end of them.
fn drive(mut machine: impl Machine, wire: &[u8], piece: usize) {
    let mut rest = wire;
    loop {
        match machine.next(black_box(Instant::ORIGIN)) {
            Ok(Next::Event(event)) => {
                black_box(&event);
            }
            Ok(_) if rest.is_empty() => break,
            Ok(_) => {
                let spare = machine.link().rx.spare(piece.min(rest.len()));
                let n = spare.len().min(rest.len());
                spare[..n].copy_from_slice(&rest[..n]);
                machine.link().rx.commit(n);
                rest = &rest[n..];
            }
            Err(_) => panic!("the input is sound"),
        }
    }
}

fn server() -> Server {
    let config = Config::builder().max_head(65_535).max_line(65_535).max_fields(8192).max_pipelined(1000);
    Server::new(config.build().unwrap())
}

fn client() -> Client {
    let mut client = Client::new(Config::builder().max_head(65_535).build().unwrap());
    let request = Request::new(Method::GET, Target::new("/").unwrap());
    client.request(&request.field(FieldName::HOST, FieldValue::literal("h")), Body::Empty).unwrap();
    client
}

/// One long field.
fn field(length: usize) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "a".repeat(length)).into_bytes()
}

/// Many short fields.
fn fields(length: usize) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: h\r\n{}\r\n", "X: abcd\r\n".repeat(length / 9)).into_bytes()
}

fn chunks(length: usize) -> Vec<u8> {
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    format!("{head}{}", "5;a=b\r\nhello\r\n".repeat(length / 14)).into_bytes()
}

fn response(length: usize) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nX: {}\r\n\r\n", "a".repeat(length)).into_bytes()
}

fn message(length: usize) -> Vec<u8> {
    let header = Header { magic: 0xDEAD_BEEF, version: 1, kind: 7, length: u32::try_from(length).unwrap() };
    [&header.to_bytes()[..], &vec![7; length]].concat()
}

fn messages(length: usize) -> Vec<u8> {
    message(20).repeat(length / 32)
}

fn frames(length: usize) -> Vec<u8> {
    b"\x81\x7e\x00\x80".iter().copied().chain([b'a'; 128]).collect::<Vec<u8>>().repeat(length / 132)
}

fn websocket() -> websocket::Session {
    websocket::Session::new(Role::Client { seed: [7; 32] }, websocket::Config::default())
}

macro_rules! counted {
    ($name:ident, $machine:expr, $wire:path) => {
        #[library_benchmark]
        #[bench::kib_whole($wire(KIB), WHOLE)]
        #[bench::kib_by_16($wire(KIB), 16)]
        #[bench::kib_by_1($wire(KIB), 1)]
        #[bench::kibs_whole($wire(KIBS), WHOLE)]
        #[bench::kibs_by_16($wire(KIBS), 16)]
        #[bench::kibs_by_1($wire(KIBS), 1)]
        fn $name(wire: Vec<u8>, piece: usize) {
            drive($machine, &wire, piece);
        }
    };
}

counted!(http1_field, server(), field);
counted!(http1_fields, server(), fields);
counted!(http1_chunks, server(), chunks);
counted!(http1_response, client(), response);
counted!(message_one, Session::new(Messages::default()), message);
counted!(message_many, Session::new(Messages::default()), messages);
counted!(websocket_frames, websocket(), frames);

// What a request is in practice.
#[library_benchmark]
#[bench::whole(WHOLE)]
#[bench::by_16(16)]
#[bench::by_1(1)]
fn http1_browser(piece: usize) {
    drive(server(), http::BROWSER, piece);
}

library_benchmark_group!(
    name = counts,
    benchmarks = [
        http1_browser,
        http1_field,
        http1_fields,
        http1_chunks,
        http1_response,
        message_one,
        message_many,
        websocket_frames
    ]
);
main!(library_benchmark_groups = counts);
