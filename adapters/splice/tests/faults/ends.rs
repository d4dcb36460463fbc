//! Resets, refusals and departures.

use crate::rig::{ALL, Last, Rig, Via, content, drain, echo, reset, soon};
use core::time::Duration;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, listen, socket_with};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

/// What a backend sees of a client that is there, and then resets.
#[test]
fn rst_from_client() {
    for via in ALL {
        let (report, reports) = mpsc::channel();
        let rig = Rig::new(via, move |mut stream| {
            stream.write_all(b"hello").unwrap();
            report.send(drain(&stream)).unwrap();
        });
        let mut client = rig.client();
        client.write_all(b"request").unwrap();
        client.read_exact(&mut [0; 5]).unwrap();
        // So that it is with the backend before the reset.
        thread::sleep(Duration::from_millis(20));
        reset(client);
        let begin = Instant::now();
        assert_eq!(reports.recv().unwrap(), (b"request".to_vec(), Last::Reset), "{via:?}");
        assert!(begin.elapsed() < Duration::from_millis(300), "{via:?}");
    }
}

#[test]
fn rst_from_backend() {
    for via in ALL {
        let rig = Rig::new(via, move |mut stream| {
            stream.write_all(&[7; 1000]).unwrap();
            reset(stream);
        });
        for _ in 0..50 {
            let (got, last) = drain(&rig.client());
            assert!(got == [7; 1000] && last == Last::Reset, "{via:?}: {last:?} after {}", got.len());
        }
    }
}

/// A reset that a write hits first: what the backend had sent before it arrives all the same.
#[test]
fn rst_from_backend_under_upload() {
    for via in ALL {
        let rig = Rig::new(via, move |mut stream| {
            stream.read_exact(&mut [0; 1000]).unwrap();
            stream.write_all(&[7; 1000]).unwrap();
            thread::sleep(Duration::from_millis(50));
            reset(stream);
        });
        let client = rig.client();
        let mut writer = client.try_clone().unwrap();
        let upload = thread::spawn(move || while writer.write_all(&[1; 4096]).is_ok() {});
        upload.join().unwrap();
        let (got, last) = drain(&client);
        assert_eq!(got, vec![7; 1000], "{via:?}");
        // Its own write may have been told already.
        assert!(last == Last::Reset || last == Last::Fin, "{via:?}: {last:?}");
    }
}

/// Much data, then a reset: what the backend's system had sent arrives, and then it shows that it is cut.
#[test]
fn backend_dies() {
    let mut direct = 0;
    for via in ALL {
        let bytes = content(1, 8 << 20);
        let sent = bytes.clone();
        let rig = Rig::new(via, move |mut stream| {
            stream.write_all(&sent).unwrap();
            reset(stream);
        });
        let (got, last) = drain(&rig.client());
        assert_eq!(last, Last::Reset, "{via:?} after {}", got.len());
        assert!(bytes.starts_with(&got), "{via:?}");
        if via == Via::Nothing {
            direct = got.len();
        }
        // What the dying backend still held is lost to everyone: at most its send buffer.
        assert!(got.len() + (4 << 20) >= direct, "{via:?}: {} of {direct}", got.len());
    }
}

/// The same when the client has not begun to read: it gets no less than directly.
#[test]
fn backend_dies_before_anyone_reads() {
    let mut direct = 0;
    for via in ALL {
        let bytes = content(2, 1 << 20);
        let sent = bytes.clone();
        let rig = Rig::new(via, move |mut stream| {
            stream.set_nonblocking(true).unwrap();
            let mut at = 0;
            for _ in 0..20 {
                while let Ok(n @ 1..) = stream.write(&sent[at..]) {
                    at += n;
                }
                thread::sleep(Duration::from_millis(5));
            }
            reset(stream);
        });
        let client = rig.client();
        thread::sleep(Duration::from_millis(300));
        let (got, last) = drain(&client);
        assert_eq!(last, Last::Reset, "{via:?} after {}", got.len());
        assert!(bytes.starts_with(&got), "{via:?}");
        if via == Via::Nothing {
            direct = got.len();
        }
        assert!(got.len() >= direct, "{via:?}: {} of {direct}", got.len());
    }
}

