//! One service, on each of the three runtimes.

#![allow(dead_code, clippy::unwrap_used, reason = "no test uses all of it, and a test fails by panicking")]

use barewire::http::{Body, FieldName, FieldValue, Method, RequestHead, Response, Status, Trailers};
use barewire::http1::{Config, Server};
use barewire::raw::{Event, Session};
use barewire_drive::{Options, Report, Stop, blocking, poll};
use barewire_http::{Exchange, Requests};
use barewire_smol::Smol;
use barewire_std::Threads;
use barewire_tokio::Tokio;
use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const MIB: usize = 1024 * 1024;
const LIMIT: usize = 1024;
const CHECK: FieldName<'_> = FieldName::literal("x-check");

/// Bytes that tell where they belong.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    noise_from(0, length)
}

pub(crate) fn noise_from(start: usize, length: usize) -> Vec<u8> {
    (start..start + length).map(|at| at.wrapping_mul(0x9e37_79b9).to_be_bytes()[6]).collect()
}

/// What a handler fails with: its own reasons, or ours.
#[derive(Debug)]
pub(crate) enum Failure {
    Service,
    Http(barewire_http::Error),
}

impl From<barewire_http::Error> for Failure {
    fn from(error: barewire_http::Error) -> Self {
        Self::Http(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

fn links() -> Response {
    Response::new(Status::EARLY_HINTS).field(FieldName::LINK, FieldValue::literal("</style.css>; rel=preload"))
}

fn switch() -> Response {
    Response::new(Status::SWITCHING_PROTOCOLS).field(FieldName::UPGRADE, FieldValue::literal("echo"))
}

fn with_trailer() -> Response {
    Response::new(Status::OK).field(FieldName::TRAILER, FieldValue::literal("x-check"))
}

/// The service, with and without `async`: which shows that they read the same.
macro_rules! service {
    ($request:ident, $exchange:ident, $gate:ident; $wait:expr; $($await:tt)*) => {
        match ($request.method(), $request.target().path()) {
            (Method::GET | Method::HEAD, "/") => $exchange.respond(Status::OK, "hello")$($await)*?,
            (Method::CONNECT, _) => $exchange.upgrade(Status::OK)$($await)*?,
            (Method::POST, "/upper") => {
                let body = $exchange.collect(LIMIT)$($await)*?;
                $exchange.respond(Status::OK, body.to_ascii_uppercase())$($await)*?;
            }
            (Method::POST, "/echo") => {
                $exchange.start(Status::OK, $exchange.body())$($await)*?;
                while let Some(piece) = $exchange.data()$($await)*? {
                    $exchange.send(piece)$($await)*?;
                }
                $exchange.finish()$($await)*?;
            }
            (Method::POST, "/trailers") => {
                let body = $exchange.collect(LIMIT)$($await)*?;
                let check = $exchange.trailers().and_then(|fields| fields.get(CHECK)).map(|value| value.as_bytes().to_vec());
                let trailers = Trailers::new().field(CHECK, FieldValue::new(&check.unwrap_or_default()).unwrap());
                $exchange.start(with_trailer(), Body::Unknown)$($await)*?;
                $exchange.send(body)$($await)*?;
                $exchange.finish_with(&trailers)$($await)*?;
            }
            (_, "/early") => {
                $exchange.interim(links())$($await)*?;
                $exchange.respond(Status::OK, "late")$($await)*?;
            }
            (_, "/nothing") => $exchange.respond(Status::NO_CONTENT, "")$($await)*?,
            (_, "/unchanged") => $exchange.respond(Status::NOT_MODIFIED, "")$($await)*?,
            (_, "/forgets") => {}
            (_, "/fails") => return Err(Failure::Service),
            (_, "/panics") => panic!("as it was asked to"),
            (_, "/misuse") => $exchange.respond(Status::NO_CONTENT, "a body")$($await)*?,
            (_, "/half") => {
                $exchange.start(Status::OK, Body::Length(10))$($await)*?;
                $exchange.send("half")$($await)*?;
                return Err(Failure::Service);
            }
            (_, "/short") => {
                $exchange.start(Status::OK, Body::Unknown)$($await)*?;
                $exchange.send("half")$($await)*?;
                $exchange.flush()$($await)*?;
                drop($exchange);
            }
            (_, "/slow") => {
                $exchange.flush()$($await)*?;
                $wait;
                $exchange.respond(Status::OK, "at last")$($await)*?;
            }
            (_, "/endless") => {
                $exchange.start(Status::OK, Body::Unknown)$($await)*?;
                loop {
                    $exchange.send(vec![b'x'; 16 * 1024])$($await)*?;
                }
            }
            (Method::POST, "/swallow") => {
                let mut length = 0;
                while let Some(piece) = $exchange.data()$($await)*? {
                    assert!(piece == noise_from(length, piece.len()), "at {length}");
                    length += piece.len();
                }
                $exchange.respond(Status::OK, length.to_string())$($await)*?;
            }
            (_, "/pour") => {
                $exchange.start(Status::OK, Body::Length(3 * MIB as u64))$($await)*?;
                for piece in noise(3 * MIB).chunks(10_000) {
                    $exchange.send(piece.to_vec())$($await)*?;
                }
                $exchange.finish()$($await)*?;
            }
            (_, "/upgrade") => $exchange.upgrade(switch())$($await)*?,
            (_, path) => {
                let text = format!("nothing at {path}");
                $exchange.respond(Status::NOT_FOUND, text)$($await)*?;
            }
        }
    };
}

async fn answer<R: poll::Transport<S>, S>(
    request: &RequestHead,
    mut exchange: Exchange<'_, poll::Connection<R, S, Server>>,
    gate: &Stop,
) -> Result<(), Failure> {
    service!(request, exchange, gate; exchange.meanwhile(gate.stopped()).await?; .await);
    Ok(())
}

fn answer_now<W: blocking::Wire<S>, S>(
    request: &RequestHead,
    mut exchange: Exchange<'_, blocking::Connection<W, S, Server>>,
    gate: &Stop,
) -> Result<(), Failure> {
    service!(request, exchange, gate; { gate.wait(None); };);
    Ok(())
}

/// Serves one connection, and the tunnel that it may become.
pub(crate) async fn site<R: poll::Transport<S>, S>(
    connection: poll::Connection<R, S, Server>,
    stop: Stop,
    gate: Stop,
) -> Result<(), barewire_http::Error> {
    let mut requests = Requests::new(connection).until(&stop);
    while let Some((request, exchange)) = requests.next().await? {
        if let Err(error) = answer(&request, exchange, &gate).await {
            eprintln!("{request:?}: {error}");
        }
    }
    let Some(upgraded) = requests.into_upgraded() else { return Ok(()) };
    let mut tunnel = upgraded.map_machine(|server| Session::with_link(server.into_link()));
    while let Ok(Some(event)) = tunnel.next().await {
        match event {
            Event::Data(bytes) => tunnel.send(bytes)?,
            _ => tunnel.close()?,
        }
    }
    Ok(())
}

pub(crate) fn site_now<W: blocking::Wire<S>, S>(
    connection: blocking::Connection<W, S, Server>,
    stop: &Stop,
    gate: &Stop,
) -> Result<(), barewire_http::Error> {
    let mut requests = Requests::new(connection).until(stop);
    while let Some((request, exchange)) = requests.next()? {
        if let Err(error) = answer_now(&request, exchange, gate) {
            eprintln!("{request:?}: {error}");
        }
    }
    let Some(upgraded) = requests.into_upgraded() else { return Ok(()) };
    let mut tunnel = upgraded.map_machine(|server| Session::with_link(server.into_link()));
    while let Ok(Some(event)) = tunnel.next() {
        match event {
            Event::Data(bytes) => tunnel.send(bytes)?,
            _ => tunnel.close()?,
        }
    }
    Ok(())
}

/// A server that runs.
pub(crate) struct Site {
    pub(crate) runtime: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) stop: Stop,
    pub(crate) gate: Stop,
    thread: JoinHandle<Report>,
}

impl Site {
    /// Stops it, and says how it went.
    pub(crate) fn end(self) -> Report {
        self.stop.stop();
        self.gate.stop();
        self.thread.join().unwrap()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends `input` on a connection of its own, and returns all that comes until the server ends it.
    pub(crate) fn say(&self, input: impl AsRef<[u8]>) -> String {
        let mut stream = self.connect();
        stream.write_all(input.as_ref()).unwrap();
        let mut output = Vec::new();
        // A reset is an end too.
        let _ = stream.read_to_end(&mut output);
        String::from_utf8(output).unwrap()
    }
}

fn start(runtime: &'static str, serve: impl FnOnce(TcpListener, Stop, Stop) -> Report + Send + 'static) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, gate) = (Stop::new(), Stop::new());
    let clones = (stop.clone(), gate.clone());
    let thread = thread::spawn(move || serve(listener, clones.0, clones.1));
    Site { runtime, address, stop, gate, thread }
}

pub(crate) fn options() -> Options {
    Options::builder().grace(Duration::from_secs(5)).build().unwrap()
}

pub(crate) fn on_tokio(config: Config) -> Site {
    start("tokio", |listener, stop, gate| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async move {
            listener.set_nonblocking(true).unwrap();
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            barewire_tokio::serve(listener, &options(), &stop, |stream, _| {
                let connection = poll::Connection::<Tokio, _, _>::new(stream, Server::new(config.clone()));
                let (stop, gate) = (stop.clone(), gate.clone());
                async move { drop(site(connection, stop, gate).await) }
            })
            .await
        })
    })
}

pub(crate) fn on_smol(config: Config) -> Site {
    start("smol", |listener, stop, gate| {
        smol::block_on(async move {
            let listener = smol::Async::new(listener).unwrap().into();
            barewire_smol::serve(listener, &options(), &stop, |stream, _| {
                let connection = poll::Connection::<Smol, _, _>::new(stream, Server::new(config.clone()));
                let (stop, gate) = (stop.clone(), gate.clone());
                async move { drop(site(connection, stop, gate).await) }
            })
            .await
        })
    })
}

pub(crate) fn on_threads(config: Config) -> Site {
    start("std", |listener, stop, gate| {
        let stopping = stop.clone();
        barewire_std::serve(listener, &options(), &stop, move |stream, _| {
            let connection = blocking::Connection::<Threads, _, _>::new(stream, Server::new(config.clone()));
            drop(site_now(connection, &stopping, &gate));
        })
    })
}

/// The service on each runtime.
pub(crate) fn sites() -> [Site; 3] {
    let config = Config::default();
    [on_tokio(config.clone()), on_smol(config.clone()), on_threads(config)]
}
