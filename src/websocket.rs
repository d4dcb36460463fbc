//! WebSocket (RFC 6455): the opening [`handshake`], and then a [`Session`], which is one end of a connection.
//!
//! - **strict**: what the standard forbids fails the connection with the right Close code, at the first byte that shows
//!   it, after every valid message before it was given out and could be answered;
//! - **automatic**: pings are answered, Close frames too; a silent peer is pinged and given up;
//! - **bounded**: frames, messages, fragments and all waiting have limits in [`Config`]; nothing is reserved because a
//!   header declares it, and a session that waits holds no buffer.

#[cfg_attr(not(feature = "deflate"), path = "websocket/compression/absent.rs")]
mod compression;
mod config;
#[cfg(feature = "deflate")]
mod deflate;
mod error;
mod event;
pub mod extension;
pub mod handshake;
mod keys;
mod mask;
mod sender;
mod session;
mod timers;
mod utf8;
mod wire;

pub use bytestring::ByteString;
pub use config::{Config, ConfigBuilder, ConfigError};
pub use error::Error;
pub use event::{Close, CloseCode, Event, Kind, Reserved};
pub use mask::Mask;
pub use sender::Sender;
pub use session::{Exchange, Role, Session};
