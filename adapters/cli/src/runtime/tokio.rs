//! On tokio.

use super::{Client, poll, unreachable};
use crate::app::App;
use crate::failure::Failure;
use crate::ws::{Console, Input};
use barewire::Machine;
use barewire::raw;
use barewire::websocket::{self, handshake};
use barewire_tokio::{Connection, Options, Report, Socket, Stop};
use core::fmt::Display;
use core::time::Duration;
use std::io;
use std::net::{TcpListener, UdpSocket};
use tokio::runtime::{Builder, Runtime};

fn runtime(mut of: Builder) -> io::Result<Runtime> {
    of.enable_all().build()
}

pub(super) fn serve<A: App>(
    listener: TcpListener,
    options: &Options,
    stop: &Stop,
    app: impl Fn() -> A,
) -> io::Result<Report> {
    listener.set_nonblocking(true)?;
    runtime(Builder::new_multi_thread())?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let handler = |stream, peer| poll::run(Connection::new(stream, app()), peer, stop.clone());
        Ok(barewire_tokio::serve(listener, options, stop, handler).await)
    })
}

pub(super) fn echo_datagrams(socket: UdpSocket, stop: &Stop) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    runtime(Builder::new_current_thread())?.block_on(async {
        let socket = tokio::net::UdpSocket::from_std(socket)?;
        poll::echo(Socket::new(socket, raw::Socket::default()), stop).await
    })
}

pub(super) fn talk<M: Machine<Error: Display>>(
    address: &str,
    timeout: Duration,
    machine: M,
    client: &mut impl Client<M>,
) -> Result<(), Failure> {
    let runtime = runtime(Builder::new_current_thread()).map_err(|error| Failure::at("cannot run on tokio", error))?;
    runtime.block_on(async {
        let connection = barewire_tokio::connect(address, timeout, machine).await;
        poll::talk(connection.map_err(|error| unreachable(address, &error))?, client).await
    })
}

pub(super) fn chat(
    address: &str,
    timeout: Duration,
    client: handshake::Client,
    config: websocket::Config,
    input: impl FnOnce() -> Result<Input, Failure>,
    console: Console,
) -> Result<(), Failure> {
    let runtime = runtime(Builder::new_current_thread()).map_err(|error| Failure::at("cannot run on tokio", error))?;
    runtime.block_on(async {
        let connection = barewire_tokio::connect(address, timeout, client).await;
        poll::chat(connection.map_err(|error| unreachable(address, &error))?, config, input, console).await
    })
}
