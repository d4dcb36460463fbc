//! The negotiation of permessage-deflate (RFC 7692 §7.1).

use crate::run::*;
use barewire::websocket::extension::{DeflateConfig, DeflateParams};
use barewire::websocket::handshake::{Config, Fault, Opening};

/// Compress bits and takeover, inflate bits and takeover, insist.
fn config((c, ct, i, it, insist): (u8, bool, u8, bool, bool)) -> Config {
    let deflate = DeflateConfig::builder()
        .compress_window_bits(c)
        .compress_takeover(ct)
        .inflate_window_bits(i)
        .inflate_takeover(it)
        .insist(insist)
        .build()
        .unwrap();
    Config::builder().deflate(Some(deflate)).build().unwrap()
}

const PLAIN: (u8, bool, u8, bool, bool) = (15, true, 15, true, false);
const SMALL: (u8, bool, u8, bool, bool) = (10, true, 9, true, false);
const STRICT: (u8, bool, u8, bool, bool) = (10, false, 9, false, true);

/// Short for parameters: what each end may do, `10-` for a window of 10 bits without takeover.
fn short(params: Option<DeflateParams>) -> String {
    let end = |bits: u8, fresh: bool| format!("{bits}{}", if fresh { "-" } else { "" });
    params.map_or("none".into(), |params| {
        let server = end(params.server_max_window_bits, params.server_no_context_takeover);
        let client = end(params.client_max_window_bits, params.client_no_context_takeover);
        format!("{server} {client}")
    })
}

#[test]
fn a_server_takes_the_first_offer_that_it_can_serve() {
    let cases = [
        (PLAIN, "D", "15 15", "D"),
        (PLAIN, "D; client_max_window_bits", "15 15", "D"),
        (PLAIN, "D; client_max_window_bits=10", "15 10", "D; client_max_window_bits=10"),
        (PLAIN, "D; client_max_window_bits=8", "15 8", "D; client_max_window_bits=8"),
        (PLAIN, "D; client_max_window_bits=15", "15 15", "D; client_max_window_bits=15"),
        (PLAIN, "D; server_max_window_bits=9", "9 15", "D; server_max_window_bits=9"),
        (PLAIN, "D; server_max_window_bits=15", "15 15", "D; server_max_window_bits=15"),
        (PLAIN, "D; server_max_window_bits=\"10\"", "10 15", "D; server_max_window_bits=10"),
        (PLAIN, "D; server_max_window_bits=\"\\1\\0\"", "10 15", "D; server_max_window_bits=10"),
        (PLAIN, "D; server_no_context_takeover", "15- 15", "D; server_no_context_takeover"),
        (PLAIN, "D; client_no_context_takeover", "15 15-", "D; client_no_context_takeover"),
        // Autobahn 13.3 to 13.7.
        (
            PLAIN,
            "D; client_max_window_bits; server_no_context_takeover; server_max_window_bits=9",
            "9- 15",
            "D; server_no_context_takeover; server_max_window_bits=9",
        ),
        (
            PLAIN,
            "D; server_no_context_takeover; server_max_window_bits=8, D; server_max_window_bits=9, D",
            "9 15",
            "D; server_max_window_bits=9",
        ),
        (PLAIN, "D; server_max_window_bits=8", "none", ""),
        (PLAIN, "D; server_max_window_bits=8, D", "15 15", "D"),
        (PLAIN, "x, D; unknown, D; server_no_context_takeover", "15- 15", "D; server_no_context_takeover"),
        (PLAIN, "Permessage-Deflate, permessage-bzip2, x-webkit-deflate-frame", "none", ""),
        (SMALL, "D", "10 15", "D; server_max_window_bits=10"),
        (SMALL, "D; server_max_window_bits=12", "10 15", "D; server_max_window_bits=10"),
        (SMALL, "D; client_max_window_bits", "10 9", "D; server_max_window_bits=10; client_max_window_bits=9"),
        (SMALL, "D; client_max_window_bits=8", "10 8", "D; server_max_window_bits=10; client_max_window_bits=8"),
        // One that can be bound is better than one that can't.
        (SMALL, "D, D; client_max_window_bits", "10 9", "D; server_max_window_bits=10; client_max_window_bits=9"),
        (STRICT, "D", "none", ""),
        (
            STRICT,
            "D, D; client_max_window_bits=12",
            "10- 9-",
            "D; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9",
        ),
    ];
    for (wanted, offer, params, element) in cases {
        let long = |text: &str| {
            text.replace('D', "permessage-deflate").replace("Permessage-permessage-deflate", "Permessage-Deflate")
        };
        let more = format!("Sec-WebSocket-Extensions: {}", long(offer));
        let accept = granted(&config(wanted), &more).unwrap();
        assert_eq!(short(accept.negotiated.deflate), params, "{offer}");
        let text = written(&with(&REQUEST, &more), &accept.response);
        assert_eq!(values(&text, "sec-websocket-extensions").join(" / "), long(element), "{offer}");
        // Spread over two lines it is the same list.
        let spread = more.replace(", ", "|Sec-WebSocket-Extensions: ");
        assert_eq!(short(granted(&config(wanted), &spread).unwrap().negotiated.deflate), params, "{spread}");
    }
    let off = granted(&open(), "Sec-WebSocket-Extensions: permessage-deflate").unwrap();
    assert_eq!(off.negotiated.deflate, None);
}

