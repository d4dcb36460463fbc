//! What a case is: frames that a peer sends, and the one way in which they may be read.

use super::drive::{DOORS, Door, Heard, Outcome, ROLES, Run};
use super::wire::{self, Frame};
use barewire::websocket::{Config, ConfigBuilder, Error, Role};

/// One probe.
///
/// The application is an echo: it sends each message back. Each case is run with both ends as the peer.
pub(crate) struct Case {
    /// What is special about it, or Autobahn's number of it. Unique.
    pub(crate) name: String,
    /// Where that is written.
    pub(crate) rule: &'static str,
    pub(crate) frames: Vec<Frame>,
    /// What the application hears, in order.
    pub(crate) heard: Vec<Heard>,
    pub(crate) end: End,
    /// What differs from the default configuration.
    pub(crate) config: fn(ConfigBuilder) -> ConfigBuilder,
}

/// How a connection stands when all has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// More may come.
    Open,
    /// Closed by the peer and answered, whatever follows.
    Closes,
    /// Failed, as soon as this byte was there.
    Fails(Error, At),
}

/// A byte of a frame, and of all frames the first that shows a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// The n-th byte of the header of the frame with this index, counted from 1.
    Header(usize, usize),
    /// The last byte of its header.
    Headed(usize),
    /// The n-th byte of its payload, counted from 1.
    Payload(usize, usize),
    /// The last byte of its payload.
    End(usize),
}

pub(crate) fn case(name: impl Into<String>, rule: &'static str, frames: impl Into<Vec<Frame>>) -> Case {
    let (name, frames) = (name.into(), frames.into());
    Case { name, rule, frames, heard: Vec::new(), end: End::Open, config: |builder| builder }
}

impl Case {
    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.heard.push(Heard::Text(text.into()));
        self
    }

    pub(crate) fn binary(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.heard.push(Heard::Binary(bytes.into()));
        self
    }

    pub(crate) fn ping(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.heard.push(Heard::Ping(payload.into()));
        self
    }

    pub(crate) fn pong(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.heard.push(Heard::Pong(payload.into()));
        self
    }

    pub(crate) fn closes(mut self, close: Option<(u16, &str)>) -> Self {
        self.heard.push(Heard::Close(close.map(|(code, reason)| (code, reason.into()))));
        self.end = End::Closes;
        self
    }

    pub(crate) fn fails(mut self, error: Error, at: At) -> Self {
        self.end = End::Fails(error, at);
        self
    }

    pub(crate) fn with(mut self, config: fn(ConfigBuilder) -> ConfigBuilder) -> Self {
        self.config = config;
        self
    }

    /// What must have been sent: an echo of each message, a pong for each ping, the answer to a Close, the farewell.
    fn answers(&self) -> Vec<(u8, Vec<u8>)> {
        let mut answers = Vec::new();
        for heard in &self.heard {
            answers.push(match heard {
                Heard::Text(text) => (0x81, text.clone().into()),
                Heard::Binary(bytes) => (0x82, bytes.clone()),
                Heard::Ping(payload) => (0x8A, payload.clone()),
                // "the endpoint typically echos the status code it received" (§5.5.1).
                Heard::Close(close) => (0x88, close.iter().flat_map(|(code, _)| code.to_be_bytes()).collect()),
                Heard::Pong(_) | Heard::Extended(..) => continue,
            });
        }
        if let End::Fails(error, _) = self.end {
            answers.push((0x88, code_of(error).to_be_bytes().to_vec()));
        }
        answers
    }

    /// The input, and the number of bytes that show the fault.
    fn input(&self, masked: bool) -> (Vec<u8>, usize) {
        let (mut bytes, mut fault) = (Vec::new(), 0);
        for (index, frame) in self.frames.iter().enumerate() {
            let from = bytes.len();
            let payload = frame.write(&mut bytes, masked);
            match self.end {
                End::Fails(_, At::Header(at, n)) if at == index => fault = from + n,
                End::Fails(_, At::Headed(at)) if at == index => fault = payload,
                End::Fails(_, At::Payload(at, n)) if at == index => fault = payload + n,
                End::Fails(_, At::End(at)) if at == index => fault = bytes.len(),
                _ => {}
            }
        }
        (bytes, fault)
    }
}

/// RFC 6455 §7.4.1, by the book and not by [`Error::close_code`].
fn code_of(error: Error) -> u16 {
    match error {
        Error::Utf8 => 1007,
        Error::LongFrame | Error::LongMessage => 1009,
        Error::ManyFrames => 1008,
        _ => 1002,
    }
}

/// What is longer than this is not cut everywhere.
const LONG: usize = 1_000;

/// In one piece each, and in pieces from various lengths on.
const WHOLE: [Option<u64>; 5] = [None, Some(0), Some(1), Some(6), Some(125)];

