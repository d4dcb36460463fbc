//! Holds any [`Machine`] to the eight laws of the contract. One harness for unit tests, quickcheck and fuzzing.
//!
//! Describe the machine once, as a [`Subject`]; then [`check`] it with any input and any choices:
//!
//! ```
//! use barewire::Machine;
//! use barewire::laws::{Log, Subject, check};
//! use barewire::raw::{Event, Session};
//!
//! struct Echo;
//!
//! impl Subject for Echo {
//!     type Machine = Session;
//!
//!     fn machine(&self) -> Session {
//!         Session::default()
//!     }
//!
//!     fn on_event(&self, machine: &mut Session, event: Event, log: &mut Log) {
//!         match event {
//!             Event::Data(bytes) => {
//!                 log.data(0, &bytes);
//!                 machine.send(bytes).unwrap();
//!             }
//!             _ => {
//!                 log.item("closed");
//!                 machine.close().unwrap();
//!             }
//!         }
//!     }
//!
//!     fn misuse(&self, machine: &mut Session) -> bool {
//!         // Only once our side is closed is there anything to refuse.
//!         !machine.link().tx.is_ended() || machine.send("late").is_err()
//!     }
//! }
//!
//! check(&Echo, b"any input", b"any choices").unwrap();
//! ```
//!
//! The choices decide how the input is cut, how the output is drained and when the clock moves: random bytes from
//! quickcheck (which shrinks them) or from a fuzzer.
//!
//! Invariance alone holds for a machine that never speaks, so pair it with tables of expected events.

mod choices;
mod run;
mod timers;

use crate::Machine;
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use choices::Choices;
use core::error::Error;
use core::fmt;
use run::{Plan, Run};

/// A machine and what its application does, as the harness needs to know them.
///
/// The application must be a function of the events alone: the same events, the same commands.
pub trait Subject {
    /// The machine under test.
    type Machine: Machine<Error: fmt::Debug>;

    /// A fresh machine, its timers on.
    fn machine(&self) -> Self::Machine;

    /// What the application notes, and which commands it gives, on an event.
    fn on_event(&self, machine: &mut Self::Machine, event: <Self::Machine as Machine>::Event, log: &mut Log);

    /// What the application does when it is its turn. `false`: nothing, it is content to stop here.
    fn on_turn(&self, _machine: &mut Self::Machine, _log: &mut Log) -> bool {
        false
    }

    /// Gives commands that are out of place now, if there are any, and says whether each was refused.
    ///
    /// It may be called at any time between events.
    fn misuse(&self, machine: &mut Self::Machine) -> bool;

    /// The most bytes of automatic replies that may be queued and not yet drained.
    fn replies(&self) -> usize {
        0
    }
}

/// What the application saw. Adjacent data of one stream is one entry, so that it doesn't depend on the cut.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Log {
    entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Eq)]
enum Entry {
    Item(String),
    Data(u64, Vec<u8>),
}

impl Log {
    /// Notes an event that comes whole.
    pub fn item(&mut self, text: impl AsRef<str>) {
        self.entries.push(Entry::Item(text.as_ref().to_owned()));
    }

    /// Notes a piece of `stream`, whose borders mean nothing.
    pub fn data(&mut self, stream: u64, piece: &[u8]) {
        match self.entries.last_mut() {
            Some(Entry::Data(last, bytes)) if *last == stream => bytes.extend_from_slice(piece),
            _ => self.entries.push(Entry::Data(stream, piece.to_owned())),
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            match entry {
                Entry::Item(text) => writeln!(f, "  {text}")?,
                Entry::Data(stream, bytes) => writeln!(f, "  {stream}: \"{}\"", bytes.escape_ascii())?,
            }
        }
        Ok(())
    }
}

/// The eight laws. Their text stands on [`Machine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is explained by the list that it names")]
pub enum Law {
    Cut = 1,
    Order,
    Drain,
    Time,
    Progress,
    FatalOnce,
    Bounded,
    Total,
}

/// A law that was broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which law.
    pub law: Law,
    /// What was seen.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "law {} ({:?}): {}", self.law as u8, self.law, self.detail)
    }
}

impl Error for Violation {}

impl Violation {
    fn new(law: Law, detail: impl Into<String>) -> Self {
        Self { law, detail: detail.into() }
    }
}

/// Runs `subject` over `input` in several ways and compares them.
///
/// # Errors
///
/// The first law that was broken. A panic of the machine (law 8) is not caught.
pub fn check<S: Subject>(subject: &S, input: &[u8], choices: &[u8]) -> Result<(), Violation> {
    let plain = Run::new(subject, input, Plan::default(), Choices::new(choices)).finish()?;
    for (law, plan) in [
        (Law::Cut, Plan { cut: true, ..Plan::default() }),
        (Law::Drain, Plan { drain: true, ..Plan::default() }),
        (Law::Order, Plan { cut: true, drain: true, order: true }),
    ] {
        let varied = Run::new(subject, input, plan, Choices::new(choices)).finish()?;
        if varied != plain {
            let detail = alloc::format!("expected\n{plain:?}\ngot\n{varied:?}");
            return Err(Violation::new(law, detail));
        }
    }
    timers::check(subject, input, Choices::new(choices))
}
