//! The opening handshake (RFC 6455 §4): an HTTP request that asks for WebSocket, and the response that grants it.
//!
//! **Functions** for those who speak HTTP already. A server's [`accept`] makes a response of a request's head, or says
//! why not; [`check`] stops in between, for an application that chooses. A client's [`Opening`] is a request, and
//! judges the response.
//!
//! **Machines** for listeners and dialers that speak nothing else: [`Server`] and [`Client`], each on top of its
//! counterpart in [`http1`](crate::http1). They end at a one-way door: the [`Link`](crate::Link) moves on to the
//! session, the response still in it, and the first frames too if they came with the handshake.
//!
//! **HTTP/2 and HTTP/3** open a WebSocket by an extended `CONNECT` (RFC 8441, RFC 9220): [`check_connect`] and
//! [`ConnectOpening`] are the same over its fields.
//!
//! # A route of an HTTP server
//!
//! ```
//! use barewire::http::{RequestEvent, Response, Status};
//! use barewire::websocket::handshake::{self, Negotiated};
//! use barewire::websocket::{self, Role, Session};
//! use barewire::{Instant, Machine, Next, http1};
//!
//! /// Serves until the client has its WebSocket; gives what the session begins with.
//! fn serve(
//!     server: &mut http1::Server,
//!     config: &handshake::Config,
//! ) -> Result<Option<Negotiated>, Box<dyn std::error::Error>> {
//!     let mut accepted = None;
//!     while let Next::Event(event) = server.next(Instant::ORIGIN)? {
//!         match event {
//!             RequestEvent::Request { id, head, .. } if head.target().path() == "/ws" => {
//!                 match handshake::accept(&head, config) {
//!                     Ok(accept) => accepted = Some(accept),
//!                     Err(refusal) => server.respond_with(id, &refusal.response(), refusal.to_string())?,
//!                 }
//!             }
//!             RequestEvent::Request { id, .. } => server.respond_with(id, &Response::new(Status::OK), "see /ws")?,
//!             RequestEvent::End { id, .. } => {
//!                 if let Some(accept) = &accepted {
//!                     server.upgrade(id, &accept.response)?;
//!                 }
//!             }
//!             RequestEvent::Upgraded { .. } => return Ok(accepted.map(|accept| accept.negotiated)),
//!             _ => {}
//!         }
//!     }
//!     Ok(None)
//! }
//!
//! # let mut server = http1::Server::new(http1::Config::default());
//! # let request = b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//! #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x81\x80mask";
//! # server.link().rx.receive(request.to_vec(), 0);
//! let negotiated = serve(&mut server, &handshake::Config::default())?;
//! let mut session = Session::with_link(server.into_link(), Role::Server, websocket::Config::default());
//! # assert!(negotiated.is_some());
//! # assert_eq!(session.next(Instant::ORIGIN)?, Next::Event(websocket::Event::Text("".into())));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A server of its own
//!
//! ```
//! use barewire::http::{Response, Status};
//! use barewire::websocket::handshake::{Config, Server, ServerEvent};
//! use barewire::websocket::{self, Role, Session};
//! use barewire::{Instant, Machine, Next};
//!
//! let mut server = Server::new(Config::builder().subprotocols(["chat"]).build()?);
//! # let request = b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
//! #     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
//! #     Sec-WebSocket-Protocol: superchat, chat\r\n\r\n";
//! # server.link().rx.receive(request.to_vec(), 0);
//! while let Next::Event(event) = server.next(Instant::ORIGIN)? {
//!     match event {
//!         ServerEvent::Request(head) if head.target().path() == "/chat" => server.accept()?,
//!         ServerEvent::Request(_) => server.reject(Response::new(Status::NOT_FOUND), "no such room")?,
//!         ServerEvent::Open(negotiated) => {
//!             assert_eq!(negotiated.subprotocol.as_deref(), Some("chat"));
//!             break;
//!         }
//!         _ => {}
//!     }
//! }
//! let mut session = Session::with_link(server.into_link(), Role::Server, websocket::Config::default());
//! # let link = session.link();
//! # let mut out = [&b""[..]; 2];
//! # let n = link.tx.chunks(&mut out);
//! # let text = String::from_utf8(out[..n].concat())?;
//! # assert!(text.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod client;
mod config;
mod connect;
mod error;
mod fields;
mod key;
mod offer;
mod opening;
mod origin;
mod refusal;
mod server;

pub use answer::{Accept, Answer, Negotiated};
pub use client::{Client, ClientEvent};
pub use config::{Config, ConfigBuilder, ConfigError};
pub use connect::{ConnectOpening, check_connect};
pub use error::{Error, Fault};
pub use key::Key;
pub use offer::{Offer, accept, check};
pub use opening::Opening;
pub use origin::Origins;
pub use refusal::Refusal;
pub use server::{Server, ServerEvent};
