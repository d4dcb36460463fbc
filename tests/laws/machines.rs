//! Each machine with an application that answers: shared by the tests here and by the fuzz targets.

use barewire::balance::{client_hello, proxy};
use barewire::detect::{Detect, Protocol};
use barewire::http::{
    Body, FieldName, FieldValue, Id, Method, Request, RequestEvent, Response, ResponseEvent, Status, Target,
};
use barewire::laws::{Log, Subject, Violation, check};
use barewire::message::{self, Config};
use barewire::websocket::extension::{Claim, DeflateConfig, DeflateParams};
use barewire::websocket::handshake::{self, Answer, ClientEvent, Negotiated, Opening, ServerEvent};
use barewire::websocket::{self, Event, Kind, Reserved, Role};
use barewire::{Link, Machine, Misuse, http1, raw};
use core::cell::{Cell, RefCell};

/// A machine by name, for those who hold all of them to the laws.
pub(crate) struct Subjected {
    pub(crate) name: &'static str,
    pub(crate) check: fn(input: &[u8], choices: &[u8]) -> Result<(), Violation>,
    /// Inputs that it understands, to mutate.
    pub(crate) seeds: &'static [&'static [u8]],
}

/// All of them. A fuzz target chooses by index, so new ones go to the end.
pub(crate) const MACHINES: &[Subjected] = &[
    Subjected { name: "raw", check: |input, choices| check(&Raw, input, choices), seeds: &[b"bytes"] },
    Subjected { name: "message", check: |input, choices| check(&Messages(100_000), input, choices), seeds: MESSAGES },
    Subjected {
        name: "message in pieces",
        check: |input, choices| check(&Messages(20), input, choices),
        seeds: MESSAGES,
    },
    Subjected {
        name: "detection",
        check: |input, choices| check(&Detection, input, choices),
        seeds: &[
            b"GET / HTTP/1.1\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x16\x03\x01\x02\0\x01\0\x01",
            b"\xDE\xAD\xBE\xEF",
        ],
    },
    Subjected {
        name: "HTTP/1 server",
        check: |input, choices| check(&HttpServer::default(), input, choices),
        seeds: REQUESTS,
    },
    Subjected { name: "HTTP/1 client", check: |input, choices| check(&HttpClient, input, choices), seeds: RESPONSES },
    Subjected {
        name: "WebSocket server",
        check: |input, choices| check(&WebSocket::new(Role::Server, 1 << 20), input, choices),
        seeds: MASKED,
    },
    Subjected {
        name: "WebSocket server in pieces",
        check: |input, choices| check(&WebSocket::new(Role::Server, 6), input, choices),
        seeds: MASKED,
    },
    Subjected {
        name: "WebSocket client",
        check: |input, choices| check(&WebSocket::new(Role::Client { seed: [7; 32] }, 100), input, choices),
        seeds: UNMASKED,
    },
    Subjected {
        name: "WebSocket handshake, server",
        check: |input, choices| check(&HandshakeServer, input, choices),
        seeds: OPENINGS,
    },
    Subjected {
        name: "WebSocket handshake, client",
        check: |input, choices| check(&HandshakeClient, input, choices),
        seeds: SWITCHES,
    },
    Subjected {
        name: "WebSocket server, compressed",
        check: |input, choices| check(&WebSocket::new(Role::Server, 1 << 20).compressed(false), input, choices),
        seeds: COMPRESSED,
    },
    Subjected {
        name: "WebSocket server, compressed with takeover, in pieces",
        check: |input, choices| check(&WebSocket::new(Role::Server, 6).compressed(true), input, choices),
        seeds: COMPRESSED,
    },
    Subjected {
        name: "PROXY preamble",
        check: |input, choices| check(&Preamble, input, choices),
        seeds: &[
            b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\nGET /",
            b"PROXY UNKNOWN ::1\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x1Cabcdefghijkl\x01\0\x02h2\x20\0\x08\x01\0\0\0\0\x21\0\0GET /",
            b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\x01xrest",
        ],
    },
    Subjected {
        name: "ClientHello",
        check: |input, choices| check(&Hello, input, choices),
        seeds: &[
            b"\x16\x03\x01\0\x43\x01\0\0\x3F\x03\x0300112233445566778899aabbccddeeff\0\0\x02\x13\x01\x01\0\0\x14\
              \0\0\0\x07\0\x05\0\0\x02ab\0\x10\0\x05\0\x03\x02h2",
            b"\x16\x03\x01\0\x03\x01\0\0\x16\x03\x01\0\x2E\x29\x03\x0300112233445566778899aabbccddeeff\0\0\x02\x13\x01\x01\0",
        ],
    },
];

