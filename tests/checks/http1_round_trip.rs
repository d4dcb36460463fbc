//! What our client writes, our server reads as it was meant, and back: with any names, values, targets and bodies that
//! can be built at all. So nothing that can be built splits a message.

use super::support::feed;
use arbitrary::{Arbitrary, Unstructured};
use barewire::http::{
    Body, FieldName, FieldValue, Fields, Method, Reason, Request, RequestEvent, Response, ResponseEvent, Status,
    Target, Trailers,
};
use barewire::http1::{Client, Config, Server};
use barewire::{Instant, Link, Machine, Next};

#[derive(Arbitrary, Debug)]
struct Exchange<'a> {
    method: Option<&'a str>,
    target: Option<&'a str>,
    request: Message<'a>,
    status: u16,
    reason: Option<&'a str>,
    response: Message<'a>,
}

#[derive(Arbitrary, Debug)]
struct Message<'a> {
    fields: Vec<(&'a str, &'a [u8])>,
    body: Vec<&'a [u8]>,
    chunked: bool,
    trailers: Vec<(&'a str, &'a [u8])>,
}

type Seen = Vec<(Vec<u8>, Vec<u8>)>;

/// What a message was, as it is compared.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    line: Vec<Vec<u8>>,
    fields: Seen,
    body: Vec<u8>,
    trailers: Seen,
    ended: bool,
}

pub fn holds(data: &[u8]) {
    let Ok(exchange) = Exchange::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let config = Config::builder().max_fields(8000).max_line(16_000).build().unwrap();
    let mut client = Client::new(config.clone());
    let mut server = Server::new(config);

    let method = exchange.method.and_then(|method| Method::new(method).ok()).unwrap_or(Method::PUT);
    let target = exchange.target.and_then(|target| Target::new(target).ok()).unwrap_or(Target::new("/").unwrap());
    let mut request = Request::new(method, target).field(FieldName::HOST, FieldValue::literal("h"));
    let mut said = Heard { line: vec![method.as_bytes().into(), target.as_bytes().into()], ..Heard::default() };
    said.fields.push((b"host".to_vec(), b"h".to_vec()));
    for (name, value) in exchange.request.fields() {
        request.add(name, value);
        said.fields.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    }
    let kind = exchange.request.kind();
    let Ok(id) = client.request(&request, kind) else { return };
    let trailers = exchange.request.trailers(&mut said);
    if kind != Body::Empty {
        for piece in &exchange.request.body {
            match client.send_data(id, piece.to_vec()) {
                Ok(()) => said.body.extend_from_slice(piece),
                Err(_) => return,
            }
        }
        if client.finish_with(id, &trailers).is_err() {
            return;
        }
    }
    said.ended = true;

    let mut heard = Heard::default();
    let mut asked = None;
    let mut head_only = false;
    loop {
        match server.next(Instant::ORIGIN).expect("what was built is understood") {
            Next::Event(RequestEvent::Request { id, head, .. }) => {
                heard.line = vec![head.method().as_bytes().into(), head.target().as_bytes().into()];
                heard.fields = seen(head.fields());
                head_only = head.method() == Method::HEAD;
                asked = Some(id);
            }
            Next::Event(RequestEvent::Data { bytes, .. }) => heard.body.extend_from_slice(&bytes),
            Next::Event(RequestEvent::End { trailers, .. }) => {
                heard.trailers = seen(&trailers);
                heard.ended = true;
                break;
            }
            Next::NeedInput => assert!(pass(client.link(), server.link()), "not all of a request: {request:?}"),
            other => panic!("{other:?}"),
        }
    }
    same(&said, &heard);

    let Ok(status) = Status::new(exchange.status % 1000) else { return };
    let mut response = match exchange.reason.and_then(|reason| Reason::new(reason).ok()) {
        Some(reason) => Response::with_reason(status, reason),
        None => Response::new(status),
    };
    let mut said = Heard { line: vec![status.code().to_string().into()], ..Heard::default() };
    for (name, value) in exchange.response.fields() {
        response.add(name, value);
        said.fields.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    }
    let (id, kind) = (asked.unwrap(), exchange.response.kind());
    if server.respond(id, &response, kind).is_err() {
        return;
    }
    let trailers = exchange.response.trailers(&mut said);
    if kind != Body::Empty {
        for piece in &exchange.response.body {
            server.send_data(id, piece.to_vec()).unwrap();
            said.body.extend_from_slice(piece);
        }
        if server.finish_with(id, &trailers).is_err() {
            return;
        }
    }
    said.ended = true;
    if head_only || matches!(status.code(), 204 | 304) {
        (said.body, said.trailers) = Default::default();
    }

    let mut heard = Heard::default();
    loop {
        match client.next(Instant::ORIGIN).expect("what was built is understood") {
            Next::Event(ResponseEvent::Response { head, .. }) => {
                heard.line = vec![head.status().code().to_string().into()];
                heard.fields = seen(head.fields());
            }
            Next::Event(ResponseEvent::Data { bytes, .. }) => heard.body.extend_from_slice(&bytes),
            Next::Event(ResponseEvent::End { trailers, .. }) => {
                heard.trailers = seen(&trailers);
                heard.ended = true;
                break;
            }
            Next::NeedInput => assert!(pass(server.link(), client.link()), "not all of a response: {response:?}"),
            other => panic!("{other:?}"),
        }
    }
    same(&said, &heard);
}

