//! Events, flat: one struct for all protocols, whose spans point into the connection.

use crate::Code;
use crate::connection::{Connection, Protocol, Speaker};
use alloc::vec::Vec;
use barewire::http::{Body, Fields, RequestEvent, ResponseEvent, Version};
use barewire::{Instant, Machine, detect, message, raw, websocket};
use core::ptr;

/// Some bytes: a pointer, then a length, as in an `iovec`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Span {
    /// NULL only if the length is 0.
    pub data: *const u8,
    /// In bytes.
    pub length: usize,
}

impl Default for Span {
    fn default() -> Self {
        Self { data: ptr::null(), length: 0 }
    }
}

impl Span {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), length: bytes.len() }
    }
}

/// A field of a head or of trailers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Field {
    /// The name. In events, in the case in which it came.
    pub name: Span,
    /// The value.
    pub value: Span,
}

/// Who must act before there can be news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Next {
    /// Nobody: there is an event. Poll again after it.
    Event = 0,
    /// The peer: send what there is to send, then read more.
    NeedInput = 1,
    /// The caller: automatic replies must be sent before more is read.
    NeedFlush = 2,
    /// The application: it must answer, accept or resume first.
    NeedApp = 3,
    /// Nobody, ever again. What there is to send is still to be sent.
    Done = 4,
}

/// What happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    /// Something that is newer than this list, and can be ignored.
    #[default]
    Other = 0,
    /// `code` is the `bw_protocol` that the peer speaks. `bw_become` is next.
    Detected = 1,
    /// More bytes, in `data`: of the body of exchange `id`, of the payload that began, or of a raw stream.
    Data = 2,
    /// A request's head: `id`, `name` is the method, `data` the target, `fields`, `length` of the body.
    Request = 3,
    /// A response's head: `id`, `code` is the status, `data` the reason phrase, `fields`, `length` of the body.
    Response = 4,
    /// An interim response's head: as `BW_KIND_RESPONSE`, without a body.
    Interim = 5,
    /// The server wants the body of request `id`.
    Continue = 6,
    /// The request or response `id` is complete; `fields` are its trailers. Or the payload that began is complete.
    End = 7,
    /// The peer speaks another protocol from here on: `id`; for a client also what a response has. `bw_become` is next.
    Upgraded = 8,
    /// A message: `code` is its type, `data` its payload.
    Message = 9,
    /// A message whose payload comes in pieces: `code` is its type, `length` the payload's; of a WebSocket's the code is
    /// `BW_KIND_TEXT` or `BW_KIND_BINARY`. Then `BW_KIND_DATA` until `BW_KIND_END`.
    Start = 10,
    /// The peer will send no more. It may still be reading.
    PeerClosed = 11,
    /// A message of text, in `data`: it is UTF-8.
    Text = 12,
    /// A message of bytes, in `data`.
    Binary = 13,
    /// A ping, which has been answered already.
    Ping = 14,
    /// The answer to a ping, or a pong that nobody asked for.
    Pong = 15,
    /// The peer closes the connection, which has been answered already: `code` is its code or 0, `data` the reason.
    Close = 16,
}

/// An event. What it points to lives until the next call with the connection that isn't a reader, that call included.
///
/// It grows at its end only: give `bw_poll` its size.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Event {
    /// What happened: a `bw_kind`.
    pub kind: u32,
    /// What else: `BW_FLAG_...`, any of them.
    pub flags: u32,
    /// Which exchange.
    pub id: u64,
    /// The length that was announced, or `BW_LENGTH_UNKNOWN`.
    pub length: u64,
    /// A status, a message's type, a protocol.
    pub code: u32,
    /// How many fields there are.
    pub field_count: u32,
    /// The fields, in order.
    pub fields: *const Field,
    /// A method.
    pub name: Span,
    /// The bytes of the event.
    pub data: Span,
}

