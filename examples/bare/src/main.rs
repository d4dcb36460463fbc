//! The machines where there is nothing: no std, no heap but a fixed array, no socket.
//!
//! Requests, frames and messages come from byte arrays, and what the machines answer is compared with others, as bytes would come
//! and go through a serial line's registers. It runs as a program of the system that it is built on, to be quick to
//! try, and as the firmware of a Cortex-M4 board. If anything in `barewire` dragged std in, there would be two panic
//! handlers, and this would not compile.

#![no_std]
#![no_main]

mod arena;
mod serve;
mod system;

use arena::Arena;
// Compiled along, to see that it needs no std either.
use barewire_embedded as _;
use core::fmt::Write;
use system::Console;

/// All the memory that the machines get.
#[global_allocator]
static ARENA: Arena<4096> = Arena::new();

/// What the system begins with, once there is a stack.
fn run() {
    // In one piece, then as a slow line delivers them.
    for cut in [usize::MAX, 16, 1] {
        serve::http(cut);
        serve::message(cut);
        serve::websocket(cut);
    }
    assert_eq!(ARENA.in_use(), 0, "something was not given back");
    let _ = writeln!(Console, "bare: HTTP, WebSocket and messages served, {} bytes of memory at most", ARENA.most());
}
