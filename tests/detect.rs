//! Telling protocols apart: each case whole, byte by byte, and followed by junk; the answer at the first byte that
//! leaves no doubt, and nothing consumed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use barewire::detect::{Config, ConfigError, Detect, Error, Protocol};
use barewire::{Instant, Machine, Next};
use core::time::Duration;
use quickcheck::quickcheck;

const T0: Instant = Instant::from_nanos(1);

/// The answer, and after how many bytes it came; fed byte by byte.
fn answer(config: &Config, input: &[u8]) -> Option<(Protocol, usize)> {
    let mut detect = Detect::new(config.clone());
    for (at, byte) in input.iter().enumerate() {
        assert_eq!(detect.next(T0), Ok(Next::NeedInput), "at {at} of {input:?}");
        detect.link().rx.receive(vec![*byte], 0);
        match detect.next(T0).unwrap() {
            Next::Event(protocol) => {
                assert_eq!(detect.next(T0), Ok(Next::NeedApp));
                assert_eq!(detect.deadline(), None);
                assert_eq!(detect.into_link().rx.data(), &input[..=at]);
                return Some((protocol, at + 1));
            }
            next => assert_eq!(next, Next::NeedInput),
        }
    }
    None
}

fn whole(config: &Config, input: &[u8]) -> Option<Protocol> {
    let mut detect = Detect::new(config.clone());
    detect.link().rx.receive(input.to_vec(), 0);
    let next = detect.next(T0).unwrap();
    assert_eq!(detect.into_link().rx.data(), input);
    match next {
        Next::Event(protocol) => Some(protocol),
        _ => None,
    }
}

#[test]
fn answers_come_as_early_as_there_is_no_doubt() {
    use Protocol::{Http1, Http2Preface, Message, Tls, Unknown};
    let config = Config::default();
    let long_method = [&[b'M'; 63][..], b" / "].concat();
    let too_long_method = [&[b'M'; 64][..], b" / "].concat();
    let cases: &[(&[u8], Protocol, usize)] = &[
        (b"GET / HTTP/1.1\r\n", Http1, 4),
        (b"A ", Http1, 2),
        (b"M-SEARCH * HTTP/1.1\r\n", Http1, 9),
        (b"!#$%&'*+-.^_`|~09azAZ /", Http1, 22),
        (b"\r\nGET /", Http1, 6),
        (b"\r\n\r\nGET /", Http1, 8),
        (&long_method, Http1, 64),
        (&too_long_method, Unknown, 64),
        (b"GET\r\n", Unknown, 4),
        (b"GET\t/", Unknown, 4),
        (b" GET /", Unknown, 1),
        (b"G@T /", Unknown, 2),
        (b"\r\rGET", Unknown, 2),
        (b"\nGET /", Unknown, 1),
        (b"\0", Unknown, 1),
        (b"\xffGET /", Unknown, 1),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Http2Preface, 24),
        (b"PRI /x HTTP/1.1\r\n", Http1, 5),
        (b"PRI * HTTP/1.1\r\n", Http1, 12),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\n", Http1, 23),
        (b"PRI * HTTP/2.0\r\nHost: x\r\n\r\n", Http1, 17),
        (b"PRINT /", Http1, 6),
        (b"PR /", Http1, 3),
        (b"pri * HTTP/2.0\r\n\r\nSM\r\n\r\n", Http1, 4),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Tls, 6),
        (b"\x16\x03\x00\x00\x01\x01", Tls, 6),
        (b"\x16\x03\x04\x40\x00\x01", Tls, 6),
        (b"\x16\x03\x05", Unknown, 3),
        (b"\x16\x02", Unknown, 2),
        (b"\x16\x03\x01\x41", Unknown, 4),
        (b"\x16\x03\x01\x40\x01", Unknown, 5),
        (b"\x16\x03\x01\x00\x00", Unknown, 5),
        (b"\x16\x03\x01\x02\x00\x02", Unknown, 6),
        (b"\x17\x03", Unknown, 1),
        (b"\xde\xad\xbe\xef", Message, 4),
        (b"\xde\xad\xbe\xee", Unknown, 4),
        (b"\xde\xae", Unknown, 2),
    ];
    for (input, protocol, bytes) in cases {
        assert_eq!(answer(&config, input), Some((*protocol, *bytes)), "{input:?}");
        assert_eq!(whole(&config, input), Some(*protocol), "{input:?}");
        assert_eq!(whole(&config, &[&input[..*bytes], b"junk\0\xde"].concat()), Some(*protocol), "{input:?}");
        assert_eq!(whole(&config, &input[..bytes - 1]), None, "{input:?}");
    }
}

