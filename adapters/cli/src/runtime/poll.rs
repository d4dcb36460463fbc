//! What the runtimes with futures have in common.

use crate::app::App;
use crate::failure::Failure;
use crate::runtime::{Client, LINGER, broken, ended};
use crate::ws::{self, Console, Input, Said};
use barewire::Machine;
use barewire::raw::{self, Datagram};
use barewire::websocket::{self, Event, handshake};
use barewire_drive::poll::{Connection, Packets, Socket, Transport};
use barewire_drive::{Error, Stop};
use barewire_websocket::Handshake;
use core::fmt::Display;
use core::future::{Future, poll_fn};
use core::net::SocketAddr;
use core::pin::pin;
use core::task::Poll;
use smol::stream::Stream;
use std::io;

/// Runs one connection of a server to its end.
pub(super) async fn run<R: Transport<S>, S, A: App>(mut connection: Connection<R, S, A>, peer: SocketAddr, stop: Stop) {
    tracing::debug!(%peer, "accepted");
    ended(peer, finish(&mut connection, stop).await);
}

async fn finish<R, S, A>(connection: &mut Connection<R, S, A>, stop: Stop) -> Result<(), Error<A::Error>>
where
    R: Transport<S>,
    A: App,
{
    let mut stopped = pin!(stop.stopped());
    let end = poll_fn(|cx| match connection.poll_event(cx) {
        Poll::Ready(end) => Poll::Ready(Some(end)),
        Poll::Pending => stopped.as_mut().poll(cx).map(|()| None),
    });
    if let Some(end) = end.await {
        return end.map(drop);
    }
    connection.stop();
    connection.next().await.map(drop)
}

/// Runs a client's connection until the client has what it wants.
pub(super) async fn talk<R, S, M>(
    mut connection: Connection<R, S, M>,
    client: &mut impl Client<M>,
) -> Result<(), Failure>
where
    R: Transport<S>,
    M: Machine<Error: Display>,
{
    connection.set_linger(LINGER);
    while let Some(event) = connection.next().await.map_err(|error| broken(&error))? {
        if client.on_event(connection.machine_mut(), event)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Says what `input` has and tells `console` what is heard, until the end.
pub(super) async fn chat<R: Transport<S>, S>(
    mut connection: Connection<R, S, handshake::Client>,
    config: websocket::Config,
    input: impl FnOnce() -> Result<Input, Failure>,
    mut console: Console,
) -> Result<(), Failure> {
    connection.set_linger(LINGER);
    let (mut socket, _) = Handshake::new(connection).open(config).await.map_err(ws::refused)?;
    tracing::info!(subprotocol = socket.subprotocol(), compressed = socket.negotiated().deflate.is_some(), "connected");
    let mut input = pin!(input()?);
    let mut open = true;
    loop {
        let turn = poll_fn(|cx| {
            loop {
                // What is heard may be what the server waits for to be rid of, before it hears more.
                let room = open && socket.queued() <= socket.connection().high_water();
                let said = if room { input.as_mut().poll_next(cx) } else { Poll::Pending };
                if let Poll::Ready(said) = said {
                    return Poll::Ready(Turn::Said(said));
                }
                if let Poll::Ready(heard) = socket.poll_event(cx) {
                    return Poll::Ready(Turn::Heard(heard));
                }
                if room || !open || socket.queued() > socket.connection().high_water() {
                    return Poll::Pending;
                }
            }
        });
        match turn.await {
            Turn::Said(None) => open = false,
            Turn::Said(Some(said)) => {
                let said = said?;
                open = !matches!(said, Said::Close(_)) && !socket.is_closed();
                if !socket.is_closed() {
                    let sent = socket.connection_mut().send(said);
                    sent.map_err(|misuse| Failure::at("cannot send this", misuse))?;
                }
            }
            Turn::Heard(heard) => match heard.map_err(ws::broken)? {
                Some(event) => console.hear(&event)?,
                None => return console.verdict(),
            },
        }
    }
}

enum Turn {
    Said(Option<Result<Said, Failure>>),
    Heard(Result<Option<Event>, barewire_websocket::Error>),
}

/// Sends each datagram back, until `stop`.
pub(super) async fn echo<R, U>(mut socket: Socket<R, U, raw::Socket<SocketAddr>>, stop: &Stop) -> io::Result<()>
where
    R: Packets<U>,
{
    let mut stopped = pin!(stop.stopped());
    loop {
        let next = poll_fn(|cx| match socket.poll_event(cx) {
            Poll::Ready(event) => Poll::Ready(Some(event)),
            Poll::Pending => stopped.as_mut().poll(cx).map(|()| None),
        });
        let Some(event) = next.await else { return Ok(()) };
        let Datagram { from, payload } = event?;
        // A full queue drops, as the network does.
        let _ = socket.send(from, payload);
    }
}
