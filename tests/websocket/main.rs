//! A WebSocket endpoint as RFC 6455 wants it: what it must hear, and what it must say to what, written without a look at
//! ours.
//!
//! Each case runs as server and as client, with messages whole and in pieces, through each of the three doors, whole, byte
//! by byte, at every two-way cut, with its end behind it, and followed by what must not be understood any more.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod commands;
mod drive;
mod limits;
mod modes;
mod pair;
mod properties;
mod table;
mod timers;
mod wire;

use std::collections::BTreeSet;
use table::Case;

fn failure(case: &Case) -> Option<String> {
    let checked = std::panic::catch_unwind(|| table::check(case));
    let error = checked.unwrap_or_else(|_| Err("panicked".into())).err()?;
    Some(format!("{} ({})\n  {error:.900}\n", case.name, case.rule))
}

#[test]
fn every_case() {
    let cases = cases::all();
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "two cases of one name");
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let share = |n: usize| cases.iter().skip(n).step_by(threads).filter_map(failure).collect::<Vec<_>>();
    let failures: Vec<String> = std::thread::scope(|scope| {
        let share = &share;
        let workers: Vec<_> = (0..threads).map(|n| scope.spawn(move || share(n))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    println!("{} cases", cases.len());
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
