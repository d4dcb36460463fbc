//! PROXY preambles: each case whole, at every cut, byte by byte and followed by junk; what follows is left alone.

use barewire::balance::proxy::{
    Addresses, Config, Error, Event, Header, Network, NetworkError, Reader, Transport, UnixAddress, Version, tlv,
};
use barewire::{Instant, Machine, Misuse, Next};
use core::time::Duration;
use quickcheck::quickcheck;

const T0: Instant = Instant::from_nanos(1);
const JUNK: &[u8] = b"\r\nPROXY \0\xff";

fn config() -> Config {
    Config::builder().trusted(["10.0.0.0/8".parse().unwrap()]).build().unwrap()
}

fn reader() -> Reader {
    Reader::new("10.0.0.1".parse().unwrap(), config())
}

/// The verdict on `pieces`, read one after the other, and what is left; `None` if more is needed.
fn read(pieces: &[&[u8]]) -> Option<(Result<Header, Error>, Vec<u8>)> {
    let mut reader = reader();
    let mut pieces = pieces.iter();
    loop {
        match reader.next(T0) {
            Ok(Next::Event(Event::Header(header))) => {
                assert_eq!(reader.next(T0), Ok(Next::NeedApp));
                assert_eq!(reader.deadline(), None);
                let mut left = reader.into_link().rx.data().to_vec();
                left.extend(pieces.copied().flatten());
                return Some((Ok(header), left));
            }
            Ok(Next::NeedInput) => reader.link().rx.receive(pieces.next()?.to_vec(), 0),
            Err(error) => {
                assert_eq!(reader.next(T0), Ok(Next::Done));
                assert_eq!(reader.deadline(), None);
                assert!(reader.link().tx.wants_fin());
                return Some((Err(error), Vec::new()));
            }
            other => panic!("{other:?}"),
        };
    }
}

/// The verdict, the same however `input` comes.
fn verdict(input: &[u8]) -> Option<Result<Header, Error>> {
    let (whole, left) = read(&[input])?;
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(read(&bytes), Some((whole.clone(), left.clone())), "{}", input.escape_ascii());
    for cut in 0..=input.len() {
        let (before, after) = input.split_at(cut);
        assert_eq!(read(&[before, after]), Some((whole.clone(), left.clone())), "{} at {cut}", input.escape_ascii());
    }
    let (followed, mut behind) = read(&[&[input, JUNK].concat()])?;
    assert_eq!(followed, whole, "{}", input.escape_ascii());
    if whole.is_ok() {
        behind.truncate(behind.len() - JUNK.len());
        assert_eq!(behind, left, "{}", input.escape_ascii());
    }
    Some(whole)
}

fn tcp(source: &str, destination: &str) -> Addresses {
    Addresses::tcp(source.parse().unwrap(), destination.parse().unwrap())
}

#[test]
fn lines() {
    let good: &[(&str, Addresses)] = &[
        ("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", tcp("192.168.0.1:56324", "192.168.0.11:443")),
        ("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", tcp("255.255.255.255:65535", "0.0.0.0:0")),
        ("PROXY TCP6 2001:db8::1 ::1 1 2\r\n", tcp("[2001:db8::1]:1", "[::1]:2")),
        (
            "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFE 65535 65535\r\n",
            tcp("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe]:65535"),
        ),
        ("PROXY UNKNOWN\r\n", Addresses::Unspecified),
        ("PROXY UNKNOWN \r\n", Addresses::Unspecified),
        ("PROXY UNKNOWN any thing \0 at all\r\n", Addresses::Unspecified),
        (
            "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            Addresses::Unspecified,
        ),
    ];
    for (line, addresses) in good {
        let header = verdict(line.as_bytes()).unwrap().unwrap();
        assert_eq!((header.version(), header.addresses()), (Version::V1, addresses), "{line:?}");
        assert_eq!((header.is_local(), header.tlvs().count()), (false, 0));
        for len in 0..line.len() {
            assert_eq!(read(&[&line.as_bytes()[..len]]), None, "{line:?} up to {len}");
        }
    }
}

