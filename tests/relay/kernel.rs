//! Two sockets, some pipes and a clock, with a tape that says which of the answers they might give they do give.

use barewire::Instant;
use barewire::balance::relay::{Ended, Fault, Op, Ready, Relay, Side, Wait, Way};
use std::collections::VecDeque;

/// The scratch buffer's length: less than a script's bytes.
pub(crate) const SCRATCH: usize = 2;

/// How much a socket takes before it is full.
const ROOM: usize = 2;

/// The slots of a pipe: a byte each.
const SLOTS: usize = 3;

/// How a peer's stream goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    End,
    Reset,
    Quiet,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    /// The client's, the backend's.
    pub(crate) streams: [Stream; 2],
    pub(crate) bytes: [usize; 2],
}

/// Which answer of those possible is given.
pub(crate) struct Tape {
    deviations: Vec<(usize, usize)>,
    random: Option<u64>,
    /// How many there were, each time.
    pub(crate) choices: Vec<usize>,
    pub(crate) log: Vec<String>,
}

impl Tape {
    pub(crate) fn deviating(deviations: &[(usize, usize)]) -> Self {
        Self { deviations: deviations.to_vec(), random: None, choices: Vec::new(), log: Vec::new() }
    }

    pub(crate) fn random(seed: u64) -> Self {
        let random = Some(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Self { random, ..Self::deviating(&[]) }
    }

    fn choose(&mut self, choices: usize) -> usize {
        let at = self.choices.len();
        self.choices.push(choices);
        if let Some(state) = &mut self.random {
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            // The rare ones less often, or nothing ever gets anywhere.
            let roll = usize::try_from(*state >> 40).unwrap();
            return if roll & 3 == 0 { (roll >> 2) % choices } else { (roll >> 2) % choices.min(2) };
        }
        self.deviations.iter().find(|(other, _)| *other == at).map_or(0, |(_, choice)| *choice)
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.choose(choices.len())]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    Bytes(usize),
    End,
    Reset,
}

struct Socket {
    /// What the peer will still do.
    future: VecDeque<Arrival>,
    /// All that the peer ever sends, and how much of it arrived, and was read.
    stream: Vec<u8>,
    arrived: usize,
    read: usize,
    ended: bool,
    /// Dead: an error that nobody was told yet, if it is some.
    dead: bool,
    error: Option<Fault>,
    /// Urgent data was announced, and a read has not been past it.
    urgent: bool,
    room: usize,
    refused: bool,
    accepted: Vec<u8>,
    fin_sent: bool,
    reset_asked: bool,
    unacknowledged: Option<usize>,
}

impl Socket {
    fn new(stream: Stream, bytes: usize, base: u8) -> Self {
        let mut future = VecDeque::new();
        if bytes > 0 {
            future.push_back(Arrival::Bytes(bytes));
        }
        match stream {
            Stream::End => future.push_back(Arrival::End),
            Stream::Reset => future.push_back(Arrival::Reset),
            Stream::Quiet => {}
        }
        let stream = (0..bytes).map(|n| base + u8::try_from(n).unwrap()).collect();
        Self {
            future,
            stream,
            arrived: 0,
            read: 0,
            ended: false,
            dead: false,
            error: None,
            urgent: false,
            room: ROOM,
            refused: false,
            accepted: Vec::new(),
            fin_sent: false,
            reset_asked: false,
            unacknowledged: None,
        }
    }

    fn available(&self) -> usize {
        self.arrived - self.read
    }

    fn kill(&mut self) {
        self.dead = true;
        self.error = Some(if self.ended { Fault::Closed } else { Fault::Broken });
        self.future.clear();
    }

    /// What a read of an empty socket says.
    fn nothing(&mut self) -> Result<usize, Fault> {
        match self.error.take_if(|_| !self.ended) {
            Some(_) => Err(Fault::Broken),
            None if self.ended || self.dead => Ok(0),
            None => Err(Fault::WouldBlock),
        }
    }

    fn receive(&mut self, most: usize, tape: &mut Tape) -> Result<Vec<u8>, Fault> {
        match self.available().min(most) {
            0 => self.nothing().map(|_| Vec::new()),
            n => {
                // Less than there is only in front of urgent data, which has been announced.
                let n = if self.urgent { tape.pick(&[n, 1]) } else { n };
                self.urgent &= n < self.available();
                self.read += n;
                Ok(self.stream[self.read - n..self.read].to_vec())
            }
        }
    }

