//! What holds for a stream of any protocol: a beginning tells the beginning, an error stays, one stream behind another
//! is both, what isn't the protocol's own is left alone, and events are no more than bytes can pay for.

use super::support::feed;
use barewire::detect::{self, Detect};
use barewire::http::{
    Body, FieldName, FieldValue, Method, Request, RequestEvent, Response, ResponseEvent, Status, Target,
};
use barewire::websocket::{self, Role};
use barewire::{Instant, Link, Machine, Next, http1, message};

/// What came of an input that isn't at its end.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    /// One text for each event, data of one message merged, then the error.
    events: Vec<String>,
    error: bool,
    /// Nothing is left that could belong to what comes next, and more of the same can come.
    between: bool,
    /// What was not consumed, where it belongs to somebody else.
    left: Option<Vec<u8>>,
}

/// A protocol: what it makes of bytes that come in two pieces, and inputs that it understands.
struct Protocol {
    hear: fn(&[u8], &[u8]) -> Heard,
    seeds: &'static [&'static [u8]],
}

const PROTOCOLS: &[Protocol] = &[
    Protocol { hear: messages, seeds: &[b"\xDE\xAD\xBE\xEF\0\x01\0\x07\0\0\0\x05hello"] },
    Protocol {
        hear: requests,
        seeds: &[
            b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n",
            b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        ],
    },
    Protocol {
        hear: responses,
        seeds: &[
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        ],
    },
    Protocol {
        hear: frames,
        seeds: &[b"\x81\x05Hello", b"\x01\x03a\xc3\xa9\x89\x01p\x00\x02\xe2\x82\x80\x01\xac", b"\x88\x02\x03\xe8"],
    },
    Protocol { hear: detection, seeds: &[b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\x02\0\x01", b"\xDE\xAD\xBE\xEF"] },
];

/// The first byte chooses the protocol, the next two a seed before each half (0: none), the fourth where the halves meet.
pub fn holds(data: &[u8]) {
    let [which, first, second, at, rest @ ..] = data else { return };
    let protocol = &PROTOCOLS[usize::from(*which) % PROTOCOLS.len()];
    let (a, b) = rest.split_at(usize::from(*at).min(rest.len()));
    let seeded = |seed: u8, rest: &[u8]| {
        let seed =
            usize::from(seed).checked_sub(1).map_or(&b""[..], |seed| protocol.seeds[seed % protocol.seeds.len()]);
        [seed, rest].concat()
    };
    let (a, b) = (seeded(*first, a), seeded(*second, b));
    let alone = (protocol.hear)(&a, b"");
    let both = (protocol.hear)(&[&a[..], &b].concat(), b"");
    assert_eq!((protocol.hear)(&a, &b), both, "{} | {}", a.escape_ascii(), b.escape_ascii());
    begins(&alone, &both);
    assert!(both.events.len() <= 4 * (a.len() + b.len()) + 4, "more events than bytes can pay for");
    // An empty line before a request is passed over, once: behind one, what comes isn't read as it is alone.
    let passed_over = a.strip_suffix(b"\r\n").is_some_and(|before| (protocol.hear)(before, b"").events == alone.events);
    if alone.between && !passed_over {
        let behind = (protocol.hear)(&b, b"");
        let expected = [&alone.events[..], &behind.events].concat();
        assert_eq!(both.events, expected, "{} | {}", a.escape_ascii(), b.escape_ascii());
        assert_eq!(both.left, behind.left);
    }
    if let Some(left) = &alone.left {
        assert_eq!(both.left, Some([&left[..], &b].concat()), "something was eaten");
        assert!(a.ends_with(left));
    }
}

/// What a beginning told is the beginning of what all of it tells; an error is never taken back.
fn begins(alone: &Heard, both: &Heard) {
    let last = alone.events.len().saturating_sub(1);
    assert!(alone.events.len() <= both.events.len(), "events were taken back");
    for (at, (before, after)) in alone.events.iter().zip(&both.events).enumerate() {
        let grown = at == last && before.starts_with("data ") && after.starts_with(before);
        assert!(before == after || grown, "{before} became {after}");
    }
    if alone.error {
        assert_eq!(alone.events, both.events, "an error disappeared");
    }
}

fn data(events: &mut Vec<String>, bytes: &[u8]) {
    assert!(!bytes.is_empty(), "an event about nothing");
    let text = bytes.escape_ascii().to_string();
    match events.last_mut() {
        Some(last) if last.starts_with("data ") => last.push_str(&text),
        _ => events.push(format!("data {text}")),
    }
}

/// Runs a machine until it wants more than there is. `act` notes an event, and says whether somebody else takes over.
fn run<M: Machine<Error: core::fmt::Debug>>(
    mut machine: M,
    pieces: [&[u8]; 2],
    mut act: impl FnMut(&mut M, M::Event, &mut Vec<String>) -> bool,
    is_between: impl Fn(&M) -> bool,
    into_link: impl Fn(M) -> Link,
) -> Heard {
    let mut heard = Heard { events: Vec::new(), error: false, between: false, left: None };
    let mut taken_over = false;
    let mut resting = false;
    let mut unfed = Vec::new();
    for piece in pieces {
        let mut rest = piece;
        loop {
            rest = feed(&mut machine.link().rx, rest);
            resting = false;
            while !taken_over {
                match machine.next(Instant::ORIGIN) {
                    Ok(Next::Event(event)) => taken_over = act(&mut machine, event, &mut heard.events),
                    Ok(Next::NeedFlush) => {
                        let tx = &mut machine.link().tx;
                        tx.advance(tx.len());
                    }
                    Ok(next) => {
                        resting = matches!(next, Next::NeedInput);
                        break;
                    }
                    Err(error) => {
                        heard.events.push(format!("{error:?}"));
                        heard.error = true;
                        break;
                    }
                }
            }
            if rest.is_empty() || taken_over || !resting {
                break;
            }
        }
        unfed.extend_from_slice(rest);
    }
    let link = machine.link();
    heard.between = resting && link.rx.is_empty() && !link.tx.is_ended() && is_between(&machine);
    if taken_over {
        heard.left = Some([into_link(machine).rx.data(), &unfed].concat());
    }
    heard
}

fn messages(a: &[u8], b: &[u8]) -> Heard {
    // `between` is known from outside: the events of whole messages account for every byte.
    let config = message::Config::builder().largest(1000).build().unwrap();
    let total = core::cell::Cell::new(0);
    let act = |_: &mut message::Session, event: message::Event, events: &mut Vec<String>| {
        if let message::Event::Message(message) = &event {
            total.set(total.get() + 12 + message.payload.len());
        }
        events.push(format!("{event:?}"));
        false
    };
    let fed = a.len() + b.len();
    run(message::Session::new(config), [a, b], act, |_| total.get() == fed, message::Session::into_link)
}

fn requests(a: &[u8], b: &[u8]) -> Heard {
    let mut switch = false;
    let act = move |server: &mut http1::Server, event: RequestEvent, events: &mut Vec<String>| {
        match event {
            RequestEvent::Request { head, body, .. } => {
                switch = head.asks_upgrade();
                events.push(format!("{head:?} {body:?}"));
            }
            RequestEvent::Data { bytes, .. } => data(events, &bytes),
            RequestEvent::End { id, trailers } => {
                events.push(format!("end {trailers:?}"));
                if !switch {
                    server.respond(id, &Response::new(Status::OK), Body::Empty).unwrap();
                    return false;
                }
                let upgrade = Response::new(Status::SWITCHING_PROTOCOLS);
                let upgrade = upgrade.field(FieldName::UPGRADE, FieldValue::literal("x"));
                if server.upgrade(id, &upgrade).is_err() {
                    server.upgrade(id, &Response::new(Status::OK)).unwrap();
                }
            }
            RequestEvent::Upgraded { .. } => return true,
            other => panic!("{other:?}"),
        }
        false
    };
    let server = http1::Server::new(http1::Config::default());
    run(server, [a, b], act, http1::Server::is_idle, http1::Server::into_link)
}

fn responses(a: &[u8], b: &[u8]) -> Heard {
    let ask = |client: &mut http1::Client| {
        let request = Request::new(Method::GET, Target::new("/").unwrap());
        let request = request.field(FieldName::HOST, FieldValue::literal("h"));
        let _ = client.request(&request.field(FieldName::UPGRADE, FieldValue::literal("x")), Body::Empty);
    };
    let between = core::cell::Cell::new(true);
    let act = |client: &mut http1::Client, event: ResponseEvent, events: &mut Vec<String>| {
        between.set(false);
        match event {
            ResponseEvent::Data { bytes, .. } => data(events, &bytes),
            ResponseEvent::End { trailers, .. } => {
                events.push(format!("end {trailers:?}"));
                ask(client);
                between.set(true);
            }
            ResponseEvent::Response { head, body, .. } => events.push(format!("{head:?} {body:?}")),
            ResponseEvent::Interim { head, .. } => events.push(format!("interim {head:?}")),
            ResponseEvent::Upgraded { .. } => return true,
            other => panic!("{other:?}"),
        }
        false
    };
    let mut client = http1::Client::new(http1::Config::builder().max_interim(100_000).build().unwrap());
    ask(&mut client);
    // A 100 is passed over without an event, so what is read behind it isn't the first.
    run(client, [a, b], act, |_| between.get(), http1::Client::into_link)
}

fn frames(a: &[u8], b: &[u8]) -> Heard {
    let role = Role::Client { seed: [7; 32] };
    let config = websocket::Config::builder().max_message(100_000).build().unwrap();
    let act = |_: &mut websocket::Session, event: websocket::Event, events: &mut Vec<String>| {
        events.push(format!("{event:?}"));
        false
    };
    // Whether a fragmented message is open can't be seen from outside.
    run(websocket::Session::new(role, config), [a, b], act, |_| false, websocket::Session::into_link)
}

fn detection(a: &[u8], b: &[u8]) -> Heard {
    let act = |_: &mut Detect, event: detect::Protocol, events: &mut Vec<String>| {
        events.push(format!("{event:?}"));
        true
    };
    let heard = run(Detect::default(), [a, b], act, |_| false, Detect::into_link);
    assert!(heard.left.as_ref().is_none_or(|left| left.len() == a.len() + b.len()), "detection consumes nothing");
    heard
}
