//! `barewire serve` and what it has in common with `barewire echo`: the limits as the protocols' configs, and the first
//! lines that are printed.

use crate::app::{Configs, Port, Sockets};
use crate::args::{Limits, Serve};
use crate::failure::Failure;
use crate::{runtime, signal};
use barewire::websocket::extension::DeflateConfig;
use barewire::websocket::{self, handshake};
use barewire::{detect, http1, message};
use barewire_drive::unix_at_origin;
use core::fmt::Display;
use core::net::SocketAddr;
use std::io::{self, Write};
use std::sync::Arc;

/// A message up to so long is given out in one piece, and waits for its rest in the window.
const WHOLE: u32 = 16 * 1024 - 12;

/// The same for a WebSocket. What waits for its rest is collected, and goes back as the buffer that it came in.
const WHOLE_SOCKET: u64 = 1 << 20;

pub(crate) fn run(args: &Serve, quiet: bool) -> Result<(), Failure> {
    let limits = &args.server.limits;
    let detect = detect::Config::builder().timeout(limits.head_timeout.0).build();
    let configs = Arc::new(Configs {
        detect: detect.map_err(wrong)?,
        http: http(limits)?,
        message: messages(limits)?,
        sockets: Arc::new(sockets(limits)?),
        patience: limits.send_timeout.0,
    });
    let stop = signal::stop_on_signals()?;
    let listener = runtime::listen(&args.listen)?;
    announce("serving HTTP, WebSocket and messages", listener.local_addr(), args.server.runtime, quiet, |at| {
        format!(
            "curl -i http://{at}/health\ncurl --data-binary @file http://{at}/echo\nbarewire ws ws://{at}/ws\nbarewire send {at} hello"
        )
    })?;
    runtime::serve(&args.server, listener, &stop, move || Port::new(Arc::clone(&configs)))
}

pub(crate) fn http(limits: &Limits) -> Result<http1::Config, Failure> {
    http1::Config::builder()
        .idle_timeout(limits.idle_timeout.0)
        .head_timeout(limits.head_timeout.0)
        .body_timeout(limits.body_timeout.0)
        .send_timeout(limits.send_timeout.0)
        .max_body(limits.max_body)
        .unix_at_origin(Some(unix_at_origin()))
        .build()
        .map_err(wrong)
}

pub(crate) fn messages(limits: &Limits) -> Result<message::Config, Failure> {
    message::Config::builder()
        .idle(limits.idle_timeout.0)
        .receive(limits.body_timeout.0)
        .stall(limits.send_timeout.0)
        .largest(limits.max_message)
        .whole(WHOLE.min(limits.max_message))
        .build()
        .map_err(wrong)
}

/// They echo: whoever asks may have one, and the one subprotocol says just that.
pub(crate) fn sockets(limits: &Limits) -> Result<Sockets, Failure> {
    let handshake = handshake::Config::builder()
        .subprotocols(["echo"])
        .deflate(Some(DeflateConfig::default()))
        .origins(handshake::Origins::any());
    let session = websocket::Config::builder()
        .max_message(limits.max_message.into())
        .whole(WHOLE_SOCKET.min(limits.max_message.into()))
        .ping(limits.idle_timeout.0)
        .stall(limits.send_timeout.0);
    Ok(Sockets { handshake: handshake.build().map_err(wrong)?, session: session.build().map_err(wrong)? })
}

fn wrong(error: impl Display) -> Failure {
    Failure::new(format!("these limits don't go together: {error}")).code(2)
}

/// Prints where the server is, and, unless it is to be quiet, what to try.
pub(crate) fn announce(
    what: &str,
    at: io::Result<SocketAddr>,
    runtime: impl Display,
    quiet: bool,
    examples: impl FnOnce(SocketAddr) -> String,
) -> Result<(), Failure> {
    let at = at.map_err(|error| Failure::at("cannot tell the bound address", error))?;
    let mut lines = format!("{what} on {at} ({runtime})\n");
    if !quiet {
        lines.push_str("try:\n");
        // An address that means "all of them" can't be connected to everywhere.
        let mut reachable = at;
        if at.ip().is_unspecified() {
            reachable.set_ip(if at.is_ipv4() { [127, 0, 0, 1].into() } else { core::net::Ipv6Addr::LOCALHOST.into() });
        }
        examples(reachable).lines().for_each(|line| lines.extend(["  ", line, "\n"]));
    }
    let mut stdout = io::stdout().lock();
    match stdout.write_all(lines.as_bytes()).and_then(|()| stdout.flush()) {
        // A server serves on, whoever reads along.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::output(&error)),
        _ => Ok(()),
    }
}
