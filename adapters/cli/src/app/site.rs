use super::{Answer, Service, explain};
use barewire::http::{FieldName, FieldValue, Method, RequestHead, Response, Status, TargetForm};
use std::sync::LazyLock;

/// What `barewire serve` has under HTTP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site;

/// What `barewire echo http` has: each request's body, for any method and path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mirror;

/// What `barewire echo ws` has: a WebSocket, whatever the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sounding;

const INDEX: &[u8] = include_bytes!("index.html");
const HTML: FieldValue<'_> = FieldValue::literal("text/html; charset=utf-8");
const TEXT: FieldValue<'_> = FieldValue::literal("text/plain; charset=utf-8");
const BYTES: FieldValue<'_> = FieldValue::literal("application/octet-stream");
const NO_STORE: FieldValue<'_> = FieldValue::literal("no-store");
const NOSNIFF: FieldValue<'_> = FieldValue::literal("nosniff");
const READ: FieldValue<'_> = FieldValue::literal("GET, HEAD, OPTIONS");
const WRITE: FieldValue<'_> = FieldValue::literal("POST, PUT, OPTIONS");
const ALL: FieldValue<'_> = FieldValue::literal("GET, HEAD, POST, PUT, OPTIONS");
const CONTENT_TYPE_OPTIONS: FieldName<'_> = FieldName::literal("x-content-type-options");

/// Heads are built once and sent many times.
struct Heads {
    page: Response,
    health: Response,
    /// What comes back is somebody else's: it must not be taken for a page of ours.
    echo: Response,
    absent: Response,
    /// By what is allowed: reading, writing, both.
    refused: [Response; 3],
    options: [Response; 3],
    mirror: Response,
    tunnel: Response,
}

static HEADS: LazyLock<Heads> = LazyLock::new(|| {
    let with_type = |status, of| Response::new(status).field(FieldName::CONTENT_TYPE, of);
    let allowed = [READ, WRITE, ALL];
    Heads {
        page: with_type(Status::OK, HTML),
        health: with_type(Status::OK, TEXT).field(FieldName::CACHE_CONTROL, NO_STORE),
        echo: with_type(Status::OK, BYTES)
            .field(FieldName::CACHE_CONTROL, NO_STORE)
            .field(CONTENT_TYPE_OPTIONS, NOSNIFF),
        absent: with_type(Status::NOT_FOUND, TEXT),
        refused: allowed.map(|all| with_type(Status::METHOD_NOT_ALLOWED, TEXT).field(FieldName::ALLOW, all)),
        options: allowed.map(|all| Response::new(Status::NO_CONTENT).field(FieldName::ALLOW, all)),
        mirror: Response::new(Status::OK),
        tunnel: Response::new(Status::OK),
    }
});

impl Service for Site {
    fn answer(&self, head: &RequestHead<&[u8]>) -> Answer {
        let heads = &*HEADS;
        let (target, method) = (head.target(), head.method());
        // A path may be empty where the authority is in the target: then it is `/` (RFC 9110 §4.2.3).
        let (reads, found) = match (target.form(), target.path()) {
            (TargetForm::Asterisk | TargetForm::Authority, _) => (2, None),
            (_, "/" | "") => (0, Some((&heads.page, INDEX))),
            (_, "/health") => (0, Some((&heads.health, &b"ok\n"[..]))),
            (_, "/echo") => (1, None),
            (_, "/ws") => return Answer::WebSocket,
            (_, path) if path.starts_with("/explain") => match explain::find(path) {
                None => return Answer::Whole(&heads.absent, b"There is nothing here. Try /explain.\n"),
                found => (0, found),
            },
            _ => {
                return Answer::Whole(
                    &heads.absent,
                    b"There is nothing here. Try / or /health, POST /echo, or a WebSocket at /ws.\n",
                );
            }
        };
        match (method, found) {
            (Method::GET | Method::HEAD, Some((response, body))) => Answer::Whole(response, body),
            (Method::POST | Method::PUT, None) if reads == 1 => Answer::Echo(&heads.echo),
            (Method::OPTIONS, _) => Answer::Whole(&heads.options[reads], b""),
            _ => Answer::Whole(&heads.refused[reads], b"This method is not for this place: see Allow.\n"),
        }
    }
}

impl Service for Mirror {
    fn answer(&self, head: &RequestHead<&[u8]>) -> Answer {
        match head.method() {
            Method::CONNECT => Answer::Tunnel(&HEADS.tunnel),
            _ => Answer::Echo(&HEADS.mirror),
        }
    }
}

impl Service for Sounding {
    fn answer(&self, _: &RequestHead<&[u8]>) -> Answer {
        Answer::WebSocket
    }
}
