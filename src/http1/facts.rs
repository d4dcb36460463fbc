//! What the fields of a head say about framing and the connection (RFC 9112 §6, §9; RFC 9110 §7, §10.1).

use super::{Config, Error};
use crate::http::{Known, Version, chars, classify, is_host};

/// How many empty elements a list may have: "a recipient MUST parse and ignore a reasonable number of empty list
/// elements" (RFC 9110 §5.6.1).
const EMPTY_ELEMENTS: usize = 8;

/// What was found, over all lines in order. Nothing is refused before the whole head is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    length: Length,
    coding: Coding,
    hosts: u8,
    bad_host: bool,
    pub(super) close: bool,
    pub(super) keep_alive: bool,
    connection_upgrade: bool,
    upgrade: bool,
    expects_continue: bool,
    unknown_expectation: bool,
    pub(super) te_trailers: bool,
}

/// What `Content-Length` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Length {
    #[default]
    Absent,
    Once(u64),
    /// Several times, in one line or more, always the same.
    Repeated(u64),
    Bad,
}

/// What `Transfer-Encoding` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Coding {
    #[default]
    Absent,
    /// It is there, and has named nothing yet.
    Empty,
    /// `chunked` is the last, perhaps after others.
    Chunked {
        others: bool,
    },
    /// Another is the last.
    Other {
        after_chunked: bool,
    },
    Bad,
}

/// How a body is framed (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Empty,
    Length(u64),
    Chunked,
    UntilClose,
}

impl Framing {
    /// An announced length can be too long before any of it has come.
    fn check_limit(self, config: &Config) -> Result<(), Error> {
        match (self, config.max_body) {
            (Self::Length(length), Some(limit)) if length > limit => Err(Error::BodyTooLong),
            _ => Ok(()),
        }
    }
}

impl Facts {
    /// Takes a field in. Its syntax as a field has been checked.
    #[inline]
    pub(super) fn note(&mut self, name: &[u8], value: &[u8]) {
        let Some(known) = classify(name) else { return };
        match known {
            Known::Host => {
                self.hosts = self.hosts.saturating_add(1);
                self.bad_host |= !is_host(value);
            }
            Known::ContentLength => self.length = self.length.and(value),
            Known::TransferEncoding => self.coding = self.coding.and(value),
            Known::Connection => {
                for option in elements(value) {
                    self.close |= option.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                    self.connection_upgrade |= option.eq_ignore_ascii_case(b"upgrade");
                }
            }
            Known::Upgrade => self.upgrade |= elements(value).next().is_some(),
            Known::Expect => {
                for expectation in elements(value) {
                    let known = expectation.eq_ignore_ascii_case(b"100-continue");
                    self.expects_continue |= known;
                    self.unknown_expectation |= !known;
                }
            }
            Known::Te => self.te_trailers |= elements(value).any(|coding| coding.eq_ignore_ascii_case(b"trailers")),
            Known::Date | Known::KeepAlive | Known::ProxyConnection | Known::Trailer => {}
        }
    }

    /// The framing of a request's body, after every check that a head as a whole needs (RFC 9112 §3.2, §6.3).
    pub(super) fn request_framing(&self, method: &[u8], version: Version, config: &Config) -> Result<Framing, Error> {
        // "A server MUST respond with a 400 status code to any HTTP/1.1 request message that lacks a Host header field
        // and to any request message that contains more than one Host header field line or a Host header field with an
        // invalid field value."
        if self.bad_host || self.hosts > 1 || (self.hosts == 0 && version >= Version::Http11) {
            return Err(Error::Host);
        }
        let length = self.length.value(config)?;
        let framing = match self.coding {
            Coding::Absent => length.map_or(Framing::Empty, Framing::Length),
            // "A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header field MUST
            // treat the message as if the framing is faulty."
            _ if version < Version::Http11 => return Err(Error::TransferEncoding),
            // The request is faulty or an attempt at smuggling; a server MAY reject it, and this one does.
            _ if length.is_some() => return Err(Error::LengthAndEncoding),
            Coding::Chunked { others: true } if !config.allow_transfer_codings => return Err(Error::TransferCoding),
            Coding::Chunked { .. } => Framing::Chunked,
            // "If [...] the chunked transfer coding is not the final encoding, the message body length cannot be
            // determined reliably; the server MUST respond with the 400 (Bad Request) status code".
            Coding::Empty | Coding::Other { .. } | Coding::Bad => return Err(Error::TransferEncoding),
        };
        // "A client MUST NOT send content in a TRACE request" (RFC 9110 §9.3.8), and "a CONNECT request message does not
        // have content" (§9.3.6): whether what follows one is its body or the tunnel's, peers don't agree.
        if matches!(method, b"TRACE" | b"CONNECT") && !matches!(framing, Framing::Empty | Framing::Length(0)) {
            return Err(Error::UnexpectedBody);
        }
        framing.check_limit(config)?;
        // "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore that expectation": it
        // ignores the others with it.
        if self.unknown_expectation && version >= Version::Http11 {
            return Err(Error::Expectation);
        }
        Ok(framing)
    }

