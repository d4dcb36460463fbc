//! Echoes TCP and UDP on one address, the first argument or 127.0.0.1:7007, until a line comes on standard input.

use barewire::raw::{self, Event, Session};
use barewire_std::{Connection, Error, Options, Socket, Stop, serve};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::thread;

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7007".into());

    let mut socket = Socket::new(UdpSocket::bind(&address)?, raw::Socket::default())?;
    thread::spawn(move || {
        while let Ok(datagram) = socket.next() {
            // A full queue drops, as the network does.
            let _ = socket.send(datagram.from, datagram.payload);
        }
    });

    let stop = Stop::new();
    let stopping = stop.clone();
    thread::spawn(move || {
        let _ = std::io::stdin().read_line(&mut String::new());
        stopping.stop();
    });

    let report = serve(TcpListener::bind(&address)?, &Options::default(), &stop, |stream, peer| {
        let mut connection = Connection::new(stream, Session::default());
        if let Err(error) = echo(&mut connection) {
            eprintln!("{peer}: {error}");
        }
    });
    eprintln!("{report:?}");
    Ok(())
}

fn echo(connection: &mut Connection<Arc<TcpStream>, Session>) -> Result<(), Error<std::convert::Infallible>> {
    while let Some(event) = connection.next()? {
        let sent = match event {
            Event::Data(bytes) => connection.send(bytes),
            _ => connection.close(),
        };
        debug_assert!(sent.is_ok(), "we close once, at the end");
        // Whoever doesn't read isn't read from either.
        connection.ready()?;
    }
    Ok(())
}
