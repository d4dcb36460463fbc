//! On the runtimes with futures.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use barewire::websocket::{CloseCode, Config, Event, handshake};
use barewire::{Machine, Misuse, websocket};
use barewire_drive::poll::{Connection, Transport};
use barewire_websocket::{Error, Handshake, Url, WebSocket};
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use futures_util::{SinkExt, StreamExt, future, select};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use support::{PATIENCE, frame, listen, noise, open, read, read_all, server};

type Socket<R, S> = WebSocket<Connection<R, S, websocket::Session>>;

/// Runs each of these once on smol and once on tokio: a peer on a thread, and a server's WebSocket.
macro_rules! on_each_runtime {
    ($($name:ident($peer:path, $config:expr);)*) => {
        $(mod $name {
            use super::*;

            #[test]
            fn on_smol() {
                let (listener, address) = listen();
                let peer = thread::spawn(move || $peer(open(address)));
                let stream = smol::net::TcpStream::from(smol::Async::new(listener.accept().unwrap().0).unwrap());
                smol::block_on(async {
                    let handshake = Handshake::new(barewire_smol::Connection::new(stream, server()));
                    super::$name(handshake.accept($config).await.unwrap()).await;
                });
                peer.join().unwrap();
            }

            #[test]
            fn on_tokio() {
                let (listener, address) = listen();
                let peer = thread::spawn(move || $peer(open(address)));
                let stream = listener.accept().unwrap().0;
                stream.set_nonblocking(true).unwrap();
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let stream = tokio::net::TcpStream::from_std(stream).unwrap();
                    let handshake = Handshake::new(barewire_tokio::Connection::new(stream, server()));
                    super::$name(handshake.accept($config).await.unwrap()).await;
                });
                peer.join().unwrap();
            }
        })*
    };
}

on_each_runtime! {
    replies_to_one_read_leave_in_one_write(batching_peer, Config::default());
    a_send_that_answers_nothing_leaves_at_once(hearing_peer, Config::default());
    dropped_futures_lose_nothing(echoed_peer, Config::default());
    stream_and_sink(echoed_peer, Config::default());
    a_reader_that_waits_keeps_its_deadlines(silent_peer, Config::builder().close_timeout(SHORT).ping(None).build().unwrap());
    a_sink_that_closes_keeps_what_is_heard(late_peer, Config::default());
    a_close_that_nobody_answers_ends(silent_peer, Config::builder().close_timeout(SHORT).build().unwrap());
    what_is_said_behind_a_close(closing_peer, Config::default());
    selected(echoed_peer, Config::default());
}

const SHORT: Duration = Duration::from_millis(300);

/// Eight messages in one write, which must come back in one read.
fn batching_peer(mut stream: TcpStream) {
    stream.write_all(&frame(0x81, b"hi").repeat(8)).unwrap();
    let mut all = vec![0; 1000];
    let n = stream.read(&mut all).unwrap();
    assert_eq!(all[..n], *b"\x81\x02hi".repeat(8));
    stream.write_all(&frame(0x88, b"\x03\xe8")).unwrap();
    assert_eq!(read_all(&mut stream), b"\x88\x02\x03\xe8");
}

async fn replies_to_one_read_leave_in_one_write<R: Transport<S>, S>(mut socket: Socket<R, S>) {
    let mut count = 0;
    while let Some(event) = socket.next().await.unwrap() {
        if let Event::Text(_) = event {
            count += 1;
            socket.send(event).await.unwrap();
            // The last one flushes: there is nothing more to answer.
            assert_eq!(socket.queued() > 0, count < 8, "after {count}");
        }
    }
    assert_eq!(count, 8);
}

fn hearing_peer(mut stream: TcpStream) {
    assert_eq!(read(&mut stream, 7), b"\x81\x05first");
    stream.write_all(b"\x89").unwrap();
    assert_eq!(read(&mut stream, 8), b"\x81\x06second");
    stream.write_all(b"\x80\0\0\0\0").unwrap();
    assert_eq!(read(&mut stream, 2), b"\x8a\0");
    stream.write_all(&frame(0x88, b"")).unwrap();
    assert_eq!(read_all(&mut stream), b"\x88\0");
}

