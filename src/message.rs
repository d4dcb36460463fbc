//! The message protocol: a 12-byte header, then a payload.
//!
//! | Offset | Bytes | Field | |
//! |---|---|---|---|
//! | 0 | 4 | magic | [`Config`]'s, `0xDEADBEEF` by default |
//! | 4 | 2 | version | one of the accepted ones |
//! | 6 | 2 | type | the application's; in code a `kind`, since `type` is a keyword |
//! | 8 | 4 | length | of the payload in bytes |
//!
//! All of them are big-endian. Both ends are alike: [`Session`] is the machine over a byte stream,
//! [`Datagrams`] the one over datagrams, one message in each. With feature `typed`, `Typed` binds a type number to a
//! Rust type.
//!
//! ```
//! use barewire::message::{Event, Session};
//! use barewire::{Instant, Machine, Next};
//!
//! let now = Instant::ORIGIN;
//! let mut session = Session::default();
//! session.send(7, "hello")?;
//!
//! // No network here: what would leave comes back.
//! let sent = session.link().tx.pop().unwrap();
//! session.link().rx.receive(sent.to_vec(), 0);
//!
//! let Next::Event(Event::Message(message)) = session.next(now)? else { panic!() };
//! assert_eq!((message.header.kind, &message.payload[..]), (7, &b"hello"[..]));
//! assert_eq!(session.next(now)?, Next::NeedInput);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod datagrams;
mod error;
mod event;
mod session;
mod timers;
#[cfg(feature = "typed")]
mod typed;
pub mod wire;

pub use config::{Builder, Config, ConfigError};
pub use datagrams::{DatagramEvent, Datagrams};
pub use error::Error;
pub use event::{Event, Message};
pub use session::Session;
#[cfg(feature = "typed")]
pub use typed::{DecodeError, EncodeError, Typed};
pub use wire::Header;
