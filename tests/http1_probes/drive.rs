//! Runs a case against the server in memory, cut in every way.

use super::reply::{self, Reply};
use super::table::{Answer, Case, End, Seen};
use barewire::http::{FieldName, FieldValue, Id, RequestEvent, Response, Status};
use barewire::http1::{Config, Error, Server};
use barewire::{Instant, Machine, Next};
use std::collections::VecDeque;

const NOW: Instant = Instant::from_nanos(1);

/// A request as it came in, complete or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) host: Option<String>,
    pub(crate) asks: bool,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, Vec<u8>)>,
    pub(crate) complete: bool,
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) requests: Vec<Request>,
    pub(crate) output: Vec<u8>,
    pub(crate) fin: bool,
    pub(crate) aborted: bool,
    pub(crate) error: Option<Error>,
    pub(crate) switched: Option<Vec<u8>>,
}

/// When the application answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// As soon as a request is complete.
    Prompt,
    /// When nothing else is left to do.
    Late,
    /// As soon as a request's head has come: without its body, and never with a switch.
    Early,
}

/// A server, its echo application, and what went through them.
pub(crate) struct Run {
    server: Option<Server>,
    switches: bool,
    lends: bool,
    when: When,
    /// What is to be answered, with its place among the requests.
    due: VecDeque<(Id, usize)>,
    done: bool,
    pub(crate) seen: Outcome,
}

impl Run {
    pub(crate) fn new(config: Config, switches: bool, lends: bool, when: When) -> Self {
        let server = Some(Server::new(config));
        Self { server, switches, lends, when, due: VecDeque::new(), done: false, seen: Outcome::default() }
    }

    /// Feeds `bytes`; whenever there is no room, and in the end, lets the server and the application work.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let Some(server) = self.server.as_mut().filter(|_| !self.done) else { break };
            let spare = server.link().rx.spare(bytes.len());
            let n = spare.len();
            assert!(n > 0, "no room, and nothing to do");
            spare.copy_from_slice(&bytes[..n]);
            server.link().rx.commit(n);
            bytes = &bytes[n..];
            self.work();
        }
        if let Some(left) = &mut self.seen.switched {
            left.extend_from_slice(bytes);
        }
    }

    /// The end of the stream.
    pub(crate) fn eof(&mut self) {
        if let Some(server) = self.server.as_mut().filter(|_| !self.done) {
            server.link().rx.close();
            self.work();
        }
    }

    fn answer(&self, server: &mut Server, (id, at): (Id, usize)) {
        let request = &self.seen.requests[at];
        let connect = request.method == b"CONNECT";
        if self.when == When::Early {
            let status = if connect { Status::NOT_IMPLEMENTED } else { Status::OK };
            server.respond_with(id, &Response::new(status), "early").unwrap();
        } else if request.asks && (self.switches || connect) {
            let response = if connect {
                Response::new(Status::OK)
            } else {
                let to = request.fields.iter().find(|(name, _)| name == "upgrade").unwrap();
                Response::new(Status::SWITCHING_PROTOCOLS).field(FieldName::UPGRADE, FieldValue::new(&to.1).unwrap())
            };
            server.upgrade(id, &response).unwrap();
        } else {
            server.respond_with(id, &Response::new(Status::OK), request.body.clone()).unwrap();
        }
    }

    pub(crate) fn work(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        for _ in 0..1_000_000 {
            let next = if self.lends {
                let next = server.next_ref(NOW);
                next.map(|next| next.map(|event| note(&mut self.seen.requests, event)))
            } else {
                server.next(NOW).map(|next| next.map(|event| note(&mut self.seen.requests, event)))
            };
            match next {
                Ok(Next::Event(Noted::Begin(id))) if self.when == When::Early => {
                    let at = self.seen.requests.len() - 1;
                    self.answer(&mut server, (id, at));
                }
                Ok(Next::Event(Noted::End(id))) if self.when != When::Early => {
                    let due = (id, self.seen.requests.len() - 1);
                    if self.when == When::Late {
                        self.due.push_back(due);
                    } else {
                        self.answer(&mut server, due);
                    }
                }
                Ok(Next::Event(Noted::Switched)) => {
                    drain(&mut server, &mut self.seen.output);
                    let mut link = server.into_link();
                    let n = link.rx.len();
                    self.seen.switched = Some(link.rx.take(n).to_vec());
                    return;
                }
                Ok(Next::Event(_)) => {}
                Ok(Next::NeedFlush) => assert!(drain(&mut server, &mut self.seen.output), "nothing to flush"),
                Ok(Next::NeedApp | Next::NeedInput) if !self.due.is_empty() => {
                    let due = self.due.pop_front().unwrap();
                    self.answer(&mut server, due);
                }
                Ok(Next::NeedInput) => {
                    assert!(server.link().rx.room() > 0 && !server.link().rx.is_eof());
                    break;
                }
                Ok(Next::NeedApp) => panic!("the application owes no answer"),
                Ok(Next::Done) => {
                    self.done = true;
                    break;
                }
                Err(error) => {
                    assert_eq!(self.seen.error.replace(error), None, "fatal twice");
                    assert_eq!(server.next(NOW), Ok(Next::Done));
                    self.done = true;
                    break;
                }
            }
        }
        drain(&mut server, &mut self.seen.output);
        self.seen.fin |= server.link().tx.wants_fin();
        self.seen.aborted = server.link().tx.is_aborted();
        self.server = Some(server);
    }
}

