//! Real sockets, on io_uring where the system lets us, and on epoll: HTTP, messages, a deadline, a reset.

#![allow(clippy::unwrap_used, clippy::std_instead_of_core, reason = "a test fails by panicking, and has std")]

use barewire::http::{
    Body, FieldName, FieldValue, Method, Request, RequestEvent, Response, ResponseEvent, Status, Target,
};
use barewire::{Machine, http1, message};
use barewire_monoio::{Connection, Error, connection};
use bytes::Bytes;
use monoio::net::{TcpListener, TcpStream};
use monoio::time::timeout;
use monoio::{IoUringDriver, LegacyDriver, RuntimeBuilder};
use std::future::Future;
use std::io::ErrorKind;
use std::time::Duration;

/// Runs it on both drivers. Where io_uring is forbidden, as in many containers, says so.
fn on_each_driver<F: Future<Output = ()>>(test: impl Fn() -> F) {
    let late = || async { timeout(Duration::from_secs(20), test()).await.unwrap() };
    RuntimeBuilder::<LegacyDriver>::new().enable_timer().build().unwrap().block_on(late());
    if monoio::utils::detect_uring() {
        RuntimeBuilder::<IoUringDriver>::new().enable_timer().build().unwrap().block_on(late());
    } else {
        eprintln!("SKIPPED: no io_uring here");
    }
}

/// Two connected machines.
async fn pair<A: Machine, B: Machine>(a: A, b: B) -> (Connection<A>, Connection<B>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (client, server) = monoio::join!(TcpStream::connect(address), listener.accept());
    (connection(client.unwrap(), a).unwrap(), connection(server.unwrap().0, b).unwrap())
}

async fn ask(client: &mut Connection<http1::Client>, body: usize) -> usize {
    let request = Request::new(Method::POST, Target::new("/").unwrap());
    let request = request.field(FieldName::HOST, FieldValue::literal("x"));
    client.request_with(&request, vec![7; body]).unwrap();
    let mut heard = 0;
    loop {
        match client.next().await.unwrap().unwrap() {
            ResponseEvent::Data { bytes, .. } => heard += bytes.len(),
            ResponseEvent::End { .. } => return heard,
            _ => {}
        }
    }
}

/// Sends each body back, as it comes.
async fn serve(mut server: Connection<http1::Server>) {
    while let Ok(Some(event)) = server.next().await {
        match event {
            RequestEvent::Request { id, body: Body::Length(n), .. } => {
                server.respond(id, &Response::new(Status::OK), Body::Length(n)).unwrap();
            }
            RequestEvent::Data { id, bytes } => server.send_data(id, bytes).unwrap(),
            RequestEvent::End { id, .. } => server.finish(id).unwrap(),
            _ => {}
        }
    }
}

#[test]
fn http() {
    on_each_driver(|| async {
        let config = http1::Config::default;
        let (mut client, server) = pair(http1::Client::new(config()), http1::Server::new(config())).await;
        let server = monoio::spawn(serve(server));
        for body in [1, 1000, 100_000, 8 << 20] {
            assert_eq!(ask(&mut client, body).await, body);
        }
        client.shutdown();
        assert!(client.next().await.unwrap().is_none());
        server.await;
    });
}

#[test]
fn messages_that_both_send_first() {
    async fn talk(mut a: Connection<message::Session>, first: u8) -> usize {
        let payload: Bytes = (0..1 << 20).map(|n: u32| n.to_le_bytes()[1] ^ first).collect();
        (0..16).for_each(|_| a.send(7, payload.clone()).unwrap());
        a.close().unwrap();
        let mut heard = 0;
        while let Some(event) = a.next().await.unwrap() {
            if let message::Event::Message(message) = event {
                assert!(message.payload.iter().zip(&payload).all(|(a, b)| a ^ b == 3), "other bytes came");
                heard += message.payload.len();
            }
        }
        heard
    }
    on_each_driver(|| async {
        let (a, b) = pair(message::Session::default(), message::Session::default()).await;
        assert_eq!(monoio::join!(talk(a, 1), talk(b, 2)), (16 << 20, 16 << 20));
    });
}

#[test]
fn a_dropped_wait_loses_nothing() {
    on_each_driver(|| async {
        let (mut a, mut b) = pair(message::Session::default(), message::Session::default()).await;
        for n in 0..200_u16 {
            // A read is with the kernel when its future is dropped.
            assert!(timeout(Duration::from_micros(50), a.next()).await.is_err());
            b.send(n, vec![1; usize::from(n)]).unwrap();
            b.flush().await.unwrap();
            let Some(message::Event::Message(message)) = a.next().await.unwrap() else { panic!("no message") };
            assert_eq!((message.header.kind, message.payload.len()), (n, usize::from(n)));
        }
    });
}

#[test]
fn a_deadline_cuts() {
    on_each_driver(|| async {
        let config = message::Config::builder().idle(Some(Duration::from_millis(50))).build().unwrap();
        let (mut a, mut b) = pair(message::Session::new(config), message::Session::default()).await;
        let ends = async {
            assert_eq!(b.next().await.unwrap(), Some(message::Event::PeerClosed));
            b.close().unwrap();
            assert_eq!(b.next().await.unwrap(), None);
        };
        let (cut, ()) = monoio::join!(a.next(), ends);
        assert!(matches!(cut, Err(Error::Protocol(message::Error::Idle))), "{cut:?}");
    });
}

#[test]
fn an_abort_is_a_reset() {
    on_each_driver(|| async {
        let config = http1::Config::default;
        let (mut client, mut server) = pair(http1::Client::new(config()), http1::Server::new(config())).await;
        let request = Request::new(Method::GET, Target::new("/").unwrap());
        client.request(&request.field(FieldName::HOST, FieldValue::literal("x")), Body::Empty).unwrap();
        let aborts = async {
            assert!(matches!(server.next().await, Ok(Some(RequestEvent::Request { .. }))));
            server.abort();
            assert!(server.next().await.unwrap().is_none());
            drop(server);
        };
        let (heard, ()) = monoio::join!(client.next(), aborts);
        let Err(Error::Io(error)) = heard else { panic!("no reset: {heard:?}") };
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}
