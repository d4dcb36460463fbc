//! Chunked bodies against a naive reading of RFC 9112 §7.1: the same data, the same end, the same faults.

use super::grammar::{field, is_text, is_token, section};
use super::support::feed;
use barewire::http::RequestEvent;
use barewire::http1::{Config, Server};
use barewire::{Instant, Machine, Next};

const HEAD: &[u8] = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// Data, the trailers that may be seen, and how long it was.
    Whole(Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>, usize),
    /// Good so far.
    Part(Vec<u8>),
    Faulty(Vec<u8>),
}

pub fn holds(input: &[u8]) {
    let input = &input[..input.len().min(60_000)];
    let theirs = read(input);
    for piece in [input.len().max(1), 1 + input.len() / 3] {
        assert_eq!(ours(input, piece), theirs, "by {piece}: {}", input.escape_ascii());
    }
}

fn ours(input: &[u8], piece: usize) -> Outcome {
    // Only the grammar is looked at here, so every limit is as high as it goes.
    let config = Config::builder().max_chunk_line(65_535).max_chunk_overhead(1 << 40).max_trailers(65_535);
    let mut server = Server::new(config.max_fields(8192).build().unwrap());
    feed(&mut server.link().rx, HEAD);
    assert!(matches!(server.next(Instant::ORIGIN), Ok(Next::Event(RequestEvent::Request { .. }))));
    let mut body = Vec::new();
    let mut fed = 0;
    for bytes in input.chunks(piece) {
        assert!(feed(&mut server.link().rx, bytes).is_empty(), "no room");
        fed += bytes.len();
        loop {
            match server.next(Instant::ORIGIN) {
                Ok(Next::Event(RequestEvent::Data { bytes, .. })) => {
                    assert!(!bytes.is_empty(), "an event about nothing");
                    body.extend_from_slice(&bytes);
                }
                Ok(Next::Event(RequestEvent::End { trailers, .. })) => {
                    let rest = server.link().rx.data();
                    assert_eq!(rest, &input[fed - rest.len()..fed], "what is left isn't the rest");
                    let trailers =
                        trailers.iter().map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into()));
                    return Outcome::Whole(body, trailers.collect(), fed - server.link().rx.len());
                }
                Ok(Next::Event(other)) => panic!("within a body: {other:?}"),
                Ok(Next::NeedInput) => break,
                Ok(other) => panic!("within a body: {other:?}"),
                Err(_) => return Outcome::Faulty(body),
            }
        }
    }
    Outcome::Part(body)
}

fn read(input: &[u8]) -> Outcome {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let digits = input[at..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let line = &input[at + digits..];
        if digits > 16 || (digits == 0 && !line.is_empty()) {
            return Outcome::Faulty(body);
        }
        let extensions = match extensions(line) {
            Some(Ok(length)) => length,
            Some(Err(())) => return Outcome::Faulty(body),
            None => return Outcome::Part(body),
        };
        let size = u64::from_str_radix(core::str::from_utf8(&input[at..at + digits]).unwrap(), 16).unwrap();
        at += digits + extensions;
        if size == 0 {
            return trailers(body, &input[at..], at);
        }
        let there = usize::try_from(size).unwrap_or(usize::MAX).min(input.len() - at);
        body.extend_from_slice(&input[at..at + there]);
        at += there;
        if (there as u64) < size {
            return Outcome::Part(body);
        }
        match &input[at..] {
            [] | [b'\r'] => return Outcome::Part(body),
            [b'\r', b'\n', ..] => at += 2,
            _ => return Outcome::Faulty(body),
        }
    }
}

/// How long `*( BWS ";" BWS name [ BWS "=" BWS value ] ) CRLF` is. `None` if more is needed to know.
///
/// A small state in words, where the engine has an enum: what may come next.
fn extensions(line: &[u8]) -> Option<Result<usize, ()>> {
    let space = |at: usize| at + line[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let token = |at: usize| at + line[at..].iter().take_while(|byte| is_token(&[**byte])).count();
    let mut at = 0;
    loop {
        // CRLF, or BWS ";"
        let after = space(at);
        match line[after..] {
            [] => return None,
            [b'\r'] if after == at => return None,
            [b'\r', b'\n', ..] if after == at => return Some(Ok(at + 2)),
            [b';', ..] => at = space(after + 1),
            _ => return Some(Err(())),
        }
        let name = at;
        at = token(name);
        if at == line.len() {
            return None;
        }
        if at == name {
            return Some(Err(()));
        }
        let equals = space(at);
        match line[equals..] {
            [] => return None,
            [b'=', ..] => at = space(equals + 1),
            _ => continue,
        }
        if line.get(at) == Some(&b'"') {
            at += 1;
            loop {
                match line[at..] {
                    [] | [b'\\'] => return None,
                    [b'"', ..] => break at += 1,
                    [b'\\', byte, ..] if is_text(&[byte]) => at += 2,
                    [b'\\', ..] => return Some(Err(())),
                    [byte, ..] if is_text(&[byte]) => at += 1,
                    _ => return Some(Err(())),
                }
            }
            continue;
        }
        let value = at;
        at = token(value);
        if at == line.len() {
            return None;
        }
        if at == value {
            return Some(Err(()));
        }
    }
}

fn trailers(body: Vec<u8>, rest: &[u8], at: usize) -> Outcome {
    let Ok(whole) = section(rest) else { return Outcome::Faulty(body) };
    let Some((lines, length)) = whole else { return Outcome::Part(body) };
    let Some(fields) = lines.into_iter().map(field).collect::<Option<Vec<_>>>() else {
        return Outcome::Faulty(body);
    };
    let seen = fields.into_iter().filter(|(name, _)| !is_hidden(name));
    Outcome::Whole(body, seen.map(|(name, value)| (name.to_vec(), value.to_vec())).collect(), at + length)
}

/// What frames, routes, authorises, modifies a request or describes the content (RFC 9110 §6.5.1).
fn is_hidden(name: &[u8]) -> bool {
    let names = "age authorization cache-control connection content-encoding content-language content-length \
                 content-location content-range content-type cookie date expect expires host if-match \
                 if-modified-since if-none-match if-range if-unmodified-since keep-alive location max-forwards pragma \
                 proxy-authenticate proxy-authorization proxy-connection range retry-after set-cookie te trailer \
                 transfer-encoding upgrade vary warning www-authenticate";
    names.split(' ').any(|hidden| name.eq_ignore_ascii_case(hidden.as_bytes()))
}
