//! Every byte in every kind of place, judged by the grammar alone.

use super::drive::{Run, When};
use barewire::http1::Config;

/// Whether a server takes the first request; if not, the status that it refuses it with.
fn read(input: &[u8]) -> Result<(), u16> {
    let mut run = Run::new(Config::default(), false, true, When::Prompt);
    run.feed(input);
    run.eof();
    let (replies, _) = run.seen.replies().unwrap();
    let status = replies.first().map_or(0, |reply| reply.status);
    match run.seen.requests.into_iter().next() {
        Some(request) if request.complete => {
            assert_eq!(status, 200);
            Ok(())
        }
        _ => {
            assert_eq!(replies.len(), 1, "{:?}", run.seen.output.escape_ascii().to_string());
            assert!(run.seen.fin);
            Err(status)
        }
    }
}

/// `tchar` of RFC 9110 §5.6.2.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `field-vchar / SP / HTAB`, of RFC 9110 §5.5: VCHAR is 0x21 to 0x7E, obs-text 0x80 to 0xFF.
fn is_field(byte: u8) -> bool {
    byte == b'\t' || byte == b' ' || (0x21..=0x7e).contains(&byte) || byte >= 0x80
}

/// Puts each byte into `template` in the place of each `@`, and compares with the grammar.
fn sweep(place: &str, template: &str, legal: impl Fn(u8) -> bool) {
    for byte in 0..=255u8 {
        let input: Vec<u8> = template.bytes().map(|other| if other == b'@' { byte } else { other }).collect();
        let got = read(&input);
        let fits = match got {
            Ok(_) => legal(byte),
            Err(400) => !legal(byte),
            Err(_) => false,
        };
        assert!(fits, "{byte:#04x} in {place}: {got:?}");
    }
}

const HEAD: &str = "GET / HTTP/1.1\r\nHost: h\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn every_byte_in_a_head() {
    sweep("a method", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n", is_tchar);
    sweep("a method's beginning", "@GET / HTTP/1.1\r\nHost: h\r\n\r\n", is_tchar);
    sweep("a method's end", "GET@ / HTTP/1.1\r\nHost: h\r\n\r\n", is_tchar);
    let is_target = |byte: u8| (0x21..=0x7e).contains(&byte) && byte != b'#';
    sweep("a target", "GET /a@b HTTP/1.1\r\nHost: h\r\n\r\n", is_target);
    sweep("a target's end", "GET /@ HTTP/1.1\r\nHost: h\r\n\r\n", is_target);
    sweep("a query", "GET /?a@b HTTP/1.1\r\nHost: h\r\n\r\n", is_target);
    sweep("a target's beginning", "GET @a HTTP/1.1\r\nHost: h\r\n\r\n", |byte| byte == b'/');
    sweep("the first space", "GET@/ HTTP/1.1\r\nHost: h\r\n\r\n", |byte| byte == b' ');
    sweep("the second space", "GET /@HTTP/1.1\r\nHost: h\r\n\r\n", |byte| byte == b' ');
    sweep("behind the version", "GET / HTTP/1.1@\r\nHost: h\r\n\r\n", |_| false);
    for (at, legal) in "HTTP/1.1".bytes().enumerate().filter(|(at, _)| !matches!(at, 5 | 7)) {
        let mut version = "HTTP/1.1".to_owned();
        version.replace_range(at..=at, "@");
        sweep("the version", &format!("GET / {version}\r\nHost: h\r\n\r\n"), |byte| byte == legal);
    }
    sweep("a name", &format!("{HEAD}a@b: c\r\n\r\n"), |byte| is_tchar(byte) || byte == b':');
    sweep("a name's beginning", &format!("{HEAD}@b: c\r\n\r\n"), is_tchar);
    sweep("a name's end", &format!("{HEAD}b@: c\r\n\r\n"), |byte| is_tchar(byte) || byte == b':');
    sweep("a value", &format!("{HEAD}a: b@c\r\n\r\n"), is_field);
    sweep("a value's beginning", &format!("{HEAD}a:@c\r\n\r\n"), is_field);
    sweep("a value's end", &format!("{HEAD}a: c@\r\n\r\n"), is_field);
    sweep("a value alone", &format!("{HEAD}a:@\r\n\r\n"), is_field);
    sweep("the first CR", "GET / HTTP/1.1@\nHost: h\r\n\r\n", |byte| byte == b'\r');
    sweep("the first LF", "GET / HTTP/1.1\r@Host: h\r\n\r\n", |byte| byte == b'\n');
    sweep("a field's CR", &format!("{HEAD}a: b@\nc: d\r\n\r\n"), |byte| byte == b'\r');
    sweep("a field's LF", &format!("{HEAD}a: b\r@c: d\r\n\r\n"), |byte| byte == b'\n');
    sweep("the last CR", &format!("{HEAD}a: b\r\n@\n"), |byte| byte == b'\r');
    sweep("the last LF", &format!("{HEAD}a: b\r\n\r@"), |byte| byte == b'\n');
    sweep("the line before the request", "@\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", |byte| byte == b'\r');
    sweep("the line end before the request", "\r@GET / HTTP/1.1\r\nHost: h\r\n\r\n", |byte| byte == b'\n');
}

