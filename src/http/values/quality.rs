use super::{List, rules};
use core::fmt;
use nom::bytes::complete::{tag, tag_no_case, take_while_m_n};
use nom::combinator::{map, opt, recognize};
use nom::sequence::preceded;
use nom::{IResult, Parser, branch::alt};

/// A weight from 0, "not acceptable", to 1, in thousandths (RFC 9110 §12.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(u16);

impl Quality {
    /// What goes without saying.
    pub const ONE: Self = Self(1000);
    /// Not acceptable.
    pub const ZERO: Self = Self(0);

    /// From 0 to 1000.
    #[must_use]
    pub fn thousandths(self) -> u16 {
        self.0
    }

    /// `qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )`
    pub(super) fn parse(input: &[u8]) -> IResult<&[u8], Self> {
        let zero = preceded(tag(&b"0"[..]), opt(preceded(tag(&b"."[..]), digits)));
        let one = (tag(&b"1"[..]), opt((tag(&b"."[..]), take_while_m_n(0, 3, |byte| byte == b'0'))));
        alt((map(zero, |fraction| Self(fraction.unwrap_or(0))), map(recognize(one), |_| Self::ONE))).parse(input)
    }
}

/// `0*3DIGIT`, as thousandths.
fn digits(input: &[u8]) -> IResult<&[u8], u16> {
    let three = |digits: &[u8]| {
        let padded = digits.iter().map(|digit| u16::from(digit & 15)).chain([0; 3]);
        padded.take(3).fold(0, |number, digit| number * 10 + digit)
    };
    map(take_while_m_n(0, 3, |byte: u8| byte.is_ascii_digit()), three).parse(input)
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// A token with its weight: an element of `Accept-Encoding`, `Accept-Language` or `Accept-Charset`.
///
/// ```
/// use barewire::http::values::{Quality, Weighted};
///
/// let refused = Weighted::list(b"gzip, br;q=0")
///     .filter_map(Result::ok)
///     .any(|coding| coding.token.eq_ignore_ascii_case("br") && coding.quality == Quality::ZERO);
/// assert!(refused);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighted<'a> {
    /// A coding, a language range, a charset, or `*`.
    pub token: &'a str,
    /// Its weight: 1 where none is given.
    pub quality: Quality,
}

impl<'a> Weighted<'a> {
    /// The elements of a list.
    #[must_use]
    pub fn list(value: &'a [u8]) -> List<'a, Self> {
        List::new(value, Self::element)
    }

    fn element(input: &'a [u8]) -> IResult<&'a [u8], Self> {
        (rules::token, opt(weight))
            .map(|(token, quality)| Self { token, quality: quality.unwrap_or(Quality::ONE) })
            .parse(input)
    }
}

/// `weight = OWS ";" OWS "q=" qvalue`
fn weight(input: &[u8]) -> IResult<&[u8], Quality> {
    preceded((rules::ows, tag(&b";"[..]), rules::ows, tag_no_case(&b"q="[..])), Quality::parse).parse(input)
}
