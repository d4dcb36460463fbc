//! barewire's relay on Linux, with `splice(2)`: bytes move between sockets without being copied.
//!
//! - [`serve`] is a proxy: a thread for each listener, every connection relayed to where a [`Route`] says.
//! - [`balance`] has the route of a load balancer.
//! - [`relay`] is one connection between two sockets, as a future on async-io, for any program on smol.
//!
//! What moves next, and whether it is copied or spliced, says [`barewire::balance::relay`]; here are its calls alone.
//!
//! ```
//! use barewire_splice::{Fixed, Metrics, Options, Stop, listen, serve};
//!
//! let listeners = listen("127.0.0.1:0".parse()?, 2)?;
//! let stop = Stop::new();
//! # stop.stop();
//! let metrics = Metrics::new();
//! serve(listeners, |_thread| Fixed::tcp("127.0.0.1:8080".parse().unwrap()), &Options::default(), &stop, &metrics)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # SIGPIPE
//!
//! A splice into a socket whose peer is gone raises SIGPIPE, and no flag of the call prevents it. Rust programs ignore
//! that signal from the start. A program with its own `main`, in C say, must ignore it before it uses this crate.

#![cfg(target_os = "linux")]
#![allow(clippy::std_instead_of_alloc, reason = "there is no adapter without std")]

mod address;
pub mod balance;
mod calls;
mod connection;
pub mod handover;
mod listen;
mod metrics;
mod options;
mod poller;
mod prelude;
mod relay;
mod route;
mod serve;
mod worker;

pub use address::Address;
pub use barewire_drive::Stop;
pub use listen::listen;
pub use metrics::{Metrics, Snapshot};
pub use options::{Options, OptionsBuilder, OptionsError};
pub use relay::relay;
pub use route::{End, Fixed, Id, Order, Peer, Refusal, Route, Wants};
pub use serve::{Report, serve, serve_all};
