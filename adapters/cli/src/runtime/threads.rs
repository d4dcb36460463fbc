//! On threads.

use super::{Client, LINGER, broken, ended, unreachable};
use crate::app::App;
use crate::failure::Failure;
use crate::ws::{self, Console, Input};
use barewire::raw::{self, Datagram};
use barewire::websocket::{self, CloseCode, handshake};
use barewire::{Machine, Misuse};
use barewire_std::{Connection, Error, Options, Report, Socket, Stop};
use barewire_websocket::Handshake;
use core::fmt::Display;
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

pub(super) fn serve<A: App>(
    listener: TcpListener,
    options: &Options,
    stop: &Stop,
    app: impl Fn() -> A + Send + Sync + 'static,
) -> Report {
    let told = stop.clone();
    let handler = move |stream, peer| {
        tracing::debug!(%peer, "accepted");
        let mut connection = Connection::new(stream, app());
        connection.set_stop(told.clone());
        ended(peer, finish(&mut connection));
    };
    barewire_std::serve(listener, options, stop, handler)
}

fn finish<A: App>(connection: &mut Connection<Arc<TcpStream>, A>) -> Result<(), Error<A::Error>> {
    match connection.next() {
        Err(Error::Io(error)) if error.kind() == ErrorKind::Interrupted => {
            connection.stop();
            connection.next().map(drop)
        }
        end => end.map(drop),
    }
}

pub(super) fn echo_datagrams(socket: UdpSocket, stop: &Stop) -> io::Result<()> {
    let mut socket = Socket::new(socket, raw::Socket::default())?;
    socket.set_stop(stop.clone());
    loop {
        match socket.next() {
            Ok(Datagram { from, payload }) => {
                // A full queue drops, as the network does.
                let _ = socket.send(from, payload);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

pub(super) fn talk<M: Machine<Error: Display>>(
    address: &str,
    timeout: Duration,
    machine: M,
    client: &mut impl Client<M>,
) -> Result<(), Failure> {
    let connection = barewire_std::connect(address, timeout, machine);
    let mut connection = connection.map_err(|error| unreachable(address, &error))?;
    connection.set_linger(LINGER);
    while let Some(event) = connection.next().map_err(|error| broken(&error))? {
        if client.on_event(connection.machine_mut(), event)?.is_break() {
            break;
        }
    }
    Ok(())
}

pub(super) fn chat(
    address: &str,
    timeout: Duration,
    client: handshake::Client,
    config: websocket::Config,
    input: impl FnOnce() -> Result<Input, Failure>,
    mut console: Console,
) -> Result<(), Failure> {
    let connection = barewire_std::connect(address, timeout, client);
    let mut connection = connection.map_err(|error| unreachable(address, &error))?;
    connection.set_linger(LINGER);
    let (socket, _) = Handshake::new(connection).open(config).map_err(ws::refused)?;
    tracing::info!(subprotocol = socket.subprotocol(), compressed = socket.negotiated().deflate.is_some(), "connected");
    let (mut reader, writer) = socket.split();
    let (input, failed) = (input()?, Arc::new(Mutex::new(None)));
    let told = Arc::clone(&failed);
    let say = move || {
        while let Ok(said) = input.recv_blocking() {
            let failure = match said.map(|said| writer.send(said)) {
                Ok(Ok(())) => continue,
                // It is closed, or broken: the reader tells how.
                Ok(Err(ws::Error::Misuse(Misuse::Closed) | ws::Error::Io(_) | ws::Error::Protocol(_))) => break,
                Ok(Err(error)) => ws::broken(error),
                Err(failure) => failure,
            };
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
            let _ = writer.close(CloseCode::NORMAL, "");
            break;
        }
    };
    thread::Builder::new()
        .name("output".into())
        .spawn(say)
        .map_err(|error| Failure::at("cannot start a thread", error))?;
    while let Some(event) = reader.next().map_err(ws::broken)? {
        console.hear(&event)?;
    }
    let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
    failed.map_or_else(|| console.verdict(), Err)
}
