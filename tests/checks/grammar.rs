//! The grammar of RFC 9110, RFC 9112 and RFC 3986 once more, as naively as it can be written.

pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// HTAB, SP, VCHAR, obs-text.
pub fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == b'\t' || (0x20..0x7F).contains(byte) || *byte >= 0x80)
}

pub fn trim(bytes: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let start = bytes.iter().position(|byte| !is_space(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// The members of a list that aren't empty.
pub fn list(value: &[u8]) -> Vec<&[u8]> {
    value.split(|byte| *byte == b',').map(trim).filter(|member| !member.is_empty()).collect()
}

/// Name and value of `name ":" OWS value OWS`.
pub fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    (is_token(name) && is_text(value)).then(|| (name, trim(value)))
}

/// `uri-host [ ":" port ]`, not empty, the port one of TCP's.
pub fn is_host(value: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(value) else { return false };
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((literal, rest)) => {
            let port = match rest.strip_prefix(':') {
                Some(port) => port,
                None if rest.is_empty() => "",
                None => return false,
            };
            return is_port(port) && (literal.parse::<core::net::Ipv6Addr>().is_ok() || is_future(literal));
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    !host.is_empty() && is_name(host) && is_port(port)
}

fn is_port(port: &str) -> bool {
    let digits = port.trim_start_matches('0');
    port.bytes().all(|byte| byte.is_ascii_digit()) && (digits.is_empty() || digits.parse::<u16>().is_ok())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte)
}

fn is_name(host: &str) -> bool {
    let mut parts = host.split('%');
    let first = parts.next().unwrap_or_default();
    first.bytes().all(is_name_byte)
        && parts.all(|part| {
            part.len() >= 2
                && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
                && part.bytes().skip(2).all(is_name_byte)
        })
}

/// `IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`
fn is_future(literal: &str) -> bool {
    let Some((version, address)) = literal.strip_prefix(['v', 'V']).and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !address.is_empty()
        && address.bytes().all(|byte| byte == b':' || is_name_byte(byte))
}

/// Whether a target goes with a method (RFC 9112 §3.2).
pub fn is_target(method: &[u8], target: &[u8]) -> bool {
    if target.is_empty() || target.iter().any(|byte| !(0x21..0x7F).contains(byte) || *byte == b'#') {
        return false;
    }
    if method == b"CONNECT" {
        // host ":" port, neither of them empty.
        return is_host(target) && target.last() != Some(&b':') && has_port(target) && !has_scheme(target);
    }
    match target {
        [b'/', ..] => true,
        b"*" => method == b"OPTIONS",
        _ => {
            has_scheme(target) && {
                let text = core::str::from_utf8(target).unwrap_or_default();
                let rest = text.split_once("://").map_or("", |(_, rest)| rest);
                is_host(rest.split(['/', '?']).next().unwrap_or_default().as_bytes())
            }
        }
    }
}

fn has_port(authority: &[u8]) -> bool {
    let after = authority.iter().rposition(|byte| *byte == b']').map_or(0, |at| at + 1);
    authority[after..].contains(&b':')
}

fn has_scheme(target: &[u8]) -> bool {
    let text = core::str::from_utf8(target).unwrap_or_default();
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|next| next.is_ascii_alphanumeric() || "+-.".contains(next))
    })
}

/// Lines without their ends, and how many bytes they and the empty line take.
pub type Section<'a> = (Vec<&'a [u8]>, usize);

/// The lines of a section that ends with an empty line, and how long it is. `Err` if a CR or an LF stands alone before
/// that; `Ok(None)` if it doesn't end.
pub fn section(input: &[u8]) -> Result<Option<Section<'_>>, ()> {
    let mut lines = Vec::new();
    let mut from = 0;
    let mut at = 0;
    while at < input.len() {
        match input[at..] {
            [b'\r', b'\n', ..] => {
                let line = &input[from..at];
                at += 2;
                if line.is_empty() {
                    return Ok(Some((lines, at)));
                }
                lines.push(line);
                from = at;
            }
            [b'\r'] => return Ok(None),
            [b'\r' | b'\n', ..] => return Err(()),
            _ => at += 1,
        }
    }
    Ok(None)
}