/// A reply and a close while the client still sends, as a server does that refuses an upload: the reply arrives.
#[test]
fn a_reply_in_the_middle_of_an_upload() {
    for via in ALL {
        let rig = Rig::new(via, move |mut stream| {
            stream.read_exact(&mut [0; 1000]).unwrap();
            stream.write_all(&[7; 5000]).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            thread::sleep(Duration::from_millis(50));
            // With bytes unread: the system resets.
        });
        let client = rig.client();
        let mut writer = client.try_clone().unwrap();
        let upload = thread::spawn(move || while writer.write_all(&[1; 4096]).is_ok() {});
        let (got, last) = drain(&client);
        assert_eq!((got, last), (vec![7; 5000], Last::Fin), "{via:?}");
        upload.join().unwrap();
    }
}

#[test]
fn refused() {
    for via in [Via::Server, Via::Splicing] {
        // Nobody has this port any more.
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let rig = Rig::to(via, nobody);
        let begin = Instant::now();
        assert_eq!(drain(&rig.client()), (Vec::new(), Last::Reset));
        assert!(begin.elapsed() < Duration::from_millis(200));
        let counted = rig.metrics.snapshot();
        assert_eq!((counted.accepted, counted.connect_failed), (1, 1));
        soon(Duration::from_secs(1), || rig.metrics.snapshot().active == 0);
    }
}

/// A backend whose system answers nobody: its accept queue is full.
fn blackhole() -> (SocketAddr, Vec<std::os::fd::OwnedFd>) {
    let flags = SocketFlags::NONBLOCK;
    let open = || socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap();
    let listener = open();
    bind(&listener, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listen(&listener, 0).unwrap();
    let address = SocketAddr::try_from(rustix::net::getsockname(&listener).unwrap()).unwrap();
    let mut kept = vec![listener];
    for _ in 0..4 {
        let filler = open();
        let _ = connect(&filler, &address);
        kept.push(filler);
    }
    thread::sleep(Duration::from_millis(20));
    (address, kept)
}

#[test]
fn client_leaves_in_connect() {
    let (address, _kept) = blackhole();
    let rig = Rig::to(Via::Server, address);
    for leave in [drop, reset] {
        let clients: Vec<_> = (0..20).map(|_| rig.client()).collect();
        soon(Duration::from_secs(1), || rig.metrics.snapshot().active == 20);
        clients.into_iter().for_each(leave);
        soon(Duration::from_secs(1), || rig.metrics.snapshot().active == 0);
    }
}

/// Whoever has asked, and ended its stream, waits for the answer as long as the backend may take.
#[test]
fn half_closed_in_a_slow_connect() {
    let (address, mut kept) = blackhole();
    let rig = Rig::to(Via::Server, address);
    let mut client = rig.client();
    client.write_all(b"question").unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    // Longer than one that hasn't is kept; then there is room, and the next SYN is answered.
    thread::sleep(Duration::from_millis(700));
    let listener = TcpListener::from(kept.remove(0));
    listener.set_nonblocking(false).unwrap();
    drop(kept);
    thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(echo));
    assert_eq!(drain(&client), (b"question".to_vec(), Last::Fin));
}

/// It has asked and waits: an end is no departure.
#[test]
fn half_closed_before_the_backend_answers() {
    for via in ALL {
        let rig = Rig::new(via, echo);
        for _ in 0..50 {
            let mut client = TcpStream::connect(rig.address).unwrap();
            client.write_all(b"all at once").unwrap();
            client.shutdown(std::net::Shutdown::Write).unwrap();
            assert_eq!(drain(&client), (b"all at once".to_vec(), Last::Fin), "{via:?}");
        }
    }
}
