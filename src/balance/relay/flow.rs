//! One direction.
//!
//! What to do next is a function of the state, so asking twice changes nothing; a result is what moves it.

use super::op::{Counters, Fault, Op, Ready};
use super::{Config, mode::Mode};
use alloc::vec::Vec;

/// What a direction needs to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Do(Op),
    Blocked {
        read: bool,
        write: bool,
    },
    /// Had its share.
    Spent,
    /// For good. What of the source's bytes could be handed over was.
    Over,
}

/// Bytes in our memory, older than those in the pipe.
#[derive(Debug)]
enum Memory {
    Nothing,
    /// In the thread's scratch buffer, until the next read of anyone's.
    Scratch {
        from: usize,
        to: usize,
    },
    /// Ours alone, since the sink was full.
    Rest {
        bytes: Vec<u8>,
        from: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Open,
    Ended,
    Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sink {
    Open,
    Ended,
    Broken,
}

#[derive(Debug)]
pub(super) struct Flow {
    source: Source,
    sink: Sink,
    memory: Memory,
    in_pipe: usize,
    has_pipe: bool,
    readable: bool,
    writable: bool,
    /// More than bytes were announced, once: a short read doesn't mean that nothing follows.
    more: bool,
    /// An end of the source is none: the socket broke, and a write has used its error up.
    distrust: bool,
    /// Nothing has come since it was announced.
    expected: bool,
    /// Splice said something doubtful: a read tells. In front of urgent data it says "end" or "nothing", though more
    /// follows.
    ask: bool,
    /// The sink doesn't take a pipe's bytes.
    unpipe: bool,
    mode: Mode,
    budget: usize,
    counters: Counters,
}

impl Flow {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            source: Source::Open,
            sink: Sink::Open,
            memory: Memory::Nothing,
            in_pipe: 0,
            has_pipe: false,
            readable: false,
            // A new socket has room; where it doesn't, a write says so.
            writable: true,
            more: false,
            distrust: false,
            expected: false,
            ask: false,
            unpipe: false,
            mode: Mode::new(config),
            budget: config.budget,
            counters: Counters::default(),
        }
    }

