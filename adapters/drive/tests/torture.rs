//! Whatever a stream does, a connection gives the same events or a clean error, in a bounded number of steps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use barewire::raw::{Event, Session};
use barewire_drive::{Error, blocking, poll};
use core::convert::Infallible;
use core::task::Poll;
use std::io::ErrorKind;
use support::{Script, Sim, TROUBLES, Trouble, once, within};

type Polled = poll::Connection<Sim, Script, Session>;
type Blocked = blocking::Connection<Sim, Script, Session>;
type Outcome = (Vec<u8>, bool, Result<(), Error<Infallible>>);

/// A mixture of sizes: smaller and larger than a window, and than what leaves by reference.
fn input() -> Vec<Vec<u8>> {
    [5, 1, 20_000, 5_000, 70_000, 3, 16 * 1024].iter().zip(b'a'..).map(|(n, byte)| vec![byte; *n]).collect()
}

/// Echoes through `next`, and says what was heard, whether to the end, and how it ended.
macro_rules! echo {
    ($next:expr, $connection:ident) => {{
        let (mut heard, mut ended) = (Vec::new(), false);
        loop {
            match $next {
                Ok(Some(Event::Data(bytes))) => {
                    heard.extend_from_slice(&bytes);
                    $connection.send(bytes).unwrap();
                }
                Ok(Some(_)) => {
                    ended = true;
                    $connection.close().unwrap();
                }
                Ok(None) => break (heard, ended, Ok(())),
                Err(error) => break (heard, ended, Err(error)),
            }
        }
    }};
}

fn polled(connection: &mut Polled) -> Outcome {
    echo!(within(1_000, connection.next()), connection)
}

/// As `polled`, but no future lives for longer than one poll.
fn dropped(connection: &mut Polled) -> Outcome {
    let mut polls = 0;
    let mut next = |connection: &mut Polled| {
        loop {
            polls += 1;
            assert!(polls < 1_000, "no end");
            if let Poll::Ready(output) = once(connection.next()) {
                return output;
            }
        }
    };
    echo!(next(connection), connection)
}

fn blocked(connection: &mut Blocked) -> Outcome {
    echo!(connection.next(), connection)
}

fn check(
    name: &str,
    read: Option<(usize, Trouble)>,
    write: Option<(usize, Trouble)>,
    stream: &Script,
    outcome: Outcome,
) {
    let all = input().concat();
    let (heard, ended, outcome) = outcome;
    let case = format!("{name} {read:?} {write:?}");
    assert!(all.starts_with(&heard), "{case}: heard something else");
    assert!(heard.starts_with(&stream.output), "{case}: said something else");
    match read.or(write).map(|(_, trouble)| trouble) {
        Some(Trouble::Reset) => {
            assert!(matches!(outcome, Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionReset), "{case}")
        }
        Some(Trouble::Zero) if write.is_some() => {
            assert!(matches!(outcome, Err(Error::Io(error)) if error.kind() == ErrorKind::WriteZero), "{case}");
        }
        Some(Trouble::Zero) => {
            assert!(outcome.is_ok() && ended && stream.shut, "{case}: an end is an end");
            assert_eq!(stream.output, heard, "{case}");
        }
        _ => {
            assert!(outcome.is_ok() && ended && stream.shut, "{case}");
            assert!(heard == all && stream.output == all, "{case}: not everything came through");
        }
    }
}

fn script(read: Option<(usize, Trouble)>, write: Option<(usize, Trouble)>, hesitant: bool) -> Script {
    Script { read_trouble: read, write_trouble: write, hesitant, ..Script::new(input()) }
}

