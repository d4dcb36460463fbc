//! `barewire echo`: plain echo servers.

use crate::app::{Echo, Http, Messages, Mirror, Sounding};
use crate::args::{self, EchoKind};
use crate::failure::Failure;
use crate::serve::{self, announce};
use crate::{runtime, signal};
use barewire::Link;
use std::sync::Arc;

pub(crate) fn run(args: &args::Echo, quiet: bool) -> Result<(), Failure> {
    let args::Echo { what, listen, server } = args;
    let stop = signal::stop_on_signals()?;
    if let EchoKind::Udp = what {
        let socket = runtime::bind(listen)?;
        announce("echoing UDP", socket.local_addr(), server.runtime, quiet, |at| {
            format!("echo hello | nc -u -w 1 {} {}", at.ip(), at.port())
        })?;
        return runtime::echo_datagrams(server, socket, &stop);
    }
    let listener = runtime::listen(listen)?;
    let at = listener.local_addr();
    let patience = server.limits.send_timeout.0;
    match what {
        EchoKind::Tcp | EchoKind::Udp => {
            announce("echoing TCP", at, server.runtime, quiet, |at| {
                format!("echo hello | nc -N {} {}", at.ip(), at.port())
            })?;
            runtime::serve(server, listener, &stop, Echo::new)
        }
        EchoKind::Message => {
            let config = serve::messages(&server.limits)?;
            announce("echoing messages", at, server.runtime, quiet, |at| format!("barewire send {at} hello"))?;
            runtime::serve(server, listener, &stop, move || Messages::with_link(Link::new(), config.clone(), patience))
        }
        EchoKind::Http => {
            let (config, sockets) = (serve::http(&server.limits)?, Arc::new(serve::sockets(&server.limits)?));
            announce("echoing HTTP bodies", at, server.runtime, quiet, |at| format!("curl -i -d hello http://{at}/"))?;
            runtime::serve(server, listener, &stop, move || {
                Http::with_link(Link::new(), config.clone(), patience, Mirror, Arc::clone(&sockets))
            })
        }
        EchoKind::Ws => {
            let (config, sockets) = (serve::http(&server.limits)?, Arc::new(serve::sockets(&server.limits)?));
            announce("echoing WebSocket messages", at, server.runtime, quiet, |at| format!("barewire ws ws://{at}/"))?;
            runtime::serve(server, listener, &stop, move || {
                Http::with_link(Link::new(), config.clone(), patience, Sounding, Arc::clone(&sockets))
            })
        }
    }
}
