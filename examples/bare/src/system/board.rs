//! A Cortex-M board under a debugger, or QEMU: no operating system.

use core::fmt::{self, Write};
use cortex_m_semihosting::{debug, hio};

/// What the debugger shows.
pub(crate) struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        hio::hstdout().map_err(|()| fmt::Error)?.write_str(text)
    }
}

#[cortex_m_rt::entry]
fn main() -> ! {
    crate::run();
    debug::exit(debug::EXIT_SUCCESS);
    fail()
}

pub(crate) fn fail() -> ! {
    loop {
        debug::exit(debug::EXIT_FAILURE);
    }
}
