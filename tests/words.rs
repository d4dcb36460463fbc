//! What people see of values and faults: each has words of its own, and none that a peer could garble a log with.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::http::values::{Date, EntityTag, Malformed, MediaType, tokens};
use barewire::http::{
    FieldName, FieldValue, Illegal, Method, Reason, Request, RequestEvent, Response, Status, Target, Trailers,
};
use barewire::http1::{self, Error, Server, Timer};
use barewire::{Instant, Machine, Misuse, Next, StackError};
use core::fmt::Display;
use std::collections::BTreeSet;

fn all_different<T: Display>(values: &[T]) {
    let words: BTreeSet<String> = values.iter().map(ToString::to_string).collect();
    assert!(words.len() == values.len() && words.iter().all(|text| text.len() > 5), "{words:?}");
}

const ERRORS: &[Error] = &[
    Error::LineEnd,
    Error::RequestLine,
    Error::Target,
    Error::Version,
    Error::Http2Preface,
    Error::StatusLine,
    Error::FieldLine,
    Error::Host,
    Error::ContentLength,
    Error::TransferEncoding,
    Error::TransferCoding,
    Error::LengthAndEncoding,
    Error::UnexpectedBody,
    Error::Expectation,
    Error::ChunkSize,
    Error::ChunkEnd,
    Error::LineTooLong,
    Error::HeadTooLong,
    Error::TooManyFields,
    Error::BodyTooLong,
    Error::ChunkTooLong,
    Error::TrailersTooLong,
    Error::TooManyInterim,
    Error::Unsolicited,
    Error::Unanswered,
    Error::UnexpectedSwitch,
    Error::Cut,
    Error::Timeout(Timer::Head),
    Error::Timeout(Timer::Body),
    Error::Timeout(Timer::Send),
    Error::Timeout(Timer::Response),
];

#[test]
fn faults() {
    all_different(ERRORS);
    all_different(&[
        Misuse::Closed,
        Misuse::OutOfTurn,
        Misuse::UnknownId,
        Misuse::TooLong,
        Misuse::TooShort,
        Misuse::Invalid,
    ]);
    assert!(Illegal.to_string().len() > 5 && Malformed.to_string().len() > 5);
    let below: StackError<Error, Misuse> = StackError::Layer(Error::Cut);
    let above: StackError<Error, Misuse> = StackError::Machine(Misuse::Closed);
    assert_eq!([below.to_string(), above.to_string()], [Error::Cut.to_string(), Misuse::Closed.to_string()]);
    assert_eq!(http1::Config::builder().max_head(1).build().unwrap_err().to_string(), "max_head must be 64 to 65,535");
}

#[test]
fn every_fault_has_a_status_that_says_it() {
    for error in ERRORS {
        let status = error.status().code();
        let expected = match error {
            Error::Timeout(_) => 408,
            Error::BodyTooLong => 413,
            Error::LineTooLong => 414,
            Error::Expectation => 417,
            Error::HeadTooLong | Error::TooManyFields | Error::TrailersTooLong => 431,
            Error::TransferCoding => 501,
            Error::Version | Error::Http2Preface => 505,
            _ => 400,
        };
        assert_eq!(status, expected, "{error:?}");
    }
}

