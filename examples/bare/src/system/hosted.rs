//! The C library of an ordinary system, and nothing on top of it.

use core::fmt::{self, Write};

#[link(name = "c")]
unsafe extern "C" {
    fn write(descriptor: i32, bytes: *const u8, length: usize) -> isize;
    fn exit(code: i32) -> !;
}

/// Standard output.
pub(crate) struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the pointer and the length are those of a string.
        let written = unsafe { write(1, text.as_ptr(), text.len()) };
        if usize::try_from(written) == Ok(text.len()) { Ok(()) } else { Err(fmt::Error) }
    }
}

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    crate::run();
    0
}

pub(crate) fn fail() -> ! {
    // SAFETY: it takes any code, and doesn't return.
    unsafe { exit(1) }
}

/// The unoptimised `core` refers to it, though nothing here unwinds.
#[cfg(debug_assertions)]
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
