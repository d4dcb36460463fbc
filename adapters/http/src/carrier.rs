//! What the two kinds of connection have in common.

use barewire::Machine;
use barewire_drive::{blocking, poll};

/// A driver's connection: [`poll::Connection`] on a runtime with futures, [`blocking::Connection`] on a thread.
///
/// Which of the two it is decides whether the methods that wait are `async`.
pub trait Carrier: sealed::Sealed {
    /// What it drives.
    type Machine: Machine;

    #[doc(hidden)]
    fn speaker(&mut self) -> &mut Self::Machine;

    #[doc(hidden)]
    fn high_water(&self) -> usize;

    /// Makes the coming drop of the stream a reset.
    #[doc(hidden)]
    fn reset(&mut self);
}

impl<R: poll::Transport<S>, S, M: Machine> Carrier for poll::Connection<R, S, M> {
    type Machine = M;

    fn speaker(&mut self) -> &mut M {
        self.machine_mut()
    }

    fn high_water(&self) -> usize {
        self.high_water()
    }

    fn reset(&mut self) {
        R::abort(self.stream_mut());
    }
}

impl<W: blocking::Wire<S>, S, M: Machine> Carrier for blocking::Connection<W, S, M> {
    type Machine = M;

    fn speaker(&mut self) -> &mut M {
        self.machine_mut()
    }

    fn high_water(&self) -> usize {
        self.high_water()
    }

    fn reset(&mut self) {
        W::abort(self.stream_mut());
    }
}

mod sealed {
    use barewire::Machine;
    use barewire_drive::{blocking, poll};

    pub trait Sealed {}

    impl<R: poll::Runtime, S, M: Machine> Sealed for poll::Connection<R, S, M> {}
    impl<W, S, M: Machine> Sealed for blocking::Connection<W, S, M> {}
}
