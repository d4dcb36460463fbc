//! What a client asks, and which responses it takes.

use crate::run::*;
use barewire::http::{FieldName, FieldValue};
use barewire::websocket::Reserved;
use barewire::websocket::extension::{Claim, DeflateConfig};
use barewire::websocket::handshake::{Client, Config, Error, Fault, Key, Opening};
use barewire::{Link, Machine, Misuse, Next, http1};

fn asking() -> Config {
    Config::builder()
        .subprotocols(["chat", "superchat"])
        .offer(Claim::new("x-zap; level=9", Reserved::RSV2).unwrap())
        .offer(Claim::new("x-zip", Reserved::RSV2.with(Reserved::RSV3)).unwrap())
        .offer(Claim::new("x-one", Reserved::RSV1).unwrap())
        .deflate(Some(DeflateConfig::default()))
        .build()
        .unwrap()
}

#[test]
fn the_request() {
    let opening = Opening::new("example.com:8080", "/chat?room=1", NONCE, asking()).unwrap();
    let opening = opening.field(FieldName::ORIGIN, FieldValue::literal("http://example.com")).unwrap();
    let mut client = Client::new(opening).unwrap();
    assert_eq!(
        drain(&mut client.link().tx),
        "GET /chat?room=1 HTTP/1.1\r\nhost: example.com:8080\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: chat, superchat\r\n\
         sec-websocket-extensions: x-zap; level=9, x-zip, x-one, permessage-deflate; client_max_window_bits\r\n\
         origin: http://example.com\r\nconnection: upgrade\r\n\r\n"
    );
    let bare = Opening::new("h", "/", [0xFF; 16], Config::default()).unwrap();
    let mut client = Client::new(bare).unwrap();
    assert_eq!(
        drain(&mut client.link().tx),
        "GET / HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: /////////////////////w==\r\nconnection: upgrade\r\n\r\n"
    );
}

#[test]
fn what_no_request_can_be_made_of() {
    for host in ["", "a b", "user@host", "host:99999", "a\r\nb"] {
        assert!(Opening::new(host, "/", NONCE, Config::default()).is_err(), "{host:?}");
    }
    for target in ["", "chat room", "/#there", "/\r\n"] {
        assert!(Opening::new("h", target, NONCE, Config::default()).is_err(), "{target:?}");
    }
    for target in ["*", "h:80"] {
        let opening = Opening::new("h", target, NONCE, Config::default()).unwrap();
        assert_eq!(Client::new(opening).err(), Some(Misuse::Invalid), "{target:?}");
    }
    let opening = Opening::new("h", "/", NONCE, Config::default()).unwrap();
    for name in [FieldName::HOST, FieldName::UPGRADE, FieldName::SEC_WEBSOCKET_EXTENSIONS, FieldName::CONNECTION] {
        assert_eq!(opening.clone().field(name, FieldValue::literal("x")).err(), Some(Misuse::Invalid));
    }
    let mut closed = Link::new();
    closed.rx.close();
    assert_eq!(Client::with_link(closed, opening).err(), Some(Misuse::Closed));
    assert!(Config::builder().subprotocols(["a", "b", "a"]).build().is_err());
    assert!(Config::builder().subprotocols(["a b"]).build().is_err());
    assert!(Config::builder().subprotocols([""]).build().is_err());
}

