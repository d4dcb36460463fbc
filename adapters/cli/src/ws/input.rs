//! What is said. Standard input may be silent for long, so a thread of its own waits for it; and one for the pings.

use crate::args::Ws;
use crate::failure::Failure;
use barewire::websocket::{ByteString, Close, CloseCode, Event};
use bytes::Bytes;
use core::sync::atomic::{AtomicU16, Ordering};
use core::time::Duration;
use smol::channel::{Receiver, Sender, bounded};
use std::io::{self, BufRead, IsTerminal, Read};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

/// How much of a stream of bytes is one message.
const PIECE: usize = 64 * 1024;

/// How many messages may wait to be sent.
const AHEAD: usize = 16;

/// The end of it means that nothing more will be said.
pub(crate) type Input = Receiver<Result<Said, Failure>>;

pub(crate) type Said = Event;

/// Begins to listen. To be called when the connection stands.
pub(super) fn start(args: &Ws, began: Instant, goodbye: Arc<AtomicU16>) -> Result<Input, Failure> {
    let (sender, input) = bounded(AHEAD);
    let refused = |error| Failure::at("cannot start a thread", error);
    if let Some(pause) = args.ping {
        let sender = sender.clone();
        let ping = move || {
            loop {
                thread::sleep(pause);
                if sender.send_blocking(Ok(ping(began))).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().name("pings".into()).spawn(ping).map_err(refused)?;
    }
    let mut reading = Reading {
        sender,
        began,
        binary: args.binary,
        commands: !args.binary && (args.commands || io::stdin().is_terminal()),
        text: args.text.clone(),
        wait: args.wait.0,
        goodbye,
    };
    thread::Builder::new().name("input".into()).spawn(move || reading.run()).map_err(refused)?;
    Ok(input)
}

/// A ping that says when it left.
fn ping(began: Instant) -> Event {
    let now = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    Event::Ping(Bytes::copy_from_slice(&now.to_be_bytes()))
}

struct Reading {
    sender: Sender<Result<Said, Failure>>,
    began: Instant,
    binary: bool,
    commands: bool,
    text: Option<String>,
    wait: Option<Duration>,
    /// The code of our Close.
    goodbye: Arc<AtomicU16>,
}

impl Reading {
    fn run(&mut self) {
        let read = match self.text.take() {
            Some(text) => self.say(self.message(text.into_bytes())),
            None if self.binary => self.read_pieces(),
            None => self.read_lines(),
        };
        if let Err(error) = read {
            let failure = Failure::at("cannot read standard input", error);
            let _ = self.sender.send_blocking(Err(failure));
            return;
        }
        match self.wait {
            // Until the server closes.
            None => loop {
                thread::park();
            },
            Some(wait) => thread::sleep(wait),
        }
        let _ = self.say(Ok(self.close(CloseCode::NORMAL, "")));
    }

    /// That the conversation is over is not for this thread to tell.
    fn say(&self, event: Result<Event, io::Error>) -> io::Result<()> {
        let _ = self.sender.send_blocking(Ok(event?));
        Ok(())
    }

    fn message(&self, bytes: Vec<u8>) -> Result<Event, io::Error> {
        if self.binary {
            return Ok(Event::Binary(bytes.into()));
        }
        let text = ByteString::try_from(Bytes::from(bytes));
        text.map(Event::Text).map_err(|_| io::Error::other("a line that is not UTF-8; --binary sends any bytes"))
    }

    fn read_pieces(&self) -> io::Result<()> {
        let mut stdin = io::stdin().lock();
        let mut piece = vec![0; PIECE];
        loop {
            match stdin.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(n) => self.say(Ok(Event::Binary(Bytes::copy_from_slice(&piece[..n]))))?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn read_lines(&self) -> io::Result<()> {
        let mut stdin = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            if stdin.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            if line.ends_with(b"\n") {
                line.pop();
            }
            match line.strip_prefix(b"/").filter(|_| self.commands) {
                None => self.say(self.message(line))?,
                // What begins with a slash itself.
                Some(rest) if rest.starts_with(b"/") => self.say(self.message(rest.to_vec()))?,
                Some(command) => match self.command(&String::from_utf8_lossy(command)) {
                    Some(event) => self.say(Ok(event))?,
                    None => tracing::error!("/ping, /close [CODE [REASON]], or // for a line that begins with a slash"),
                },
            }
        }
    }

    fn command(&self, command: &str) -> Option<Event> {
        let (name, rest) = command.trim().split_once(' ').unwrap_or((command.trim(), ""));
        match name {
            "ping" => Some(ping(self.began)),
            "close" if rest.is_empty() => Some(self.close(CloseCode::NORMAL, "")),
            "close" => {
                let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
                (reason.len() <= 123).then(|| Some(self.close(CloseCode::new(code.parse().ok()?)?, reason)))?
            }
            _ => None,
        }
    }

    fn close(&self, code: CloseCode, reason: &str) -> Event {
        // The first is the one that leaves.
        let _ = self.goodbye.compare_exchange(0, code.get(), Ordering::AcqRel, Ordering::Acquire);
        Event::Close(Some(Close { code, reason: reason.into() }))
    }
}
