//! HTTP services and calls over any barewire connection: on tokio, on smol, on threads.
//!
//! There is no protocol in here, that is all in [`barewire::http1`], and no runtime: only the loop that nobody wants to
//! write twice. [`Requests`] is a server's end of a connection, [`Client`] the other. Over a connection of
//! `barewire-tokio` or `barewire-smol` what waits is `async`; over one of `barewire-std` it has the same names and
//! blocks.
//!
//! # A service
//!
//! ```
//! use barewire::http::{Method, RequestHead, Status};
//! use barewire::http1::{Config, Server};
//! use barewire_http::{Error, Requests};
//! use barewire_tokio::{Connection, Options, Stop, serve};
//! use tokio::net::{TcpListener, TcpStream};
//!
//! type Exchange<'a> = barewire_http::Exchange<'a, Connection<TcpStream, Server>>;
//!
//! async fn answer(request: &RequestHead, mut exchange: Exchange<'_>) -> Result<(), Error> {
//!     match (request.method(), request.target().path()) {
//!         (Method::GET | Method::HEAD, "/health") => exchange.respond(Status::OK, "ok").await,
//!         (Method::POST, "/upper") => {
//!             let body = exchange.collect(64 * 1024).await?; // a longer one is a 413
//!             exchange.respond(Status::OK, body.to_ascii_uppercase()).await
//!         }
//!         (Method::POST, "/echo") => {
//!             exchange.start(Status::OK, exchange.body()).await?;
//!             while let Some(piece) = exchange.data().await? {
//!                 exchange.send(piece).await?; // waits for a slow reader
//!             }
//!             exchange.finish().await
//!         }
//!         _ => exchange.respond(Status::NOT_FOUND, "").await,
//!     }
//! }
//!
//! async fn site(stream: TcpStream, config: Config, stop: Stop) -> Result<(), Error> {
//!     let mut requests = Requests::new(Connection::new(stream, Server::new(config))).until(&stop);
//!     while let Some((request, exchange)) = requests.next().await? {
//!         if let Err(error) = answer(&request, exchange).await {
//!             eprintln!("{request:?}: {error}"); // an exchange that was left unanswered says 500 by itself
//!         }
//!     }
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let (config, stop) = (barewire_http::config().build()?, Stop::new());
//! # stop.stop();
//! serve(listener, &Options::default(), &stop, |stream, peer| {
//!     let site = site(stream, config.clone(), stop.clone());
//!     async move { site.await.unwrap_or_else(|error| eprintln!("{peer}: {error}")) }
//! })
//! .await;
//! # Ok(()) }
//! ```
//!
//! No handler is handed over: you ask for the next request, and what you do then is your own code, with your own errors
//! and your own borrows. An exchange ends once, by what consumes it, and never by being forgotten.
//!
//! # A call
//!
//! ```
//! use barewire::http::{FieldName, FieldValue, Method, Request, Status, Target};
//! use barewire::http1;
//! use barewire_http::{Client, Error};
//! use barewire_std::connect;
//! use core::time::Duration;
//!
//! fn health(authority: &str) -> Result<bool, Box<dyn std::error::Error>> {
//!     let connection = connect(authority, Duration::from_secs(5), http1::Client::new(http1::Config::default()))?;
//!     let mut client = Client::new(connection);
//!     let request = Request::new(Method::GET, Target::new("/health")?)
//!         .field(FieldName::HOST, FieldValue::new(authority)?);
//!     let mut reply = client.send(&request, "")?;
//!     Ok(reply.status() == Status::OK && reply.collect(1024)? == "ok")
//! }
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let authority = listener.local_addr()?.to_string();
//! # let server = std::thread::spawn(move || {
//! #     let (stream, _) = listener.accept()?;
//! #     let server = http1::Server::new(http1::Config::default());
//! #     let mut requests = barewire_http::Requests::new(barewire_std::Connection::new(stream, server));
//! #     while let Some((_, exchange)) = requests.next()? {
//! #         exchange.respond(Status::OK, "ok")?;
//! #     }
//! #     Ok::<_, Error>(())
//! # });
//! # assert!(health(&authority)?);
//! # server.join().unwrap()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! TLS, HTTP/2, pools and redirections are not here.

#![allow(clippy::std_instead_of_alloc, reason = "there is no adapter without std")]

mod carrier;
mod client;
mod collect;
mod error;
mod head;
mod requests;

use barewire::http1;
use barewire_drive::unix_at_origin;

pub use carrier::Carrier;
pub use client::{Client, Reply, Upload};
pub use error::Error;
pub use head::ToResponse;
pub use requests::{Exchange, Requests};

/// The defaults of HTTP/1, and the time of day: "an origin server with a clock MUST generate a Date header field"
/// (RFC 9110 §6.6.1), and a machine that was not told has no clock.
pub fn config() -> http1::ConfigBuilder {
    http1::Config::builder().unix_at_origin(Some(unix_at_origin()))
}
