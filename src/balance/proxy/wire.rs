//! The grammar: slices in, values out. Where more bytes could still complete a preamble, it says so.

use super::header::{Addresses, Header, Transport, UnixAddress, Version, tlv};
use super::reader::Error;
use alloc::boxed::Box;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
use core::str::FromStr;
use nom::branch::alt;
use nom::bytes::{complete, streaming};
use nom::combinator::{map, map_opt, map_parser, rest, value};
use nom::error::{ErrorKind, ParseError};
use nom::multi::length_data;
use nom::number::complete::be_u16;
use nom::number::streaming as number;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// What version 2 begins with (§2.2): no text protocol starts like this.
pub(super) const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// "If the CRLF sequence is not found in the first 107 characters, the receiver should declare the line invalid" (§2.1).
const LONGEST_LINE: usize = 107;

type Parsed<'a, T> = IResult<&'a [u8], T, Error>;

impl ParseError<&[u8]> for Error {
    fn from_error_kind(_: &[u8], _: ErrorKind) -> Self {
        Self::Syntax
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

fn fail<T>(error: Error) -> Parsed<'static, T> {
    Err(nom::Err::Failure(error))
}

/// `preamble = line / block`, of at most `limit` bytes.
pub(super) fn preamble(input: &[u8], limit: usize) -> Parsed<'_, Header> {
    match input.first() {
        Some(b'P') => line_within(input),
        Some(b'\r') => block(input, limit),
        Some(_) => fail(Error::Missing),
        None => Err(nom::Err::Incomplete(nom::Needed::new(1))),
    }
}

fn line_within(input: &[u8]) -> Parsed<'_, Header> {
    // Cut off, so that the verdict is the same however much has come.
    let window = &input[..input.len().min(LONGEST_LINE)];
    match line(window) {
        Ok((left, addresses)) => Ok((&input[window.len() - left.len()..], Header::v1(addresses))),
        Err(nom::Err::Incomplete(_)) if window.len() == LONGEST_LINE => fail(Error::TooLong),
        Err(error) => Err(error),
    }
}

/// `line = "PROXY" SP ( "TCP4" SP ends4 / "TCP6" SP ends6 / "UNKNOWN" [ SP *text ] ) CR LF` (§2.1).
fn line(input: &[u8]) -> Parsed<'_, Addresses> {
    let (input, _) = streaming::tag(&b"PROXY"[..])(input).map_err(missing)?;
    let is_text = |byte: u8| !matches!(byte, b'\r' | b'\n');
    let unknown =
        (streaming::tag(&b"UNKNOWN"[..]), alt((value((), (sp, streaming::take_while(is_text))), value((), nothing))));
    let transport = Transport::Stream;
    delimited(
        sp,
        alt((
            map(preceded(streaming::tag(&b"TCP4 "[..]), ends::<Ipv4Addr>), |(source, destination)| Addresses::V4 {
                transport,
                source: SocketAddrV4::new(source.0, source.1),
                destination: SocketAddrV4::new(destination.0, destination.1),
            }),
            map(preceded(streaming::tag(&b"TCP6 "[..]), ends::<Ipv6Addr>), |(source, destination)| Addresses::V6 {
                transport,
                source: SocketAddrV6::new(source.0, source.1, 0, 0),
                destination: SocketAddrV6::new(destination.0, destination.1, 0, 0),
            }),
            value(Addresses::Unspecified, unknown),
        )),
        // "must not tolerate a single CR or LF character to end the line"
        streaming::tag(&b"\r\n"[..]),
    )
    .parse(input)
}

/// Without the signature of either version it isn't a fault in the preamble: there is none.
fn missing(error: nom::Err<Error>) -> nom::Err<Error> {
    error.map(|_| Error::Missing)
}

/// "exactly one space"
fn sp(input: &[u8]) -> Parsed<'_, &[u8]> {
    streaming::tag(&b" "[..])(input)
}

fn nothing(input: &[u8]) -> Parsed<'_, &[u8]> {
    complete::take(0_usize)(input)
}

