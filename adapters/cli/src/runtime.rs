//! The three runtimes: where the machines meet sockets. All that differs between them is in their files.

mod poll;
mod smol;
mod threads;
mod tokio;

use crate::app::App;
use crate::args::{self, Patience};
use crate::failure::Failure;
use crate::ws::{Console, Input};
use barewire::Machine;
use barewire::websocket::{self, handshake};
use barewire_drive::{Error, Options, Report, Stop};
use core::fmt::Display;
use core::net::SocketAddr;
use core::ops::ControlFlow;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::net::{TcpListener, UdpSocket};

/// How long a connection may take after a client gave no limit.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long a client's connection may take to end. A person is waiting.
const LINGER: Duration = Duration::from_secs(1);

/// Serves one `app` for each connection until `stop`.
pub(crate) fn serve<A: App>(
    server: &args::Server,
    listener: TcpListener,
    stop: &Stop,
    app: impl Fn() -> A + Send + Sync + 'static,
) -> Result<(), Failure> {
    let options = Options::builder().max_connections(server.max_connections).grace(server.grace).build();
    let options = options.map_err(|error| Failure::at("cannot serve so", error))?;
    let report = match server.runtime {
        args::Runtime::Std => Ok(threads::serve(listener, &options, stop, app)),
        args::Runtime::Smol => smol::serve(listener, &options, stop, app),
        args::Runtime::Tokio => tokio::serve(listener, &options, stop, app),
    };
    report
        .map(|report| tell(&report))
        .map_err(|error| Failure::at(format_args!("cannot run on {}", server.runtime), error))
}

/// Sends each datagram back, until `stop`.
pub(crate) fn echo_datagrams(server: &args::Server, socket: UdpSocket, stop: &Stop) -> Result<(), Failure> {
    let done = match server.runtime {
        args::Runtime::Std => threads::echo_datagrams(socket, stop),
        args::Runtime::Smol => smol::echo_datagrams(socket, stop),
        args::Runtime::Tokio => tokio::echo_datagrams(socket, stop),
    };
    done.map_err(|error| Failure::at("the socket failed", error))
}

/// What a client does with its machine's events: it gives commands, and breaks when it has all that it wants.
pub(crate) trait Client<M: Machine> {
    /// # Errors
    ///
    /// Whatever ends the command.
    fn on_event(&mut self, machine: &mut M, event: M::Event) -> Result<ControlFlow<()>, Failure>;
}

/// Connects, and lets `client` talk until it breaks or the connection is over.
pub(crate) fn talk<M>(
    runtime: args::Runtime,
    address: &str,
    timeout: Patience,
    machine: M,
    client: &mut impl Client<M>,
) -> Result<(), Failure>
where
    M: Machine<Error: Display> + Send + 'static,
{
    let timeout = timeout.0.unwrap_or(FOR_EVER);
    match runtime {
        args::Runtime::Std => threads::talk(address, timeout, machine, client),
        args::Runtime::Smol => smol::talk(address, timeout, machine, client),
        args::Runtime::Tokio => tokio::talk(address, timeout, machine, client),
    }
}

/// Opens a WebSocket, says what `input` has and tells `console` what is heard, until the end.
pub(crate) fn chat(
    runtime: args::Runtime,
    address: &str,
    timeout: Patience,
    client: handshake::Client,
    config: websocket::Config,
    input: impl FnOnce() -> Result<Input, Failure>,
    console: Console,
) -> Result<(), Failure> {
    let timeout = timeout.0.unwrap_or(FOR_EVER);
    match runtime {
        args::Runtime::Std => threads::chat(address, timeout, client, config, input, console),
        args::Runtime::Smol => smol::chat(address, timeout, client, config, input, console),
        args::Runtime::Tokio => tokio::chat(address, timeout, client, config, input, console),
    }
}

/// Listens, or says what to change.
pub(crate) fn listen(address: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| refused(address, &error))
}

/// The same for datagrams.
pub(crate) fn bind(address: &str) -> Result<UdpSocket, Failure> {
    UdpSocket::bind(address).map_err(|error| refused(address, &error))
}

pub(crate) fn refused(address: &str, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        ErrorKind::AddrInUse => {
            "Another program has this port. Choose another with --listen ADDR:PORT, or port 0 for any that is free."
        }
        ErrorKind::PermissionDenied => "Ports below 1024 are reserved. Choose a higher one with --listen ADDR:PORT.",
        ErrorKind::AddrNotAvailable => {
            "No interface of this machine has this address. Choose another with --listen ADDR:PORT: 127.0.0.1 for this \
             machine only, 0.0.0.0 for all."
        }
        _ => "--listen takes ADDR:PORT, like 127.0.0.1:8080 or [::1]:8080.",
    };
    Failure::at(format_args!("cannot listen on {address}"), error).hint(hint)
}

fn unreachable(address: &str, error: &io::Error) -> Failure {
    let failure = Failure::at(format_args!("cannot connect to {address}"), error);
    match error.kind() {
        ErrorKind::ConnectionRefused => failure.hint("Nothing listens there. Is the server running, and on this port?"),
        ErrorKind::TimedOut => failure.hint("Nobody answered. --timeout SECONDS waits longer."),
        ErrorKind::InvalidInput => failure.hint("An address is HOST:PORT, like 127.0.0.1:8080."),
        _ => failure,
    }
}

/// Why a conversation broke off.
fn broken(error: &Error<impl Display>) -> Failure {
    match error {
        Error::Io(error) => Failure::at("the connection failed", error),
        Error::Protocol(error) => Failure::new(error.to_string()),
    }
}

/// The end of one of a server's connections. It concerns nobody else.
fn ended(peer: SocketAddr, end: Result<(), Error<impl Display>>) {
    match end {
        Ok(()) => tracing::debug!(%peer, "closed"),
        Err(Error::Io(error)) => tracing::debug!(%peer, %error, "connection failed"),
        Err(Error::Protocol(error)) => tracing::debug!(%peer, %error, "cut"),
    }
}

fn tell(report: &Report) {
    if report.panicked > 0 {
        tracing::error!(handlers = report.panicked, "panicked");
    }
    if report.cut > 0 {
        tracing::warn!(connections = report.cut, "cut: they did not finish in time. --grace SECONDS gives more");
    }
    tracing::info!(accepted = report.accepted, refused = report.refused, "stopped");
}
