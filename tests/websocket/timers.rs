//! Peers that are silent, slow or gone, by a clock that is turned by hand; and the two ends of a connection.

use super::drive::{CLIENT, DOORS, Heard, ROLES, Run};
use super::wire::{self, Frame, begin, binary, close, frame, ping, pong, text, written};
use barewire::websocket::{CloseCode, Config, ConfigBuilder, Error, Kind, Role};
use barewire::{Instant, Machine, Misuse, Next};
use core::time::Duration;

fn start(role: Role, config: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Run {
    let mut run = Run::new(role, config(Config::builder()).build().unwrap(), DOORS[0]).mute();
    run.work();
    run
}

fn says(run: &mut Run, role: Role, frames: &[Frame]) {
    run.feed(&written(frames, role == Role::Server));
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// What was sent since the last look.
fn sent(run: &mut Run, role: Role) -> Vec<(u8, Vec<u8>)> {
    let output = core::mem::take(&mut run.seen.output);
    wire::read(&output, role != Role::Server).into_iter().map(|(first, payload, _)| (first, payload)).collect()
}

/// Turns the clock to the deadline, which must lie ahead; nothing may happen before it.
fn to_deadline(run: &mut Run) -> Instant {
    let deadline = run.session.deadline().expect("no deadline");
    assert!(deadline > run.now, "a deadline in the past");
    let before = (run.seen.heard.clone(), run.seen.error, run.session.link().tx.len());
    run.now = Instant::from_nanos(deadline.as_nanos() - 1);
    run.ask();
    assert_eq!((run.seen.heard.clone(), run.seen.error, run.session.link().tx.len()), before, "before its time");
    assert_eq!(run.session.deadline(), Some(deadline));
    run.now = deadline;
    run.ask();
    deadline
}

/// The same without a look at it before: what was drained since is news.
fn sleeps(run: &mut Run) {
    let deadline = run.session.deadline().expect("no deadline");
    assert!(deadline > run.now, "a deadline in the past");
    run.now = deadline;
    run.ask();
}

#[test]
fn a_silent_peer_is_pinged_and_given_up() {
    for role in ROLES {
        let mut run = start(role, |config| config.ping(Some(secs(30))).pong(secs(20)));
        let began = run.now;
        assert_eq!(to_deadline(&mut run) - began, secs(30));
        run.work();
        assert_eq!(sent(&mut run, role), [(0x89, vec![])]);
        assert_eq!(to_deadline(&mut run) - began, secs(50));
        run.work();
        assert_eq!(run.seen.error, Some(Error::Silent));
        assert_eq!(sent(&mut run, role), [(0x88, 1011_u16.to_be_bytes().to_vec())]);
        assert!(run.seen.fin);
    }
}

#[test]
fn any_byte_is_a_sign_of_life() {
    let signs = [pong(""), text("x"), ping("x"), begin("x")];
    for role in ROLES {
        for sign in &signs {
            let bytes = written(std::slice::from_ref(sign), role == Role::Server);
            let mut run = start(role, |config| config.ping(Some(secs(30))).pong(secs(20)));
            for byte in &bytes {
                // Just before it would be given up.
                to_deadline(&mut run);
                run.work();
                assert_eq!(sent(&mut run, role), [(0x89, vec![])], "a ping, before {byte}");
                run.now = Instant::from_nanos(run.session.deadline().unwrap().as_nanos() - 1);
                run.feed(&[*byte]);
                sent(&mut run, role);
                let silent = run.now + secs(30);
                while run.session.deadline().unwrap() < silent {
                    to_deadline(&mut run);
                }
                assert_eq!(run.session.deadline(), Some(silent), "{sign:?}");
            }
            assert_eq!(run.seen.error, None);
        }
    }
}

#[test]
fn without_timers_there_is_no_deadline() {
    for role in ROLES {
        let mut run = start(role, |config| config.ping(None).stall(None));
        says(&mut run, role, &[text("x"), begin("y"), ping("z")]);
        run.now = run.now + secs(10);
        run.work();
        assert_eq!(run.session.deadline(), None);
    }
}

#[test]
fn a_ping_behind_a_backlog_counts_from_when_it_left() {
    let mut run = start(Role::Server, |config| config.ping(Some(secs(30))).pong(secs(20)).stall(None));
    run.session.send(vec![0; 1 << 20]).unwrap();
    run.ask();
    to_deadline(&mut run);
    for _ in 0..10 {
        assert_eq!(run.drain(1000), 1000);
        to_deadline(&mut run);
        assert_eq!(run.seen.error, None);
    }
    run.drain(usize::MAX);
    to_deadline(&mut run);
    assert_eq!(run.seen.error, None, "it has just left");
    to_deadline(&mut run);
    assert_eq!(run.seen.error, Some(Error::Silent));
}

#[test]
fn who_takes_nothing_is_left() {
    for role in ROLES {
        let mut run = start(role, |config| config.ping(None).stall(Some(secs(60))));
        run.session.send(vec![0; 1 << 20]).unwrap();
        run.ask();
        let began = run.now;
        run.now = began + secs(59);
        assert_eq!(run.drain(1), 1);
        run.ask();
        assert_eq!(to_deadline(&mut run) - began, secs(119), "a byte is progress");
        assert_eq!(run.seen.error, Some(Error::Stalled));
        run.drain(0);
        assert!(run.seen.aborted && run.session.link().tx.is_empty(), "a farewell would reach nobody");
        assert_eq!(run.session.send("late"), Err(Misuse::Closed));
    }
}

#[test]
fn a_close_that_is_not_answered() {
    for role in ROLES {
        let mut run = start(role, |config| config.close_timeout(secs(5)));
        let began = run.now;
        run.session.close(CloseCode::AWAY, "bye").unwrap();
        run.work();
        assert_eq!(sent(&mut run, role), [(0x88, b"\x03\xe9bye".to_vec())]);
        // What it still has to say comes; that it is still there puts nothing off.
        run.now = began + secs(4);
        says(&mut run, role, &[text("still"), ping("here"), begin("and")]);
        assert_eq!(run.seen.heard, [Heard::Text("still".into()), Heard::Ping(b"here".into())]);
        assert_eq!(sent(&mut run, role), [], "our Close was the last");
        assert_eq!(to_deadline(&mut run) - began, secs(5));
        run.work();
        assert_eq!(run.seen.error, Some(Error::CloseTimeout));
        assert_eq!((sent(&mut run, role), run.seen.fin), (vec![], true));
    }
}

#[test]
fn a_close_behind_a_backlog_counts_from_when_it_left() {
    for role in ROLES {
        let mut run = start(role, |config| config.close_timeout(secs(5)));
        run.session.send(vec![0; 1 << 20]).unwrap();
        run.session.close(CloseCode::NORMAL, "").unwrap();
        run.ask();
        // A slow reader, but a reader: 52 KB a second.
        for _ in 0..19 {
            run.now = run.now + secs(1);
            assert_eq!(run.drain(52_000), 52_000);
            run.ask();
            assert_eq!(run.seen.error, None, "it can't have got our Close yet");
        }
        run.drain(usize::MAX);
        run.ask();
        let left = run.now;
        while run.seen.error.is_none() {
            to_deadline(&mut run);
        }
        assert_eq!(run.seen.error, Some(Error::CloseTimeout));
        assert!(run.now - left <= secs(10), "{:?}", run.now - left);
    }
}

/// The same with a driver that only looks at its clock.
#[test]
fn a_close_behind_a_backlog_with_a_lazy_driver() {
    let mut run = start(Role::Server, |config| config.close_timeout(secs(5)).ping(None));
    run.session.send(vec![0; 1 << 20]).unwrap();
    run.session.close(CloseCode::NORMAL, "").unwrap();
    run.ask();
    for _ in 0..3 {
        run.drain(300_000);
        sleeps(&mut run);
        assert_eq!(run.seen.error, None);
    }
    run.drain(usize::MAX);
    let left = run.now;
    while run.seen.error.is_none() {
        sleeps(&mut run);
    }
    assert_eq!(run.seen.error, Some(Error::CloseTimeout));
    assert!(run.now - left <= secs(10), "{:?}", run.now - left);
}

/// A driver that writes what there is, then waits for input or the deadline, as the contract allows.
#[test]
fn the_latest_ping_is_answered_by_a_driver_that_does_not_ask_again() {
    for role in ROLES {
        let mut run = start(role, |config| config);
        run.session.send(vec![0; 1 << 20]).unwrap();
        let pings = written(&[ping("1"), ping("2")], role == Role::Server);
        run.session.link().rx.spare(pings.len()).copy_from_slice(&pings);
        run.session.link().rx.commit(pings.len());
        run.ask();
        run.drain(usize::MAX);
        let drained = run.now;
        sleeps(&mut run);
        run.work();
        assert!(run.now - drained <= secs(1), "{:?}", run.now - drained);
        assert_eq!(sent(&mut run, role)[1..], [(0x8A, b"2".to_vec())]);
    }
}

#[test]
fn the_server_ends_the_stream_and_the_client_waits_for_it() {
    for we_begin in [false, true] {
        for role in ROLES {
            let mut run = start(role, |config| config.close_timeout(secs(5)));
            if we_begin {
                run.session.close(CloseCode::NORMAL, "").unwrap();
                run.work();
            }
            says(&mut run, role, &[close(1000, "")]);
            assert_eq!(run.seen.heard, [Heard::Close(Some((1000, String::new())))]);
            assert_eq!(sent(&mut run, role), [(0x88, 1000_u16.to_be_bytes().to_vec())], "one Close each");
            assert_eq!((run.seen.done, run.seen.fin), (role == Role::Server, role == Role::Server));
            assert_eq!(run.session.ping(b""), Err(Misuse::Closed));
            if role != Role::Server {
                let mut patient = start(role, |config| config.close_timeout(secs(5)));
                says(&mut patient, role, &[close(1000, "")]);
                patient.eof();
                assert!(patient.seen.done && patient.seen.fin && patient.seen.error.is_none());
                // And one that waits in vain.
                to_deadline(&mut run);
                run.work();
                assert!(run.seen.done && run.seen.fin && run.seen.error.is_none());
            }
            assert_eq!(run.session.deadline(), None);
        }
    }
}

/// It holds nothing that would be given up a second later.
#[test]
fn a_close_after_a_message_in_fragments() {
    let mut run = start(CLIENT, |config| config.close_timeout(secs(5)));
    says(&mut run, CLIENT, &[begin("frag"), frame(0x80, "ment")]);
    says(&mut run, CLIENT, &[close(1000, "")]);
    assert_eq!(run.session.deadline(), Some(run.now + secs(5)));
}

#[test]
fn a_peer_that_closes_while_we_stream() {
    for role in ROLES {
        let mut run = start(role, |config| config);
        run.session.start(Kind::Binary).unwrap();
        run.session.data("first").unwrap();
        says(&mut run, role, &[close(1001, "bye")]);
        assert_eq!(run.session.data("second"), Err(Misuse::Closed));
        assert_eq!(run.session.end(), Err(Misuse::Closed));
        run.work();
        assert_eq!(sent(&mut run, role), [(0x02, b"first".to_vec()), (0x88, 1001_u16.to_be_bytes().to_vec())]);
    }
}

#[test]
fn faults_after_our_close_are_no_second_close() {
    let faults =
        [(frame(0x83, ""), Error::Opcode(3)), (text(b"\xff"), Error::Utf8), (close(1005, ""), Error::CloseCode(1005))];
    for role in ROLES {
        for (fault, error) in &faults {
            let mut run = start(role, |config| config);
            run.session.close(CloseCode::NORMAL, "").unwrap();
            says(&mut run, role, std::slice::from_ref(fault));
            assert_eq!(run.seen.error, Some(*error));
            assert_eq!(sent(&mut run, role), [(0x88, 1000_u16.to_be_bytes().to_vec())]);
            assert!(run.seen.fin);
        }
    }
}

#[test]
fn the_end_of_the_stream_in_every_state() {
    let half = |run: &mut Run, role: Role, frames: &[Frame], cut: usize| {
        let bytes = written(frames, role == Role::Server);
        run.feed(&bytes[..bytes.len() - cut]);
    };
    for role in ROLES {
        for whole in [0, 1 << 20] {
            for closed in [false, true] {
                for (frames, cut) in [
                    (vec![], 0),
                    (vec![text("x")], 0),
                    (vec![text("x")], 1),
                    (vec![text("")], 1),
                    (vec![begin("x")], 0),
                    (vec![begin("x")], 1),
                    (vec![begin("x"), ping("y")], 1),
                    (vec![binary([0; 300])], 200),
                    (vec![binary([0; 300])], 302),
                    (vec![close(1000, "bye")], 1),
                ] {
                    let mut run = start(role, |config| config.whole(whole));
                    if closed {
                        run.session.close(CloseCode::NORMAL, "").unwrap();
                    }
                    half(&mut run, role, &frames, cut);
                    run.eof();
                    assert_eq!(run.seen.error, Some(Error::Eof), "{frames:?}");
                    let farewell = if closed { vec![(0x88, 1000_u16.to_be_bytes().to_vec())] } else { vec![] };
                    assert_eq!(sent(&mut run, role), farewell, "a Close would reach nobody");
                    assert!(run.seen.done && run.seen.fin && !run.seen.aborted);
                }
            }
        }
    }
}

#[test]
fn no_time_passes_for_who_is_done() {
    let mut run = start(CLIENT, |config| config);
    says(&mut run, CLIENT, &[frame(0x83, "")]);
    assert_eq!(run.seen.error, Some(Error::Opcode(3)));
    run.now = run.now + secs(1000);
    assert_eq!(run.session.next(run.now), Ok(Next::Done));
    assert_eq!(run.session.deadline(), None);
}
