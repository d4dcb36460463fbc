//! The grammar of extensions, and those that the application brings.

use crate::run::*;
use barewire::Misuse;
use barewire::http::values::Value;
use barewire::websocket::Reserved;
use barewire::websocket::extension::{Claim, DeflateConfig, Extension};
use barewire::websocket::handshake::{Answer, Config, check};

#[test]
fn rfc6455_9_1_grammar() {
    let sound = [
        ("a", "a"),
        ("a;b", "a b"),
        ("a; b=c", "a b=c"),
        ("a ;\tb ; c=\"d\" ,e", "a b c=d / e"),
        ("a;b=\"\\c\\d\"", "a b=cd"),
        (" , a,,b ,", "a / b"),
        ("!#$%&'*+-.^_`|~9", "!#$%&'*+-.^_`|~9"),
        ("a; b; b=1; b=2", "a b b=1 b=2"),
    ];
    let show = |value: Value<'_>| String::from_utf8(value.unescape().into_owned()).unwrap();
    for (value, expected) in sound {
        let list = Extension::list(value.as_bytes()).map(|extension| {
            let extension = extension.unwrap();
            let mut text = extension.name.to_owned();
            for (name, value) in extension.params.iter() {
                text += &value.map_or(format!(" {name}"), |value| format!(" {name}={}", show(value)));
            }
            assert_eq!(extension.params.is_empty(), text == extension.name);
            text
        });
        assert_eq!(list.collect::<Vec<_>>().join(" / "), expected, "{value}");
    }
    let bad = ["a;", "a;;b", ";a", "a=b", "a b", "a;b c", "a;b=", "a;b =c", "a;b= c", "a;=c", "a;b=\"\"", "a;b=\" \""];
    let worse =
        ["a;b=\"c", "a;b=c\"", "a;b=\"c\"d", "a;b=\"\\\"\"", "a;b=\"c,d\"", "\"a\"", "a;\"b\"", "a/b", "\u{e4}"];
    for value in bad.into_iter().chain(worse) {
        assert!(Extension::list(value.as_bytes()).any(|extension| extension.is_err()), "{value}");
        assert!(Claim::new(value, Reserved::NONE).is_err(), "{value}");
    }
    assert!(Extension::list(b" , ,").next().is_none());
}

#[test]
fn claims() {
    assert!(Claim::new("a, b", Reserved::NONE).is_err(), "one at a time");
    assert!(Claim::new("", Reserved::NONE).is_err() && Claim::new(" a", Reserved::NONE).is_err());
    assert!(Claim::new("permessage-deflate", Reserved::RSV1).is_err(), "the library's own");
    let both = Reserved::RSV1.with(Reserved::RSV3);
    assert!(
        both.contains(Reserved::RSV3)
            && !both.contains(Reserved::RSV2.with(Reserved::RSV3))
            && both.overlaps(Reserved::RSV2.with(Reserved::RSV3))
    );
    assert!(!both.overlaps(Reserved::RSV2) && both.overlaps(both));
}

#[test]
fn a_server_grants_what_its_application_does() {
    let config = Config::builder()
        .deflate(Some(DeflateConfig::builder().compress_takeover(false).build().unwrap()))
        .build()
        .unwrap();
    let request =
        with(&REQUEST, "Sec-WebSocket-Extensions: permessage-deflate, x-zap; a=1|Sec-WebSocket-Extensions: x-b");
    let head = request_head(&request);
    let offer = check(&head, &config).unwrap();
    let claim = |value: &str, rsv| Claim::new(value, rsv).unwrap();
    let extensions = |answer: &Answer| {
        let accept = offer.accept_with(&config, answer).unwrap();
        let text = written(&request, &accept.response);
        (values(&text, "sec-websocket-extensions").join(" / "), accept.negotiated)
    };

    let deflate = "permessage-deflate; server_no_context_takeover";
    assert_eq!(extensions(&Answer::new()).0, deflate);
    assert_eq!(extensions(&Answer::new().without_deflate()).0, "");
    let answer = Answer::new().extension(claim("x-zap; b=2", Reserved::RSV2)).extension(claim("x-b", Reserved::RSV3));
    let (text, negotiated) = extensions(&answer);
    assert_eq!(text, format!("x-zap; b=2, x-b, {deflate}"));
    assert_eq!(negotiated.reserved, Reserved::RSV2.with(Reserved::RSV3));
    assert!(negotiated.deflate.is_some() && negotiated.extensions.len() == 2);

    // The first bit is the application's to take; then there is no deflate.
    let (text, negotiated) = extensions(&Answer::new().extension(claim("x-b", Reserved::RSV1)));
    assert_eq!((text.as_str(), negotiated.deflate), ("x-b", None));

    for answer in [
        Answer::new().extension(claim("x-c", Reserved::NONE)),
        Answer::new()
            .extension(claim("x-b", Reserved::RSV2))
            .extension(claim("x-zap", Reserved::RSV2.with(Reserved::RSV3))),
        Answer::new().extension(claim("x-b", Reserved::RSV2)).extension(claim("x-b; c", Reserved::RSV3)),
    ] {
        assert_eq!(offer.accept_with(&config, &answer).err(), Some(Misuse::Invalid));
    }
}
