//! An HTTP/1.1 client as RFC 9110 and RFC 9112 want it: what it must make of what a server sends, given what it asked.
//! Written without a look at ours.
//!
//! Each case runs whole, byte by byte, at every two-way cut, and ended behind each prefix.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod drive;
mod table;

use std::collections::BTreeSet;

#[test]
fn every_case() {
    let cases = cases::all();
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "two cases of one name");
    let mut failures = Vec::new();
    for case in &cases {
        let checked = std::panic::catch_unwind(|| drive::check(case));
        if let Err(error) = checked.unwrap_or_else(|_| Err("panicked".into())) {
            let input: String = case.input.escape_ascii().to_string().chars().take(300).collect();
            failures.push(format!(
                "{} ({})\n  asked {:?}\n  input {input}\n  {error:.600}\n",
                case.name, case.rule, case.asked
            ));
        }
    }
    println!("{} cases", cases.len());
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