/// Frames of a client; the mask of zeroes leaves them legible.
const MASKED: &[&[u8]] = &[
    b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x82\0\0\0\0hi\x82\x83\0\0\0\0\xff\xfe\xfd\x8a\x80\0\0\0\0",
    b"\x01\x83\0\0\0\0a\xc3\xa9\x89\x81\0\0\0\0p\x00\x82\0\0\0\0\xe2\x82\x80\x81\0\0\0\0\xac\x88\x85\0\0\0\0\x03\xe8bye",
    b"\x82\xfe\0\x80\0\0\0\0 a message of one hundred and twenty-eight bytes, which is too long for a length of seven bits but not for one of sixteen ...........\x88\x80\0\0\0\0",
    b"\x81\x84\0\0\0\0\xf0\x9f\x98\x80\x81\x83\0\0\0\0\xed\xa0\x80",
];

/// Frames of a client with permessage-deflate: RFC 7692 §7.2.3's, with a ping, without compression, and damaged.
const COMPRESSED: &[&[u8]] = &[
    b"\xc1\x87\0\0\0\0\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x85\0\0\0\0\xf2\x00\x11\x00\x00",
    b"\x41\x83\0\0\0\0\xf2\x48\xcd\x89\x80\0\0\0\0\x80\x84\0\0\0\0\xc9\xc9\x07\x00\x81\x82\0\0\0\0hi",
    b"\xc2\x8b\0\0\0\0\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00\xc1\x88\0\0\0\0\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
    b"\xc1\x8d\0\0\0\0\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00\xc1\x81\0\0\0\0\x00\xc1\x83\0\0\0\0\x07\xff\xff",
];

/// Frames of a server.
const UNMASKED: &[&[u8]] = &[
    b"\x81\x05Hello\x89\x02hi\x82\x03\xff\xfe\xfd\x8a\x00",
    b"\x01\x03a\xc3\xa9\x89\x01p\x00\x02\xe2\x82\x80\x01\xac\x88\x05\x03\xe8byeand more",
    b"\x82\x7e\0\x80 a message of one hundred and twenty-eight bytes, which is too long for a length of seven bits but not for one of sixteen ...........\x88\x00",
];

const REQUESTS: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: a:80\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nx: y\r\n\r\nGET / HTTP",
    b"HEAD * HTTP/1.0\r\nConnection: keep-alive\r\n\r\nOPTIONS * HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nearly bytes",
    b"PUT http://a/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
];

const RESPONSES: &[&[u8]] = &[
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.0 204 \r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n",
    b"HTTP/1.0 404 Not Found\r\nServer: s\r\n\r\nuntil the connection ends",
];

const OPENINGS: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: x, chat\r\n\
      Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-zap; a=\"b\"\r\n\r\n\x81\x82\0\0\0\0hi",
    b"GET /later HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://a\r\n\r\n",
    b"GET /no HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nmore",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
];

const SWITCHES: &[&[u8]] = &[
    b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\
      Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10, x-zap; a=b\r\n\r\n\x81\x02hi",
    b"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 401 x\r\nContent-Length: 2\r\nWWW-Authenticate: Basic\r\n\r\nno",
];

const MESSAGES: &[&[u8]] = &[
    b"\xDE\xAD\xBE\xEF\0\x01\0\x07\0\0\0\x05hello\xDE\xAD\xBE\xEF\0\x01\0\x08\0\0\0\0",
    b"\xDE\xAD\xBE\xEF\0\x01\xFF\xFF\0\0\0\x20 a payload of thirty-two bytes...\xDE\xAD",
    b"\xDE\xAD\xBE\xEF\0\x01\0\0\xFF\xFF\xFF\xFF",
];