#[test]
fn lines_that_are_none() {
    let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(92));
    let endless = format!("PROXY UNKNOWN {}", "x".repeat(93));
    let bad: &[(&str, Error)] = &[
        ("GET / HTTP/1.1\r\n", Error::Missing),
        ("POST / HTTP/1.1\r\n", Error::Missing),
        ("PROXX TCP4 ", Error::Missing),
        ("proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n", Error::Missing),
        ("PROXY  TCP4 1.1.1.1 2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY\tTCP4 1.1.1.1 2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.1  2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.01 2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY TCP4 ::1 ::2 1 2\r\n", Error::Syntax),
        ("PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n", Error::Syntax),
        ("PROXY TCP6 1::2::3 ::2 1 2\r\n", Error::Syntax),
        ("PROXY TCP6 fe80::1%lo ::2 1 2\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.1 2.2.2.2 00 2\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n", Error::Syntax),
        ("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\r\n", Error::Syntax),
        ("PROXY UNKNOWNX\r\n", Error::Syntax),
        ("PROXY UNKNOWN a\rb\r\n", Error::Syntax),
        ("PROXY UNKNOWN a\nb\r\n", Error::Syntax),
        (&long, Error::TooLong),
        (&endless, Error::TooLong),
    ];
    for (line, error) in bad {
        assert_eq!(verdict(line.as_bytes()), Some(Err(*error)), "{line:?}");
    }
    let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(91));
    assert_eq!(longest.len(), 107);
    assert!(verdict(longest.as_bytes()).unwrap().is_ok());
}

fn block(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [b"\r\n\r\n\0\r\nQUIT\n", &[command, family][..], &length, body].concat()
}

const V4: &[u8] = &[192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 0x04, 0x01, 0xBB];

#[test]
fn blocks() {
    let v4 = tcp("192.0.2.1:56324", "198.51.100.7:443");
    let v6 = [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1], &[0; 15], &[1], &[0, 80, 1, 0]].concat();
    let unix = [&b"/run/a"[..], &[0; 102], b"\0abstract", &[0; 99]].concat();
    let cases: &[(Vec<u8>, bool, Addresses)] = &[
        (block(0x21, 0x11, V4), false, v4.clone()),
        (block(0x21, 0x21, &v6), false, tcp("[2001:db8::1]:80", "[::1]:256")),
        (block(0x21, 0x00, b""), false, Addresses::Unspecified),
        (block(0x21, 0x00, b"\x01\xff\xffanything"), false, Addresses::Unspecified),
        (block(0x21, 0x10, b"x"), false, Addresses::Unspecified),
        (block(0x21, 0x02, b""), false, Addresses::Unspecified),
        (block(0x20, 0x00, b""), true, Addresses::Unspecified),
        (block(0x20, 0xFF, b"is ignored"), true, Addresses::Unspecified),
        (block(0x20, 0x11, V4), true, Addresses::Unspecified),
    ];
    for (input, local, addresses) in cases {
        let header = verdict(input).unwrap().unwrap();
        assert_eq!((header.version(), header.is_local(), header.addresses()), (Version::V2, *local, addresses));
        for len in 0..input.len() {
            assert_eq!(read(&[&input[..len]]), None, "{} up to {len}", input.escape_ascii());
        }
    }
    let datagram = verdict(&block(0x21, 0x12, V4)).unwrap().unwrap();
    assert!(matches!(datagram.addresses(), Addresses::V4 { transport: Transport::Datagram, .. }));
    let header = verdict(&block(0x21, 0x31, &unix)).unwrap().unwrap();
    let Addresses::Unix { transport: Transport::Stream, ends } = header.addresses() else { panic!("{header:?}") };
    assert_eq!((ends[0].path(), ends[1].path()), (Some(&b"/run/a"[..]), None));
}

#[test]
fn blocks_that_are_none() {
    let body = |tlvs: &[u8]| block(0x21, 0x11, &[V4, tlvs].concat());
    let ssl = |inner: &[u8]| body(&[&[0x20, 0, u8::try_from(5 + inner.len()).unwrap(), 1, 0, 0, 0, 0], inner].concat());
    let bad: &[(Vec<u8>, Error)] = &[
        (b"\r\n\r\n\0\r\nQUIS".to_vec(), Error::Missing),
        (b"\r\n\r\n\r".to_vec(), Error::Missing),
        (block(0x11, 0x11, V4), Error::Version(1)),
        (block(0x31, 0x11, V4), Error::Version(3)),
        (block(0x22, 0x11, V4), Error::Command(2)),
        (block(0x2F, 0x11, V4), Error::Command(15)),
        (block(0x21, 0x13, V4), Error::Family(0x13)),
        (block(0x21, 0x41, V4), Error::Family(0x41)),
        (block(0x21, 0x03, b""), Error::Family(0x03)),
        (block(0x21, 0x11, &V4[1..]), Error::Length),
        (block(0x21, 0x21, V4), Error::Length),
        (block(0x21, 0x31, &[0; 215]), Error::Length),
        (block(0x21, 0x11, b""), Error::Length),
        (body(&[0; 4081 - 12]), Error::TooLong),
        (body(b"\x01"), Error::Tlv),
        (body(b"\x01\0"), Error::Tlv),
        (body(b"\x01\0\x03h2"), Error::Tlv),
        (body(b"\x01\xff\xffh2"), Error::Tlv),
        (body(b"\x01\0\x02h2\x04"), Error::Tlv),
        (body(&[&[0x05, 0, 129][..], &[7; 129]].concat()), Error::Tlv),
        (body(b"\x20\0\x04\x01\0\0\0"), Error::Tlv),
        (ssl(b"\x21"), Error::Tlv),
        (ssl(b"\x21\0\x08TLSv1.3"), Error::Tlv),
        (body(b"\x03\0\x03abc"), Error::Tlv),
        (body(b"\x03\0\x04abcd\x03\0\x04abcd"), Error::Tlv),
        (body(b"\x03\0\x04\0\0\0\0"), Error::Checksum),
    ];
    for (input, error) in bad {
        assert_eq!(verdict(input), Some(Err(*error)), "{}", input.escape_ascii());
    }
}

