//! An HTTP/1.1 server as RFC 9110 and RFC 9112 want it: what it must answer to what, written without a look at ours.
//!
//! Each case runs whole, byte by byte, at every two-way cut, ended behind each prefix, and followed by what must not be
//! taken for a part of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod continues;
mod drive;
mod exhaustive;
mod fuzz;
mod reply;
mod table;

use barewire::http1::Config;
use drive::{Run, When};
use std::collections::BTreeSet;
use std::time::Duration;
use table::Case;

fn failure(case: &Case) -> Option<String> {
    let checked = std::panic::catch_unwind(|| drive::check(case));
    let error = checked.unwrap_or_else(|_| Err("panicked".into())).err()?;
    let input: String = case.input.escape_ascii().to_string().chars().take(300).collect();
    Some(format!("{} ({})\n  input {input}\n  {error:.600}\n", case.name, case.rule))
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

/// "An origin server with a clock MUST generate a Date header field in all 2xx (Successful), 3xx (Redirection), and 4xx
/// (Client Error) responses" (RFC 9110 §6.6.1): faults and tunnels are no exception.
#[test]
fn every_answer_is_dated_by_a_server_with_a_clock() {
    for case in cases::all() {
        let config = case.config.map_or(Config::builder(), |config| config(Config::builder()));
        let config = config.unix_at_origin(Some(Duration::from_secs(784_111_777))).build().unwrap();
        let mut run = Run::new(config, case.switches, false, When::Prompt);
        run.feed(&case.input);
        for reply in run.seen.replies().unwrap().0 {
            let dates: Vec<_> = reply.all("date").collect();
            assert!(dates == ["Sun, 06 Nov 1994 08:49:37 GMT"] || reply.status == 101, "{}: {reply:?}", case.name);
        }
    }
}
