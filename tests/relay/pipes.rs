//! The pool.

use barewire::Instant;
use barewire::balance::relay::{Pipe, Pipes, PipesConfig};
use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

/// Counts those that are open.
#[derive(Debug)]
struct Fd(Rc<Cell<usize>>, usize);

impl Drop for Fd {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[derive(Default)]
struct System {
    open: Rc<Cell<usize>>,
    made: usize,
    refuses: bool,
    slots: usize,
    resizes: bool,
}

impl System {
    fn new() -> Self {
        Self { slots: 16, resizes: true, ..Self::default() }
    }

    fn take(&mut self, pipes: &mut Pipes<Fd>, large: bool, now: Instant) -> Option<Pipe<Fd>> {
        let (open, made) = (self.open.clone(), &mut self.made);
        let (refuses, slots, resizes) = (self.refuses, self.slots, self.resizes);
        let make = || {
            *made += 1;
            open.set(open.get() + 1);
            let fd = Fd(open.clone(), *made);
            (!refuses).then_some((fd, slots))
        };
        pipes.take(large, now, make, |_, slots| resizes.then_some(slots))
    }
}

fn at(millis: u64) -> Instant {
    Instant::ORIGIN + Duration::from_millis(millis)
}

#[test]
fn the_one_given_back_last_is_lent_first() {
    let mut system = System::new();
    let mut pipes = Pipes::new(PipesConfig::default());
    let one = system.take(&mut pipes, false, at(0)).unwrap();
    let two = system.take(&mut pipes, false, at(0)).unwrap();
    assert_eq!((pipes.lent(), pipes.pages()), (2, 32));
    pipes.give(two, true, at(0));
    pipes.give(one, true, at(0));
    assert_eq!(system.take(&mut pipes, false, at(0)).unwrap().get().1, 1);
    assert_eq!((system.made, pipes.lent(), pipes.pages()), (2, 1, 32));
}

#[test]
fn one_with_bytes_in_it_is_closed() {
    let mut system = System::new();
    let mut pipes = Pipes::new(PipesConfig::default());
    let pipe = system.take(&mut pipes, false, at(0)).unwrap();
    pipes.give(pipe, false, at(0));
    assert_eq!((system.open.get(), pipes.lent(), pipes.pages()), (0, 0, 0));
}

#[test]
fn there_are_no_more_than_allowed() {
    let mut system = System::new();
    let mut pipes = Pipes::new(PipesConfig { most: 2, ..PipesConfig::default() });
    let lent: Vec<_> = (0..2).map(|_| system.take(&mut pipes, false, at(0)).unwrap()).collect();
    assert!(system.take(&mut pipes, false, at(0)).is_none());
    assert_eq!((pipes.denied(), system.made, lent.len()), (1, 2, 2));
    let mut pipes = Pipes::new(PipesConfig { pages: 40, ..PipesConfig::default() });
    let lent: Vec<_> = (0..3).filter_map(|_| system.take(&mut pipes, true, at(0))).collect();
    assert_eq!((lent.len(), pipes.pages()), (2, 32), "and none is enlarged");
}

#[test]
fn large_ones_are_for_those_who_ask_and_are_accounted_for() {
    let mut system = System::new();
    let mut pipes = Pipes::new(PipesConfig { pages: 256 + 16, ..PipesConfig::default() });
    let large = system.take(&mut pipes, true, at(0)).unwrap();
    assert_eq!(pipes.pages(), 256);
    let ordinary = system.take(&mut pipes, true, at(0)).unwrap();
    assert_eq!(pipes.pages(), 272);
    pipes.give(large, true, at(0));
    pipes.give(ordinary, true, at(0));
    assert_eq!(system.take(&mut pipes, false, at(0)).unwrap().get().1, 2);
    assert_eq!(system.take(&mut pipes, true, at(0)).unwrap().get().1, 1);
}

#[test]
fn a_system_that_refuses_is_left_alone_for_a_while() {
    let mut pipes = Pipes::new(PipesConfig::default());
    // Two slots are how it refuses whoever has too many.
    for mut system in [System { refuses: true, ..System::new() }, System { slots: 2, ..System::new() }] {
        for now in [0, 1, 999, 1000, 1500] {
            assert!(system.take(&mut pipes, false, at(now)).is_none());
        }
        assert_eq!((system.made, system.open.get(), pipes.pages()), (2, 0, 0));
        pipes = Pipes::new(PipesConfig::default());
    }
    let mut system = System { resizes: false, ..System::new() };
    let pipe = system.take(&mut pipes, true, at(0)).unwrap();
    assert_eq!(pipes.pages(), 16);
    pipes.give(pipe, true, at(0));
    assert_eq!(pipes.pages(), 16);
}

#[test]
fn unused_ones_are_closed() {
    let mut system = System::new();
    let mut pipes = Pipes::new(PipesConfig::default());
    let lent: Vec<_> = [0, 10].map(|now| (now, system.take(&mut pipes, now == 10, at(now)).unwrap())).into();
    for (now, pipe) in lent {
        pipes.give(pipe, true, at(now));
    }
    assert_eq!(pipes.trim(at(20)), Some(at(1000)));
    assert_eq!(pipes.trim(at(1000)), Some(at(1010)));
    assert_eq!((system.open.get(), pipes.pages()), (1, 256));
    assert_eq!(pipes.trim(at(1010)), None);
    assert_eq!((system.open.get(), pipes.pages()), (0, 0));
}
