//! Two layers to stack under any subject: one that changes bytes, one that frames them and can break.

use barewire::laws::{Log, Subject};
use barewire::{Instant, Layer, Link, Machine, Stack};

/// Flips every bit, both ways.
pub(crate) struct Flip;

impl Layer for Flip {
    type Error = ();

    fn receive(&mut self, lower: &mut Link, upper: &mut Link, _now: Instant) -> Result<(), ()> {
        let n = lower.rx.len().min(upper.rx.room());
        for byte in &mut lower.rx.data_mut()[..n] {
            *byte = !*byte;
        }
        feed(upper, lower.rx.take_ref(n));
        if lower.rx.is_eof() && lower.rx.is_empty() {
            upper.rx.close();
        }
        Ok(())
    }

    fn send(&mut self, lower: &mut Link, upper: &mut Link, _now: Instant) {
        if let Some(chunk) = upper.tx.pop() {
            let flipped: Vec<u8> = chunk.iter().map(|byte| !byte).collect();
            lower.tx.push(flipped.into());
        }
        end(lower, upper);
    }
}

/// Records of a length byte and that many bytes; a record of length 0 is the end, as a `close_notify` is.
#[derive(Default)]
pub(crate) struct Records {
    ended: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RecordError {
    Truncated,
    AfterEnd,
    TooLong,
}

impl Layer for Records {
    type Error = RecordError;

    fn receive(&mut self, lower: &mut Link, upper: &mut Link, _now: Instant) -> Result<(), RecordError> {
        let Some((length, rest)) = lower.rx.data().split_first() else {
            let truncated = lower.rx.is_eof() && !self.ended;
            return if truncated { Err(RecordError::Truncated) } else { Ok(()) };
        };
        if self.ended {
            return Err(RecordError::AfterEnd);
        }
        let length = usize::from(*length);
        if rest.len() < length {
            return if lower.rx.is_eof() { Err(RecordError::Truncated) } else { Ok(()) };
        }
        if upper.rx.room() < length {
            return Err(RecordError::TooLong);
        }
        lower.rx.skip(1);
        feed(upper, lower.rx.take_ref(length));
        if length == 0 {
            self.ended = true;
            upper.rx.close();
        }
        Ok(())
    }

    fn send(&mut self, lower: &mut Link, upper: &mut Link, _now: Instant) {
        // One byte a record: how the output is drained must not change it.
        for byte in upper.tx.pop().unwrap_or_default() {
            lower.tx.put(&[1, byte]);
        }
        if upper.tx.wants_fin() {
            lower.tx.put(&[0]);
        }
        end(lower, upper);
    }
}

fn feed(link: &mut Link, bytes: &[u8]) {
    let mut bytes = bytes;
    while !bytes.is_empty() {
        let spare = link.rx.spare(bytes.len());
        let n = spare.len();
        spare.copy_from_slice(&bytes[..n]);
        link.rx.commit(n);
        bytes = &bytes[n..];
    }
}

fn end(lower: &mut Link, upper: &mut Link) {
    if upper.tx.wants_fin() {
        upper.tx.fin_sent();
        lower.tx.fin();
    }
    if upper.tx.is_aborted() {
        lower.tx.abort();
    }
}

/// Any subject with a layer under it.
pub(crate) struct Layered<S, L>(pub(crate) S, pub(crate) fn() -> L);

impl<S: Subject, L: Layer<Error: core::fmt::Debug>> Subject for Layered<S, L> {
    type Machine = Stack<L, S::Machine>;

    fn machine(&self) -> Self::Machine {
        Stack::new((self.1)(), self.0.machine())
    }

    fn on_event(&self, stack: &mut Self::Machine, event: <S::Machine as Machine>::Event, log: &mut Log) {
        self.0.on_event(stack.machine_mut(), event, log);
    }

    fn on_turn(&self, stack: &mut Self::Machine, log: &mut Log) -> bool {
        self.0.on_turn(stack.machine_mut(), log)
    }

    fn misuse(&self, stack: &mut Self::Machine) -> bool {
        self.0.misuse(stack.machine_mut())
    }

    fn replies(&self) -> usize {
        // The layer moves the application's bytes too, inside `next`.
        usize::MAX
    }
}
