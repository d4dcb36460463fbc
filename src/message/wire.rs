//! The header's grammar: slices in, values out.

use super::{Config, Error};
use nom::error::ErrorKind;
use nom::{IResult, Parser};

/// The header's length in bytes.
pub const HEADER_LEN: usize = 12;

/// A message's first 12 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Says that it is this protocol.
    pub magic: u32,
    /// The protocol's version.
    pub version: u16,
    /// The application's type number.
    pub kind: u16,
    /// The payload's length in bytes.
    pub length: u32,
}

impl Header {
    /// As it is on the wire.
    #[inline]
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[..4].copy_from_slice(&self.magic.to_be_bytes());
        out[4..6].copy_from_slice(&self.version.to_be_bytes());
        out[6..8].copy_from_slice(&self.kind.to_be_bytes());
        out[8..].copy_from_slice(&self.length.to_be_bytes());
        out
    }
}

/// `header = magic version type length`, with what follows it. Any values: [`check`] judges them.
///
/// # Errors
///
/// Only when there are fewer than 12 bytes.
#[inline]
pub fn header(input: &[u8]) -> IResult<&[u8], Header> {
    (u32, u16, u16, u32).map(|(magic, version, kind, length)| Header { magic, version, kind, length }).parse(input)
}

#[inline]
fn u32(input: &[u8]) -> IResult<&[u8], u32> {
    let (rest, bytes) = array(input)?;
    Ok((rest, u32::from_be_bytes(bytes)))
}

#[inline]
fn u16(input: &[u8]) -> IResult<&[u8], u16> {
    let (rest, bytes) = array(input)?;
    Ok((rest, u16::from_be_bytes(bytes)))
}

/// What `nom::number` builds on is not inlined across crates without LTO: one call for each field.
#[inline]
fn array<const N: usize>(input: &[u8]) -> IResult<&[u8], [u8; N]> {
    match input.split_first_chunk() {
        Some((bytes, rest)) => Ok((rest, *bytes)),
        None => Err(nom::Err::Error(nom::error::Error::new(input, ErrorKind::Eof))),
    }
}

/// Whether we take this message, by the config's magic, versions and limit.
///
/// # Errors
///
/// With the value that we don't take. The fields are judged in their order.
#[inline]
pub fn check(header: &Header, config: &Config) -> Result<(), Error> {
    if header.magic != config.magic {
        return Err(unknown_magic(header.magic, config.magic));
    }
    check_version(header.version, config)?;
    if header.length > config.largest {
        return Err(Error::Oversize { length: header.length, limit: config.largest });
    }
    Ok(())
}

/// The same for a header that is incomplete: what can be judged already.
///
/// # Errors
///
/// As for [`check`], and the same ones: the first byte that cannot be is enough, but where the value is needed.
pub fn check_partial(input: &[u8], config: &Config) -> Result<(), Error> {
    let expected = config.magic.to_be_bytes();
    let known = input.len().min(expected.len());
    if input[..known] != expected[..known] {
        let mut magic = [0; 4];
        magic[..known].copy_from_slice(&input[..known]);
        return Err(unknown_magic(u32::from_be_bytes(magic), config.magic));
    }
    match input.get(4..6) {
        Some(&[high, low]) => check_version(u16::from_be_bytes([high, low]), config),
        _ => Ok(()),
    }
}

#[inline]
fn check_version(version: u16, config: &Config) -> Result<(), Error> {
    if config.accepted().contains(&version) { Ok(()) } else { Err(Error::UnsupportedVersion(version)) }
}

/// The value ends at the first byte that differs, so that it is the same however few have come.
#[cold]
fn unknown_magic(magic: u32, expected: u32) -> Error {
    let same_bytes = (magic ^ expected).leading_zeros() / 8;
    let mask = !(u32::MAX.checked_shr(8 * (same_bytes + 1)).unwrap_or(0));
    Error::UnknownMagic(magic & mask)
}
