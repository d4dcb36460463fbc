//! HTTP/1.1 and 1.0 (RFC 9112): a [`Server`] and a [`Client`] machine.
//!
//! Both are as strict as the standard allows, in what they send and in what they accept: a message that two readers
//! could understand in two ways is refused (request smuggling, response splitting). Each leniency is one named switch
//! of [`Config`], off by default.

mod body;
mod chunked;
pub mod client;
mod clock;
mod config;
mod error;
mod facts;
mod head;
mod reply;
mod scan;
pub mod server;
mod wire;

pub use client::Client;
pub use config::{Config, ConfigBuilder, ConfigError};
pub use error::{Error, Timer};
pub use server::Server;
