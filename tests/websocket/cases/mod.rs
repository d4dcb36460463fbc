//! The probes.

mod close;
mod frames;
mod messages;
mod utf8;

use super::table::Case;

pub(crate) fn all() -> Vec<Case> {
    let all = [frames::all(), messages::all(), utf8::all(), close::all()];
    all.into_iter().flatten().collect()
}
