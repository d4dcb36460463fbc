//! Time alone.

use barewire::message::{Config, Error, Session};
use barewire::{Instant, Machine, Next};
use core::time::Duration;

#[test]
fn a_silent_peer_is_left_at_the_idle_deadline() {
    let mut session = Session::new(Config::builder().idle(Some(Duration::from_secs(7))).build().unwrap());
    let start = Instant::ORIGIN;
    assert_eq!(session.next(start), Ok(Next::NeedInput));
    let deadline = session.deadline().unwrap();
    assert_eq!(deadline - start, Duration::from_secs(7));
    assert_eq!(session.next(deadline), Err(Error::Idle));
    assert_eq!(session.next(deadline), Ok(Next::Done));
    assert!(session.link().tx.wants_fin());
}
