//! Deadlines, backpressure and ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use barewire::raw::{Event, Session};
use barewire::{Instant, Link, Machine, Next};
use barewire_drive::blocking::{self, Interest};
use barewire_drive::{Duplex, Error, poll};
use bytes::Bytes;
use core::pin::Pin;
use core::task::{Context, Waker};
use core::time::Duration;
use futures_sink::Sink;
use std::io::{self, ErrorKind};
use support::{Script, Sim, once, timers_set, turn, within};

const SECOND: Duration = Duration::from_secs(1);

/// Hears bytes. If none came for a second it says `idle!` and goodbye, as a fault. It can be told to wait for the
/// application, or for its output to drain.
#[derive(Debug, Default)]
struct Strict {
    link: Link,
    expires: Option<Instant>,
    over: bool,
    needs_app: bool,
    needs_flush: bool,
    /// Ticks instead of failing.
    ticks: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct TooSlow;

impl Machine for Strict {
    type Event = Bytes;
    type Error = TooSlow;

    fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    fn next(&mut self, now: Instant) -> Result<Next<Bytes>, TooSlow> {
        if self.over {
            return Ok(Next::Done);
        }
        let received = self.link.rx.len();
        if received > 0 && !self.needs_app {
            self.expires = None;
            return Ok(Next::Event(self.link.rx.take(received)));
        }
        let expires = *self.expires.get_or_insert(now + SECOND);
        if expires <= now {
            if let Some(ticks) = &mut self.ticks {
                *ticks += 1;
                self.expires = Some(now + SECOND);
                return Ok(Next::Event(Bytes::from(format!("tick {ticks}"))));
            }
            self.link.tx.put(b"idle!");
            self.link.tx.fin();
            self.expires = None;
            self.over = true;
            return Err(TooSlow);
        }
        if self.needs_app {
            return Ok(Next::NeedApp);
        }
        if self.needs_flush && !self.link.tx.is_empty() {
            return Ok(Next::NeedFlush);
        }
        if self.link.rx.is_eof() {
            self.over = true;
            self.expires = None;
            self.link.tx.fin();
            return Ok(Next::Done);
        }
        Ok(Next::NeedInput)
    }