/// Nobody asks for events here, but for half a one.
async fn a_send_that_answers_nothing_leaves_at_once<R: Transport<S>, S>(mut socket: Socket<R, S>) {
    socket.send("first").await.unwrap();
    let begun = Instant::now();
    while Machine::link(&mut *socket).rx.is_empty() {
        assert!(begun.elapsed() < PATIENCE);
        let next = pin!(socket.next());
        assert!(once(next).await.is_none());
        thread::sleep(Duration::from_millis(1));
        // Lets the runtime look at its sockets.
        yield_now().await;
    }
    socket.send("second").await.unwrap();
    assert_eq!(socket.next().await.unwrap(), Some(Event::Ping("".into())));
    assert_eq!(socket.next().await.unwrap(), Some(Event::Close(None)));
    assert_eq!(socket.next().await.unwrap(), None);
}

/// Messages of many sizes, sent without waiting for what comes back.
fn echoed_peer(mut stream: TcpStream) {
    let sizes = [0, 1, 125, 126, 5_000, 20_000, 60_000, 65_535, 7];
    let mut reader = stream.try_clone().unwrap();
    let hear: JoinHandle<()> = thread::spawn(move || {
        for size in sizes {
            let head = if size < 126 { 2 } else { 4 };
            let back = read(&mut reader, head + size);
            assert_eq!(back[0], 0x82);
            assert!(back[head..] == noise(size), "{size} bytes");
        }
        assert_eq!(read_all(&mut reader), b"\x88\x02\x03\xe8");
    });
    for size in sizes {
        for piece in frame(0x82, &noise(size)).chunks(9_000) {
            stream.write_all(piece).unwrap();
            thread::sleep(Duration::from_millis(1));
        }
    }
    stream.write_all(&frame(0x88, b"\x03\xe8")).unwrap();
    hear.join().unwrap();
}

/// No future lives for longer than one poll.
async fn dropped_futures_lose_nothing<R: Transport<S>, S>(mut socket: Socket<R, S>) {
    loop {
        let event = loop {
            // Once more is due only when the runtime has seen to its sockets; and then it is a future of its own.
            if let Some(event) = woken_once(socket.next()).await {
                break event.unwrap();
            }
        };
        match event {
            Some(message @ Event::Binary(_)) => drop(once(pin!(socket.send(message))).await),
            Some(_) => {}
            None => break,
        }
    }
}

async fn stream_and_sink<R: Transport<S> + 'static, S: 'static>(socket: Socket<R, S>) {
    let (sink, stream) = socket.split();
    let messages = stream.filter(|event| future::ready(matches!(event, Ok(Event::Binary(_)) | Err(_))));
    messages.forward(sink).await.unwrap();
}

/// Says nothing, and hears to the end.
fn silent_peer(mut stream: TcpStream) {
    read_all(&mut stream);
}

/// The writer closes in one task, the reader has waited in another since before.
async fn a_reader_that_waits_keeps_its_deadlines<R: Transport<S>, S>(socket: Socket<R, S>) {
    let (mut sink, mut stream) = socket.split();
    let begun = Instant::now();
    let write = async {
        yield_now().await;
        sink.send(Event::Close(None)).await.unwrap();
    };
    let (_, heard) = future::join(write, stream.next()).await;
    assert!(matches!(heard, Err(Error::Protocol(websocket::Error::CloseTimeout))), "{heard:?}");
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < PATIENCE);
    assert_eq!(stream.next().await.unwrap(), None);
}

/// Has something to say yet when it is told goodbye.
fn late_peer(mut stream: TcpStream) {
    assert_eq!(read(&mut stream, 4), b"\x88\x02\x03\xe8");
    stream.write_all(&[frame(0x81, b"one"), frame(0x81, b"two"), frame(0x88, b"\x03\xe8")].concat()).unwrap();
    assert_eq!(read_all(&mut stream), b"");
}

async fn a_sink_that_closes_keeps_what_is_heard<R: Transport<S>, S>(socket: Socket<R, S>) {
    let (mut sink, mut stream) = socket.split();
    sink.close().await.unwrap();
    sink.close().await.unwrap();
    assert_eq!(stream.next().await.unwrap(), Some("one".into()));
    assert_eq!(stream.next().await.unwrap(), Some("two".into()));
    assert!(matches!(stream.next().await, Ok(Some(Event::Close(Some(_))))));
    assert_eq!(stream.next().await.unwrap(), None);
}

