//! Field values: tables of what is taken and what is not, and round trips.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::http::values::{
    ByteRange, ContentRange, Date, Directive, EntityTag, EntityTags, List, Malformed, MediaRange, MediaType, Quality,
    Ranges, Value, Weighted, tokens,
};
use quickcheck::{QuickCheck, quickcheck};
use std::borrow::Cow;

fn all<T>(list: List<'_, T>) -> Result<Vec<T>, Malformed> {
    list.collect()
}

#[test]
fn lists() {
    let good: &[(&str, &[&str])] = &[
        ("", &[]),
        ("a", &["a"]),
        ("close, TE", &["close", "TE"]),
        ("a,b", &["a", "b"]),
        ("a ,\t b", &["a", "b"]),
        ("foo ,bar,", &["foo", "bar"]),
        ("foo , ,bar,charlie", &["foo", "bar", "charlie"]),
        (",", &[]),
        (",   ,", &[]),
        (" , a", &["a"]),
        ("*", &["*"]),
        ("!#$%&'*+-.^_`|~09azAZ", &["!#$%&'*+-.^_`|~09azAZ"]),
    ];
    for (value, expected) in good {
        assert_eq!(all(tokens(value.as_bytes())).unwrap(), *expected, "{value}");
    }
    for value in
        ["a b", "a;b", "a, \"b\"", "a, b c, d", "a/b", "\u{e4}", "a\0", "a\nb", "\"", "a, b(", "[", "{}", "a@b"]
    {
        assert_eq!(all(tokens(value.as_bytes())), Err(Malformed), "{value}");
    }
}

#[test]
fn a_list_ends_at_its_fault() {
    let mut list = tokens(b"a, b c, d");
    assert_eq!(list.next(), Some(Ok("a")));
    assert_eq!(list.next(), Some(Err(Malformed)));
    assert_eq!(list.next(), None);
    assert_eq!(list.next(), None);
}

#[test]
fn empty_elements_are_bounded() {
    let at_limit = [",".repeat(16), "a".into()].concat();
    assert_eq!(all(tokens(at_limit.as_bytes())), Ok(vec!["a"]));
    let above = [",".repeat(17), "a".into()].concat();
    assert_eq!(all(tokens(above.as_bytes())), Err(Malformed));
    let spread = "a,,".repeat(17);
    assert_eq!(all(tokens(spread.as_bytes())), Err(Malformed));
    let full = "a,".repeat(1000);
    assert_eq!(all(tokens(full.as_bytes())).unwrap().len(), 1000);
}