impl<'a> Message<'a> {
    /// Those that can be built. What belongs to the engine is compared elsewhere.
    fn fields(&self) -> impl Iterator<Item = (FieldName<'a>, FieldValue<'a>)> {
        legal(&self.fields).take(200)
    }

    fn kind(&self) -> Body {
        let length: usize = self.body.iter().map(|piece| piece.len()).sum();
        match (self.chunked, self.body.is_empty()) {
            (true, _) => Body::Unknown,
            (false, true) => Body::Empty,
            (false, false) => Body::Length(length as u64),
        }
    }

    /// They leave only where `Trailer` announced them, and behind chunks.
    fn trailers(&self, said: &mut Heard) -> Trailers {
        let mut trailers = Trailers::new();
        let announced = said.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"trailer"));
        let asked = said.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"te"));
        for (name, value) in legal(&self.trailers).take(50) {
            trailers = trailers.field(name, value);
            if self.chunked && announced && !asked {
                said.trailers.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
            }
        }
        trailers
    }
}

fn legal<'a>(fields: &[(&'a str, &'a [u8])]) -> impl Iterator<Item = (FieldName<'a>, FieldValue<'a>)> {
    fields.iter().filter_map(|(name, value)| Some((FieldName::new(name).ok()?, FieldValue::new(*value).ok()?)))
}

fn seen<B: AsRef<[u8]>>(fields: &Fields<B>) -> Seen {
    fields.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

/// What leaves one end comes to the other.
fn pass(from: &mut Link, to: &mut Link) -> bool {
    let mut moved = false;
    while let Some(chunk) = from.tx.pop() {
        assert!(feed(&mut to.rx, &chunk).is_empty() || chunk.len() > to.rx.limit(), "no room");
        moved = true;
    }
    if from.tx.wants_fin() && !moved {
        from.tx.fin_sent();
        to.rx.close();
        moved = true;
    }
    moved
}

/// Names that the engine writes itself, so that they are seen though nobody said them.
const ENGINE: &[&str] = &["connection", "content-length", "transfer-encoding"];

fn same(said: &Heard, heard: &Heard) {
    let own = |fields: &Seen| -> Seen {
        let engine = |name: &[u8]| ENGINE.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
        fields.iter().filter(|(name, _)| !engine(name)).cloned().collect()
    };
    assert_eq!(said.line, heard.line);
    assert_eq!(own(&said.fields), own(&heard.fields));
    assert_eq!((&said.body, said.ended), (&heard.body, heard.ended));
    if !said.trailers.is_empty() {
        assert_eq!(said.trailers, heard.trailers);
    }
}
