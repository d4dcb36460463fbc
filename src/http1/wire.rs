//! The syntax of RFC 9112: slices in, borrowed values and offsets out. No state, no allocation on the way.

use super::facts::Facts;
use super::{Config, Error};
use crate::http::{FieldIndex, Version, chars, form_of};
use alloc::vec;
use core::mem::MaybeUninit;
use httparse::{EMPTY_HEADER, Header, Status};

/// Sections with up to this many fields are parsed without an allocation.
const FEW: usize = 32;

/// `request-line = method SP request-target SP HTTP-version`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestLine<'a> {
    pub(super) method: &'a [u8],
    pub(super) target: &'a [u8],
    pub(super) version: Version,
}

/// Reads a request line without its CR LF, strictly: a recipient "MAY instead parse on whitespace-delimited word
/// boundaries", and this one doesn't (RFC 9112 §3).
pub(super) fn request_line<'a>(line: &'a [u8], config: &Config) -> Result<RequestLine<'a>, Error> {
    let (method, rest) = split_space(line).ok_or(Error::RequestLine)?;
    let (target, version) = split_space(rest).ok_or(Error::RequestLine)?;
    if !chars::is_token(method) || target.is_empty() {
        return Err(Error::RequestLine);
    }
    let [b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] = *version else {
        return Err(Error::RequestLine);
    };
    if (method, target, major, minor) == (b"PRI", b"*", b'2', b'0') {
        return Err(Error::Http2Preface);
    }
    let version = read_version(major, minor, config)?;
    check_target(method, target, config)?;
    Ok(RequestLine { method, target, version })
}

/// What a request line above its limit is: "A server that receives a request-target longer than any URI it wishes to parse
/// MUST respond with a 414" (RFC 9112 §3), but a method or a version that doesn't end is none at all.
pub(super) fn too_long(error: Error, data: &[u8], config: &Config) -> Error {
    let line = &data[..data.len().min(config.max_line)];
    let rest = split_space(line).map(|(_, rest)| split_space(rest).map_or(0, |(_, version)| version.len()));
    match rest {
        None if error == Error::LineTooLong => Error::RequestLine,
        Some(version) if error == Error::LineTooLong && version > b"HTTP/1.1\r\n".len() => Error::RequestLine,
        _ => error,
    }
}

fn split_space(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let space = memchr::memchr(b' ', line)?;
    Some((&line[..space], &line[space + 1..]))
}

/// "HTTP-version is case-sensitive", with one digit on each side of the dot (RFC 9112 §2.3).
fn read_version(major: u8, minor: u8, config: &Config) -> Result<Version, Error> {
    match (major, minor) {
        (b'1', b'0') => Ok(Version::Http10),
        (b'1', b'1') => Ok(Version::Http11),
        (b'1', _) if config.allow_minor_versions => Ok(Version::Http11),
        _ => Err(Error::Version),
    }
}

/// The target's bytes, and whether its form is one that the method takes (RFC 9112 §3.2).
fn check_target(method: &[u8], target: &[u8], config: &Config) -> Result<(), Error> {
    if !chars::is_target(target) {
        let mut all = target.iter();
        let legal = config.allow_utf8_target && all.all(|&byte| chars::is_target_byte(byte) || byte >= 0x80);
        if !legal || core::str::from_utf8(target).is_err() {
            return Err(Error::Target);
        }
    }
    if form_of(target).is_some_and(|form| form.fits(method)) { Ok(()) } else { Err(Error::Target) }
}

/// Reads `status-line = HTTP-version SP status-code SP [ reason-phrase ]` without its CR LF. The second SP may be
/// missing with the phrase, as many servers write it.
pub(super) fn status_line<'a>(line: &'a [u8], config: &Config) -> Result<(Version, u16, &'a [u8]), Error> {
    let [b'H', b'T', b'T', b'P', b'/', major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9', b' ', rest @ ..] = line else {
        return Err(Error::StatusLine);
    };
    let version = read_version(*major, *minor, config)?;
    let (digits, reason) = match rest {
        [a, b, c] => ([*a, *b, *c], &rest[3..]),
        [a, b, c, b' ', reason @ ..] => ([*a, *b, *c], reason),
        _ => return Err(Error::StatusLine),
    };
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit.wrapping_sub(b'0')));
    let legal = digits.iter().all(u8::is_ascii_digit) && digits[0] != b'0';
    if legal && reason.iter().all(|&byte| chars::is_field_byte(byte)) {
        Ok((version, code, reason))
    } else {
        Err(Error::StatusLine)
    }
}

