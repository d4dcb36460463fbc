//! ClientHellos: each whole, at every cut, byte by byte and followed by more; in one record and in many; and not a byte
//! of them touched.

use barewire::balance::client_hello::{Config, Error, Event, Hello, Peek};
use barewire::{Instant, Machine, Next};
use core::time::Duration;
use quickcheck::quickcheck;

const T0: Instant = Instant::from_nanos(1);

fn vector16(content: &[u8]) -> Vec<u8> {
    [&u16::try_from(content.len()).unwrap().to_be_bytes()[..], content].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &vector16(content)].concat()
}

fn server_name(name: &[u8]) -> Vec<u8> {
    extension(0, &vector16(&[&[0][..], &vector16(name)].concat()))
}

fn alpn(names: &[&str]) -> Vec<u8> {
    let list: Vec<u8> =
        names.iter().flat_map(|name| [&[u8::try_from(name.len()).unwrap()][..], name.as_bytes()].concat()).collect();
    extension(16, &vector16(&list))
}

/// A handshake message, from what follows the random.
fn message(fields: &[u8]) -> Vec<u8> {
    let body = [&[3, 3][..], &[9; 32], fields].concat();
    [&[1, 0][..], &vector16(&body)].concat()
}

fn hello(extensions: &[Vec<u8>]) -> Vec<u8> {
    let mut fields = vec![32];
    fields.extend([5; 32]);
    fields.extend([0, 4, 0x13, 1, 0x13, 2, 1, 0]);
    fields.extend(vector16(&extensions.concat()));
    message(&fields)
}

/// In records of `size` bytes.
fn records(message: &[u8], size: usize) -> Vec<u8> {
    message.chunks(size).flat_map(|piece| [&[22, 3, 1][..], &vector16(piece)].concat()).collect()
}

type Verdict = Option<Result<Event, Error>>;

