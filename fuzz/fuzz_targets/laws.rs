//! Holds every machine to the eight laws.

#![no_main]

use barewire_fuzz::{PARSER, laws, within};

libfuzzer_sys::fuzz_target!(|data: &[u8]| within(PARSER, laws, data));