    fn send(&mut self, bytes: &[u8], tape: &mut Tape) -> Result<usize, Fault> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.dead {
            return Err(Fault::Closed);
        }
        assert!(!self.fin_sent, "bytes behind the end");
        let most = bytes.len().min(self.room);
        if most == 0 {
            self.refused = true;
            return Err(Fault::WouldBlock);
        }
        let n = match tape.choose(3) {
            0 => most,
            1 => 1,
            _ => {
                self.kill();
                return self.send(bytes, tape);
            }
        };
        self.room -= n;
        self.accepted.extend(&bytes[..n]);
        Ok(n)
    }
}

pub(crate) struct Kernel {
    sockets: [Socket; 2],
    pipes: [Option<VecDeque<u8>>; 2],
    pub(crate) scratch: Vec<u8>,
    /// Who read last, and how much of that is still to be written from there.
    in_scratch: Option<Way>,
    pub(crate) now: Instant,
    asked: [bool; 2],
    /// The clock reached a deadline.
    late: bool,
    spliced: [u64; 2],
}

impl Kernel {
    pub(crate) fn new(script: &Script) -> Self {
        let socket =
            |side: usize| Socket::new(script.streams[side], script.bytes[side], if side == 0 { 100 } else { 200 });
        Self {
            sockets: [socket(0), socket(1)],
            pipes: [None, None],
            scratch: vec![0; SCRATCH],
            in_scratch: None,
            now: Instant::from_nanos(5),
            asked: [false; 2],
            late: false,
            spliced: [0; 2],
        }
    }

    fn socket(&mut self, side: Side) -> &mut Socket {
        &mut self.sockets[side as usize]
    }

    /// Grows with whatever moves.
    pub(crate) fn progress(&self) -> u64 {
        let moved = |socket: &Socket| socket.read + socket.accepted.len() + usize::from(socket.fin_sent);
        (moved(&self.sockets[0]) + moved(&self.sockets[1])) as u64
    }

    /// How many bytes of this direction are neither with the source nor the sink.
    fn held(&self, way: Way) -> usize {
        self.sockets[way.source() as usize].read - self.sockets[way.sink() as usize].accepted.len()
    }

    pub(crate) fn perform(&mut self, way: Way, op: Op, bytes: &[u8], tape: &mut Tape) -> Result<usize, Fault> {
        let result = self.answer(way, op, bytes, tape);
        tape.log.push(format!("{way:?} {op:?} {bytes:?} -> {result:?}"));
        result
    }

