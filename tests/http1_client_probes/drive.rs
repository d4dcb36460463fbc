//! Runs a case against the client in memory, cut in every way.

use super::table::{Case, End, Heard};
use barewire::http::{Body, FieldName, FieldValue, Method, Request, ResponseEvent, Target};
use barewire::http1::{Client, Error};
use barewire::{Instant, Machine, Next};

const NOW: Instant = Instant::from_nanos(1);

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Outcome {
    heard: Vec<Heard>,
    /// A response whose end hasn't come.
    open: Option<Heard>,
    error: Option<Error>,
    done: bool,
    /// Whether another request could be sent.
    ready: bool,
}

fn ask(client: &mut Client, asked: &str) {
    for method in asked.split_whitespace() {
        let target = if method == "CONNECT" { "h:443" } else { "/" };
        let known = if method == "UPGRADE" { "GET" } else { method };
        let mut request = Request::new(Method::new(known).unwrap(), Target::new(target).unwrap());
        request = request.field(FieldName::HOST, FieldValue::literal("h"));
        if method == "UPGRADE" {
            request = request.field(FieldName::UPGRADE, FieldValue::literal("x"));
        }
        if method == "POST" {
            client.request_with(&request, "hello").unwrap();
        } else {
            client.request(&request, Body::Empty).unwrap();
        }
    }
    while client.link().tx.pop().is_some() {}
}

fn run<'a>(case: &Case, pieces: impl IntoIterator<Item = &'a [u8]>, ends: bool, lends: bool) -> Outcome {
    let mut client = Client::new(case.configured());
    ask(&mut client, case.asked);
    let mut outcome = Outcome::default();
    let mut client = Some(client);
    for piece in pieces {
        let mut rest = piece;
        while !rest.is_empty() {
            let Some(open) = client.as_mut().filter(|_| !outcome.done) else { break };
            let spare = open.link().rx.spare(rest.len());
            let n = spare.len();
            assert!(n > 0, "no room, and nothing to do");
            spare.copy_from_slice(&rest[..n]);
            open.link().rx.commit(n);
            rest = &rest[n..];
            work(&mut client, lends, &mut outcome);
        }
        if let Some(Heard::Switched(_, left)) = outcome.heard.last_mut() {
            left.extend_from_slice(rest);
        }
    }
    if let Some(open) = client.as_mut().filter(|_| ends && !outcome.done) {
        open.link().rx.close();
        work(&mut client, lends, &mut outcome);
    }
    outcome.ready = client.is_some_and(|client| client.is_ready());
    outcome
}

fn work(client: &mut Option<Client>, lends: bool, outcome: &mut Outcome) {
    let Some(mut machine) = client.take() else { return };
    for _ in 0..1_000_000 {
        let next = if lends {
            machine.next_ref(NOW).map(|next| next.map(|event| note(outcome, event)))
        } else {
            machine.next(NOW).map(|next| next.map(|event| note(outcome, event)))
        };
        match next {
            Ok(Next::Event(None)) => {}
            Ok(Next::Event(Some(status))) => {
                let mut link = machine.into_link();
                let n = link.rx.len();
                outcome.heard.push(Heard::Switched(status, link.rx.take(n).to_vec()));
                outcome.done = true;
                return;
            }
            Ok(Next::NeedInput) => {
                assert!(machine.link().rx.room() > 0 && !machine.link().rx.is_eof());
                break;
            }
            Ok(Next::Done) => {
                outcome.done = true;
                break;
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                outcome.error = Some(error);
                outcome.done = true;
                assert_eq!(machine.next(NOW), Ok(Next::Done));
                assert!(machine.link().tx.is_ended());
                break;
            }
        }
    }
    while machine.link().tx.pop().is_some() {}
    *client = Some(machine);
}

fn owned<B: AsRef<[u8]>>(fields: &barewire::http::Fields<B>) -> Vec<(String, Vec<u8>)> {
    fields.iter().map(|(name, value)| (name.as_str().to_ascii_lowercase(), value.as_bytes().to_vec())).collect()
}

/// Gives the status of a switch.
fn note<B: AsRef<[u8]>>(outcome: &mut Outcome, event: ResponseEvent<B>) -> Option<u16> {
    match event {
        ResponseEvent::Continue { .. } => panic!("no body is waiting"),
        ResponseEvent::Interim { head, .. } => {
            assert_eq!(outcome.open, None);
            outcome.heard.push(Heard::Interim(head.status().code()));
        }
        ResponseEvent::Response { head, .. } => {
            assert_eq!(outcome.open, None);
            let (status, fields) = (head.status().code(), owned(head.fields()));
            outcome.open = Some(Heard::Response { status, body: Vec::new(), trailers: Vec::new(), fields });
        }
        ResponseEvent::Data { bytes, .. } => match &mut outcome.open {
            Some(Heard::Response { body, .. }) if !bytes.as_ref().is_empty() => body.extend_from_slice(bytes.as_ref()),
            other => panic!("data to {other:?}"),
        },
        ResponseEvent::End { trailers: last, .. } => {
            let mut open = outcome.open.take().unwrap();
            if let Heard::Response { trailers, .. } = &mut open {
                *trailers = owned(&last);
            }
            outcome.heard.push(open);
        }
        ResponseEvent::Upgraded { head, .. } => return Some(head.status().code()),
        _ => panic!("no event of HTTP/1"),
    }
    None
}

