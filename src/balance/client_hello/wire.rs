//! The grammar of records and of a ClientHello.

use super::{Error, Event, Hello};
use alloc::boxed::Box;

use alloc::vec::Vec;
use core::net::Ipv4Addr;
use nom::bytes::complete::take;
use nom::bytes::streaming;
use nom::combinator::{all_consuming, opt, verify};
use nom::multi::{length_data, many1_count};
use nom::number::complete::{be_u8, be_u16};
use nom::number::streaming as number;
use nom::{IResult, Parser};

/// `handshake(22)` and `client_hello(1)`.
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;

/// `server_name(0)` (RFC 6066 §3) and `application_layer_protocol_negotiation(16)` (RFC 7301 §3.1).
const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;

/// A handshake message's header: type and length.
const MESSAGE_HEADER: usize = 4;

/// How far the records were understood: a ClientHello that trickles in is not read again from its start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scan {
    /// Where the next record begins.
    at: usize,
    /// The bytes of the handshake message in the records before.
    gathered: usize,
    /// The length of that message with its header, once it is known.
    expected: Option<usize>,
}

impl Scan {
    /// Looks at all that came, `None` if more is needed.
    pub(super) fn advance(&mut self, data: &[u8], limit: usize) -> Result<Option<Event>, Error> {
        loop {
            let window = &data[..data.len().min(limit)];
            let (fragment, whole) = match record(&window[self.at.min(window.len())..]) {
                Ok((left, fragment)) => (fragment, Some(window.len() - left.len())),
                Err(nom::Err::Incomplete(_)) => (partial(&window[self.at.min(window.len())..]), None),
                Err(_) if self.gathered == 0 => return Ok(Some(Event::NotTls)),
                // "Handshake messages MUST NOT be interleaved with other record types." (RFC 8446 §5.1)
                Err(_) => return Err(Error::Malformed),
            };
            if self.gathered == 0 && fragment.first().is_some_and(|kind| *kind != CLIENT_HELLO) {
                return Ok(Some(Event::NotTls));
            }
            if self.expected.is_none() {
                self.expected = self.length(data, fragment, limit)?;
            }
            let there = self.gathered + fragment.len();
            if let Some(expected) = self.expected.filter(|expected| *expected <= there) {
                let message = self.message(data, fragment, expected);
                return hello(&message[MESSAGE_HEADER..]).map(|hello| Some(Event::Hello(hello)));
            }
            let Some(next) = whole else {
                return if window.len() == limit { Err(Error::TooLong) } else { Ok(None) };
            };
            (self.at, self.gathered) = (next, there);
        }
    }

    /// The message's length, once its header is there; judged before its bytes are awaited.
    fn length(&self, data: &[u8], fragment: &[u8], limit: usize) -> Result<Option<usize>, Error> {
        if self.gathered + fragment.len() < MESSAGE_HEADER {
            return Ok(None);
        }
        let header = self.message(data, fragment, MESSAGE_HEADER);
        let length = header[1..].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        if MESSAGE_HEADER + length > limit { Err(Error::TooLong) } else { Ok(Some(MESSAGE_HEADER + length)) }
    }

    /// The message's first `n` bytes: as they are if they are in one record, else put together.
    fn message<'a>(&self, data: &[u8], fragment: &'a [u8], n: usize) -> alloc::borrow::Cow<'a, [u8]> {
        if self.gathered == 0 {
            return fragment[..n].into();
        }
        let mut message = Vec::with_capacity(n);
        let mut left = &data[..self.at];
        while let Ok((behind, fragment)) = record(left) {
            message.extend_from_slice(fragment);
            left = behind;
        }
        message.extend_from_slice(fragment);
        message.truncate(n);
        message.into()
    }
}

/// `TLSPlaintext = type legacy_record_version length fragment` (RFC 8446 §5.1), of handshake type. "The length MUST NOT
/// exceed 2^14 bytes"; "Implementations MUST NOT send zero-length fragments of Handshake types".
fn record(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (input, length) = record_header(input)?;
    streaming::take(length)(input)
}

fn record_header(input: &[u8]) -> IResult<&[u8], u16> {
    let (input, _) = streaming::tag(&[HANDSHAKE, 3][..])(input)?;
    let (input, _) = verify(number::be_u8, |minor| *minor <= 4).parse(input)?;
    let (input, high) = verify(number::be_u8, |high| *high <= 64).parse(input)?;
    let length = move |low| u16::from_be_bytes([high, low]);
    verify(number::be_u8.map(length), |length| (1..=1 << 14).contains(length)).parse(input)
}