/// What can't stand in an offer nor in a response (RFC 7692 §7.1, CVE-2026-2229).
const FAULTY: &[&str] = &[
    "server_max_window_bits",
    "server_max_window_bits=7",
    "server_max_window_bits=16",
    "server_max_window_bits=0",
    "server_max_window_bits=09",
    "server_max_window_bits=010",
    "server_max_window_bits=+9",
    "server_max_window_bits=-9",
    "server_max_window_bits=9.0",
    "server_max_window_bits=0x9",
    "server_max_window_bits=99999999999999999999",
    "server_max_window_bits=264",
    "server_max_window_bits=ten",
    "server_max_window_bits=\"09\"",
    "server_max_window_bits=10; server_max_window_bits=10",
    "client_max_window_bits=7",
    "client_max_window_bits=16",
    "client_max_window_bits=1000",
    "client_max_window_bits=010",
    "client_max_window_bits=10; client_max_window_bits=9",
    "server_no_context_takeover=1",
    "server_no_context_takeover=true",
    "server_no_context_takeover; server_no_context_takeover",
    "client_no_context_takeover=\"x\"",
    "client_no_context_takeover; client_no_context_takeover",
    "Server_No_Context_Takeover",
    "mem_level=8",
];

#[test]
fn faulty_parameters_are_declined_by_a_server_and_fatal_to_a_client() {
    for faulty in FAULTY {
        let line = format!("Sec-WebSocket-Extensions: permessage-deflate; {faulty}");
        assert_eq!(granted(&config(PLAIN), &line).unwrap().negotiated.deflate, None, "{faulty}");
        let next = granted(&config(PLAIN), &format!("{line}, permessage-deflate")).unwrap();
        assert_eq!(short(next.negotiated.deflate), "15 15", "{faulty}");
        assert_eq!(judged(&config(PLAIN), &line), Err(Fault::Deflate), "{faulty}");
    }
}

#[test]
fn a_client_offers_the_best_first() {
    let cases = [
        (PLAIN, "D; client_max_window_bits"),
        ((15, false, 15, true, false), "D; client_no_context_takeover; client_max_window_bits"),
        ((12, true, 15, true, true), "D; client_max_window_bits=12"),
        (SMALL, "D; server_max_window_bits=9; client_max_window_bits=10, D; client_max_window_bits=10"),
        (
            (15, true, 15, false, false),
            "D; server_no_context_takeover; client_max_window_bits, D; client_max_window_bits",
        ),
        (
            STRICT,
            "D; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=10",
        ),
    ];
    for (wanted, value) in cases {
        let opening = Opening::new("h", "/", NONCE, config(wanted)).unwrap();
        let offered = opening.request().get(barewire::http::FieldName::SEC_WEBSOCKET_EXTENSIONS).unwrap();
        assert_eq!(offered.to_str().unwrap(), value.replace('D', "permessage-deflate"));
    }
}

#[test]
fn a_client_takes_what_answers_its_offer() {
    let cases = [
        (PLAIN, "", "15 15"),
        (PLAIN, "server_no_context_takeover; client_no_context_takeover", "15- 15-"),
        (PLAIN, "server_max_window_bits=8", "8 15"),
        (PLAIN, "client_max_window_bits=9", "15 9"),
        (PLAIN, "client_max_window_bits=15; server_max_window_bits=15", "15 15"),
        // Our compressor has no such window.
        (PLAIN, "client_max_window_bits=8", "fault"),
        // In a response, it has a value.
        (PLAIN, "client_max_window_bits", "fault"),
        ((12, false, 15, true, false), "", "15 12-"),
        ((12, true, 15, true, false), "client_max_window_bits=12", "15 12"),
        ((12, true, 15, true, false), "client_max_window_bits=13", "fault"),
        // The second of its offers was taken.
        (SMALL, "", "15 10"),
        (SMALL, "server_max_window_bits=9", "9 10"),
        (STRICT, "server_no_context_takeover; server_max_window_bits=9", "9- 10-"),
        (STRICT, "server_no_context_takeover; server_max_window_bits=8", "8- 10-"),
        (STRICT, "server_no_context_takeover; server_max_window_bits=10", "fault"),
        (STRICT, "server_no_context_takeover", "fault"),
        (STRICT, "server_max_window_bits=9", "fault"),
    ];
    for (wanted, params, outcome) in cases {
        let separator = if params.is_empty() { "" } else { "; " };
        let line = format!("Sec-WebSocket-Extensions: permessage-deflate{separator}{params}");
        let judged = judged(&config(wanted), &line).map(|negotiated| short(negotiated.deflate));
        let expected = if outcome == "fault" { Err(Fault::Deflate) } else { Ok(outcome.into()) };
        assert_eq!(judged, expected, "{wanted:?} {params}");
    }
    // None was offered, or none was granted.
    assert_eq!(judged(&open(), "Sec-WebSocket-Extensions: permessage-deflate"), Err(Fault::Extension));
    assert_eq!(judged(&config(STRICT), "").unwrap().deflate, None);
}

#[test]
fn window_bits_have_a_range() {
    for bits in 0..=u8::MAX {
        let compress = DeflateConfig::builder().compress_window_bits(bits).build();
        assert_eq!(compress.is_ok(), (9..=15).contains(&bits));
        let inflate = DeflateConfig::builder().inflate_window_bits(bits).build();
        assert_eq!(inflate.is_ok(), (9..=15).contains(&bits));
    }
}
