//! Real sockets.

#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "a test fails by panicking, and has std")]

use barewire::raw::{self, Event, Session};
use barewire::{Instant, Link, Machine, Next};
use barewire_tokio::{Connection, Error, Options, Report, Socket, Stop, connect, serve};
use core::future::Future;
use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

const MIB: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
const MOMENT: Duration = Duration::from_millis(100);

/// Starts a server, and says where it is and how to end it.
async fn start<H, F>(options: Options, handler: H) -> (SocketAddr, Stop, JoinHandle<Report>)
where
    H: FnMut(TcpStream, SocketAddr) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), Stop::new());
    let stopped = stop.clone();
    let server = tokio::spawn(async move { serve(listener, &options, &stopped, handler).await });
    (address, stop, server)
}

async fn end(stop: Stop, server: JoinHandle<Report>) -> Report {
    stop.stop();
    timeout(PATIENCE, server).await.unwrap().unwrap()
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

/// Sends `len` bytes at once and hears as many.
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

#[tokio::test]
async fn two_who_both_send_first_do_not_deadlock() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let a = connect(listener.local_addr().unwrap(), PATIENCE, Session::default()).await.unwrap();
    let b = Connection::new(listener.accept().await.unwrap().0, Session::default());
    let both = async { tokio::join!(talk(a, 16 * MIB), talk(b, 16 * MIB)) };
    assert_eq!(timeout(PATIENCE, both).await.unwrap(), (16 * MIB, 16 * MIB));
}

#[tokio::test]
async fn an_echo_server_stops_gracefully() {
    let (address, stop, server) = start(Options::default(), |stream, _| echo(stream)).await;
    let mut client = connect(address, PATIENCE, Session::default()).await.unwrap();
    client.send(&b"before"[..]).unwrap();
    assert_eq!(client.next().await.unwrap(), Some(Event::Data((&b"before"[..]).into())));
    stop.stop();
    sleep(MOMENT).await;
    assert!(connect(address, PATIENCE, Session::default()).await.is_err(), "no new connections");
    client.send(&b"after"[..]).unwrap();
    assert_eq!(client.next().await.unwrap(), Some(Event::Data((&b"after"[..]).into())), "what runs may finish");
    assert_eq!(talk(client, 3).await, 3);
    let report = end(stop, server).await;
    assert_eq!((report.accepted, report.cut, report.panicked), (1, 0, 0));
}

#[tokio::test]
async fn a_handler_can_be_told_to_stop() {
    let told = Stop::new();
    let heard = told.clone();
    let handler = move |stream, _| {
        let told = heard.clone();
        async move {
            let mut connection = Connection::new(stream, Session::default());
            tokio::select! {
                _ = connection.next() => panic!("nobody said anything"),
                () = told.stopped() => connection.send(&b"bye"[..]).unwrap(),
            }
            connection.hang_up().await.unwrap();
        }
    };
    let (address, stop, server) = start(Options::default(), handler).await;
    let mut client = connect(address, PATIENCE, Session::default()).await.unwrap();
    client.flush().await.unwrap();
    sleep(MOMENT).await;
    told.stop();
    assert_eq!(client.next().await.unwrap(), Some(Event::Data((&b"bye"[..]).into())));
    drop(client);
    assert_eq!(end(stop, server).await.cut, 0);
}

#[tokio::test]
async fn one_that_does_not_finish_is_cut() {
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
}

#[tokio::test]
async fn at_the_limit_others_wait() {
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
    assert!(timeout(MOMENT, clients[2].read(&mut [0])).await.is_err());
    drop(clients.remove(0));
    timeout(PATIENCE, clients[1].read_exact(&mut [0])).await.unwrap().unwrap();
    clients.clear();
    assert_eq!(end(stop, server).await.accepted, 3);
}

#[tokio::test]
async fn a_panic_touches_nobody_else() {
    let handler = |mut stream: TcpStream, _| async move {
        if stream.read_u8().await.unwrap() == b'!' {
            panic!("as told");
        }
        echo(stream).await;
    };
    let (address, stop, server) = start(Options::default(), handler).await;
    let mut good = TcpStream::connect(address).await.unwrap();
    let mut bad = TcpStream::connect(address).await.unwrap();
    bad.write_all(b"!").await.unwrap();
    assert_eq!(bad.read(&mut [0]).await.unwrap_or(0), 0, "its own connection ends");
    good.write_all(b"..").await.unwrap();
    good.read_exact(&mut [0]).await.unwrap();
    drop(good);
    assert_eq!(end(stop, server).await.panicked, 1);
}

#[tokio::test]
async fn a_client_that_never_reads_fills_no_memory() {
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
    let (address, stop, server) = start(Options::default(), handler).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    let stuck = timeout(5 * MOMENT, client.write_all(&vec![7; 64 * MIB])).await;
    assert!(stuck.is_err(), "it was held back");
    assert!(most.load(Ordering::Relaxed) <= 192 * 1024, "{most:?}");
    drop(client);
    end(stop, server).await;
}

/// Gives its peer a moment, then says `late` and breaks off.
#[derive(Default)]
struct Hasty(Link, Option<Instant>, bool);

