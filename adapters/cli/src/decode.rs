//! `barewire decode`: what a machine makes of some bytes, as lines of JSON.

mod http;
mod line;
mod message;
mod websocket;

use crate::args::{Decode, Protocol};
use crate::failure::Failure;
use barewire::{Instant, Machine, Next};
use core::fmt::Display;
use line::{Fault, Located};
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

/// How much is read at once.
const READ: usize = 64 * 1024;

/// A machine, and what an application must do so that it goes on.
trait Subject {
    type Machine: Machine<Error: Display>;
    /// An event as a line of JSON.
    type Line: Serialize;

    fn machine(&mut self) -> &mut Self::Machine;

    /// Called before the machine is asked.
    fn prepare(&mut self) {}

    fn describe(&mut self, event: <Self::Machine as Machine>::Event) -> Self::Line;

    /// What a server would answer such a fault with.
    fn status(_fault: &<Self::Machine as Machine>::Error) -> Option<u16> {
        None
    }
}

pub(crate) fn run(args: &Decode) -> Result<(), Failure> {
    let input: Box<dyn Read> = match &args.file {
        Some(file) if file != Path::new("-") => Box::new(
            File::open(file).map_err(|error| Failure::at(format_args!("cannot open {}", file.display()), error))?,
        ),
        _ => Box::new(io::stdin()),
    };
    let cut = args.cut.map_or(READ, |cut| usize::try_from(cut).unwrap_or(READ).min(READ));
    let stdout = BufWriter::new(io::stdout().lock());
    match args.protocol {
        Protocol::Http1Request => decode(http::Requests::new(), input, cut, stdout),
        Protocol::Http1Response => decode(http::Responses::new(&args.method)?, input, cut, stdout),
        Protocol::Message => decode(message::Messages::new()?, input, cut, stdout),
        Protocol::WebSocketClient => decode(websocket::Frames::of_client()?, input, cut, stdout),
        Protocol::WebSocketServer => decode(websocket::Frames::of_server()?, input, cut, stdout),
    }
}

fn decode<S: Subject>(mut subject: S, mut input: impl Read, cut: usize, mut output: impl Write) -> Result<(), Failure> {
    // How many bytes the machine was fed, and up to where the last line went.
    let (mut fed, mut from) = (0, 0);
    loop {
        subject.prepare();
        // No time passes: what is decoded has happened long ago.
        let next = subject.machine().next(Instant::ORIGIN);
        let link = subject.machine().link();
        // What the machine answers is of no interest here, but it may wait for it to leave.
        let replies = link.tx.len();
        link.tx.advance(replies);
        let to = fed - link.rx.len() as u64;
        match next {
            Ok(Next::Event(event)) => {
                write(&mut output, &Located { line: subject.describe(event), bytes: [from, to] })?;
                from = to;
            }
            Ok(Next::NeedInput) => {
                output.flush().map_err(|error| Failure::output(&error))?;
                let rx = &mut subject.machine().link().rx;
                match read(&mut input, rx.spare(cut))? {
                    0 => rx.close(),
                    n => {
                        rx.commit(n);
                        fed += n as u64;
                    }
                }
            }
            Ok(Next::NeedFlush) if replies > 0 => {}
            Ok(Next::NeedFlush | Next::NeedApp | Next::Done) => {
                // The machine listens to no more, or threw away what came last. There may be more.
                let end = fed + count(&mut input)?;
                if end > from {
                    write(&mut output, &Located { line: line::Unread { event: "unread" }, bytes: [from, end] })?;
                }
                return output.flush().map_err(|error| Failure::output(&error));
            }
            Err(fault) => {
                write(&mut output, &Fault { error: fault.to_string(), status: S::status(&fault), at: to })?;
                output.flush().map_err(|error| Failure::output(&error))?;
                return Err(Failure::silent(1));
            }
        }
    }
}

fn write(output: &mut impl Write, line: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer(&mut *output, line)
        .map_err(io::Error::from)
        .and_then(|()| output.write_all(b"\n"))
        .map_err(|error| Failure::output(&error))
}

fn read(input: &mut impl Read, into: &mut [u8]) -> Result<usize, Failure> {
    loop {
        match input.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.map_err(|error| Failure::at("cannot read the input", error)),
        }
    }
}

/// How many bytes are left.
fn count(input: &mut impl Read) -> Result<u64, Failure> {
    io::copy(input, &mut io::sink()).map_err(|error| Failure::at("cannot read the input", error))
}