    fn answer(&mut self, way: Way, op: Op, bytes: &[u8], tape: &mut Tape) -> Result<usize, Fault> {
        let (source, sink) = (way.source(), way.sink());
        if matches!(op, Op::Read | Op::ReadPipe) {
            assert!(self.in_scratch.is_none(), "overwrites the scratch buffer");
        }
        match op {
            Op::Read => {
                assert_eq!(self.held(way), 0, "fills while it holds bytes");
                let bytes = self.socket(source).receive(SCRATCH, tape)?;
                self.scratch[..bytes.len()].copy_from_slice(&bytes);
                self.in_scratch = (!bytes.is_empty()).then_some(way);
                Ok(bytes.len())
            }
            Op::Write => {
                assert!(!bytes.is_empty(), "an empty write says nothing");
                let result = self.socket(sink).send(bytes, tape);
                self.check_order(way);
                // What is left after a refusal or a failure is elsewhere, or nowhere.
                if result != Ok(bytes.len()) && result.is_ok() {
                    return result;
                }
                self.in_scratch = None;
                result
            }
            Op::TakePipe { .. } => {
                assert!(self.pipes[way as usize].is_none(), "has a pipe");
                if tape.pick(&[true, false]) {
                    self.pipes[way as usize] = Some(VecDeque::new());
                    return Ok(0);
                }
                Err(Fault::Refused)
            }
            Op::ReturnPipe { empty } => {
                let pipe = self.pipes[way as usize].take().expect("a pipe");
                assert_eq!(pipe.is_empty(), empty, "says what is left in it");
                Ok(0)
            }
            Op::SpliceIn => {
                assert_eq!(self.held(way), 0, "fills while it holds bytes");
                let socket = &mut self.sockets[source as usize];
                let pipe = self.pipes[way as usize].as_mut().expect("a pipe");
                if socket.available() == 0 {
                    return if tape.pick(&[true, false]) { socket.nothing() } else { Err(Fault::Invalid) };
                }
                let n = match tape.choose(4) {
                    0 => socket.available().min(SLOTS),
                    1 => 1,
                    2 => return Err(Fault::Invalid),
                    _ if socket.urgent => {
                        return if tape.pick(&[true, false]) { Ok(0) } else { Err(Fault::WouldBlock) };
                    }
                    _ => socket.available().min(SLOTS),
                };
                pipe.extend(&socket.stream[socket.read..socket.read + n]);
                socket.read += n;
                Ok(n)
            }
            Op::SpliceOut { len } => {
                let pipe = self.pipes[way as usize].as_mut().expect("a pipe");
                assert_eq!(pipe.len(), len, "asks for what is in the pipe");
                if tape.pick(&[false, true]) {
                    return Err(Fault::Invalid);
                }
                let bytes: Vec<u8> = pipe.iter().copied().collect();
                let n = self.sockets[sink as usize].send(&bytes, tape)?;
                drop(pipe.drain(..n));
                self.spliced[way as usize] += n as u64;
                self.check_order(way);
                Ok(n)
            }
            Op::ReadPipe => {
                let pipe = self.pipes[way as usize].as_mut().expect("a pipe");
                let n = tape.pick(&[pipe.len(), 1]).min(SCRATCH);
                for (to, byte) in self.scratch.iter_mut().zip(pipe.drain(..n)) {
                    *to = byte;
                }
                self.in_scratch = Some(way);
                Ok(n)
            }
            Op::Shutdown => {
                self.check_fin(way);
                self.socket(sink).fin_sent = true;
                Ok(0)
            }
            Op::Unacknowledged => {
                self.asked[sink as usize] = true;
                let socket = self.socket(sink);
                let left = socket.unacknowledged.unwrap_or(3);
                match tape.choose(5) {
                    0 => socket.unacknowledged = Some(0),
                    1 => socket.unacknowledged = Some(left.saturating_sub(1)),
                    2 => socket.unacknowledged = Some(left),
                    3 => return Err(Fault::Invalid),
                    _ => return Err(Fault::Broken),
                }
                Ok(socket.unacknowledged.unwrap_or(0))
            }
            Op::Reset => {
                self.socket(sink).reset_asked = true;
                Ok(0)
            }
        }
    }

    /// Others use the scratch buffer when nothing is in it.
    pub(crate) fn spoil(&mut self) {
        if self.in_scratch.is_none() {
            self.scratch.fill(0xee);
        }
    }

    /// What arrives is what was sent.
    fn check_order(&self, way: Way) {
        let accepted = &self.sockets[way.sink() as usize].accepted;
        assert_eq!(accepted[..], self.sockets[way.source() as usize].stream[..accepted.len()], "order");
    }

    /// An end is one, and comes last.
    fn check_fin(&self, way: Way) {
        let (source, sink) = (&self.sockets[way.source() as usize], &self.sockets[way.sink() as usize]);
        assert!(source.ended, "an end that was none");
        assert_eq!(sink.accepted, source.stream, "an end before the last byte");
        assert!(!sink.fin_sent, "a second end");
    }

    pub(crate) fn check_counters(&self, relay: &Relay) {
        for way in [Way::Up, Way::Down] {
            let counters = relay.counters(way);
            let accepted = self.sockets[way.sink() as usize].accepted.len() as u64;
            assert_eq!((counters.spliced, counters.copied), (self.spliced[way as usize], accepted - counters.spliced));
        }
    }

    /// Who waits has no pipe but with bytes in it, and nothing in the shared buffer.
    pub(crate) fn check_wait(&self) {
        for pipe in self.pipes.iter().flatten() {
            assert!(!pipe.is_empty(), "waits with an empty pipe");
        }
        assert!(self.in_scratch.is_none(), "waits with bytes in the scratch buffer");
    }

