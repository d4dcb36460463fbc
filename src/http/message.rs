//! Heads to be sent: one buffer, already in the form that leaves.

use super::{FieldName, FieldValue, Fields, FieldsIter, Known, Method, Reason, Status, Target, classify};
use alloc::vec::Vec;
use core::fmt;

/// The fields of a head to be sent, with what the engine must know of them.
///
/// The fields that belong to the engine are not written: they are remembered, and compared with what the engine is
/// asked to do when the head is sent.
#[derive(Clone, Default)]
pub(crate) struct Outgoing {
    /// A start line perhaps, then `name: value CR LF` for each field.
    lines: Vec<u8>,
    /// Where the fields begin.
    start: usize,
    pub(crate) length: Option<u64>,
    pub(crate) close: bool,
    pub(crate) hosts: u8,
    pub(crate) has_date: bool,
    pub(crate) has_upgrade: bool,
    pub(crate) has_te: bool,
    pub(crate) has_trailer: bool,
    pub(crate) expects_continue: bool,
    /// A field that the engine owns was given a value that it would never write.
    pub(crate) conflict: bool,
}

impl Outgoing {
    fn put(&mut self, parts: [&[u8]; 4]) {
        let more: usize = parts.iter().map(|part| part.len()).sum();
        if self.lines.capacity() == 0 {
            // Room for a few fields: most heads then need one allocation.
            self.lines = Vec::with_capacity(more.max(128));
        }
        self.lines.reserve(more);
        parts.iter().for_each(|part| self.lines.extend_from_slice(part));
    }

    fn add(&mut self, name: FieldName<'_>, value: FieldValue<'_>) {
        let value_bytes = value.as_bytes();
        match classify(name.as_bytes()) {
            None => {}
            Some(Known::ContentLength) => return self.declare(value_bytes),
            Some(Known::Connection) => {
                if value_bytes.eq_ignore_ascii_case(b"close") {
                    self.close = true;
                } else {
                    // `keep-alive` is the engine's choice and `upgrade` goes with the command: neither says more.
                    self.conflict |= !(value_bytes.eq_ignore_ascii_case(b"keep-alive")
                        || value_bytes.eq_ignore_ascii_case(b"upgrade"));
                }
                return;
            }
            Some(Known::TransferEncoding | Known::KeepAlive | Known::ProxyConnection) => {
                self.conflict = true;
                return;
            }
            Some(Known::Date) => self.has_date = true,
            Some(Known::Host) => {
                self.hosts = self.hosts.saturating_add(1);
                self.conflict |= !(value_bytes.is_empty() || super::target::is_host(value_bytes));
            }
            Some(Known::Upgrade) => self.has_upgrade = true,
            Some(Known::Trailer) => self.has_trailer = true,
            Some(Known::Expect) => self.expects_continue |= value_bytes.eq_ignore_ascii_case(b"100-continue"),
            Some(Known::Te) => self.has_te = true,
        }
        self.put([name.as_bytes(), b": ", value_bytes, b"\r\n"]);
    }

    fn declare(&mut self, value: &[u8]) {
        let length = core::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let length = length.and_then(|text| text.parse().ok());
        self.conflict |= length.is_none() || self.length.is_some_and(|before| Some(before) != length);
        self.length = length;
    }

