//! An HTTP/1.1 server as RFC 9110 and RFC 9112 want it: what it must answer to what, written without a look at ours.
//!
//! Each case runs whole, byte by byte, at every two-way cut, ended behind each prefix, and followed by what must not be
//! taken for a part of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod drive;
mod reply;
mod table;

use std::collections::BTreeSet;

#[test]
fn every_case() {
    let cases = cases::all();
    let mut names = BTreeSet::new();
    let mut failures = Vec::new();
    for case in &cases {
        assert!(names.insert(case.name.clone()), "two cases named {:?}", case.name);
        let checked = std::panic::catch_unwind(|| drive::check(case));
        let checked = checked.unwrap_or_else(|_| Err("panicked".into()));
        if let Err(error) = checked {
            let input: String = case.input.escape_ascii().to_string().chars().take(300).collect();
            failures.push(format!("{} ({})\n  input {input}\n  {error:.600}\n", case.name, case.rule));
        }
    }
    println!("{} cases", cases.len());
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
