//! The opening handshake of WebSocket (RFC 6455 §4) and what is negotiated in it (RFC 6455 §9, RFC 7692 §7).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browsers;
mod connect;
mod deflate;
mod extensions;
mod properties;
mod requests;
mod responses;
mod run;
mod subprotocols;
