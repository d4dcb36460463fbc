//! A driver of its own, and what it serves.

use barewire::http::{Method, RequestEvent, Response, Status};
use barewire::{Instant, Machine, Next, http1, message, websocket};

/// Answers a request for what is there, and one for what isn't.
pub(crate) fn http(cut: usize) {
    const INPUT: &[u8] = b"GET /health HTTP/1.1\r\nHost: board\r\n\r\n\
        POST / HTTP/1.1\r\nHost: board\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    const OUTPUT: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n\
        HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n";

    let mut server = http1::Server::new(http1::Config::default());
    let mut body = 0;
    drive(&mut server, INPUT, cut, OUTPUT, |server, event| {
        let answered = match event {
            RequestEvent::Request { id, head, .. } => match (head.method(), head.target().as_bytes()) {
                (Method::GET, b"/health") => server.respond_with(id, &Response::new(Status::OK), &b"ok\n"[..]),
                _ => Ok(()),
            },
            RequestEvent::Data { bytes, .. } => {
                body += bytes.len();
                Ok(())
            }
            RequestEvent::End { id, .. } if body > 0 => {
                server.respond_with(id, &Response::new(Status::METHOD_NOT_ALLOWED), &b""[..])
            }
            _ => Ok(()),
        };
        assert_eq!(answered, Ok(()));
    });
    assert_eq!(body, 5);
}

/// Sends a message back.
pub(crate) fn message(cut: usize) {
    const MESSAGE: &[u8] = b"\xde\xad\xbe\xef\0\x01\0\x07\0\0\0\x05hello";

    let mut session = message::Session::default();
    drive(&mut session, MESSAGE, cut, MESSAGE, |session, event| {
        let answered = match event {
            message::Event::Message(message) => session.send(message.header.kind, message.payload),
            message::Event::PeerClosed => session.close(),
            _ => Ok(()),
        };
        assert_eq!(answered, Ok(()));
    });
}

/// Sends a text back, answers a ping, and says goodbye.
pub(crate) fn websocket(cut: usize) {
    // "Hello", masked (RFC 6455 §5.7), a ping, and a Close frame.
    const INPUT: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x80\0\0\0\0\x88\x82\0\0\0\0\x03\xe8";
    const OUTPUT: &[u8] = b"\x81\x05Hello\x8a\0\x88\x02\x03\xe8";

    let mut session = websocket::Session::new(websocket::Role::Server, websocket::Config::default());
    drive(&mut session, INPUT, cut, OUTPUT, |session, event| {
        if let websocket::Event::Text(text) = event {
            assert_eq!(session.send(text), Ok(()));
        }
    });
}

/// Feeds `input` in pieces of `cut` bytes, then its end, and compares what leaves with `output`.
fn drive<M>(machine: &mut M, input: &[u8], cut: usize, output: &[u8], mut on_event: impl FnMut(&mut M, M::Event))
where
    M: Machine<Error: core::fmt::Debug>,
{
    let mut pieces = input.chunks(cut.min(input.len()));
    let mut left = output;
    loop {
        let next = machine.next(Instant::ORIGIN);
        match next.expect("nothing is wrong with this input") {
            Next::Event(event) => on_event(machine, event),
            Next::NeedInput => {
                write(&mut machine.link().tx, &mut left);
                let rx = &mut machine.link().rx;
                match pieces.next() {
                    Some(piece) => {
                        rx.spare(piece.len()).copy_from_slice(piece);
                        rx.commit(piece.len());
                    }
                    None => rx.close(),
                }
            }
            Next::NeedFlush => write(&mut machine.link().tx, &mut left),
            Next::NeedApp => panic!("everything has been answered"),
            Next::Done => break,
        }
    }
    write(&mut machine.link().tx, &mut left);
    assert!(left.is_empty(), "{} bytes are missing", left.len());
    assert!(machine.link().tx.wants_fin(), "the stream goes on");
}

/// What leaves must be what is left of the expected output.
fn write(tx: &mut barewire::Outbox, left: &mut &[u8]) {
    while let Some(chunk) = tx.pop() {
        let (now, later) = left.split_at_checked(chunk.len()).expect("more leaves than was expected");
        assert_eq!(now, &chunk[..]);
        *left = later;
    }
}