/// The same trouble in every call of a side, one after the other, on all loops.
fn torture(hesitant: bool) {
    let mut cases = 0;
    let mut connection = Polled::new(script(None, None, hesitant), Session::default());
    let outcome = polled(&mut connection);
    check("untroubled", None, None, connection.stream(), outcome);
    let calls = (connection.stream().read_calls, connection.stream().write_calls);
    assert!(calls.0 > 7 && calls.1 > 7);
    for trouble in TROUBLES {
        let reads = (1..=calls.0).map(|k| (Some((k, trouble)), None));
        let writes = (1..=calls.1).map(|k| (None, Some((k, trouble))));
        for (read, write) in reads.chain(writes) {
            cases += 1;
            // A hesitant call may block before it gets to its trouble: then nothing goes wrong.
            let met = |stream: &Script| {
                let late = |at: Option<(usize, Trouble)>, calls| at.filter(|(k, _)| *k <= calls);
                (late(read, stream.read_calls), late(write, stream.write_calls))
            };
            let mut connection = Polled::new(script(read, write, hesitant), Session::default());
            let outcome = polled(&mut connection);
            let (read, write) = met(connection.stream());
            check("polled", read, write, connection.stream(), outcome);
            assert!(within(10, connection.next()).unwrap().is_none(), "after the end comes nothing");

            let mut connection = Polled::new(script(read, write, hesitant), Session::default());
            let outcome = dropped(&mut connection);
            let (read, write) = met(connection.stream());
            check("dropped", read, write, connection.stream(), outcome);

            let mut connection = Blocked::new(script(read, write, hesitant), Session::default());
            let outcome = blocked(&mut connection);
            let (read, write) = met(connection.stream());
            check("blocked", read, write, connection.stream(), outcome);
            assert!(connection.next().unwrap().is_none(), "after the end comes nothing");
        }
    }
    assert!(cases > 70);
}

#[test]
fn every_call_may_go_wrong() {
    torture(false);
}

#[test]
fn every_call_of_a_hesitant_stream_may_go_wrong() {
    torture(true);
}

#[test]
fn what_the_peer_said_before_it_hung_up_is_heard() {
    let stream = Script { write_trouble: Some((1, Trouble::Reset)), ..Script::new([b"last words"]) };
    let mut connection = Polled::new(stream, Session::default());
    connection.send(&b"request"[..]).unwrap();
    assert_eq!(within(9, connection.next()).unwrap(), Some(Event::Data((&b"last words"[..]).into())));
    connection.send(&b"to nobody"[..]).unwrap();
    assert!(
        matches!(within(9, connection.next()), Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionReset)
    );
    assert!(barewire::Machine::link(connection.machine_mut()).tx.is_empty());
    assert!(within(9, connection.next()).unwrap().is_none());
}

#[test]
fn sixteen_commands_leave_in_one_write() {
    let mut connection = Polled::new(Script { silent: true, ..Script::default() }, Session::default());
    for _ in 0..16 {
        connection.send(&b"GET / HTTP/1.1\r\n\r\n"[..]).unwrap();
        connection.send(vec![b'x'; 8_000]).unwrap();
    }
    assert!(connection.stream().writes.is_empty());
    assert!(once(connection.next()).is_pending());
    assert_eq!(connection.stream().writes, [16 * 8_018]);
}

#[test]
fn an_abort_reaches_the_stream() {
    let mut connection = Polled::new(Script { silent: true, ..Script::default() }, Session::default());
    connection.send(&b"half"[..]).unwrap();
    barewire::Machine::link(connection.machine_mut()).tx.abort();
    assert!(within(1, connection.next()).unwrap().is_none());
    assert!(connection.stream().aborted && connection.stream().output.is_empty());
}

#[test]
fn an_upgrade_moves_everything_to_the_next_machine() {
    let stream = Script { silent: true, ..Script::new([b"first"]) };
    let mut connection = Polled::new(stream, Session::default());
    assert_eq!(within(1, connection.next()).unwrap(), Some(Event::Data((&b"first"[..]).into())));
    connection.send(&b"queued"[..]).unwrap();
    connection.stream_mut().input.push_back(b"early".to_vec());
    assert!(within(1, connection.wait(barewire::Next::NeedInput)).unwrap());
    let mut connection = connection.map_machine(|session| Session::with_link(session.into_link()));
    assert_eq!(within(1, connection.next()).unwrap(), Some(Event::Data((&b"early"[..]).into())));
    assert!(once(connection.next()).is_pending());
    let (stream, _) = connection.into_parts();
    assert_eq!(stream.output, b"queued");
}
