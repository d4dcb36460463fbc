//! Allocations a message, in steady state: counted, so exact.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench allocations`

use allocation_counter::measure;
use barewire::http::{Id, RequestEvent, Response, Status};
use barewire::http1::{Config, Server};
use barewire::message::{Event, Session};
use barewire::websocket::extension::DeflateParams;
use barewire::websocket::handshake::Negotiated;
use barewire::websocket::{self, Role};
use barewire::{Instant, Link, Machine, Next};
use barewire_benches::http::{BODY, BROWSER, SMALL};
use bytes::Bytes;

const MESSAGES: u64 = 1000;

fn main() {
    messages();
    exchanges();
    websockets();
}

fn messages() {
    for size in [16, 125, 1 << 10, 16 << 10, 1 << 20] {
        let payload = vec![7; size];
        for (door, lends) in [("next", false), ("next_ref", true)] {
            let (mut sender, mut receiver) = (Session::default(), Session::default());
            let mut exchange = |messages: u64| {
                for _ in 0..messages {
                    sender.send_ref(1, &payload).unwrap();
                    receive(&mut sender, &mut receiver, lends);
                }
            };
            exchange(10);
            let counted = measure(|| exchange(MESSAGES));
            let each = counted.count_total as f64 / MESSAGES as f64;
            println!("message {size:>8} B  {door:<8}  {each:.2} allocations, {} B at most at once", counted.bytes_max);
        }
    }
}

fn receive(sender: &mut Session, receiver: &mut Session, lends: bool) {
    loop {
        let received = if lends {
            matches!(receiver.next_ref(Instant::ORIGIN), Ok(Next::Event(Event::Message(_))))
        } else {
            matches!(receiver.next(Instant::ORIGIN), Ok(Next::Event(Event::Message(_))))
        };
        if received {
            return;
        }
        let mut chunks = [&b""[..]; 1];
        let (from, to) = (&mut sender.link().tx, &mut receiver.link().rx);
        assert_eq!(from.chunks(&mut chunks), 1);
        let spare = to.spare(chunks[0].len());
        let n = spare.len();
        spare.copy_from_slice(&chunks[0][..n]);
        to.commit(n);
        from.advance(n);
    }
}

/// A connection that is kept alive: head in, reply out.
fn exchanges() {
    for (what, head) in [("a request of 40 B", SMALL), ("a browser's of 703 B", BROWSER)] {
        for (door, lends) in [("next", false), ("next_ref", true)] {
            let mut server = Server::new(Config::default());
            let mut exchange = |requests: u64| {
                for _ in 0..requests {
                    let rx = &mut server.link().rx;
                    rx.spare(1 << 10)[..head.len()].copy_from_slice(head);
                    rx.commit(head.len());
                    while let Some(ended) = if lends { ended_lent(&mut server) } else { ended_owned(&mut server) } {
                        if let Some(id) = ended {
                            let body = Bytes::from_static(BODY);
                            server.respond_with(id, &Response::new(Status::OK), body).unwrap();
                        }
                    }
                    let tx = &mut server.link().tx;
                    tx.advance(tx.len());
                }
            };
            exchange(10);
            let counted = measure(|| exchange(MESSAGES));
            let each = counted.count_total as f64 / MESSAGES as f64;
            println!("{what:<20}  {door:<8}  {each:.2} allocations, {} B at most at once", counted.bytes_max);
        }
    }
}

/// The id of a request that is complete, if the next event says so; `None` if there is no event.
fn ended_lent(server: &mut Server) -> Option<Option<Id>> {
    match server.next_ref(Instant::ORIGIN).unwrap() {
        Next::Event(RequestEvent::End { id, .. }) => Some(Some(id)),
        Next::Event(_) => Some(None),
        _ => None,
    }
}

fn ended_owned(server: &mut Server) -> Option<Option<Id>> {
    match server.next(Instant::ORIGIN).unwrap() {
        Next::Event(RequestEvent::End { id, .. }) => Some(Some(id)),
        Next::Event(_) => Some(None),
        _ => None,
    }
}

/// An echo by a server, masked message in and reply out. Where compression is agreed on, both are compressed.
fn websockets() {
    let takeover = DeflateParams::default();
    let none = DeflateParams {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        ..DeflateParams::default()
    };
    for (what, deflate) in [("", None), (", deflate", Some(takeover)), (", no takeover", Some(none))] {
        for size in [16, 125, 1 << 10, 16 << 10, 256 << 10] {
            for (door, lends) in [("next", false), ("exchange", true)] {
                let mut negotiated = Negotiated::default();
                negotiated.deflate = deflate;
                let new = |role| websocket::Session::negotiated(Link::new(), role, Default::default(), &negotiated);
                let messages = masked(new(Role::Client { seed: [7; 32] }), size);
                let mut server = new(Role::Server);
                let (first, rest) = messages.split_at(10);
                first.iter().for_each(|message| echo(&mut server, message, lends));
                let counted = measure(|| rest.iter().for_each(|message| echo(&mut server, message, lends)));
                let each = counted.count_total as f64 / rest.len() as f64;
                let what = format!("websocket{what}");
                println!(
                    "{what:<22} {size:>8} B  {door:<8}  {each:.2} allocations, {} B at most at once",
                    counted.bytes_max
                );
            }
        }
    }
}

/// Messages as a client sends them.
fn masked(mut client: websocket::Session, size: usize) -> Vec<Vec<u8>> {
    let line = b"{\"id\":12345,\"name\":\"a name\",\"on\":true},\n";
    let payload: Vec<u8> = line.iter().copied().cycle().take(size).collect();
    let mut message = || {
        client.send_ref(websocket::Event::Binary(&payload)).unwrap();
        std::iter::from_fn(|| client.link().tx.pop()).flatten().collect()
    };
    (0..10 + MESSAGES).map(|_| message()).collect()
}

/// Receives a message in reads of 16 KiB, and sends it back.
fn echo(server: &mut websocket::Session, mut message: &[u8], lends: bool) {
    use websocket::Event::Binary;
    loop {
        let received = if lends {
            match server.exchange(Instant::ORIGIN).unwrap() {
                Next::Event((message @ Binary(_), mut peer)) => peer.send_ref(message).map(|()| true),
                _ => Ok(false),
            }
        } else {
            match server.next(Instant::ORIGIN).unwrap() {
                Next::Event(message @ Binary(_)) => server.send(message).map(|()| true),
                _ => Ok(false),
            }
        };
        if received.unwrap() {
            break;
        }
        let rx = &mut server.link().rx;
        let spare = rx.spare(message.len().min(16 << 10));
        let n = spare.len();
        spare.copy_from_slice(&message[..n]);
        rx.commit(n);
        message = &message[n..];
    }
    let tx = &mut server.link().tx;
    tx.advance(tx.len());
}
