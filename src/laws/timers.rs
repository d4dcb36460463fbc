//! The law of time: a machine at rest is woken at each of its deadlines in turn.

use super::run::{At, Plan, Run};
use super::{Choices, Law, Subject, Violation};
use crate::{Instant, Machine};
use alloc::format;

/// Enough for every timer of a machine to fire in turn. One that fires for ever (a keepalive) is stopped here.
const ALARMS: usize = 32;

pub(super) fn check<S: Subject>(subject: &S, input: &[u8], mut choices: Choices<'_>) -> Result<(), Violation> {
    let prefix = &input[..choices.below(input.len() + 1)];
    let mut run = Run::new(subject, prefix, Plan::default(), choices);
    run.ends = false;
    run.until_over()?;
    // Once more: what was drained last is news to its timers.
    let mut at = run.until_over()?;
    for _ in 0..ALARMS {
        let Some(deadline) = run.machine.deadline() else {
            return Ok(());
        };
        if at == At::Over {
            return Err(Violation::new(Law::Time, format!("over, and still a deadline at {deadline:?}")));
        }
        if deadline <= run.now {
            let detail = format!("at {:?} the deadline is {deadline:?}", run.now);
            return Err(Violation::new(Law::Time, detail));
        }
        run.now = Instant::from_nanos(deadline.as_nanos() - 1);
        run.same_again(at).map_err(|early| {
            Violation::new(Law::Time, format!("before its deadline {deadline:?}: {}", early.detail))
        })?;
        run.now = deadline;
        run.until_over()?;
        at = run.until_over()?;
    }
    Ok(())
}
