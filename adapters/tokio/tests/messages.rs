//! Messages over UDP: two sockets of ours, and a peer that sends something else.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::message::{Config, DatagramEvent, Datagrams, Error};
use barewire_tokio::Socket;
use std::io;
use tokio::net::UdpSocket;

#[tokio::test]
async fn messages_over_udp() -> io::Result<()> {
    let mut server = Socket::new(UdpSocket::bind("127.0.0.1:0").await?, Datagrams::new(Config::default()));
    let address = server.socket().local_addr()?;
    let mut client = Socket::new(UdpSocket::bind("127.0.0.1:0").await?, Datagrams::new(Config::default()));
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0")?;

    stranger.send_to(b"GET / HTTP/1.1", address)?;
    let DatagramEvent::Rejected { error, .. } = server.next().await? else { panic!("it was taken for a message") };
    assert_eq!(error, Error::UnknownMagic(u32::from_be_bytes(*b"G\0\0\0")));

    for length in [0, 1, 1000, 60_000] {
        client.send(address, 7, vec![1; length]).unwrap();
        client.flush().await;
        let DatagramEvent::Message { from, message } = server.next().await? else { panic!("a message was rejected") };
        server.send(from, message.header.kind, message.payload).unwrap();
        server.flush().await;
        let DatagramEvent::Message { message, .. } = client.next().await? else { panic!("an echo was rejected") };
        assert_eq!((message.header.kind, message.payload.len()), (7, length));
    }
    Ok(())
}
