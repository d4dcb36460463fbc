//! Which subprotocol is chosen.

use crate::run::*;
use barewire::websocket::handshake::Config;

#[test]
fn the_clients_first_that_is_spoken() {
    let cases: [(&[&str], &str, Option<&str>); 7] = [
        (&[], "a, b", None),
        (&["a", "b"], "", None),
        (&["a", "b"], "b, a", Some("b")),
        (&["a", "b"], "c, b|a", Some("b")),
        (&["a", "b"], "c", None),
        (&["a"], "A", None),
        (&["wamp.2.json"], "wamp.2.msgpack,wamp.2.json", Some("wamp.2.json")),
    ];
    for (spoken, asked, chosen) in cases {
        let config = Config::builder().subprotocols(spoken.iter().copied()).build().unwrap();
        let lines = asked.split('|').filter(|line| !line.is_empty());
        let more = lines.map(|line| format!("Sec-WebSocket-Protocol: {line}")).collect::<Vec<_>>().join("|");
        let accept = granted(&config, &more).unwrap();
        assert_eq!(accept.negotiated.subprotocol.as_deref(), chosen, "{asked}");
        let text = written(&with(&REQUEST, &more), &accept.response);
        assert_eq!(values(&text, "sec-websocket-protocol"), chosen.into_iter().collect::<Vec<_>>());
    }
}
