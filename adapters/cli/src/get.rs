//! `barewire get`: a client of HTTP.

mod body;
mod exchange;
mod url;

use crate::args::Get;
use crate::failure::Failure;
use crate::runtime::{self, Client};
use barewire::http::{Body, FieldName, FieldValue, Fields, Method, Request, ResponseEvent, Status, Target, Version};
use barewire::http1::{self, Config};
use body::Source;
use core::ops::ControlFlow;
use exchange::{Event, Exchange, Piece};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use url::Url;

const AGENT: FieldValue<'_> = FieldValue::literal(concat!("barewire/", env!("CARGO_PKG_VERSION")));
const ANYTHING: FieldValue<'_> = FieldValue::literal("*/*");

/// What curl ends with where a status counts as a failure.
const STATUS_FAILED: u8 = 22;

pub(crate) fn run(args: &Get) -> Result<(), Failure> {
    let url = Url::parse(&args.url)?;
    let mut source = args.data.as_deref().map(Source::open).transpose()?;
    let body = source.as_ref().map_or(Body::Empty, Source::body);
    let request = request(args, &url)?;
    let patience = args.timeout.0;
    let config = Config::builder()
        .response_timeout(patience)
        .body_timeout(patience)
        .send_timeout(patience)
        // A stream of events may be slow, as long as it goes on.
        .min_rate(1)
        .build()
        .map_err(|error| Failure::at("cannot set up the client", error))?;
    let mut client = http1::Client::new(config);
    let id = client.request(&request, body).map_err(|misuse| {
        Failure::at("cannot send this request", misuse).hint(
            "Content-Length, Transfer-Encoding and Connection are written for you; TRACE has no body; Host is host[:port].",
        )
    })?;
    let expects = request.get(FieldName::EXPECT).is_some();
    let exchange = Exchange::new(client, id, source.is_some(), expects);
    let mut printer = Printer { args, out: None, source: source.take(), complete: false };
    runtime::talk(args.runtime, &url.address, args.timeout, exchange, &mut printer)?;
    if printer.complete { Ok(()) } else { Err(Failure::new("the connection ended before the response did")) }
}

fn request(args: &Get, url: &Url<'_>) -> Result<Request, Failure> {
    let method = match args.method.as_deref() {
        Some(method) => {
            Method::new(method).map_err(|error| Failure::at(format_args!("the method `{method}`"), error))?
        }
        None if args.data.is_some() => Method::POST,
        None => Method::GET,
    };
    let target = Target::new(&url.target).map_err(|error| Failure::at("the URL's path", error))?;
    let mut request = Request::new(method, target).close();
    let mut given = Vec::new();
    for header in &args.headers {
        given.push(parse(header)?);
    }
    let host = FieldValue::new(url.authority).map_err(|error| Failure::at("the URL's host", error))?;
    for (name, value) in [(FieldName::HOST, host), (FieldName::USER_AGENT, AGENT), (FieldName::ACCEPT, ANYTHING)] {
        if given.iter().all(|(other, _)| *other != name) {
            request.add(name, value);
        }
    }
    for (name, value) in given {
        request.add(name, value);
    }
    Ok(request)
}

pub(crate) fn parse(header: &str) -> Result<(FieldName<'_>, FieldValue<'_>), Failure> {
    let parts = header.split_once(':').and_then(|(name, value)| {
        Some((FieldName::new(name).ok()?, FieldValue::new(value.trim_matches([' ', '\t'])).ok()?))
    });
    parts.ok_or_else(|| {
        Failure::new(format!("`{}` is not a field", header.escape_debug()))
            .hint("A field is a name, a colon and a value on one line, like -H 'Accept: text/html'.")
    })
}

/// Prints the response, and gives the request's body piece by piece.
struct Printer<'a> {
    args: &'a Get,
    out: Option<Box<dyn Write>>,
    source: Option<Source>,
    complete: bool,
}

impl Printer<'_> {
    /// Where the response goes. A file is created only when there is something to be put into it.
    fn out(&mut self) -> Result<&mut dyn Write, Failure> {
        let out: Box<dyn Write> = match (self.out.take(), self.args.output.as_deref()) {
            (Some(out), _) => out,
            (None, Some(path)) if path != Path::new("-") => Box::new(create(path)?),
            (None, _) => Box::new(io::stdout()),
        };
        Ok(self.out.insert(out))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let path: Option<PathBuf> = self.args.output.clone();
        let out = self.out()?;
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match path {
            Some(path) => Failure::at(format_args!("cannot write {}", path.display()), error),
            None => Failure::output(&error),
        })
    }

    fn head(&mut self, version: Version, status: Status, reason: &[u8], fields: &Fields) -> Result<(), Failure> {
        tracing::debug!(%status, ?fields, "response");
        if !self.args.include {
            return Ok(());
        }
        let version = if version == Version::Http10 { "1.0" } else { "1.1" };
        let mut head = format!("HTTP/{version} {status} ").into_bytes();
        head.extend_from_slice(reason);
        for (name, value) in fields {
            head.extend([b"\r\n", name.as_bytes(), b": ", value.as_bytes()].concat());
        }
        head.extend_from_slice(b"\r\n\r\n");
        self.write(&head)
    }

    fn hear(&mut self, event: ResponseEvent) -> Result<ControlFlow<()>, Failure> {
        match event {
            ResponseEvent::Interim { head, .. } => {
                self.head(head.version(), head.status(), head.reason(), head.fields())?;
            }
            ResponseEvent::Response { head, .. } => {
                let status = head.status();
                self.head(head.version(), status, head.reason(), head.fields())?;
                if self.args.fail && status.code() >= 400 {
                    let phrase = head.reason().escape_ascii();
                    return Err(Failure::new(format!("the server answered {status} {phrase}")).code(STATUS_FAILED));
                }
                // An empty body is a file too.
                self.write(b"")?;
            }
            ResponseEvent::Data { bytes, .. } => self.write(&bytes)?,
            ResponseEvent::End { .. } => {
                self.complete = true;
                return Ok(ControlFlow::Break(()));
            }
            ResponseEvent::Upgraded { .. } => {
                return Err(Failure::new("the server switched to another protocol, as the request asked it to")
                    .hint("This command speaks only HTTP: leave Upgrade out."));
            }
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Client<Exchange> for Printer<'_> {
    fn on_event(&mut self, exchange: &mut Exchange, event: Event) -> Result<ControlFlow<()>, Failure> {
        match event {
            Event::Response(event) => self.hear(event),
            Event::Room => {
                let piece = self.source.as_mut().map_or(Ok(Piece::End), Source::next)?;
                let sent = exchange.give(piece);
                sent.map_err(|misuse| Failure::at("the body changed while it was sent", misuse))?;
                Ok(ControlFlow::Continue(()))
            }
        }
    }
}

fn create(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| Failure::at(format_args!("cannot create {}", path.display()), error))
}
