//! `barewire send`: a client of the message protocol.

use crate::args::Send;
use crate::failure::Failure;
use crate::print::Hex;
use crate::runtime::{self, Client};
use barewire::message::{Config, Event, Session};
use core::ops::ControlFlow;
use std::io::{self, Read, Write};

/// A longer reply is printed as it comes.
const WHOLE: u32 = 64 * 1024;

pub(crate) fn run(args: &Send) -> Result<(), Failure> {
    let payload = match args.text.as_deref() {
        Some("-") | None => {
            let mut payload = Vec::new();
            io::stdin()
                .lock()
                .read_to_end(&mut payload)
                .map_err(|error| Failure::at("cannot read the payload", error))?;
            payload
        }
        Some(text) => text.as_bytes().to_vec(),
    };
    let patience = args.timeout.0;
    let config = Config::builder().largest(u32::MAX).whole(WHOLE).idle(patience).receive(patience).stall(patience);
    let mut session = Session::new(config.build().map_err(|error| Failure::at("cannot set up the session", error))?);
    session.send(args.kind, payload).map_err(|misuse| Failure::at("cannot send this payload", misuse))?;
    let mut printer = Printer { raw: args.raw, wanted: args.replies, seen: 0, out: io::stdout().lock() };
    if printer.wanted.is_none_or(|wanted| wanted == 0) {
        session.close().map_err(|misuse| Failure::at("cannot end the session", misuse))?;
    }
    runtime::talk(args.runtime, &args.address, args.timeout, session, &mut printer)?;
    match printer.wanted {
        Some(wanted) if printer.seen < wanted => {
            Err(Failure::new(format!("{} of {wanted} replies came before the peer ended", printer.seen)))
        }
        _ => Ok(()),
    }
}

struct Printer<W> {
    raw: bool,
    wanted: Option<u64>,
    seen: u64,
    out: W,
}

impl<W: Write> Printer<W> {
    fn head(&mut self, kind: u16, length: u32) -> io::Result<()> {
        if self.raw { Ok(()) } else { write!(self.out, "type {kind}, {length} bytes: ") }
    }

    fn end(&mut self, session: &mut Session) -> io::Result<()> {
        self.seen += 1;
        if !self.raw {
            self.out.write_all(b"\n")?;
        }
        if self.wanted == Some(self.seen) {
            // It is ended already if none were wanted: then nothing is left to do.
            let _ = session.close();
        }
        self.out.flush()
    }

    fn print(&mut self, session: &mut Session, event: Event) -> io::Result<()> {
        match event {
            Event::Message(message) => {
                self.head(message.header.kind, message.header.length)?;
                match core::str::from_utf8(&message.payload) {
                    Err(_) if !self.raw => write!(self.out, "0x{}", Hex(&message.payload))?,
                    _ => self.out.write_all(&message.payload)?,
                }
                self.end(session)
            }
            Event::Start(header) => self.head(header.kind, header.length),
            // Whether all of it is text isn't known yet.
            Event::Data(piece) if !self.raw => write!(self.out, "{}", Hex(&piece)),
            Event::Data(piece) => self.out.write_all(&piece),
            Event::End => self.end(session),
            Event::PeerClosed => {
                // It is ended already unless more replies were wanted.
                let _ = session.close();
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl<W: Write> Client<Session> for Printer<W> {
    fn on_event(&mut self, session: &mut Session, event: Event) -> Result<ControlFlow<()>, Failure> {
        self.print(session, event).map_err(|error| Failure::output(&error))?;
        Ok(ControlFlow::Continue(()))
    }
}
