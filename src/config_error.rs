//! What a builder says that was asked for what can't be.

use core::error::Error;
use core::fmt;

/// Which value of a configuration can't be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigError(pub(crate) &'static str);

impl ConfigError {
    /// `what` is the rule that has to hold.
    pub(crate) fn check(holds: bool, what: &'static str) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self(what)) }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for ConfigError {}
