//! Each machine with an application that answers: shared by the tests here and by the fuzz targets.

use barewire::detect::{Detect, Protocol};
use barewire::laws::{Log, Subject};
use barewire::message::{self, Config};
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

/// Messages, echoed; those above `0` bytes in pieces as they come.
pub(crate) struct Messages(pub(crate) u32);

impl Subject for Messages {
    type Machine = message::Session;

    fn machine(&self) -> message::Session {
        message::Session::new(Config::builder().largest(100_000).whole(self.0).build().unwrap())
    }

    fn on_event(&self, machine: &mut message::Session, event: message::Event, log: &mut Log) {
        match event {
            message::Event::Message(message) => {
                log.item(format!("{:?}", message.header));
                log.data(0, &message.payload);
                machine.send(message.header.kind, message.payload).unwrap();
            }
            message::Event::Start(header) => {
                log.item(format!("start {header:?}"));
                machine.start(header.kind, header.length).unwrap();
            }
            message::Event::Data(bytes) => {
                log.data(0, &bytes);
                machine.send_data(bytes).unwrap();
            }
            message::Event::End => {
                log.item("end");
                machine.end().unwrap();
            }
            _ => {
                log.item("closed");
                machine.close().unwrap();
            }
        }
    }

    fn misuse(&self, machine: &mut message::Session) -> bool {
        let never = machine.start(1, 100_001).is_err();
        // Either no message was begun, so that there is none to go on with, or none can begin.
        let sent = machine.link().tx.len();
        never && (machine.end().is_err() || machine.send(1, "").is_err()) && machine.link().tx.len() == sent
    }
}

/// Detection alone: what is to be detected stays in the link.
pub(crate) struct Detection;

impl Subject for Detection {
    type Machine = Detect;

    fn machine(&self) -> Detect {
        Detect::default()
    }

    fn on_event(&self, _machine: &mut Detect, event: Protocol, log: &mut Log) {
        log.item(format!("{event:?}"));
    }

    fn misuse(&self, _machine: &mut Detect) -> bool {
        // It has no command that could be out of place.
        true
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
