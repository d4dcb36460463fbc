//! Described in `tests/checks/http1_chunked.rs`.

#![no_main]

use barewire_fuzz::{PARSER, checks, within};

libfuzzer_sys::fuzz_target!(|data: &[u8]| within(PARSER, checks::http1_chunked::holds, data));
