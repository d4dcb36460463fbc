//! Bytes in, lines of JSON out.

use crate::support::{barewire, noise};

/// Decodes, and returns the exit code and the lines.
fn decode(args: &[&str], input: &[u8]) -> (i32, Vec<String>) {
    let output = barewire(&[&["decode"], args].concat(), input);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let lines = String::from_utf8(output.stdout).unwrap().lines().map(Into::into).collect();
    (output.status.code().unwrap(), lines)
}

/// Expects these lines, however the input is cut. Where data may be cut, give it in one byte.
#[track_caller]
fn golden(args: &[&str], input: &[u8], code: i32, expected: &[&str]) {
    for cut in ["65536", "1", "2", "7"] {
        let (seen, lines) = decode(&[&["--cut", cut], args].concat(), input);
        assert_eq!(lines, expected, "cut {cut}");
        assert_eq!(seen, code, "cut {cut}");
    }
}

#[test]
fn requests() {
    golden(
        &["http1-request"],
        b"GET /a?b HTTP/1.1\r\nHost: x\r\nX-Raw: \xff\r\n\r\n\
          PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;e=f\r\nZ\r\n0\r\nT: u\r\n\r\n",
        0,
        &[
            r#"{"event":"request","id":0,"method":"GET","target":"/a?b","version":"1.1","fields":[["Host","x"],["X-Raw",{"hex":"ff"}]],"body":"none","bytes":[0,40]}"#,
            r#"{"event":"end","id":0,"bytes":[40,40]}"#,
            r#"{"event":"request","id":1,"method":"PUT","target":"/","version":"1.1","fields":[["Host","x"],["Transfer-Encoding","chunked"]],"body":"unknown","bytes":[40,95]}"#,
            r#"{"event":"data","id":1,"data":"Z","bytes":[95,103]}"#,
            r#"{"event":"end","id":1,"trailers":[["T","u"]],"bytes":[103,116]}"#,
        ],
    );
}

#[test]
fn a_tunnel() {
    golden(
        &["http1-request"],
        b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n\x16\x03\x01",
        0,
        &[
            r#"{"event":"request","id":0,"method":"CONNECT","target":"a:1","version":"1.1","fields":[["Host","a:1"]],"body":"none","bytes":[0,35]}"#,
            r#"{"event":"end","id":0,"bytes":[35,35]}"#,
            r#"{"event":"upgraded","id":0,"bytes":[35,35]}"#,
            r#"{"event":"unread","bytes":[35,38]}"#,
        ],
    );
}