fn drain(server: &mut Server, output: &mut Vec<u8>) -> bool {
    let before = output.len();
    while let Some(piece) = server.link().tx.pop() {
        output.extend_from_slice(&piece);
    }
    output.len() > before
}

enum Noted {
    Begin(Id),
    Data,
    End(Id),
    Switched,
}

fn note<B: AsRef<[u8]>>(requests: &mut Vec<Request>, event: RequestEvent<B>) -> Noted {
    match event {
        RequestEvent::Request { id, head, .. } => {
            let mut request = Request {
                method: head.method().as_bytes().to_vec(),
                target: head.target().as_bytes().to_vec(),
                host: head.host().map(str::to_owned),
                asks: head.asks_upgrade(),
                ..Request::default()
            };
            for (name, value) in head.fields() {
                request.fields.push((name.as_str().to_ascii_lowercase(), value.as_bytes().to_vec()));
            }
            requests.push(request);
            Noted::Begin(id)
        }
        RequestEvent::Data { bytes, .. } => {
            assert!(!bytes.as_ref().is_empty());
            requests.last_mut().unwrap().body.extend_from_slice(bytes.as_ref());
            Noted::Data
        }
        RequestEvent::End { id, trailers } => {
            let request = requests.last_mut().unwrap();
            assert!(!request.complete, "ended twice");
            request.complete = true;
            for (name, value) in &trailers {
                request.trailers.push((name.as_str().to_ascii_lowercase(), value.as_bytes().to_vec()));
            }
            Noted::End(id)
        }
        RequestEvent::Upgraded { .. } => Noted::Switched,
        _ => panic!("no event of HTTP/1"),
    }
}

/// Feeds `pieces`, each after the other has been dealt with; then the end of the stream, if `ends`.
pub(crate) fn run<'a>(case: &Case, pieces: impl IntoIterator<Item = &'a [u8]>, ends: bool, lends: bool) -> Outcome {
    run_when(When::Prompt, case, pieces, ends, lends)
}

fn run_when<'a>(
    when: When,
    case: &Case,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    ends: bool,
    lends: bool,
) -> Outcome {
    let mut run = Run::new(case.configured(), case.switches, lends, when);
    run.work();
    for piece in pieces {
        run.feed(piece);
    }
    if ends {
        run.eof();
    }
    run.seen
}

