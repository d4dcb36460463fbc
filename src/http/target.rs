//! Request targets and hosts (RFC 9112 §3.2, RFC 9110 §7.2).

use super::{Illegal, grammar};
use core::fmt;

/// A request's target: bytes 0x21 to 0x7E without `#`, handed on exactly as they came.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target<'a>(&'a [u8]);

/// The form in which a target stands in the request line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetForm {
    /// `/path?query`
    Origin,
    /// `http://host/path?query`
    Absolute,
    /// `host:port`, for `CONNECT` and only there.
    Authority,
    /// `*`, for `OPTIONS` and only there.
    Asterisk,
}

impl TargetForm {
    /// Whether a target of this form goes with the method (RFC 9112 §3.2).
    pub(crate) fn fits(self, method: &[u8]) -> bool {
        match self {
            Self::Origin | Self::Absolute => method != b"CONNECT",
            Self::Authority => method == b"CONNECT",
            Self::Asterisk => method == b"OPTIONS",
        }
    }
}

impl<'a> Target<'a> {
    /// Checks `target`, in any of the four forms.
    ///
    /// # Errors
    ///
    /// When it is empty, holds white space, a control character, `#` or anything above 0x7E, or has none of the forms.
    pub fn new(target: &'a str) -> Result<Self, Illegal> {
        let bytes = target.as_bytes();
        if grammar::is_target(bytes) && form_of(bytes).is_some() { Ok(Self(bytes)) } else { Err(Illegal) }
    }

    /// For bytes that a parser has checked.
    pub(crate) const fn checked(target: &'a [u8]) -> Self {
        Self(target)
    }

    /// All of it.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// All of it.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        core::str::from_utf8(self.0).unwrap_or_default()
    }

    /// Its form.
    #[must_use]
    pub fn form(self) -> TargetForm {
        form_of(self.0).unwrap_or(TargetForm::Origin)
    }

    /// `host:port` of the absolute and authority forms.
    #[must_use]
    pub fn authority(self) -> Option<&'a str> {
        match self.form() {
            TargetForm::Absolute => {
                split_absolute(self.0).and_then(|(_, authority, _)| core::str::from_utf8(authority).ok())
            }
            TargetForm::Authority => Some(self.as_str()),
            _ => None,
        }
    }

    /// The path, undecoded. Empty where there is none.
    #[must_use]
    pub fn path(self) -> &'a str {
        let rest = self.path_and_query();
        rest.split_once('?').map_or(rest, |(path, _)| path)
    }

    /// What follows the first `?`, undecoded.
    #[must_use]
    pub fn query(self) -> Option<&'a str> {
        self.path_and_query().split_once('?').map(|(_, query)| query)
    }

    fn path_and_query(self) -> &'a str {
        match self.form() {
            TargetForm::Origin => self.as_str(),
            TargetForm::Absolute => {
                split_absolute(self.0).and_then(|(.., rest)| core::str::from_utf8(rest).ok()).unwrap_or_default()
            }
            TargetForm::Authority | TargetForm::Asterisk => "",
        }
    }
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The form, by what the target begins with and what is in it; `None` if it has none.
pub(crate) fn form_of(target: &[u8]) -> Option<TargetForm> {
    match target {
        [b'/', ..] => Some(TargetForm::Origin),
        b"*" => Some(TargetForm::Asterisk),
        _ => match split_absolute(target) {
            Some((_, authority, _)) => is_host(authority).then_some(TargetForm::Absolute),
            None => is_authority(target).then_some(TargetForm::Authority),
        },
    }
}

/// `absolute-URI` with an authority: scheme, authority, the rest.
///
/// Only with a host: `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )`, then `://`.
pub(crate) fn split_absolute(target: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let colon = target.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')))?;
    let (scheme, rest) = target.split_at(colon);
    if !scheme.first()?.is_ascii_alphabetic() {
        return None;
    }
    let rest = rest.strip_prefix(b"://")?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    Some((scheme, authority, rest))
}

/// `authority-form = uri-host ":" port`. Here the port must be there: there is no default for a tunnel
/// (RFC 9110 §9.3.6).
fn is_authority(target: &[u8]) -> bool {
    match split_port(target) {
        (host, Some(port)) => !host.is_empty() && !port.is_empty() && is_uri_host(host) && is_port(port),
        _ => false,
    }
}

/// `Host = uri-host [ ":" port ]` with something in it: the authority of an `http` URI is never empty
/// (RFC 9110 §4.2.1), and has no `userinfo` (§4.2.4).
pub(crate) fn is_host(value: &[u8]) -> bool {
    // Nearly every host is a plain name, and perhaps a port: one pass is enough.
    match grammar::plain_name(value) {
        0 => {}
        end if end == value.len() => return true,
        end if value[end] == b':' => return is_port(&value[end + 1..]),
        _ => {}
    }
    let (host, port) = split_port(value);
    !host.is_empty() && is_uri_host(host) && port.is_none_or(is_port)
}

/// Cuts at the colon before the port, which isn't one of those inside `[...]`.
fn split_port(value: &[u8]) -> (&[u8], Option<&[u8]>) {
    let from = match value {
        [b'[', ..] => value.iter().position(|&byte| byte == b']').unwrap_or(value.len()),
        _ => 0,
    };
    match value[from..].iter().position(|&byte| byte == b':') {
        Some(colon) => (&value[..from + colon], Some(&value[from + colon + 1..])),
        None => (value, None),
    }
}

/// `port = *DIGIT`, and what TCP can express.
fn is_port(port: &[u8]) -> bool {
    if port.len() <= 4 {
        return port.iter().all(u8::is_ascii_digit);
    }
    port.iter()
        .try_fold(0u32, |sum, byte| match byte {
            b'0'..=b'9' => Some((sum * 10 + u32::from(byte - b'0')).min(u32::from(u16::MAX) + 1)),
            _ => None,
        })
        .is_some_and(|port| port <= u32::from(u16::MAX))
}

/// `IP-literal / IPv4address / reg-name` (RFC 3986 §3.2.2). Every IPv4 address is a `reg-name` too.
fn is_uri_host(host: &[u8]) -> bool {
    match host {
        [b'[', inner @ .., b']'] => is_ipv6(inner) || is_ip_future(inner),
        _ => grammar::is_reg_name(host),
    }
}

fn is_ipv6(inner: &[u8]) -> bool {
    core::str::from_utf8(inner).is_ok_and(|text| text.parse::<core::net::Ipv6Addr>().is_ok())
}

/// `IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`
fn is_ip_future(inner: &[u8]) -> bool {
    let [b'v' | b'V', rest @ ..] = inner else { return false };
    let Some(dot) = rest.iter().position(|&byte| byte == b'.') else { return false };
    let (version, address) = (&rest[..dot], &rest[dot + 1..]);
    !version.is_empty()
        && version.iter().all(u8::is_ascii_hexdigit)
        && !address.is_empty()
        && address.split(|&byte| byte == b':').all(|part| !part.contains(&b'%') && grammar::is_reg_name(part))
}
