//! All cases, by theme.

use super::table::{self, Case};

mod chunks;
mod connection;
mod eof;
mod expect;
mod fields;
mod host;
mod length;
mod leniency;
mod limits;
mod lines;
mod methods;
mod pipeline;
mod request_line;
mod switch;
mod target;
mod trailers;
mod transfer;
mod version;

/// Every case.
pub(crate) fn all() -> Vec<Case> {
    [
        lines::cases(),
        request_line::cases(),
        methods::cases(),
        target::cases(),
        version::cases(),
        host::cases(),
        fields::cases(),
        length::cases(),
        transfer::cases(),
        chunks::cases(),
        trailers::cases(),
        connection::cases(),
        pipeline::cases(),
        expect::cases(),
        switch::cases(),
        limits::cases(),
        eof::cases(),
        leniency::cases(),
    ]
    .concat()
}
