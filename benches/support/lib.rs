//! Honest comparison on a noisy machine: the contestants take turns, medians are compared, ratios are what counts.

use std::time::Instant;

pub mod http;
pub mod process;

/// One way to do the work.
pub struct Contestant<'a> {
    name: &'a str,
    /// Does the work once.
    work: Box<dyn FnMut() + 'a>,
}

impl<'a> Contestant<'a> {
    pub fn new(name: &'a str, work: impl FnMut() + 'a) -> Self {
        Self { name, work: Box::new(work) }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }
}

/// Seconds that one turn takes: long against the clock, short against the machine's moods.
const TURN: f64 = 0.002;

/// Lets the contestants take turns and prints, for each, the median time of one of the `items` that one piece of work
/// has, the spread, and the ratio to the first.
pub fn compare(title: &str, items: u64, contestants: Vec<Contestant<'_>>) {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(61);
    println!("{title}");
    let mut contestants: Vec<_> = contestants.into_iter().map(|it| (calibrate(it), Vec::new())).collect();
    for _ in 0..rounds {
        for ((contestant, repeats), times) in &mut contestants {
            times.push(turn(contestant, *repeats) * 1e9 / (*repeats * items) as f64);
        }
    }
    let mut first = None;
    for ((contestant, _), times) in &mut contestants {
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        let (low, high) = (times[times.len() / 10], times[times.len() * 9 / 10]);
        let ratio = *first.get_or_insert(median) / median;
        println!("  {:<34} {median:>10.1} ns  ({low:.1} to {high:.1})  {ratio:>5.2} x", contestant.name);
    }
}

fn calibrate(mut contestant: Contestant<'_>) -> (Contestant<'_>, u64) {
    let mut repeats = 1;
    while turn(&mut contestant, repeats) < TURN {
        repeats *= 2;
    }
    (contestant, repeats)
}

fn turn(contestant: &mut Contestant<'_>, repeats: u64) -> f64 {
    let start = Instant::now();
    for _ in 0..repeats {
        (contestant.work)();
    }
    start.elapsed().as_secs_f64()
}

/// Seconds of CPU time that a process has had.
#[must_use]
pub fn cpu(process: u32) -> f64 {
    let mut clock = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both pointers are to locals of the right type.
    let failed =
        unsafe { libc::clock_getcpuclockid(process.cast_signed(), &mut clock) | libc::clock_gettime(clock, &mut time) };
    assert_eq!(failed, 0, "process {process} has died");
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
