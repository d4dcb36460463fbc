//! HTTP services and calls over any barewire connection.

mod carrier;
mod client;
mod collect;
mod error;
mod head;
mod requests;

pub use carrier::Carrier;
pub use client::{Client, Reply, Upload};
pub use error::Error;
pub use head::ToResponse;
pub use requests::{Exchange, Requests};