/// What comes of `pieces`, read one after the other; `None` if more is needed.
fn peek(pieces: &[&[u8]]) -> Verdict {
    let mut peek = Peek::new(Config::default());
    let mut fed = Vec::new();
    let mut pieces = pieces.iter();
    loop {
        match peek.next(T0) {
            Ok(Next::Event(event)) => {
                assert_eq!(peek.next(T0), Ok(Next::NeedApp));
                assert_eq!(peek.deadline(), None);
                assert_eq!(peek.into_link().rx.data(), fed);
                return Some(Ok(event));
            }
            Ok(Next::NeedInput) => {
                let piece = pieces.next()?;
                fed.extend_from_slice(piece);
                peek.link().rx.receive(piece.to_vec(), 0);
            }
            Err(error) => {
                assert_eq!(peek.next(T0), Ok(Next::Done));
                let mut chunks = [&b""[..]; 2];
                let count = peek.link().tx.chunks(&mut chunks);
                let alert = error.alert().map(|description| vec![21, 3, 3, 0, 2, 2, description]);
                assert_eq!(chunks[..count].concat(), alert.unwrap_or_default());
                return Some(Err(error));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The verdict, the same however `input` comes.
fn verdict(input: &[u8]) -> Verdict {
    let whole = peek(&[input]);
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(peek(&bytes), whole, "byte by byte: {}", input.escape_ascii());
    // Of so many records the middle is much the same.
    let cuts = (0..=input.len()).filter(|cut| input.len() < 600 || *cut < 60 || cut % 97 == 0);
    for cut in cuts {
        let (before, after) = input.split_at(cut);
        assert_eq!(peek(&[before, after]), whole, "{} at {cut}", input.escape_ascii());
    }
    if whole.is_some() {
        assert_eq!(peek(&[input, b"\x16\x03\x03\0\x01\x02junk"]), whole);
        assert_eq!(peek(&[&[input, b"\x16\x03\x03\0\x01\x02junk"].concat()]), whole);
    }
    whole
}

fn understood(message: &[u8]) -> Hello {
    let mut found = None;
    for size in [1, 2, 3, 4, 5, 40, 100, 16_384] {
        let input = records(message, size);
        match verdict(&input) {
            Some(Ok(Event::Hello(hello))) => assert_eq!(found.get_or_insert(hello.clone()), &hello),
            other => panic!("{other:?} in records of {size}: {}", input.escape_ascii()),
        }
        assert_eq!(peek(&[&input[..input.len() - 1]]), None);
    }
    found.unwrap()
}

#[test]
fn names_and_protocols() {
    let label = "a".repeat(63);
    let long = [&label[..], &label, &label, &label[..61]].join(".");
    type Case<'a> = (Vec<Vec<u8>>, Option<&'a str>, &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (vec![], None, &[]),
        (vec![server_name(b"example.com")], Some("example.com"), &[]),
        (vec![server_name(b"EXAMPLE.Com"), alpn(&["h2", "http/1.1"])], Some("example.com"), &["h2", "http/1.1"]),
        (vec![extension(0x0A0A, b""), alpn(&["\0"]), server_name(b"a"), extension(51, &[7; 300])], Some("a"), &["\0"]),
        (vec![server_name(b"xn--bcher-kva.example")], Some("xn--bcher-kva.example"), &[]),
        (vec![server_name(b"_under.score")], Some("_under.score"), &[]),
        (vec![server_name(long.as_bytes())], Some(&long), &[]),
        (vec![server_name(b"192.0.2.1")], None, &[]),
        (vec![server_name(b"2001:db8::1")], None, &[]),
        (vec![server_name(b"192.0.2.1.example")], Some("192.0.2.1.example"), &[]),
    ];
    for (extensions, name, protocols) in cases {
        let hello = understood(&hello(extensions));
        assert_eq!(hello.server_name(), *name);
        let names: Vec<&[u8]> = hello.protocols().collect();
        assert_eq!(names, protocols.iter().map(|name| name.as_bytes()).collect::<Vec<_>>());
    }
    // TLS 1.2 has no need of extensions.
    assert_eq!(understood(&message(&[0, 0, 2, 0x13, 1, 1, 0])), Hello::default());
}

#[test]
fn hellos_that_are_none() {
    let bad_list = |list: &[u8]| hello(&[extension(0, list)]);
    let long = format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(62));
    let bad: &[(Vec<u8>, Error)] = &[
        (message(b""), Error::Malformed),
        (message(&[33]), Error::Malformed),
        (message(&[&[33][..], &[1; 33], &[0, 2, 0x13, 1, 1, 0]].concat()), Error::Malformed),
        (message(&[0, 0, 0, 1, 0]), Error::Malformed),
        (message(&[0, 0, 3, 1, 2, 3, 1, 0]), Error::Malformed),
        (message(&[0, 0, 2, 0x13, 1, 0]), Error::Malformed),
        (message(&[0, 0, 2, 0x13, 1, 1, 0, 0]), Error::Malformed),
        (message(&[0, 0, 2, 0x13, 1, 1, 0, 0, 1]), Error::Malformed),
        (message(&[0, 0, 2, 0x13, 1, 1, 0, 0, 0, 9]), Error::Malformed),
        (message(&[0, 0, 2, 0x13, 1, 1, 0, 0, 3, 0, 5, 0]), Error::Malformed),
        (message(&[0, 0, 2, 0x13, 1, 1, 0, 0, 4, 0, 5, 0, 1]), Error::Malformed),
        (bad_list(b""), Error::Malformed),
        (bad_list(&vector16(b"")), Error::Illegal),
        (bad_list(&vector16(b"\x01\0\x01a")), Error::Illegal),
        (bad_list(&vector16(b"\0\0\0")), Error::Illegal),
        (bad_list(&vector16(b"\0\0\x01a\0\0\x01b")), Error::Illegal),
        (bad_list(&[&vector16(b"\0\0\x01a")[..], b"x"].concat()), Error::Malformed),
        (hello(&[server_name(b"a b")]), Error::Illegal),
        (hello(&[server_name(b"a.")]), Error::Illegal),
        (hello(&[server_name(b".a")]), Error::Illegal),
        (hello(&[server_name(b"a..b")]), Error::Illegal),
        (hello(&[server_name(b"a\0")]), Error::Illegal),
        (hello(&[server_name(b"b\xc3\xbccher")]), Error::Illegal),
        (hello(&[server_name("a".repeat(64).as_bytes())]), Error::Illegal),
        (hello(&[server_name(long.as_bytes())]), Error::Illegal),
        (hello(&[server_name(b"a"), server_name(b"a")]), Error::Illegal),
        (hello(&[alpn(&["h2"]), alpn(&["h2"])]), Error::Illegal),
        (hello(&[alpn(&[])]), Error::Malformed),
        (hello(&[alpn(&[""])]), Error::Malformed),
        (hello(&[alpn(&["h2", ""])]), Error::Malformed),
        (hello(&[extension(16, b"\0\x03\x03h2")]), Error::Malformed),
        ([&[1, 0, 0x40, 0][..], &[0; 100]].concat(), Error::TooLong),
        (vec![1, 0xff, 0xff, 0xff], Error::TooLong),
    ];
    for (message, error) in bad {
        for size in [1, 7, 16_384] {
            let input = records(message, size);
            assert_eq!(verdict(&input), Some(Err(*error)), "{} in {size}", input.escape_ascii());
        }
    }
}

#[test]
fn records_that_are_none() {
    let good = records(&hello(&[server_name(b"a")]), 20);
    let cases: &[(&[u8], Verdict)] = &[
        (b"GET / HTTP/1.1", Some(Ok(Event::NotTls))),
        (b"\x16\x02", Some(Ok(Event::NotTls))),
        (b"\x16\x03\x05", Some(Ok(Event::NotTls))),
        (b"\x16\x03\x01\0\0", Some(Ok(Event::NotTls))),
        (b"\x16\x03\x01\x40\x01", Some(Ok(Event::NotTls))),
        (b"\x16\x03\x01\0\x05\x02", Some(Ok(Event::NotTls))),
        (b"\x15\x03\x01\0\x02\x02\x28", Some(Ok(Event::NotTls))),
        (b"\x16\x03\x01\x40\0", None),
        (b"", None),
    ];
    for (input, expected) in cases {
        assert_eq!(verdict(input), *expected, "{}", input.escape_ascii());
    }
    let interleaved = [&good[..25], b"\x14\x03\x03\0\x01\x01", &good[25..]].concat();
    assert_eq!(verdict(&interleaved), Some(Err(Error::Malformed)));
    let empty = [&good[..25], b"\x16\x03\x03\0\0", &good[25..]].concat();
    assert_eq!(verdict(&empty), Some(Err(Error::Malformed)));
}

#[test]
fn the_limit_counts_the_headers_of_records() {
    let message = hello(&[extension(51, &[7; 4000])]);
    assert!(matches!(peek(&[&records(&message, 1000)]), Some(Ok(Event::Hello(_)))));
    // 6 bytes for each of its own.
    assert_eq!(peek(&[&records(&message, 1)]), Some(Err(Error::TooLong)));
    let bytes = records(&message, 1);
    assert_eq!(peek(&bytes.chunks(1).collect::<Vec<_>>()), Some(Err(Error::TooLong)));
}

#[test]
fn ends_and_deadlines() {
    let mut empty = Peek::new(Config::default());
    assert_eq!(empty.next(T0), Ok(Next::NeedInput));
    empty.link().rx.close();
    assert_eq!(empty.next(T0), Ok(Next::Done));
    let mut cut = Peek::new(Config::default());
    cut.link().rx.receive(b"\x16\x03\x01\0\x05\x01".to_vec(), 0);
    cut.link().rx.close();
    assert_eq!(cut.next(T0), Err(Error::Truncated));
    let mut slow = Peek::new(Config::builder().timeout(Some(Duration::from_secs(1))).build().unwrap());
    assert_eq!(slow.next(T0), Ok(Next::NeedInput));
    assert_eq!(slow.deadline(), Some(T0 + Duration::from_secs(1)));
    slow.link().rx.receive(b"\x16".to_vec(), 0);
    assert_eq!(slow.next(T0 + Duration::from_secs(1)), Err(Error::Timeout));
    assert!(Config::builder().limit(511).build().is_err());
    assert!(Config::builder().timeout(Some(Duration::ZERO)).build().is_err());
    assert_eq!(Config::builder().build(), Ok(Config::default()));
}

quickcheck! {
    fn the_cut_changes_nothing(at: usize, byte: u8, size: usize) -> bool {
        let mut message = hello(&[server_name(b"example.com"), alpn(&["h2", "http/1.1"])]);
        let place = at % message.len();
        message[place] = byte;
        let mut input = records(&message, 1 + size % 50);
        let place = (at / 7) % input.len();
        if byte % 2 == 0 {
            input[place] = byte;
        }
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        peek(&[&input]) == peek(&bytes)
    }
}