fn configured(case: &Case, whole: Option<u64>) -> Config {
    let builder = (case.config)(Config::builder());
    match whole {
        // Not above what the case allows as a message.
        Some(whole) => builder.clone().whole(whole).build().or_else(|_| builder.build()).unwrap(),
        None => builder.build().unwrap(),
    }
}

fn run<'a>(config: &Config, role: Role, door: Door, pieces: impl IntoIterator<Item = &'a [u8]>, eof: bool) -> Outcome {
    let mut run = Run::new(role, config.clone(), door);
    run.work();
    for piece in pieces {
        run.feed(piece);
    }
    if eof {
        run.eof();
    }
    run.seen
}

fn judge(case: &Case, role: Role, outcome: &Outcome) -> Result<(), String> {
    if outcome.heard != case.heard {
        return Err(format!("heard {:.300?}", outcome.heard));
    }
    let frames = wire::read(&outcome.output, role != Role::Server);
    let sent: Vec<_> = frames.into_iter().map(|(first, payload, _)| (first, payload)).collect();
    if sent != case.answers() {
        return Err(format!("sent {sent:.300?}"));
    }
    let (error, over) = match case.end {
        End::Open => (None, false),
        // "the server MUST close the underlying TCP connection" first, "a client SHOULD wait for the server" (§7.1.1).
        End::Closes => (None, role == Role::Server),
        End::Fails(error, _) => (Some(error), true),
    };
    if (outcome.error, outcome.done, outcome.fin, outcome.aborted) != (error, over, over, false) {
        return Err(format!("ended with {:?}, done {}, fin {}", outcome.error, outcome.done, outcome.fin));
    }
    Ok(())
}

/// Nothing of this is to be understood once a connection is over: a message, an answer to a Close, nonsense.
const JUNK: [&[u8]; 4] =
    [b"\x81\x02hi", b"\x81\x82\0\0\0\0hi", b"\x88\x00", b"\xFF\xFF\xFF\xFF GET / HTTP/1.1\r\n\r\n"];

/// Runs the case in every way; says what is wrong.
pub(crate) fn check(case: &Case) -> Result<(), String> {
    for role in ROLES {
        let (input, fault) = case.input(role == Role::Server);
        for (n, whole) in WHOLE.into_iter().enumerate() {
            if input.len() > LONG && n % 2 == 1 {
                continue;
            }
            check_as(case, &configured(case, whole), role, &input, fault, n)
                .map_err(|error| format!("{role:?}, whole {whole:?}: {error}"))?;
        }
    }
    Ok(())
}

fn check_as(case: &Case, config: &Config, role: Role, input: &[u8], fault: usize, n: usize) -> Result<(), String> {
    let whole = run(config, role, Door::Next, [input], false);
    judge(case, role, &whole)?;
    if n == 0 && whole.unfinished.is_some() {
        return Err("in pieces".into());
    }
    let same = |how: &dyn Fn() -> String, outcome: &Outcome| {
        if outcome == &whole { Ok(()) } else { Err(format!("{}: {outcome:.300?} instead of {whole:.300?}", how())) }
    };
    let short = input.len() <= LONG;
    for door in DOORS {
        same(&|| format!("{door:?}"), &run(config, role, door, [input], false))?;
        let size = if short { 1 } else { 4099 };
        same(&|| format!("{door:?}, by {size}"), &run(config, role, door, input.chunks(size), false))?;
    }
    // All cuts of what is short, in each mode a third, with one of the doors: which meet all of them in the end.
    let step = if short { 1 } else { input.len() / 4 };
    for (i, at) in (0..=input.len()).step_by(step).enumerate() {
        if n > 0 && (i + n) % 3 > 0 {
            continue;
        }
        let (a, b) = input.split_at(at);
        let door = DOORS[(i + n / 3) % 3];
        same(&|| format!("{door:?}, cut at {at}"), &run(config, role, door, [a, b], false))?;
    }
    let ended = run(config, role, Door::Next, [input], true);
    match case.end {
        End::Open => {
            let expected = Outcome { error: Some(Error::Eof), done: true, fin: true, ..whole.clone() };
            if ended != expected {
                return Err(format!("its end: {ended:?}"));
            }
        }
        End::Closes | End::Fails(..) => {
            for junk in JUNK {
                let all = [input, junk].concat();
                same(&|| format!("before {junk:?}"), &run(config, role, Door::Next, [&all[..]], false))?;
                same(&|| format!("then {junk:?}"), &run(config, role, Door::NextRef, [input, junk], false))?;
            }
            let expected = Outcome { done: true, fin: true, ..whole.clone() };
            if ended != expected {
                return Err(format!("its end: {ended:?}"));
            }
        }
    }
    if let End::Fails(error, _) = case.end {
        let before = run(config, role, Door::Next, [&input[..fault - 1]], false);
        let after = run(config, role, Door::Next, [&input[..fault]], false);
        if before.error.is_some() || after.error != Some(error) {
            return Err(format!("before byte {fault}: {:?}, with it: {:?}", before.error, after.error));
        }
    }
    Ok(())
}
