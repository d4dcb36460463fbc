//! HTTP services and calls over any barewire connection.

mod carrier;
mod collect;
mod error;
mod head;
mod requests;

pub use carrier::Carrier;
pub use error::Error;
pub use head::ToResponse;
pub use requests::{Exchange, Requests};
