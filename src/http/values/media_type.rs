use super::{List, Malformed, Parameters, Quality, Value, rules};
use nom::character::complete::char;
use nom::combinator::map_opt;
use nom::sequence::separated_pair;
use nom::{IResult, Parser};

/// A media type (RFC 9110 §8.3.1): the value of `Content-Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    /// `text` of `text/html`; its case means nothing.
    pub kind: &'a str,
    /// `html` of `text/html`; its case means nothing.
    pub subtype: &'a str,
    /// What follows.
    pub parameters: Parameters<'a>,
}

impl<'a> MediaType<'a> {
    /// A value that is one media type.
    ///
    /// # Errors
    ///
    /// If it isn't one.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        rules::all(media_type, value)
    }

    /// Whether it is `kind/subtype`, with whatever parameters.
    #[must_use]
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }
}

/// `media-type = type "/" subtype parameters`
fn media_type(input: &[u8]) -> IResult<&[u8], MediaType<'_>> {
    let name = separated_pair(rules::token, char('/'), rules::token);
    (name, Parameters::parse).map(|((kind, subtype), parameters)| MediaType { kind, subtype, parameters }).parse(input)
}

/// A range of media types with its weight: an element of `Accept` (RFC 9110 §12.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaRange<'a> {
    /// `text` of `text/html`, or `*`.
    pub kind: &'a str,
    /// `html` of `text/html`, or `*`.
    pub subtype: &'a str,
    /// Its weight: 1 where none is given.
    pub quality: Quality,
    parameters: Parameters<'a>,
}

impl<'a> MediaRange<'a> {
    /// The elements of a list.
    #[must_use]
    pub fn list(value: &'a [u8]) -> List<'a, Self> {
        List::new(value, Self::element)
    }

    /// The parameters that a media type must have to match: those that are not the weight.
    pub fn parameters(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + 'a {
        self.parameters.iter().filter(|(name, _)| !is_weight(name))
    }

    /// Whether `media_type` is in the range. The values of parameters are compared without regard to case.
    #[must_use]
    pub fn matches(&self, media_type: &MediaType<'_>) -> bool {
        (self.kind == "*" || self.kind.eq_ignore_ascii_case(media_type.kind))
            && (self.subtype == "*" || self.subtype.eq_ignore_ascii_case(media_type.subtype))
            && self.parameters().all(|(name, value)| {
                let found = media_type.parameters.get(name).map(Value::unescape);
                found.is_some_and(|found| found.eq_ignore_ascii_case(&value.unescape()))
            })
    }

    /// "The most specific reference has precedence": the larger, the more specific.
    #[must_use]
    pub fn specificity(&self) -> usize {
        let named = usize::from(self.kind != "*") + usize::from(self.subtype != "*");
        named + self.parameters().count()
    }

    fn element(input: &'a [u8]) -> IResult<&'a [u8], Self> {
        map_opt(media_type, |MediaType { kind, subtype, parameters }| {
            // "*" "/" "*" / type "/" "*" / type "/" subtype
            if kind == "*" && subtype != "*" {
                return None;
            }
            // "Recipients SHOULD process any parameter named "q" as weight, regardless of parameter ordering."
            let mut weights = parameters.iter().filter(|(name, _)| is_weight(name));
            let quality = match (weights.next(), weights.next()) {
                (None, _) => Quality::ONE,
                (Some((_, Value::Token(value))), None) => rules::all(Quality::parse, value.as_bytes()).ok()?,
                _ => return None,
            };
            Some(Self { kind, subtype, quality, parameters })
        })
        .parse(input)
    }
}

fn is_weight(name: &str) -> bool {
    name.eq_ignore_ascii_case("q")
}
