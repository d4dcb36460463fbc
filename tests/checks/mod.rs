//! What must hold for every input, as functions: quickcheck and the fuzz targets call the same ones.
//!
//! Each takes bytes, makes of them what it needs, and panics where something doesn't hold. Most hold a machine against a
//! second, naive reading of the standard, written for this purpose: over the whole input at once, with no thought of
//! speed.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::result_unit_err,
    reason = "included by tests and by the fuzz targets"
)]

pub mod detect;
pub mod grammar;
pub mod http1_chunked;
pub mod http1_client_ops;
pub mod http1_heads;
pub mod http1_round_trip;
pub mod http1_server_ops;
pub mod link;
pub mod message;
pub mod message_ops;
pub mod seeds;
pub mod streams;
pub mod support;
pub mod values;

/// A property by the name of its fuzz target.
#[derive(Clone, Copy)]
pub struct Check {
    pub name: &'static str,
    pub holds: fn(&[u8]),
}

/// All of them, but for the laws, which have a table of their own.
pub const CHECKS: &[Check] = &[
    Check { name: "detect", holds: detect::holds },
    Check { name: "http1_chunked", holds: http1_chunked::holds },
    Check { name: "http1_client_ops", holds: http1_client_ops::holds },
    Check { name: "http1_heads", holds: http1_heads::holds },
    Check { name: "http1_round_trip", holds: http1_round_trip::holds },
    Check { name: "http1_server_ops", holds: http1_server_ops::holds },
    Check { name: "link", holds: link::holds },
    Check { name: "message", holds: message::holds },
    Check { name: "message_ops", holds: message_ops::holds },
    Check { name: "streams", holds: streams::holds },
    Check { name: "values", holds: values::holds },
];