    /// The framing of a response's body, where it can have one (RFC 9112 §6.3).
    pub(super) fn response_framing(&self, version: Version, config: &Config) -> Result<Framing, Error> {
        let length = self.length.value(config)?;
        let framing = match self.coding {
            Coding::Absent => length.map_or(Framing::UntilClose, Framing::Length),
            Coding::Empty | Coding::Bad => return Err(Error::TransferEncoding),
            _ if version < Version::Http11 => return Err(Error::TransferEncoding),
            _ if length.is_some() => return Err(Error::LengthAndEncoding),
            Coding::Chunked { .. } => Framing::Chunked,
            Coding::Other { .. } => Framing::UntilClose,
        };
        framing.check_limit(config)?;
        Ok(framing)
    }

    /// Whether the connection persists after this message (RFC 9112 §9.3).
    pub(super) fn persists(&self, version: Version) -> bool {
        !self.close && (version >= Version::Http11 || self.keep_alive)
    }

    /// "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request" (RFC 9110 §7.8).
    pub(super) fn asks_upgrade(&self, version: Version) -> bool {
        self.upgrade && self.connection_upgrade && version >= Version::Http11
    }

    /// Only where there is a body to wait with (RFC 9110 §10.1.1).
    pub(super) fn expects_continue(&self, framing: Framing, version: Version) -> bool {
        self.expects_continue && version >= Version::Http11 && !matches!(framing, Framing::Empty | Framing::Length(0))
    }
}

impl Length {
    /// `Content-Length = 1*DIGIT`: no sign, no space, no other base. A list is faulty unless all its values are the
    /// same number; whether that is taken is the configuration's choice.
    fn and(self, value: &[u8]) -> Self {
        chars::members(value).fold(self, |before, digits| match (before, decimal(digits)) {
            (Self::Absent, Some(length)) => Self::Once(length),
            (Self::Once(same) | Self::Repeated(same), Some(length)) if same == length => Self::Repeated(length),
            _ => Self::Bad,
        })
    }

    fn value(self, config: &Config) -> Result<Option<u64>, Error> {
        match self {
            Self::Absent => Ok(None),
            Self::Once(length) => Ok(Some(length)),
            Self::Repeated(length) if config.allow_repeated_length => Ok(Some(length)),
            Self::Repeated(_) | Self::Bad => Err(Error::ContentLength),
        }
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |sum, byte| match byte {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

impl Coding {
    /// `Transfer-Encoding = #transfer-coding`, `transfer-coding = token *( OWS ";" OWS transfer-parameter )`.
    fn and(self, value: &[u8]) -> Self {
        let mut empty = 0;
        let mut coding = if self == Self::Absent { Self::Empty } else { self };
        for element in chars::members(value) {
            if element.is_empty() {
                empty += 1;
                continue;
            }
            let is_chunked = element.eq_ignore_ascii_case(b"chunked");
            // Parameters are none of our business, but the name before them must be one.
            let name = element.split(|&byte| byte == b';').next().map(chars::trim_ows).unwrap_or_default();
            coding = match coding {
                _ if !chars::is_token(name) => Self::Bad,
                // "The chunked coding does not define any parameters. Their presence SHOULD be treated as an error."
                _ if !is_chunked && name.eq_ignore_ascii_case(b"chunked") => Self::Bad,
                // "A sender MUST NOT apply the chunked transfer coding more than once".
                Self::Chunked { .. } | Self::Other { after_chunked: true } if is_chunked => Self::Bad,
                Self::Bad => Self::Bad,
                Self::Absent | Self::Empty if is_chunked => Self::Chunked { others: false },
                Self::Other { .. } if is_chunked => Self::Chunked { others: true },
                Self::Chunked { .. } => Self::Other { after_chunked: true },
                Self::Other { after_chunked } => Self::Other { after_chunked },
                Self::Absent | Self::Empty => Self::Other { after_chunked: false },
            };
        }
        if empty > EMPTY_ELEMENTS { Self::Bad } else { coding }
    }
}

/// The elements of a list of tokens.
fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    chars::members(value).filter(|element| !element.is_empty())
}