impl Outcome {
    /// The final replies and how many interim ones, all read strictly.
    pub(crate) fn replies(&self) -> Result<(Vec<Reply>, usize), String> {
        let methods: Vec<&[u8]> = self.requests.iter().map(|request| &request.method[..]).collect();
        replies(&self.output, &methods)
    }

    /// The same without interim replies, which depend on how far the input has come.
    fn settled(mut self) -> Self {
        while let Some(at) = find(&self.output, b"HTTP/1.1 100 Continue\r\n\r\n") {
            self.output.drain(at..at + 25);
        }
        self
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Splits an output that ends with a reply's end. The requests had these methods.
pub(crate) fn replies(output: &[u8], methods: &[&[u8]]) -> Result<(Vec<Reply>, usize), String> {
    let (mut replies, mut interim, mut at) = (Vec::new(), 0, 0);
    while at < output.len() {
        let method = methods.get(replies.len()).copied().unwrap_or_default();
        let reply = reply::read(output, at, method)?.ok_or("a reply that is cut")?;
        at = reply.end;
        if reply.status < 200 && reply.status != 101 {
            interim += 1;
        } else {
            replies.push(reply);
        }
    }
    Ok((replies, interim))
}

/// What is wrong with `outcome`, as that of `case`.
fn judge(case: &Case, outcome: &Outcome) -> Result<(), String> {
    if outcome.aborted {
        return Err("the connection was reset".into());
    }
    let complete: Vec<_> = outcome.requests.iter().filter(|request| request.complete).collect();
    let mut echoes: Vec<&Seen> = case.echoes().collect();
    let mut expected = case.answers.len();
    if let End::Switched(left) = &case.end {
        if outcome.switched.as_ref() != Some(left) {
            let got = outcome.switched.as_ref().map(|left| left.escape_ascii().to_string());
            return Err(format!("handed over {got:?}"));
        }
    } else if outcome.switched.is_some() {
        return Err("switched".into());
    }
    if complete.len() != echoes.len() {
        return Err(format!("{} complete requests where there are {}", complete.len(), echoes.len()));
    }
    for (got, seen) in complete.iter().zip(echoes.drain(..)) {
        if (&got.method, &got.target, &got.body) != (&seen.method, &seen.target, &seen.body) {
            return Err(format!("read as {got:?}"));
        }
        if seen.host.is_some() && seen.host != got.host.as_deref() {
            return Err(format!("for the host {:?}", got.host));
        }
        for (name, _) in &seen.fields {
            let expected = seen.fields.iter().filter(|(other, _)| other == name).map(|(_, value)| value);
            let found = got.fields.iter().filter(|(other, _)| other == name).map(|(_, value)| value);
            if !expected.eq(found) {
                return Err(format!("{name} among {:?}", got.fields));
            }
        }
        if got.trailers != seen.trailers {
            return Err(format!("trailers {:?}", got.trailers));
        }
    }
    let (replies, _) = outcome.replies()?;
    if case.end == End::Waits && outcome.fin {
        return Err("closed in the middle of a message".into());
    }
    if replies.len() != expected {
        let got: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
        expected = case.answers.len();
        return Err(format!("answers {got:?} where there are {expected}"));
    }
    for (at, (reply, answer)) in replies.iter().zip(&case.answers).enumerate() {
        let last = at + 1 == replies.len();
        match answer {
            Answer::Refuse(statuses) if !statuses.contains(&reply.status) => {
                return Err(format!("answered with {} instead of {statuses:?}", reply.status));
            }
            Answer::Echo(seen) if seen.method == b"CONNECT" || matches!(case.end, End::Switched(_)) && last => {}
            Answer::Echo(seen) => {
                if reply.status != 200 {
                    return Err(format!("answered with {} instead of 200", reply.status));
                }
                if seen.method != b"HEAD" && reply.body != seen.body {
                    return Err(format!("echoed {:?}", reply.body.escape_ascii().to_string()));
                }
            }
            Answer::Refuse(_) => {}
        }
        // "A server that intends to close a connection after it has sent the reply SHOULD send close" (RFC 9112 §9.6),
        // and one that says it doesn't close mustn't.
        if reply.connection("close") != (case.end == End::Closes && last) {
            return Err(format!("answer {at} has connection: {:?}", reply.all("connection").collect::<Vec<_>>()));
        }
    }
    if outcome.fin != (case.end == End::Closes) {
        return Err(if outcome.fin { "closed" } else { "not closed" }.into());
    }
    Ok(())
}

/// A request that would betray itself.
const NEXT: &[u8] = b"GET /next HTTP/1.1\r\nHost: next\r\n\r\n";

/// Runs the case in every way; says what is wrong.
pub(crate) fn check(case: &Case) -> Result<(), String> {
    let input = &case.input[..];
    let whole = run(case, [input], false, false);
    judge(case, &whole).map_err(|error| format!("{error}; output {}", whole.output.escape_ascii()))?;
    let whole = whole.settled();
    let same = |how: &str, mut outcome: Outcome, expected: &Outcome| {
        outcome = outcome.settled();
        if outcome == *expected { Ok(()) } else { Err(format!("{how}: {outcome:?} instead of {expected:?}")) }
    };
    same("lent", run(case, [input], false, true), &whole)?;
    same("by the byte", run(case, input.chunks(1), false, false), &whole)?;
    same("by the byte, lent", run(case, input.chunks(1), false, true), &whole)?;
    // Every cut of what isn't long; else a sample.
    let step = if input.len() < 1500 { 1 } else { input.len() / 40 };
    for at in (0..input.len()).step_by(step) {
        let (a, b) = input.split_at(at);
        same(&format!("cut at {at}"), run(case, [a, b], false, at % 2 == 0), &whole)?;
    }
    for size in [2, 3, 7] {
        same(&format!("by {size}"), run(case, input.chunks(size), false, false), &whole)?;
    }
    moods(case, &whole)?;
    match &case.end {
        End::Open => {
            let mut more = case.clone();
            more.input.extend_from_slice(NEXT);
            let next = more.echo("GET", "/next", "");
            let outcome = run(&next, [&next.input[..]], false, false);
            judge(&next, &outcome).map_err(|error| format!("followed by a request: {error}"))?;
            let outcome = outcome.settled();
            same("followed, by the byte", run(&next, next.input.chunks(1), false, false), &outcome)?;
            same("followed, in two", run(&next, [input, NEXT], false, false), &outcome)?;
            let ended = run(case, [input], true, false);
            if ended.error.is_some() || !ended.fin || ended.output != run(case, [input], false, false).output {
                return Err(format!("its end is a fault: {ended:?}"));
            }
        }
        End::Waits => {
            let mut cut = case.clone().bad();
            cut.input = input.to_vec();
            let outcome = run(&cut, [input], true, false);
            judge(&cut, &outcome).map_err(|error| format!("cut there: {error}"))?;
            let outcome = outcome.settled();
            same("cut there, by the byte", run(&cut, input.chunks(1), true, false), &outcome)?;
        }
        End::Closes => {
            for junk in [NEXT, b"\r\n\r\n", b"\0\xff\x16\x03", b"0\r\n\r\n"] {
                let all = [input, junk].concat();
                same("with junk", run(case, [&all[..]], false, false), &whole)?;
                same("with junk, by the byte", run(case, all.chunks(1), false, false), &whole)?;
                same("then junk", run(case, [input, junk], false, false), &whole)?;
            }
            same("then its end", run(case, [input], true, false), &whole)?;
        }
        End::Switched(_) => {
            let all = [input, NEXT].concat();
            let mut more = whole.clone();
            more.switched.as_mut().unwrap().extend_from_slice(NEXT);
            same("with more", run(case, [&all[..]], false, false), &more)?;
            same("with more, by the byte", run(case, all.chunks(1), false, false), &more)?;
        }
    }
    truncated(case, &whole)
}

/// Ends the stream behind each prefix: the application must not see a request that it wouldn't have seen, nor one that
/// is longer or shorter; and a fault is a 400.
fn truncated(case: &Case, whole: &Outcome) -> Result<(), String> {
    let step = if case.input.len() < 1500 { 1 } else { case.input.len() / 40 };
    for at in (0..case.input.len()).step_by(step) {
        let cut = run(case, [&case.input[..at]], true, at % 2 == 0);
        let complete = |outcome: &Outcome| -> Vec<Request> {
            outcome.requests.iter().filter(|request| request.complete).cloned().collect()
        };
        if !complete(whole).starts_with(&complete(&cut)) {
            return Err(format!("ended at {at}: {:?}", cut.requests));
        }
        if cut.switched.is_some() {
            continue;
        }
        let (replies, _) = cut.replies().map_err(|error| format!("ended at {at}: {error}"))?;
        let faulty = replies.len() - complete(&cut).len();
        let fault = replies.last().filter(|_| faulty > 0);
        if faulty != usize::from(cut.error.is_some()) || !cut.fin || fault.is_some_and(|reply| reply.status < 400) {
            return Err(format!("ended at {at}: {cut:?}"));
        }
    }
    Ok(())
}

/// The same, answered late; and answered before the bodies have come, which must not turn a body into a request.
fn moods(case: &Case, whole: &Outcome) -> Result<(), String> {
    let input = &case.input[..];
    let late = run_when(When::Late, case, [input], false, false).settled();
    if late != *whole {
        return Err(format!("answered late: {late:?} instead of {whole:?}"));
    }
    let heads = |outcome: &Outcome| -> Vec<(Vec<u8>, Vec<u8>)> {
        outcome.requests.iter().map(|request| (request.method.clone(), request.target.clone())).collect()
    };
    let expects = find(input, b"100-").is_some();
    for early in [
        run_when(When::Early, case, [input], false, false),
        run_when(When::Early, case, input.chunks(1), false, true),
        run_when(When::Early, case, input.chunks(3), false, true),
    ] {
        let (replies, _) = early.replies().map_err(|error| format!("answered early: {error}"))?;
        let (expected, got) = (heads(whole), heads(&early));
        if matches!(case.end, End::Switched(_)) || whole.requests.iter().any(|request| request.asks) {
            continue;
        }
        // Who was expecting a 100 that never came may have been left without the connection.
        if !(got == expected || expects && expected.starts_with(&got)) || replies.len() < got.len() {
            return Err(format!("answered early: {got:?} instead of {expected:?}, {early:?}"));
        }
    }
    Ok(())
}

/// As [`check`], in only a few ways: for cases by the ten thousand.
pub(crate) fn check_quickly(case: &Case, mut random: impl FnMut(usize) -> usize) -> Result<(), String> {
    let input = &case.input[..];
    let whole = run(case, [input], false, random(2) == 0);
    judge(case, &whole).map_err(|error| format!("{error}; output {}", whole.output.escape_ascii()))?;
    let whole = whole.settled();
    let by_byte = run(case, input.chunks(1), false, random(2) == 0).settled();
    if by_byte != whole {
        return Err(format!("by the byte: {by_byte:?} instead of {whole:?}"));
    }
    let (mut pieces, mut rest) = (Vec::new(), input);
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(1 + random(rest.len().min(40)));
        pieces.push(piece);
        rest = after;
    }
    let cut = run(case, pieces.iter().copied(), false, random(2) == 0).settled();
    if cut != whole {
        return Err(format!("cut in {} pieces: {cut:?} instead of {whole:?}", pieces.len()));
    }
    moods(case, &whole)?;
    let ended = run(case, pieces, true, true).settled();
    let clean = case.end != End::Waits;
    if ended.requests != whole.requests || !ended.fin || (clean && ended.output != whole.output) {
        return Err(format!("ended: {ended:?} instead of {whole:?}"));
    }
    Ok(())
}