    /// Has the world do something, and tells of it once, as edge-triggered notifications do. False if there is nothing.
    pub(crate) fn happen(&mut self, relay: &mut Relay, wait: Wait, tape: &mut Tape) -> bool {
        let mut possible = Vec::new();
        for side in [Side::Client, Side::Backend] {
            let socket = &self.sockets[side as usize];
            if !socket.future.is_empty() {
                possible.push((side, true));
            }
            if socket.refused && !socket.dead {
                possible.push((side, false));
            }
        }
        let late = usize::from(!possible.is_empty());
        if possible.is_empty() {
            return false;
        }
        let choice = tape.choose(possible.len() + 2 * late);
        let Some(&(side, arrival)) = possible.get(choice) else {
            if choice == possible.len() {
                // Nothing was ready after all.
                for side in [Side::Client, Side::Backend] {
                    relay.ready(side, Ready { readable: true, writable: true, ..Ready::default() });
                }
                tape.log.push("spurious".into());
            } else {
                self.now = wait.until.expect("there is a deadline");
                self.late |= !self.asked.contains(&true);
                tape.log.push("nothing until the deadline".into());
            }
            return true;
        };
        let socket = &mut self.sockets[side as usize];
        let mut ready = Ready { readable: arrival, writable: true, ..Ready::default() };
        if arrival {
            match socket.future.pop_front().expect("an arrival") {
                Arrival::Bytes(n) => {
                    let now = tape.pick(&[n, 1]).min(n);
                    socket.arrived += now;
                    ready.urgent = tape.pick(&[false, true]);
                    socket.urgent |= ready.urgent;
                    if now < n {
                        socket.future.push_front(Arrival::Bytes(n - now));
                    } else if socket.future.front().is_some() && tape.pick(&[false, true]) {
                        // The end is announced in the same breath.
                        Self::finish(socket, &mut ready);
                    }
                }
                end => {
                    socket.future.push_front(end);
                    Self::finish(socket, &mut ready);
                }
            }
        } else {
            socket.room = ROOM;
            socket.refused = false;
        }
        ready.writable = ready.failed || socket.room > 0;
        tape.log.push(format!("{side:?} {ready:?}"));
        relay.ready(side, ready);
        true
    }

    fn finish(socket: &mut Socket, ready: &mut Ready) {
        let reset = socket.future.contains(&Arrival::Reset);
        socket.future.clear();
        ready.ended = true;
        if reset {
            socket.kill();
            ready.failed = true;
        } else {
            socket.ended = true;
        }
    }

    /// Nothing more will happen. Then nothing that could have been done was left.
    pub(crate) fn check_quiet(&self) {
        for way in [Way::Up, Way::Down] {
            let (source, sink) = (&self.sockets[way.source() as usize], &self.sockets[way.sink() as usize]);
            if source.dead || sink.dead {
                // Only acknowledgements can be waited for then.
                assert!(self.asked.contains(&true), "keeps a dead connection");
                continue;
            }
            assert_eq!(sink.accepted.len(), source.arrived, "{way:?}: forgot what had arrived");
            assert_eq!(sink.fin_sent, source.ended, "{way:?}: forgot the end");
        }
    }

    pub(crate) fn check_end(&self, ended: Ended) {
        assert!(self.pipes.iter().all(Option::is_none), "a pipe is lost");
        let [client, backend] = &self.sockets;
        let resets = (client.reset_asked, backend.reset_asked);
        if ended == Ended::Closed {
            assert_eq!(resets, (false, false));
            for way in [Way::Up, Way::Down] {
                if !self.sockets[way.sink() as usize].fin_sent {
                    // The close that follows is an end as well.
                    self.check_fin(way);
                }
            }
            return;
        }
        assert_eq!(resets, (true, true), "a cut that looks like an end");
        for (side, way) in [(Side::Client, Way::Up), (Side::Backend, Way::Down)] {
            let (this, that) = (&self.sockets[side as usize], &self.sockets[side.other() as usize]);
            let broken = ended == Ended::Broken(side) || ended == Ended::BothBroken;
            assert!(!broken || this.dead, "{side:?} was well");
            if ended == Ended::Broken(side) && !that.dead && !self.late {
                assert!(self.asked[side.other() as usize], "{way:?}: does not wait for acknowledgements");
                assert_eq!(that.accepted, this.stream[..this.arrived], "{way:?}: reset before the data");
            }
        }
    }
}
