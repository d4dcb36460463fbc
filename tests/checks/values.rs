//! Field values: what is understood can be said again, lists end, and numbers stay in their bounds.

use super::grammar::{is_text, is_token};
use barewire::http::values::{
    ContentRange, Date, Directive, EntityTag, EntityTags, List, Malformed, MediaRange, MediaType, Parameters, Quality,
    Quoted, Ranges, Value, Weighted, tokens,
};

pub fn holds(value: &[u8]) {
    date(value);
    content_range(value);
    ranges(value);
    entity_tags(value);
    media(value);
    for weighted in elements(Weighted::list(value), value) {
        assert!(is_token(weighted.token.as_bytes()) && weighted.quality <= Quality::ONE);
    }
    for directive in elements(Directive::list(value), value) {
        if let Some(seconds) = directive.seconds() {
            let text = directive.argument.unwrap().unescape().into_owned();
            let digits = core::str::from_utf8(&text).unwrap().trim_start_matches('0');
            assert!(digits == seconds.to_string() || (digits.is_empty() && seconds == 0) || digits.len() >= 10);
        }
    }
    for token in elements(tokens(value), value) {
        assert!(is_token(token.as_bytes()));
    }
}

/// The elements before the first fault. After a fault comes nothing.
fn elements<T>(mut list: List<'_, T>, value: &[u8]) -> Vec<T> {
    let mut elements = Vec::new();
    loop {
        match list.next() {
            Some(Ok(element)) => elements.push(element),
            Some(Err(Malformed)) => {
                assert!(list.next().is_none(), "more after a fault");
                break;
            }
            None => break,
        }
        assert!(elements.len() <= value.len(), "a list without end");
    }
    assert!(list.next().is_none());
    elements
}

fn date(value: &[u8]) {
    if let Some((eight, _)) = value.split_first_chunk() {
        let seconds = i64::from_le_bytes(*eight) % 300_000_000_000;
        if let Some(date) = Date::from_unix(seconds) {
            assert_eq!(date.unix(), seconds);
            assert_eq!(Date::parse(&date.to_bytes(), date), Ok(date));
        }
    }
    let now = Date::from_unix(1_800_000_000).unwrap();
    if let Ok(date) = Date::parse(value, now) {
        let sent = date.to_bytes();
        assert_eq!(Date::parse(&sent, now), Ok(date));
        // All of it must have meant something: a leap second alone may differ.
        let leap = value.windows(3).any(|three| three == b":60");
        assert!(value.len() != sent.len() || leap || value[3] != b',' || value == sent, "{}", value.escape_ascii());
    }
}

fn content_range(value: &[u8]) {
    let Ok(range) = ContentRange::parse(value) else { return };
    assert_eq!(ContentRange::parse(range.to_string().as_bytes()), Ok(range));
    match (range.range(), range.length()) {
        (Some((first, last)), length) => assert!(first <= last && length.is_none_or(|length| last < length)),
        (None, length) => assert!(length.is_some()),
    }
}

fn ranges(value: &[u8]) {
    let Ok(ranges) = Ranges::parse(value) else { return };
    assert!(is_token(ranges.unit.as_bytes()));
    let Some(list) = ranges.bytes() else { return };
    for range in elements(list, value) {
        for length in [0, 1, 2, 1000, u64::MAX] {
            if let Some(bytes) = range.of(length) {
                assert!(bytes.start < bytes.end && bytes.end <= length);
            }
        }
    }
}

fn entity_tags(value: &[u8]) {
    if let Ok(tag) = EntityTag::parse(value) {
        let said = [if tag.weak { &b"W/\""[..] } else { b"\"" }, tag.opaque, b"\""].concat();
        assert_eq!(said, value);
        assert!(tag.weak_eq(&tag) && tag.strong_eq(&tag) != tag.weak);
        assert_eq!(EntityTags::parse(value).weak_match(&tag), Ok(true));
        assert_eq!(EntityTags::parse(value).strong_match(&tag), Ok(!tag.weak));
    }
    if let EntityTags::List(list) = EntityTags::parse(value) {
        elements(list, value);
    }
}

fn media(value: &[u8]) {
    if let Ok(media_type) = MediaType::parse(value) {
        assert!(media_type.is(media_type.kind, media_type.subtype));
        assert!(is_token(media_type.kind.as_bytes()) && is_token(media_type.subtype.as_bytes()));
        parameters(media_type.parameters);
        for range in elements(MediaRange::list(b"*/*"), b"*/*") {
            assert!(range.matches(&media_type));
        }
    }
    for range in elements(MediaRange::list(value), value) {
        assert!(range.quality <= Quality::ONE);
        assert!(range.parameters().all(|(name, _)| !name.eq_ignore_ascii_case("q")));
        assert!(range.specificity() <= 2 + range.parameters().count());
    }
}

fn parameters(parameters: Parameters<'_>) {
    for (name, value) in parameters.iter() {
        assert!(is_token(name.as_bytes()));
        assert!(parameters.get(name).is_some());
        match value {
            Value::Token(token) => assert!(is_token(token.as_bytes()) && value.is(token)),
            Value::Quoted(quoted) => check_quoted(quoted),
        }
        assert!(is_text(&value.unescape()));
    }
}

fn check_quoted(quoted: Quoted<'_>) {
    let once: Vec<u8> = quoted.bytes().collect();
    assert_eq!(once, &*quoted.unescape());
    // To say it again, quotes and backslashes are escaped.
    let mut said = b"a/b;c=\"".to_vec();
    for byte in &once {
        if matches!(byte, b'"' | b'\\') {
            said.push(b'\\');
        }
        said.push(*byte);
    }
    said.push(b'"');
    let again = MediaType::parse(&said).unwrap();
    assert_eq!(&*again.parameters.get("c").unwrap().unescape(), once);
}
