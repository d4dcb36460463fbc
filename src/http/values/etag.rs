use super::{List, Malformed, rules};
use core::fmt;
use nom::bytes::complete::{tag, take_while};
use nom::combinator::opt;
use nom::sequence::delimited;
use nom::{IResult, Parser};

/// An entity tag (RFC 9110 §8.8.3): the value of `ETag`.
///
/// It has no `==`: whether two are the same depends on what for.
#[derive(Clone, Copy)]
pub struct EntityTag<'a> {
    /// Only says that the representations are equivalent, not that they are the same bytes.
    pub weak: bool,
    /// Between the quotes. A backslash is just one: an opaque tag is no quoted string.
    pub opaque: &'a [u8],
}

impl<'a> EntityTag<'a> {
    /// A value that is one entity tag.
    ///
    /// # Errors
    ///
    /// If it isn't one.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        rules::all(Self::element, value)
    }

    /// Strong comparison: for `If-Match` and `If-Range`, where bytes are put together.
    #[must_use]
    pub fn strong_eq(&self, other: &EntityTag<'_>) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Weak comparison: for `If-None-Match`.
    #[must_use]
    pub fn weak_eq(&self, other: &EntityTag<'_>) -> bool {
        self.opaque == other.opaque
    }

    /// `entity-tag = [ weak ] opaque-tag`, where `weak = %s"W/"` and `opaque-tag = DQUOTE *etagc DQUOTE`
    fn element(input: &'a [u8]) -> IResult<&'a [u8], Self> {
        let opaque = delimited(tag(&b"\""[..]), take_while(is_etagc), tag(&b"\""[..]));
        (opt(tag(&b"W/"[..])), opaque).map(|(weak, opaque)| Self { weak: weak.is_some(), opaque }).parse(input)
    }
}

/// `etagc = %x21 / %x23-7E / obs-text`
fn is_etagc(byte: u8) -> bool {
    !matches!(byte, 0..=b' ' | b'"' | 0x7F)
}

impl fmt::Debug for EntityTag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\"{}\"", if self.weak { "W/" } else { "" }, self.opaque.escape_ascii())
    }
}

/// The value of `If-Match` or `If-None-Match` (RFC 9110 §13.1).
#[derive(Clone, Debug)]
pub enum EntityTags<'a> {
    /// `*`: any representation that there is.
    Any,
    /// One of these.
    List(List<'a, EntityTag<'a>>),
}

impl<'a> EntityTags<'a> {
    /// The value of one field line. The tags are parsed as they are asked for.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Self {
        if value == b"*" { Self::Any } else { Self::List(List::new(value, EntityTag::element)) }
    }

    /// Whether one of them is `current`, by strong comparison, as for `If-Match`.
    ///
    /// # Errors
    ///
    /// If what is asked for before the answer is clear is malformed.
    pub fn strong_match(self, current: &EntityTag<'_>) -> Result<bool, Malformed> {
        self.any(|tag| tag.strong_eq(current))
    }

    /// Whether one of them is `current`, by weak comparison, as for `If-None-Match`.
    ///
    /// # Errors
    ///
    /// If what is asked for before the answer is clear is malformed.
    pub fn weak_match(self, current: &EntityTag<'_>) -> Result<bool, Malformed> {
        self.any(|tag| tag.weak_eq(current))
    }

    fn any(self, same: impl Fn(&EntityTag<'_>) -> bool) -> Result<bool, Malformed> {
        let Self::List(list) = self else {
            return Ok(true);
        };
        for tag in list {
            if same(&tag?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
