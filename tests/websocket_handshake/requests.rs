//! Requests: which open a WebSocket, and what the others are answered.

use crate::run::*;
use barewire::http::{FieldName, FieldValue, Response, Status};
use barewire::websocket::handshake::{Answer, Config, Error, Origins, Refusal, Server, ServerEvent, accept, check};
use barewire::{Machine, Misuse, Next, http1};
use core::time::Duration;

/// Two frames and a half: "Hello" masked, a ping, and the beginning of the next.
const FRAMES: &[u8] = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x80\x00\x00\x00\x00\x82\xfe";

#[test]
fn rfc6455_1_3_the_sample() {
    let request = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n\
                   Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n";
    let config = Config::builder()
        .subprotocols(["superchat", "chat"])
        .origins(Origins::listed(["http://example.com"]))
        .build()
        .unwrap();
    let outcome = every_way(request, |pieces| serve(&config, pieces));
    assert_eq!(outcome.negotiated.unwrap().subprotocol.as_deref(), Some("chat"));
    assert_eq!(
        outcome.output,
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
         sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nsec-websocket-protocol: chat\r\n\
         connection: upgrade\r\n\r\n"
    );
    assert!(!outcome.fin);
}

#[test]
fn sound_requests() {
    let requests = [
        with(&REQUEST, ""),
        but(&REQUEST, "Upgrade", "Upgrade: WebSocket"),
        but(&REQUEST, "Upgrade", "uPGRADE: h2c, websocket"),
        but(&REQUEST, "Upgrade", "Upgrade: h2c|Upgrade: x/1, , WEBSOCKET"),
        but(&REQUEST, "Connection", "Connection: keep-alive, Upgrade"),
        but(&REQUEST, "Connection", "Connection: keep-alive|connection: upgrade"),
        but(&REQUEST, "Sec-WebSocket-Version", "sec-websocket-version:   13  "),
        but(&REQUEST, "GET", "GET http://example.com/ws?a=b HTTP/1.1"),
        with(&REQUEST, "Content-Length: 0"),
        with(&REQUEST, "Sec-WebSocket-Protocol: a|Sec-WebSocket-Protocol: b, c"),
        with(&REQUEST, "Sec-WebSocket-Extensions: a; b=\"c\"|Sec-WebSocket-Extensions: a ;d=e , ,f"),
        with(&REQUEST, "Origin: http://example.com"),
        with(&REQUEST, "Origin: https://EXAMPLE.com"),
    ];
    for request in requests {
        let outcome = every_way(&request, |pieces| serve(&Config::default(), pieces));
        assert!(outcome.negotiated.is_some(), "{request}: {outcome:?}");
        assert_eq!(values(&outcome.output, "sec-websocket-accept"), [ACCEPT], "{request}");
        assert!(!outcome.fin && outcome.early.is_empty());

        // Frames that came too early are all there, wherever the input was cut.
        let input = [request.as_bytes(), FRAMES].concat();
        for at in 0..=input.len() {
            let (a, b) = input.split_at(at);
            let outcome = serve(&Config::default(), &[a, b]);
            assert_eq!(outcome.early, FRAMES, "cut at {at}: {request}");
        }
    }
}

