//! Two tasks on one connection, as after `split()`: one reads, one writes.

use core::task::Waker;
use std::sync::Arc;
use std::task::Wake;

/// What a task is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Reader,
    Writer,
}

/// Who waits. A stream remembers one waker for each direction, and a timer one: that of whoever was polled last.
///
/// As long as one task does it all, that is its own. Where two wait, it is one that wakes both: either may have done, or
/// have to do, what the other waits for.
#[derive(Default)]
pub(super) struct Wakers {
    reader: Seat,
    writer: Seat,
    both: Option<Arc<Both>>,
}

#[derive(Default)]
struct Seat {
    waker: Option<Waker>,
    waits: bool,
}

struct Both {
    reader: Waker,
    writer: Waker,
}

impl Wake for Both {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.reader.wake_by_ref();
        self.writer.wake_by_ref();
    }
}

impl Wakers {
    /// The waker that wakes both, if somebody else waits too.
    pub(super) fn both(&mut self, role: Role, mine: &Waker) -> Option<Waker> {
        let other = self.seat(other(role)).waiting().filter(|other| !other.will_wake(mine))?.clone();
        let (reader, writer) = match role {
            Role::Reader => (mine, &other),
            Role::Writer => (&other, mine),
        };
        let fits = |both: &&Arc<Both>| both.reader.will_wake(reader) && both.writer.will_wake(writer);
        let both = match self.both.as_ref().filter(fits) {
            Some(both) => Arc::clone(both),
            None => Arc::clone(self.both.insert(Arc::new(Both { reader: reader.clone(), writer: writer.clone() }))),
        };
        Some(both.into())
    }

    /// What came of a poll: whether its task waits now.
    pub(super) fn note(&mut self, role: Role, mine: &Waker, waits: bool) {
        let seat = self.seat(role);
        seat.waits = waits;
        if waits && !seat.waker.as_ref().is_some_and(|waker| waker.will_wake(mine)) {
            seat.waker = Some(mine.clone());
        }
    }

    /// Has the other task look again, if it waits.
    pub(super) fn wake_other(&mut self, role: Role) {
        if let Some(waker) = self.seat(other(role)).waiting() {
            waker.wake_by_ref();
        }
    }

    fn seat(&mut self, role: Role) -> &mut Seat {
        match role {
            Role::Reader => &mut self.reader,
            Role::Writer => &mut self.writer,
        }
    }
}

impl Seat {
    fn waiting(&self) -> Option<&Waker> {
        self.waker.as_ref().filter(|_| self.waits)
    }
}

fn other(role: Role) -> Role {
    match role {
        Role::Reader => Role::Writer,
        Role::Writer => Role::Reader,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn tasks() -> [(Arc<Task>, Waker); 2] {
        [(); 2].map(|()| Arc::default()).map(|task: Arc<Task>| (Arc::clone(&task), Waker::from(task)))
    }

    fn woken(task: &(Arc<Task>, Waker)) -> usize {
        task.0.0.swap(0, Ordering::Relaxed)
    }

    #[test]
    fn one_task_waits_with_its_own_waker() {
        let (mut wakers, [one, _]) = (Wakers::default(), tasks());
        for role in [Role::Reader, Role::Writer, Role::Reader] {
            assert!(wakers.both(role, &one.1).is_none());
            wakers.note(role, &one.1, true);
        }
        assert!(wakers.both.is_none());
    }

    #[test]
    fn two_are_woken_together_and_only_while_both_wait() {
        let (mut wakers, [reader, writer]) = (Wakers::default(), tasks());
        assert!(wakers.both(Role::Reader, &reader.1).is_none());
        wakers.note(Role::Reader, &reader.1, true);
        let both = wakers.both(Role::Writer, &writer.1).unwrap();
        both.wake_by_ref();
        assert_eq!((woken(&reader), woken(&writer)), (1, 1));
        // The same again costs no allocation.
        assert!(wakers.both(Role::Writer, &writer.1).unwrap().will_wake(&both));
        wakers.note(Role::Writer, &writer.1, true);
        assert!(wakers.both(Role::Reader, &reader.1).unwrap().will_wake(&both));
        wakers.note(Role::Writer, &writer.1, false);
        assert!(wakers.both(Role::Reader, &reader.1).is_none());
        wakers.wake_other(Role::Reader);
        assert_eq!(woken(&writer), 0, "it waits for nothing");
        wakers.wake_other(Role::Writer);
        assert_eq!(woken(&reader), 1);
    }

    #[test]
    fn a_task_that_moved_is_found() {
        let (mut wakers, [reader, writer]) = (Wakers::default(), tasks());
        let [moved, _] = tasks();
        wakers.note(Role::Reader, &reader.1, true);
        wakers.both(Role::Writer, &writer.1).unwrap();
        wakers.note(Role::Reader, &moved.1, true);
        wakers.both(Role::Writer, &writer.1).unwrap().wake();
        assert_eq!([&reader, &writer, &moved].map(woken), [0, 1, 1]);
    }
}
