//! What all targets share: the properties, the machines, and an allocator with a limit.

#[path = "../../tests/checks/mod.rs"]
pub mod checks;
#[path = "../../tests/laws/machines.rs"]
mod machines;

use cap::Cap;
use std::alloc::System;
use std::panic;
use std::sync::Once;

/// A machine that reserves what a peer declares fails here, with or without a sanitizer.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What a parser of bytes may hold at once, beside 64 bytes for each byte of its input: windows, queues, and no length
/// that a peer declared.
pub const PARSER: usize = 1 << 20;

/// The same where an application queues what it likes.
pub const OPERATIONS: usize = 48 << 20;

/// Holds a property to an input with no more memory than that.
pub fn within(memory: usize, holds: fn(&[u8]), input: &[u8]) {
    static REPORTS: Once = Once::new();
    REPORTS.call_once(|| {
        // What is wrong must be said, whatever memory that takes.
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            ALLOCATOR.set_limit(usize::MAX).expect("no limit");
            report(info);
        }));
    });
    let limit = ALLOCATOR.allocated() + memory + 64 * input.len();
    ALLOCATOR.set_limit(limit).expect("a limit above what is allocated");
    holds(input);
    ALLOCATOR.set_limit(usize::MAX).expect("no limit");
}

/// Holds every machine to the eight laws.
///
/// The first byte chooses the machine, the second something valid to begin with (0: nothing), the third how many of the
/// bytes after it are choices (how the input is cut, how the output is drained, when the clock moves); the rest is the
/// input.
pub fn laws(data: &[u8]) {
    let [machine, seed, choices, rest @ ..] = data else { return };
    let Some(machine) = machines::MACHINES.get(usize::from(*machine)) else { return };
    let (choices, rest) = rest.split_at(rest.len().min(usize::from(*choices)));
    let seed = usize::from(*seed).checked_sub(1).map_or(&b""[..], |seed| machine.seeds[seed % machine.seeds.len()]);
    let input = [seed, rest].concat();
    if let Err(violation) = (machine.check)(&input, choices) {
        panic!("{}: {violation}", machine.name);
    }
}
