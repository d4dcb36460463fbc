//! Described in `tests/checks/message_ops.rs`.

#![no_main]

use barewire_fuzz::{OPERATIONS, checks, within};

libfuzzer_sys::fuzz_target!(|data: &[u8]| within(OPERATIONS, checks::message_ops::holds, data));
