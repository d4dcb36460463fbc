//! The rules that all values share (RFC 9110 §5.6), as `nom` parsers.

use super::{Malformed, Quoted, Value};
use crate::http::grammar::{is_field_byte, is_ows, is_tchar};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::combinator::{map_opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// All of `value` by one rule.
pub(crate) fn all<'a, T>(
    rule: impl Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
    value: &'a [u8],
) -> Result<T, Malformed> {
    let mut rule = rule;
    match rule.parse(value) {
        Ok(([], output)) => Ok(output),
        _ => Err(Malformed),
    }
}

/// `OWS = *( SP / HTAB )`
pub(crate) fn ows(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(is_ows).parse(input)
}

pub(super) fn skip_ows(input: &[u8]) -> &[u8] {
    &input[input.iter().take_while(|byte| is_ows(**byte)).count()..]
}

/// `token = 1*tchar`
pub(crate) fn token(input: &[u8]) -> IResult<&[u8], &str> {
    map_opt(take_while1(is_tchar), as_str).parse(input)
}

/// `quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE`
pub(super) fn quoted(input: &[u8]) -> IResult<&[u8], Quoted<'_>> {
    let text = take_while1(is_qdtext);
    // quoted-pair = "\" ( HTAB / SP / VCHAR / obs-text )
    let pair = preceded(tag(&br"\"[..]), take_while_m_n(1, 1, is_field_byte));
    let inner = recognize(many0_count(alt((text, pair))));
    delimited(tag(&br#"""#[..]), inner, tag(&br#"""#[..])).map(Quoted::new).parse(input)
}

/// `qdtext = HTAB / SP / %x21 / %x23-5B / %x5D-7E / obs-text`
fn is_qdtext(byte: u8) -> bool {
    is_field_byte(byte) && !matches!(byte, b'"' | b'\\')
}

/// `token / quoted-string`
pub(crate) fn value(input: &[u8]) -> IResult<&[u8], Value<'_>> {
    alt((token.map(Value::Token), quoted.map(Value::Quoted))).parse(input)
}

/// `1*DIGIT`, no more than what fits.
pub(super) fn number(input: &[u8]) -> IResult<&[u8], u64> {
    map_opt(take_while1(|byte: u8| byte.is_ascii_digit()), |digits| as_str(digits)?.parse().ok()).parse(input)
}

/// `1*DIGIT`, where the largest number that there is does for all that are larger.
pub(super) fn saturating_number(input: &[u8]) -> IResult<&[u8], u64> {
    take_while1(|byte: u8| byte.is_ascii_digit()).map(saturating).parse(input)
}

pub(super) fn saturating(digits: &[u8]) -> u64 {
    digits.iter().fold(0_u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit & 15)))
}

/// What is ASCII already.
pub(super) fn as_str(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes).ok()
}
