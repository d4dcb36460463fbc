//! Real sockets.

#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "a test fails by panicking, and has std")]

use barewire::Machine;
use barewire::raw::{self, Event, Session};
use barewire_smol::{Connection, Options, Report, Socket, Stop, connect, serve};
use core::future::Future;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use smol::future::{or, zip};
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};
use smol::{Async, Task, Timer, block_on};
use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::sync::Arc;

const MIB: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
const MOMENT: Duration = Duration::from_millis(100);

async fn timeout<T>(patience: Duration, future: impl Future<Output = T>) -> Option<T> {
    or(async { Some(future.await) }, async {
        Timer::after(patience).await;
        None
    })
    .await
}

async fn start<H, F>(options: Options, handler: H) -> (SocketAddr, Stop, Task<Report>)
where
    H: FnMut(TcpStream, SocketAddr) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), Stop::new());
    let stopped = stop.clone();
    let server = smol::spawn(async move { serve(listener, &options, &stopped, handler).await });
    (address, stop, server)
}

async fn end(stop: Stop, server: Task<Report>) -> Report {
    stop.stop();
    timeout(PATIENCE, server).await.unwrap()
}

async fn echo(stream: TcpStream) {
    let mut connection = Connection::new(stream, Session::default());
    while let Ok(Some(event)) = connection.next().await {
        match event {
            Event::Data(bytes) => connection.send(bytes).unwrap(),
            _ => connection.close().unwrap(),
        }
        if connection.ready().await.is_err() {
            break;
        }
    }
}

async fn talk(mut connection: Connection<TcpStream, Session>, len: usize) -> usize {
    connection.send(vec![7; len]).unwrap();
    connection.close().unwrap();
    let mut heard = 0;
    while let Some(event) = connection.next().await.unwrap() {
        if let Event::Data(bytes) = event {
            heard += bytes.len();
        }
    }
    heard
}

#[test]
fn two_who_both_send_first_do_not_deadlock() {
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let a = connect(listener.local_addr().unwrap(), PATIENCE, Session::default()).await.unwrap();
        let b = Connection::new(listener.accept().await.unwrap().0, Session::default());
        let both = zip(talk(a, 16 * MIB), talk(b, 16 * MIB));
        assert_eq!(timeout(PATIENCE, both).await.unwrap(), (16 * MIB, 16 * MIB));
    });
}

#[test]
fn an_echo_server_stops_gracefully() {
    block_on(async {
        let (address, stop, server) = start(Options::default(), |stream, _| echo(stream)).await;
        let mut client = connect(address, PATIENCE, Session::default()).await.unwrap();
        client.send(&b"before"[..]).unwrap();
        assert_eq!(client.next().await.unwrap(), Some(Event::Data((&b"before"[..]).into())));
        stop.stop();
        Timer::after(MOMENT).await;
        assert!(connect(address, PATIENCE, Session::default()).await.is_err(), "no new connections");
        client.send(&b"after"[..]).unwrap();
        assert_eq!(client.next().await.unwrap(), Some(Event::Data((&b"after"[..]).into())), "what runs may finish");
        assert_eq!(talk(client, 3).await, 3);
        let report = end(stop, server).await;
        assert_eq!((report.accepted, report.cut, report.panicked), (1, 0, 0));
    });
}

#[test]
fn one_that_does_not_finish_is_cut() {
    block_on(async {
        let options = Options::builder().grace(MOMENT).build().unwrap();
        let (address, stop, server) = start(options, |stream, _| echo(stream)).await;
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"x").await.unwrap();
        client.read_exact(&mut [0]).await.unwrap();
        let before = std::time::Instant::now();
        let report = end(stop, server).await;
        assert!(before.elapsed() < 8 * MOMENT);
        assert_eq!((report.accepted, report.cut), (1, 1));
        assert_eq!(client.read(&mut [0]).await.unwrap_or(0), 0);
    });
}

#[test]
fn at_the_limit_others_wait() {
    block_on(async {
        let options = Options::builder().max_connections(2).build().unwrap();
        let (address, stop, server) = start(options, |stream, _| echo(stream)).await;
        let mut clients = Vec::new();
        for _ in 0..3 {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"x").await.unwrap();
            clients.push(client);
        }
        clients[0].read_exact(&mut [0]).await.unwrap();
        clients[1].read_exact(&mut [0]).await.unwrap();
        assert!(timeout(MOMENT, clients[2].read(&mut [0])).await.is_none());
        drop(clients.remove(0));
        timeout(PATIENCE, clients[1].read_exact(&mut [0])).await.unwrap().unwrap();
        clients.clear();
        assert_eq!(end(stop, server).await.accepted, 3);
    });
}

