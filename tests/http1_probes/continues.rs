//! What depends on how far the input has come: 100 (RFC 9110 §10.1.1), and answers before the body (RFC 9112 §9.3, §9.6).

use super::drive::{Run, When, replies};
use barewire::http1::Config;

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

fn start(when: When) -> Run {
    Run::new(Config::default(), false, false, when)
}

/// Feeds each piece, and gives what is sent meanwhile.
fn talk(run: &mut Run, pieces: &[&str]) -> Vec<String> {
    let mut said = Vec::new();
    for piece in pieces {
        let before = run.seen.output.len();
        run.feed(piece.as_bytes());
        said.push(String::from_utf8(run.seen.output[before..].to_vec()).unwrap());
    }
    said
}

fn expects(framing: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n{framing}\r\n\r\n")
}

fn continues(output: &[u8]) -> usize {
    output.windows(CONTINUE.len()).filter(|window| *window == CONTINUE).count()
}

#[test]
fn a_100_goes_out_once_the_body_is_waited_for() {
    for (framing, body) in [("Content-Length: 5", "hello"), ("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")] {
        let head = expects(framing);
        for size in 1..=head.len() {
            let mut run = start(When::Prompt);
            for piece in head.as_bytes().chunks(size) {
                assert_eq!(run.seen.output, b"", "before the head is complete");
                run.feed(piece);
            }
            assert_eq!(run.seen.output, CONTINUE);
            run.work();
            assert_eq!(run.seen.output, CONTINUE, "only once");
            run.feed(body.as_bytes());
            let (replies, interim) = run.seen.replies().unwrap();
            assert_eq!((replies.len(), interim, &replies[0].body[..]), (1, 1, &b"hello"[..]));
        }
    }
}

#[test]
fn no_100_where_none_is_due() {
    for (why, input) in [
        ("some of the body has come", expects("Content-Length: 5") + "h"),
        ("some of the chunks have come", expects("Transfer-Encoding: chunked") + "5\r\nh"),
        ("there is no body", expects("x: y")),
        ("the body is empty", expects("Content-Length: 0")),
        ("it is HTTP/1.0", expects("Content-Length: 5").replace("1.1", "1.0")),
        ("nothing is expected", expects("Content-Length: 5").replace("Expect", "X")),
        ("the length is bad", expects("Content-Length: +5")),
        ("the framing is ambiguous", expects("Content-Length: 5\r\nTransfer-Encoding: chunked")),
        ("something else is expected", expects("Content-Length: 5").replace("100-continue", "x")),
        ("something else is expected too", expects("Content-Length: 5\r\nExpect: y")),
        ("there is no Host", expects("Content-Length: 5").replace("Host", "X")),
    ] {
        let mut run = start(When::Prompt);
        run.feed(input.as_bytes());
        assert_eq!(continues(&run.seen.output), 0, "{why}");
    }
}

#[test]
fn a_100_waits_for_the_answers_before_it() {
    let mut run = start(When::Prompt);
    let said =
        talk(&mut run, &[&("GET / HTTP/1.1\r\nHost: h\r\n\r\n".to_owned() + &expects("Content-Length: 5")), "hello"]);
    assert!(said[0].starts_with("HTTP/1.1 200") && said[0].ends_with("100 Continue\r\n\r\n"), "{said:?}");
    assert!(said[1].starts_with("HTTP/1.1 200") && said[1].ends_with("hello"), "{said:?}");

    let mut late = start(When::Late);
    let said =
        talk(&mut late, &[&("GET / HTTP/1.1\r\nHost: h\r\n\r\n".to_owned() + &expects("Content-Length: 5")), "hello"]);
    assert!(said[0].starts_with("HTTP/1.1 200") && said[0].ends_with("100 Continue\r\n\r\n"), "{said:?}");
    assert!(said[1].starts_with("HTTP/1.1 200") && said[1].ends_with("hello"), "{said:?}");
}

#[test]
fn a_final_answer_instead_of_the_100_leaves_no_body_to_be_misread() {
    let evil = "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n";
    let head = expects(&format!("Content-Length: {}", evil.len()));
    for pieces in [vec![&head[..], evil, evil], vec![&head[..], &evil[..9], &evil[9..], evil]] {
        let mut run = start(When::Early);
        let said = talk(&mut run, &pieces);
        assert!(said[0].starts_with("HTTP/1.1 200"), "{said:?}");
        assert_eq!(continues(&run.seen.output), 0);
        // Either the body is discarded and the request behind it is read, or the connection is closed.
        let evils = run.seen.requests.iter().filter(|request| request.target == b"/evil").count();
        assert_eq!(evils, usize::from(!run.seen.fin), "{:?}", run.seen);
    }
}

#[test]
fn a_body_that_is_too_long_to_discard_closes() {
    for framing in ["Content-Length: 10000000", "Transfer-Encoding: chunked"] {
        let mut run = start(When::Early);
        let head = format!("POST / HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n");
        run.feed(head.as_bytes());
        let body = if framing.starts_with('C') {
            "x".repeat(10_000_000)
        } else {
            "1000\r\n".to_owned() + &"x".repeat(4096) + "\r\n"
        };
        for _ in 0..if framing.starts_with('C') { 1 } else { 1000 } {
            run.feed(body.as_bytes());
        }
        assert!(run.seen.fin, "{framing}: still reading");
        run.feed(b"GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n");
        assert_eq!(run.seen.requests.len(), 1);
        let (replies, _) = replies(&run.seen.output, &[b"POST"]).unwrap();
        assert_eq!(replies.len(), 1);
    }
}

#[test]
fn a_fault_in_a_body_that_is_answered_already_closes_without_another_answer() {
    for bad in ["z\r\n", "5\r\nhelloX", "5\r\nhello\n", "0\r\nx\r\n\r\n", "5;\r\n"] {
        for size in [1, 1000] {
            let mut run = start(When::Early);
            let input = format!(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{bad}GET /evil HTTP/1.1\r\nHost: h\r\n\r\n"
            );
            input.as_bytes().chunks(size).for_each(|piece| run.feed(piece));
            assert!(run.seen.fin && run.seen.requests.len() == 1, "{bad:?}: {:?}", run.seen);
            assert_eq!(run.seen.replies().unwrap().0.len(), 1, "{bad:?}");
        }
    }
}