#[test]
fn every_byte_in_what_frames_and_routes() {
    let post = "POST / HTTP/1.1\r\nHost: h\r\n";
    let is_ows = |byte: u8| matches!(byte, b' ' | b'\t');
    sweep("a length", &format!("{post}Content-Length: 0@0\r\n\r\n"), |byte| byte == b'0');
    sweep("before a length", &format!("{post}Content-Length: @0\r\n\r\n"), |byte| byte == b'0' || is_ows(byte));
    sweep("behind a length", &format!("{post}Content-Length: 0@\r\n\r\n"), |byte| byte == b'0' || is_ows(byte));
    let one = "1\r\nx\r\n0\r\n\r\n";
    // A comma beside it leaves an empty element, which is ignored (RFC 9110 §5.6.1).
    let beside = |byte| is_ows(byte) || byte == b',';
    sweep("before a coding", &format!("{post}Transfer-Encoding: @chunked\r\n\r\n{one}"), beside);
    sweep("behind a coding", &format!("{post}Transfer-Encoding: chunked@\r\n\r\n{one}"), beside);
    for (at, legal) in "chunked".bytes().enumerate() {
        let mut coding = "chunked".to_owned();
        coding.replace_range(at..=at, "@");
        let template = format!("{post}Transfer-Encoding: {coding}\r\n\r\n{one}");
        sweep("a coding", &template, |byte| byte.eq_ignore_ascii_case(&legal));
    }
    // unreserved, sub-delims (RFC 3986 §3.2.2); and the colon of an empty port.
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
    sweep("a host", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", is_host);
    sweep("behind a host", "GET / HTTP/1.1\r\nHost: a@\r\n\r\n", |byte| is_host(byte) || is_ows(byte) || byte == b':');
    sweep("before a host", "GET / HTTP/1.1\r\nHost: @a\r\n\r\n", |byte| is_host(byte) || is_ows(byte));
    sweep("a port", "GET / HTTP/1.1\r\nHost: a:1@1\r\n\r\n", |byte| byte.is_ascii_digit());
    sweep("behind a port", "GET / HTTP/1.1\r\nHost: a:1@\r\n\r\n", |byte| byte.is_ascii_digit() || is_ows(byte));
    let is_hex = |byte: u8| byte.is_ascii_hexdigit();
    sweep("an escape in a host", "GET / HTTP/1.1\r\nHost: %4@\r\n\r\n", is_hex);
    sweep("an IPv6 address", "GET / HTTP/1.1\r\nHost: [::@]\r\n\r\n", is_hex);
    sweep("an absolute target's host", "GET http://a@b/ HTTP/1.1\r\nHost: h\r\n\r\n", |byte| {
        is_host(byte) || byte == b'/' || byte == b'?'
    });
}

#[test]
fn every_byte_in_chunks() {
    let zero = "1\r\nx\r\n0\r\n\r\n";
    sweep("a chunk's size", &format!("{CHUNKED}0@1\r\nx\r\n0\r\n\r\n"), |byte| byte == b'0');
    sweep("before a chunk's size", &format!("{CHUNKED}@{zero}"), |byte| byte == b'0');
    sweep("behind a chunk's size", &format!("{CHUNKED}1@\r\nx\r\n0\r\n\r\n"), |_| false);
    sweep("the last chunk's size", &format!("{CHUNKED}1\r\nx\r\n@\r\n\r\n"), |byte| byte == b'0');
    sweep("a size's CR", &format!("{CHUNKED}1@\nx\r\n0\r\n\r\n"), |byte| byte == b'\r');
    sweep("a size's LF", &format!("{CHUNKED}1\r@x\r\n0\r\n\r\n"), |byte| byte == b'\n');
    sweep("the last size's CR", &format!("{CHUNKED}1\r\nx\r\n0@\n\r\n"), |byte| byte == b'\r');
    sweep("the last size's LF", &format!("{CHUNKED}1\r\nx\r\n0\r@\r\n"), |byte| byte == b'\n');
    sweep("the data", &format!("{CHUNKED}1\r\n@\r\n0\r\n\r\n"), |_| true);
    sweep("the end's CR", &format!("{CHUNKED}0\r\n@\n"), |byte| byte == b'\r');
    sweep("the end's LF", &format!("{CHUNKED}0\r\n\r@"), |byte| byte == b'\n');
    let extended = |extension: &str| format!("{CHUNKED}1{extension}\r\nx\r\n0\r\n\r\n");
    let is_bws = |byte: u8| matches!(byte, b' ' | b'\t');
    sweep("an extension's name", &extended(";a@b"), |byte| is_tchar(byte) || matches!(byte, b'=' | b';'));
    sweep("an extension's beginning", &extended(";@a"), |byte| is_tchar(byte) || is_bws(byte));
    sweep("an extension's end", &extended(";a@"), is_tchar);
    sweep("an extension's value", &extended(";a=b@c"), |byte| is_tchar(byte) || byte == b';');
    sweep("an extension's value's beginning", &extended(";a=@c"), |byte| is_tchar(byte) || is_bws(byte));
    sweep("a quoted extension", &extended(";a=\"b@c\""), |byte| is_field(byte) && byte != b'"');
    sweep("a quoted extension's escape", &extended(";a=\"\\@\""), is_field);
    sweep("behind a quoted extension", &extended(";a=\"b\"@"), |_| false);
    sweep("before a semicolon", &extended("@;a"), is_bws);
    let trailer = |line: &str| format!("{CHUNKED}0\r\n{line}\r\n\r\n");
    sweep("a trailer's name", &trailer("a@b: c"), |byte| is_tchar(byte) || byte == b':');
    sweep("a trailer's beginning", &trailer("@b: c"), is_tchar);
    sweep("a trailer's value", &trailer("a: b@c"), is_field);
    sweep("a trailer's CR", &format!("{CHUNKED}0\r\na: b@\n\r\n"), |byte| byte == b'\r');
    sweep("a trailer's LF", &format!("{CHUNKED}0\r\na: b\r@\r\n"), |byte| byte == b'\n');
}

/// CVE-2025-43859 and its kin took any two bytes.
#[test]
fn any_two_bytes_behind_a_chunks_data() {
    for two in 0..=u16::MAX {
        let input = [CHUNKED.as_bytes(), b"1\r\nx", &two.to_be_bytes(), b"0\r\n\r\n"].concat();
        assert_eq!(read(&input).is_ok(), two == 0x0d0a, "{two:#06x}");
    }
}

/// All short chunk-size lines of the bytes that mean something there: no panic, and nothing but the grammar.
#[test]
fn every_short_chunk_line() {
    const BYTES: &[u8] = b"0f;=\" \ta\\\r\n";
    let mut lines = vec![Vec::new(), b"0".to_vec(), b"0;a".to_vec(), b"0;a=\"".to_vec()];
    for _ in 0..3 {
        lines = lines.iter().flat_map(|line| BYTES.iter().map(|byte| [&line[..], &[*byte]].concat())).collect();
        for line in &lines {
            let input = [CHUNKED.as_bytes(), line, b"\r\n\r\n"].concat();
            // Of those, only zero's can be a whole body here.
            let legal = is_zero_line(line);
            let accepted = read(&input).is_ok();
            assert!(!legal || accepted, "{}", line.escape_ascii());
            assert!(!accepted || legal || is_zero_section(line), "{}", line.escape_ascii());
        }
    }
}

/// A size of zero with extensions, after the grammar.
fn is_zero_line(line: &[u8]) -> bool {
    let digits = line.iter().take_while(|byte| **byte == b'0').count();
    digits > 0 && is_extensions(&line[digits..])
}

/// `*( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )`
fn is_extensions(line: &[u8]) -> bool {
    let skip = |mut line: &'_ [u8]| -> usize {
        let all = line.len();
        while let [b' ' | b'\t', rest @ ..] = line {
            line = rest;
        }
        all - line.len()
    };
    let token = |line: &[u8]| line.iter().take_while(|byte| is_tchar(**byte)).count();
    if line.is_empty() {
        return true;
    }
    let line = &line[skip(line)..];
    let [b';', line @ ..] = line else { return false };
    let line = &line[skip(line)..];
    let name = token(line);
    if name == 0 {
        return false;
    }
    let line = &line[name..];
    let [b'=', value @ ..] = &line[skip(line)..] else { return is_extensions(line) };
    let value = &value[skip(value)..];
    if let [b'"', quoted @ ..] = value {
        let mut at = 0;
        loop {
            match quoted[at..] {
                [b'"', ref rest @ ..] => return is_extensions(rest),
                [b'\\', byte, ..] if is_field(byte) => at += 2,
                [byte, ..] if is_field(byte) && byte != b'\\' => at += 1,
                _ => return false,
            }
        }
    }
    let n = token(value);
    n > 0 && is_extensions(&value[n..])
}

/// The line holds the whole end itself: a zero line, the empty line, and what follows is the next request's business.
fn is_zero_section(line: &[u8]) -> bool {
    line.windows(2).position(|two| two == b"\r\n").is_some_and(|end| {
        is_zero_line(&line[..end]) && {
            let rest = [&line[end + 2..], b"\r\n\r\n"].concat();
            rest.starts_with(b"\r\n")
        }
    })
}
