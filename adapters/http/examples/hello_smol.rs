//! A small HTTP server, on the first argument or 127.0.0.1:8080, until a line comes on standard input.

use barewire::http::{Method, RequestHead, Status};
use barewire::http1::{Config, Server};
use barewire_http::{Error, Requests};
use barewire_smol::{Connection, Options, Stop, serve};
use smol::net::{TcpListener, TcpStream};
use std::{env, io, thread};

type Exchange<'a> = barewire_http::Exchange<'a, Connection<TcpStream, Server>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    smol::block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(address).await?;
    let config = barewire_http::config().build()?;
    let stop = Stop::new();
    let stopping = stop.clone();
    thread::spawn(move || io::stdin().read_line(&mut String::new()).map(|_| stopping.stop()));

    serve(listener, &Options::default(), &stop, |stream, peer| {
        let site = site(stream, config.clone(), stop.clone());
        async move { site.await.unwrap_or_else(|error| eprintln!("{peer}: {error}")) }
    })
    .await;
    Ok(())
}

async fn site(stream: TcpStream, config: Config, stop: Stop) -> Result<(), Error> {
    let mut requests = Requests::new(Connection::new(stream, Server::new(config))).until(&stop);
    while let Some((request, exchange)) = requests.next().await? {
        if let Err(error) = answer(&request, exchange).await {
            eprintln!("{} {}: {error}", request.method(), request.target());
        }
    }
    Ok(())
}

async fn answer(request: &RequestHead, mut exchange: Exchange<'_>) -> Result<(), Error> {
    match (request.method(), request.target().path()) {
        (Method::GET | Method::HEAD, "/") => exchange.respond(Status::OK, "hello\n").await,
        (Method::POST, "/upper") => {
            let body = exchange.collect(64 * 1024).await?;
            exchange.respond(Status::OK, body.to_ascii_uppercase()).await
        }
        (Method::POST, "/echo") => {
            exchange.start(Status::OK, exchange.body()).await?;
            while let Some(piece) = exchange.data().await? {
                exchange.send(piece).await?;
            }
            exchange.finish().await
        }
        _ => exchange.respond(Status::NOT_FOUND, "").await,
    }
}