#[test]
fn values() {
    assert_eq!(format!("{} {:?}", Method::GET, Method::GET), "GET GET");
    assert_eq!(format!("{} {:?}", FieldName::HOST, FieldName::HOST), "host \"host\"");
    assert_eq!(FieldName::HOST, "HOST");
    assert!(FieldValue::new("a").unwrap() == "a" && FieldValue::new("a").unwrap() != "b");
    let mixed = FieldValue::new(b"caf\xc3\xa9 \xff\x80").unwrap();
    assert_eq!(format!("{mixed} {mixed:?}"), "café \\xff\\x80 \"caf\\xc3\\xa9 \\xff\\x80\"");
    let target = Target::new("http://h:1/p?q").unwrap();
    assert_eq!(format!("{target} {target:?}"), "http://h:1/p?q \"http://h:1/p?q\"");
    assert_eq!((target.path(), target.query(), target.authority()), ("/p", Some("q"), Some("h:1")));
    let tunnel = Target::new("h:1").unwrap();
    assert_eq!((tunnel.path(), tunnel.query(), tunnel.authority()), ("", None, Some("h:1")));
    assert_eq!(Target::new("/p").unwrap().authority(), None);
    let status = Status::new(799).unwrap();
    assert_eq!((status.to_string(), Status::NOT_FOUND.reason()), ("799".to_owned(), "Not Found"));
    assert!(Status::new(302).unwrap().is_redirection() && Status::NOT_FOUND.is_error() && !Status::OK.is_error());
    assert!(Reason::new("Fine").is_ok_and(|reason| reason.as_str() == "Fine"));

    assert_eq!(format!("{:?}", Date::from_unix(0).unwrap()), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(format!("{:?}", EntityTag::parse(b"W/\"a\xff\"").unwrap()), "W/\"a\\xff\"");
    assert_eq!(format!("{:?}", tokens(b"a, b")), "List { rest: \"a, b\", .. }");
    let media = MediaType::parse(b"a/b;c=\"d\\\"\";e=f").unwrap();
    let words = "{\"c\": Quoted(\"d\\\\\\\"\"), \"e\": Token(\"f\")}";
    assert_eq!(format!("{:?}", media.parameters), words);
    assert_eq!(&*media.parameters.get("e").unwrap().unescape(), b"f");
}

#[test]
fn heads() {
    let request = Request::new(Method::GET, Target::new("/").unwrap()).field(FieldName::HOST, FieldValue::literal("h"));
    assert_eq!(format!("{request:?}"), "GET / {\"host\": \"h\"}");
    let response = Response::with_reason(Status::OK, Reason::new("Fine").unwrap());
    let response = response.field(FieldName::AGE, FieldValue::literal("1"));
    assert_eq!(
        (format!("{response:?}"), response.get(FieldName::AGE).is_some()),
        ("200 {\"age\": \"1\"}".into(), true)
    );
    let trailers = Trailers::new().field(FieldName::literal("x"), FieldValue::literal("y"));
    assert!(format!("{trailers:?}").contains("{\"x\": \"y\"}"));

    let mut server = Server::new(http1::Config::default());
    let head = "GET / HTTP/1.1\r\nHost: h\r\nConnection: x-hop, keep-alive\r\nKeep-Alive: 1\r\nX-Hop: 1\r\nX-End: 2\r\n\
                TE: trailers\r\nUpgrade: y\r\nDate: z\r\n\r\n";
    server.link().rx.receive(head.into(), 0);
    let Ok(Next::Event(RequestEvent::Request { head, .. })) = server.next(Instant::ORIGIN) else { panic!() };
    assert!(format!("{head:?}").starts_with("GET / Http11 {\"Host\": \"h\", "));
    assert_eq!((head.host(), head.fields().is_empty(), head.fields().len()), (Some("h"), false, 8));
    assert_eq!(head.fields().iter().len(), 8);
    assert!(head.fields().contains(FieldName::TE) && head.fields().get_all(FieldName::TE).count() == 1);
    // "Intermediaries MUST … remove" what rules one connection (RFC 9110 §7.6.1).
    let mut onward = Response::new(Status::OK);
    onward.forward(head.fields());
    assert_eq!(format!("{onward:?}"), "200 {\"Host\": \"h\", \"X-End\": \"2\", \"Date\": \"z\"}");
}

#[test]
fn bytes_without_a_grammar() {
    use barewire::raw::{Event, Session, Socket};
    use barewire::{Datagrams, Link, Transmit};

    let mut link = Link::new();
    link.rx.receive(b"early".to_vec(), 0);
    let mut session = Session::with_link(link);
    assert_eq!(session.next_ref(), Next::Event(Event::Data(&b"early"[..])));
    session.link().rx.close();
    assert_eq!(session.next_ref(), Next::Event(Event::PeerClosed));
    assert_eq!(session.next_ref(), Next::NeedApp);
    session.close().unwrap();
    assert_eq!((session.send("x"), session.close()), (Err(Misuse::Closed), Err(Misuse::Closed)));
    assert!(session.into_link().rx.is_eof());

    let mut socket = Socket::default();
    assert!((0..256).all(|_| socket.send((), "x").is_ok()));
    assert_eq!(socket.send((), "x"), Err(Misuse::TooLong));
    assert!(matches!(socket.transmit(), Some(Transmit { to: (), .. })));
    socket.receive((), b"y", Instant::ORIGIN);
    assert!(socket.next(Instant::ORIGIN).is_some_and(|datagram| datagram.payload == "y"));
    assert_eq!((socket.dropped(), socket.deadline()), (0, None));
}