    fn deadline(&self) -> Option<Instant> {
        self.expires
    }
}

type Polled<M> = poll::Connection<Sim, Script, M>;
type Blocked<M> = blocking::Connection<Sim, Script, M>;

fn silent() -> Script {
    Script { silent: true, ..Script::default() }
}

#[test]
fn a_silent_peer_is_cut_at_its_deadline_and_told() {
    let mut connection = Polled::new(silent(), Strict::default());
    connection.set_linger(SECOND);
    assert!(once(connection.next()).is_pending());
    turn(SECOND / 2);
    assert!(once(connection.next()).is_pending());
    turn(SECOND / 2);
    assert!(once(connection.next()).is_pending(), "lingering for the peer's end");
    assert_eq!(connection.stream().output, b"idle!");
    assert!(connection.stream().shut);
    turn(SECOND);
    assert!(matches!(within(1, connection.next()), Err(Error::Protocol(TooSlow))));
    assert!(within(1, connection.next()).unwrap().is_none());
}

/// Who waits only for its output to leave hears nothing, but a peer that has said something is not silent.
#[test]
fn a_peer_that_speaks_is_not_cut_while_only_output_is_waited_for() {
    let stuck = || Script { capacity: Some(0), silent: true, ..Script::default() };
    let mut connection = Polled::new(stuck(), Strict::default());
    assert!(once(connection.next()).is_pending());
    connection.link().tx.put(b"more than it takes");
    for _ in 0..4 {
        assert!(once(connection.flush()).is_pending());
        connection.stream_mut().input.push_back(b"here I am".to_vec());
        turn(SECOND);
    }
    assert!(once(connection.flush()).is_pending());
    assert_eq!(within(1, connection.next()).unwrap().unwrap(), "here I am");
    while once(connection.next()).is_ready() {}
    turn(SECOND);
    assert!(once(connection.flush()).is_pending(), "the farewell can't leave");
    assert!(connection.machine().over, "nothing was said for a second");
}

#[test]
fn a_peer_that_moves_is_not_cut() {
    let mut connection = Polled::new(silent(), Strict::default());
    for _ in 0..10 {
        assert!(once(connection.next()).is_pending());
        turn(SECOND * 3 / 4);
        connection.stream_mut().input.push_back(b"x".to_vec());
        assert!(within(1, connection.next()).unwrap().is_some());
    }
    assert!(once(connection.next()).is_pending());
    turn(SECOND);
    connection.stream_mut().silent = false;
    assert!(matches!(within(1, connection.next()), Err(Error::Protocol(TooSlow))));
}

#[test]
fn a_deadline_that_moves_away_sets_no_timer() {
    let mut connection = Polled::new(silent(), Strict::default());
    for _ in 0..150 {
        assert!(once(connection.next()).is_pending());
        turn(SECOND / 100);
        connection.stream_mut().input.push_back(b"x".to_vec());
        assert!(within(1, connection.next()).unwrap().is_some());
    }
    assert_eq!(timers_set(), 2, "once at first, once when it fired too early");
}

#[test]
fn a_deadline_that_never_comes() {
    let mut connection = Polled::new(silent(), Strict::default());
    assert!(once(connection.next()).is_pending());
    connection.expires = Some(Instant::FAR_FUTURE);
    turn(2 * SECOND);
    assert!(once(connection.next()).is_pending());
    connection.expires = Some(connection.now() + SECOND);
    assert!(once(connection.next()).is_pending());
    connection.stream_mut().silent = false;
    turn(SECOND);
    assert!(matches!(within(1, connection.next()), Err(Error::Protocol(TooSlow))));
}

#[test]
fn a_thread_is_cut_at_its_deadline_too() {
    let before = std::time::Instant::now();
    let mut connection = Blocked::new(silent(), Strict::default());
    connection.set_linger(SECOND / 10);
    assert!(matches!(connection.next(), Err(Error::Protocol(TooSlow))));
    assert!(before.elapsed() >= SECOND && before.elapsed() < 3 * SECOND);
    assert!(connection.stream().waits.get() < 20, "it slept, not spun");
    assert_eq!(connection.stream().output, b"idle!");
}

#[test]
fn one_who_waits_for_the_application_is_pending_and_flushes_and_minds_the_clock() {
    let mut connection = Polled::new(silent(), Strict { needs_app: true, ..Strict::default() });
    connection.link.tx.put(b"meanwhile");
    assert!(once(connection.next()).is_pending());
    assert_eq!(connection.stream().output, b"meanwhile");
    assert_eq!(connection.stream().read_calls, 0);
    turn(SECOND);
    connection.stream_mut().silent = false;
    assert!(matches!(within(1, connection.next()), Err(Error::Protocol(TooSlow))));
}

#[test]
fn a_thread_that_would_wait_for_itself_is_told() {
    let mut connection = Blocked::new(silent(), Strict { needs_app: true, ..Strict::default() });
    connection.link.tx.put(b"meanwhile");
    assert!(matches!(connection.next(), Err(Error::Io(error)) if error.kind() == ErrorKind::Deadlock));
    assert_eq!(connection.stream().output, b"meanwhile");
    connection.needs_app = false;
    connection.stream_mut().input.push_back(b"go on".to_vec());
    assert_eq!(connection.next().unwrap().unwrap(), "go on");
}

#[test]
fn nothing_is_read_before_replies_have_drained() {
    let stream = Script { capacity: Some(3), silent: true, ..Script::new([b"more"]) };
    let mut connection = Polled::new(stream, Strict { needs_flush: true, ..Strict::default() });
    connection.link.tx.put(b"a reply");
    assert!(once(connection.next()).is_pending());
    assert_eq!(connection.stream().read_calls, 0);
    connection.stream_mut().capacity = None;
    assert_eq!(within(1, connection.next()).unwrap().unwrap(), "more");
    assert_eq!(connection.stream().output, b"a reply");
}

#[test]
fn a_slow_reader_holds_the_producer_back() {
    let mut connection =
        Polled::new(Script { capacity: Some(10_000), silent: true, ..Script::default() }, Session::default());
    connection.set_high_water(50_000);
    let mut sent = 0;
    while sent < 1_000_000 {
        if once(connection.ready()).is_pending() {
            let taken = connection.stream().output.len();
            connection.stream_mut().capacity = Some(taken + 10_000);
            continue;
        }
        connection.send(vec![7; 5_000]).unwrap();
        sent += 5_000;
        assert!(connection.link().tx.len() <= 55_000);
    }
    connection.stream_mut().capacity = None;
    within(1, connection.flush()).unwrap();
    assert_eq!(connection.stream().output.len(), sent);
}

#[test]
fn one_who_waits_for_a_reader_minds_the_clock() {
    let full = || Script { capacity: Some(4), silent: true, ..Script::default() };
    let mut connection = Polled::new(full(), Strict::default());
    connection.set_linger(SECOND);
    connection.link.tx.put(&[7; 100_000]);
    assert!(once(connection.next()).is_pending());
    assert!(once(connection.ready()).is_pending());
    turn(SECOND);
    assert!(once(connection.ready()).is_pending(), "trying to say goodbye");
    turn(SECOND);
    assert!(matches!(within(1, connection.ready()), Err(Error::Protocol(TooSlow))));
    assert!(matches!(within(1, connection.ready()), Err(Error::Io(error)) if error.kind() == ErrorKind::BrokenPipe));

    let mut connection = Polled::new(full(), Strict { ticks: Some(0), ..Strict::default() });
    connection.link.tx.put(&[7; 100_000]);
    assert!(once(connection.next()).is_pending());
    for _ in 0..3 {
        assert!(once(connection.ready()).is_pending());
        turn(SECOND);
    }
    assert!(once(connection.flush()).is_pending());
    for n in 1..=3 {
        assert_eq!(within(1, connection.next()).unwrap().unwrap(), format!("tick {n}"), "kept, in order");
    }
    assert!(once(connection.next()).is_pending());
}

#[test]
fn the_end_is_sent_and_lingered_for() {
    let mut connection = Polled::new(Script { silent: true, ..Script::new([vec![1; 100_000]]) }, Session::default());
    connection.send(&b"bye"[..]).unwrap();
    assert!(once(connection.hang_up()).is_pending());
    assert_eq!((&connection.stream().output[..], connection.stream().shut), (&b"bye"[..], true));
    assert!(connection.stream().input.is_empty(), "read and thrown away");
    connection.stream_mut().silent = false;
    within(1, connection.hang_up()).unwrap();
    within(1, connection.hang_up()).unwrap();
}

#[test]
fn a_peer_that_never_ends_is_not_lingered_for_for_ever() {
    let flood = || Script { silent: true, ..Script::new(vec![vec![1; 16 * 1024]; 1_000]) };
    let mut connection = Polled::new(flood(), Session::default());
    for _ in 0..10 {
        assert!(once(connection.hang_up()).is_pending());
    }
    turn(Duration::from_secs(6));
    within(1, connection.hang_up()).unwrap();
    assert!(!connection.stream().input.is_empty(), "it wasn't read to the end");

    let mut connection = Blocked::new(flood(), Session::default());
    connection.set_linger(SECOND / 10);
    connection.hang_up().unwrap();
    assert!(connection.stream().input.is_empty());
    assert!(!connection.stream().patient.contains(&true), "the end keeps to its time");
}

#[test]
fn a_farewell_that_nobody_reads_is_given_up() {
    let mut connection =
        Polled::new(Script { capacity: Some(1), silent: true, ..Script::default() }, Session::default());
    connection.send(&b"bye"[..]).unwrap();
    assert!(once(connection.hang_up()).is_pending());
    turn(Duration::from_secs(4));
    connection.stream_mut().capacity = Some(2);
    assert!(once(connection.hang_up()).is_pending(), "some progress: more patience");
    turn(Duration::from_secs(4));
    assert!(once(connection.hang_up()).is_pending());
    turn(Duration::from_secs(2));
    assert_eq!(within(1, connection.hang_up()).unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn a_machine_that_is_done_but_did_not_end_the_stream_leaves_it_open() {
    #[derive(Default)]
    struct Looked(Link);
    impl Machine for Looked {
        type Event = ();
        type Error = TooSlow;
        fn link(&mut self) -> &mut Link {
            &mut self.0
        }
        fn next(&mut self, _: Instant) -> Result<Next<()>, TooSlow> {
            Ok(Next::Done)
        }
    }
    let mut connection = Polled::new(Script::new([b"for the next"]), Looked::default());
    connection.0.tx.put(b"101");
    assert!(within(1, connection.next()).unwrap().is_none());
    assert!(within(1, connection.next()).unwrap().is_none());
    assert!(!connection.stream().shut);
    assert_eq!(connection.stream().output, b"101");
    let mut connection = connection.map_machine(|looked| Session::with_link(looked.0));
    assert_eq!(within(1, connection.next()).unwrap(), Some(Event::Data((&b"for the next"[..]).into())));
}

#[test]
fn one_who_waits_holds_no_buffer() {
    let mut connection = Polled::new(Script { silent: true, ..Script::new([vec![1; 30_000]]) }, Session::default());
    while !once(connection.wait(Next::NeedInput)).is_pending() {
        let n = connection.link().rx.len();
        connection.link().rx.skip(n);
        connection.link().tx.put(&[2; 3_000]);
    }
    assert_eq!(connection.stream().output.len(), 6_000);
    assert_eq!(connection.link().detach(), (None, None));
}

#[test]
fn output_finds_its_storage_again() {
    let mut connection = Polled::new(silent(), Session::default());
    let mut kept = None;
    for round in 0..10 {
        assert!(once(connection.wait(Next::NeedInput)).is_pending());
        connection.stream_mut().input.push_back(b"x".to_vec());
        // Whoever allocates meanwhile would be given storage that was freed.
        let _elsewhere = Vec::<u8>::with_capacity(3_000);
        assert!(once(connection.wait(Next::NeedInput)).is_ready());
        let link = connection.link();
        link.rx.skip(1);
        link.tx.put(&[2; 3_000]);
        let mut chunks = [&b""[..]];
        link.tx.chunks(&mut chunks);
        let kept = *kept.get_or_insert(chunks[0].as_ptr());
        assert_eq!(kept, chunks[0].as_ptr(), "round {round}");
    }
}

#[test]
fn a_thread_whose_output_is_stuck_waits_for_both() {
    let stream = Script { capacity: Some(10), silent: true, ..Script::new([b"hello"]) };
    let mut connection = Blocked::new(stream, Strict::default());
    connection.set_linger(SECOND / 10);
    assert_eq!(connection.next().unwrap().unwrap(), "hello");
    connection.link.tx.put(&[7; 100]);
    assert!(matches!(connection.next(), Err(Error::Protocol(TooSlow))));
    let stream = connection.stream();
    assert!(stream.patient[0], "nothing to write: the read itself may wait");
    assert!(stream.patient[1..].iter().all(|patient| !patient));
    assert_eq!(stream.interests.borrow()[0], Interest { read: true, write: true });
}

#[test]
fn a_thread_that_has_made_room_doesnt_wait_in_a_read() {
    let mut connection = Blocked::new(Script { silent: true, ..Script::default() }, Strict::default());
    connection.set_high_water(10);
    connection.link.tx.put(&[7; 100]);
    assert!(connection.wait(Next::NeedInput).unwrap());
    let stream = connection.stream();
    assert_eq!((stream.output.len(), &stream.patient[..]), (100, &[false][..]));
    assert!(stream.interests.borrow().is_empty(), "that there is room is news");
}

#[test]
fn reads_grow_while_they_fill_their_buffer() {
    let mut connection = Polled::new(Script::new([vec![1; 500_000]]), Session::default());
    let mut sizes = Vec::new();
    while let Some(Event::Data(bytes)) = within(1, connection.next()).unwrap() {
        sizes.push(bytes.len());
    }
    assert_eq!(sizes[..4], [16 * 1024, 16 * 1024, 64 * 1024, 64 * 1024]);
}

#[test]
fn a_duplex_sends_items_and_holds_them_back() {
    let mut connection =
        Polled::new(Script { capacity: Some(0), silent: true, ..Script::default() }, Session::default());
    connection.set_high_water(4);
    let mut duplex = Duplex::new(connection, |session: &mut Session, bytes: &'static [u8]| session.send(bytes));
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut duplex).poll_ready(cx).is_ready());
    Pin::new(&mut duplex).start_send(b"hello").unwrap();
    assert!(Sink::<&[u8]>::poll_ready(Pin::new(&mut duplex), cx).is_pending());
    duplex.connection_mut().stream_mut().capacity = None;
    assert!(Sink::<&[u8]>::poll_ready(Pin::new(&mut duplex), cx).is_ready());
    duplex.connection_mut().close().unwrap();
    let late = Pin::new(&mut duplex).start_send(b"late").unwrap_err();
    assert!(matches!(late, Error::Io(error) if error.kind() == ErrorKind::InvalidInput));
    duplex.connection_mut().stream_mut().silent = false;
    assert!(Sink::<&[u8]>::poll_close(Pin::new(&mut duplex), cx).is_ready());
    assert_eq!(duplex.into_inner().stream().output, b"hello");
}

#[test]
fn errors_say_what_they_wrap() {
    let io: Error<io::Error> = io::Error::new(ErrorKind::TimedOut, "too late").into();
    assert_eq!(io.to_string(), "too late");
    assert_eq!(Error::Protocol(io::Error::other("bad peer")).to_string(), "bad peer");
}