/// Reads a whole head in one go, from a request line to the empty line, if `data` begins with one that is flawless.
///
/// It is the usual case. `None` means that something is missing or wrong: which, the line-by-line reader finds out.
pub(super) fn whole_request<'a>(
    data: &'a [u8],
    config: &Config,
    index: &mut FieldIndex,
    facts: &mut Facts,
) -> Option<(RequestLine<'a>, usize)> {
    let mut headers = [const { MaybeUninit::uninit() }; FEW];
    let mut request = httparse::Request::new(&mut []);
    let parser = httparse::ParserConfig::default();
    let parsed = parser.parse_request_with_uninit_headers(&mut request, data, &mut headers);
    let (Ok(Status::Complete(end)), Some(method), Some(target)) = (parsed, request.method, request.path) else {
        return None;
    };
    let (method, target) = (method.as_bytes(), target.as_bytes());
    let version = if request.version == Some(0) { Version::Http10 } else { Version::Http11 };
    // The parser skips empty lines before the request line: those must have been dealt with.
    let fields = method.len() + 1 + target.len() + " HTTP/1.1\r\n".len();
    let flawless = offset(data, method) == 0
        && end <= config.max_head
        && fields <= config.max_line
        && request.headers.len() <= config.max_fields
        && data[..fields].ends_with(b"\r\n")
        && check_target(method, target, config).is_ok();
    if !flawless {
        return None;
    }
    collect(request.headers, &data[..end], fields, index, facts).ok()?;
    Some((RequestLine { method, target, version }, end))
}

/// Reads the fields of `section`, which begin at `from` and end with an empty line.
pub(super) fn fields(section: &[u8], from: usize, config: &Config, index: &mut FieldIndex) -> Result<Facts, Error> {
    let mut facts = Facts::default();
    let mut few = [EMPTY_HEADER; FEW];
    match httparse::parse_headers(&section[from..], &mut few) {
        Ok(Status::Complete((_, headers))) if headers.len() <= config.max_fields => {
            collect(headers, section, from, index, &mut facts)?;
            return Ok(facts);
        }
        Ok(Status::Complete(_)) => return Err(Error::TooManyFields),
        Err(httparse::Error::TooManyHeaders) if FEW < config.max_fields => {}
        Err(httparse::Error::TooManyHeaders) => return Err(Error::TooManyFields),
        Ok(Status::Partial) | Err(_) => return Err(Error::FieldLine),
    }
    let mut many = vec![EMPTY_HEADER; config.max_fields];
    match httparse::parse_headers(&section[from..], &mut many) {
        Ok(Status::Complete((_, headers))) => collect(headers, section, from, index, &mut facts)?,
        Err(httparse::Error::TooManyHeaders) => return Err(Error::TooManyFields),
        Ok(Status::Partial) | Err(_) => return Err(Error::FieldLine),
    }
    Ok(facts)
}

/// One walk over the fields: the parser's leniency with line ends is taken back, offsets are noted, and what frames
/// the message is understood.
fn collect(
    headers: &[Header<'_>],
    section: &[u8],
    from: usize,
    index: &mut FieldIndex,
    facts: &mut Facts,
) -> Result<(), Error> {
    index.begin(section, headers.len());
    let mut line = from;
    for header in headers {
        let (name, value) = (header.name.as_bytes(), header.value);
        let at = offset(section, value);
        let mut end = at + value.len();
        while matches!(section.get(end), Some(b' ' | b'\t')) {
            end += 1;
        }
        // A field begins where the last line ended, and a line ends in CR LF: the parser would take LF.
        if offset(section, name) != line || section.get(end..end + 2) != Some(b"\r\n") {
            return Err(Error::LineEnd);
        }
        index.add((line, line + name.len()), (at, at + value.len()));
        facts.note(name, value);
        line = end + 2;
    }
    if section[line..] == *b"\r\n" { Ok(()) } else { Err(Error::LineEnd) }
}

/// Where `part`, a slice of `whole`, begins in it.
fn offset(whole: &[u8], part: &[u8]) -> usize {
    part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr())
}

/// Where `part`, a slice of `whole`, is in it. Sections are shorter than 64 KiB.
pub(super) fn span(whole: &[u8], part: &[u8]) -> (u16, u16) {
    let start = offset(whole, part);
    let narrow = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
    (narrow(start), narrow(start + part.len()))
}
