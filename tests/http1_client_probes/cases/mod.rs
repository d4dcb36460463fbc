//! All cases, by theme.

use super::table::{self, Case};

mod bodies;
mod chunks;
mod heads;
mod order;

/// Every case.
pub(crate) fn all() -> Vec<Case> {
    [heads::cases(), bodies::cases(), chunks::cases(), order::cases()].concat()
}