type End<A> = (A, u16);

/// `ends = address SP address SP port SP port`, source first.
fn ends<A: FromStr>(input: &[u8]) -> Parsed<'_, (End<A>, End<A>)> {
    let address = || terminated(text(45, |byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')), sp);
    let (input, (from, to)) = (address(), address()).parse(input)?;
    let (input, (source, _, destination)) = (port, sp, port).parse(input)?;
    Ok((input, ((from, source), (to, destination))))
}

/// "Heading zeroes are not permitted": for the numbers of an address, Rust's parser sees to that.
fn port(input: &[u8]) -> Parsed<'_, u16> {
    let (left, port) = text(5, |byte| byte.is_ascii_digit()).parse(input)?;
    let digits = input.len() - left.len();
    if digits > 1 && input[0] == b'0' { fail(Error::Syntax) } else { Ok((left, port)) }
}

/// Up to `most` bytes of a kind that are the text of a value.
fn text<'a, T: FromStr>(most: usize, is_kind: impl Fn(u8) -> bool) -> impl Parser<&'a [u8], Output = T, Error = Error> {
    map_opt(streaming::take_while_m_n(1, most, is_kind), |text| core::str::from_utf8(text).ok()?.parse().ok())
}

/// `block = signature version-command family length *OCTET` (§2.2).
fn block(input: &[u8], limit: usize) -> Parsed<'_, Header> {
    let (after, _) = streaming::tag(&SIGNATURE[..])(input).map_err(missing)?;
    let (after, command) = number::be_u8(after)?;
    let local = match command {
        0x20 => true,
        0x21 => false,
        // "Receivers must drop connections presenting unexpected values here."
        0x22..=0x2F => return fail(Error::Command(command & 0xF)),
        _ => return fail(Error::Version(command >> 4)),
    };
    let (after, family) = number::be_u8(after)?;
    // "discard the protocol block including the family which is ignored"
    let family = if local { Family::Unspecified } else { Family::of(family)? };
    let (after, length) = number::be_u16(after)?;
    let length = usize::from(length);
    if SIGNATURE.len() + 4 + length > limit {
        return fail(Error::TooLong);
    }
    if length < family.length() {
        return fail(Error::Length);
    }
    let (after, body) = streaming::take(length)(after)?;
    let (tlvs, addresses) = family.addresses(body)?;
    if let Some(at) = check_tlvs(tlvs)? {
        let whole = &input[..input.len() - after.len()];
        let at = whole.len() - tlvs.len() + at;
        let (said, behind) = whole[at..].split_at(4);
        if checksum(&[&whole[..at], &[0; 4], behind]).to_be_bytes() != said {
            return fail(Error::Checksum);
        }
    }
    Ok((after, Header { version: Version::V2, local, addresses, tlvs: tlvs.into() }))
}

#[derive(Clone, Copy)]
enum Family {
    Unspecified,
    V4(Transport),
    V6(Transport),
    Unix(Transport),
}

impl Family {
    /// "other values … must be rejected as invalid by receivers"; for unspecified ones we "use the real endpoint
    /// addresses".
    fn of(byte: u8) -> Result<Self, nom::Err<Error>> {
        let transport = match byte & 0xF {
            1 => Some(Transport::Stream),
            2 => Some(Transport::Datagram),
            0 => None,
            _ => return Err(nom::Err::Failure(Error::Family(byte))),
        };
        match (byte >> 4, transport) {
            (1, Some(transport)) => Ok(Self::V4(transport)),
            (2, Some(transport)) => Ok(Self::V6(transport)),
            (3, Some(transport)) => Ok(Self::Unix(transport)),
            (0..=3, _) => Ok(Self::Unspecified),
            _ => Err(nom::Err::Failure(Error::Family(byte))),
        }
    }

    fn length(self) -> usize {
        match self {
            Self::Unspecified => 0,
            Self::V4(_) => 12,
            Self::V6(_) => 36,
            Self::Unix(_) => 216,
        }
    }