#[test]
fn the_magic_is_a_choice() {
    let none = Config::builder().magic(None).build().unwrap();
    assert_eq!(answer(&none, b"\xde\xad\xbe\xef"), Some((Protocol::Unknown, 1)));
    let letters = Config::builder().magic(Some(u32::from_be_bytes(*b"GET "))).build().unwrap();
    assert_eq!(answer(&letters, b"GET /"), Some((Protocol::Message, 4)));
    assert_eq!(answer(&letters, b"GEM /"), Some((Protocol::Http1, 4)));
}

#[test]
fn an_end_leaves_no_doubt() {
    for (input, expected) in
        [(&b"GE"[..], Protocol::Unknown), (b"PRI * HT", Protocol::Unknown), (b"A ", Protocol::Http1)]
    {
        let mut detect = Detect::default();
        detect.link().rx.receive(input.to_vec(), 0);
        detect.link().rx.close();
        assert_eq!(detect.next(T0), Ok(Next::Event(expected)));
    }
    let mut detect = Detect::default();
    assert_eq!(detect.next(T0), Ok(Next::NeedInput));
    detect.link().rx.close();
    assert_eq!(detect.next(T0), Ok(Next::Done));
    assert_eq!(detect.deadline(), None);
    assert!(detect.link().tx.wants_fin());
}

#[test]
fn no_byte_extends_the_deadline() {
    let seconds = Duration::from_secs;
    let mut detect = Detect::new(Config::builder().timeout(Some(seconds(3))).build().unwrap());
    assert_eq!(detect.deadline(), None);
    for (second, byte) in (0..3).zip(b"MET") {
        detect.link().rx.receive(vec![*byte], 0);
        assert_eq!(detect.next(T0 + seconds(second)), Ok(Next::NeedInput));
        assert_eq!(detect.deadline(), Some(T0 + seconds(3)));
    }
    assert_eq!(detect.next(T0 + seconds(3)), Err(Error::Timeout));
    assert_eq!(detect.next(T0 + seconds(3)), Ok(Next::Done));
    assert_eq!(detect.deadline(), None);
    assert!(detect.link().tx.wants_fin());

    let mut patient = Detect::new(Config::builder().timeout(None).build().unwrap());
    assert_eq!(patient.next(T0), Ok(Next::NeedInput));
    assert_eq!(patient.deadline(), None);
}

#[test]
fn configs_that_cannot_be() {
    assert_eq!(Config::builder().build(), Ok(Config::default()));
    assert_eq!(Config::builder().limit(23).build(), Err(ConfigError::SmallLimit(23)));
    assert_eq!(Config::builder().timeout(Some(Duration::ZERO)).build(), Err(ConfigError::ZeroTimeout));
}

quickcheck! {
    fn the_cut_changes_nothing(prefix: u8, rest: Vec<u8>) -> bool {
        let prefixes: [&[u8]; 6] = [b"", b"PRI * HT", b"GET", b"\x16\x03", b"\xde\xad", b"\r\n"];
        let input = [prefixes[usize::from(prefix) % 6], &rest].concat();
        answer(&Config::default(), &input).map(|(protocol, _)| protocol) == whole(&Config::default(), &input)
    }
}

#[test]
fn every_fault_has_words_of_its_own() {
    let words = [
        Config::builder().limit(1).build().unwrap_err().to_string(),
        Config::builder().timeout(Some(Duration::ZERO)).build().unwrap_err().to_string(),
        Error::Timeout.to_string(),
    ];
    assert!(words.iter().all(|text| text.len() > 5) && words[0] != words[1], "{words:?}");
}

#[test]
fn the_least_limit_holds_the_preface_of_http_2() {
    assert!(Config::builder().limit(24).build().is_ok());
    assert_eq!(Config::builder().limit(23).build(), Err(ConfigError::SmallLimit(23)));
}
