//! The character classes of RFC 9110 §5, most of them as one table: a byte is looked up, not compared in a chain.

/// `tchar`: a method, a field name, a transfer coding.
const TOKEN: u8 = 1;
/// `field-content` with its inner white space: HTAB, SP, VCHAR, obs-text.
const FIELD: u8 = 2;
/// `unreserved / sub-delims`, of RFC 3986: what a registered name is made of, besides percent escapes.
const REG_NAME: u8 = 4;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0u8;
    loop {
        let mut class = 0;
        // tchar = "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" / "|" / "~" / DIGIT / ALPHA
        if byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
            )
        {
            class |= TOKEN;
        }
        if byte == b'\t' || (byte >= b' ' && byte != 0x7F) {
            class |= FIELD;
        }
        if byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
            )
        {
            class |= REG_NAME;
        }
        table[byte as usize] = class;
        if byte == 0xFF {
            return table;
        }
        byte += 1;
    }
}

const fn is(byte: u8, class: u8) -> bool {
    CLASS[byte as usize] & class != 0
}

const fn all(bytes: &[u8], class: u8) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        if !is(bytes[at], class) {
            return false;
        }
        at += 1;
    }
    true
}

/// `token = 1*tchar`
pub(crate) const fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && all(bytes, TOKEN)
}

/// Whether a byte may stand in a token.
pub(crate) fn is_tchar(byte: u8) -> bool {
    is(byte, TOKEN)
}

/// Whether a byte may stand in a field value.
pub(crate) fn is_field_byte(byte: u8) -> bool {
    is(byte, FIELD)
}

/// Whether a byte may stand in a request target: 0x21..=0x7E without `#`, since a fragment is never sent (RFC 9112
/// §3.2). Compared, not looked up: see [`is_target`].
pub(crate) fn is_target_byte(byte: u8) -> bool {
    byte > b' ' && byte < 0x7F && byte != b'#'
}

/// Whether all of them may. Without an exit on the way, so that it becomes sixteen bytes at once.
pub(crate) fn is_target(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().fold(true, |all, &byte| all & is_target_byte(byte))
}

/// `field-value`, trimmed: white space at either end would not survive the way (RFC 9110 §5.5).
pub(super) const fn is_value(bytes: &[u8]) -> bool {
    let len = bytes.len();
    all(bytes, FIELD) && (len == 0 || !(is_ows(bytes[0]) || is_ows(bytes[len - 1])))
}

/// `reason-phrase = 1*( HTAB / SP / VCHAR / obs-text )`, or nothing.
pub(super) const fn is_reason(bytes: &[u8]) -> bool {
    all(bytes, FIELD)
}

/// How long the part at the front is that needs no percent escapes: `*( unreserved / sub-delims )`.
pub(super) fn plain_name(bytes: &[u8]) -> usize {
    bytes.iter().position(|&byte| !is(byte, REG_NAME)).unwrap_or(bytes.len())
}

/// `reg-name = *( unreserved / pct-encoded / sub-delims )`
pub(super) fn is_reg_name(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            match rest {
                [a, b, after @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => rest = after,
                _ => return false,
            }
        } else if !is(byte, REG_NAME) {
            return false;
        }
    }
    true
}

/// `OWS = *( SP / HTAB )`, and nothing else: not VT, FF, 0x85 or 0xA0.
pub(super) const fn is_ows(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Without the optional white space at both ends.
pub(crate) fn trim_ows(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes {
        if !is_ows(*first) {
            break;
        }
        bytes = rest;
    }
    while let [rest @ .., last] = bytes {
        if !is_ows(*last) {
            break;
        }
        bytes = rest;
    }
    bytes
}

/// The members of a comma-separated list, trimmed; empty ones too.
pub(crate) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(trim_ows)
}
