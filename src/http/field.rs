//! Field names and values, legal by construction (RFC 9110 §5).

use super::grammar;
use core::error::Error;
use core::fmt;

/// A field's name: a token. Compared without regard to the case of ASCII letters.
#[derive(Clone, Copy)]
pub struct FieldName<'a>(&'a [u8]);

impl<'a> FieldName<'a> {
    /// Checks `name`.
    ///
    /// # Errors
    ///
    /// When it is empty or holds anything but letters, digits and ``!#$%&'*+-.^_`|~`` (RFC 9110 §5.6.2).
    pub const fn new(name: &'a str) -> Result<Self, Illegal> {
        Self::from_bytes(name.as_bytes())
    }

    /// The same for bytes.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub const fn from_bytes(name: &'a [u8]) -> Result<Self, Illegal> {
        if grammar::is_token(name) { Ok(Self(name)) } else { Err(Illegal) }
    }

    /// For literals: in a `const`, an illegal name doesn't compile.
    ///
    /// # Panics
    ///
    /// When the name is illegal and this is called at run time.
    #[must_use]
    pub const fn literal(name: &'static str) -> FieldName<'static> {
        match FieldName::new(name) {
            Ok(name) => name,
            Err(Illegal) => panic!("not a field name"),
        }
    }

    /// For bytes that a parser has checked.
    pub(crate) const fn checked(name: &'a [u8]) -> Self {
        Self(name)
    }

    /// The name, in the case in which it was written.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The name, in the case in which it was written.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }
}

impl PartialEq for FieldName<'_> {
    fn eq(&self, other: &FieldName<'_>) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for FieldName<'_> {}

impl PartialEq<str> for FieldName<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other.as_bytes())
    }
}

impl PartialEq<&str> for FieldName<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for FieldName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for FieldName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A field's value: no control characters but HTAB, no white space at its ends. It may hold bytes above 0x7F.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldValue<'a>(&'a [u8]);

impl<'a> FieldValue<'a> {
    /// Checks `value`: a `str` or bytes.
    ///
    /// # Errors
    ///
    /// When it holds CR, LF, NUL or another control character but HTAB, or begins or ends with white space
    /// (RFC 9110 §5.5).
    pub fn new<T: AsRef<[u8]> + ?Sized>(value: &'a T) -> Result<Self, Illegal> {
        Self::from_bytes(value.as_ref())
    }

    const fn from_bytes(value: &'a [u8]) -> Result<Self, Illegal> {
        if grammar::is_value(value) { Ok(Self(value)) } else { Err(Illegal) }
    }

    /// For literals: in a `const`, an illegal value doesn't compile.
    ///
    /// # Panics
    ///
    /// When the value is illegal and this is called at run time.
    #[must_use]
    pub const fn literal(value: &'static str) -> FieldValue<'static> {
        match FieldValue::from_bytes(value.as_bytes()) {
            Ok(value) => value,
            Err(Illegal) => panic!("not a field value"),
        }
    }

    /// For bytes that a parser has checked.
    pub(crate) const fn checked(value: &'a [u8]) -> Self {
        Self(value)
    }

    /// The value.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The value, if it is UTF-8. Nearly all are ASCII.
    #[must_use]
    pub fn to_str(self) -> Option<&'a str> {
        core::str::from_utf8(self.0).ok()
    }
}

impl PartialEq<str> for FieldValue<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for FieldValue<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for FieldValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.utf8_chunks().next().map_or("", |chunk| chunk.valid()), f)?;
        let valid = self.0.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
        if valid < self.0.len() { write!(f, "{}", self.0[valid..].escape_ascii()) } else { Ok(()) }
    }
}

impl fmt::Debug for FieldValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// What was given can't stand in this place of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Illegal;

impl fmt::Display for Illegal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not legal in this place of an HTTP message")
    }
}

impl Error for Illegal {}
