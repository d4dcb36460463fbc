//! Ten thousand random and ten thousand mutated inputs for each machine: no panic, every law, bounded memory.

use super::machines::{MACHINES, Subjected};
use allocation_counter::measure;
use quickcheck::{Arbitrary, Gen};

const INPUTS: usize = 10_000;

/// What a run may hold at once beside what it was fed and noted: windows, queues, and no length that a peer declared.
const MEMORY: u64 = 512 * 1024;

fn survives(machine: &Subjected, input: &[u8], choices: &[u8]) {
    let used = measure(|| {
        if let Err(violation) = (machine.check)(input, choices) {
            panic!("{}: {violation}\ninput {}\nchoices {choices:?}", machine.name, input.escape_ascii());
        }
    });
    let allowed = MEMORY + 64 * input.len() as u64;
    assert!(used.bytes_max < allowed, "{}: {} bytes for {}", machine.name, used.bytes_max, input.escape_ascii());
}

fn mutate(random: &mut Gen, input: &mut Vec<u8>) {
    for _ in 0..=u8::arbitrary(random) % 4 {
        let at = usize::arbitrary(random) % (input.len() + 1);
        match u8::arbitrary(random) % 6 {
            0 => input.insert(at, u8::arbitrary(random)),
            1 => input.truncate(at),
            2 => input.extend_from_within(at..),
            3 => {
                input.drain(at / 2..at);
            }
            4 => input.insert(at, *random.choose(b"\r\n\0 \t:;,=\x80\xff09af").unwrap_or(&0)),
            _ => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << (u8::arbitrary(random) % 8);
                }
            }
        }
    }
}

#[test]
fn random_inputs() {
    let mut random = Gen::new(120);
    for machine in MACHINES {
        for _ in 0..INPUTS {
            survives(machine, &Vec::arbitrary(&mut random), &Vec::arbitrary(&mut random));
        }
    }
}

#[test]
fn mutated_inputs() {
    let mut random = Gen::new(40);
    for machine in MACHINES {
        for round in 0..INPUTS {
            let mut input = machine.seeds[round % machine.seeds.len()].to_vec();
            mutate(&mut random, &mut input);
            survives(machine, &input, &Vec::arbitrary(&mut random));
        }
    }
}