    /// Bytes that go first.
    pub(super) fn preload(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.memory = Memory::Rest { bytes, from: 0 };
        }
    }

    pub(super) fn turn(&self) -> Turn {
        if self.sink == Sink::Broken {
            return self.without_pipe(Turn::Over);
        }
        // Drain first.
        let full = Turn::Blocked { read: false, write: true };
        match (&self.memory, self.in_pipe) {
            (Memory::Nothing, 0) => {}
            (Memory::Nothing, _) if self.unpipe => return Turn::Do(Op::ReadPipe),
            (Memory::Nothing, len) => return if self.writable { Turn::Do(Op::SpliceOut { len }) } else { full },
            (_, 0) if !self.writable => return self.without_pipe(full),
            _ => return if self.writable { Turn::Do(Op::Write) } else { full },
        }
        match self.source {
            Source::Open => self.fill(),
            Source::Ended if self.sink == Sink::Open && !self.has_pipe => Turn::Do(Op::Shutdown),
            Source::Ended | Source::Broken => self.without_pipe(Turn::Over),
        }
    }

    /// Only with nothing held, so that here "would block" can only mean an empty socket: a full pipe says the same.
    fn fill(&self) -> Turn {
        let blocked = Turn::Blocked { read: !self.readable, write: self.readable && !self.writable };
        if !self.readable || !self.writable {
            return self.without_pipe(blocked);
        }
        if self.budget == 0 {
            return self.without_pipe(Turn::Spent);
        }
        if self.ask {
            return Turn::Do(Op::Read);
        }
        match (self.mode.large(), self.has_pipe) {
            (None, _) => self.without_pipe(Turn::Do(Op::Read)),
            (Some(_), true) => Turn::Do(Op::SpliceIn),
            (Some(large), false) => Turn::Do(Op::TakePipe { large }),
        }
    }

    /// Whoever doesn't move bytes at this moment has no pipe. So a few serve any number of connections.
    fn without_pipe(&self, turn: Turn) -> Turn {
        if self.has_pipe { Turn::Do(Op::ReturnPipe { empty: self.in_pipe == 0 }) } else { turn }
    }

    pub(super) fn done(&mut self, op: Op, result: Result<usize, Fault>, scratch: &[u8], config: &Config) {
        match op {
            Op::Read => self.read(result, scratch.len(), config),
            Op::Write => self.written(result, scratch),
            Op::TakePipe { .. } => match result {
                Ok(_) => self.has_pipe = true,
                Err(_) => {
                    self.counters.denied += 1;
                    self.mode.denied();
                }
            },
            Op::ReturnPipe { .. } => {
                self.has_pipe = false;
                self.in_pipe = 0;
            }
            Op::SpliceIn => self.spliced_in(result, config),
            Op::SpliceOut { len } => match result {
                Ok(n) if (1..=len).contains(&n) => {
                    self.in_pipe -= n;
                    self.counters.spliced += n as u64;
                }
                Err(Fault::WouldBlock) => self.writable = false,
                Err(Fault::Invalid) => {
                    self.unpipe = true;
                    self.mode.never();
                }
                _ => self.sink = Sink::Broken,
            },
            Op::ReadPipe => match result {
                Ok(n) if (1..=self.in_pipe.min(scratch.len())).contains(&n) => {
                    self.in_pipe -= n;
                    self.memory = Memory::Scratch { from: 0, to: n };
                }
                // Bytes are lost. Whoever sent them must not believe otherwise, nor whoever waits for them.
                _ => self.sink = Sink::Broken,
            },
            // Where it fails the socket is dead, and the other direction hears of it.
            Op::Shutdown => self.sink = Sink::Ended,
            Op::Unacknowledged | Op::Reset => {}
        }
    }

    fn read(&mut self, result: Result<usize, Fault>, room: usize, config: &Config) {
        match result {
            Ok(0) => self.source_ended(),
            Ok(n) => {
                let n = n.min(room);
                self.memory = Memory::Scratch { from: 0, to: n };
                self.budget = self.budget.saturating_sub(n);
                self.expected = false;
                let short = n < room;
                // Whatever comes later is announced anew, but what has been announced already is not.
                self.readable = !short || self.more;
                self.mode.read(n, short, config);
            }
            Err(Fault::WouldBlock) => {
                self.readable = false;
                self.more = false;
                self.mode.ran_empty(config);
            }
            Err(_) => self.source = Source::Broken,
        }
        self.ask = false;
    }

    fn spliced_in(&mut self, result: Result<usize, Fault>, config: &Config) {
        match result {
            Ok(0) => self.ask = true,
            Ok(n) => {
                self.expected = false;
                self.in_pipe = n;
                self.budget = self.budget.saturating_sub(n);
                self.mode.spliced(n);
            }
            Err(Fault::WouldBlock) if self.more || self.expected => self.ask = true,
            Err(Fault::WouldBlock) => {
                self.readable = false;
                self.mode.ran_empty(config);
            }
            Err(Fault::Invalid) => {
                self.ask = true;
                self.mode.refused();
            }
            Err(_) => self.source = Source::Broken,
        }
    }

    fn written(&mut self, result: Result<usize, Fault>, scratch: &[u8]) {
        let memory = core::mem::replace(&mut self.memory, Memory::Nothing);
        let sent = match result {
            Ok(n @ 1..) => {
                self.counters.copied += n as u64;
                n
            }
            Err(Fault::WouldBlock) => {
                self.writable = false;
                0
            }
            _ => {
                self.sink = Sink::Broken;
                return;
            }
        };
        self.memory = match memory {
            Memory::Scratch { from, to } if from + sent < to => {
                if self.writable {
                    Memory::Scratch { from: from + sent, to }
                } else {
                    let bytes = scratch.get(from..to).unwrap_or_default().to_vec();
                    Memory::Rest { bytes, from: 0 }
                }
            }
            Memory::Rest { bytes, from } if from + sent < bytes.len() => Memory::Rest { bytes, from: from + sent },
            _ => Memory::Nothing,
        };
    }

    fn source_ended(&mut self) {
        self.source = if self.distrust { Source::Broken } else { Source::Ended };
    }

    /// What [`Op::Write`] sends.
    pub(super) fn unsent<'a>(&'a self, scratch: &'a [u8]) -> &'a [u8] {
        match &self.memory {
            Memory::Nothing => &[],
            Memory::Scratch { from, to } => scratch.get(*from..*to).unwrap_or_default(),
            Memory::Rest { bytes, from } => bytes.get(*from..).unwrap_or_default(),
        }
    }

    pub(super) fn source_ready(&mut self, ready: Ready) {
        let more = ready.ended || ready.urgent || ready.failed;
        let readable = ready.readable || more;
        self.readable |= readable;
        self.expected |= readable;
        self.more |= more;
    }

    pub(super) fn sink_ready(&mut self, ready: Ready) {
        self.writable |= ready.writable || ready.failed;
    }

    /// The source's socket broke in the other direction: what it had sent is still to be read. Whether an end behind
    /// that is one, depends.
    pub(super) fn source_broke(&mut self, distrust: bool) {
        self.distrust |= distrust;
        self.source_ready(Ready { readable: true, failed: true, ..Ready::default() });
    }

    /// Nothing can be handed over any more.
    pub(super) fn abort(&mut self) {
        self.sink = Sink::Broken;
        self.memory = Memory::Nothing;
    }

    pub(super) fn renew(&mut self, config: &Config) {
        self.budget = config.budget;
    }

    pub(super) fn is_source_broken(&self) -> bool {
        self.source == Source::Broken
    }

    pub(super) fn is_sink_broken(&self) -> bool {
        self.sink == Sink::Broken
    }

    pub(super) fn is_ended(&self) -> bool {
        self.sink == Sink::Ended
    }

    pub(super) fn counters(&self) -> Counters {
        self.counters
    }
}
