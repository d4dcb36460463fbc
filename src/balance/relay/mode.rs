//! To copy or to splice, by what a direction has shown.
//!
//! Splicing costs as many calls as copying and the pages' book-keeping besides: it pays for bulk alone. What tells bulk
//! is that the source doesn't run empty.

use super::Config;

/// A direction that fills a pipe this often in a row, wants a larger one.
const FILLS: u8 = 4;

/// What a direction must move, at most, until it asks again for a pipe that it was denied.
const PATIENCE: usize = 16 * 1024 * 1024;

/// Sockets that refuse to splice this often in a row never will. One that has a record to be read by hand will.
const REFUSALS: u8 = 4;

/// What a call that fills an ordinary pipe moves at least, in bytes.
const FULL: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// Bytes since the source last ran empty.
    Copy {
        streak: usize,
    },
    /// The same, and how often in a row it ran empty with few.
    Splice {
        streak: usize,
        small: bool,
        fills: u8,
    },
    Never,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Mode {
    choice: Choice,
    /// What the streak must reach: more, after each pipe that was denied.
    goal: usize,
    refusals: u8,
}

impl Mode {
    pub(super) fn new(config: &Config) -> Self {
        let choice = if config.splice { Choice::Copy { streak: 0 } } else { Choice::Never };
        Self { choice, goal: config.up_after, refusals: 0 }
    }

    /// Whether to splice, and then whether with a large pipe.
    pub(super) fn large(&self) -> Option<bool> {
        match self.choice {
            Choice::Splice { fills, .. } => Some(fills >= FILLS),
            Choice::Copy { .. } | Choice::Never => None,
        }
    }

    pub(super) fn read(&mut self, n: usize, short: bool, config: &Config) {
        match &mut self.choice {
            Choice::Copy { streak } if short => *streak = 0,
            Choice::Copy { streak } => {
                *streak = streak.saturating_add(n);
                if *streak >= self.goal {
                    self.choice = Choice::Splice { streak: 0, small: false, fills: 0 };
                }
            }
            Choice::Splice { streak, .. } => {
                *streak = streak.saturating_add(n);
                if short {
                    self.ran_empty(config);
                }
            }
            Choice::Never => {}
        }
    }

    pub(super) fn spliced(&mut self, n: usize) {
        self.refusals = 0;
        if let Choice::Splice { streak, fills, .. } = &mut self.choice {
            *streak = streak.saturating_add(n);
            *fills = if n >= FULL { fills.saturating_add(1) } else { 0 };
        }
    }

    pub(super) fn ran_empty(&mut self, config: &Config) {
        self.choice = match self.choice {
            Choice::Splice { streak, small: true, .. } if streak < config.down_under => Choice::Copy { streak: 0 },
            Choice::Splice { streak, fills, .. } => {
                Choice::Splice { streak: 0, small: streak < config.down_under, fills }
            }
            Choice::Copy { .. } => Choice::Copy { streak: 0 },
            Choice::Never => Choice::Never,
        };
    }

    /// There was no pipe.
    pub(super) fn denied(&mut self) {
        self.goal = self.goal.saturating_mul(2).clamp(1, PATIENCE);
        self.choice = Choice::Copy { streak: 0 };
    }

    /// The source refused.
    pub(super) fn refused(&mut self) {
        self.refusals += 1;
        if self.refusals >= REFUSALS {
            self.choice = Choice::Never;
        }
    }

    /// The sink refused.
    pub(super) fn never(&mut self) {
        self.choice = Choice::Never;
    }
}
