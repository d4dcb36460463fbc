//! The same over the fields of an extended `CONNECT` (RFC 8441 §5, RFC 9220).

use crate::run::*;
use barewire::http::{Fields, Status};
use barewire::websocket::extension::DeflateConfig;
use barewire::websocket::handshake::{Config, ConnectOpening, Fault, Refusal, check_connect};

/// Fields as HTTP/2 has them, by way of a head of HTTP/1 that has none of its own.
fn fields(lines: &str) -> Fields {
    request_head(&with(&["GET / HTTP/1.0"], lines)).fields().clone()
}

fn config() -> Config {
    Config::builder().subprotocols(["chat"]).deflate(Some(DeflateConfig::default())).build().unwrap()
}

#[test]
fn rfc8441_5_1_the_sample() {
    let asked = fields(
        "sec-websocket-protocol: chat, superchat|sec-websocket-extensions: permessage-deflate|\
         sec-websocket-version: 13|origin: http://www.example.com",
    );
    let offer = check_connect("websocket", "www.example.com", &asked, &config()).unwrap();
    assert_eq!(offer.host(), Some("www.example.com"));
    let accept = offer.accept(&config());
    assert_eq!(accept.response.status(), Status::OK);
    assert_eq!(
        format!("{:?}", accept.response),
        r#"200 {"sec-websocket-protocol": "chat", "sec-websocket-extensions": "permessage-deflate"}"#
    );
    assert_eq!(accept.negotiated.subprotocol.as_deref(), Some("chat"));
    assert!(accept.negotiated.deflate.is_some());
}

#[test]
fn refusals() {
    let sound = "sec-websocket-version: 13";
    let check = |protocol, lines: &str| check_connect(protocol, "a", &fields(lines), &config()).err();
    assert_eq!(check("websocket", sound), None);
    assert_eq!(check("WebSocket", sound), None);
    assert_eq!(check("webtransport", sound), Some(Refusal::Protocol));
    assert_eq!(Refusal::Protocol.status(), Status::NOT_IMPLEMENTED);
    assert_eq!(check("websocket", ""), Some(Refusal::MalformedVersion));
    assert_eq!(check("websocket", "sec-websocket-version: 8"), Some(Refusal::Version));
    assert_eq!(check("websocket", "sec-websocket-version: 13|content-length: 0"), Some(Refusal::Body));
    assert_eq!(
        check("websocket", "sec-websocket-version: 13|sec-websocket-protocol: a,a"),
        Some(Refusal::Subprotocols)
    );
    assert_eq!(check("websocket", "sec-websocket-version: 13|sec-websocket-extensions: ;"), Some(Refusal::Extensions));
    assert_eq!(check("websocket", "sec-websocket-version: 13|origin: http://b"), Some(Refusal::Origin));
    // The key isn't looked at.
    assert_eq!(check("websocket", "sec-websocket-version: 13|sec-websocket-key: none"), None);
}

#[test]
fn the_client() {
    let opening = ConnectOpening::new(config());
    let asked: Vec<_> = opening.fields().iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let expected = [
        "sec-websocket-version: 13",
        "sec-websocket-protocol: chat",
        "sec-websocket-extensions: permessage-deflate; client_max_window_bits",
    ];
    assert_eq!(asked, expected);
    let granted = fields("sec-websocket-protocol: chat|sec-websocket-extensions: permessage-deflate");
    let negotiated = opening.verify(Status::OK, &granted).unwrap();
    assert_eq!(negotiated.subprotocol.as_deref(), Some("chat"));
    assert_eq!(opening.verify(Status::SWITCHING_PROTOCOLS, &granted), Err(Fault::Status));
    assert_eq!(opening.verify(Status::OK, &fields("sec-websocket-protocol: x")), Err(Fault::Subprotocol));
    assert_eq!(opening.verify(Status::OK, &fields("sec-websocket-extensions: x")), Err(Fault::Extension));
    assert_eq!(ConnectOpening::new(Config::default()).fields().len(), 1);
}
