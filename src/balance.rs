//! Load balancing: pure decisions.

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
