//! A message echo server with no adapter and no runtime: the whole of what a driver does.
//!
//! `cargo run --example by_hand`, then `cargo run -- send 127.0.0.1:7000 hello`.

use barewire::message::{Event, Session};
use barewire::{Instant, Link, Machine, Next};
use std::io::{Error, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::{io, thread, time};

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:7000")?;
    println!("echoing messages on {}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            if let Err(error) = echo(stream) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn echo(mut stream: TcpStream) -> io::Result<()> {
    // The machine asks for the time and sets no clock: here the origin is the connection's start.
    let start = time::Instant::now();
    let now = || Instant::ORIGIN + start.elapsed();
    let mut session = Session::default();
    loop {
        match session.next(now()).map_err(Error::other)? {
            Next::Event(Event::Message(message)) => {
                session.send(message.header.kind, message.payload).map_err(Error::other)?;
            }
            Next::Event(Event::PeerClosed) => session.close().map_err(Error::other)?,
            Next::NeedInput => {
                // What is queued leaves before we wait, however many messages it answers.
                flush(&mut stream, session.link())?;
                let patience = session.deadline().map(|deadline| deadline - now());
                stream.set_read_timeout(patience.map(|left| left.max(time::Duration::from_millis(1))))?;
                read(&mut stream, session.link())?;
            }
            Next::Done => return flush(&mut stream, session.link()),
            other => unreachable!("a session of whole messages that we close in time never says {other:?}"),
        }
    }
}

fn flush(stream: &mut TcpStream, link: &mut Link) -> io::Result<()> {
    while let Some(chunk) = link.tx.pop() {
        stream.write_all(&chunk)?;
    }
    if link.tx.wants_fin() {
        stream.shutdown(std::net::Shutdown::Write)?;
        link.tx.fin_sent();
    }
    Ok(())
}

fn read(stream: &mut TcpStream, link: &mut Link) -> io::Result<()> {
    match stream.read(link.rx.spare(16 * 1024)) {
        Ok(0) => link.rx.close(),
        Ok(n) => link.rx.commit(n),
        // The machine decides whether the time is over: ask it again.
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}
