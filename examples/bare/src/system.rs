//! What is needed of where this runs: a way to begin, a way to say something, and a way to stop.

#[cfg(target_os = "none")]
mod board;
#[cfg(not(target_os = "none"))]
mod hosted;

#[cfg(target_os = "none")]
pub(crate) use board::{Console, fail};
#[cfg(not(target_os = "none"))]
pub(crate) use hosted::{Console, fail};

use core::fmt::Write;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(panic: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Console, "{panic}");
    fail()
}
