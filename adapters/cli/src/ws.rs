//! `barewire ws`: a client of WebSocket.

mod console;
mod input;

use crate::args::Ws;
use crate::failure::Failure;
use crate::get;
use crate::runtime;
use barewire::Misuse;
use barewire::http::FieldName;
use barewire::websocket::extension::DeflateConfig;
use barewire::websocket::{Config, handshake};
pub(crate) use barewire_websocket::Error;
use barewire_websocket::Url;
pub(crate) use console::Console;
use core::sync::atomic::AtomicU16;
pub(crate) use input::{Input, Said};
use std::sync::Arc;
use std::time::Instant;

/// A longer message is printed as it comes, so that any length is heard in the same memory.
const WHOLE: u64 = 64 * 1024;

pub(crate) fn run(args: &Ws) -> Result<(), Failure> {
    let url = parse(&args.url)?;
    let handshake = handshake::Config::builder()
        .subprotocols(args.subprotocols.iter().map(String::as_str))
        .deflate((!args.plain).then(DeflateConfig::default))
        .build()
        .map_err(|error| Failure::at("the subprotocols", error).hint("Each is a token, and given once.").code(2))?;
    let mut opening = url.opening(handshake).map_err(|error| Failure::at("cannot make the request", error))?;
    for header in &args.headers {
        let (name, value) = get::parse(header)?;
        opening = opening.field(name, value).map_err(|misuse| wrong_field(name, misuse))?;
    }
    let client = handshake::Client::new(opening).map_err(|misuse| Failure::at("cannot send this request", misuse))?;
    let session = Config::builder().max_message(1 << 62).whole(WHOLE).max_frames(u32::MAX).build();
    let session = session.map_err(|error| Failure::at("cannot set up the session", error))?;
    let began = Instant::now();
    let goodbye = Arc::<AtomicU16>::default();
    let console = Console::new(args.binary, began, Arc::clone(&goodbye));
    let input = || input::start(args, began, goodbye);
    runtime::chat(args.runtime, url.address(), args.timeout, client, session, input, console)
}

fn parse(text: &str) -> Result<Url, Failure> {
    let like = "A URL is like ws://127.0.0.1:8080/ws?query.";
    let url: Url = text.parse().map_err(|error| {
        let hint = match text.split_once("://") {
            None => format!("Did you mean ws://{text}? {like}"),
            Some(_) => like.into(),
        };
        Failure::at(format_args!("`{}`", text.escape_debug()), error).hint(hint)
    })?;
    if url.is_secure() {
        let wrong = Failure::new(format!("`{}`: wss is not spoken yet", text.escape_debug()));
        return Err(wrong.hint("Only ws:// is. For TLS, put a proxy in front."));
    }
    Ok(url)
}

fn wrong_field(name: FieldName<'_>, misuse: Misuse) -> Failure {
    Failure::at(format_args!("the field {name}"), misuse).hint(
        "Host, Connection, Upgrade and the Sec-WebSocket fields are written for you; subprotocols are given with -s.",
    )
}

/// Why there is no WebSocket.
pub(crate) fn refused(error: Error) -> Failure {
    match error {
        Error::Refused(head) => Failure::new(format!(
            "the server answered {} {} instead of opening a WebSocket",
            head.status(),
            head.reason().escape_ascii()
        )),
        Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Failure::new("the server ended the connection instead of opening a WebSocket")
        }
        error => broken(error),
    }
}

/// Why a conversation broke off.
pub(crate) fn broken(error: Error) -> Failure {
    match error {
        Error::Io(error) => Failure::at("the connection failed", error),
        error => Failure::new(error.to_string()),
    }
}