#[test]
fn a_checksum_covers_every_bit() {
    let header = Header::v2(tcp("192.0.2.1:1", "198.51.100.7:2")).tlv(tlv::ALPN, b"h2").unwrap();
    let bytes = header.checksum().unwrap().tlv(0xE0, b"later").unwrap().encode();
    assert!(verdict(&bytes).unwrap().is_ok());
    // The first 16 bytes say what it is at all.
    for bit in 16 * 8..bytes.len() * 8 {
        let mut broken = bytes.clone();
        broken[bit / 8] ^= 1 << (bit % 8);
        assert!(!matches!(read(&[&broken]), Some((Ok(it), _)) if it.find(tlv::CRC32C).is_some()), "bit {bit}");
    }
}

#[test]
fn what_is_encoded_is_read() {
    let ends = Box::new([UnixAddress([b'/'; 108]), UnixAddress([0; 108])]);
    let all = [
        Addresses::Unspecified,
        tcp("1.2.3.4:5", "6.7.8.9:10"),
        tcp("[::ffff:1.2.3.4]:5", "6.7.8.9:10"),
        tcp("[2001:db8::1]:5", "6.7.8.9:10"),
        tcp("[::]:0", "[ffff::]:65535"),
    ];
    for addresses in all {
        for header in [Header::v1(addresses.clone()), Header::v2(addresses)] {
            assert_eq!(verdict(&header.encode()), Some(Ok(header)));
        }
    }
    let ssl = [&[7, 0, 0, 0, 0][..], b"\x21\0\x07TLSv1.3", b"\x22\0\x01a"].concat();
    let unix = Header::v2(Addresses::Unix { transport: Transport::Stream, ends });
    let unix = unix.tlv(tlv::SSL, &ssl).unwrap().tlv(tlv::NOOP, b"").unwrap();
    let read = verdict(&unix.encode()).unwrap().unwrap();
    assert_eq!(read, unix);
    let found: Vec<u8> = read.tlvs().map(|(kind, _)| kind).collect();
    assert_eq!(found, [tlv::SSL, tlv::NOOP]);
    let ssl = read.ssl().unwrap();
    assert!(ssl.is_used() && ssl.has_certificate() && ssl.is_verified());
    assert_eq!(ssl.tlvs().find(tlv::SSL_CN), Some(&b"a"[..]));
    assert_eq!(verdict(&Header::local().encode()), Some(Ok(Header::local())));
    let mapped = Header::v1(tcp("[2001:db8::1]:5", "6.7.8.9:10")).encode();
    assert_eq!(mapped, b"PROXY TCP6 2001:db8::1 0:0:0:0:0:ffff:607:809 5 10\r\n");
}

#[test]
fn what_cannot_be_sent_cannot_be_built() {
    let v2 = || Header::v2(tcp("1.2.3.4:5", "6.7.8.9:10"));
    assert_eq!(Header::v1(Addresses::Unspecified).tlv(tlv::ALPN, b"h2"), Err(Misuse::Invalid));
    assert_eq!(Header::local().tlv(tlv::ALPN, b"h2"), Err(Misuse::Invalid));
    assert_eq!(v2().tlv(tlv::CRC32C, &[0; 4]), Err(Misuse::Invalid));
    assert_eq!(v2().tlv(tlv::UNIQUE_ID, &[0; 129]), Err(Misuse::Invalid));
    assert_eq!(v2().tlv(tlv::SSL, &[0; 4]), Err(Misuse::Invalid));
    assert_eq!(v2().tlv(tlv::ALPN, &[0; 65_536]), Err(Misuse::TooLong));
    assert_eq!(v2().tlv(tlv::ALPN, &[0; 65_521]), Err(Misuse::TooLong));
    assert_eq!(v2().tlv(tlv::ALPN, &[0; 65_520]).unwrap().encode().len(), 65_551);
    assert_eq!(v2().checksum().unwrap().checksum(), Err(Misuse::Invalid));
}

