//! Both ends, whatever they support: what one asks the other grants, and nothing that was changed on the way passes.

use crate::run::*;
use barewire::websocket::Reserved;
use barewire::websocket::extension::{Claim, DeflateConfig, DeflateParams};
use barewire::websocket::handshake::{
    Answer, Client, ClientEvent, Config, Negotiated, Opening, Server, ServerEvent, accept,
};
use barewire::{Machine, Next};
use quickcheck::{Arbitrary, Gen, quickcheck};

#[derive(Clone, Copy, Debug)]
struct Wants {
    compress: u8,
    inflate: u8,
    takeover: (bool, bool),
    insist: bool,
}

impl Arbitrary for Wants {
    fn arbitrary(g: &mut Gen) -> Self {
        Self {
            compress: 9 + u8::arbitrary(g) % 7,
            inflate: 9 + u8::arbitrary(g) % 7,
            takeover: Arbitrary::arbitrary(g),
            insist: bool::arbitrary(g),
        }
    }
}

#[derive(Clone, Debug)]
struct End {
    deflate: Option<Wants>,
    subprotocols: Vec<&'static str>,
    claims: Vec<&'static str>,
}

impl Arbitrary for End {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut some = |of: [&'static str; 4]| of.into_iter().filter(|_| bool::arbitrary(g)).collect();
        let (subprotocols, claims) = (some(["a", "b.c", "d", "e"]), some(["x", "y; a", "z; b=\"c\"", "w"]));
        Self { deflate: Arbitrary::arbitrary(g), subprotocols, claims }
    }
}

const BITS: [(&str, Reserved); 4] =
    [("x", Reserved::RSV2), ("y; a", Reserved::RSV3), ("z; b=\"c\"", Reserved::NONE), ("w", Reserved::RSV1)];

impl End {
    fn claims(&self) -> impl Iterator<Item = Claim> + '_ {
        let bits = |value| BITS.into_iter().find(|(other, _)| *other == value).unwrap().1;
        self.claims.iter().map(move |value| Claim::new(value, bits(*value)).unwrap())
    }

    fn config(&self) -> Config {
        let deflate = self.deflate.map(|wants| {
            let builder =
                DeflateConfig::builder().compress_window_bits(wants.compress).inflate_window_bits(wants.inflate);
            let builder = builder.compress_takeover(wants.takeover.0).inflate_takeover(wants.takeover.1);
            builder.insist(wants.insist).build().unwrap()
        });
        let builder = Config::builder().subprotocols(self.subprotocols.iter().copied()).deflate(deflate);
        self.claims().fold(builder, |builder, claim| builder.offer(claim)).build().unwrap()
    }
}

/// What both made of it, over the machines.
fn shake(client: &End, server: &End) -> (Negotiated, Negotiated) {
    let opening = Opening::new("h", "/", NONCE, client.config()).unwrap();
    let mut dialer = Client::new(opening).unwrap();
    let mut listener = Server::new(server.config());
    feed(&mut listener.link().rx, drain(&mut dialer.link().tx).as_bytes());
    let Ok(Next::Event(ServerEvent::Request(_))) = listener.next(T0) else { panic!() };
    let offered: Vec<String> =
        listener.offer().unwrap().extensions().map(|extension| extension.name.to_owned()).collect();
    let known = server.claims().filter(|claim| offered.iter().any(|name| name == claim.extension().name));
    let answer = known.fold(Answer::new(), Answer::extension);
    listener.accept_with(&answer).unwrap();
    let Ok(Next::Event(ServerEvent::Open(granted))) = listener.next(T0) else { panic!() };
    feed(&mut dialer.link().rx, drain(&mut listener.link().tx).as_bytes());
    match dialer.next(T0) {
        Ok(Next::Event(ClientEvent::Open { negotiated, .. })) => (granted, negotiated),
        other => panic!("{other:?}"),
    }
}

fn keeps(params: DeflateParams, client: Wants, server: Wants) -> bool {
    let DeflateParams { server_max_window_bits, client_max_window_bits, .. } = params;
    (9..=server.compress).contains(&server_max_window_bits)
        && (9..=client.compress).contains(&client_max_window_bits)
        && (params.server_no_context_takeover || server.takeover.0)
        && (params.client_no_context_takeover || client.takeover.0)
        && (!client.insist || server_max_window_bits <= client.inflate)
        && (!client.insist || params.server_no_context_takeover || client.takeover.1)
        && (!server.insist || client_max_window_bits <= server.inflate)
        && (!server.insist || params.client_no_context_takeover || server.takeover.1)
}

quickcheck! {
    fn both_ends_come_to_the_same(client: End, server: End) -> bool {
        let (granted, negotiated) = shake(&client, &server);
        let deflate = match (negotiated.deflate, client.deflate, server.deflate) {
            (None, ..) => true,
            (Some(params), Some(client), Some(server)) => keeps(params, client, server),
            _ => false,
        };
        let chosen = client.subprotocols.iter().find(|name| server.subprotocols.contains(name));
        granted == negotiated && deflate && negotiated.subprotocol.as_deref() == chosen.copied()
    }

    /// One bit of a response is flipped: it is refused, or means the same, or lost what it granted, never more.
    fn a_mutated_response_is_refused(client: End, at: usize, bit: u8) -> bool {
        let config = client.config();
        let opening = Opening::new("h", "/", NONCE, config.clone()).unwrap();
        let mut dialer = Client::new(opening.clone()).unwrap();
        let request = drain(&mut dialer.link().tx);
        let accepted = accept(&request_head(&request), &config).unwrap();
        let mut response = written(&request, &accepted.response).into_bytes();
        let at = at % response.len();
        response[at] ^= 1 << (bit % 8);
        let (outcome, _) = dial(&config, &[&response]);
        match outcome.negotiated {
            None => true,
            Some(negotiated) => {
                let line = response.split(|&byte| byte == b'\n').scan(0, |end, line| {
                    *end += line.len() + 1;
                    Some((*end, line))
                });
                let line = line.into_iter().find(|(end, _)| at < *end).unwrap().1;
                let lower = line.to_ascii_lowercase();
                // The key's answer is exact; the rest is compared without case, or is another field then.
                !lower.starts_with(b"sec-websocket-accept: ") || line.ends_with(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r")
                    && (negotiated.subprotocol.is_none() || negotiated.subprotocol == accepted.negotiated.subprotocol)
            }
        }
    }

    fn no_request_panics(lines: Vec<(u8, String)>) -> bool {
        let names = ["Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol",
            "Sec-WebSocket-Extensions", "Origin", "Host"];
        let text: String = lines
            .iter()
            .map(|(name, value)| format!("{}: {}\r\n", names[usize::from(*name) % 8], value.replace(['\r', '\n'], " ")))
            .collect();
        let outcome = serve(&open(), &[format!("GET / HTTP/1.1\r\n{text}\r\n").as_bytes()]);
        outcome.negotiated.is_some() || outcome.error.is_some()
    }
}
