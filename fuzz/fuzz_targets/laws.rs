//! Holds every machine to the eight laws.
//!
//! The first byte chooses the machine, the second something valid to begin with (0: nothing), the third how many of the
//! bytes after it are choices (how the input is cut, how the output is drained, when the clock moves); the rest is the
//! input.

#![no_main]

#[path = "../../tests/laws/machines.rs"]
mod machines;

use cap::Cap;
use libfuzzer_sys::fuzz_target;
use machines::MACHINES;
use std::alloc::System;

/// A machine that reserves what a peer declares fails here, with or without a sanitizer.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, 256 << 20);

fuzz_target!(|data: &[u8]| {
    let [machine, seed, choices, rest @ ..] = data else { return };
    let Some(machine) = MACHINES.get(usize::from(*machine)) else { return };
    let (choices, rest) = rest.split_at(rest.len().min(usize::from(*choices)));
    let seed = usize::from(*seed).checked_sub(1).map_or(&b""[..], |seed| machine.seeds[seed % machine.seeds.len()]);
    let input = [seed, rest].concat();
    if let Err(violation) = (machine.check)(&input, choices) {
        panic!("{}: {violation}", machine.name);
    }
});
