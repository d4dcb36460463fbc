//! HTTP/1.1 and 1.0 (RFC 9112): a [`Server`] and a [`Client`] machine.
//!
//! Both are as strict as the standard allows, in what they send and in what they accept: a message that two readers
//! could understand in two ways is refused (request smuggling, response splitting). Each leniency is one named switch
//! of [`Config`], off by default.

pub mod client;
mod config;
mod error;
pub mod server;

pub use client::Client;
pub use config::{Config, ConfigBuilder, ConfigError};
pub use error::{Error, Timer};
pub use server::Server;
