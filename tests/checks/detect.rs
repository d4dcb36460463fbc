//! Detection against a naive look at the whole input, and that it consumes nothing.

use super::grammar::is_token;
use super::support::feed;
use barewire::detect::{Config, Detect, Protocol};
use barewire::{Instant, Machine, Next};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const LIMIT: usize = 64;

pub fn holds(input: &[u8]) {
    let mut detect = Detect::new(Config::default());
    let mut fed = 0;
    let heard = loop {
        match detect.next(Instant::ORIGIN) {
            Ok(Next::Event(protocol)) => break Some(protocol),
            Ok(Next::Done) => break None,
            Ok(Next::NeedInput) if fed < input.len() => {
                // No more than was needed to know was asked for.
                assert_eq!(look(&input[..fed], false), None, "{}", input[..fed].escape_ascii());
                feed(&mut detect.link().rx, &input[fed..=fed]);
                fed += 1;
            }
            Ok(Next::NeedInput) => detect.link().rx.close(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(heard, if input.is_empty() { None } else { look(&input[..fed], fed == input.len()) });
    assert_eq!(detect.into_link().rx.data(), &input[..fed], "something was consumed");
}

/// What the input is, and `None` as long as more of it could change that; at its end that is nothing.
fn look(input: &[u8], ended: bool) -> Option<Protocol> {
    let input = &input[..input.len().min(LIMIT)];
    let last = ended || input.len() == LIMIT;
    let begins = |whole: &[u8]| input.starts_with(whole);
    let may_begin = |whole: &[u8]| whole.starts_with(input);
    let unless = |may: bool| if may && !last { None } else { Some(Protocol::Unknown) };
    if begins(&[0xDE, 0xAD, 0xBE, 0xEF]) {
        return Some(Protocol::Message);
    }
    if may_begin(&[0xDE, 0xAD, 0xBE, 0xEF]) {
        return unless(true);
    }
    if may_begin(&[22]) || begins(&[22]) {
        let sound = [
            input.get(1).is_none_or(|major| *major == 3),
            input.get(2).is_none_or(|minor| *minor <= 4),
            input.get(3).is_none_or(|high| *high <= 64),
            input.get(4).is_none_or(|low| {
                let length = u16::from(input[3]) << 8 | u16::from(*low);
                (1..=1 << 14).contains(&length)
            }),
            input.get(5).is_none_or(|kind| *kind == 1),
        ];
        if sound != [true; 5] {
            return Some(Protocol::Unknown);
        }
        return if input.len() > 5 { Some(Protocol::Tls) } else { unless(true) };
    }
    if begins(PREFACE) {
        return Some(Protocol::Http2Preface);
    }
    if may_begin(PREFACE) {
        return unless(true);
    }
    let mut line = input;
    while let Some(rest) = line.strip_prefix(b"\r\n") {
        line = rest;
    }
    if line.is_empty() || line == b"\r" {
        return unless(true);
    }
    match line.iter().position(|byte| !is_token(&[*byte])) {
        Some(0) => Some(Protocol::Unknown),
        Some(end) if line[end] == b' ' => Some(Protocol::Http1),
        Some(_) => Some(Protocol::Unknown),
        None => unless(true),
    }
}