#[test]
fn keys() {
    assert_eq!(Key::new(NONCE).as_str(), "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(Key::parse(b"dGhlIHNhbXBsZSBub25jZQ=="), Ok(Key::new(NONCE)));
    // Of the 64 last letters before the padding, the four bits of which stand for nothing, sixteen have none set.
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let sound = letters.iter().filter(|letter| {
        let mut key = *b"AAAAAAAAAAAAAAAAAAAAAA==";
        key[21] = **letter;
        Key::parse(&key).is_ok()
    });
    assert_eq!(sound.copied().collect::<Vec<_>>(), b"AQgw");
}

#[test]
fn sound_responses() {
    let responses = [
        with(&RESPONSE, ""),
        but(&RESPONSE, "HTTP", "HTTP/1.1 101 "),
        but(&RESPONSE, "Upgrade", "upgrade: WebSocket"),
        but(&RESPONSE, "Connection", "Connection: keep-alive, UPGRADE"),
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_owned() + &with(&RESPONSE, ""),
        with(&RESPONSE, "Set-Cookie: a=b|Date: Mon, 23 Nov 2026 12:00:00 GMT"),
    ];
    for response in responses {
        let (outcome, _) = every_way(&response, |pieces| dial(&Config::default(), pieces));
        assert_eq!(outcome.negotiated, Some(Default::default()), "{response}: {outcome:?}");
        assert!(!outcome.fin);
        let input = [response.as_bytes(), b"\x81\x02hi\x88"].concat();
        for at in 0..=input.len() {
            let (a, b) = input.split_at(at);
            assert_eq!(dial(&Config::default(), &[a, b]).0.early, b"\x81\x02hi\x88", "cut at {at}");
        }
    }
}

#[test]
fn every_bad_response_fails_the_connection() {
    let accept = |value: &str| but(&RESPONSE, "Sec-WebSocket-Accept", value);
    let more = |lines: &str| with(&RESPONSE, lines);
    let bad = [
        (but(&RESPONSE, "Upgrade", "Upgrade: h2c"), Fault::Upgrade),
        (but(&RESPONSE, "Upgrade", "Upgrade: websocket, h2c"), Fault::Upgrade),
        (but(&RESPONSE, "Upgrade", "Upgrade: websocket|Upgrade: websocket"), Fault::Upgrade),
        (but(&RESPONSE, "Connection", "Connection: upgrade, a b"), Fault::Connection),
        (accept(""), Fault::Accept),
        (accept("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOp="), Fault::Accept),
        (accept("Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo="), Fault::Accept),
        (accept("Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ=="), Fault::Accept),
        (more("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), Fault::Accept),
        (more("Sec-WebSocket-Protocol: other"), Fault::Subprotocol),
        (more("Sec-WebSocket-Protocol: Chat"), Fault::Subprotocol),
        (more("Sec-WebSocket-Protocol:"), Fault::Subprotocol),
        (more("Sec-WebSocket-Protocol: chat, superchat"), Fault::Subprotocol),
        (more("Sec-WebSocket-Protocol: chat|Sec-WebSocket-Protocol: chat"), Fault::Subprotocol),
        (more("Sec-WebSocket-Extensions:"), Fault::Extensions),
        (more("Sec-WebSocket-Extensions: x-zap;"), Fault::Extensions),
        (more("Sec-WebSocket-Extensions: x-zap|Sec-WebSocket-Extensions: x-one"), Fault::Extensions),
        (more("Sec-WebSocket-Extensions: x-none"), Fault::Extension),
        (more("Sec-WebSocket-Extensions: X-Zap"), Fault::Extension),
        (more("Sec-WebSocket-Extensions: x-zap, x-zap"), Fault::Extension),
        (more("Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate"), Fault::Extension),
        (more("Sec-WebSocket-Extensions: permessage-deflate; level=9"), Fault::Deflate),
        (more("Sec-WebSocket-Extensions: x-zap, x-zip"), Fault::Reserved),
        (more("Sec-WebSocket-Extensions: x-one, permessage-deflate"), Fault::Reserved),
    ];
    for (response, fault) in bad {
        let (outcome, refused) = every_way(&response, |pieces| dial(&asking(), pieces));
        assert_eq!(outcome.error, Some(Error::Response(fault)), "{response}");
        assert!(outcome.fin && outcome.negotiated.is_none() && refused.is_none(), "{response}");
    }
    let http = [
        (but(&RESPONSE, "Upgrade", ""), http1::Error::UnexpectedSwitch),
        (but(&RESPONSE, "Connection", ""), http1::Error::UnexpectedSwitch),
        (but(&RESPONSE, "HTTP", "HTTP/1.0 101 x"), http1::Error::UnexpectedSwitch),
        ("HTTP/1.1 103 x\r\n\r\n".repeat(5), http1::Error::TooManyInterim),
        ("\x15\x03\x01\0\x02\x02\x16".into(), http1::Error::StatusLine),
    ];
    for (response, error) in http {
        let (outcome, _) = dial(&asking(), &[response.as_bytes(), b"\r\n\r\n"]);
        assert_eq!(outcome.error, Some(Error::Http(error)), "{response}");
        assert!(outcome.fin);
    }
}

#[test]
fn another_status_is_told_with_its_head() {
    for status in ["200 OK", "302 Found", "401 Unauthorized", "426 Upgrade Required"] {
        let response = format!("HTTP/1.1 {status}\r\nLocation: /there\r\nContent-Length: 3\r\n\r\nwhy");
        let (outcome, refused) = every_way(&response, |pieces| dial(&asking(), pieces));
        assert_eq!((outcome.negotiated, outcome.error), (None, None));
        let head = refused.unwrap();
        assert_eq!(head.get(FieldName::LOCATION), Some(FieldValue::literal("/there")));
        assert!(outcome.fin);
    }
    assert_eq!(
        Opening::new("h", "/", NONCE, asking()).unwrap().verify(&response_head("HTTP/1.1 200 OK\r\n\r\n")),
        Err(Fault::Status)
    );
}

#[test]
fn silence_is_an_error_in_time() {
    let mut client = Client::new(Opening::new("h", "/", NONCE, asking()).unwrap()).unwrap();
    drain(&mut client.link().tx);
    assert_eq!(client.next(T0), Ok(Next::NeedInput));
    let deadline = client.deadline().unwrap();
    assert_eq!(deadline, T0 + core::time::Duration::from_secs(10));
    assert_eq!(client.next(deadline), Err(Error::Http(http1::Error::Timeout(http1::Timer::Response))));
    assert_eq!(client.deadline(), None);

    let mut client = Client::new(Opening::new("h", "/", NONCE, asking()).unwrap()).unwrap();
    client.link().rx.close();
    assert_eq!(client.next(T0), Err(Error::Http(http1::Error::Unanswered)));
}

#[test]
fn what_was_accepted_is_told() {
    let negotiated = judged(
        &asking(),
        "Sec-WebSocket-Protocol: superchat|\
         Sec-WebSocket-Extensions: x-zap; level=\"3\" ; more, permessage-deflate; server_no_context_takeover",
    )
    .unwrap();
    assert_eq!(negotiated.subprotocol.as_deref(), Some("superchat"));
    assert!(negotiated.deflate.unwrap().server_no_context_takeover);
    assert_eq!(negotiated.reserved, Reserved::RSV2);
    let zap = negotiated.extensions[0].extension();
    assert!(zap.params.get("level").unwrap().unwrap().is("3"));
    assert_eq!(zap.params.get("more"), Some(None));
    assert_eq!(zap.params.get("less"), None);
}
