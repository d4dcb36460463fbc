//! Extensions (RFC 6455 §9): the grammar of `Sec-WebSocket-Extensions`, and who may set which reserved bit.
//!
//! [`DeflateConfig`] and [`DeflateParams`] are what permessage-deflate (RFC 7692) wants and what comes of it; the codec
//! is elsewhere. Any other extension is the application's: it [`Claim`]s its reserved bits and transforms its payloads.
//!
//! ```
//! use barewire::websocket::extension::Extension;
//!
//! let offers: Vec<_> = Extension::list(b"permessage-deflate; server_max_window_bits=10, x-zap; level=\"9\"")
//!     .collect::<Result<_, _>>()?;
//! assert_eq!(offers[0].name, "permessage-deflate");
//! assert!(offers[1].params.get("level").flatten().unwrap().is("9"));
//! # Ok::<(), barewire::http::values::Malformed>(())
//! ```

mod deflate;

pub use crate::config_error::ConfigError as DeflateConfigError;
pub use deflate::{DeflateConfig, DeflateConfigBuilder, DeflateParams};
pub(crate) use deflate::{NAME as DEFLATE, answer, offers, verify};

use super::Reserved;
use crate::http::chars::is_tchar;
use crate::http::values::{List, Malformed, Value, rules};
use alloc::boxed::Box;
use alloc::string::ToString;
use core::fmt;
use nom::character::complete::char;
use nom::combinator::{opt, recognize, verify as check};
use nom::multi::many0_count;
use nom::sequence::preceded;
use nom::{IResult, Parser};

/// One element of `Sec-WebSocket-Extensions` (RFC 6455 §9.1): an offer in a request, what was accepted in a response.
///
/// Names are compared exactly, case included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Its registered name.
    pub name: &'a str,
    /// What follows.
    pub params: Params<'a>,
}

impl<'a> Extension<'a> {
    /// The elements of one field value. "1#extension" asks for at least one, over all lines of the field together: that
    /// is the caller's to check.
    #[must_use]
    pub fn list(value: &'a [u8]) -> List<'a, Self> {
        List::new(value, Self::element)
    }

    /// A value that is one element.
    ///
    /// # Errors
    ///
    /// When it isn't one.
    pub fn parse(value: &'a [u8]) -> Result<Self, Malformed> {
        rules::all(Self::element, value)
    }

    /// `extension = extension-token *( ";" extension-param )`
    fn element(input: &'a [u8]) -> IResult<&'a [u8], Self> {
        let params = recognize(many0_count(separated)).map(|raw| Params { raw });
        (rules::token, params).map(|(name, params)| Self { name, params }).parse(input)
    }
}

impl fmt::Display for Extension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What the grammar takes is ASCII.
        write!(f, "{}{}", self.name, core::str::from_utf8(self.params.raw).unwrap_or_default())
    }
}

/// The parameters of an [`Extension`]. They are known to be well-formed; a name may occur twice, for the extension to
/// judge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Params<'a> {
    raw: &'a [u8],
}

impl<'a> Params<'a> {
    /// All of them, in order: the name, and the value where there is one.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, Option<Value<'a>>)> + Clone {
        let mut rest = self.raw;
        core::iter::from_fn(move || {
            let (after, param) = separated(rest).ok()?;
            rest = after;
            Some(param)
        })
    }

    /// The first with this name: `Some(None)` where it has no value.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Option<Value<'a>>> {
        self.iter().find_map(|(other, value)| (other == name).then_some(value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }
}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// `";" extension-param`, with the white space that the lists of HTTP allow around separators.
fn separated(input: &[u8]) -> IResult<&[u8], (&str, Option<Value<'_>>)> {
    preceded((rules::ows, char(';'), rules::ows), param).parse(input)
}

/// `extension-param = token [ "=" (token | quoted-string) ]`
fn param(input: &[u8]) -> IResult<&[u8], (&str, Option<Value<'_>>)> {
    // "When using the quoted-string syntax variant, the value after quoted-string unescaping MUST conform to the 'token'
    // ABNF."
    let value = check(rules::value, |value| match value {
        Value::Token(_) => true,
        Value::Quoted(quoted) => quoted.bytes().next().is_some() && quoted.bytes().all(is_tchar),
    });
    (rules::token, opt(preceded(char('='), value))).parse(input)
}

/// An extension that the application brings: its element of `Sec-WebSocket-Extensions`, and the reserved bits that its
/// frames use.
///
/// A client's is an offer, a server's what it accepts. A reserved bit "MUST be 0 unless an extension is negotiated that
/// defines meanings for non-zero values" (RFC 6455 §5.2), and it can't mean two things: no two extensions that claim the
/// same bit are negotiated. Offers of one name should claim the same bits.
///
/// ```
/// use barewire::websocket::Reserved;
/// use barewire::websocket::extension::Claim;
///
/// let zap = Claim::new("x-zap; level=9", Reserved::RSV2)?;
/// assert_eq!(zap.extension().name, "x-zap");
/// assert!(Claim::new("x-zap; level=", Reserved::NONE).is_err());
/// # Ok::<(), barewire::http::values::Malformed>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    value: Box<str>,
    reserved: Reserved,
}

impl Claim {
    /// Checks `value`, one element.
    ///
    /// # Errors
    ///
    /// When it isn't one, or is permessage-deflate, which the library negotiates itself.
    pub fn new(value: &str, reserved: Reserved) -> Result<Self, Malformed> {
        match Extension::parse(value.as_bytes())? {
            Extension { name: DEFLATE, .. } => Err(Malformed),
            _ => Ok(Self { value: value.into(), reserved }),
        }
    }

    /// What a server made of it.
    pub(crate) fn accepted(extension: Extension<'_>, reserved: Reserved) -> Self {
        Self { value: extension.to_string().into_boxed_str(), reserved }
    }

    /// Name and parameters.
    #[must_use]
    pub fn extension(&self) -> Extension<'_> {
        Extension::parse(self.value.as_bytes()).unwrap_or(Extension { name: "", params: Params { raw: &[] } })
    }

    /// The element as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The bits that it claims.
    #[must_use]
    pub fn reserved(&self) -> Reserved {
        self.reserved
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.value, self.reserved)
    }
}
