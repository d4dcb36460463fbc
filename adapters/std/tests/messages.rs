//! Messages over UDP: two sockets of ours, and a peer that sends something else.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::message::{Config, DatagramEvent, Datagrams, Error};
use barewire_std::Socket;
use std::io;
use std::net::UdpSocket;

#[test]
fn messages_over_udp() -> io::Result<()> {
    let mut server = Socket::new(UdpSocket::bind("127.0.0.1:0")?, Datagrams::new(Config::default()))?;
    let address = server.socket().local_addr()?;
    let mut client = Socket::new(UdpSocket::bind("127.0.0.1:0")?, Datagrams::new(Config::default()))?;
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0")?;

    stranger.send_to(b"GET / HTTP/1.1", address)?;
    let DatagramEvent::Rejected { error, .. } = server.next()? else { panic!("it was taken for a message") };
    assert_eq!(error, Error::UnknownMagic(u32::from_be_bytes(*b"G\0\0\0")));

    for length in [0, 1, 1000, 60_000] {
        client.send(address, 7, vec![1; length]).unwrap();
        client.flush();
        let DatagramEvent::Message { from, message } = server.next()? else { panic!("a message was rejected") };
        server.send(from, message.header.kind, message.payload).unwrap();
        server.flush();
        let DatagramEvent::Message { message, .. } = client.next()? else { panic!("an echo was rejected") };
        assert_eq!((message.header.kind, message.payload.len()), (7, length));
    }
    Ok(())
}