async fn a_close_that_nobody_answers_ends<R: Transport<S>, S>(mut socket: Socket<R, S>) {
    let begun = Instant::now();
    let end = socket.close(CloseCode::AWAY, "bye").await;
    assert!(matches!(end, Err(Error::Protocol(websocket::Error::CloseTimeout))), "{end:?}");
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < PATIENCE);
    assert!(matches!(socket.send("late").await, Err(Error::Misuse(Misuse::Closed))));
}

fn closing_peer(mut stream: TcpStream) {
    stream.write_all(&frame(0x88, b"\x03\xe9bye")).unwrap();
    assert_eq!(read_all(&mut stream), b"\x88\x02\x03\xe9");
}

/// The answer to a Close is sent already: a second is nothing, a message is misuse.
async fn what_is_said_behind_a_close<R: Transport<S>, S>(mut socket: Socket<R, S>) {
    let close = socket.next().await.unwrap().unwrap();
    assert!(matches!(close, Event::Close(Some(_))));
    SinkExt::feed(&mut socket, close).await.unwrap();
    assert!(matches!(SinkExt::feed(&mut socket, "late".into()).await, Err(Error::Misuse(Misuse::Closed))));
    socket.close(CloseCode::NORMAL, "").await.unwrap();
    assert_eq!(socket.next().await.unwrap(), None);
}

/// The losing branch loses nothing.
async fn selected<R: Transport<S>, S>(mut socket: Socket<R, S>) {
    loop {
        let event = {
            let mut next = pin!(futures_util::FutureExt::fuse(socket.next()));
            let mut tick = pin!(futures_util::FutureExt::fuse(yield_now()));
            select! {
                event = next => event.unwrap(),
                () = tick => continue,
            }
        };
        match event {
            Some(message @ Event::Binary(_)) => socket.send(message).await.unwrap(),
            Some(_) => {}
            None => break,
        }
    }
}

/// One poll; `None` if it is pending.
async fn once<F: Future>(mut future: core::pin::Pin<&mut F>) -> Option<F::Output> {
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Polls, and once it is woken drops the future instead of polling it again.
async fn woken_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polled = false;
    poll_fn(|cx| {
        if core::mem::replace(&mut polled, true) {
            return Poll::Ready(None);
        }
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if core::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A writer that waits for room, and a reader in another task of a runtime with two threads: megabytes each way, and the
/// pings in between.
#[test]
fn halves_in_two_tasks_on_two_threads() {
    const COUNT: usize = 200;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (listener, address) = listen();
        listener.set_nonblocking(true).unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let serve = tokio::spawn(async move {
            let stream = listener.accept().await.unwrap().0;
            let handshake = Handshake::new(barewire_tokio::Connection::new(stream, server()));
            let mut socket = handshake.accept(Config::default()).await.unwrap();
            while let Some(event) = socket.next().await.unwrap() {
                if let Event::Binary(_) = event {
                    socket.send(event).await.unwrap();
                }
            }
        });
        let url: Url = format!("ws://{address}/").parse().unwrap();
        let client = handshake::Client::new(url.opening(handshake::Config::default()).unwrap()).unwrap();
        let connection = barewire_tokio::connect(url.address(), PATIENCE, client).await.unwrap();
        let (socket, _) = Handshake::new(connection).open(Config::default()).await.unwrap();
        let (mut sink, mut stream) = socket.split();
        let write = tokio::spawn(async move {
            for n in 0..COUNT {
                sink.feed(Event::Ping("so".into())).await.unwrap();
                sink.send(noise(n * 500)).await.unwrap();
            }
            sink
        });
        let (mut heard, mut pongs) = (0, 0);
        while heard < COUNT {
            match stream.next().await.unwrap().unwrap() {
                Event::Binary(bytes) => {
                    assert!(bytes == noise(heard * 500), "message {heard}");
                    heard += 1;
                }
                Event::Pong(_) => pongs += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(pongs, COUNT);
        let mut socket = stream.reunite(write.await.unwrap()).unwrap();
        socket.close(CloseCode::NORMAL, "").await.unwrap();
        serve.await.unwrap();
    });
}