#[test]
fn only_who_is_trusted_is_believed() {
    let preamble = b"PROXY UNKNOWN\r\n";
    for (source, trusted) in
        [("10.255.0.1", true), ("::ffff:10.0.0.1", true), ("11.0.0.1", false), ("::10.0.0.1", false), ("a00::", false)]
    {
        let mut reader = Reader::new(source.parse().unwrap(), config());
        reader.link().rx.receive(preamble.to_vec(), 0);
        match reader.next(T0) {
            Ok(Next::Event(Event::Direct)) => assert!(!trusted, "{source}"),
            Ok(Next::Event(Event::Header(_))) => assert!(trusted, "{source}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(reader.next(T0), Ok(Next::NeedApp));
        assert_eq!(reader.into_link().rx.is_empty(), trusted, "{source}");
    }
    assert_eq!(Reader::new("10.0.0.1".parse().unwrap(), Config::default()).next(T0), Ok(Next::Event(Event::Direct)));
}

#[test]
fn networks() {
    for text in ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32", "2001:db8::/32", "::/0", "::1/128", "::/95"] {
        assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
    }
    assert_eq!("192.0.2.1".parse::<Network>().unwrap().to_string(), "192.0.2.1/32");
    let bad: &[(&str, NetworkError)] = &[
        ("", NetworkError::Address),
        ("10.0.0/8", NetworkError::Address),
        ("10.0.0.0/33", NetworkError::Prefix),
        ("10.0.0.0/", NetworkError::Prefix),
        ("10.0.0.0/+8", NetworkError::Prefix),
        ("::/129", NetworkError::Prefix),
        ("10.0.0.0/256", NetworkError::Prefix),
        ("10.0.0.1/8", NetworkError::HostBits),
        ("2001:db8::1/64", NetworkError::HostBits),
    ];
    for (text, error) in bad {
        assert_eq!(text.parse::<Network>(), Err(*error), "{text}");
    }
    let all: Network = "0.0.0.0/0".parse().unwrap();
    assert!(all.contains("255.0.0.1".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
}

#[test]
fn ends_and_deadlines() {
    let mut empty = reader();
    assert_eq!(empty.next(T0), Ok(Next::NeedInput));
    empty.link().rx.close();
    assert_eq!(empty.next(T0), Ok(Next::Done));
    assert!(empty.link().tx.wants_fin());

    let mut cut = reader();
    cut.link().rx.receive(b"PROXY".to_vec(), 0);
    cut.link().rx.close();
    assert_eq!(cut.next(T0), Err(Error::Truncated));

    let mut whole = reader();
    whole.link().rx.receive(b"PROXY UNKNOWN\r\n".to_vec(), 0);
    whole.link().rx.close();
    assert!(matches!(whole.next(T0), Ok(Next::Event(Event::Header(_)))));

    let seconds = Duration::from_secs;
    let mut slow = reader();
    for (second, byte) in (0..5).zip(b"PROXY") {
        slow.link().rx.receive(vec![*byte], 0);
        assert_eq!(slow.next(T0 + seconds(second)), Ok(Next::NeedInput));
        assert_eq!(slow.deadline(), Some(T0 + seconds(5)));
    }
    assert_eq!(slow.next(T0 + seconds(5)), Err(Error::Timeout));
}

#[test]
fn configs_that_cannot_be() {
    assert_eq!(Config::builder().build(), Ok(Config::default()));
    for limit in [0, 231, 65_552] {
        assert!(Config::builder().limit(limit).build().is_err());
    }
    assert!(Config::builder().timeout(Some(Duration::ZERO)).build().is_err());
}

quickcheck! {
    fn the_cut_changes_nothing(start: u8, rest: Vec<u8>) -> bool {
        let starts = [&b""[..], b"PROXY ", b"PROXY TCP4 1.2.3.4 ", b"\r\n\r\n\0\r\nQUIT\n", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x16",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x16abcdefghijkl"];
        let input = [starts[usize::from(start) % starts.len()], &rest].concat();
        let bytes: Vec<&[u8]> = input.chunks(1).collect();
        read(&[&input]) == read(&bytes)
    }
}