impl Machine for Hasty {
    type Event = ();
    type Error = &'static str;

    fn link(&mut self) -> &mut Link {
        &mut self.0
    }

    fn next(&mut self, now: Instant) -> Result<Next<()>, &'static str> {
        if self.2 {
            return Ok(Next::Done);
        }
        if *self.1.get_or_insert(now + MOMENT) <= now {
            (self.1, self.2) = (None, true);
            self.0.tx.put(b"late");
            self.0.tx.fin();
            return Err("too slow");
        }
        self.0.rx.skip(self.0.rx.len());
        Ok(Next::NeedInput)
    }

    fn deadline(&self) -> Option<Instant> {
        self.1
    }
}

#[tokio::test]
async fn a_deadline_cuts_and_the_farewell_arrives() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    let mut connection = Connection::new(listener.accept().await.unwrap().0, Hasty::default());
    let server = tokio::spawn(async move { connection.next().await.unwrap_err() });
    // It trickles, and what it sends at the end is never read: were the socket just closed, the reset would destroy
    // the farewell.
    for _ in 0..20 {
        client.write_all(&[0; 1000]).await.unwrap();
        sleep(MOMENT / 10).await;
    }
    let mut farewell = Vec::new();
    client.read_to_end(&mut farewell).await.unwrap();
    assert_eq!(farewell, b"late");
    drop(client);
    assert!(matches!(server.await.unwrap(), Error::Protocol("too slow")));
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_is_the_machines_clock() {
    let (_peer, stream) = tokio::io::duplex(64);
    let mut connection = Connection::new(stream, Hasty::default());
    let before = tokio::time::Instant::now();
    assert!(matches!(connection.next().await, Err(Error::Protocol("too slow"))));
    assert_eq!(before.elapsed().as_millis(), 5_100, "the deadline, and lingering for a peer that doesn't end");
}

#[tokio::test]
async fn an_abort_is_a_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let mut connection = Connection::new(listener.accept().await.unwrap().0, Session::default());
    connection.machine_mut().link().tx.abort();
    assert!(connection.next().await.unwrap().is_none());
    drop(connection);
    assert_eq!(client.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn datagrams_echo_and_a_refused_one_kills_nothing() -> io::Result<()> {
    let mut server = Socket::new(UdpSocket::bind("127.0.0.1:0").await?, raw::Socket::default());
    let address = server.socket().local_addr()?;
    let gone = UdpSocket::bind("127.0.0.1:0").await?.local_addr()?;
    server.send(gone, &b"anyone?"[..]).unwrap();
    server.send(gone, vec![0; 70_000]).unwrap();
    server.send(gone, &b"really?"[..]).unwrap();
    tokio::spawn(async move {
        while let Ok(datagram) = server.next().await {
            server.send(datagram.from, datagram.payload).unwrap();
        }
    });
    let mut client = Socket::new(UdpSocket::bind("127.0.0.1:0").await?, raw::Socket::default());
    for round in 0..100 {
        client.send(address, vec![round; 100 * usize::from(round)]).unwrap();
        let echo = timeout(PATIENCE, client.next()).await??;
        assert_eq!((echo.from, echo.payload), (address, vec![round; 100 * usize::from(round)].into()));
    }
    assert_eq!(client.lost(), 0);
    client.send(address, vec![0; 70_000]).unwrap();
    client.flush().await;
    assert_eq!(client.lost(), 1, "too large for any network");
    Ok(())
}

#[tokio::test]
async fn a_refusal_that_is_reported_is_not_an_error() -> io::Result<()> {
    let peer = UdpSocket::bind("127.0.0.1:0").await?;
    let address = peer.local_addr()?;
    drop(peer);
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    // The system reports refusals only for sockets that have one peer.
    socket.connect(address).await?;
    let mut socket = Socket::new(socket, raw::Socket::default());
    for _ in 0..3 {
        socket.send(address, &b"anyone?"[..]).unwrap();
        assert!(timeout(MOMENT, socket.next()).await.is_err(), "still waiting");
    }
    let peer = UdpSocket::bind(address).await?;
    peer.send_to(b"here", socket.socket().local_addr()?).await?;
    assert_eq!(socket.next().await?.payload, "here");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_an_accept_fails_with_ends_nothing() {
    let mut troubles = [
        Some(ErrorKind::ConnectionAborted),
        Some(ErrorKind::Other),
        Some(ErrorKind::ConnectionAborted),
        Some(ErrorKind::OutOfMemory),
        None,
    ]
    .into_iter();
    let stop = Stop::new();
    let accept = |_: &mut Context<'_>| match troubles.next() {
        Some(Some(kind)) => Poll::Ready(Err(kind.into())),
        Some(None) => Poll::Ready(Ok(stop.clone())),
        None => Poll::Pending,
    };
    let before = tokio::time::Instant::now();
    let handler = |stop: Stop| async move { stop.stop() };
    let report =
        barewire_drive::serve::serve::<barewire_tokio::Tokio, _, _, _>(accept, &Options::default(), &stop, handler)
            .await;
    assert_eq!((report.accepted, report.refused, report.cut), (1, 2, 0));
    assert_eq!(before.elapsed().as_millis(), 100, "a pause for each refusal");
}
