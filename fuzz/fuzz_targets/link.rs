//! Described in `tests/checks/link.rs`.

#![no_main]

use barewire_fuzz::{OPERATIONS, checks, within};

libfuzzer_sys::fuzz_target!(|data: &[u8]| within(OPERATIONS, checks::link::holds, data));
