use super::{List, Value, rules};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::preceded;
use nom::{IResult, Parser};

/// A directive of `Cache-Control` (RFC 9111 §5.2).
///
/// ```
/// use barewire::http::values::Directive;
///
/// let max_age = Directive::list(b"public, max-age=\"600\"")
///     .filter_map(Result::ok)
///     .find(|directive| directive.is("max-age"))
///     .and_then(|directive| directive.seconds());
/// assert_eq!(max_age, Some(600));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    /// Its name. The case means nothing.
    pub name: &'a str,
    /// What follows the `=`, a token or a quoted string: "a recipient ought to accept both forms, regardless of which
    /// form is defined for generation".
    pub argument: Option<Value<'a>>,
}

impl<'a> Directive<'a> {
    /// The directives of a value.
    #[must_use]
    pub fn list(value: &'a [u8]) -> List<'a, Self> {
        List::new(value, Self::element)
    }

    /// Whether it is this one.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its argument as a number of seconds (RFC 9111 §1.2.2); `None` if it has none, or it isn't one. What is more than
    /// the greatest number that there is, is that number.
    #[must_use]
    pub fn seconds(&self) -> Option<u64> {
        let digits = self.argument?.unescape();
        (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then(|| rules::saturating(&digits))
    }

    /// `cache-directive = token [ "=" ( token / quoted-string ) ]`
    fn element(input: &'a [u8]) -> IResult<&'a [u8], Self> {
        (rules::token, opt(preceded(char('='), rules::value)))
            .map(|(name, argument)| Self { name, argument })
            .parse(input)
    }
}
