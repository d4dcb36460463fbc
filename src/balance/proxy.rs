//! The PROXY protocol, versions 1 and 2: whose connection this is, said by the proxy that made it.
//!
//! The source is `proxy-protocol.txt` of HAProxy, 2020/03/05; its sections are quoted as such.
//!
//! [`Reader`] takes the preamble off a new connection, if it comes from a source that is trusted; a [`Header`] with
//! [`encode`](Header::encode) goes before the first byte that is sent to a backend.
//!
//! ```
//! use barewire::balance::proxy::{Addresses, Config, Event, Header, Reader};
//! use barewire::{Instant, Machine, Next};
//!
//! let addresses = Addresses::tcp("192.0.2.1:56324".parse()?, "198.51.100.7:443".parse()?);
//! let preamble = Header::v2(addresses.clone()).encode();
//!
//! let config = Config::builder().trusted(["10.0.0.0/8".parse()?]).build()?;
//! let mut reader = Reader::new("10.1.2.3".parse()?, config);
//! reader.link().rx.receive([&preamble[..], b"GET /"].concat(), 0);
//! match reader.next(Instant::ORIGIN)? {
//!     Next::Event(Event::Header(header)) => assert_eq!(header.addresses(), &addresses),
//!     other => panic!("{other:?}"),
//! }
//! assert_eq!(reader.into_link().rx.data(), b"GET /");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod encode;
mod header;
mod network;
mod reader;
mod wire;

pub use config::{Config, ConfigBuilder, ConfigError};
pub use header::{Addresses, Header, Ssl, Tlvs, Transport, UnixAddress, Version, tlv};
pub use network::{Network, NetworkError};
pub use reader::{Error, Event, Reader};
