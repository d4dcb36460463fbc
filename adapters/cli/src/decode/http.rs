//! HTTP/1, as lines: what a server hears, and what a client hears.

use super::Subject;
use super::line::Payload;
use crate::failure::Failure;
use barewire::Machine;
use barewire::http::{
    Body, FieldName, FieldValue, Fields, Id, Method, Request, RequestEvent, Response, ResponseEvent, ResponseHead,
    Status, Target, Version,
};
use barewire::http1::{Client, Config, Error, Server};

use bytes::Bytes;
use serde::Serialize;

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Line {
    Request {
        id: u64,
        method: String,
        target: String,
        version: &'static str,
        fields: Vec<Field>,
        body: Length,
    },
    Interim {
        id: u64,
        #[serde(flatten)]
        head: Head,
    },
    Response {
        id: u64,
        #[serde(flatten)]
        head: Head,
        body: Length,
    },
    Continue {
        id: u64,
    },
    Data {
        id: u64,
        data: Payload<Bytes>,
    },
    End {
        id: u64,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        trailers: Vec<Field>,
    },
    Upgraded {
        id: u64,
        #[serde(flatten)]
        head: Option<Head>,
    },
    Other {
        debug: String,
    },
}

#[derive(Serialize)]
pub(super) struct Head {
    status: u16,
    reason: Payload<Vec<u8>>,
    version: &'static str,
    fields: Vec<Field>,
}

/// Name and value.
#[derive(Serialize)]
pub(super) struct Field(String, Payload<Vec<u8>>);

/// What is known of a body when its head has come: a number, `"none"`, or `"unknown"`.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Length {
    Bytes(u64),
    Word(&'static str),
}

impl From<Body> for Length {
    fn from(body: Body) -> Self {
        match body {
            Body::Empty => Self::Word("none"),
            Body::Length(bytes) => Self::Bytes(bytes),
            Body::Unknown => Self::Word("unknown"),
        }
    }
}

impl From<ResponseHead> for Head {
    fn from(head: ResponseHead) -> Self {
        Self {
            status: head.status().code(),
            reason: Payload(head.reason().to_vec()),
            version: version(head.version()),
            fields: list(head.fields()),
        }
    }
}

fn version(version: Version) -> &'static str {
    if version == Version::Http10 { "1.0" } else { "1.1" }
}

fn list(fields: &Fields) -> Vec<Field> {
    let field = |(name, value): (FieldName<'_>, FieldValue<'_>)| {
        Field(name.as_str().into(), Payload(value.as_bytes().to_vec()))
    };
    fields.iter().map(field).collect()
}

/// What a client sends, as the server hears it.
pub(super) struct Requests {
    server: Server,
    tunnel: bool,
}

impl Requests {
    pub(super) fn new() -> Self {
        Self { server: Server::new(Config::default()), tunnel: false }
    }

    /// Answers, so that the machine goes on to the next request.
    fn answer(&mut self, id: Id) {
        let ok = Response::new(Status::OK);
        // What can't be answered any more needs no answer.
        let _ =
            if self.tunnel { self.server.upgrade(id, &ok) } else { self.server.respond_with(id, &ok, Bytes::new()) };
    }
}

impl Subject for Requests {
    type Machine = Server;
    type Line = Line;

    fn machine(&mut self) -> &mut Server {
        &mut self.server
    }

    fn describe(&mut self, event: RequestEvent) -> Line {
        match event {
            RequestEvent::Request { id, head, body } => {
                self.tunnel = head.method() == Method::CONNECT;
                Line::Request {
                    id: id.get(),
                    method: head.method().as_str().into(),
                    target: String::from_utf8_lossy(head.target().as_bytes()).into_owned(),
                    version: version(head.version()),
                    fields: list(head.fields()),
                    body: body.into(),
                }
            }
            RequestEvent::Data { id, bytes } => Line::Data { id: id.get(), data: Payload(bytes) },
            RequestEvent::End { id, trailers } => {
                self.answer(id);
                Line::End { id: id.get(), trailers: list(&trailers) }
            }
            RequestEvent::Upgraded { id } => Line::Upgraded { id: id.get(), head: None },
            other => Line::Other { debug: format!("{other:?}") },
        }
    }

    fn status(fault: &Error) -> Option<u16> {
        Some(fault.status().code())
    }
}

/// What a server sends, as the client hears it.
pub(super) struct Responses {
    client: Client,
    request: Request,
    /// A request is sent, and its response isn't complete.
    waiting: bool,
}

impl Responses {
    pub(super) fn new(method: &str) -> Result<Self, Failure> {
        let illegal = |_| Failure::new(format!("`{method}` is not a method")).hint("A method is one word, like HEAD.");
        let method = Method::new(method).map_err(illegal)?;
        let target = if method == Method::CONNECT { "example.org:443" } else { "/" };
        let target = Target::new(target).map_err(illegal)?;
        let host = FieldValue::literal("example.org");
        let request = Request::new(method, target).field(FieldName::HOST, host);
        Ok(Self { client: Client::new(Config::default()), request, waiting: false })
    }
}

impl Subject for Responses {
    type Machine = Client;
    type Line = Line;

    fn machine(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Whatever comes answers a request: one is sent as soon as something has come.
    fn prepare(&mut self) {
        if !self.waiting && !self.client.link().rx.is_empty() {
            // Where no more requests may be sent, no more responses may come: the machine will say so.
            self.waiting = self.client.request_with(&self.request, Bytes::new()).is_ok();
        }
    }

    fn describe(&mut self, event: ResponseEvent) -> Line {
        match event {
            ResponseEvent::Continue { id } => Line::Continue { id: id.get() },
            ResponseEvent::Interim { id, head } => Line::Interim { id: id.get(), head: head.into() },
            ResponseEvent::Response { id, head, body } => {
                Line::Response { id: id.get(), head: head.into(), body: body.into() }
            }
            ResponseEvent::Data { id, bytes } => Line::Data { id: id.get(), data: Payload(bytes) },
            ResponseEvent::End { id, trailers } => {
                self.waiting = false;
                Line::End { id: id.get(), trailers: list(&trailers) }
            }
            ResponseEvent::Upgraded { id, head } => Line::Upgraded { id: id.get(), head: Some(head.into()) },
            other => Line::Other { debug: format!("{other:?}") },
        }
    }
}
