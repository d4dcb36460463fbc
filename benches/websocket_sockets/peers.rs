//! The peers' servers, each with the handshake and the batching that its own documentation has.

use barewire_benches::process::on_tokio;
use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::task::{Poll, ready};
use tokio::net::TcpStream;

fn serve<F: Future<Output = ()> + Send + 'static>(handler: impl Fn(TcpStream) -> F) {
    on_tokio(|listener| async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::spawn(handler(stream));
        }
    });
}

/// The same over hyper, for those whose handshake that is.
fn serve_over_hyper(upgrade: fn(Request<Incoming>) -> Response<Empty<Bytes>>) {
    serve(move |stream| async move {
        let service = service_fn(async |request| Ok::<_, Infallible>(upgrade(request)));
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
    });
}

/// Echoes messages, and flushes when nothing more is there: all replies to one read in one write.
async fn echo_batched<M, I: Into<Option<M>>>(
    mut socket: impl Stream<Item = I> + Sink<M> + Unpin,
    is_message: impl Fn(&M) -> bool,
) {
    let mut queued = false;
    loop {
        let next = poll_fn(|cx| match socket.poll_next_unpin(cx) {
            Poll::Pending if queued => {
                let flushed = ready!(socket.poll_flush_unpin(cx));
                queued = false;
                if flushed.is_ok() { Poll::Pending } else { Poll::Ready(None) }
            }
            next => next,
        });
        let Some(message) = next.await.and_then(Into::into) else { return };
        if is_message(&message) {
            queued = true;
            if socket.feed(message).await.is_err() {
                return;
            }
        }
    }
}

pub fn tungstenite() {
    serve(|stream| async {
        let socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        echo_batched(socket.map(Result::ok), |message| message.is_binary()).await;
    });
}

pub fn tokio_websockets() {
    serve(|stream| async {
        let (_, mut socket) = tokio_websockets::ServerBuilder::new().accept(stream).await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if message.is_binary() && socket.send(message).await.is_err() {
                return;
            }
        }
    });
}

pub fn tokio_websockets_batched() {
    serve(|stream| async {
        let (_, socket) = tokio_websockets::ServerBuilder::new().accept(stream).await.unwrap();
        echo_batched(socket.map(Result::ok), |message| message.is_binary()).await;
    });
}

/// It writes each frame at once.
pub fn fastwebsockets() {
    use fastwebsockets::{FragmentCollector, OpCode, upgrade::upgrade};
    serve_over_hyper(|mut request| {
        let (response, upgraded) = upgrade(&mut request).unwrap();
        tokio::spawn(async {
            let mut socket = FragmentCollector::new(upgraded.await.unwrap());
            while let Ok(frame) = socket.read_frame().await {
                if frame.opcode == OpCode::Binary && socket.write_frame(frame).await.is_err() {
                    return;
                }
            }
        });
        response
    });
}

/// It flushes by itself before it waits.
pub fn sockudo() {
    use sockudo_ws::{Config, Message, Role, WebSocketStream, handshake::server_handshake};
    serve(|mut stream| async {
        let early = server_handshake(&mut stream).await.unwrap().leftover;
        let mut socket = WebSocketStream::from_raw_with_leftover(stream, Role::Server, Config::default(), early);
        while let Some(Ok(message)) = socket.next().await {
            if matches!(message, Message::Binary(_)) && socket.feed(message).await.is_err() {
                return;
            }
        }
    });
}

/// With the buffers that its own benches have.
pub fn yawc() {
    use yawc::{OpCode, Options, WebSocket};
    serve_over_hyper(|request| {
        let options = Options::default().with_read_buffer_capacity(128 << 10).with_backpressure_boundary(64 << 10);
        let options = options.with_limits(64 << 20, 128 << 20);
        let (response, upgraded) = WebSocket::upgrade_with_options(request, options).unwrap();
        tokio::spawn(async {
            echo_batched(upgraded.await.unwrap(), |frame| frame.opcode() == OpCode::Binary).await;
        });
        response.map(|_| Empty::new())
    });
}
