//! Both protocols over pipes in memory, with a clock that a test turns: HTTP, messages, and a deadline.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::http::{
    Body, FieldName, FieldValue, Method, Request, RequestEvent, Response, ResponseEvent, Status, Target,
};
use barewire::{Instant, Machine, http1, message};
use barewire_embedded::{Clock, Connection, Error};
use core::cell::Cell;
use core::future::{Future, poll_fn};
use core::task::Poll;
use core::time::Duration;
use embassy_futures::block_on;
use embassy_futures::join::join;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::pipe::{Pipe, Reader, Writer};

type Wire = Pipe<NoopRawMutex, 64>;
type End<'a, M> = Connection<Reader<'a, NoopRawMutex, 64>, Writer<'a, NoopRawMutex, 64>, Hand<'a>, M>;

/// Time passes only if everybody waits for it.
struct Hand<'a>(&'a Cell<Duration>);

impl Clock for Hand<'_> {
    fn now(&mut self) -> Instant {
        Instant::ORIGIN + self.0.get()
    }

    async fn until(&mut self, deadline: Instant) {
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            if polls > 100 {
                self.0.set(self.0.get().max(deadline - Instant::ORIGIN));
            }
            cx.waker().wake_by_ref();
            if self.now() >= deadline { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Two machines, each at one end of a wire of two pipes of 64 bytes.
fn between<A: Machine, B: Machine, T>(
    a: A,
    b: B,
    talk: impl AsyncFnOnce(End<'_, A>, End<'_, B>) -> T,
) -> (T, Duration) {
    let (mut there, mut back, clock) = (Wire::new(), Wire::new(), Cell::new(Duration::ZERO));
    let ((there_out, there_in), (back_out, back_in)) = (there.split(), back.split());
    let a = Connection::new(back_out, there_in, Hand(&clock), a);
    let b = Connection::new(there_out, back_in, Hand(&clock), b);
    (block_on(talk(a, b)), clock.get())
}

async fn serve(mut server: End<'_, http1::Server>, requests: usize) {
    let mut answered = 0;
    while answered < requests {
        let event = server.next().await.unwrap().unwrap();
        if let RequestEvent::End { id, .. } = event {
            server.machine().respond_with(id, &Response::new(Status::OK), vec![b'x'; 5000]).unwrap();
            answered += 1;
        }
    }
    server.machine().shutdown();
    while server.next().await.unwrap().is_some() {}
}

async fn ask(client: &mut End<'_, http1::Client>) -> usize {
    let request = Request::new(Method::GET, Target::new("/").unwrap());
    let request = request.field(FieldName::HOST, FieldValue::literal("board"));
    client.machine().request(&request, Body::Empty).unwrap();
    let mut heard = 0;
    loop {
        match client.next().await.unwrap().unwrap() {
            ResponseEvent::Data { bytes, .. } => heard += bytes.len(),
            ResponseEvent::End { .. } => return heard,
            _ => {}
        }
    }
}

#[test]
fn http() {
    let (client, server) = (http1::Client::new(http1::Config::default()), http1::Server::new(http1::Config::default()));
    let (heard, _) = between(client, server, async |mut client, server| {
        let asking = async { [ask(&mut client).await, ask(&mut client).await] };
        within(join(asking, serve(server, 2))).await.0
    });
    assert_eq!(heard, [5000, 5000]);
}

#[test]
fn messages_that_both_send_first() {
    let talk = async |mut a: End<'_, message::Session>| {
        a.machine().send(7, vec![1; 20_000]).unwrap();
        let Some(message::Event::Message(message)) = a.next().await.unwrap() else { panic!("no message") };
        // What is still to be sent leaves while the next message is waited for.
        a.machine().send(8, &b"bye"[..]).unwrap();
        a.machine().close().unwrap();
        let Some(message::Event::Message(last)) = a.next().await.unwrap() else { panic!("no message") };
        assert_eq!(&last.payload[..], b"bye");
        // A pipe has no end: it is over when all has left.
        while !a.machine().link().tx.is_empty() {
            embassy_futures::select::select(a.next(), embassy_futures::yield_now()).await;
        }
        message.payload.len()
    };
    let (lengths, _) = between(message::Session::default(), message::Session::default(), async |a, b| {
        within(join(talk(a), talk(b))).await
    });
    assert_eq!(lengths, (20_000, 20_000));
}

#[test]
fn a_deadline_cuts() {
    let (end, clock) =
        between(message::Session::default(), message::Session::default(), async |mut a, _b| a.next().await);
    assert_eq!(end, Err(Error::Protocol(message::Error::Idle)));
    assert_eq!(clock, Duration::from_secs(60));
}

#[test]
fn the_peer_that_takes_nothing_does_not_hold_up_the_end() {
    let (end, clock) = between(message::Session::default(), message::Session::default(), async |mut a, mut b| {
        b.machine().link().tx.put(b"not this protocol");
        let saying = async { b.next().await };
        a.machine().send(1, vec![0; 1000]).unwrap();
        match embassy_futures::select::select(a.next(), saying).await {
            embassy_futures::select::Either::First(end) => end,
            embassy_futures::select::Either::Second(_) => panic!("it heard something"),
        }
    });
    assert!(matches!(end, Err(Error::Protocol(message::Error::UnknownMagic(_)))), "{end:?}");
    assert!(clock <= Duration::from_secs(60));
}

/// Fails instead of going on for ever.
async fn within<T>(future: impl Future<Output = T>) -> T {
    let mut future = core::pin::pin!(future);
    let mut polls = 0;
    poll_fn(|cx| {
        polls += 1;
        assert!(polls < 1_000_000, "it goes on and on");
        future.as_mut().poll(cx)
    })
    .await
}
