//! Fields that come once, and lists that are spread over several lines.

use crate::http::values::{List, Malformed, rules};
use crate::http::{FieldName, FieldValue, FieldsIter};
use nom::character::complete::char;
use nom::combinator::{opt, recognize};
use nom::sequence::preceded;
use nom::{IResult, Parser};

/// The values of a field, line by line.
pub(super) fn lines<'a>(
    fields: &FieldsIter<'a>,
    name: FieldName<'static>,
) -> impl Iterator<Item = FieldValue<'a>> + Clone {
    fields.clone().filter(move |(other, _)| *other == name).map(|(_, value)| value)
}

/// The value of a field that "MUST NOT appear more than once"; `None` if it isn't there.
pub(super) fn single<'a>(
    fields: &FieldsIter<'a>,
    name: FieldName<'static>,
) -> Result<Option<FieldValue<'a>>, Malformed> {
    let mut lines = lines(fields, name);
    match (lines.next(), lines.next()) {
        (value, None) => Ok(value),
        _ => Err(Malformed),
    }
}

/// Whether a list names `wanted`, without regard to case.
pub(super) fn names<'a>(
    lines: impl Iterator<Item = FieldValue<'a>>,
    list: fn(&'a [u8]) -> List<'a, &'a str>,
    wanted: &str,
) -> Result<bool, Malformed> {
    let mut found = false;
    for element in lines.flat_map(|line| list(line.as_bytes())) {
        found |= element?.eq_ignore_ascii_case(wanted);
    }
    Ok(found)
}

/// The elements of `Upgrade` (RFC 9110 §7.8): `protocol-name ["/" protocol-version]`.
pub(super) fn protocols(value: &[u8]) -> List<'_, &str> {
    fn protocol(input: &[u8]) -> IResult<&[u8], &str> {
        let version = opt(preceded(char('/'), rules::token));
        recognize((rules::token, version)).map(|text| core::str::from_utf8(text).unwrap_or_default()).parse(input)
    }
    List::new(value, protocol)
}
