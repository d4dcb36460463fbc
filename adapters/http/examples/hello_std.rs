//! A small HTTP server, on the first argument or 127.0.0.1:8080, until a line comes on standard input.

use barewire::http::{Method, RequestHead, Status};
use barewire::http1::{Config, Server};
use barewire_http::{Error, Requests};
use barewire_std::{Connection, Options, Stop, serve};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::{env, io, thread};

type Exchange<'a> = barewire_http::Exchange<'a, Connection<Arc<TcpStream>, Server>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(address)?;
    let config = barewire_http::config().build()?;
    let stop = Stop::new();
    let stopping = stop.clone();
    thread::spawn(move || io::stdin().read_line(&mut String::new()).map(|_| stopping.stop()));

    let sites = stop.clone();
    serve(listener, &Options::default(), &stop, move |stream, peer| {
        site(stream, config.clone(), &sites).unwrap_or_else(|error| eprintln!("{peer}: {error}"));
    });
    Ok(())
}

fn site(stream: Arc<TcpStream>, config: Config, stop: &Stop) -> Result<(), Error> {
    let mut requests = Requests::new(Connection::new(stream, Server::new(config))).until(stop);
    while let Some((request, exchange)) = requests.next()? {
        if let Err(error) = answer(&request, exchange) {
            eprintln!("{} {}: {error}", request.method(), request.target());
        }
    }
    Ok(())
}

fn answer(request: &RequestHead, mut exchange: Exchange<'_>) -> Result<(), Error> {
    match (request.method(), request.target().path()) {
        (Method::GET | Method::HEAD, "/") => exchange.respond(Status::OK, "hello\n"),
        (Method::POST, "/upper") => {
            let body = exchange.collect(64 * 1024)?;
            exchange.respond(Status::OK, body.to_ascii_uppercase())
        }
        (Method::POST, "/echo") => {
            exchange.start(Status::OK, exchange.body())?;
            while let Some(piece) = exchange.data()? {
                exchange.send(piece)?;
            }
            exchange.finish()
        }
        _ => exchange.respond(Status::NOT_FOUND, ""),
    }
}
