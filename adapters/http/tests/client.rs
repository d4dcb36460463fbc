//! Calls, on each runtime, to the service on the same runtime.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use barewire::http::{Body, FieldName, FieldValue, Method, Request, Status, Target, Trailers};
use barewire::http1::{self, Config};
use barewire::raw::{Event, Session};
use barewire::{Misuse, http1::Error as Fault};
use barewire_drive::{blocking, poll};
use barewire_http::{Client, Error};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use support::{MIB, PATIENCE, noise, on_smol, on_threads, on_tokio};

const CHECK: FieldName<'_> = FieldName::literal("x-check");

fn request(method: Method<'_>, path: &str) -> Request {
    Request::new(method, Target::new(path).unwrap()).field(FieldName::HOST, FieldValue::literal("here"))
}

fn expecting(path: &str) -> Request {
    request(Method::POST, path).field(FieldName::EXPECT, FieldValue::literal("100-continue"))
}

/// All kinds of calls, on one connection.
macro_rules! calls {
    ($client:ident; $($await:tt)*) => {{
        let mut reply = $client.send(&request(Method::GET, "/"), "")$($await)*?;
        assert_eq!((reply.status(), reply.body()), (Status::OK, Body::Length(5)));
        assert_eq!(reply.collect(5)$($await)*?, "hello");

        // No body, whatever the head says.
        let mut reply = $client.send(&request(Method::HEAD, "/"), "")$($await)*?;
        assert_eq!(reply.head().get(FieldName::CONTENT_LENGTH), Some(FieldValue::literal("5")));
        assert_eq!(reply.data()$($await)*?, None);

        let mut reply = $client.send(&request(Method::POST, "/upper"), "abc")$($await)*?;
        assert!(matches!(reply.collect(2)$($await)*, Err(Error::TooLong)));
        // What isn't read is read with the next call.
        let mut reply = $client.send(&request(Method::POST, "/upper"), "def")$($await)*?;
        assert_eq!(reply.collect(3)$($await)*?, "DEF");

        // In pieces, their number unknown, trailers both ways.
        let head = request(Method::POST, "/trailers").field(FieldName::TRAILER, FieldValue::literal("x-check"));
        let mut upload = $client.start(&head, Body::Unknown)$($await)*?;
        upload.send("a")$($await)*?;
        upload.send("bc")$($await)*?;
        let trailers = Trailers::new().field(CHECK, FieldValue::literal("sum"));
        let mut reply = upload.finish_with(&trailers)$($await)*?;
        assert_eq!(reply.collect(3)$($await)*?, "abc");
        assert_eq!(reply.trailers().and_then(|fields| fields.get(CHECK)), Some(FieldValue::literal("sum")));

        let mut reply = $client.send(&request(Method::GET, "/early"), "")$($await)*?;
        assert_eq!(reply.collect(4)$($await)*?, "late");
        assert_eq!(reply.interim().iter().map(|head| head.status()).collect::<Vec<_>>(), [Status::EARLY_HINTS]);

        // Turned down before anything of it was sent.
        let mut upload = $client.start(&expecting("/upload"), Body::Length(10))$($await)*?;
        assert!(upload.is_refused(), "a 404 in the place of a 100");
        upload.send("0123456789")$($await)*?;
        let reply = upload.finish()$($await)*?;
        assert_eq!(reply.status(), Status::NOT_FOUND);
        // The server closes then: what it would read next could be the body.
        let end = $client.send(&request(Method::GET, "/"), "")$($await)*;
        assert!(matches!(end, Err(Error::Misuse(Misuse::Closed))), "{end:?}");
    }};
}

/// Larger bodies than any buffer, up and down.
macro_rules! large {
    ($client:ident; $($await:tt)*) => {{
        let body = noise(3 * MIB);
        let mut upload = $client.start(&expecting("/swallow"), Body::Length(body.len() as u64))$($await)*?;
        assert!(!upload.is_refused());
        for piece in body.chunks(10_000) {
            upload.send(piece.to_vec())$($await)*?;
        }
        let mut reply = upload.finish()$($await)*?;
        assert_eq!(reply.collect(8)$($await)*?, body.len().to_string());
        let mut reply = $client.send(&request(Method::GET, "/pour"), "")$($await)*?;
        let all = reply.collect(4 * MIB)$($await)*?;
        assert!(all == noise(3 * MIB));
    }};
}

