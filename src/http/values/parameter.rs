use super::rules;
use alloc::borrow::Cow;
use core::{fmt, iter};
use nom::character::complete::char;
use nom::combinator::{opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{preceded, separated_pair};
use nom::{IResult, Parser};

/// The inside of a quoted string (RFC 9110 §5.6.4), as it was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Quoted<'a> {
    raw: &'a [u8],
}

impl<'a> Quoted<'a> {
    pub(super) fn new(raw: &'a [u8]) -> Self {
        Self { raw }
    }

    /// Between the quotes, with the backslashes.
    #[must_use]
    pub fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// What it stands for. Copied only if there are backslashes.
    #[must_use]
    pub fn unescape(self) -> Cow<'a, [u8]> {
        if self.raw.contains(&b'\\') { Cow::Owned(self.bytes().collect()) } else { Cow::Borrowed(self.raw) }
    }

    /// The same, byte by byte, never copied.
    pub fn bytes(self) -> impl Iterator<Item = u8> + 'a {
        let mut escaped = false;
        self.raw.iter().copied().filter(move |byte| {
            escaped = *byte == b'\\' && !escaped;
            !escaped
        })
    }
}

impl fmt::Debug for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.raw.escape_ascii())
    }
}

/// A token or a quoted string. The two forms of one text are equal in meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// As a token.
    Token(&'a str),
    /// As a quoted string.
    Quoted(Quoted<'a>),
}

impl<'a> Value<'a> {
    /// What it stands for. Copied only if there are backslashes.
    #[must_use]
    pub fn unescape(self) -> Cow<'a, [u8]> {
        match self {
            Self::Token(token) => Cow::Borrowed(token.as_bytes()),
            Self::Quoted(quoted) => quoted.unescape(),
        }
    }

    /// Whether it stands for `text`, without regard to ASCII case.
    #[must_use]
    pub fn is(self, text: &str) -> bool {
        match self {
            Self::Token(token) => token.eq_ignore_ascii_case(text),
            Self::Quoted(quoted) => quoted
                .bytes()
                .map(|byte| byte.to_ascii_lowercase())
                .eq(text.bytes().map(|byte| byte.to_ascii_lowercase())),
        }
    }
}

/// Parameters (RFC 9110 §5.6.6), each a name and a value. Names ignore case.
///
/// They are known to be well-formed. A name may occur twice: the grammar doesn't forbid it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Parameters<'a> {
    raw: &'a [u8],
}

impl<'a> Parameters<'a> {
    /// The first with this name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        self.iter().find_map(|(other, value)| other.eq_ignore_ascii_case(name).then_some(value))
    }

    /// All of them, in their order.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, Value<'a>)> + Clone {
        let mut rest = self.raw;
        iter::from_fn(move || {
            loop {
                let (after, parameter) = separated(rest).ok()?;
                rest = after;
                if parameter.is_some() {
                    return parameter;
                }
            }
        })
    }

    /// `parameters = *( OWS ";" OWS [ parameter ] )`
    pub(super) fn parse(input: &'a [u8]) -> IResult<&'a [u8], Self> {
        recognize(many0_count(separated)).map(|raw| Self { raw }).parse(input)
    }
}

/// `OWS ";" OWS [ parameter ]`
fn separated(input: &[u8]) -> IResult<&[u8], Option<(&str, Value<'_>)>> {
    preceded((rules::ows, char(';'), rules::ows), opt(parameter)).parse(input)
}

/// `parameter = parameter-name "=" parameter-value`
fn parameter(input: &[u8]) -> IResult<&[u8], (&str, Value<'_>)> {
    separated_pair(rules::token, char('='), rules::value).parse(input)
}

impl fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