/// Every refusal: the request, and why.
fn refused() -> Vec<(String, Refusal)> {
    let key = |value: &str| but(&REQUEST, "Sec-WebSocket-Key", value);
    let version = |value: &str| but(&REQUEST, "Sec-WebSocket-Version", value);
    let more = |lines: &str| with(&REQUEST, lines);
    vec![
        (but(&REQUEST, "GET", "POST /ws HTTP/1.1"), Refusal::Method),
        (but(&REQUEST, "GET", "HEAD /ws HTTP/1.1"), Refusal::Method),
        (but(&REQUEST, "GET", "get /ws HTTP/1.1"), Refusal::Method),
        (but(&REQUEST, "GET", "GET /ws HTTP/1.0"), Refusal::HttpVersion),
        ("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n".into(), Refusal::NotAsked),
        (but(&REQUEST, "Upgrade", ""), Refusal::NotAsked),
        (but(&REQUEST, "Upgrade", "Upgrade: h2c"), Refusal::NotAsked),
        (but(&REQUEST, "Upgrade", "Upgrade: websockets"), Refusal::NotAsked),
        (but(&REQUEST, "Upgrade", "Upgrade: websocket/13"), Refusal::NotAsked),
        (but(&REQUEST, "Upgrade", "Upgrade: web socket"), Refusal::Connection),
        (but(&REQUEST, "Upgrade", "Upgrade: websocket;"), Refusal::Connection),
        (but(&REQUEST, "Connection", ""), Refusal::Connection),
        (but(&REQUEST, "Connection", "Connection: keep-alive"), Refusal::Connection),
        (but(&REQUEST, "Connection", "Connection: upgraded"), Refusal::Connection),
        (but(&REQUEST, "Connection", "Connection: Upgrade keep-alive"), Refusal::Connection),
        (version(""), Refusal::MalformedVersion),
        (version("Sec-WebSocket-Version:"), Refusal::MalformedVersion),
        (version("Sec-WebSocket-Version: 013"), Refusal::MalformedVersion),
        (version("Sec-WebSocket-Version: 13, 8"), Refusal::MalformedVersion),
        (version("Sec-WebSocket-Version: 13|Sec-WebSocket-Version: 13"), Refusal::MalformedVersion),
        (version("Sec-WebSocket-Version: 1e1"), Refusal::MalformedVersion),
        (version("Sec-WebSocket-Version: 300"), Refusal::MalformedVersion),
        (version("Sec-WebSocket-Version: 8"), Refusal::Version),
        (version("Sec-WebSocket-Version: 0"), Refusal::Version),
        (version("Sec-WebSocket-Version: 14"), Refusal::Version),
        (version("Sec-WebSocket-Version: 130"), Refusal::Version),
        (key(""), Refusal::Key),
        (key("Sec-WebSocket-Key:"), Refusal::Key),
        (more("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), Refusal::Key),
        (key("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"), Refusal::Key),
        (key("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR=="), Refusal::Key),
        (key("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWE="), Refusal::Key),
        (key("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWFi"), Refusal::Key),
        (key("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j===="), Refusal::Key),
        (key("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub2-_ZQ=="), Refusal::Key),
        (key("Sec-WebSocket-Key: dGhlIHNhbXBsZ BSb25jZQ=="), Refusal::Key),
        (more("Content-Length: 1"), Refusal::Body),
        (more("Transfer-Encoding: chunked"), Refusal::Body),
        (more("Sec-WebSocket-Protocol:"), Refusal::Subprotocols),
        (more("Sec-WebSocket-Protocol: ,"), Refusal::Subprotocols),
        (more("Sec-WebSocket-Protocol: a b"), Refusal::Subprotocols),
        (more("Sec-WebSocket-Protocol: a/b"), Refusal::Subprotocols),
        (more("Sec-WebSocket-Protocol: \"a\""), Refusal::Subprotocols),
        (more("Sec-WebSocket-Protocol: a, b, a"), Refusal::Subprotocols),
        (more("Sec-WebSocket-Protocol: a|Sec-WebSocket-Protocol: b, a"), Refusal::Subprotocols),
        (more("Sec-WebSocket-Extensions:"), Refusal::Extensions),
        (more("Sec-WebSocket-Extensions: a;"), Refusal::Extensions),
        (more("Sec-WebSocket-Extensions: a; b="), Refusal::Extensions),
        (more("Sec-WebSocket-Extensions: a; b = c"), Refusal::Extensions),
        (more("Sec-WebSocket-Extensions: a; b=\"\""), Refusal::Extensions),
        (more("Sec-WebSocket-Extensions: a; b=\"c d\""), Refusal::Extensions),
        (more("Sec-WebSocket-Extensions: a; b=\"c"), Refusal::Extensions),
        (more("Sec-WebSocket-Extensions: a=b"), Refusal::Extensions),
        (more("Sec-WebSocket-Extensions: a b"), Refusal::Extensions),
        (more("Sec-WebSocket-Extensions: ok|Sec-WebSocket-Extensions: ;"), Refusal::Extensions),
        (more("Origin: http://example.org"), Refusal::Origin),
        (more("Origin: null"), Refusal::Origin),
        (more("Origin: http://example.com:8080"), Refusal::Origin),
        (more("Origin: example.com"), Refusal::Origin),
        (more("Origin: http://example.com|Origin: http://example.com"), Refusal::Origin),
        (more("Origin: http://\u{fc}"), Refusal::Origin),
    ]
}

#[test]
fn every_bad_request_is_answered() {
    for (request, refusal) in refused() {
        let head = request_head(&request);
        assert_eq!(accept(&head, &Config::default()).err(), Some(refusal), "{request}");

        let outcome = every_way(&request, |pieces| serve(&Config::default(), pieces));
        assert_eq!(outcome.error, Some(Error::Refused(refusal)), "{request}");
        assert!(outcome.fin && outcome.negotiated.is_none(), "{request}");
        let output = &outcome.output;
        let status = refusal.status();
        assert!(output.starts_with(&format!("HTTP/1.1 {status} ")), "{request}{output}");
        assert_eq!(values(output, "content-length"), ["0"], "{output}");
        let expected: (&[&str], &[&str], &str) = match status.code() {
            405 => (&["GET"], &[], "close"),
            426 => (&[], &["websocket"], "close, upgrade"),
            _ => (&[], &[], "close"),
        };
        assert_eq!(values(output, "allow"), expected.0, "{output}");
        assert_eq!(values(output, "upgrade"), expected.1, "{output}");
        assert_eq!(values(output, "connection"), [expected.2], "{output}");
        let version: &[&str] = if status == Status::FORBIDDEN { &[] } else { &["13"] };
        assert_eq!(values(output, "sec-websocket-version"), version, "{output}");

        // Within an HTTP server the same, and the connection goes on.
        let output = written(&request, &refusal.response());
        assert!(output.starts_with(&format!("HTTP/1.1 {status} ")), "{request}{output}");
    }
}

#[test]
fn what_is_no_http_is_answered_by_http() {
    let bad = [
        (but(&REQUEST, "Host", ""), http1::Error::Host),
        (but(&REQUEST, "Host", "Host: a|Host: a"), http1::Error::Host),
        (but(&REQUEST, "Host", "Host: a b"), http1::Error::Host),
        (but(&REQUEST, "GET", "GET /ws HTTP/2.0"), http1::Error::Version),
        (with(&REQUEST, "").replace("\r\nHost", "\nHost"), http1::Error::LineEnd),
        (with(&REQUEST, "Sec-WebSocket-Key : x"), http1::Error::FieldLine),
        (with(&REQUEST, &format!("X: {}", "x".repeat(16 * 1024))), http1::Error::HeadTooLong),
    ];
    for (request, error) in bad {
        let outcome = serve(&Config::default(), &[request.as_bytes()]);
        assert_eq!(outcome.error, Some(Error::Http(error)), "{request}");
        assert!(outcome.output.starts_with(&format!("HTTP/1.1 {} ", error.status())), "{}", outcome.output);
        assert!(outcome.fin);
    }
}

#[test]
fn origins() {
    let host = but(&REQUEST, "Host", "Host: example.com:8443");
    let from = |request: &str, origin: &str| request.replacen("\r\n\r\n", &format!("\r\nOrigin: {origin}\r\n\r\n"), 1);
    let lets = |origins: Origins, request: &str| {
        let config = Config::builder().origins(origins).build().unwrap();
        match accept(&request_head(request), &config) {
            Ok(_) => true,
            Err(refusal) => {
                assert_eq!(refusal, Refusal::Origin);
                false
            }
        }
    };
    for (request, origin, same) in [
        (&host, "https://example.com:8443", true),
        (&host, "http://example.com:8443", true),
        (&host, "https://example.com", false),
        (&host, "https://example.com:8443.evil.org", false),
        (&host, "https://evil.org/example.com:8443", false),
        (&but(&REQUEST, "Host", "Host: example.com:443"), "https://example.com", true),
        (&but(&REQUEST, "Host", "Host: example.com:443"), "http://example.com", false),
        (&but(&REQUEST, "Host", "Host: [::1]:80"), "http://[::1]", true),
    ] {
        assert_eq!(lets(Origins::same(), &from(request, origin)), same, "{origin}");
        assert!(lets(Origins::any(), &from(request, origin)));
        assert!(lets(Origins::listed(["http://x", origin]), &from(request, origin)));
        assert!(!lets(Origins::listed(["http://x"]), &from(request, origin)));
    }
    assert!(lets(Origins::listed(["http://x"]), &host) && lets(Origins::same(), &host));
    let strict = || Origins::check(|origin, host| origin == Some("app://x") && host == Some("example.com:8443"));
    assert!(lets(strict(), &from(&host, "app://x")));
    assert!(!lets(strict(), &host) && !lets(strict(), &from(&with(&REQUEST, ""), "app://x")));
}

#[test]
fn thousands_of_names_are_a_moment() {
    let names: Vec<String> = (0..3000).map(|n| format!("{n:x}")).collect();
    let extensions = vec!["permessage-deflate;server_max_window_bits=7"; 300].join(",");
    let lines = format!("Sec-WebSocket-Protocol: {}|Sec-WebSocket-Extensions: {extensions}", names.join(","));
    let config = Config::builder().deflate(Some(Default::default())).subprotocols(["bb7"]).build().unwrap();
    let head = {
        let limits = http1::Config::builder().max_line(60_000).max_head(60_000).build().unwrap();
        let mut http = http1::Server::new(limits);
        feed(&mut http.link().rx, with(&REQUEST, &lines).as_bytes());
        let Ok(Next::Event(barewire::http::RequestEvent::Request { head, .. })) = http.next(T0) else { panic!() };
        head
    };
    let negotiated = accept(&head, &config).unwrap().negotiated;
    assert_eq!((negotiated.subprotocol.as_deref(), negotiated.deflate), (Some("bb7"), None));
    assert_eq!(check(&head, &config).unwrap().subprotocols().count(), 3000);
}

fn asked(more: &str) -> Server {
    let config = Config::builder().subprotocols(["chat"]).build().unwrap();
    let mut server = Server::new(config);
    feed(&mut server.link().rx, [with(&REQUEST, more).as_bytes(), FRAMES].concat().as_slice());
    let Ok(Next::Event(ServerEvent::Request(head))) = server.next(T0) else { panic!() };
    assert_eq!(head.target().path(), "/ws");
    server
}

#[test]
fn an_application_sees_what_is_offered_and_chooses() {
    let mut server =
        asked("Sec-WebSocket-Protocol: chat, other|Sec-WebSocket-Extensions: x|Origin: http://example.com");
    let offer = server.offer().unwrap();
    assert_eq!(offer.subprotocols().collect::<Vec<_>>(), ["chat", "other"]);
    assert_eq!(offer.extensions().map(|extension| extension.name).collect::<Vec<_>>(), ["x"]);
    assert_eq!((offer.origin(), offer.host()), (Some("http://example.com"), Some("example.com")));

    let cookie = || Answer::new().field(FieldName::SET_COOKIE, FieldValue::literal("a=b")).unwrap();
    assert_eq!(server.accept_with(&Answer::new().subprotocol("none")), Err(Misuse::Invalid));
    server.accept_with(&cookie().subprotocol("other")).unwrap();
    assert_eq!(server.accept(), Err(Misuse::OutOfTurn));
    let Ok(Next::Event(ServerEvent::Open(negotiated))) = server.next(T0) else { panic!() };
    assert_eq!(negotiated.subprotocol.as_deref(), Some("other"));
    assert_eq!(server.next(T0), Ok(Next::Done));
    let mut link = server.into_link();
    assert_eq!(link.rx.data(), FRAMES);
    let output = drain(&mut link.tx);
    assert_eq!(values(&output, "set-cookie"), ["a=b"]);
    assert_eq!(values(&output, "sec-websocket-protocol"), ["other"]);

    for name in [FieldName::UPGRADE, FieldName::CONNECTION, FieldName::SEC_WEBSOCKET_ACCEPT, FieldName::CONTENT_LENGTH]
    {
        assert!(Answer::new().field(name, FieldValue::literal("0")).is_err());
    }
}

#[test]
fn an_application_rejects() {
    let mut server = asked("");
    let again = Response::new(Status::UNAUTHORIZED).field(FieldName::WWW_AUTHENTICATE, FieldValue::literal("Basic"));
    assert_eq!(server.reject(Response::new(Status::SWITCHING_PROTOCOLS), ""), Err(Misuse::Invalid));
    assert_eq!(server.reject(Response::new(Status::NO_CONTENT), "text"), Err(Misuse::Invalid));
    server.reject(again, "who?").unwrap();
    assert_eq!(server.accept(), Err(Misuse::OutOfTurn));
    // What still comes is discarded, so that no reset destroys the reply.
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    server.link().rx.close();
    assert_eq!(server.next(T0), Ok(Next::Done));
    assert_eq!(
        drain(&mut server.link().tx),
        "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic\r\ncontent-length: 4\r\nconnection: close\r\n\r\nwho?"
    );
    assert!(server.link().tx.is_ended());
}

#[test]
fn limits_and_time() {
    // Nothing comes: closed without a word after ten seconds. Half a request: a 408.
    let ten = T0 + Duration::from_secs(10);
    let mut server = Server::new(Config::default());
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    assert_eq!(server.deadline(), Some(ten));
    assert_eq!(server.next(ten), Ok(Next::Done));
    assert!(server.link().tx.is_ended() && server.link().tx.is_empty());

    let mut server = Server::new(Config::default());
    feed(&mut server.link().rx, b"GET / HT");
    assert_eq!(server.next(T0), Ok(Next::NeedInput));
    assert_eq!(server.deadline(), Some(ten));
    assert_eq!(server.next(ten), Err(Error::Http(http1::Error::Timeout(http1::Timer::Head))));
}
