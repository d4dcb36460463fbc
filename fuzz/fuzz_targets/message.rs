//! Described in `tests/checks/message.rs`.

#![no_main]

use barewire_fuzz::{PARSER, checks, within};

libfuzzer_sys::fuzz_target!(|data: &[u8]| within(PARSER, checks::message::holds, data));