/// Bytes without a grammar, echoed.
pub(crate) struct Raw;

impl Subject for Raw {
    type Machine = raw::Session;

    fn machine(&self) -> raw::Session {
        raw::Session::default()
    }

    fn on_event(&self, machine: &mut raw::Session, event: raw::Event, log: &mut Log) {
        match event {
            raw::Event::Data(bytes) => {
                log.data(0, &bytes);
                machine.send(bytes).unwrap();
            }
            _ => {
                log.item("closed");
                machine.close().unwrap();
            }
        }
    }

    fn misuse(&self, machine: &mut raw::Session) -> bool {
        !machine.link().tx.is_ended() || machine.send("late").is_err()
    }
}

/// Messages, echoed; those above `0` bytes in pieces as they come.
pub(crate) struct Messages(pub(crate) u32);

impl Subject for Messages {
    type Machine = message::Session;

    fn machine(&self) -> message::Session {
        message::Session::new(Config::builder().largest(100_000).whole(self.0).build().unwrap())
    }

    fn on_event(&self, machine: &mut message::Session, event: message::Event, log: &mut Log) {
        match event {
            message::Event::Message(message) => {
                log.item(format!("{:?}", message.header));
                log.data(0, &message.payload);
                machine.send(message.header.kind, message.payload).unwrap();
            }
            message::Event::Start(header) => {
                log.item(format!("start {header:?}"));
                machine.start(header.kind, header.length).unwrap();
            }
            message::Event::Data(bytes) => {
                log.data(0, &bytes);
                machine.send_data(bytes).unwrap();
            }
            message::Event::End => {
                log.item("end");
                machine.end().unwrap();
            }
            _ => {
                log.item("closed");
                machine.close().unwrap();
            }
        }
    }

    fn misuse(&self, machine: &mut message::Session) -> bool {
        let never = machine.start(1, 100_001).is_err();
        // Either no message was begun, so that there is none to go on with, or none can begin.
        let sent = machine.link().tx.len();
        never && (machine.end().is_err() || machine.send(1, "").is_err()) && machine.link().tx.len() == sent
    }
}

/// A PROXY preamble from a source that is trusted: what follows stays in the link.
pub(crate) struct Preamble;

impl Subject for Preamble {
    type Machine = proxy::Reader;

    fn machine(&self) -> proxy::Reader {
        let everyone = "0.0.0.0/0".parse().unwrap();
        let config = proxy::Config::builder().trusted([everyone]).build().unwrap();
        proxy::Reader::new("192.0.2.1".parse().unwrap(), config)
    }

    fn on_event(&self, _: &mut proxy::Reader, event: proxy::Event, log: &mut Log) {
        log.item(format!("{event:?}"));
    }

    fn misuse(&self, _: &mut proxy::Reader) -> bool {
        true
    }
}

/// A ClientHello, which stays in the link.
pub(crate) struct Hello;

impl Subject for Hello {
    type Machine = client_hello::Peek;

    fn machine(&self) -> client_hello::Peek {
        client_hello::Peek::new(client_hello::Config::default())
    }

    fn on_event(&self, _: &mut client_hello::Peek, event: client_hello::Event, log: &mut Log) {
        log.item(format!("{event:?}"));
    }

    fn misuse(&self, _: &mut client_hello::Peek) -> bool {
        true
    }
}

/// Detection alone: what is to be detected stays in the link.
pub(crate) struct Detection;

impl Subject for Detection {
    type Machine = Detect;

    fn machine(&self) -> Detect {
        Detect::default()
    }

    fn on_event(&self, _machine: &mut Detect, event: Protocol, log: &mut Log) {
        log.item(format!("{event:?}"));
    }

    fn misuse(&self, _machine: &mut Detect) -> bool {
        // It has no command that could be out of place.
        true
    }
}

