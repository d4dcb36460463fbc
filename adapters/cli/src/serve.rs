//! `barewire serve` and what it has in common with `barewire echo`: the limits as the protocols' configs, and the first
//! lines that are printed.

use crate::app::{Configs, Port};
use crate::args::{Limits, Serve};
use crate::failure::Failure;
use crate::{runtime, signal};
use barewire::{detect, http1, message};
use barewire_drive::unix_at_origin;
use core::fmt::Display;
use core::net::SocketAddr;
use std::io::{self, Write};
use std::sync::Arc;

/// A message up to so long is given out in one piece, and waits for its rest in the window.
const WHOLE: u32 = 16 * 1024 - 12;

pub(crate) fn run(args: &Serve, quiet: bool) -> Result<(), Failure> {
    let limits = &args.server.limits;
    let detect = detect::Config::builder().timeout(limits.head_timeout.0).build();
    let configs = Arc::new(Configs {
        detect: detect.map_err(wrong)?,
        http: http(limits)?,
        message: messages(limits)?,
        patience: limits.send_timeout.0,
    });
    let stop = signal::stop_on_signals()?;
    let listener = runtime::listen(&args.listen)?;
    announce("serving HTTP and messages", listener.local_addr(), args.server.runtime, quiet, |at| {
        format!("curl -i http://{at}/health\ncurl --data-binary @file http://{at}/echo\nbarewire send {at} hello")
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
