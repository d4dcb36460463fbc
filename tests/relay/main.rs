//! The relay against a scripted kernel: every answer that a system may give, in every order that a few deviations from
//! the plain course allow, without a socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod kernel;
mod modes;
mod opening;
mod pipes;
mod table;

use barewire::balance::relay::{Config, Fault, Op, Relay, Step, Way};
use kernel::{Kernel, Script, Stream, Tape};

/// What a direction may do without anything to show for it, between two waits.
const IDLE_OPS: usize = 12;

fn config(up_after: usize) -> Config {
    Config::builder().up_after(up_after).down_under(2).budget(5).build().unwrap()
}

/// Runs a script with the answers of a tape, checking everything along the way.
fn run(script: &Script, config: &Config, tape: &mut Tape) {
    let mut kernel = Kernel::new(script);
    let mut relay = Relay::new(config);
    let mut idle = 0;
    let mut progress = 0;
    for _ in 0..10_000 {
        let step = relay.next(kernel.now);
        match step {
            Step::Do(way, op) => {
                assert_eq!(relay.next(kernel.now), step, "asked twice");
                let bytes = relay.unsent(way, &kernel.scratch).to_vec();
                let result = kernel.perform(way, op, &bytes, tape);
                relay.done(result, &kernel.scratch);
                kernel.spoil();
                let now = kernel.progress();
                idle = if now == progress { idle + 1 } else { 0 };
                progress = now;
                assert!(idle < IDLE_OPS, "spins");
                kernel.check_counters(&relay);
            }
            Step::Yield => idle = 0,
            Step::Wait(wait) => {
                idle = 0;
                assert_eq!(relay.next(kernel.now), step, "asked twice");
                kernel.check_wait();
                if !kernel.happen(&mut relay, wait, tape) {
                    // Nothing will ever happen but a deadline, and nothing was left undone.
                    kernel.check_quiet();
                    kernel.now = wait.until.expect("there is a deadline");
                }
            }
            Step::Done(ended) => {
                assert_eq!(relay.next(kernel.now), step, "done for ever");
                relay.done(Ok(1), &kernel.scratch);
                assert_eq!(relay.next(kernel.now), step, "done for ever");
                return kernel.check_end(ended);
            }
        }
    }
    panic!("never ends");
}

/// All runs with at most `depth` answers other than the first choice.
fn explore(script: &Script, config: &Config, depth: usize) -> usize {
    let mut runs = 0;
    let mut pending = vec![Vec::new()];
    while let Some(deviations) = pending.pop() {
        let mut tape = Tape::deviating(&deviations);
        guarded(script, config, &mut tape);
        runs += 1;
        if deviations.len() < depth {
            let from = deviations.last().map_or(0, |(at, _)| at + 1);
            for (at, &choices) in tape.choices.iter().enumerate().skip(from) {
                pending.extend((1..choices).map(|choice| [&deviations[..], &[(at, choice)]].concat()));
            }
        }
    }
    runs
}

/// Says which answers led there.
fn guarded(script: &Script, config: &Config, tape: &mut Tape) {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(script, config, tape)));
    if let Err(panic) = outcome {
        eprintln!("{script:?}\n{config:?}\n{}", tape.log.join("\n"));
        std::panic::resume_unwind(panic);
    }
}

fn scripts() -> Vec<Script> {
    use Stream::{End, Quiet, Reset};
    let mut scripts = Vec::new();
    for client in [End, Reset, Quiet] {
        for backend in [End, Reset, Quiet] {
            for bytes in [[4, 0], [3, 3], [0, 0]] {
                scripts.push(Script { streams: [client, backend], bytes });
            }
        }
    }
    scripts
}

#[test]
fn every_order_of_a_few_deviations() {
    let mut runs = 0;
    for script in scripts() {
        for up_after in [1, usize::MAX] {
            runs += explore(&script, &config(up_after), 3);
        }
    }
    assert!(runs > 50_000, "{runs}");
}

#[test]
fn deeper_where_it_splices() {
    let script = Script { streams: [Stream::Reset, Stream::End], bytes: [3, 1] };
    assert!(explore(&script, &config(1), 4) > 20_000);
    let script = Script { streams: [Stream::End, Stream::End], bytes: [3, 0] };
    assert!(explore(&script, &config(0), 4) > 5_000);
}

#[test]
fn any_answers() {
    for seed in 0..30_000_u64 {
        let scripts = scripts();
        let mut script = scripts[usize::try_from(seed).unwrap() % scripts.len()];
        script.bytes = script.bytes.map(|bytes| bytes * (1 + usize::try_from(seed / 27 % 7).unwrap()));
        guarded(&script, &config(usize::try_from(seed % 5).unwrap()), &mut Tape::random(seed));
    }
}

/// A driver that says ready when nothing is costs a call, and nothing else.
#[test]
fn a_result_nobody_asked_for_is_ignored() {
    let mut relay = Relay::new(&Config::default());
    relay.done(Ok(7), &[0; 8]);
    relay.done(Err(Fault::Broken), &[]);
    assert!(matches!(relay.next(barewire::Instant::ORIGIN), Step::Wait(_)));
    assert_eq!(relay.unsent(Way::Up, &[0; 8]), b"");
    assert!(!matches!(relay.next(barewire::Instant::ORIGIN), Step::Do(_, Op::Write)));
}