fn fits(got: &Heard, expected: &Heard) -> bool {
    match (got, expected) {
        (
            Heard::Response { status, body, trailers, fields },
            Heard::Response { status: s, body: b, trailers: t, fields: f },
        ) => (status, body, trailers) == (s, b, t) && f.iter().all(|field| fields.contains(field)),
        _ => got == expected,
    }
}

fn answers(heard: &[Heard]) -> usize {
    heard.iter().filter(|one| !matches!(one, Heard::Interim(_))).count()
}

fn judge(case: &Case, outcome: &Outcome, ended: bool) -> Result<(), String> {
    let open = case.end == End::UntilClose && !ended;
    let expected = &case.heard[..case.heard.len() - usize::from(open)];
    if outcome.heard.len() != expected.len() || !outcome.heard.iter().zip(expected).all(|(got, want)| fits(got, want)) {
        return Err(format!("heard {:?} instead of {expected:?}", outcome.heard));
    }
    if open && !outcome.open.as_ref().is_some_and(|got| fits(got, &case.heard[expected.len()])) {
        return Err(format!("hearing {:?}", outcome.open));
    }
    let unanswered = answers(&case.heard) < case.asked.split_whitespace().count();
    let faulty = case.end == End::Fails || ended && (case.end == End::Waits || unanswered);
    let done = ended || matches!(case.end, End::Fails | End::Over);
    // Before an answer, one more can be asked ahead of it; behind one that closes, none.
    let ready = if case.end == End::Waits && !ended { outcome.ready } else { case.end == End::Idle && !ended };
    if (outcome.error.is_some(), outcome.done, outcome.ready) != (faulty, done, ready) {
        return Err(format!("error {:?}, done {}, ready {}", outcome.error, outcome.done, outcome.ready));
    }
    Ok(())
}

/// Runs the case in every way; says what is wrong.
pub(crate) fn check(case: &Case) -> Result<(), String> {
    let input = &case.input[..];
    let whole = run(case, [input], false, false);
    judge(case, &whole, false)?;
    let same = |how: &str, outcome: &Outcome, expected: &Outcome| {
        if outcome == expected { Ok(()) } else { Err(format!("{how}: {outcome:?} instead of {expected:?}")) }
    };
    same("lent", &run(case, [input], false, true), &whole)?;
    same("by the byte", &run(case, input.chunks(1), false, false), &whole)?;
    same("by the byte, lent", &run(case, input.chunks(1), false, true), &whole)?;
    let step = if input.len() < 1500 { 1 } else { input.len() / 40 };
    for at in (0..input.len()).step_by(step) {
        let (a, b) = input.split_at(at);
        same(&format!("cut at {at}"), &run(case, [a, b], false, at % 2 == 0), &whole)?;
    }
    let ended = run(case, [input], true, false);
    judge(case, &ended, true).map_err(|error| format!("ended: {error}"))?;
    same("ended, by the byte", &run(case, input.chunks(1), true, true), &ended)?;
    for at in (0..input.len()).step_by(step) {
        let cut = run(case, [&input[..at]], true, at % 2 == 0);
        let complete = &cut.heard[..];
        // A body that has no other end than the connection's may end anywhere, and a tunnel too.
        let whole_ones = complete.len().saturating_sub(usize::from(cut.error.is_none() || case.end == End::UntilClose));
        if !case.heard.iter().zip(&complete[..whole_ones]).all(|(want, got)| fits(got, want))
            || whole_ones > case.heard.len()
            || !cut.done
        {
            return Err(format!("ended at {at}: {cut:?}"));
        }
        if cut.error.is_none() && answers(complete) < case.asked.split_whitespace().count() {
            return Err(format!("ended at {at} without a fault: {cut:?}"));
        }
    }
    // Whatever follows, what was heard stands, and it is never taken for the answer to a request that wasn't made.
    for junk in [&b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"[..], b"\r\n", b"\0\xff", b"0\r\n\r\n"] {
        if !matches!(case.end, End::Idle | End::Over | End::Fails) {
            break;
        }
        let all = [input, junk].concat();
        for outcome in [run(case, [&all[..]], false, false), run(case, all.chunks(1), false, true)] {
            let expected = match case.end {
                End::Idle => case.clone().fails(),
                _ => case.clone(),
            };
            let mut expected = expected;
            if let Some(Heard::Switched(_, left)) = expected.heard.last_mut() {
                left.extend_from_slice(junk);
            }
            judge(&expected, &outcome, false)
                .map_err(|error| format!("with junk {:?}: {error}", junk.escape_ascii()))?;
        }
    }
    Ok(())
}
