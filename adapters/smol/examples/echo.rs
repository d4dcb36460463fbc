//! Echoes TCP and UDP on one address, the first argument or 127.0.0.1:7007, until a line comes on standard input.

use barewire::raw::{self, Event, Session};
use barewire_smol::{Connection, Options, Socket, Stop, serve};
use std::thread;

fn main() -> std::io::Result<()> {
    smol::block_on(run())
}

async fn run() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7007".into());

    let mut socket = Socket::new(smol::net::UdpSocket::bind(&address).await?.into(), raw::Socket::default());
    let datagrams = async move {
        while let Ok(datagram) = socket.next().await {
            // A full queue drops, as the network does.
            let _ = socket.send(datagram.from, datagram.payload);
        }
    };
    smol::spawn(datagrams).detach();

    let stop = Stop::new();
    let stopping = stop.clone();
    thread::spawn(move || {
        let _ = std::io::stdin().read_line(&mut String::new());
        stopping.stop();
    });

    let listener = smol::net::TcpListener::bind(&address).await?;
    let report = serve(listener, &Options::default(), &stop, async |stream, peer| {
        let mut connection = Connection::new(stream, Session::default());
        if let Err(error) = echo(&mut connection).await {
            eprintln!("{peer}: {error}");
        }
    })
    .await;
    eprintln!("{report:?}");
    Ok(())
}

async fn echo(
    connection: &mut Connection<smol::net::TcpStream, Session>,
) -> Result<(), barewire_smol::Error<std::convert::Infallible>> {
    while let Some(event) = connection.next().await? {
        let sent = match event {
            Event::Data(bytes) => connection.send(bytes),
            _ => connection.close(),
        };
        debug_assert!(sent.is_ok(), "we close once, at the end");
        // Whoever doesn't read isn't read from either.
        connection.ready().await?;
    }
    Ok(())
}