#[test]
fn faulty_requests() {
    let good = r#"{"event":"request","id":0,"method":"GET","target":"/","version":"1.1","fields":[["Host","x"]],"body":"none","bytes":[0,27]}"#;
    let end = r#"{"event":"end","id":0,"bytes":[27,27]}"#;
    golden(
        &["http1-request"],
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        1,
        &[good, end, r#"{"error":"the Host field is missing, repeated or malformed","status":400,"at":27}"#],
    );
    golden(
        &["http1-request"],
        b"GET / HTTP/1.1\r\nHo",
        1,
        &[r#"{"error":"the stream ended within a message","status":400,"at":0}"#],
    );
    golden(
        &["http1-request"],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        1,
        &[r#"{"error":"HTTP/2 where HTTP/1 was expected","status":505,"at":0}"#],
    );
    golden(&["http1-request"], b"", 0, &[]);
}

#[test]
fn what_follows_the_last_request_is_counted() {
    let (code, lines) = decode(&["http1-request"], b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nmore");
    assert_eq!((code, lines.len()), (0, 3));
    assert_eq!(lines[2], r#"{"event":"unread","bytes":[46,50]}"#);
}

#[test]
fn responses() {
    golden(
        &["http1-response"],
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nZ\
          HTTP/1.0 404 \xff\r\n\r\n!",
        0,
        &[
            r#"{"event":"interim","id":0,"status":103,"reason":"Early Hints","version":"1.1","fields":[["Link","</a>"]],"bytes":[0,40]}"#,
            r#"{"event":"response","id":0,"status":200,"reason":"OK","version":"1.1","fields":[["Content-Length","1"]],"body":1,"bytes":[40,78]}"#,
            r#"{"event":"data","id":0,"data":"Z","bytes":[78,79]}"#,
            r#"{"event":"end","id":0,"bytes":[79,79]}"#,
            r#"{"event":"response","id":1,"status":404,"reason":{"hex":"ff"},"version":"1.0","fields":[],"body":"unknown","bytes":[79,97]}"#,
            r#"{"event":"data","id":1,"data":"!","bytes":[97,98]}"#,
            r#"{"event":"end","id":1,"bytes":[98,98]}"#,
        ],
    );
}

#[test]
fn responses_to_head_have_no_body() {
    golden(
        &["--method", "HEAD", "http1-response"],
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n",
        0,
        &[
            r#"{"event":"response","id":0,"status":200,"reason":"OK","version":"1.1","fields":[["Content-Length","5"]],"body":"none","bytes":[0,38]}"#,
            r#"{"event":"end","id":0,"bytes":[38,38]}"#,
            r#"{"event":"response","id":1,"status":304,"reason":"Not Modified","version":"1.1","fields":[],"body":"none","bytes":[38,67]}"#,
            r#"{"event":"end","id":1,"bytes":[67,67]}"#,
        ],
    );
}

#[test]
fn faulty_responses() {
    golden(&["http1-response"], b"HTTP/1.1 2000 OK\r\n\r\n", 1, &[r#"{"error":"malformed status line","at":0}"#]);
    let (code, lines) = decode(&["http1-response"], b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfou");
    assert_eq!((code, lines.len()), (1, 3));
    assert_eq!(lines[2], r#"{"error":"the stream ended within a message","at":41}"#);
}

#[test]
fn messages() {
    golden(
        &["message"],
        b"\xde\xad\xbe\xef\0\x01\0\x07\0\0\0\x02hi\xde\xad\xbe\xef\0\x01\0\x08\0\0\0\x01\xff\xde\xad\xbe\xef\0\x02\0\0\0\0\0\0",
        1,
        &[
            r#"{"event":"message","version":1,"type":7,"length":2,"payload":"hi","bytes":[0,14]}"#,
            r#"{"event":"message","version":1,"type":8,"length":1,"payload":{"hex":"ff"},"bytes":[14,27]}"#,
            r#"{"error":"unsupported version 2","at":27}"#,
        ],
    );
    golden(&["message"], b"\xde\xad", 1, &[r#"{"error":"ended after 2 of 12 bytes","at":0}"#]);
    golden(
        &["message"],
        b"\xde\xad\xbe\xef\0\x01\0\x07\0\0\0\0",
        0,
        &[
            r#"{"event":"message","version":1,"type":7,"length":0,"payload":"","bytes":[0,12]}"#,
            r#"{"event":"peer-closed","bytes":[12,12]}"#,
        ],
    );
}

/// A payload of any length passes in the same memory, and nothing of it is lost.
#[test]
fn long_messages_come_in_pieces() {
    let payload = noise(1_000_000);
    let input = [&b"\xde\xad\xbe\xef\0\x01\0\x07"[..], &1_000_000_u32.to_be_bytes(), &payload].concat();
    let (code, lines) = decode(&["message"], &input);
    assert_eq!(code, 0);
    assert_eq!(lines[0], r#"{"event":"start","version":1,"type":7,"length":1000000,"bytes":[0,12]}"#);
    let mut seen = Vec::new();
    for line in &lines[1..lines.len() - 2] {
        let hex = line.split('"').nth(9).unwrap();
        let byte = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
        seen.extend(hex.as_bytes().chunks(2).map(byte));
    }
    assert!(seen == payload, "{} bytes", seen.len());
    assert!(lines[lines.len() - 2].starts_with(r#"{"event":"end""#));
}

#[test]
fn web_socket_frames() {
    golden(
        &["websocket-client"],
        b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x01\x82\0\0\0\0in\x89\x81\0\0\0\0?\x80\x82\0\0\0\0 2\
          \x82\x81\0\0\0\0\xff\xc1\x81\0\0\0\0z\x88\x85\0\0\0\0\x03\xe8byemore",
        0,
        &[
            r#"{"event":"text","payload":"Hello","bytes":[0,11]}"#,
            r#"{"event":"ping","payload":"?","bytes":[11,26]}"#,
            r#"{"event":"text","payload":"in 2","bytes":[26,34]}"#,
            r#"{"event":"binary","payload":{"hex":"ff"},"bytes":[34,41]}"#,
            r#"{"event":"extended","kind":"text","reserved":["rsv1"],"payload":"z","bytes":[41,48]}"#,
            r#"{"event":"close","code":1000,"reason":"bye","bytes":[48,59]}"#,
            r#"{"event":"unread","bytes":[59,63]}"#,
        ],
    );
    golden(
        &["websocket-server"],
        b"\x81\x02hi\x8a\x00\x88\x00",
        0,
        &[
            r#"{"event":"text","payload":"hi","bytes":[0,4]}"#,
            r#"{"event":"pong","payload":"","bytes":[4,6]}"#,
            r#"{"event":"close","bytes":[6,8]}"#,
        ],
    );
    golden(
        &["websocket-server"],
        b"\x82\x01a\x82\x81",
        1,
        &[
            r#"{"event":"binary","payload":"a","bytes":[0,3]}"#,
            r#"{"error":"a client must mask its frames, and a server must not","status":1002,"at":3}"#,
        ],
    );
}
