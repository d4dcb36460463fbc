//! Real sockets.

#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "a test fails by panicking, and has std")]

use barewire::raw::{self, Event, Session};
use barewire::{Link, Machine, Next};
use barewire_std::{Connection, Error, Options, Plain, Report, Socket, Stop, Threads, connect, serve};
use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::thread::{self, JoinHandle, sleep};
use std::time::Instant;

const MIB: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
const MOMENT: Duration = Duration::from_millis(100);

fn start<H>(options: Options, handler: H) -> (SocketAddr, Stop, JoinHandle<Report>)
where
    H: Fn(Arc<TcpStream>, SocketAddr) + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), Stop::new());
    let stopped = stop.clone();
    let server = thread::spawn(move || serve(listener, &options, &stopped, handler));
    (address, stop, server)
}

/// Ends a server, and sees that it ends in time.
fn end(stop: &Stop, server: JoinHandle<Report>) -> Report {
    let before = Instant::now();
    stop.stop();
    let report = server.join().unwrap();
    assert!(before.elapsed() < PATIENCE);
    report
}

fn client(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn echo(stream: Arc<TcpStream>) {
    let mut connection = Connection::new(stream, Session::default());
    while let Ok(Some(event)) = connection.next() {
        match event {
            Event::Data(bytes) => connection.send(bytes).unwrap(),
            _ => connection.close().unwrap(),
        }
        if connection.ready().is_err() {
            break;
        }
    }
}

fn talk<S>(mut connection: Connection<S, Session>, len: usize) -> usize
where
    Threads: barewire_drive::blocking::Wire<S>,
{
    connection.send(vec![7; len]).unwrap();
    connection.close().unwrap();
    let mut heard = 0;
    while let Some(event) = connection.next().unwrap() {
        if let Event::Data(bytes) = event {
            heard += bytes.len();
        }
    }
    heard
}

#[test]
fn two_who_both_send_first_do_not_deadlock() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let a = connect(listener.local_addr().unwrap(), PATIENCE, Session::default()).unwrap();
    let b = Connection::new(listener.accept().unwrap().0, Session::default());
    let a = thread::spawn(|| talk(a, 16 * MIB));
    assert_eq!(talk(b, 16 * MIB), 16 * MIB);
    assert_eq!(a.join().unwrap(), 16 * MIB);
}

#[cfg(unix)]
#[test]
fn a_pair_of_local_sockets_too() {
    let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
    let a = thread::spawn(|| talk(Connection::new(a, Session::default()), MIB));
    assert_eq!(talk(Connection::new(Arc::new(b), Session::default()), MIB), MIB);
    assert_eq!(a.join().unwrap(), MIB);
}

#[test]
fn a_stream_of_which_nothing_is_known() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = client(listener.local_addr().unwrap());
    let stream = listener.accept().unwrap().0;
    stream.set_read_timeout(Some(MOMENT)).unwrap();
    let mut connection = Connection::new(Plain(stream), Session::default());
    let late = thread::spawn(move || {
        sleep(3 * MOMENT);
        peer.write_all(b"late").unwrap();
        let mut answer = String::new();
        peer.read_to_string(&mut answer).unwrap();
        answer
    });
    assert_eq!(connection.next().unwrap(), Some(Event::Data((&b"late"[..]).into())));
    connection.send(&b"never mind"[..]).unwrap();
    connection.flush().unwrap();
    drop(connection);
    assert_eq!(late.join().unwrap(), "never mind");
}

#[test]
fn an_echo_server_stops_gracefully() {
    let (address, stop, server) = start(Options::default(), |stream, _| echo(stream));
    let mut client = connect(address, PATIENCE, Session::default()).unwrap();
    client.send(&b"before"[..]).unwrap();
    assert_eq!(client.next().unwrap(), Some(Event::Data((&b"before"[..]).into())));
    stop.stop();
    sleep(MOMENT);
    assert!(connect(address, PATIENCE, Session::default()).is_err(), "no new connections");
    client.send(&b"after"[..]).unwrap();
    assert_eq!(client.next().unwrap(), Some(Event::Data((&b"after"[..]).into())), "what runs may finish");
    assert_eq!(talk(client, 3), 3);
    let report = end(&stop, server);
    assert_eq!((report.accepted, report.cut, report.panicked), (1, 0, 0));
}