#[test]
fn media_types() {
    let html = MediaType::parse(b"Text/HTML;Charset=\"utf-8\"").unwrap();
    assert!(html.is("text", "html"));
    assert!(!html.is("text", "htm"));
    assert!(html.parameters.get("charset").unwrap().is("UTF-8"));
    assert_eq!(html.parameters.get("boundary"), None);

    let form = MediaType::parse(b"multipart/form-data ; ; boundary=\"a \\\"b\\\\\" ;x=1;").unwrap();
    let parameters: Vec<_> = form.parameters.iter().map(|(name, value)| (name, value.unescape())).collect();
    let expected: [(_, Cow<'_, [u8]>); 2] = [("boundary", b"a \"b\\"[..].into()), ("x", b"1"[..].into())];
    assert_eq!(parameters, expected);
    assert!(matches!(form.parameters.get("X"), Some(Value::Token("1"))));

    let plain = MediaType::parse(b"a/b;c=\"plain\"").unwrap();
    assert!(matches!(plain.parameters.get("c").unwrap().unescape(), Cow::Borrowed(b"plain")));
    let obs_text = MediaType::parse(b"a/b;c=\"\xe4\"").unwrap();
    assert_eq!(obs_text.parameters.get("c").unwrap().unescape()[..], *b"\xe4");

    let bad: &[&[u8]] = &[
        b"",
        b"text",
        b"text/",
        b"/html",
        b"text /html",
        b"text/ html",
        b"text/html charset=x",
        b"text/html;charset",
        b"text/html;charset=",
        b"text/html;charset =x",
        b"text/html;charset= x",
        b"text/html;charset=\"x",
        b"text/html;charset=\"x\\\"",
        b"text/html;charset=\"x\"y",
        b"text/html;charset=\"\n\"",
        b"text/html;charset=\"\\\n\"",
        b"text/html;charset=\"\x7f\"",
        b"text/html;charset=a b",
        b"text/html, text/plain",
        b"text/html ",
    ];
    for value in bad {
        assert_eq!(MediaType::parse(value), Err(Malformed), "{}", value.escape_ascii());
    }
}

#[test]
fn weights() {
    let good: &[(&str, u16)] = &[
        ("a", 1000),
        ("a;q=0", 0),
        ("a;q=0.", 0),
        ("a;q=0.5", 500),
        ("a;q=0.05", 50),
        ("a;q=0.123", 123),
        ("a ; Q=1", 1000),
        ("a;q=1.", 1000),
        ("a;q=1.000", 1000),
        ("a \t;\t q=0.999", 999),
    ];
    for (value, expected) in good {
        let list = all(Weighted::list(value.as_bytes())).unwrap();
        assert_eq!((list[0].token, list[0].quality.thousandths()), ("a", *expected), "{value}");
    }
    for value in
        ["a;q=1.001", "a;q=2", "a;q=0.1234", "a;q=.5", "a;q=-0", "a;q=", "a;q", "a;q =1", "a;q= 1", "a;x=1", "a;q=01"]
    {
        assert_eq!(all(Weighted::list(value.as_bytes())), Err(Malformed), "{value}");
    }
    let list = all(Weighted::list(b"gzip;q=1.0, identity; q=0.5, *;q=0")).unwrap();
    assert_eq!(list.iter().map(|it| it.token).collect::<Vec<_>>(), ["gzip", "identity", "*"]);
    assert_eq!(list[2].quality, Quality::ZERO);
    assert!(list[0].quality > list[1].quality);
    assert_eq!(list[1].quality.to_string(), "0.500");
}

#[test]
fn accept() {
    // The example of RFC 9110 §12.5.1, with its table.
    let accept = b"text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5";
    let expected: &[(&[u8], u16)] = &[
        (b"text/plain;format=flowed", 1000),
        (b"text/plain", 700),
        (b"text/html", 300),
        (b"image/jpeg", 500),
        (b"text/plain;format=fixed", 400),
        (b"text/html;level=3", 300),
    ];
    for (media_type, quality) in expected {
        let media_type = MediaType::parse(media_type).unwrap();
        let ranges = all(MediaRange::list(accept)).unwrap();
        let best = ranges.iter().filter(|it| it.matches(&media_type)).max_by_key(|it| it.specificity()).unwrap();
        assert_eq!(best.quality.thousandths(), *quality, "{media_type:?}");
    }
    let weight_first = all(MediaRange::list(b"text/html;q=0.5;level=1")).unwrap();
    assert_eq!(weight_first[0].quality.thousandths(), 500);
    assert_eq!(weight_first[0].parameters().count(), 1);
    for value in ["*/html", "text", "*", "a/b;q=x", "a/b;q=\"1\"", "a/b;q=1;q=1", "a/b c/d"] {
        assert_eq!(all(MediaRange::list(value.as_bytes())), Err(Malformed), "{value}");
    }
}

fn now() -> Date {
    Date::from_unix(1_800_000_000).unwrap() // 2027
}

#[test]
fn dates() {
    let good: &[(&str, i64)] = &[
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ("Sun Nov 06 08:49:37 1994", 784_111_777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
        ("Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ("Thursday, 01-Jan-70 00:00:00 GMT", 3_155_760_000), // 2070, less than 50 years from now
    ];
    for (value, seconds) in good {
        assert_eq!(Date::parse(value.as_bytes(), now()).map(Date::unix), Ok(*seconds), "{value}");
    }
    let bad = [
        "",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun,06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:60 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Thu, 31 Nov 1994 08:49:37 GMT",
        "Tue, 29 Feb 1900 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Someday, 06-Nov-94 08:49:37 GMT",
        "Sunday, 6-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "Sun Nov 16 08:49:37 1994",
        "784111777",
        "0",
    ];
    for value in bad {
        assert_eq!(Date::parse(value.as_bytes(), now()), Err(Malformed), "{value}");
    }
}

#[test]
fn a_year_of_two_digits_is_at_most_fifty_years_ahead() {
    let at = |now: &str, value: &str| {
        let now = Date::parse(now.as_bytes(), Date::from_unix(0).unwrap()).unwrap();
        Date::parse(value.as_bytes(), now).unwrap().to_string()[12..16].to_owned()
    };
    let now = "Wed, 01 Jan 2025 00:00:00 GMT";
    assert_eq!(at(now, "Tuesday, 01-Jan-75 00:00:00 GMT"), "2075");
    assert_eq!(at(now, "Tuesday, 01-Jan-75 00:00:01 GMT"), "1975");
    assert_eq!(at(now, "Friday, 31-Dec-99 00:00:00 GMT"), "1999");
    assert_eq!(at(now, "Saturday, 01-Jan-00 00:00:00 GMT"), "2000");
    let late = "Thu, 01 Jan 2099 00:00:00 GMT";
    assert_eq!(at(late, "Saturday, 01-Jan-01 00:00:00 GMT"), "2101");
    assert_eq!(at(late, "Saturday, 29-Feb-00 00:00:00 GMT"), "2000", "there is no such day in 2100");
}

#[test]
fn byte_ranges() {
    use ByteRange::{From, FromTo, Last};
    let bytes = |value: &str| all(Ranges::parse(value.as_bytes())?.bytes().unwrap());
    assert_eq!(bytes("bytes=0-499"), Ok(vec![FromTo(0, 499)]));
    assert_eq!(bytes("Bytes=500-,-500"), Ok(vec![From(500), Last(500)]));
    assert_eq!(bytes("bytes= 0-0 , , 7-7"), Ok(vec![FromTo(0, 0), FromTo(7, 7)]));
    assert_eq!(bytes("bytes=0-99999999999999999999"), Ok(vec![FromTo(0, u64::MAX)]));
    assert_eq!(bytes("bytes=99999999999999999999-"), Ok(vec![From(u64::MAX)]));
    for value in [
        "bytes=5-4",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "bytes=1 -2",
        "bytes=1- 2",
        "bytes=--1",
        "bytes=1-2-3",
        "bytes=+1-2",
    ] {
        assert_eq!(bytes(value), Err(Malformed), "{value}");
    }
    for value in ["", "bytes", "bytes 0-1", "=0-1", "bytes =0-1"] {
        assert_eq!(Ranges::parse(value.as_bytes()), Err(Malformed), "{value}");
    }
    let other = Ranges::parse(b"lines=whatever that is").unwrap();
    assert_eq!(other.unit, "lines");
    assert!(other.bytes().is_none());

    assert_eq!(FromTo(0, 9).of(5), Some(0..5));
    assert_eq!(FromTo(4, u64::MAX).of(5), Some(4..5));
    assert_eq!(FromTo(5, 9).of(5), None);
    assert_eq!(From(0).of(0), None);
    assert_eq!(From(4).of(5), Some(4..5));
    assert_eq!(Last(0).of(5), None);
    assert_eq!(Last(3).of(5), Some(2..5));
    assert_eq!(Last(9).of(5), Some(0..5));
    assert_eq!(From(u64::MAX).of(u64::MAX), None);
}

#[test]
fn content_ranges() {
    type Parts<'a> = (&'a str, Option<(u64, u64)>, Option<u64>);
    let good: &[(&str, Parts<'_>)] = &[
        ("bytes 42-1233/1234", ("bytes", Some((42, 1233)), Some(1234))),
        ("bytes 42-1233/*", ("bytes", Some((42, 1233)), None)),
        ("bytes */1234", ("bytes", None, Some(1234))),
        ("bytes 0-0/1", ("bytes", Some((0, 0)), Some(1))),
        ("lines 1-2/3", ("lines", Some((1, 2)), Some(3))),
    ];
    for (value, expected) in good {
        let range = ContentRange::parse(value.as_bytes()).unwrap();
        assert_eq!((range.unit(), range.range(), range.length()), *expected);
        assert_eq!(range.to_string(), *value);
    }
    let bad = [
        "",
        "bytes",
        "bytes 1-0/5",
        "bytes 0-5/5",
        "bytes */*",
        "bytes 0-/5",
        "bytes  0-1/5",
        "bytes=0-1/5",
        "bytes 0-1",
        "bytes 0-1/5 ",
        "bytes 0-99999999999999999999/*",
    ];
    for value in bad {
        assert_eq!(ContentRange::parse(value.as_bytes()), Err(Malformed), "{value}");
    }
    assert_eq!(ContentRange::bytes(0..500, Some(800)).unwrap().to_string(), "bytes 0-499/800");
    assert_eq!(ContentRange::bytes(0..500, None).unwrap().to_string(), "bytes 0-499/*");
    assert_eq!(ContentRange::unsatisfied(8).to_string(), "bytes */8");
    assert_eq!(ContentRange::bytes(0..0, None), None);
    assert_eq!(ContentRange::bytes(5..5, Some(9)), None);
    assert_eq!(ContentRange::bytes(0..500, Some(499)), None);
}

#[test]
fn entity_tags() {
    let parse = |value: &'static [u8]| EntityTag::parse(value).map(|tag| (tag.weak, tag.opaque));
    assert_eq!(parse(b"\"xyzzy\""), Ok((false, &b"xyzzy"[..])));
    assert_eq!(parse(b"W/\"xyzzy\""), Ok((true, &b"xyzzy"[..])));
    assert_eq!(parse(b"\"\""), Ok((false, &b""[..])));
    assert_eq!(parse(b"\"a\\b\""), Ok((false, &b"a\\b"[..])));
    assert_eq!(parse(b"\"\xff!\""), Ok((false, &b"\xff!"[..])));
    for value in
        [&b""[..], b"xyzzy", b"w/\"x\"", b"W/ \"x\"", b"\"a b\"", b"\"a", b"\"a\"b\"", b"\"\x7f\"", b"W/", b"\"a\" "]
    {
        assert!(EntityTag::parse(value).is_err(), "{}", value.escape_ascii());
    }

    // The table of RFC 9110 §8.8.3.2.
    let table: &[(&[u8], &[u8], bool, bool)] = &[
        (b"W/\"1\"", b"W/\"1\"", false, true),
        (b"W/\"1\"", b"W/\"2\"", false, false),
        (b"W/\"1\"", b"\"1\"", false, true),
        (b"\"1\"", b"\"1\"", true, true),
    ];
    for (a, b, strong, weak) in table {
        let (a, b) = (EntityTag::parse(a).unwrap(), EntityTag::parse(b).unwrap());
        assert_eq!((a.strong_eq(&b), a.weak_eq(&b)), (*strong, *weak), "{a:?} {b:?}");
        assert_eq!((b.strong_eq(&a), b.weak_eq(&a)), (*strong, *weak), "{b:?} {a:?}");
    }

    let current = EntityTag::parse(b"\"c\"").unwrap();
    let weak = |value: &'static [u8]| EntityTags::parse(value).weak_match(&current);
    assert_eq!(weak(b"*"), Ok(true));
    assert_eq!(weak(b"\"a\", \"b,c\""), Ok(false));
    assert_eq!(weak(b"\"a\",, W/\"c\""), Ok(true));
    assert_eq!(weak(b"\"a\", *"), Err(Malformed));
    assert_eq!(weak(b""), Ok(false));
    assert_eq!(EntityTags::parse(b"W/\"c\"").strong_match(&current), Ok(false));
    assert_eq!(EntityTags::parse(b"\"c\"").strong_match(&current), Ok(true));
}

#[test]
fn cache_control() {
    let list = all(Directive::list(b"No-Cache=\"Set-Cookie, X\", max-age=60,  private , s-maxage=\"0\"")).unwrap();
    assert!(list[0].is("no-cache"));
    let fields = list[0].argument.unwrap().unescape();
    assert_eq!(all(tokens(&fields)), Ok(vec!["Set-Cookie", "X"]));
    assert_eq!((list[1].name, list[1].seconds()), ("max-age", Some(60)));
    assert_eq!((list[2].name, list[2].argument), ("private", None));
    assert_eq!(list[3].seconds(), Some(0));
    let seconds = |value: &'static [u8]| Directive::list(value).next().unwrap().unwrap().seconds();
    assert_eq!(seconds(b"max-age=99999999999999999999"), Some(u64::MAX));
    assert_eq!(seconds(b"max-age"), None);
    assert_eq!(seconds(b"max-age=\"\""), None);
    assert_eq!(seconds(b"max-age=-1"), None);
    assert_eq!(seconds(b"max-age=1.5"), None);
    for value in ["max-age=", "max-age =1", "max-age= 1", "=1", "a b", "a=\"", "a=b=c", "a;b"] {
        assert_eq!(all(Directive::list(value.as_bytes())), Err(Malformed), "{value}");
    }
}

/// Letters that mean something somewhere, so that random values come far.
fn spell(picks: &[u8]) -> Vec<u8> {
    let letters = br#"a=";,\/* -:0123456789W.q JanSunGMT"#;
    picks.iter().map(|pick| letters.get(usize::from(*pick)).copied().unwrap_or(*pick)).collect()
}

#[test]
fn no_value_panics() {
    fn property(picks: Vec<u8>) {
        let small: Vec<u8> = picks.iter().map(|pick| pick % 40).collect();
        for value in [spell(&picks), spell(&small), [b"a/b;", &spell(&small)[..]].concat()] {
            let _ = all(tokens(&value));
            let _ = all(Weighted::list(&value));
            let _ = all(MediaRange::list(&value));
            let _ = all(Directive::list(&value)).map(|it| it.iter().map(Directive::seconds).collect::<Vec<_>>());
            let _ = EntityTag::parse(&value);
            let _ = EntityTags::parse(&value).weak_match(&EntityTag { weak: false, opaque: b"" });
            let _ = ContentRange::parse(&value);
            let _ = Ranges::parse(&value).map(|it| it.bytes().map(all));
            let _ = Date::parse(&value, now());
            if let Ok(media_type) = MediaType::parse(&value) {
                assert!(media_type.parameters.iter().count() <= value.len());
            }
        }
    }
    QuickCheck::new().tests(5000).quickcheck(property as fn(Vec<u8>));
}

quickcheck! {
    fn a_date_survives(seconds: i64) -> bool {
        let date = Date::from_unix(seconds.rem_euclid(315_569_520_000) - 62_167_219_200).unwrap();
        Date::parse(&date.to_bytes(), now()) == Ok(date)
    }

    fn a_recent_date_survives(seconds: u32) -> bool {
        let date = Date::from_unix(seconds.into()).unwrap();
        Date::parse(&date.to_bytes(), now()) == Ok(date)
    }

    fn the_three_formats_agree(seconds: u32) -> bool {
        // Within fifty years of now, either way.
        let date = Date::from_unix(1_000_000_000 + i64::from(seconds) / 2).unwrap();
        let text = date.to_string();
        let (weekday, day, month, year, time) = (&text[..3], &text[5..7], &text[8..11], &text[12..16], &text[17..25]);
        let long = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let long = long.into_iter().find(|long| long.starts_with(weekday)).unwrap();
        let rfc850 = format!("{long}, {day}-{month}-{} {time} GMT", &year[2..]);
        let asctime = format!("{weekday} {month} {:>2} {time} {year}", day.trim_start_matches('0'));
        Date::parse(rfc850.as_bytes(), now()) == Ok(date) && Date::parse(asctime.as_bytes(), now()) == Ok(date)
    }

    fn a_quoted_string_survives(text: Vec<u8>) -> bool {
        let text: Vec<u8> = text.into_iter().filter(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7F)).collect();
        let mut value = b"a/b;c=\"".to_vec();
        for byte in &text {
            if matches!(byte, b'"' | b'\\') {
                value.push(b'\\');
            }
            value.push(*byte);
        }
        value.push(b'"');
        MediaType::parse(&value).unwrap().parameters.get("c").unwrap().unescape()[..] == text
    }

    fn a_weight_survives(thousandths: u16) -> bool {
        let thousandths = thousandths % 1001;
        let value = format!("a;q={}.{:03}", thousandths / 1000, thousandths % 1000);
        let weighted = Weighted::list(value.as_bytes()).next().unwrap().unwrap();
        weighted.quality.thousandths() == thousandths && value.ends_with(&weighted.quality.to_string())
    }

    fn a_content_range_survives(first: u64, count: u64, length: Option<u64>) -> bool {
        match ContentRange::bytes(first..first.saturating_add(count), length) {
            Some(range) => ContentRange::parse(range.to_string().as_bytes()) == Ok(range),
            None => count == 0 || first == u64::MAX || length.is_some_and(|length| length < first.saturating_add(count)),
        }
    }

    fn a_range_is_within_its_length(first: u64, last: u64, length: u64) -> bool {
        [ByteRange::FromTo(first.min(last), last), ByteRange::From(first), ByteRange::Last(last)]
            .into_iter()
            .filter_map(|range| range.of(length))
            .all(|range| range.start < range.end && range.end <= length)
    }
}