/// A body whose length nobody announced: its end is told when it comes.
pub const LENGTH_UNKNOWN: u64 = u64::MAX;
/// The head's version is HTTP/1.0.
pub const FLAG_HTTP_1_0: u32 = 1;
/// The client waits for a 100 before it sends the body; asking for the body by `bw_poll` sends one.
pub const FLAG_EXPECTS_CONTINUE: u32 = 2;
/// The client offers another protocol, or asks for a tunnel: `bw_http_upgrade` accepts.
pub const FLAG_ASKS_UPGRADE: u32 = 4;

impl Default for Event {
    fn default() -> Self {
        Self {
            kind: Kind::Other as u32,
            flags: 0,
            id: 0,
            length: 0,
            code: 0,
            field_count: 0,
            fields: ptr::null(),
            name: Span::default(),
            data: Span::default(),
        }
    }
}

impl Event {
    /// The size that it had in the first version of this interface, whatever is appended later.
    pub(crate) const FIRST_SIZE: usize = size_of::<Self>();
}

type Filled = Result<Next, Code>;

fn filled<E>(next: barewire::Next<E>, fill: impl FnOnce(E)) -> Next {
    match next {
        barewire::Next::Event(event) => {
            fill(event);
            Next::Event
        }
        barewire::Next::NeedInput => Next::NeedInput,
        barewire::Next::NeedFlush => Next::NeedFlush,
        barewire::Next::NeedApp => Next::NeedApp,
        barewire::Next::Done => Next::Done,
    }
}

impl Connection {
    pub(crate) fn poll(&mut self, now: Instant, out: &mut Event) -> Filled {
        let listed = &mut self.fields;
        listed.clear();
        let next = match &mut self.machine {
            Speaker::Raw(session) => Ok(filled(session.next_ref(), |event| out.raw(event))),
            Speaker::Detect(detect) => {
                detect.next(now).map(|next| filled(next, |found| out.detected(found))).map_err(Code::from)
            }
            Speaker::Server(server) => {
                let asked = &mut self.asked;
                let heard = |event: RequestEvent<&[u8]>| {
                    out.request(&event, listed);
                    if let RequestEvent::Request { id, head, .. } = event {
                        *asked = head.asks_upgrade().then(|| (id, head.to_owned()));
                    }
                };
                server.next_ref(now).map(|next| filled(next, heard)).map_err(Code::from)
            }
            Speaker::Client(client) => {
                client.next_ref(now).map(|next| filled(next, |event| out.response(&event, listed))).map_err(Code::from)
            }
            Speaker::Message(session) => {
                session.next_ref(now).map(|next| filled(next, |event| out.message(event))).map_err(Code::from)
            }
            Speaker::WebSocket(session) => {
                session.next_ref(now).map(|next| filled(next, |event| out.websocket(event))).map_err(Code::from)
            }
        };
        next.map_err(|code| self.fail(code))
    }
}

impl Event {
    fn raw(&mut self, event: raw::Event<&[u8]>) {
        match event {
            raw::Event::Data(data) => self.data(0, data),
            raw::Event::PeerClosed => self.kind = Kind::PeerClosed as u32,
            _ => {}
        }
    }

    fn detected(&mut self, found: detect::Protocol) {
        let protocol = match found {
            detect::Protocol::Http1 => Protocol::Http1Server,
            detect::Protocol::Message => Protocol::Message,
            detect::Protocol::Http2Preface => Protocol::Http2,
            detect::Protocol::Tls => Protocol::Tls,
            _ => Protocol::Unknown,
        };
        (self.kind, self.code) = (Kind::Detected as u32, protocol as u32);
    }

    fn message(&mut self, event: message::Event<&[u8]>) {
        match event {
            message::Event::Message(message) => {
                self.data(0, message.payload);
                (self.kind, self.code) = (Kind::Message as u32, message.header.kind.into());
                self.length = message.header.length.into();
            }
            message::Event::Start(header) => {
                (self.kind, self.code) = (Kind::Start as u32, header.kind.into());
                self.length = header.length.into();
            }
            message::Event::Data(data) => self.data(0, data),
            message::Event::End => self.kind = Kind::End as u32,
            message::Event::PeerClosed => self.kind = Kind::PeerClosed as u32,
            _ => {}
        }
    }

