//! Writing responses' heads.

use super::body::{BodyWriter, Line, put_framing};
use super::head::Method;
use super::server::Exchange;
use crate::http::{Body, Response, Status};
use crate::{Misuse, Outbox};

/// Whether `response` with `body` is a response to this request. Returns the body that is then announced.
pub(super) fn check(exchange: &Exchange, response: &Response, body: Body) -> Result<Body, Misuse> {
    let fields = response.outgoing();
    let status = response.status();
    // A 2xx to CONNECT switches "immediately after the blank line": that is `upgrade` (RFC 9110 §9.3.6).
    let tunnel = exchange.method == Method::Connect && status.is_success();
    if fields.conflict || status.is_interim() || status.code() > 599 || tunnel {
        return Err(Misuse::Invalid);
    }
    if matches!(status, Status::NO_CONTENT | Status::RESET_CONTENT) && !matches!(body, Body::Empty | Body::Length(0)) {
        return Err(Misuse::Invalid);
    }
    match (fields.length, body) {
        (None, body) => Ok(body),
        // What GET would have said is a length that nothing here has to match (RFC 9110 §8.6).
        (Some(length), Body::Empty) if exchange.method == Method::Head || status == Status::NOT_MODIFIED => {
            Ok(Body::Length(length))
        }
        (Some(0), Body::Empty) => Ok(body),
        (Some(length), Body::Length(same)) if length == same => Ok(body),
        _ => Err(Misuse::Invalid),
    }
}

/// Writes the final response's head. Returns how its body is sent, and whether the connection ends with it.
pub(super) fn put(
    exchange: &Exchange,
    response: &Response,
    body: Body,
    mut close: bool,
    date: Option<&[u8]>,
    tx: &mut Outbox,
) -> (BodyWriter, bool) {
    let mut line = Line::default();
    let status = response.status();
    put_own(response, &mut line, tx);
    if let Some(date) = date.filter(|_| !response.outgoing().has_date) {
        line.put(date);
    }
    let trailers = exchange.te_trailers || response.outgoing().has_trailer;
    let mut writer = match (status, body) {
        // "A server MUST NOT send a Content-Length header field in any response with a status code of [...] 204", and
        // in a 304 only what a 200 would have said (RFC 9110 §8.6).
        (Status::NO_CONTENT, _) | (Status::NOT_MODIFIED, Body::Empty) => Some(BodyWriter::Bodyless),
        _ => put_framing(body, !exchange.http10, trailers, &mut line),
    };
    if exchange.method == Method::Head || status.is_bodyless() {
        writer = Some(BodyWriter::Bodyless);
    }
    let writer = writer.unwrap_or_else(|| {
        // "A server MUST NOT send a response containing Transfer-Encoding unless the corresponding request indicates
        // HTTP/1.1": only the end of the connection can end this body (RFC 9112 §6.1).
        close = true;
        BodyWriter::UntilClose
    });
    // "A sender of Upgrade MUST also send an "Upgrade" connection option", in a 426 too (RFC 9110 §7.8).
    let options: &[u8] = match (response.outgoing().has_upgrade, close) {
        (true, true) => b"connection: close, upgrade\r\n",
        (true, false) if !exchange.http10 => b"connection: upgrade\r\n",
        (false, true) => b"connection: close\r\n",
        (_, false) if exchange.http10 => b"connection: keep-alive\r\n",
        _ => b"",
    };
    line.put(options);
    line.put(b"\r\n");
    tx.put(line.as_bytes());
    (writer, close)
}

/// Writes the status line, the response's own fields, and what the engine adds, empty line included.
pub(super) fn put_head(response: &Response, engine: &[u8], tx: &mut Outbox) {
    let mut line = Line::default();
    put_own(response, &mut line, tx);
    line.put(engine);
    tx.put(line.as_bytes());
}

/// Writes the status line and the response's own fields. Where there are none, the status line waits in `line` for what
/// the engine adds, to be queued with it.
fn put_own(response: &Response, line: &mut Line, tx: &mut Outbox) {
    if !response.has_line() {
        put_status(response.status(), line);
    }
    let own = response.outgoing().bytes();
    if !own.is_empty() {
        tx.put(line.as_bytes());
        tx.put(own);
        line.clear();
    }
}

fn put_status(status: Status, line: &mut Line) {
    if let Some(known) = status.line() {
        return line.put(known.as_bytes());
    }
    // "A server MUST send the space that separates the status-code from the reason-phrase even when the reason-phrase
    // is absent" (RFC 9112 §4).
    line.put(b"HTTP/1.1 ");
    line.decimal(u64::from(status.code()));
    line.put(b" \r\n");
}

/// Writes the reply to a request that can't be understood.
pub(super) fn put_farewell(status: Status, date: Option<&[u8]>, tx: &mut Outbox) {
    let mut line = Line::default();
    put_status(status, &mut line);
    line.put(date.unwrap_or_default());
    line.put(b"content-length: 0\r\nconnection: close\r\n\r\n");
    tx.put(line.as_bytes());
}
