//! barewire machines on threads.
//!
//! - [`Connection`] puts a machine on a socket, or with [`Plain`] on anything that reads and writes; [`connect`] makes
//!   one over TCP.
//! - [`serve`] is an accept loop with a thread for each connection, a connection limit and a graceful [`Stop`].
//! - [`Socket`] puts a datagram machine on a UDP socket.
//! - `relay`, on Unix, moves bytes between two sockets: a proxied connection.
//!
//! ```
//! use barewire::raw::{Event, Session};
//! use barewire_std::{Connection, Options, Stop, serve};
//!
//! let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! let stop = Stop::new();
//! # stop.stop();
//! serve(listener, &Options::default(), &stop, |stream, _peer| {
//!     let mut connection = Connection::new(stream, Session::default());
//!     while let Ok(Some(event)) = connection.next() {
//!         let _ = match event {
//!             Event::Data(bytes) => connection.send(bytes),
//!             _ => connection.close(),
//!         };
//!         if connection.ready().is_err() {
//!             break;
//!         }
//!     }
//! });
//! # std::io::Result::Ok(())
//! ```

#![allow(clippy::std_instead_of_alloc, reason = "there is no adapter without std")]

mod listen;
#[cfg(unix)]
mod relay;
mod socket;
#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "other.rs")]
mod wire;

mod plain;

use barewire::Machine;
use barewire_drive::blocking;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};

pub use barewire_drive::{Error, Options, OptionsBuilder, OptionsError, Report, Stop};
pub use listen::serve;
pub use plain::{Plain, Threads};
#[cfg(unix)]
pub use relay::relay;
pub use socket::Socket;

/// A machine on a stream. Everything that it does is documented [there](blocking::Connection).
pub type Connection<S, M> = blocking::Connection<Threads, S, M>;

/// Connects over TCP, with `TCP_NODELAY`, trying each address that the name resolves to.
///
/// # Errors
///
/// When nobody answers within `timeout` (for each address), or as the system says.
pub fn connect<M: Machine>(
    to: impl ToSocketAddrs,
    timeout: Duration,
    machine: M,
) -> io::Result<Connection<TcpStream, M>> {
    let mut last = io::Error::new(ErrorKind::InvalidInput, "the name resolves to no address");
    for address in to.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(Connection::new(stream, machine));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}
