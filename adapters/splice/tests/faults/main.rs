//! What goes wrong between two sockets, with a direct connection, with the splicing server, with the splicing future, and
//! with the relays that copy: all are to look the same from both ends.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod child;
mod ends;
mod flows;
mod limits;
mod rig;
