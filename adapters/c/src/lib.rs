//! barewire machines for C: `include/barewire.h` is this crate, as C reads it.
//!
//! Its comments are the ones below, and its first page is in `cbindgen.toml`. Here stands what only this side must know.
//!
//! - `unsafe` is where a pointer of the caller's becomes a reference, and nowhere else: in `pointer`.
//! - Each function that has a connection runs in `pointer::guard`: NULL is a code, and so is a panic.
//! - On WebAssembly it is the same interface, with an allocator that JavaScript may use too: `wasm`.
//! - What C is told in numbers is numbered for good. New numbers are appended, and a struct grows only at its end.

#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![allow(unsafe_code, reason = "C has only raw pointers")]
#![allow(clippy::missing_safety_doc, reason = "the header's first page says it once, for all functions")]

extern crate alloc;

mod code;
mod config;
mod connection;
mod event;
mod http;
mod message;
mod pointer;
#[cfg(target_family = "wasm")]
mod wasm;
mod websocket;

pub use code::*;
pub use config::*;
pub use connection::*;
pub use event::*;
pub use http::*;
pub use message::*;
#[cfg(target_family = "wasm")]
pub use wasm::*;
pub use websocket::*;

/// The number of this interface: it changes when a program that was compiled for an older one would break.
pub const ABI_VERSION: u32 = 1;

/// The number of the interface that the library was built with: compare it with `BW_ABI_VERSION`.
#[unsafe(no_mangle)]
pub extern "C" fn bw_abi_version() -> u32 {
    ABI_VERSION
}
