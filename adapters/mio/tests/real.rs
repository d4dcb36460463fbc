//! An event loop, and peers over loopback: HTTP, messages, a deadline, a reset.

#![allow(clippy::unwrap_used, clippy::std_instead_of_core, reason = "a test fails by panicking, and has std")]

use barewire::http::{RequestEvent, Response, Status};
use barewire::{Machine, http1, message};
use barewire_mio::{Connection, Wakes, expire};
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};
use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc;
use std::task::Context;
use std::thread;
use std::time::{Duration, Instant};

const LISTENER: Token = Token(0);

/// Serves machines on one thread until `connections` of them are over.
fn serve<M, F>(make: fn() -> M, handle: F, connections: usize) -> (SocketAddr, thread::JoinHandle<()>)
where
    M: Machine + 'static,
    F: Fn(&mut M, M::Event) + Send + 'static,
{
    let (tell, told) = mpsc::channel();
    let server = thread::spawn(move || {
        let mut listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        tell.send(listener.local_addr().unwrap()).unwrap();
        let (mut poll, mut events, wakes) = (Poll::new().unwrap(), Events::with_capacity(64), Wakes::default());
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE).unwrap();
        let mut peers = HashMap::new();
        let (mut accepted, mut ended) = (0, 0);
        while ended < connections {
            match poll.poll(&mut events, wakes.timeout()) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                done => done.unwrap(),
            }
            expire();
            let mut ready: Vec<Token> = events.iter().map(|event| event.token()).chain(wakes.take()).collect();
            if ready.contains(&LISTENER) {
                while let Ok((mut socket, _)) = listener.accept() {
                    accepted += 1;
                    let token = Token(accepted);
                    let both = Interest::READABLE | Interest::WRITABLE;
                    poll.registry().register(&mut socket, token, both).unwrap();
                    peers.insert(token, Connection::new(socket, make()));
                    ready.push(token);
                }
            }
            for token in ready {
                let Some(connection) = peers.get_mut(&token) else { continue };
                let waker = wakes.waker(token);
                let mut cx = Context::from_waker(&waker);
                loop {
                    match connection.poll_event(&mut cx) {
                        std::task::Poll::Ready(Ok(Some(event))) => handle(connection, event),
                        std::task::Poll::Ready(_) => {
                            peers.remove(&token);
                            ended += 1;
                            break;
                        }
                        std::task::Poll::Pending => break,
                    }
                }
            }
        }
    });
    (told.recv().unwrap(), server)
}

fn respond(server: &mut http1::Server, event: RequestEvent) {
    if let RequestEvent::End { id, .. } = event {
        server.respond_with(id, &Response::new(Status::OK), vec![b'x'; 3 << 20]).unwrap();
    }
}

fn echo(session: &mut message::Session, event: message::Event) {
    match event {
        message::Event::Message(message) => session.send(message.header.kind, message.payload).unwrap(),
        _ => session.close().unwrap(),
    }
}

fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

#[test]
fn http() {
    let (address, server) = serve(|| http1::Server::new(http1::Config::default()), respond, 2);
    let clients = [1, 2].map(|_| {
        thread::spawn(move || {
            let mut client = connect(address);
            client
                .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                .unwrap();
            let mut heard = Vec::new();
            client.read_to_end(&mut heard).unwrap();
            heard
        })
    });
    for client in clients {
        let heard = client.join().unwrap();
        assert!(heard.starts_with(b"HTTP/1.1 200 OK\r\ncontent-length: 3145728\r\n\r\nxxx"));
        assert_eq!(heard.iter().filter(|byte| **byte == b'x').count(), 2 * (3 << 20));
    }
    server.join().unwrap();
}

#[test]
fn messages() {
    let (address, server) = serve(message::Session::default, echo, 1);
    let all = [&b"\xde\xad\xbe\xef\0\x01\0\x07\0\x01\0\0"[..], &[7; 65_536]].concat().repeat(64);
    let mut client = connect(address);
    let mut writer = client.try_clone().unwrap();
    let sent = all.clone();
    let writing = thread::spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).unwrap();
    assert!(heard == all, "{} of {} bytes", heard.len(), all.len());
    writing.join().unwrap();
    server.join().unwrap();
}

#[test]
fn deadlines_cut_in_their_order() {
    let make =
        || message::Session::new(message::Config::builder().idle(Some(Duration::from_millis(300))).build().unwrap());
    let (address, server) = serve(make, echo, 2);
    let mut first = connect(address);
    thread::sleep(Duration::from_millis(150));
    let (mut second, since) = (connect(address), Instant::now());
    assert_eq!(first.read(&mut [0]).unwrap(), 0);
    assert!(since.elapsed() < Duration::from_millis(280), "{:?}", since.elapsed());
    first.shutdown(Shutdown::Write).unwrap();
    assert_eq!(second.read(&mut [0]).unwrap(), 0);
    assert!(since.elapsed() >= Duration::from_millis(290), "{:?}", since.elapsed());
    second.shutdown(Shutdown::Write).unwrap();
    server.join().unwrap();
}

#[test]
fn an_abort_is_a_reset() {
    let (address, server) = serve(|| http1::Server::new(http1::Config::default()), |server, _| server.abort(), 1);
    let mut client = connect(address);
    client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    server.join().unwrap();
}
