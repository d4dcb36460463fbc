//! The heads that real clients and servers send, as they send them.

use crate::run::*;
use barewire::http::FieldName;
use barewire::websocket::extension::DeflateConfig;
use barewire::websocket::handshake::{Config, check};

fn config() -> Config {
    Config::builder().subprotocols(["chat"]).deflate(Some(DeflateConfig::default())).build().unwrap()
}

/// Each with the name of who sends it, and its offer of deflate granted by default.
const CLIENTS: &[(&str, &[&str], &str)] = &[
    (
        "Chromium",
        &[
            "GET /ws HTTP/1.1",
            "Host: 127.0.0.1:8080",
            "Connection: Upgrade",
            "Pragma: no-cache",
            "Cache-Control: no-cache",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "Upgrade: websocket",
            "Origin: http://127.0.0.1:8080",
            "Sec-WebSocket-Version: 13",
            "Accept-Encoding: gzip, deflate, br, zstd",
            "Accept-Language: en-US,en;q=0.9",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
            "Sec-WebSocket-Protocol: other, chat",
        ],
        "permessage-deflate",
    ),
    (
        "Firefox",
        &[
            "GET /ws HTTP/1.1",
            "Host: localhost:8080",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Accept: */*",
            "Accept-Language: en-US,en;q=0.5",
            "Accept-Encoding: gzip, deflate, br, zstd",
            "Sec-WebSocket-Version: 13",
            "Origin: http://localhost:8080",
            "Sec-WebSocket-Protocol: chat",
            "Sec-WebSocket-Extensions: permessage-deflate",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Connection: keep-alive, Upgrade",
            "Sec-Fetch-Dest: empty",
            "Sec-Fetch-Mode: websocket",
            "Sec-Fetch-Site: same-origin",
            "Pragma: no-cache",
            "Cache-Control: no-cache",
            "Upgrade: websocket",
        ],
        "permessage-deflate",
    ),
    (
        "ws on Node",
        &[
            "GET /ws HTTP/1.1",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
            "Sec-WebSocket-Protocol: chat",
            "Host: localhost:8080",
        ],
        "permessage-deflate",
    ),
    (
        "websockets on Python",
        &[
            "GET /ws HTTP/1.1",
            "Host: localhost:8080",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
            "Sec-WebSocket-Protocol: chat",
            "User-Agent: Python/3.13 websockets/15.0",
        ],
        "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
    ),
    (
        "curl",
        &[
            "GET /ws HTTP/1.1",
            "Host: localhost:8080",
            "User-Agent: curl/8.14.1",
            "Accept: */*",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Connection: Upgrade",
            "Sec-WebSocket-Protocol: chat",
        ],
        "",
    ),
    (
        "Autobahn",
        &[
            "GET /ws HTTP/1.1",
            "User-Agent: AutobahnTestSuite/25.10.1-22.10.1",
            "Host: 127.0.0.1:9001",
            "Upgrade: WebSocket",
            "Connection: Upgrade",
            "Pragma: no-cache",
            "Cache-Control: no-cache",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol: chat",
            "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; client_max_window_bits",
            "Sec-WebSocket-Version: 13",
        ],
        "permessage-deflate; client_no_context_takeover",
    ),
];

#[test]
fn clients() {
    for (who, lines, deflate) in CLIENTS {
        let outcome = every_way(&with(lines, ""), |pieces| serve(&config(), pieces));
        let negotiated = outcome.negotiated.unwrap_or_else(|| panic!("{who}: {:?}", outcome.error));
        assert_eq!(negotiated.subprotocol.as_deref(), Some("chat"), "{who}");
        assert_eq!(values(&outcome.output, "sec-websocket-accept"), [ACCEPT], "{who}");
        assert_eq!(values(&outcome.output, "sec-websocket-extensions").join(" / "), *deflate, "{who}");
        let head = request_head(&with(lines, ""));
        assert!(check(&head, &config()).unwrap().origin().is_none_or(|origin| origin.ends_with(":8080")));
    }
}

const SERVERS: &[(&str, &[&str])] = &[
    (
        "ws on Node",
        &[
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "Sec-WebSocket-Protocol: chat",
            "Sec-WebSocket-Extensions: permessage-deflate",
        ],
    ),
    (
        "websockets on Python",
        &[
            "HTTP/1.1 101 Switching Protocols",
            "Date: Mon, 23 Nov 2026 12:00:00 GMT",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
            "Sec-WebSocket-Protocol: chat",
            "Server: Python/3.13 websockets/15.0",
        ],
    ),
    (
        "Autobahn",
        &[
            "HTTP/1.1 101 Switching Protocols",
            "Server: AutobahnTestSuite/25.10.1-22.10.1",
            "X-Powered-By: AutobahnPython/22.10.1",
            "Upgrade: WebSocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Protocol: chat",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
        ],
    ),
    (
        "nginx in front",
        &[
            "HTTP/1.1 101 Switching Protocols",
            "Server: nginx",
            "Date: Mon, 23 Nov 2026 12:00:00 GMT",
            "Connection: upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "Sec-WebSocket-Protocol: chat",
            "Sec-WebSocket-Extensions: permessage-deflate",
            "Strict-Transport-Security: max-age=31536000",
        ],
    ),
];

#[test]
fn servers() {
    for (who, lines) in SERVERS {
        let (outcome, _) = every_way(&with(lines, ""), |pieces| dial(&config(), pieces));
        let negotiated = outcome.negotiated.unwrap_or_else(|| panic!("{who}: {:?}", outcome.error));
        assert_eq!(negotiated.subprotocol.as_deref(), Some("chat"), "{who}");
        assert!(negotiated.deflate.is_some(), "{who}");
        assert!(response_head(&with(lines, "")).get(FieldName::UPGRADE).is_some());
    }
}
