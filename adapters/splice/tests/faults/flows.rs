//! Bytes that are to arrive, all and in order.

use crate::rig::{ALL, Last, Rig, Via, content, drain, echo, send};
use barewire::balance::relay::Config;
use barewire_splice::Address;
use core::time::Duration;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, mpsc};
use std::thread;

const MIB: usize = 1 << 20;

#[test]
fn one_byte_writes() {
    for via in ALL {
        let rig = Rig::new(via, echo);
        let client = rig.client();
        client.set_nodelay(true).unwrap();
        let bytes = content(1, 20_000);
        let mut writer = client.try_clone().unwrap();
        let sent = bytes.clone();
        let sender = thread::spawn(move || {
            for byte in sent {
                writer.write_all(&[byte]).unwrap();
            }
            writer.shutdown(Shutdown::Write).unwrap();
        });
        assert_eq!(drain(&client), (bytes, Last::Fin), "{via:?}");
        sender.join().unwrap();
    }
}

#[test]
fn bulk_verify() {
    for via in ALL {
        // Those that copy do nothing else with more.
        let len = if matches!(via, Via::Tokio | Via::Threads) { 24 * MIB } else { 96 * MIB };
        let answer = Arc::new(content(2, len));
        let question = content(3, len);
        let (report, reports) = mpsc::channel();
        let (answered, asked) = (Arc::clone(&answer), question.clone());
        let rig = Rig::new(via, move |stream| {
            let sender = send(&stream, answered.to_vec());
            let (got, last) = drain(&stream);
            sender.join().unwrap().unwrap();
            report.send((got == asked, got.len(), last)).unwrap();
        });
        let client = rig.client();
        let sender = send(&client, question);
        let (got, last) = drain(&client);
        sender.join().unwrap().unwrap();
        assert_eq!((got == *answer, got.len(), last), (true, len, Last::Fin), "{via:?}: down");
        assert_eq!(reports.recv().unwrap(), (true, len, Last::Fin), "{via:?}: up");
        let moved = rig.metrics.snapshot();
        if matches!(via, Via::Server | Via::Splicing) {
            assert_eq!(moved.bytes_spliced + moved.bytes_copied, 192 * MIB as u64);
            assert!(moved.bytes_spliced > 64 * MIB as u64, "{via:?}: {moved:?}");
        }
    }
}

/// The news that a backend is connected and its first bytes come as one.
#[test]
fn a_backend_that_speaks_first() {
    for via in ALL {
        let rig = Rig::new(via, |mut stream| {
            stream.write_all(b"hello").unwrap();
            drain(&stream);
        });
        for _ in 0..200 {
            let mut hello = [0; 5];
            rig.client().read_exact(&mut hello).unwrap();
            assert_eq!(&hello, b"hello", "{via:?}");
        }
    }
}

#[test]
fn half_close_up() {
    for via in ALL {
        let answer = content(4, 4 * MIB);
        let answered = answer.clone();
        let rig = Rig::new(via, move |mut stream| {
            assert_eq!(drain(&stream), (b"question".to_vec(), Last::Fin));
            thread::sleep(Duration::from_millis(400));
            stream.write_all(&answered).unwrap();
        });
        let mut client = rig.client();
        client.write_all(b"question").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        assert!(drain(&client) == (answer, Last::Fin), "{via:?}");
    }
}

#[test]
fn half_close_down() {
    for via in ALL {
        let (report, reports) = mpsc::channel();
        let rig = Rig::new(via, move |stream| {
            stream.shutdown(Shutdown::Write).unwrap();
            report.send(drain(&stream)).unwrap();
        });
        let mut client = rig.client();
        assert_eq!(drain(&client), (Vec::new(), Last::Fin));
        let upload = content(5, 4 * MIB);
        client.write_all(&upload).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        assert!(reports.recv().unwrap() == (upload, Last::Fin), "{via:?}");
    }
}