    fn websocket(&mut self, event: websocket::Event<&str, &[u8]>) {
        use websocket::Event;
        let (kind, data) = match event {
            Event::Text(text) => (Kind::Text, text.as_bytes()),
            Event::Binary(bytes) => (Kind::Binary, bytes),
            Event::Ping(bytes) => (Kind::Ping, bytes),
            Event::Pong(bytes) => (Kind::Pong, bytes),
            Event::Data(bytes) => (Kind::Data, bytes),
            Event::End => (Kind::End, &b""[..]),
            Event::Start(kind) => {
                self.code = if kind == websocket::Kind::Text { Kind::Text } else { Kind::Binary } as u32;
                self.length = LENGTH_UNKNOWN;
                (Kind::Start, &b""[..])
            }
            Event::Close(None) => (Kind::Close, &b""[..]),
            Event::Close(Some(close)) => {
                self.code = close.code.get().into();
                (Kind::Close, close.reason.as_bytes())
            }
            _ => (Kind::Other, &b""[..]),
        };
        (self.kind, self.data) = (kind as u32, Span::new(data));
    }

    fn request(&mut self, event: &RequestEvent<&[u8]>, listed: &mut Vec<Field>) {
        match event {
            RequestEvent::Request { id, head, body } => {
                (self.kind, self.id) = (Kind::Request as u32, id.get());
                self.name = Span::new(head.method().as_bytes());
                self.data = Span::new(head.target().as_bytes());
                self.flag(FLAG_HTTP_1_0, head.version() == Version::Http10);
                self.flag(FLAG_EXPECTS_CONTINUE, head.expects_continue());
                self.flag(FLAG_ASKS_UPGRADE, head.asks_upgrade());
                self.length = length(*body);
                self.fields(head.fields(), listed);
            }
            RequestEvent::Data { id, bytes } => self.data(id.get(), bytes),
            RequestEvent::End { id, trailers } => {
                (self.kind, self.id) = (Kind::End as u32, id.get());
                self.fields(trailers, listed);
            }
            RequestEvent::Upgraded { id } => (self.kind, self.id) = (Kind::Upgraded as u32, id.get()),
            _ => {}
        }
    }

    fn response(&mut self, event: &ResponseEvent<&[u8]>, listed: &mut Vec<Field>) {
        let (kind, id, head) = match event {
            ResponseEvent::Continue { id } => {
                (self.kind, self.id) = (Kind::Continue as u32, id.get());
                return;
            }
            ResponseEvent::Data { id, bytes } => return self.data(id.get(), bytes),
            ResponseEvent::End { id, trailers } => {
                (self.kind, self.id) = (Kind::End as u32, id.get());
                return self.fields(trailers, listed);
            }
            ResponseEvent::Interim { id, head } => (Kind::Interim, id, head),
            ResponseEvent::Upgraded { id, head } => (Kind::Upgraded, id, head),
            ResponseEvent::Response { id, head, body } => {
                self.length = length(*body);
                (Kind::Response, id, head)
            }
            _ => return,
        };
        (self.kind, self.id, self.code) = (kind as u32, id.get(), head.status().code().into());
        self.data = Span::new(head.reason());
        self.flag(FLAG_HTTP_1_0, head.version() == Version::Http10);
        self.fields(head.fields(), listed);
    }

    fn data(&mut self, id: u64, data: &[u8]) {
        (self.kind, self.id, self.data) = (Kind::Data as u32, id, Span::new(data));
    }

    fn flag(&mut self, flag: u32, set: bool) {
        self.flags |= if set { flag } else { 0 };
    }

    fn fields(&mut self, fields: &Fields<&[u8]>, listed: &mut Vec<Field>) {
        listed.extend(
            fields
                .iter()
                .map(|(name, value)| Field { name: Span::new(name.as_bytes()), value: Span::new(value.as_bytes()) }),
        );
        self.field_count = u32::try_from(listed.len()).unwrap_or(u32::MAX);
        self.fields = if listed.is_empty() { ptr::null() } else { listed.as_ptr() };
    }
}

fn length(body: Body) -> u64 {
    match body {
        Body::Empty => 0,
        Body::Length(length) => length,
        Body::Unknown => LENGTH_UNKNOWN,
    }
}
