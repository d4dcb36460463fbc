//! On smol.

use super::{Client, poll, unreachable};
use crate::app::App;
use crate::failure::Failure;
use crate::ws::{Console, Input};
use barewire::Machine;
use barewire::raw;
use barewire::websocket::{self, handshake};
use barewire_smol::{Connection, Options, Report, Socket, Stop};
use core::fmt::Display;
use core::time::Duration;
use smol::Async;
use std::io;
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;

pub(super) fn serve<A: App>(
    listener: TcpListener,
    options: &Options,
    stop: &Stop,
    app: impl Fn() -> A,
) -> io::Result<Report> {
    smol::block_on(async {
        let listener = Async::new(listener)?.into();
        let handler = |stream, peer| poll::run(Connection::new(stream, app()), peer, stop.clone());
        Ok(barewire_smol::serve(listener, options, stop, handler).await)
    })
}

pub(super) fn echo_datagrams(socket: UdpSocket, stop: &Stop) -> io::Result<()> {
    let socket = Arc::new(Async::new(socket)?);
    smol::block_on(poll::echo(Socket::new(socket, raw::Socket::default()), stop))
}

pub(super) fn talk<M: Machine<Error: Display>>(
    address: &str,
    timeout: Duration,
    machine: M,
    client: &mut impl Client<M>,
) -> Result<(), Failure> {
    smol::block_on(async {
        let connection = barewire_smol::connect(address, timeout, machine).await;
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
    smol::block_on(async {
        let connection = barewire_smol::connect(address, timeout, client).await;
        poll::chat(connection.map_err(|error| unreachable(address, &error))?, config, input, console).await
    })
}