#[test]
fn a_panic_touches_nobody_else() {
    let handler = |mut stream: TcpStream, _| async move {
        let mut first = [0];
        stream.read_exact(&mut first).await.unwrap();
        assert_ne!(first, *b"!", "as told");
        echo(stream).await;
    };
    block_on(async {
        let (address, stop, server) = start(Options::default(), handler).await;
        let mut good = TcpStream::connect(address).await.unwrap();
        let mut bad = TcpStream::connect(address).await.unwrap();
        bad.write_all(b"!").await.unwrap();
        assert_eq!(bad.read(&mut [0]).await.unwrap_or(0), 0, "its own connection ends");
        good.write_all(b"..").await.unwrap();
        good.read_exact(&mut [0]).await.unwrap();
        drop(good);
        assert_eq!(end(stop, server).await.panicked, 1);
    });
}

#[test]
fn a_client_that_never_reads_fills_no_memory() {
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let handler = move |stream, _| {
        let most = Arc::clone(&seen);
        async move {
            let mut connection = Connection::new(stream, Session::default());
            while let Ok(Some(Event::Data(bytes))) = connection.next().await {
                connection.send(bytes).unwrap();
                most.fetch_max(connection.machine_mut().link().tx.len(), Ordering::Relaxed);
                if connection.ready().await.is_err() {
                    break;
                }
            }
        }
    };
    block_on(async {
        let (address, stop, server) = start(Options::default(), handler).await;
        let mut client = TcpStream::connect(address).await.unwrap();
        let stuck = timeout(5 * MOMENT, client.write_all(&vec![7; 64 * MIB])).await;
        assert!(stuck.is_none(), "it was held back");
        assert!(most.load(Ordering::Relaxed) <= 192 * 1024, "{most:?}");
        drop(client);
        end(stop, server).await;
    });
}

#[test]
fn a_server_that_is_dropped_takes_its_connections_along() {
    block_on(async {
        let (address, _stop, server) = start(Options::default(), |stream, _| echo(stream)).await;
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"x").await.unwrap();
        client.read_exact(&mut [0]).await.unwrap();
        server.cancel().await;
        assert_eq!(timeout(PATIENCE, client.read(&mut [0])).await.unwrap().unwrap_or(0), 0);
    });
}

#[test]
fn an_abort_is_a_reset() {
    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut connection = Connection::new(listener.accept().await.unwrap().0, Session::default());
        connection.machine_mut().link().tx.abort();
        assert!(connection.next().await.unwrap().is_none());
        drop(connection);
        assert_eq!(client.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_peer_that_does_not_answer_is_given_up() {
    // Once the queue is full, the system drops what comes.
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(1).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    block_on(async {
        let mut connected = Vec::new();
        let late = loop {
            match connect(address, MOMENT, Session::default()).await {
                Ok(connection) => connected.push(connection),
                Err(error) => break error,
            }
            assert!(connected.len() < 10);
        };
        assert_eq!(late.kind(), ErrorKind::TimedOut);
    });
}

#[test]
fn datagrams_echo_and_a_refused_one_kills_nothing() -> io::Result<()> {
    let bind = || Async::<UdpSocket>::bind(([127, 0, 0, 1], 0));
    let gone = bind()?.get_ref().local_addr()?;
    let mut server = Socket::new(bind()?.into(), raw::Socket::default());
    let address = server.socket().get_ref().local_addr()?;
    server.send(gone, &b"anyone?"[..]).unwrap();
    server.send(gone, vec![0; 70_000]).unwrap();
    server.send(gone, &b"really?"[..]).unwrap();
    let echo = async move {
        while let Ok(datagram) = server.next().await {
            server.send(datagram.from, datagram.payload).unwrap();
        }
    };
    smol::spawn(echo).detach();
    let mut client = Socket::new(bind()?.into(), raw::Socket::default());
    block_on(async {
        for round in 0..100 {
            client.send(address, vec![round; 100 * usize::from(round)]).unwrap();
            let echo = timeout(PATIENCE, client.next()).await.unwrap()?;
            assert_eq!((echo.from, echo.payload), (address, vec![round; 100 * usize::from(round)].into()));
        }
        client.send(address, vec![0; 70_000]).unwrap();
        client.flush().await;
        assert_eq!(client.lost(), 1, "too large for any network");
        Ok(())
    })
}