/// An HTTP/1 server that sends each body back: as it comes where its length is known, or else whole, since the chunks of
/// a reply are as long as its pieces.
///
/// It never asks for the body of a request that expects a 100: whether that is sent depends on how far the input has
/// come, and is meant to (RFC 9110 §10.1.1).
#[derive(Default)]
pub(crate) struct HttpServer {
    last: Cell<Option<Id>>,
    whole: RefCell<Vec<u8>>,
}

impl Subject for HttpServer {
    type Machine = http1::Server;

    fn machine(&self) -> http1::Server {
        self.last.set(None);
        self.whole.take();
        http1::Server::new(http1::Config::builder().max_body(Some(1 << 20)).build().unwrap())
    }

    fn on_event(&self, server: &mut http1::Server, event: RequestEvent, log: &mut Log) {
        let ok = Response::new(Status::OK);
        match event {
            RequestEvent::Request { id, head, body } => {
                log.item(format!("{id} {head:?} {body:?}"));
                self.last.set(Some(id));
                if head.method().as_str() == "CONNECT" || head.expects_continue() {
                    server.respond(id, &Response::new(Status::NOT_IMPLEMENTED), Body::Empty).unwrap();
                } else if body != Body::Unknown {
                    server.respond(id, &ok, body).unwrap();
                }
            }
            RequestEvent::Data { id, bytes } => {
                log.data(id.get(), &bytes);
                if server.send_data(id, bytes.clone()) == Err(Misuse::OutOfTurn) {
                    self.whole.borrow_mut().extend_from_slice(&bytes);
                }
            }
            RequestEvent::End { id, trailers } => {
                log.item(format!("{id} end {trailers:?}"));
                match server.finish(id) {
                    Err(Misuse::OutOfTurn) => server.respond_with(id, &ok, self.whole.take()).unwrap(),
                    // An empty one was finished when it was begun.
                    finished => assert!(matches!(finished, Ok(()) | Err(Misuse::UnknownId | Misuse::Closed))),
                }
            }
            other => log.item(format!("{other:?}")),
        }
    }

    fn misuse(&self, server: &mut http1::Server) -> bool {
        let Some(id) = self.last.get() else { return true };
        // Nothing asks for a switch, and the first fault of a 100 is that it is no final response.
        server.respond(id, &Response::new(Status::CONTINUE), Body::Empty).is_err()
            && server.upgrade(id, &Response::new(Status::SWITCHING_PROTOCOLS)).is_err()
            && server.interim(id, &Response::new(Status::OK)).is_err()
    }
}

/// An HTTP/1 client that has sent a few requests at once, and hears whatever comes.
pub(crate) struct HttpClient;

impl Subject for HttpClient {
    type Machine = http1::Client;

    fn machine(&self) -> http1::Client {
        let mut client = http1::Client::new(http1::Config::default());
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let request =
                Request::new(method, Target::new("/").unwrap()).field(FieldName::HOST, FieldValue::literal("a"));
            client.request(&request, Body::Empty).unwrap();
        }
        client
    }

    fn on_event(&self, client: &mut http1::Client, event: ResponseEvent, log: &mut Log) {
        match event {
            ResponseEvent::Data { id, bytes } => log.data(id.get(), &bytes),
            ResponseEvent::End { id, trailers } => {
                log.item(format!("{id} end {trailers:?}"));
                if client.is_idle() {
                    client.shutdown();
                }
            }
            other => log.item(format!("{other:?}")),
        }
    }

    fn misuse(&self, client: &mut http1::Client) -> bool {
        let nowhere = Request::new(Method::GET, Target::new("/").unwrap());
        client.request(&nowhere, Body::Empty).is_err()
    }
}

/// Messages, echoed whole: the fragments of a reply are as long as its pieces.
pub(crate) struct WebSocket {
    role: Role,
    config: websocket::Config,
    negotiated: Negotiated,
    begun: RefCell<Option<(Kind, Vec<u8>)>>,
}

impl WebSocket {
    fn new(role: Role, whole: u64) -> Self {
        let config = websocket::Config::builder().max_message(100_000).whole(whole.min(100_000)).max_frames(1000);
        let config = config.deflate_threshold(4).build().unwrap();
        Self { role, config, negotiated: Negotiated::default(), begun: RefCell::default() }
    }

