//! The pump under every adapter, written once, with no runtime in it.
//!
//! It moves bytes between a stream and a [`Machine`](barewire::Machine), and knows no protocol. There are two loops over
//! the same pump:
//!
//! - [`poll::Connection`] for runtimes with futures. What it needs of one is a [`poll::Runtime`] and a
//!   [`poll::Transport`]: some forty lines in `barewire-tokio` and `barewire-smol`.
//! - [`blocking::Connection`] for threads. What it needs is a [`blocking::Wire`], in `barewire-std`.
//!
//! Both do the same: they write and read in the same turn, so two peers that both send first don't deadlock; they flush
//! before they wait and not after each command, so sixteen pipelined requests leave as one write; they hold buffers
//! only while bytes are in them; and they let the machine's clock decide what has expired, not a timer's word.
//!
//! [`Socket`](poll::Socket) is the same for [`Datagrams`](barewire::Datagrams). [`serve`] is the accept loop, [`Stop`]
//! the handle that ends it. [`relay`] moves bytes between two sockets.

#![allow(clippy::std_instead_of_alloc, reason = "there is no adapter without std")]

pub mod blocking;
mod clock;
mod error;
pub mod poll;
mod pool;
mod pump;
pub mod relay;
pub mod serve;
mod sink;
mod stop;

pub use clock::{at, instant, now, unix_at_origin};
pub use error::Error;
pub use poll::is_about_a_peer;
pub use serve::{Options, OptionsBuilder, OptionsError, Report};
pub use sink::Duplex;
pub use stop::{Stop, Stopped};