/// A switch to another protocol, with early bytes.
macro_rules! switch {
    ($client:ident; $($await:tt)*) => {{
        let head = request(Method::GET, "/upgrade").field(FieldName::UPGRADE, FieldValue::literal("echo"));
        let reply = $client.send(&head, "")$($await)*?;
        assert_eq!(reply.status(), Status::SWITCHING_PROTOCOLS);
        let mut tunnel = $client.into_upgraded().unwrap().map_machine(|client| Session::with_link(client.into_link()));
        tunnel.send("over").unwrap();
        tunnel.close().unwrap();
        let mut heard = Vec::new();
        while let Some(event) = tunnel.next()$($await)*.unwrap() {
            if let Event::Data(bytes) = event {
                heard.extend_from_slice(&bytes);
            }
        }
        assert_eq!(heard, b"over");
    }};
}

type Polled<R, S> = poll::Connection<R, S, http1::Client>;

async fn calls<R: poll::Transport<S>, S>(mut client: Client<Polled<R, S>>) -> Result<(), Error> {
    calls!(client; .await);
    Ok(())
}

async fn switch<R: poll::Transport<S>, S>(mut client: Client<Polled<R, S>>) -> Result<(), Error> {
    switch!(client; .await);
    Ok(())
}

async fn large<R: poll::Transport<S>, S>(mut client: Client<Polled<R, S>>) -> Result<(), Error> {
    large!(client; .await);
    Ok(())
}

type Blocked = blocking::Connection<barewire_std::Threads, TcpStream, http1::Client>;

fn calls_now(mut client: Client<Blocked>) -> Result<(), Error> {
    calls!(client;);
    Ok(())
}

fn switch_now(mut client: Client<Blocked>) -> Result<(), Error> {
    switch!(client;);
    Ok(())
}

fn large_now(mut client: Client<Blocked>) -> Result<(), Error> {
    large!(client;);
    Ok(())
}

fn machine() -> http1::Client {
    http1::Client::new(Config::default())
}

async fn tokio_client(to: SocketAddr) -> Client<Polled<barewire_tokio::Tokio, tokio::net::TcpStream>> {
    Client::new(barewire_tokio::connect(to, PATIENCE, machine()).await.unwrap())
}

async fn smol_client(to: SocketAddr) -> Client<Polled<barewire_smol::Smol, smol::net::TcpStream>> {
    Client::new(barewire_smol::connect(to, PATIENCE, machine()).await.unwrap())
}

fn std_client(to: SocketAddr) -> Client<Blocked> {
    Client::new(barewire_std::connect(to, PATIENCE, machine()).unwrap())
}

#[tokio::test]
async fn on_tokio_() -> Result<(), Error> {
    let site = on_tokio(Config::default());
    calls(tokio_client(site.address).await).await?;
    large(tokio_client(site.address).await).await?;
    switch(tokio_client(site.address).await).await?;
    tokio::task::spawn_blocking(|| site.end()).await.unwrap();
    Ok(())
}

#[test]
fn on_smol_() -> Result<(), Error> {
    let site = on_smol(Config::default());
    smol::block_on(async {
        calls(smol_client(site.address).await).await?;
        large(smol_client(site.address).await).await?;
        switch(smol_client(site.address).await).await
    })?;
    site.end();
    Ok(())
}

#[test]
fn on_threads_() -> Result<(), Error> {
    let site = on_threads(Config::default());
    calls_now(std_client(site.address))?;
    large_now(std_client(site.address))?;
    switch_now(std_client(site.address))?;
    site.end();
    Ok(())
}

/// An upload that waits for room waits for just as much of it as the connection does.
#[test]
fn an_upload_heeds_the_high_water_mark() -> Result<(), Error> {
    let site = on_threads(Config::default());
    for mark in [1, 2 * MIB] {
        let mut connection = barewire_std::connect(site.address, PATIENCE, machine())?;
        connection.set_high_water(mark);
        large_now(Client::new(connection))?;
        smol::block_on(async {
            let mut connection = barewire_smol::connect(site.address, PATIENCE, machine()).await?;
            connection.set_high_water(mark);
            large(Client::new(connection)).await
        })?;
    }
    site.end();
    Ok(())
}

