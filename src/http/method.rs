//! Methods (RFC 9110 §9).

use super::{Illegal, grammar};
use core::fmt;

/// A method: any token. Case matters. Which methods there are is the application's business.
///
/// ```
/// use barewire::http::Method;
///
/// let method = Method::new("PURGE").unwrap();
/// let safe = match method {
///     Method::GET | Method::HEAD => true,
///     _ => false,
/// };
/// assert!(!safe);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Method<'a>(&'a [u8]);

impl Method<'static> {
    /// `GET`
    pub const GET: Self = Self(b"GET");
    /// `HEAD`
    pub const HEAD: Self = Self(b"HEAD");
    /// `POST`
    pub const POST: Self = Self(b"POST");
    /// `PUT`
    pub const PUT: Self = Self(b"PUT");
    /// `DELETE`
    pub const DELETE: Self = Self(b"DELETE");
    /// `CONNECT`
    pub const CONNECT: Self = Self(b"CONNECT");
    /// `OPTIONS`
    pub const OPTIONS: Self = Self(b"OPTIONS");
    /// `TRACE`
    pub const TRACE: Self = Self(b"TRACE");
    /// `PATCH` (RFC 5789)
    pub const PATCH: Self = Self(b"PATCH");
}

impl<'a> Method<'a> {
    /// Checks `method`.
    ///
    /// # Errors
    ///
    /// When it isn't a token (RFC 9110 §5.6.2).
    pub const fn new(method: &'a str) -> Result<Self, Illegal> {
        if grammar::is_token(method.as_bytes()) { Ok(Self(method.as_bytes())) } else { Err(Illegal) }
    }

    /// For bytes that a parser has checked.
    pub(crate) const fn checked(method: &'a [u8]) -> Self {
        Self(method)
    }

    /// The method.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The method.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
