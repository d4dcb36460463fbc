//! What is heard.

use crate::failure::Failure;
use crate::print::Hex;
use barewire::websocket::{CloseCode, Event, Kind};
use core::sync::atomic::{AtomicU16, Ordering};
use core::time::Duration;
use std::io::{self, Stdout, Write};
use std::sync::Arc;
use std::time::Instant;

pub(crate) struct Console {
    raw: bool,
    began: Instant,
    out: Stdout,
    /// What comes in pieces.
    kind: Kind,
    /// The peer's goodbye, where it wasn't the ordinary one.
    complaint: Option<String>,
    /// The code of ours, if we said it first: most answer with the same.
    goodbye: Arc<AtomicU16>,
}

impl Console {
    /// `raw`: binary messages as they are. Pings carry the time since `began`.
    pub(super) fn new(raw: bool, began: Instant, goodbye: Arc<AtomicU16>) -> Self {
        Self { raw, began, out: io::stdout(), kind: Kind::Text, complaint: None, goodbye }
    }

    pub(crate) fn hear(&mut self, event: &Event) -> Result<(), Failure> {
        self.print(event).map_err(|error| Failure::output(&error))
    }

    /// How it ended, once there was an end.
    pub(crate) fn verdict(self) -> Result<(), Failure> {
        self.complaint.map_or(Ok(()), |complaint| Err(Failure::new(complaint)))
    }

    fn print(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Text(text) => {
                self.out.write_all(text.as_bytes())?;
                self.end(Kind::Text)
            }
            Event::Binary(bytes) => {
                self.begin(Kind::Binary)?;
                self.piece(bytes)?;
                self.end(Kind::Binary)
            }
            Event::Start(kind) => self.begin(*kind),
            Event::Data(bytes) => self.piece(bytes),
            Event::End => self.end(self.kind),
            Event::Ping(_) => {
                tracing::debug!("ping, answered");
                Ok(())
            }
            Event::Pong(payload) => {
                match payload[..].try_into().map(u64::from_be_bytes) {
                    Ok(sent) => {
                        let took = self.began.elapsed().saturating_sub(Duration::from_nanos(sent));
                        tracing::info!(after = ?took, "pong");
                    }
                    Err(_) => tracing::debug!("a pong that nobody asked for"),
                }
                Ok(())
            }
            Event::Close(close) => {
                let (code, reason) = close.as_ref().map_or((None, ""), |close| (Some(close.code), &close.reason[..]));
                let told = code.map_or_else(|| "no code".into(), |code| code.to_string());
                let told = format!("closed by the server: {told} {}", reason.escape_debug());
                match code {
                    None | Some(CloseCode::NORMAL | CloseCode::AWAY) => tracing::info!("{}", told.trim_end()),
                    Some(code) if code.get() == self.goodbye.load(Ordering::Acquire) => {
                        tracing::info!("{}", told.trim_end())
                    }
                    Some(_) => self.complaint = Some(told.trim_end().into()),
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, kind: Kind) -> io::Result<()> {
        self.kind = kind;
        if kind == Kind::Binary && !self.raw { self.out.write_all(b"0x") } else { Ok(()) }
    }

    fn piece(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.kind == Kind::Binary && !self.raw {
            write!(self.out, "{}", Hex(bytes))
        } else {
            self.out.write_all(bytes)
        }
    }

    fn end(&mut self, kind: Kind) -> io::Result<()> {
        if kind == Kind::Text || !self.raw {
            self.out.write_all(b"\n")?;
        }
        self.out.flush()
    }
}