/// A server that reads a head, answers with these bytes and, unless it is to hold on, ends the stream.
fn server(answer: &'static str, reads_on: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        if reads_on {
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    });
    address
}

#[test]
fn a_reply_that_is_cut_is_an_error() {
    for (answer, fault) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", Fault::Cut),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", Fault::Cut),
    ] {
        let address = server(answer, false);
        let mut client = std_client(address);
        let mut reply = client.send(&request(Method::GET, "/"), "").unwrap();
        let Err(Error::Protocol(error)) = reply.collect(100) else { panic!("taken for whole: {answer}") };
        assert_eq!(error, fault);
        smol::block_on(async {
            let mut client = smol_client(server(answer, false)).await;
            let mut reply = client.send(&request(Method::GET, "/"), "").await.unwrap();
            let Err(Error::Protocol(error)) = reply.collect(100).await else { panic!("taken for whole: {answer}") };
            assert_eq!(error, fault);
        });
    }
}

#[test]
fn no_answer_is_told_apart() {
    let mut client = std_client(server("", false));
    let end = client.send(&request(Method::GET, "/"), "");
    assert!(matches!(end, Err(Error::Protocol(Fault::Unanswered))), "{end:?}");
    smol::block_on(async {
        let mut client = smol_client(server("", false)).await;
        let end = client.send(&request(Method::GET, "/"), "").await;
        assert!(matches!(end, Err(Error::Protocol(Fault::Unanswered))), "{end:?}");
    });
}

/// The server answers with an error as soon as it has the head, and doesn't stop reading: nothing that it doesn't want
/// is sent, and the answer is heard though we were sending.
#[test]
fn an_upload_that_is_turned_down_stops() {
    const NO: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
    fn check(sent: usize, status: Status) {
        assert_eq!(status, Status::FORBIDDEN);
        assert!(sent < 100, "{sent} MiB were sent to nobody");
    }
    let mut client = std_client(server(NO, true));
    let mut upload = client.start(&request(Method::POST, "/"), Body::Unknown).unwrap();
    let mut sent = 0;
    while !upload.is_refused() && sent < 100 {
        upload.send(vec![0; MIB]).unwrap();
        sent += 1;
    }
    let mut reply = upload.finish().unwrap();
    assert_eq!(reply.collect(2).unwrap(), "no");
    check(sent, reply.status());

    smol::block_on(async {
        let mut client = smol_client(server(NO, true)).await;
        let mut upload = client.start(&request(Method::POST, "/"), Body::Unknown).await.unwrap();
        let mut sent = 0;
        while !upload.is_refused() && sent < 100 {
            upload.send(vec![0; MIB]).await.unwrap();
            sent += 1;
        }
        let mut reply = upload.finish().await.unwrap();
        assert_eq!(reply.collect(2).await.unwrap(), "no");
        check(sent, reply.status());
    });
}

#[test]
fn a_call_that_was_left_unfinished_leaves_no_way_on() {
    let site = on_threads(Config::default());
    let mut client = std_client(site.address);
    let mut upload = client.start(&request(Method::POST, "/swallow"), Body::Length(10)).unwrap();
    upload.send("half").unwrap();
    let end = client.send(&request(Method::GET, "/"), "");
    assert!(matches!(end, Err(Error::Misuse(Misuse::Closed))), "{end:?}");

    let mut client = std_client(site.address);
    let mut upload = client.start(&request(Method::POST, "/swallow"), Body::Length(10)).unwrap();
    upload.send("half").unwrap();
    let end = upload.finish();
    assert!(matches!(end, Err(Error::Misuse(Misuse::TooShort))), "{end:?}");

    // More than is worth reading for the sake of a connection.
    let mut client = std_client(site.address);
    assert_eq!(client.send(&request(Method::GET, "/pour"), "").unwrap().status(), Status::OK);
    let end = client.send(&request(Method::GET, "/"), "");
    assert!(matches!(end, Err(Error::Misuse(Misuse::Closed))), "{end:?}");
    drop(client);
    site.end();
}
