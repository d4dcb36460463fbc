//! Each machine with an application that answers: shared by the tests here and by the fuzz targets.

use barewire::laws::{Log, Subject};
use barewire::{Layer, Machine, Stack, raw};

/// Bytes without a grammar, echoed.
pub(crate) struct Raw;

impl Subject for Raw {
    type Machine = raw::Session;

    fn machine(&self) -> raw::Session {
        raw::Session::default()
    }

    fn on_event(&self, machine: &mut raw::Session, event: raw::Event, log: &mut Log) {
        match event {
            raw::Event::Data(bytes) => {
                log.data(0, &bytes);
                machine.send(bytes).unwrap();
            }
            _ => {
                log.item("closed");
                machine.close().unwrap();
            }
        }
    }

    fn misuse(&self, machine: &mut raw::Session) -> bool {
        !machine.link().tx.is_ended() || machine.send("late").is_err()
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
