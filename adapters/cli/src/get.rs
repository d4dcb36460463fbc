//! `barewire get`: a client of HTTP.

use crate::args::Get;
use crate::failure::Failure;

pub(crate) fn run(_args: &Get) -> Result<(), Failure> {
    Err(Failure::new("soon"))
}
