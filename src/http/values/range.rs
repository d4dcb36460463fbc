use super::{List, Malformed, rules};
use core::fmt;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::char;
use nom::combinator::{map, map_opt, opt, rest};
use nom::sequence::{preceded, separated_pair, terminated};
use nom::{IResult, Parser};

/// The value of `Range` (RFC 9110 §14.2).
///
/// ```
/// use barewire::http::values::Ranges;
///
/// let ranges = Ranges::parse(b"bytes=0-499, -500")?;
/// let parts: Result<Vec<_>, _> = ranges.bytes().unwrap().map(|part| Ok(part?.of(800))).collect();
/// assert_eq!(parts?, [Some(0..500), Some(300..800)]);
/// # Ok::<(), barewire::http::values::Malformed>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranges<'a> {
    /// In what is counted. Its case means nothing.
    pub unit: &'a str,
    set: &'a [u8],
}

impl<'a> Ranges<'a> {
    /// A value that has a unit and a set of ranges.
    ///
    /// # Errors
    ///
    /// If it isn't one.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        let ranges = separated_pair(rules::token, char('='), rest);
        rules::all(map(ranges, |(unit, set)| Self { unit, set }), value)
    }

    /// The ranges, parsed as they are asked for, where they count bytes. "A server MUST ignore … a range unit it does
    /// not understand", so `None` is no error. How many there may be is for the caller to limit.
    #[must_use]
    pub fn bytes(self) -> Option<List<'a, ByteRange>> {
        self.unit.eq_ignore_ascii_case("bytes").then(|| List::new(self.set, ByteRange::element))
    }
}

/// One range of bytes, before the length of the representation is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `first-last`, both included. The first is never after the last.
    FromTo(u64, u64),
    /// `first-`, to the end.
    From(u64),
    /// `-length`: so many bytes at the end.
    Last(u64),
}

impl ByteRange {
    /// Which bytes of `length` these are; `None` if there are none, so that the range can't be satisfied.
    #[must_use]
    pub fn of(self, length: u64) -> Option<core::ops::Range<u64>> {
        let range = match self {
            Self::FromTo(first, last) => first..length.min(last.saturating_add(1)),
            Self::From(first) => first..length,
            Self::Last(count) => length.saturating_sub(count)..length,
        };
        (!range.is_empty()).then_some(range)
    }

    /// `range-spec = first-pos "-" [ last-pos ] / "-" suffix-length`. "A recipient ought to anticipate potentially large
    /// decimal numerals": past the last number that there is, every position is as far.
    fn element(input: &[u8]) -> IResult<&[u8], Self> {
        let number = rules::saturating_number;
        let from = map_opt((terminated(number, char('-')), opt(number)), |(first, last)| match last {
            // "An int-range is invalid if the last-pos value is present and less than the first-pos."
            Some(last) => (first <= last).then_some(Self::FromTo(first, last)),
            None => Some(Self::From(first)),
        });
        alt((from, map(preceded(char('-'), number), Self::Last))).parse(input)
    }
}

/// The value of `Content-Range` (RFC 9110 §14.4). Displayed, it is one again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange<'a> {
    unit: &'a str,
    range: Option<(u64, u64)>,
    length: Option<u64>,
}

impl<'a> ContentRange<'a> {
    /// Of bytes: `range`, which isn't empty, of a representation of `length` bytes, if that is known.
    ///
    /// `None` if there is no such thing.
    #[must_use]
    pub fn bytes(range: core::ops::Range<u64>, length: Option<u64>) -> Option<Self> {
        let last = range.end.checked_sub(1)?;
        Self { unit: "bytes", range: Some((range.start, last)), length }.checked()
    }

    /// Of bytes: for a range that could not be satisfied, with 416.
    #[must_use]
    pub fn unsatisfied(length: u64) -> Self {
        Self { unit: "bytes", range: None, length: Some(length) }
    }

    /// A value that is one.
    ///
    /// # Errors
    ///
    /// If it isn't, or if its numbers contradict each other.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        // range-resp = first-pos "-" last-pos "/" ( complete-length / "*" ); unsatisfied-range = "*/" complete-length
        let positions = map(separated_pair(rules::number, char('-'), rules::number), Some);
        let length = alt((map(rules::number, Some), map(char('*'), |_| None)));
        let satisfied = separated_pair(positions, char('/'), length);
        let unsatisfied = map(preceded(tag(&b"*/"[..]), rules::number), |length| (None, Some(length)));
        let both = separated_pair(rules::token, char(' '), alt((satisfied, unsatisfied)));
        rules::all(map_opt(both, |(unit, (range, length))| Self { unit, range, length }.checked()), value)
    }

    /// In what is counted. Its case means nothing.
    #[must_use]
    pub fn unit(&self) -> &'a str {
        self.unit
    }

    /// The first and the last position, both included; `None` if the range could not be satisfied.
    #[must_use]
    pub fn range(&self) -> Option<(u64, u64)> {
        self.range
    }

    /// The length of the whole representation, if the sender knew it.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// "A Content-Range field value is invalid if it contains a range-resp that has a last-pos value less than its
    /// first-pos value, or a complete-length value less than or equal to its last-pos value."
    fn checked(self) -> Option<Self> {
        let sound = match (self.range, self.length) {
            (Some((first, last)), length) => first <= last && length.is_none_or(|length| last < length),
            (None, length) => length.is_some(),
        };
        sound.then_some(self)
    }
}

impl fmt::Display for ContentRange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.unit)?;
        match self.range {
            Some((first, last)) => write!(f, " {first}-{last}/")?,
            None => f.write_str(" */")?,
        }
        match self.length {
            Some(length) => write!(f, "{length}"),
            None => f.write_str("*"),
        }
    }
}