#[test]
fn a_waiting_connection_is_told_to_stop() {
    for idle in [Duration::ZERO, 3 * MOMENT] {
        let stop = Stop::new();
        let told = stop.clone();
        let handler = move |stream, _| {
            let mut connection = Connection::new(stream, Session::default());
            connection.set_stop(told.clone());
            assert!(matches!(connection.next(), Err(Error::Io(error)) if error.kind() == ErrorKind::Interrupted));
            connection.send(&b"bye"[..]).unwrap();
            connection.close().unwrap();
            while connection.next().unwrap().is_some() {}
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = stop.clone();
        let server = thread::spawn(move || serve(listener, &Options::default(), &stopped, handler));
        let mut peer = client(address);
        // Once while it waits in a read, once while it waits in a poll.
        sleep(MOMENT / 4 + idle);
        let before = Instant::now();
        stop.stop();
        let mut farewell = String::new();
        peer.read_to_string(&mut farewell).unwrap();
        assert_eq!(farewell, "bye");
        assert!(before.elapsed() < 5 * MOMENT);
        drop(peer);
        let report = end(&stop, server);
        assert_eq!((report.accepted, report.cut, report.panicked), (1, 0, 0));
    }
}

#[test]
fn one_that_does_not_finish_is_cut() {
    let options = Options::builder().grace(MOMENT).build().unwrap();
    let (address, stop, server) = start(options, |stream, _| echo(stream));
    let mut client = client(address);
    client.write_all(b"x").unwrap();
    client.read_exact(&mut [0]).unwrap();
    let report = end(&stop, server);
    assert_eq!((report.accepted, report.cut), (1, 1));
    assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn at_the_limit_others_wait() {
    let options = Options::builder().max_connections(2).build().unwrap();
    let (address, stop, server) = start(options, |stream, _| echo(stream));
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = client(address);
        client.write_all(b"x").unwrap();
        clients.push(client);
    }
    clients[0].read_exact(&mut [0]).unwrap();
    clients[1].read_exact(&mut [0]).unwrap();
    clients[2].set_read_timeout(Some(MOMENT)).unwrap();
    assert!(clients[2].read(&mut [0]).is_err());
    clients[2].set_read_timeout(Some(PATIENCE)).unwrap();
    drop(clients.remove(0));
    clients[1].read_exact(&mut [0]).unwrap();
    clients.clear();
    assert_eq!(end(&stop, server).accepted, 3);
}

#[test]
fn a_panic_touches_nobody_else() {
    let handler = |stream: Arc<TcpStream>, _| {
        let mut first = [0];
        (&*stream).read_exact(&mut first).unwrap();
        assert_ne!(first, *b"!", "as told");
        echo(stream);
    };
    let (address, stop, server) = start(Options::default(), handler);
    let (mut good, mut bad) = (client(address), client(address));
    bad.write_all(b"!").unwrap();
    assert_eq!(bad.read(&mut [0]).unwrap_or(0), 0, "its own connection ends");
    good.write_all(b"..").unwrap();
    good.read_exact(&mut [0]).unwrap();
    drop(good);
    assert_eq!(end(&stop, server).panicked, 1);
}

#[test]
fn a_client_that_never_reads_fills_no_memory() {
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let handler = move |stream, _| {
        let mut connection = Connection::new(stream, Session::default());
        while let Ok(Some(Event::Data(bytes))) = connection.next() {
            connection.send(bytes).unwrap();
            seen.fetch_max(connection.machine_mut().link().tx.len(), Ordering::Relaxed);
            if connection.ready().is_err() {
                break;
            }
        }
    };
    let (address, stop, server) = start(Options::default(), handler);
    let mut client = client(address);
    client.set_write_timeout(Some(3 * MOMENT)).unwrap();
    assert!(client.write_all(&vec![7; 64 * MIB]).is_err(), "it was held back");
    assert!(most.load(Ordering::Relaxed) <= 192 * 1024, "{most:?}");
    drop(client);
    end(&stop, server);
}

/// Tells when bytes came.
#[derive(Default)]
struct Watch(Link);

impl Machine for Watch {
    type Event = barewire::Instant;
    type Error = ();

    fn link(&mut self) -> &mut Link {
        &mut self.0
    }

    fn next(&mut self, now: barewire::Instant) -> Result<Next<barewire::Instant>, ()> {
        if self.0.rx.is_empty() {
            return Ok(if self.0.rx.is_eof() { Next::Done } else { Next::NeedInput });
        }
        self.0.rx.skip(self.0.rx.len());
        Ok(Next::Event(now))
    }
}

#[test]
fn a_machine_is_told_the_time_after_a_wait() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = client(listener.local_addr().unwrap());
    let mut connection = Connection::new(listener.accept().unwrap().0, Watch::default());
    // Within a read, and within a poll.
    for pause in [MOMENT / 2, 3 * MOMENT] {
        let mut peer = peer.try_clone().unwrap();
        let before = barewire_drive::now();
        let speak = thread::spawn(move || {
            sleep(pause);
            peer.write_all(b"x").unwrap();
        });
        assert!(connection.next().unwrap().unwrap() >= before + pause);
        speak.join().unwrap();
    }
}

#[test]
fn an_abort_is_a_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = client(listener.local_addr().unwrap());
    let mut connection = Connection::new(listener.accept().unwrap().0, Session::default());
    connection.machine_mut().link().tx.abort();
    assert!(connection.next().unwrap().is_none());
    drop(connection);
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn datagrams_echo_and_a_refused_one_kills_nothing() -> io::Result<()> {
    let gone = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
    let mut server = Socket::new(UdpSocket::bind("127.0.0.1:0")?, raw::Socket::default())?;
    let (address, stop) = (server.socket().local_addr()?, Stop::new());
    server.set_stop(stop.clone());
    server.send(gone, &b"anyone?"[..]).unwrap();
    server.send(gone, vec![0; 70_000]).unwrap();
    server.send(gone, &b"really?"[..]).unwrap();
    let server = thread::spawn(move || {
        loop {
            match server.next() {
                Ok(datagram) => server.send(datagram.from, datagram.payload).unwrap(),
                Err(error) => return error.kind(),
            }
        }
    });
    let mut client = Socket::new(UdpSocket::bind("127.0.0.1:0")?, raw::Socket::default())?;
    for round in 0..100 {
        client.send(address, vec![round; 100 * usize::from(round)]).unwrap();
        let echo = client.next()?;
        assert_eq!((echo.from, echo.payload), (address, vec![round; 100 * usize::from(round)].into()));
    }
    sleep(3 * MOMENT);
    client.send(address, &b"after a pause"[..]).unwrap();
    assert_eq!(client.next()?.payload, "after a pause");
    client.send(address, vec![0; 70_000]).unwrap();
    client.flush();
    assert_eq!(client.lost(), 1, "too large for any network");
    stop.stop();
    assert_eq!(server.join().unwrap(), ErrorKind::Interrupted);
    Ok(())
}