    /// The addresses, and the TLVs behind them.
    fn addresses(self, body: &[u8]) -> Parsed<'_, Addresses> {
        match self {
            // Of what length its addresses are, nobody knows; so neither where TLVs would begin.
            Self::Unspecified => value(Addresses::Unspecified, rest).parse(body),
            Self::V4(transport) => {
                let (left, (from, to, source, destination)) = (array, array, be_u16, be_u16).parse(body)?;
                let source = SocketAddrV4::new(Ipv4Addr::from(from), source);
                let destination = SocketAddrV4::new(Ipv4Addr::from(to), destination);
                Ok((left, Addresses::V4 { transport, source, destination }))
            }
            Self::V6(transport) => {
                let (left, (from, to, source, destination)) = (array, array, be_u16, be_u16).parse(body)?;
                let source = SocketAddrV6::new(Ipv6Addr::from(from), source, 0, 0);
                let destination = SocketAddrV6::new(Ipv6Addr::from(to), destination, 0, 0);
                Ok((left, Addresses::V6 { transport, source, destination }))
            }
            Self::Unix(transport) => {
                let (left, (from, to)) = (array, array).parse(body)?;
                Ok((left, Addresses::Unix { transport, ends: Box::new([UnixAddress(from), UnixAddress(to)]) }))
            }
        }
    }
}

fn array<const N: usize>(input: &[u8]) -> Parsed<'_, [u8; N]> {
    map_opt(complete::take(N), |bytes: &[u8]| bytes.try_into().ok()).parse(input)
}

/// `tlv = type length *OCTET` (§2.2), all of it there.
pub(super) fn tlv(input: &[u8]) -> Parsed<'_, (u8, &[u8])> {
    (nom::number::complete::be_u8, map_parser(length_data_complete, rest)).parse(input)
}

fn length_data_complete(input: &[u8]) -> Parsed<'_, &[u8]> {
    match length_data(be_u16).parse(input) {
        Err(nom::Err::Incomplete(_)) => fail(Error::Tlv),
        other => other,
    }
}

/// Whether these are TLVs, each as its type has to be, and nothing else. Where the checksum is, if there is one.
pub(super) fn check_tlvs(tlvs: &[u8]) -> Result<Option<usize>, nom::Err<Error>> {
    let broken = || nom::Err::Failure(Error::Tlv);
    let (mut left, mut found) = (tlvs, None);
    while !left.is_empty() {
        let (behind, (kind, value)) = tlv(left).map_err(|_| broken())?;
        let holds = match kind {
            tlv::CRC32C => {
                let at = tlvs.len() - behind.len() - value.len();
                value.len() == 4 && found.replace(at).is_none()
            }
            tlv::UNIQUE_ID => value.len() <= 128,
            tlv::SSL => value.get(5..).is_some_and(are_tlvs),
            _ => true,
        };
        if !holds {
            return Err(broken());
        }
        left = behind;
    }
    Ok(found)
}

fn are_tlvs(mut input: &[u8]) -> bool {
    while !input.is_empty() {
        let Ok((left, _)) = tlv(input) else { return false };
        input = left;
    }
    true
}

/// CRC32c (RFC 4960, appendix B) of several pieces. Bit by bit: it runs once in a connection, if at all.
pub(super) fn checksum(pieces: &[&[u8]]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 };
    let bytes = pieces.iter().copied().flatten();
    !bytes.fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::checksum;

    /// The vectors of RFC 3720, appendix B.4, and the usual check value.
    #[test]
    fn checksums() {
        assert_eq!(checksum(&[b"123456789"]), 0xE306_9283);
        assert_eq!(checksum(&[b"1234", b"", b"56789"]), 0xE306_9283);
        assert_eq!(checksum(&[&[0; 32]]), 0x8A91_36AA);
        assert_eq!(checksum(&[&[0xFF; 32]]), 0x62A8_AB43);
        assert_eq!(checksum(&[]), 0);
    }
}
