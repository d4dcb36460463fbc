//! barewire's servers, each written as its users would.

use barewire::websocket::{Config, Event, Session, handshake};
use barewire::{Instant, Machine, Next};
use barewire_benches::process::{listen, on_tokio};
use barewire_drive::poll::{Connection, Transport};
use barewire_websocket::{Error, Handshake};
use std::net::TcpStream;
use std::sync::Arc;

/// How much may wait to be sent to a peer before it is read on.
const AHEAD: usize = 64 << 10;

/// Owned messages: what most would write.
async fn echo<R: Transport<S>, S>(connection: Connection<R, S, handshake::Server>) -> Result<(), Error> {
    let mut socket = Handshake::new(connection).accept(Config::default()).await?;
    while let Some(event) = socket.next().await? {
        if let Event::Text(_) | Event::Binary(_) = event {
            socket.send(event).await?;
        }
    }
    Ok(())
}

/// Lent messages.
async fn echo_lent<R: Transport<S>, S>(connection: Connection<R, S, handshake::Server>) -> Result<(), Error> {
    let mut socket = Handshake::new(connection).accept(Config::default()).await?;
    loop {
        let now = socket.now();
        let need = answer(&mut socket, now)?;
        if !socket.wait(need).await? {
            return Ok(());
        }
    }
}

/// Answers all that is there, and says who must act next.
fn answer(session: &mut Session, now: Instant) -> Result<Next<()>, Error> {
    loop {
        if session.is_within_message() {
            // It was put together, so it needn't be copied.
            match session.next(now)? {
                Next::Event(message @ (Event::Text(_) | Event::Binary(_))) => session.send(message)?,
                Next::Event(_) => {}
                need => return Ok(need.map(drop)),
            }
        } else {
            match session.exchange(now)? {
                Next::Event((message @ (Event::Text(_) | Event::Binary(_)), mut peer)) => peer.send_ref(message)?,
                Next::Event(_) => {}
                need => return Ok(need.map(drop)),
            }
        }
        if session.link().tx.len() > AHEAD {
            return Ok(Next::NeedFlush);
        }
    }
}

pub fn tokio() {
    use barewire_tokio::{Connection, Options, Stop, serve};
    on_tokio(|listener| async move {
        serve(listener, &Options::default(), &Stop::new(), |stream, _| async {
            let _ = echo(Connection::new(stream, handshake::Server::new(handshake::Config::default()))).await;
        })
        .await
    });
}

pub fn tokio_lent() {
    use barewire_tokio::{Connection, Options, Stop, serve};
    on_tokio(|listener| async move {
        serve(listener, &Options::default(), &Stop::new(), |stream, _| async {
            let _ = echo_lent(Connection::new(stream, handshake::Server::new(handshake::Config::default()))).await;
        })
        .await
    });
}

pub fn smol() {
    use barewire_smol::{Connection, Options, Stop, serve};
    smol::block_on(async {
        let listener = smol::net::TcpListener::try_from(listen()).unwrap();
        serve(listener, &Options::default(), &Stop::new(), |stream, _| async {
            let _ = echo(Connection::new(stream, handshake::Server::new(handshake::Config::default()))).await;
        })
        .await
    });
}

pub fn smol_lent() {
    use barewire_smol::{Connection, Options, Stop, serve};
    smol::block_on(async {
        let listener = smol::net::TcpListener::try_from(listen()).unwrap();
        serve(listener, &Options::default(), &Stop::new(), |stream, _| async {
            let _ = echo_lent(Connection::new(stream, handshake::Server::new(handshake::Config::default()))).await;
        })
        .await
    });
}

type OnThread = barewire_std::Connection<Arc<TcpStream>, handshake::Server>;

fn on_threads(echo: fn(OnThread) -> Result<(), Error>) {
    use barewire_std::{Connection, Options, Stop, serve};
    serve(listen(), &Options::default(), &Stop::new(), move |stream, _| {
        let _ = echo(Connection::new(stream, handshake::Server::new(handshake::Config::default())));
    });
}

pub fn std() {
    on_threads(|connection| {
        let mut socket = Handshake::new(connection).accept(Config::default())?;
        while let Some(event) = socket.next()? {
            if let Event::Text(_) | Event::Binary(_) = event {
                socket.send(event)?;
            }
        }
        Ok(())
    });
}

pub fn std_lent() {
    on_threads(|connection| {
        let mut socket = Handshake::new(connection).accept(Config::default())?;
        loop {
            let now = socket.now();
            let need = answer(&mut socket, now)?;
            if !socket.wait(need)? {
                return Ok(());
            }
        }
    });
}
