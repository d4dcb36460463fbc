//! Before the backend has answered.

use barewire::Instant;
use barewire::balance::relay::{Config, Op, Opener, Opening, Ready, Side, Step, Way};
use core::time::Duration;

const ENDED: Ready = Ready { ended: true, ..Ready::READABLE };

fn at(millis: u64) -> Instant {
    Instant::ORIGIN + Duration::from_millis(millis)
}

#[test]
fn an_attempt_has_a_deadline() {
    let mut opener = Opener::default();
    assert_eq!(opener.next(at(0)), Opening::Waits(None));
    opener.attempt(at(1000));
    assert_eq!(opener.next(at(999)), Opening::Waits(Some(at(1000))));
    assert_eq!(opener.next(at(1000)), Opening::Late);
    opener.failed();
    assert_eq!(opener.next(at(1000)), Opening::Waits(None));
}

#[test]
fn a_reset_ends_it_at_once_and_an_end_soon() {
    let mut opener = Opener::default();
    opener.attempt(at(5000));
    opener.ready(Side::Client, ENDED, at(100));
    assert_eq!(opener.next(at(100)), Opening::Look);
    opener.asked(false);
    assert_eq!(opener.next(at(100)), Opening::Waits(Some(at(600))));
    // Said again, it isn't later.
    opener.ready(Side::Client, ENDED, at(300));
    assert_eq!(opener.next(at(600)), Opening::Left);
    let mut opener = Opener::default();
    opener.ready(Side::Client, Ready { failed: true, ..ENDED }, at(0));
    assert_eq!(opener.next(at(0)), Opening::Left);
    // Whoever has asked is waiting for the answer.
    let mut opener = Opener::default();
    opener.attempt(at(5000));
    opener.ready(Side::Client, ENDED, at(0));
    opener.asked(true);
    assert_eq!(opener.next(at(4999)), Opening::Waits(Some(at(5000))));
    // Urgent data is no departure.
    let mut opener = Opener::default();
    opener.ready(Side::Client, Ready { urgent: true, ..Ready::READABLE }, at(0));
    assert_eq!(opener.next(at(10_000)), Opening::Waits(None));
}

#[test]
fn what_was_said_meanwhile_is_not_forgotten() {
    for side in [Side::Client, Side::Backend] {
        let mut opener = Opener::default();
        opener.attempt(at(1000));
        opener.ready(side, Ready::READABLE, at(0));
        opener.ready(side, Ready::WRITABLE, at(0));
        let mut relay = opener.open(&Config::default(), Vec::new());
        let way = if side == Side::Client { Way::Up } else { Way::Down };
        assert_eq!(relay.next(at(0)), Step::Do(way, Op::Read));
    }
    // Of an attempt that failed, it is.
    let mut opener = Opener::default();
    opener.ready(Side::Backend, Ready { failed: true, ..ENDED }, at(0));
    opener.attempt(at(1000));
    assert!(matches!(opener.open(&Config::default(), Vec::new()).next(at(0)), Step::Wait(_)));
}

#[test]
fn a_preamble_goes_first() {
    let mut opener = Opener::default();
    opener.ready(Side::Client, Ready::READABLE, at(0));
    let mut relay = opener.open(&Config::default(), b"PROXY".to_vec());
    assert_eq!(relay.next(at(0)), Step::Do(Way::Up, Op::Write));
    assert_eq!(relay.unsent(Way::Up, &[]), b"PROXY");
}
