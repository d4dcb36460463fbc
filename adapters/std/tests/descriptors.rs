//! A server that runs out of descriptors goes on when there are some again.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire_std::{Options, Stop, serve};
use core::time::Duration;
use rustix::net::{AddressFamily, SocketType, connect, socket};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

#[test]
fn out_of_descriptors() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, stop) = (listener.local_addr().unwrap(), Stop::new());
    let stopped = stop.clone();
    let options = Options::builder().pause(Duration::from_millis(10)).build().unwrap();
    let server =
        thread::spawn(move || serve(listener, &options, &stopped, |stream, _| (&*stream).write_all(b"hi").unwrap()));
    // The server makes its own descriptors with the first, and at its end has closed it.
    TcpStream::connect(address).unwrap().read_to_end(&mut Vec::new()).unwrap();

    let client = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    let limit = Rlimit { current: Some(64), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        hoard.push(file);
    }
    connect(&client, &address).unwrap();
    let mut client = TcpStream::from(client);
    client.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(client.read(&mut [0]).is_err(), "nobody could accept it");
    drop(hoard);
    client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut heard = String::new();
    client.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "hi");

    stop.stop();
    let report = server.join().unwrap();
    assert_eq!((report.accepted, report.panicked), (2, 0));
    assert!(report.refused > 1);
}