#[test]
fn close_behind() {
    for via in ALL {
        let bytes = content(6, 48 * MIB);
        let sent = bytes.clone();
        let rig = Rig::new(via, move |mut stream| {
            // Closed as soon as the last byte is with the system.
            stream.write_all(&sent).unwrap();
        });
        let client = rig.client();
        let mut got = vec![0; 3 * MIB];
        for at in 0..3 {
            thread::sleep(Duration::from_millis(100));
            let read = (&client).read_exact(&mut got[at * MIB..(at + 1) * MIB]);
            assert!(read.is_ok(), "{via:?}: {read:?} {at} {:?}", rig.metrics.snapshot());
        }
        let (rest, last) = drain(&client);
        got.extend(rest);
        assert!(got == bytes && last == Last::Fin, "{via:?}: {last:?} after {}", got.len());
    }
}

/// Each segment takes a slot of a pipe, however short it is.
#[test]
fn small_segments() {
    let rows: Vec<_> = ALL.into_iter().map(|via| thread::spawn(move || segments(via))).collect();
    rows.into_iter().for_each(|row| row.join().unwrap());
}

fn segments(via: Via) {
    let bytes = content(7, 16 * MIB);
    let sent = bytes.clone();
    let rig = Rig::new(via, move |mut stream| {
        stream.set_nodelay(true).unwrap();
        let mut rest = &sent[..];
        let mut len = 1;
        while !rest.is_empty() {
            len = (len * 31 + 7) % 1449 + 1;
            let (now, later) = rest.split_at(len.min(rest.len()));
            stream.write_all(now).unwrap();
            rest = later;
        }
    });
    let client = rig.client();
    thread::sleep(Duration::from_millis(1200));
    let (got, last) = drain(&client);
    assert!(got == bytes && last == Last::Fin, "{via:?}: {last:?} after {}", got.len());
}

/// Urgent data looks like an end to splice, or like nothing, and hides what comes behind it.
#[test]
fn urgent_data_is_no_end() {
    for via in ALL {
        let rig = Rig::new(via, echo);
        let client = rig.client();
        let bytes = content(8, 4 * MIB);
        let mut writer = client.try_clone().unwrap();
        let sent = bytes.clone();
        let sender = thread::spawn(move || {
            for chunk in sent.chunks(128 * 1024) {
                let (before, behind) = chunk.split_at(100_000);
                writer.write_all(before).unwrap();
                rustix::net::send(&writer, b"!", rustix::net::SendFlags::OOB).unwrap();
                writer.write_all(behind).unwrap();
            }
        });
        // The stream stays open: nothing but the bytes themselves can wake anybody. A second urgent byte makes an ordinary
        // one of the first, so some of them may come along.
        let mut got = Vec::new();
        let mut at = 0;
        let mut buffer = vec![0; 64 * 1024];
        while at < bytes.len() {
            let n = (&client).read(&mut buffer).unwrap();
            for &byte in &buffer[..n] {
                if bytes.get(at) == Some(&byte) {
                    at += 1;
                } else {
                    got.push(byte);
                }
            }
        }
        sender.join().unwrap();
        assert!(got.len() <= 32 && got.iter().all(|byte| *byte == b'!'), "{via:?}: {} too many", got.len());
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(drain(&client).1, Last::Fin, "{via:?}");
    }
}

#[test]
fn backends_on_local_sockets() {
    let folder = std::env::temp_dir().join(format!("barewire-splice-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("backend");
    let listener = UnixListener::bind(&path).unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut all = Vec::new();
            stream.read_to_end(&mut all).unwrap();
            stream.write_all(&all).unwrap();
        }
    });
    for config in [Config::default(), Config::builder().up_after(0).down_under(0).build().unwrap()] {
        let rig = Rig::over_unix(Address::Unix(path.clone()), config);
        soon_listening(&rig);
        let client: TcpStream = rig.client();
        let bytes = content(9, 24 * MIB);
        let sender = send(&client, bytes.clone());
        assert!(drain(&client) == (bytes, Last::Fin));
        sender.join().unwrap().unwrap();
        assert!(rig.metrics.snapshot().bytes_spliced > 0);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

fn soon_listening(rig: &Rig) {
    crate::rig::soon(Duration::from_secs(1), || TcpStream::connect(rig.address).is_ok());
}
