//! A small HTTP server, on the first argument or 127.0.0.1:8080, until a line comes on standard input.

use barewire::http::{Method, RequestHead, Status};
use barewire::http1::{Config, Server};
use barewire_http::{Error, Requests};
use barewire_tokio::{Connection, Options, Stop, serve};
use std::{env, io, thread};
use tokio::net::{TcpListener, TcpStream};

type Exchange<'a> = barewire_http::Exchange<'a, Connection<TcpStream, Server>>;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind(env::args().nth(1).as_deref().unwrap_or("127.0.0.1:8080")).await?;
    let stop = Stop::new();
    let stopping = stop.clone();
    thread::spawn(move || io::stdin().read_line(&mut String::new()).map(|_| stopping.stop()));

    serve(listener, &Options::default(), &stop, |stream, peer| {
        let connection = Connection::new(stream, Server::new(Config::default()));
        let mut requests = Requests::new(connection).until(&stop);
        async move {
            while let Ok(Some((request, exchange))) = requests.next().await {
                if let Err(error) = answer(&request, exchange).await {
                    eprintln!("{peer}: {request:?}: {error}");
                }
            }
        }
    })
    .await;
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
