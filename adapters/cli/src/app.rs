//! What the servers do, with no I/O in it: each is a machine itself.
//!
//! An [`App`] is a protocol's machine together with the answers to its events. It has no events of its own: what is left
//! is bytes and time, so every runtime drives it with the loop that it has for any machine, and there is nothing here to
//! write once more for each runtime.

use barewire::Machine;
use core::convert::Infallible;
use core::fmt::Display;

mod echo;
mod explain;
mod gate;
mod http;
mod messages;
mod port;
mod site;
#[cfg(test)]
mod tests;
mod websocket;

pub(crate) use echo::Echo;
pub(crate) use gate::Gate;
pub(crate) use http::{Answer, Http, Service};
pub(crate) use messages::Messages;
pub(crate) use port::{Configs, Port};
pub(crate) use site::{Mirror, Site, Sounding};
pub(crate) use websocket::{Sockets, WebSocket};

/// One connection's server.
pub(crate) trait App: Machine<Event = Infallible, Error: Display + Send> + Send + 'static {
    /// No more work: what was begun is finished, then the connection ends.
    fn stop(&mut self);
}
