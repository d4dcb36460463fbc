//! Heads against a naive reading of RFC 9112: what is accepted, and as what, is the same both ways. And never looser
//! than `httparse`, which most engines trust with them.

use super::grammar::{field, is_host, is_target, is_text, is_token, list, section};
use super::support::feed;
use barewire::http::{
    Body, FieldName, FieldValue, Fields, Method, Request, RequestEvent, ResponseEvent, Target, Version,
};
use barewire::http1::{Client, Config, Server};
use barewire::{Instant, Machine, Next};

/// A head as both readers tell it.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    /// Method, target and version; or version, status and reason.
    line: [Vec<u8>; 3],
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    body: Body,
    expects_continue: bool,
    asks_upgrade: bool,
}

/// The first byte chooses between a request and a response.
pub fn holds(data: &[u8]) {
    let Some((kind, input)) = data.split_first() else { return };
    if kind % 2 == 0 { request(input) } else { response(input) }
}

fn config() -> Config {
    Config::builder().max_fields(8192).build().unwrap()
}

fn fields<B: AsRef<[u8]>>(fields: &Fields<B>) -> Vec<(Vec<u8>, Vec<u8>)> {
    fields.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

fn version(version: Version) -> Vec<u8> {
    if version == Version::Http10 { b"HTTP/1.0".to_vec() } else { b"HTTP/1.1".to_vec() }
}

fn request(input: &[u8]) {
    let mut server = Server::new(config());
    feed(&mut server.link().rx, input);
    let ours = match server.next(Instant::ORIGIN) {
        Ok(Next::Event(RequestEvent::Request { head, body, .. })) => {
            let target = head.target().as_bytes().to_vec();
            Some(Head {
                line: [head.method().as_bytes().to_vec(), target, version(head.version())],
                fields: fields(head.fields()),
                body,
                expects_continue: head.expects_continue(),
                asks_upgrade: head.asks_upgrade(),
            })
        }
        Ok(Next::Event(other)) => panic!("before a head: {other:?}"),
        _ => None,
    };
    let theirs = read_request(input);
    assert_eq!(ours, theirs, "{}", input.escape_ascii());
    if let Some(ours) = ours {
        let mut headers = vec![httparse::EMPTY_HEADER; 8192];
        let mut request = httparse::Request::new(&mut headers);
        assert!(request.parse(input).is_ok_and(|status| status.is_complete()), "looser: {}", input.escape_ascii());
        assert_eq!(request.method.map(str::as_bytes), Some(&ours.line[0][..]));
        assert_eq!(request.path.map(str::as_bytes), Some(&ours.line[1][..]));
        assert!(same_fields(request.headers, &ours.fields));
    }
}

fn same_fields(theirs: &[httparse::Header<'_>], ours: &[(Vec<u8>, Vec<u8>)]) -> bool {
    let theirs = theirs.iter().map(|header| (header.name.as_bytes(), header.value));
    theirs.eq(ours.iter().map(|(name, value)| (&name[..], &value[..])))
}

/// All that the standard, and our stricter choices, ask of a request's head. `None`: not there, or not one.
fn read_request(input: &[u8]) -> Option<Head> {
    let input = input.strip_prefix(b"\r\n").unwrap_or(input);
    let (lines, length) = section(input).ok()??;
    if length > 32 * 1024 || lines.first()?.len() + 2 > 8 * 1024 {
        return None;
    }
    let parts: Vec<&[u8]> = lines[0].split(|byte| *byte == b' ').collect();
    let [method, target, version] = parts[..] else { return None };
    let old = version == b"HTTP/1.0";
    if !is_token(method) || !is_target(method, target) || !(old || version == b"HTTP/1.1") {
        return None;
    }
    let fields: Vec<(&[u8], &[u8])> = lines[1..].iter().map(|line| field(line)).collect::<Option<_>>()?;
    let named = |name: &str| -> Vec<&[u8]> {
        let named = fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| *value).collect()
    };
    let lists = |name: &str| named(name).into_iter().flat_map(list).collect::<Vec<_>>();
    match named("host")[..] {
        [] if old => {}
        [host] if is_host(host) => {}
        _ => return None,
    }
    let body = match (&named("content-length")[..], &named("transfer-encoding")[..]) {
        ([], []) => Body::Empty,
        ([length], []) => match decimal(length)? {
            0 => Body::Length(0),
            length => Body::Length(length),
        },
        ([], codings) if !old => {
            let empty: Vec<_> = codings.iter().map(|value| value.split(|byte| *byte == b',').count()).collect();
            let members: Vec<_> = codings.iter().flat_map(|value| list(value)).collect();
            let is_chunked = members.len() == 1 && members[0].eq_ignore_ascii_case(b"chunked");
            // A reasonable number of empty elements in each line.
            let reasonable = codings.iter().zip(empty).all(|(value, all)| all - list(value).len() <= 8);
            if !is_chunked || !reasonable {
                return None;
            }
            Body::Unknown
        }
        _ => return None,
    };
    let none = matches!(body, Body::Empty | Body::Length(0));
    if matches!(method, b"TRACE" | b"CONNECT") && !none {
        return None;
    }
    let expectations = lists("expect");
    let known = |expectation: &&[u8]| expectation.eq_ignore_ascii_case(b"100-continue");
    if !old && !expectations.iter().all(known) {
        return None;
    }
    let options = lists("connection");
    let upgrades = options.iter().any(|option| option.eq_ignore_ascii_case(b"upgrade"));
    Some(Head {
        line: [method.to_vec(), target.to_vec(), version.to_vec()],
        fields: owned(&fields),
        body,
        expects_continue: !old && !none && !expectations.is_empty(),
        asks_upgrade: method == b"CONNECT" || (!old && upgrades && !lists("upgrade").is_empty()),
    })
}

fn owned(fields: &[(&[u8], &[u8])]) -> Vec<(Vec<u8>, Vec<u8>)> {
    fields.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(digits).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn response(input: &[u8]) {
    let mut client = Client::new(config());
    let request = Request::new(Method::GET, Target::new("/").unwrap());
    client.request(&request.field(FieldName::HOST, FieldValue::literal("h")), Body::Empty).unwrap();
    feed(&mut client.link().rx, input);
    let next = client.next(Instant::ORIGIN);
    let (head, body) = match &next {
        Ok(Next::Event(ResponseEvent::Response { head, body, .. })) => (head, *body),
        Ok(Next::Event(ResponseEvent::Interim { head, .. })) => (head, Body::Empty),
        // A 100 that nobody waits for is passed over.
        Ok(Next::Event(other)) => panic!("not for this request: {other:?}"),
        _ => return assert!(read_response(input).is_none_or(|head| is_passed(&head)), "{}", input.escape_ascii()),
    };
    let ours = Head {
        line: [version(head.version()), head.status().code().to_string().into(), head.reason().to_vec()],
        fields: fields(head.fields()),
        body,
        expects_continue: false,
        asks_upgrade: false,
    };
    match read_response(input) {
        Some(theirs) if !is_passed(&theirs) => assert_eq!(ours, theirs, "{}", input.escape_ascii()),
        Some(_) => {}
        None => panic!("looser: {}", input.escape_ascii()),
    }
    let mut headers = vec![httparse::EMPTY_HEADER; 8192];
    let mut response = httparse::Response::new(&mut headers);
    if read_response(input).is_some_and(|head| !is_passed(&head)) {
        assert!(response.parse(input).is_ok_and(|status| status.is_complete()), "looser: {}", input.escape_ascii());
        assert_eq!(response.code.map(|code| code.to_string().into_bytes()).as_ref(), Some(&ours.line[1]));
        assert!(same_fields(response.headers, &ours.fields));
    }
}

/// 100 is passed over, and 101 is refused where nobody asked.
fn is_passed(head: &Head) -> bool {
    head.line[1] == b"100" || head.line[1] == b"101"
}

fn read_response(input: &[u8]) -> Option<Head> {
    let (lines, length) = section(input).ok()??;
    if length > 32 * 1024 || lines.first()?.len() + 2 > 8 * 1024 {
        return None;
    }
    let line = lines[0];
    let version = line.get(..8)?;
    let old = version == b"HTTP/1.0";
    let code = line.get(9..12)?;
    let reason = match line.get(12) {
        None => &b""[..],
        Some(b' ') => &line[13..],
        Some(_) => return None,
    };
    let legal = (old || version == b"HTTP/1.1")
        && line[8] == b' '
        && (b'1'..=b'9').contains(&code[0])
        && code.iter().all(u8::is_ascii_digit)
        && is_text(reason);
    if !legal {
        return None;
    }
    let fields: Vec<(&[u8], &[u8])> = lines[1..].iter().map(|line| field(line)).collect::<Option<_>>()?;
    let named = |name: &str| -> Vec<&[u8]> {
        let named = fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| *value).collect()
    };
    let body = match (&named("content-length")[..], &named("transfer-encoding")[..]) {
        _ if code[0] == b'1' || code == b"204" || code == b"304" => Body::Empty,
        ([], []) => Body::Unknown,
        ([length], []) => Body::Length(decimal(length)?),
        ([], codings) if !old => {
            let members: Vec<Vec<u8>> =
                codings.iter().flat_map(|value| list(value)).map(<[u8]>::to_ascii_lowercase).collect();
            let name =
                |member: &[u8]| super::grammar::trim(member.split(|byte| *byte == b';').next().unwrap()).to_vec();
            let chunks = members.iter().filter(|member| *member == b"chunked").count();
            let legal = members.iter().all(|member| is_token(&name(member)))
                && members.iter().all(|member| name(member) != b"chunked" || member == b"chunked")
                && !members.is_empty()
                && chunks <= 1
                && codings.iter().all(|value| value.split(|byte| *byte == b',').count() - list(value).len() <= 8);
            if !legal {
                return None;
            }
            Body::Unknown
        }
        _ => return None,
    };
    Some(Head {
        line: [version.to_vec(), code.to_vec(), reason.to_vec()],
        fields: owned(&fields),
        body,
        expects_continue: false,
        asks_upgrade: false,
    })
}
