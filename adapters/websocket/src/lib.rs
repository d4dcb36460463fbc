//! WebSockets over any barewire connection: on tokio, on smol, on threads.
//!
//! There is no protocol in here, that is all in [`barewire::websocket`], and no runtime: only what nobody wants to write
//! twice. Over a connection of `barewire-tokio` or `barewire-smol` what waits is `async`, and a [`WebSocket`] is a
//! `Stream` and a `Sink`; over one of `barewire-std` it has the same names and blocks.
//!
//! # A server
//!
//! ```
//! use barewire::websocket::{Config, Event, handshake};
//! use barewire_tokio::{Connection, Options, Stop, serve};
//! use barewire_websocket::{Error, Handshake};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! async fn echo(stream: TcpStream) -> Result<(), Error> {
//!     let server = handshake::Server::new(handshake::Config::default());
//!     let mut socket = Handshake::new(Connection::new(stream, server)).accept(Config::default()).await?;
//!     while let Some(event) = socket.next().await? {
//!         if let Event::Text(_) | Event::Binary(_) = event {
//!             socket.send(event).await?; // waits for a slow reader
//!         }
//!     }
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let stop = Stop::new();
//! # stop.stop();
//! serve(listener, &Options::default(), &stop, |stream, peer| async move {
//!     echo(stream).await.unwrap_or_else(|error| eprintln!("{peer}: {error}"))
//! })
//! .await;
//! # Ok(()) }
//! ```
//!
//! A [`Handshake`] can look at the request first: its path, its cookies, its subprotocols.
//!
//! # A client
//!
//! ```
//! use barewire::websocket::{CloseCode, Config, Event, handshake};
//! use barewire_std::connect;
//! use barewire_websocket::{Handshake, Url};
//! use core::time::Duration;
//!
//! fn ask(url: &str, question: &str) -> Result<Option<Event>, Box<dyn std::error::Error>> {
//!     let url: Url = url.parse()?;
//!     let opening = url.opening(handshake::Config::default())?; // here: subprotocols, fields
//!     let connection = connect(url.address(), Duration::from_secs(5), handshake::Client::new(opening)?)?;
//!     let (mut socket, _response) = Handshake::new(connection).open(Config::default())?;
//!     socket.send(question)?;
//!     let answer = socket.next()?;
//!     socket.close(CloseCode::NORMAL, "")?;
//!     Ok(answer)
//! }
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let url = format!("ws://{}/", listener.local_addr()?);
//! # let server = std::thread::spawn(move || -> Result<(), barewire_websocket::Error> {
//! #     let handshake = handshake::Server::new(handshake::Config::default());
//! #     let connection = barewire_std::Connection::new(listener.accept()?.0, handshake);
//! #     let mut socket = Handshake::new(connection).accept(Config::default())?;
//! #     while let Some(event) = socket.next()? {
//! #         socket.send(event).or_else(|_| Ok::<_, barewire_websocket::Error>(()))?;
//! #     }
//! #     Ok(())
//! # });
//! # assert_eq!(ask(&url, "hello?")?, Some("hello?".into()));
//! # server.join().unwrap()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A route of a server of HTTP
//!
//! ```
//! use barewire::http::Status;
//! use barewire::http1::Server;
//! use barewire::websocket::{Config, handshake};
//! use barewire_http::Requests;
//! use barewire_smol::Connection;
//! use barewire_websocket::{Error, Upgraded};
//! use smol::net::TcpStream;
//!
//! async fn site(stream: TcpStream, config: &handshake::Config) -> Result<(), Error> {
//!     let server = Server::new(barewire_http::config().build().unwrap_or_default());
//!     let mut requests = Requests::new(Connection::new(stream, server));
//!     let mut granted = None;
//!     while let Some((request, exchange)) = requests.next().await? {
//!         match request.target().path() {
//!             "/ws" => match handshake::accept(&request, config) {
//!                 Ok(accept) => {
//!                     exchange.upgrade(accept.response).await?;
//!                     granted = Some(accept.negotiated);
//!                 }
//!                 Err(refusal) => exchange.respond(refusal.response(), refusal.to_string()).await?,
//!             },
//!             _ => exchange.respond(Status::NOT_FOUND, "").await?,
//!         }
//!     }
//!     let Some(mut socket) = requests.into_websocket(granted, Config::default()) else { return Ok(()) };
//!     socket.send("welcome").await?;
//!     while let Some(event) = socket.next().await? {
//!         println!("{event:?}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Two tasks, two threads
//!
//! [`split`](WebSocket::split) gives a [`WriteHalf`] and a [`ReadHalf`] on a runtime, a `Sink` and a `Stream`, and a
//! [`Reader`] and a [`Writer`] on threads. Pings are answered by who hears.
//!
//! TLS is not here: put a TLS stream under the connection.

#![allow(clippy::std_instead_of_alloc, reason = "there is no adapter without std")]

mod error;
mod handshake;
mod socket;
#[cfg(feature = "tungstenite")]
pub mod tungstenite;
mod url;

use barewire::websocket::Role;
use std::io;

pub use error::Error;
pub use handshake::{Handshake, Upgraded};
pub use socket::{ReadHalf, Reader, Share, WebSocket, WriteHalf, Writer};
pub use url::{Url, UrlError};

/// A client's role, with a seed from the system's randomness: for who opens a session by hand.
///
/// # Errors
///
/// When the system has no randomness.
pub fn client_role() -> io::Result<Role> {
    Ok(Role::Client { seed: random()? })
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes)
}
