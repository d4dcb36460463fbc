//! Single courses, step by step.

use barewire::Instant;
use barewire::balance::relay::{Config, Ended, Fault, Op, Ready, Relay, Side, Step, Way};
use core::time::Duration;

const SCRATCH: [u8; 16] = *b"0123456789abcdef";
const DEAD: Ready = Ready { readable: true, writable: true, ended: true, urgent: false, failed: true };

fn at(seconds: u64) -> Instant {
    Instant::ORIGIN + Duration::from_secs(seconds)
}

fn copying() -> Config {
    Config::builder().splice(false).build().unwrap()
}

#[track_caller]
fn expect(relay: &mut Relay, way: Way, op: Op, result: Result<usize, Fault>) {
    assert_eq!(relay.next(at(0)), Step::Do(way, op));
    relay.done(result, &SCRATCH);
}

#[track_caller]
fn until(relay: &mut Relay, now: Instant) -> Instant {
    match relay.next(now) {
        Step::Wait(wait) => wait.until.expect("a deadline"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_question_and_its_answer() {
    let mut relay = Relay::new(&copying());
    assert_eq!(until(&mut relay, at(0)), at(600));
    relay.ready(Side::Client, Ready::READABLE);
    expect(&mut relay, Way::Up, Op::Read, Ok(8));
    assert_eq!(relay.unsent(Way::Up, &SCRATCH), b"01234567");
    expect(&mut relay, Way::Up, Op::Write, Ok(8));
    // A short read needs no other to know that nothing is left.
    let Step::Wait(wait) = relay.next(at(0)) else { panic!() };
    assert!(wait.client.read && wait.backend.read && !wait.client.write && !wait.backend.write);
    relay.ready(Side::Client, Ready { ended: true, ..Ready::READABLE });
    expect(&mut relay, Way::Up, Op::Read, Ok(0));
    expect(&mut relay, Way::Up, Op::Shutdown, Ok(0));
    relay.ready(Side::Backend, Ready { ended: true, ..Ready::READABLE });
    expect(&mut relay, Way::Down, Op::Read, Ok(16));
    expect(&mut relay, Way::Down, Op::Write, Ok(16));
    expect(&mut relay, Way::Down, Op::Read, Ok(0));
    // The close is the second end.
    assert_eq!(relay.next(at(0)), Step::Done(Ended::Closed));
    assert_eq!(relay.counters(Way::Down).copied, 16);
}

#[test]
fn a_sink_that_takes_little_holds_the_source() {
    let mut relay = Relay::new(&copying());
    relay.ready(Side::Backend, Ready::READABLE);
    expect(&mut relay, Way::Down, Op::Read, Ok(16));
    expect(&mut relay, Way::Down, Op::Write, Ok(3));
    assert_eq!(relay.unsent(Way::Down, &SCRATCH), b"3456789abcdef");
    expect(&mut relay, Way::Down, Op::Write, Err(Fault::WouldBlock));
    // The scratch buffer is somebody else's now.
    assert_eq!(relay.unsent(Way::Down, &[0; 16]), b"3456789abcdef");
    relay.ready(Side::Backend, Ready::READABLE);
    let Step::Wait(wait) = relay.next(at(0)) else { panic!() };
    assert!(wait.client.write && wait.client.read && !wait.backend.read);
    relay.ready(Side::Client, Ready::WRITABLE);
    expect(&mut relay, Way::Down, Op::Write, Ok(13));
    expect(&mut relay, Way::Down, Op::Read, Err(Fault::WouldBlock));
}

#[test]
fn what_was_read_to_choose_goes_first() {
    let mut relay = Relay::new(&copying()).preloaded(Way::Up, b"PROXY ".to_vec());
    relay.ready(Side::Client, Ready::READABLE);
    assert_eq!(relay.unsent(Way::Up, &SCRATCH), b"PROXY ");
    expect(&mut relay, Way::Up, Op::Write, Ok(6));
    expect(&mut relay, Way::Up, Op::Read, Ok(1));
}

#[test]
fn a_write_that_moves_nothing_is_a_failure() {
    let mut relay = Relay::new(&copying()).preloaded(Way::Up, vec![1]);
    expect(&mut relay, Way::Up, Op::Write, Ok(0));
    expect(&mut relay, Way::Down, Op::Read, Ok(0));
    expect(&mut relay, Way::Down, Op::Unacknowledged, Ok(0));
}

#[test]
fn a_reset_waits_for_acknowledgements() {
    let mut relay = Relay::new(&copying());
    relay.ready(Side::Backend, DEAD);
    expect(&mut relay, Way::Down, Op::Read, Ok(5));
    expect(&mut relay, Way::Down, Op::Write, Ok(5));
    expect(&mut relay, Way::Down, Op::Read, Err(Fault::Broken));
    let mut now = at(0);
    let mut asked = 0;
    // Someone who takes a byte now and then is given time.
    for left in [5, 4, 3, 2, 1] {
        for _ in 0..50 {
            assert_eq!(relay.next(now), Step::Do(Way::Down, Op::Unacknowledged));
            relay.done(Ok(left), &SCRATCH);
            let next = until(&mut relay, now);
            assert!(next > now && next - now <= Duration::from_millis(100));
            now = next;
            asked += 1;
        }
    }
    assert!(asked * 50 < (now - at(0)).as_millis() * 2, "asks too often");
    assert_eq!(relay.next(now), Step::Do(Way::Down, Op::Unacknowledged));
    relay.done(Ok(0), &SCRATCH);
    assert_eq!(relay.next(now), Step::Do(Way::Down, Op::Reset));
    relay.done(Ok(0), &SCRATCH);
    assert_eq!(relay.next(now), Step::Do(Way::Up, Op::Reset));
    relay.done(Ok(0), &SCRATCH);
    assert_eq!(relay.next(now), Step::Done(Ended::Broken(Side::Backend)));
}

/// How long the client, which acknowledges nothing, is waited for.
fn lingers(answer: Result<usize, Fault>) -> Duration {
    let mut relay = Relay::new(&copying());
    relay.ready(Side::Backend, DEAD);
    expect(&mut relay, Way::Down, Op::Read, Err(Fault::Broken));
    let mut now = at(0);
    for _ in 0..1000 {
        match relay.next(now) {
            Step::Do(_, Op::Unacknowledged) => relay.done(answer, &SCRATCH),
            Step::Wait(wait) => now = wait.until.expect("a deadline"),
            Step::Do(_, Op::Reset) => return now - at(0),
            other => panic!("{other:?}"),
        }
    }
    panic!("waits for ever");
}

#[test]
fn a_reset_waits_no_longer_than_that() {
    assert_eq!(lingers(Ok(7)), Duration::from_secs(10));
    assert_eq!(lingers(Err(Fault::Invalid)), Duration::from_millis(500));
    assert_eq!(lingers(Err(Fault::Broken)), Duration::ZERO);
    assert_eq!(lingers(Ok(0)), Duration::ZERO);
}

#[test]
fn whoever_dies_meanwhile_is_not_waited_for() {
    let mut relay = Relay::new(&copying());
    relay.ready(Side::Backend, DEAD);
    expect(&mut relay, Way::Down, Op::Read, Err(Fault::Broken));
    expect(&mut relay, Way::Down, Op::Unacknowledged, Ok(9));
    until(&mut relay, at(0));
    relay.ready(Side::Client, DEAD);
    assert_eq!(relay.next(at(0)), Step::Do(Way::Down, Op::Reset));
}

#[test]
fn a_dead_source_with_bytes_on_the_way_is_not_waited_for_long() {
    let mut relay = Relay::new(&copying());
    relay.ready(Side::Backend, Ready::READABLE);
    expect(&mut relay, Way::Down, Op::Read, Ok(16));
    expect(&mut relay, Way::Down, Op::Write, Err(Fault::WouldBlock));
    assert_eq!(until(&mut relay, at(1)), at(600));
    relay.ready(Side::Backend, DEAD);
    assert_eq!(until(&mut relay, at(2)), at(10));
    assert_eq!(relay.next(at(10)), Step::Do(Way::Down, Op::Reset));
}

#[test]
fn deadlines_move_with_what_moves() {
    let mut relay = Relay::new(&copying());
    assert_eq!(until(&mut relay, at(0)), at(600));
    relay.ready(Side::Client, Ready::READABLE);
    expect(&mut relay, Way::Up, Op::Read, Ok(1));
    expect(&mut relay, Way::Up, Op::Write, Ok(1));
    assert_eq!(until(&mut relay, at(599)), at(1199));
    // Late, but there is something to do: that comes first.
    relay.ready(Side::Client, Ready { ended: true, ..Ready::READABLE });
    assert_eq!(relay.next(at(5000)), Step::Do(Way::Up, Op::Read));
    relay.done(Ok(0), &SCRATCH);
    assert_eq!(relay.next(at(5000)), Step::Do(Way::Up, Op::Shutdown));
    relay.done(Ok(0), &SCRATCH);
    // Half-closed now.
    assert_eq!(until(&mut relay, at(5000)), at(5120));
    assert!(matches!(relay.next(at(5120)), Step::Do(_, Op::Reset)));
    relay.done(Ok(0), &SCRATCH);
    assert!(matches!(relay.next(at(5120)), Step::Do(_, Op::Reset)));
    relay.done(Ok(0), &SCRATCH);
    assert_eq!(relay.next(at(5120)), Step::Done(Ended::HalfClosed));
}

#[test]
fn nothing_is_waited_for_where_no_deadline_is_set() {
    let config = Config::builder().idle(None).half_closed(None).build().unwrap();
    let mut relay = Relay::new(&config);
    let Step::Wait(wait) = relay.next(at(0)) else { panic!() };
    assert_eq!(wait.until, None);
}

#[test]
fn an_idle_connection_is_cut_and_not_ended() {
    let mut relay = Relay::new(&copying());
    until(&mut relay, at(0));
    assert!(matches!(relay.next(at(600)), Step::Do(_, Op::Reset)));
}

#[test]
fn a_cut_gives_the_pipe_back() {
    let config = Config::builder().up_after(0).build().unwrap();
    let mut relay = Relay::new(&config);
    relay.ready(Side::Client, Ready::READABLE);
    expect(&mut relay, Way::Up, Op::Read, Ok(16));
    expect(&mut relay, Way::Up, Op::Write, Ok(16));
    expect(&mut relay, Way::Up, Op::TakePipe { large: false }, Ok(0));
    expect(&mut relay, Way::Up, Op::SpliceIn, Ok(100));
    expect(&mut relay, Way::Up, Op::SpliceOut { len: 100 }, Ok(60));
    relay.cut();
    expect(&mut relay, Way::Up, Op::ReturnPipe { empty: false }, Ok(0));
    expect(&mut relay, Way::Down, Op::Reset, Ok(0));
    expect(&mut relay, Way::Up, Op::Reset, Ok(0));
    assert_eq!(relay.next(at(0)), Step::Done(Ended::Cut));
    relay.cut();
    assert_eq!(relay.next(at(0)), Step::Done(Ended::Cut));
}

/// An end that the other direction's write error hides.
#[test]
fn an_end_behind_a_reset_is_none() {
    for (fault, end) in [(Fault::Broken, false), (Fault::Closed, true)] {
        let mut relay = Relay::new(&copying()).preloaded(Way::Up, vec![1]);
        expect(&mut relay, Way::Up, Op::Write, Err(fault));
        expect(&mut relay, Way::Down, Op::Read, Ok(9));
        expect(&mut relay, Way::Down, Op::Write, Ok(9));
        expect(&mut relay, Way::Down, Op::Read, Ok(0));
        if end {
            expect(&mut relay, Way::Down, Op::Shutdown, Ok(0));
        }
        // What the client sent has not arrived: it is to know.
        expect(&mut relay, Way::Down, Op::Unacknowledged, Ok(0));
        expect(&mut relay, Way::Down, Op::Reset, Ok(0));
    }
}

/// A driver that is told again and again would spin, one that isn't would sleep.
#[test]
fn nothing_where_something_was_announced_is_read() {
    let config = Config::builder().up_after(0).build().unwrap();
    let mut relay = Relay::new(&config);
    relay.ready(Side::Client, Ready::READABLE);
    expect(&mut relay, Way::Up, Op::Read, Ok(16));
    expect(&mut relay, Way::Up, Op::Write, Ok(16));
    expect(&mut relay, Way::Up, Op::TakePipe { large: false }, Ok(0));
    // After something came, nothing is nothing.
    expect(&mut relay, Way::Up, Op::SpliceIn, Err(Fault::WouldBlock));
    expect(&mut relay, Way::Up, Op::ReturnPipe { empty: true }, Ok(0));
    until(&mut relay, at(0));
    relay.ready(Side::Client, Ready::READABLE);
    expect(&mut relay, Way::Up, Op::TakePipe { large: false }, Ok(0));
    expect(&mut relay, Way::Up, Op::SpliceIn, Err(Fault::WouldBlock));
    expect(&mut relay, Way::Up, Op::Read, Err(Fault::WouldBlock));
    expect(&mut relay, Way::Up, Op::ReturnPipe { empty: true }, Ok(0));
    until(&mut relay, at(0));
}

#[test]
fn configs_that_make_no_sense() {
    assert!(Config::builder().budget(0).build().is_err());
    assert!(Config::builder().idle(Some(Duration::ZERO)).build().is_err());
    assert!(Config::builder().half_closed(Some(Duration::ZERO)).build().is_err());
    assert_eq!(Config::builder().build(), Ok(Config::default()));
}

#[test]
fn an_idle_connection_is_small() {
    assert!(size_of::<Relay>() <= 512, "{}", size_of::<Relay>());
}
