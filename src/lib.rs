//! A protocol engine with no I/O in it.
//!
//! A protocol is a pure state machine: bytes and the time go in, events and bytes come out. It opens no socket, reads
//! no clock, starts no thread, draws no random number and never blocks. So one machine runs unchanged on threads,
//! smol, tokio, io_uring, WebAssembly or inside a C program; it can be fuzzed, replayed and tested to the last branch
//! without a network.
//!
//! # The map
//!
//! - [`Machine`] is the contract, with its eight laws; [`Next`] says who must act; [`Misuse`] is your own mistake.
//! - [`Link`] is all byte handling: an [`Inbox`] that the driver fills, an [`Outbox`] that it drains.
//! - [`Layer`] and [`Stack`] put a bytes-to-bytes transform (TLS, Noise) under a machine.
//! - [`Datagrams`] is the contract's sibling for protocols whose packets have addresses.
//! - [`Instant`] is the clock, as an argument.
//!
//! The protocols stand on these and know nothing of each other:
//!
//! - [`http`]: the vocabulary of HTTP, whatever the version on the wire.
//! - [`http1`]: HTTP/1.1 and 1.0, server and client.
//! - [`raw`]: bytes without a grammar.
//! - [`detect`]: which of them a peer speaks, by its first bytes.
//! - [`websocket`]: the opening handshake, frames, messages and the close handshake, server and client.
//! - [`balance`]: which backend takes a connection, is it healthy, whose is it, and what moves next between two sockets.
//! - [`message`]: a 12-byte header of magic, version, type and length, then a payload; also over datagrams.
//!
//! With the feature `laws`, `barewire::laws` holds any machine, yours too, to the contract.

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod assembly;
pub mod balance;
mod config_error;
pub mod datagram;
pub mod detect;
pub mod http;
pub mod http1;
#[cfg(feature = "laws")]
pub mod laws;
pub mod link;
pub mod machine;
pub mod message;
pub mod raw;
pub mod stack;
mod stall;
pub mod time;
pub mod websocket;

pub use datagram::{Datagrams, Transmit};
pub use link::{Inbox, Link, Outbox};
pub use machine::{Machine, Misuse, Next};
pub use stack::{Layer, Stack, StackError};
pub use time::Instant;