/// What came so far of a record that isn't whole.
fn partial(input: &[u8]) -> &[u8] {
    record_header(input).map_or(&[], |(fragment, _)| fragment)
}

/// ```text
/// ClientHello = legacy_version random legacy_session_id<0..32> cipher_suites<2..2^16-2>
///               legacy_compression_methods<1..2^8-1> [ extensions<0..2^16-1> ]
/// ```
///
/// Without extensions as TLS 1.2 allows it (RFC 5246 §7.4.1.2).
fn hello(body: &[u8]) -> Result<Hello, Error> {
    let session_id = verify(vector8, |id: &[u8]| id.len() <= 32);
    let suites = verify(vector16, |all: &[u8]| !all.is_empty() && all.len() % 2 == 0);
    let compressions = verify(vector8, |all: &[u8]| !all.is_empty());
    let fields = (take(2_usize), take(32_usize), session_id, suites, compressions, opt(vector16));
    let (_, fields) = all_consuming(fields).parse(body).map_err(malformed)?;
    let mut found = Found::default();
    let mut left: &[u8] = fields.5.unwrap_or_default();
    while !left.is_empty() {
        let (behind, (kind, value)) = (be_u16, vector16).parse(left).map_err(malformed)?;
        found.note(kind, value)?;
        left = behind;
    }
    Ok(found.hello)
}

/// A vector behind its length of one byte (RFC 8446 §3.4).
fn vector8(input: &[u8]) -> IResult<&[u8], &[u8]> {
    length_data(be_u8).parse(input)
}

/// A vector behind its length of two bytes.
fn vector16(input: &[u8]) -> IResult<&[u8], &[u8]> {
    length_data(be_u16).parse(input)
}

fn malformed(_: nom::Err<nom::error::Error<&[u8]>>) -> Error {
    Error::Malformed
}

#[derive(Default)]
struct Found {
    hello: Hello,
    names: bool,
    protocols: bool,
}

impl Found {
    fn note(&mut self, kind: u16, value: &[u8]) -> Result<(), Error> {
        let seen = match kind {
            SERVER_NAME => {
                self.hello.server_name = server_name(value)?;
                &mut self.names
            }
            ALPN => {
                self.hello.protocols = protocols(value)?;
                &mut self.protocols
            }
            _ => return Ok(()),
        };
        // "There MUST NOT be more than one extension of the same type" (RFC 8446 §4.2): else who comes after us might go
        // by the other.
        if core::mem::replace(seen, true) { Err(Error::Illegal) } else { Ok(()) }
    }
}

/// `ServerNameList = ( name_type HostName<1..2^16-1> )<1..2^16-1>`. "The ServerNameList MUST NOT contain more than one
/// name of the same name_type", and there is but one type.
fn server_name(value: &[u8]) -> Result<Option<Box<str>>, Error> {
    let (_, list) = all_consuming(vector16).parse(value).map_err(malformed)?;
    let entry = (be_u8, verify(vector16, |name: &[u8]| !name.is_empty()));
    let (_, (kind, name)) = all_consuming(entry).parse(list).map_err(|_| Error::Illegal)?;
    if kind != 0 {
        return Err(Error::Illegal);
    }
    let name = core::str::from_utf8(name).map_err(|_| Error::Illegal)?;
    // "Literal IPv4 and IPv6 addresses are not permitted in "HostName"", and yet clients send them: there is no name to
    // go by, but a backend may still serve them.
    if name.parse::<Ipv4Addr>().is_ok() || name.contains(':') {
        return Ok(None);
    }
    if is_host_name(name) { Ok(Some(name.to_ascii_lowercase().into_boxed_str())) } else { Err(Error::Illegal) }
}

/// Labels of letters, digits, hyphens and, as some have them, underscores: "without a trailing dot", 253 bytes at most.
fn is_host_name(name: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(is_legal);
    name.len() <= 253 && name.split('.').all(is_label)
}

/// `ProtocolNameList = ( ProtocolName<1..2^8-1> )<2..2^16-1>`. "Empty strings MUST NOT be included".
fn protocols(value: &[u8]) -> Result<Box<[u8]>, Error> {
    let (_, list) = all_consuming(vector16).parse(value).map_err(malformed)?;
    let name = verify(vector8, |name: &[u8]| !name.is_empty());
    let (_, _) = all_consuming(many1_count(name)).parse(list).map_err(malformed)?;
    Ok(list.into())
}
