//! The properties of `tests/checks`, on inputs that quickcheck makes and on those that fuzzing found. The fuzz targets
//! hold the same functions to many more.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod checks;

use checks::{CHECKS, seeds};
use quickcheck::{Arbitrary, Gen};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

const INPUTS: usize = 2000;

/// Says for which input a property doesn't hold.
fn hold(check: &checks::Check, input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (check.holds)(input))) {
        eprintln!("{} doesn't hold for {}", check.name, seeds::escape(input));
        resume_unwind(panic);
    }
}

#[test]
fn for_what_fuzzing_found() {
    for check in CHECKS {
        for input in seeds::read(check.name) {
            hold(check, &input);
        }
    }
}

#[test]
fn for_random_inputs() {
    let mut random = Gen::new(200);
    for check in CHECKS {
        for _ in 0..INPUTS {
            hold(check, &Vec::arbitrary(&mut random));
        }
    }
}

#[test]
fn for_mutated_inputs() {
    let mut random = Gen::new(60);
    for check in CHECKS {
        let seeds = seeds::read(check.name);
        for round in 0..INPUTS {
            let Some(seed) = seeds.get(round % seeds.len().max(1)) else { break };
            let mut input = seed.clone();
            for _ in 0..=u8::arbitrary(&mut random) % 3 {
                mutate(&mut random, &mut input, &seeds);
            }
            hold(check, &input);
        }
    }
}

fn mutate(random: &mut Gen, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let at = usize::arbitrary(random) % (input.len() + 1);
    match u8::arbitrary(random) % 7 {
        0 => input.insert(at, u8::arbitrary(random)),
        1 => input.truncate(at),
        2 => input.extend_from_within(at..),
        3 => drop(input.drain(at / 2..at)),
        4 => input.insert(at, *random.choose(b"\r\n\0 \t:;,=\x80\xff09af").unwrap()),
        5 => input.extend_from_slice(random.choose(seeds).unwrap()),
        _ => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << (u8::arbitrary(random) % 8);
            }
        }
    }
}

#[test]
fn seeds_are_escaped_and_back() {
    let every: Vec<u8> = (0..=255).collect();
    assert_eq!(seeds::unescape(&seeds::escape(&every)), every);
}