    /// The start line, if it is there, and the fields.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.lines
    }

    fn iter(&self) -> impl Iterator<Item = (FieldName<'_>, FieldValue<'_>)> {
        let mut rest = &self.lines[self.start..];
        core::iter::from_fn(move || {
            let colon = memchr::memchr(b':', rest)?;
            let end = memchr::memchr(b'\r', rest)?;
            let field = (FieldName::checked(&rest[..colon]), FieldValue::checked(&rest[colon + 2..end]));
            rest = &rest[end + 2..];
            Some(field)
        })
    }

    fn get(&self, name: FieldName<'_>) -> Option<FieldValue<'_>> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Takes over the fields that concern both ends, not this connection (RFC 9110 §7.6.1).
    fn forward(&mut self, fields: FieldsIter<'_>) {
        let nominated = fields.clone().filter(|(name, _)| *name == FieldName::CONNECTION);
        let is_nominated = |name: FieldName<'_>| {
            nominated.clone().any(|(_, value)| {
                super::grammar::members(value.as_bytes()).any(|option| option.eq_ignore_ascii_case(name.as_bytes()))
            })
        };
        for (name, value) in fields {
            let hop_by_hop = match classify(name.as_bytes()) {
                None | Some(Known::Date | Known::Host | Known::Expect | Known::Trailer) => is_nominated(name),
                Some(_) => true,
            };
            if !hop_by_hop {
                self.add(name, value);
            }
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

macro_rules! field_methods {
    () => {
        /// Adds a field behind those that are there.
        ///
        /// `Content-Length`, `Transfer-Encoding` and `Connection` belong to the engine: it writes them from the body's
        /// kind and the state of the connection. A `Content-Length` given here is only compared with that, and
        /// `Connection: close` closes; anything else that contradicts the engine makes sending the head a
        /// [`Misuse::Invalid`](crate::Misuse::Invalid).
        #[must_use]
        pub fn field(mut self, name: FieldName<'_>, value: FieldValue<'_>) -> Self {
            self.fields.add(name, value);
            self
        }

        /// The same on a borrowed head.
        pub fn add(&mut self, name: FieldName<'_>, value: FieldValue<'_>) -> &mut Self {
            self.fields.add(name, value);
            self
        }

        /// Adds those of the received fields that concern both ends: not those that rule one connection, frame one
        /// message, or were nominated by `Connection` (RFC 9110 §7.6.1). For intermediaries.
        pub fn forward<B: AsRef<[u8]>>(&mut self, fields: &Fields<B>) -> &mut Self {
            self.fields.forward(fields.iter());
            self
        }

        /// The value of the first field with this name, of those that this head was given.
        #[must_use]
        pub fn get(&self, name: FieldName<'_>) -> Option<FieldValue<'_>> {
            self.fields.get(name)
        }

        pub(crate) fn outgoing(&self) -> &Outgoing {
            &self.fields
        }
    };
}

/// A response's head, to be sent.
///
/// It can be built once and sent many times.
#[derive(Clone)]
pub struct Response {
    status: Status,
    has_reason: bool,
    fields: Outgoing,
}

impl Response {
    /// With no fields yet, and the customary reason phrase.
    #[must_use]
    pub fn new(status: Status) -> Self {
        Self { status, has_reason: false, fields: Outgoing::default() }
    }

    /// With another reason phrase than the customary one. Fields come after it.
    #[must_use]
    pub fn with_reason(status: Status, reason: Reason<'_>) -> Self {
        let mut response = Self::new(status);
        let code = status.code();
        let digit = |n: u16| b'0' + u8::try_from(n % 10).unwrap_or(0);
        let digits = [digit(code / 100), digit(code / 10), digit(code), b' '];
        response.fields.put([b"HTTP/1.1 ", &digits, reason.as_str().as_bytes(), b"\r\n"]);
        response.fields.start = response.fields.lines.len();
        response.has_reason = true;
        response
    }

    /// Makes this the connection's last response. In HTTP/1 it says so with `Connection: close`.
    #[must_use]
    pub fn close(mut self) -> Self {
        self.fields.close = true;
        self
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Whether the buffer begins with a status line of its own.
    pub(crate) fn has_line(&self) -> bool {
        self.has_reason
    }

    field_methods!();
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.status, self.fields)
    }
}

/// A request's head, to be sent.
#[derive(Clone)]
pub struct Request {
    method: usize,
    target: usize,
    fields: Outgoing,
}

impl Request {
    /// With no fields yet. HTTP/1.1 demands one `Host` field, which may be empty only where the target has no
    /// authority (RFC 9112 §3.2).
    #[must_use]
    pub fn new(method: Method<'_>, target: Target<'_>) -> Self {
        let mut fields = Outgoing::default();
        fields.put([method.as_bytes(), b" ", target.as_bytes(), b" HTTP/1.1\r\n"]);
        fields.start = fields.lines.len();
        Self { method: method.as_bytes().len(), target: target.as_bytes().len(), fields }
    }

    /// Makes this the connection's last request. In HTTP/1 it says so with `Connection: close`.
    #[must_use]
    pub fn close(mut self) -> Self {
        self.fields.close = true;
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method<'_> {
        Method::checked(&self.fields.lines[..self.method])
    }

    /// The target.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        Target::checked(&self.fields.lines[self.method + 1..self.method + 1 + self.target])
    }

    field_methods!();
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?}", self.method(), self.target(), self.fields)
    }
}

/// Fields to be sent behind a body.
#[derive(Clone, Debug, Default)]
pub struct Trailers {
    fields: Outgoing,
}

impl Trailers {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field. Those that frame, route, authorise or describe the content (RFC 9110 §6.5.1) make sending the
    /// trailers a [`Misuse::Invalid`](crate::Misuse::Invalid).
    #[must_use]
    pub fn field(mut self, name: FieldName<'_>, value: FieldValue<'_>) -> Self {
        self.fields.conflict |= is_forbidden_trailer(name.as_bytes());
        self.fields.add(name, value);
        self
    }

    pub(crate) fn outgoing(&self) -> &Outgoing {
        &self.fields
    }
}

/// What must be known before the body, so must not come after it (RFC 9110 §6.5.1): framing, routing, authentication,
/// request modifiers, and the content's format.
pub(crate) fn is_forbidden_trailer(name: &[u8]) -> bool {
    const FORBIDDEN: [&str; 28] = [
        "age",
        "authorization",
        "cache-control",
        "content-encoding",
        "content-language",
        "content-location",
        "content-range",
        "content-type",
        "cookie",
        "expires",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "location",
        "max-forwards",
        "pragma",
        "proxy-authenticate",
        "proxy-authorization",
        "range",
        "retry-after",
        "set-cookie",
        "te",
        "trailer",
        "vary",
        "warning",
        "www-authenticate",
    ];
    classify(name).is_some() || FORBIDDEN.iter().any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}
