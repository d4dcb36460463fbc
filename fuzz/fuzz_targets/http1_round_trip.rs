//! Described in `tests/checks/http1_round_trip.rs`.

#![no_main]

use barewire_fuzz::{OPERATIONS, checks, within};

libfuzzer_sys::fuzz_target!(|data: &[u8]| within(OPERATIONS, checks::http1_round_trip::holds, data));
