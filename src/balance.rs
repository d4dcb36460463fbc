//! Load balancing: which backend, is it healthy, whose connection is this. Decisions, no sockets.
//!
//! - [`Balancer`] chooses a backend for each client, retries, queues, limits, and watches over the backends' health.
//! - [`relay`] moves the bytes of a connection once it stands: which system call next, on which of the two sockets.
//! - [`proxy`] says and reads whose connection it is, by the PROXY protocol.
//! - [`client_hello`] reads whom a TLS client wants to speak to, to route by name.
//!
//! # The balancer's driver
//!
//! [`Balancer`] is a sibling of [`Machine`](crate::Machine): commands and the time go in, [`Action`]s come out. A driver
//! tells what happened, does what [`next`](Balancer::next) says until it says `None`, and sleeps until a socket is ready
//! or [`deadline`](Balancer::deadline). It sets no timer of its own. Addresses and sockets are in tables of its own, by
//! the ids' [`index`](BackendId::index).
//!
//! ```
//! use barewire::balance::{Action, Backend, Balancer, Client, Closed, Config, ConnectError, Ending, key};
//! use barewire::Instant;
//!
//! let mut now = Instant::ORIGIN;
//! let mut balancer = Balancer::new(Config::default());
//! let mut addresses = Vec::new();
//! for address in ["10.0.0.1:80", "10.0.0.2:80"] {
//!     let id = balancer.add(Backend::new(key(0, address.as_bytes())), now)?;
//!     assert_eq!(id.index(), addresses.len());
//!     addresses.push(address);
//! }
//!
//! // A listener is ready ...
//! let accepted = balancer.accept(Client::from_ip(0, "192.0.2.7".parse()?), now)?;
//! // ... so is there something to do?
//! let mut refused = 0;
//! while let Some(action) = balancer.next(now) {
//!     match action {
//!         Action::Connect { attempt, backend, .. } => match addresses[backend.index()] {
//!             // As if this one didn't listen: another Connect follows.
//!             _ if refused == 0 => {
//!                 refused += 1;
//!                 balancer.connect_failed(attempt, ConnectError::Refused, now)?;
//!             }
//!             _ => balancer.connected(attempt, now)?,
//!         },
//!         Action::Reject { connection, why } => println!("{connection:?}: {why}"),
//!         Action::Queue { .. } => {}
//!         other => unreachable!("not in this configuration: {other:?}"),
//!     }
//! }
//! assert_eq!((balancer.stats().running, refused), (1, 1));
//!
//! // The relay says that both sides have ended.
//! balancer.closed(accepted, Closed { sent: 78, received: 1234, ending: Ending::Clean }, now)?;
//! assert_eq!(balancer.stats().running, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The bytes of a connection don't pass through here: once it is connected, the balancer hears of it again when it
//! ends.

mod action;
mod backend;
mod balancer;
mod chance;
pub mod client_hello;
mod config;
mod connections;
mod heap;
mod latency;
mod maglev;
mod patience;
mod picker;
pub mod proxy;
mod rate;
pub mod relay;
mod tree;

pub use action::{
    Action, Attempt, BackendId, Client, Closed, ConnectError, ConnectionId, Ending, Health, ProbeId, Reject,
};
pub use backend::{Backend, BackendStatus, Totals};
pub use balancer::{Balancer, Stats};
pub use chance::key;
pub use config::{Check, Config, ConfigBuilder, ConfigError, Policy};
pub use rate::Rate;

/// The most backends of one balancer.
const MAX_BACKENDS: usize = 4096;

/// The most backends that are tried for one client.
const MAX_ATTEMPTS: u8 = 8;