    fn compressed(mut self, takeover: bool) -> Self {
        let mut params = DeflateParams::default();
        (params.server_no_context_takeover, params.client_no_context_takeover) = (!takeover, !takeover);
        self.negotiated.deflate = Some(params);
        self
    }
}

impl Subject for WebSocket {
    type Machine = websocket::Session;

    fn machine(&self) -> websocket::Session {
        self.begun.take();
        websocket::Session::negotiated(Link::new(), self.role, self.config.clone(), &self.negotiated)
    }

    fn on_event(&self, session: &mut websocket::Session, event: Event, log: &mut Log) {
        let mut begun = self.begun.borrow_mut();
        match event {
            Event::Start(kind) => {
                log.item(format!("start {kind:?}"));
                *begun = Some((kind, Vec::new()));
            }
            Event::Data(bytes) => {
                log.data(0, &bytes);
                begun.as_mut().unwrap().1.extend_from_slice(&bytes);
            }
            Event::End => {
                log.item("end");
                let (kind, bytes) = begun.take().unwrap();
                session.start(kind).unwrap();
                session.data(bytes).unwrap();
                session.end().unwrap();
            }
            message @ (Event::Text(_) | Event::Binary(_)) => {
                log.item(format!("{message:?}"));
                session.send(message).unwrap();
            }
            other => log.item(format!("{other:?}")),
        }
    }

    fn misuse(&self, session: &mut websocket::Session) -> bool {
        let open = session.is_closed() || session.send(Event::Ping(vec![0; 126].into())) == Err(Misuse::TooLong);
        open && session.end().is_err() && session.data("x").is_err()
    }

    fn replies(&self) -> usize {
        70_000
    }
}

fn supported() -> handshake::Config {
    let zap = Claim::new("x-zap; a=b", Reserved::RSV2).unwrap();
    let deflate = DeflateConfig::builder().inflate_window_bits(12).build().unwrap();
    handshake::Config::builder().subprotocols(["chat"]).deflate(Some(deflate)).offer(zap).build().unwrap()
}

/// A server for a WebSocket and nothing else: at `/` at once, at `/later` when it is its turn, elsewhere never.
pub(crate) struct HandshakeServer;

impl Subject for HandshakeServer {
    type Machine = handshake::Server;

    fn machine(&self) -> handshake::Server {
        handshake::Server::new(supported())
    }

    fn on_event(&self, server: &mut handshake::Server, event: ServerEvent, log: &mut Log) {
        log.item(format!("{event:?}"));
        match event {
            ServerEvent::Request(head) => match head.target().path() {
                "/" if server.offer().unwrap().extensions().any(|extension| extension.name == "x-zap") => {
                    let zap = Claim::new("x-zap", Reserved::RSV3).unwrap();
                    server.accept_with(&Answer::new().extension(zap)).unwrap();
                }
                "/" => server.accept().unwrap(),
                "/later" => {}
                _ => server.reject(Response::new(Status::NOT_FOUND), "not here").unwrap(),
            },
            _ => assert!(server.offer().is_none()),
        }
    }

    fn on_turn(&self, server: &mut handshake::Server, _log: &mut Log) -> bool {
        server.accept().is_ok()
    }

    fn misuse(&self, server: &mut handshake::Server) -> bool {
        let never = Answer::new().subprotocol("never offered, since it is no token");
        let asked = server.offer().is_some();
        server.accept_with(&never).is_err()
            && (asked || server.accept().is_err() && server.reject(Response::new(Status::OK), "").is_err())
    }
}

/// A client that has asked for a WebSocket.
pub(crate) struct HandshakeClient;

impl Subject for HandshakeClient {
    type Machine = handshake::Client;

    fn machine(&self) -> handshake::Client {
        let opening = Opening::new("a", "/", *b"the sample nonce", supported()).unwrap();
        handshake::Client::new(opening).unwrap()
    }

    fn on_event(&self, _client: &mut handshake::Client, event: ClientEvent, log: &mut Log) {
        log.item(format!("{event:?}"));
    }

    fn misuse(&self, _client: &mut handshake::Client) -> bool {
        // It has no command that could be out of place.
        true
    }
}
