//! Requests by the ten thousand: put together from parts whose reading is known, and the same with one fault of which is
//! known by construction that it is one.

use super::drive::check_quickly;
use super::table::{Answer, Case, End, Seen, case};

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    /// Once in `n` times.
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn bytes(&mut self, from: &[u8], least: usize, most: usize) -> Vec<u8> {
        let n = least + self.below(most - least + 1);
        (0..n).map(|_| self.pick(from)).collect()
    }

    /// `text`, each letter in either case.
    fn case(&mut self, text: &str) -> Vec<u8> {
        text.bytes()
            .map(|byte| if self.one_in(2) { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() })
            .collect()
    }

    fn space(&mut self) -> Vec<u8> {
        if self.one_in(3) { self.bytes(b" \t", 0, 3) } else { Vec::new() }
    }
}

const TOKEN: &[u8] = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Everything that may be in a path, and what RFC 3986 wouldn't have there but is handed on.
const PATH: &[u8] = b"!\"$%&'()*+,-./0123456789:;<=>?@AZ[\\]^_`az{|}~";
const VALUE: &[u8] = b"!\"#$%&'()*+,-./0123456789:;<=>?@AZ[\\]^_`az{|}~ \t\x80\x85\xa0\xc3\xff";
/// What bodies are made of: mostly what means something elsewhere.
const BODY: &[u8] = b"\r\n\r\n\r\n0015aAfF:; \tGET/HTTP1.\0\xff";
const CONTROLS: &[u8] = b"\0\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x15\x1a\x1b\x1c\x1d\x1e\x1f\x7f";
/// No part of a token, and no colon, CR or LF.
const NO_TOKEN: &[u8] = b" \t\"(),/;<=>?@[\\]{}\0\x01\x08\x0b\x0c\x1b\x7f\x80\x85\xa0\xc3\xff";
/// What some take for the end of a line.
const NO_ENDS: &[&[u8]] = &[b"\n", b"\r", b"\r\r\n", b"\n\r", b"\n\n", b"\r \n", b"\0\n", b"\r\0"];

#[derive(Clone)]
struct Line {
    name: Vec<u8>,
    colon: Vec<u8>,
    value: Vec<u8>,
    /// The white space around the value.
    space: [Vec<u8>; 2],
    end: Vec<u8>,
}

impl Line {
    fn new(name: Vec<u8>, value: impl AsRef<[u8]>, random: &mut Random) -> Self {
        let space = [if random.one_in(4) { random.space() } else { b" ".to_vec() }, random.space()];
        Self { name, colon: b":".to_vec(), value: value.as_ref().to_vec(), space, end: b"\r\n".to_vec() }
    }

    fn put(&self, out: &mut Vec<u8>) {
        for part in [&self.name, &self.colon, &self.space[0], &self.value, &self.space[1], &self.end] {
            out.extend_from_slice(part);
        }
    }
}

#[derive(Clone)]
struct Chunk {
    size: Vec<u8>,
    extension: Vec<u8>,
    size_end: Vec<u8>,
    data: Vec<u8>,
    data_end: Vec<u8>,
}

#[derive(Clone)]
enum Body {
    None,
    Length(Vec<u8>),
    /// The last has no data, and trailers in the place of its end.
    Chunks(Vec<Chunk>, Vec<Line>, Vec<u8>),
}

#[derive(Clone)]
struct Message {
    before: Vec<u8>,
    method: Vec<u8>,
    spaces: [Vec<u8>; 2],
    target: Vec<u8>,
    version: Vec<u8>,
    line_end: Vec<u8>,
    lines: Vec<Line>,
    head_end: Vec<u8>,
    body: Body,
    closes: bool,
}

impl Message {
    fn new(random: &mut Random) -> Self {
        let body = match random.below(5) {
            0 | 1 => Body::None,
            2 => Body::Length(random.bytes(BODY, 0, 40)),
            _ => random_chunks(random),
        };
        let old = random.one_in(12) && !matches!(body, Body::Chunks(..));
        let method = loop {
            let method = match random.below(4) {
                0 => random.bytes(TOKEN, 1, 12),
                _ => random
                    .pick(&[&b"GET"[..], b"POST", b"PUT", b"HEAD", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE"])
                    .to_vec(),
            };
            // CONNECT wants another target; what TRACE may not have is a body.
            if method != b"CONNECT" && (method != b"TRACE" || matches!(body, Body::None)) {
                break method;
            }
        };
        let target = match random.below(8) {
            0 => [b"http://", random_host(random), b"/", &random.bytes(PATH, 0, 9)[..]].concat(),
            1 if method == b"OPTIONS" => b"*".to_vec(),
            _ => [b"/", &random.bytes(PATH, 0, 20)[..]].concat(),
        };
        let mut lines = Vec::new();
        if !old || random.one_in(2) {
            lines.push(Line::new(random.case("host"), random_host(random), random));
        }
        let mut closes = old;
        if random.one_in(8) {
            let options = random.pick(&["close", "Close, x", "x,CLOSE", "keep-alive, close", ", close ,"]);
            lines.push(Line::new(random.case("connection"), options, random));
            closes = true;
        } else if random.one_in(6) {
            let options = random.pick(&["keep-alive", "x, Keep-Alive", "KEEP-ALIVE,", "upgrade,keep-alive"]);
            lines.push(Line::new(random.case("connection"), options, random));
            closes = false;
        }
        match &body {
            Body::None => {}
            Body::Length(bytes) => {
                let zeros = if random.one_in(6) { random.below(4) } else { 0 };
                let digits = format!("{}{}", "0".repeat(zeros), bytes.len());
                lines.push(Line::new(random.case("content-length"), digits, random));
            }
            Body::Chunks(..) => {
                let coding = random_coding(random);
                let value = random.case(coding);
                lines.push(Line::new(random.case("transfer-encoding"), value, random));
            }
        }
        if random.one_in(10) {
            lines.push(Line::new(random.case("expect"), "100-continue", random));
        }
        for _ in 0..random.below(6) {
            lines.push(random_line(random));
        }
        for at in (1..lines.len()).rev() {
            let other = random.below(at + 1);
            lines.swap(at, other);
        }
        Self {
            before: if random.one_in(8) { b"\r\n".to_vec() } else { Vec::new() },
            method,
            spaces: [b" ".to_vec(), b" ".to_vec()],
            target,
            version: if old { b"HTTP/1.0".to_vec() } else { b"HTTP/1.1".to_vec() },
            line_end: b"\r\n".to_vec(),
            lines,
            head_end: b"\r\n".to_vec(),
            body,
            closes,
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        let [one, two] = &self.spaces;
        for part in [&self.before, &self.method, one, &self.target, two, &self.version, &self.line_end] {
            out.extend_from_slice(part);
        }
        self.lines.iter().for_each(|line| line.put(out));
        out.extend_from_slice(&self.head_end);
        match &self.body {
            Body::None => {}
            Body::Length(bytes) => out.extend_from_slice(bytes),
            Body::Chunks(chunks, trailers, end) => {
                for chunk in chunks {
                    for part in [&chunk.size, &chunk.extension, &chunk.size_end, &chunk.data, &chunk.data_end] {
                        out.extend_from_slice(part);
                    }
                }
                trailers.iter().for_each(|line| line.put(out));
                out.extend_from_slice(end);
            }
        }
    }

    fn seen(&self) -> Seen {
        let (body, trailers) = match &self.body {
            Body::None => (Vec::new(), Vec::new()),
            Body::Length(bytes) => (bytes.clone(), Vec::new()),
            Body::Chunks(chunks, trailers, _) => {
                let trailers = trailers
                    .iter()
                    .map(|line| (String::from_utf8(line.name.to_ascii_lowercase()).unwrap(), line.value.clone()));
                (chunks.iter().flat_map(|chunk| chunk.data.clone()).collect(), trailers.collect())
            }
        };
        let fields = FIELDS.iter().flat_map(|name| {
            let of_name = self.lines.iter().filter(move |line| line.name.eq_ignore_ascii_case(name.as_bytes()));
            of_name.map(move |line| (*name, line.value.clone()))
        });
        Seen {
            method: self.method.clone(),
            target: self.target.clone(),
            body,
            trailers,
            fields: fields.collect(),
            host: None,
        }
    }

    fn field(&mut self, name: &str) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    fn add(&mut self, name: &str, value: impl AsRef<[u8]>, random: &mut Random) {
        let line = Line::new(random.case(name), value, random);
        let at = random.below(self.lines.len() + 1);
        self.lines.insert(at, line);
    }

    fn is_old(&self) -> bool {
        self.version == b"HTTP/1.0"
    }
}

/// Harmless fields, whose values are compared.
const FIELDS: &[&str] =
    &["accept", "x", "x_y", "cookie", "content_length", "te", "transfer_encoding", "user-agent", "range"];

fn random_line(random: &mut Random) -> Line {
    let name = random.pick(FIELDS);
    let value = random.bytes(VALUE, 0, 20);
    let value = value.trim_ascii().to_vec();
    Line::new(random.case(name), value, random)
}

fn random_host(random: &mut Random) -> &'static [u8] {
    random.pick(&[
        &b"h"[..],
        b"h:80",
        b"example.com",
        b"[::1]",
        b"[::1]:8080",
        b"127.0.0.1",
        b"h:",
        b"a_b.c~d",
        b"%41",
        b"X",
    ])
}

fn random_coding(random: &mut Random) -> &'static str {
    random.pick(&["chunked", "chunked", "chunked", ",chunked", "chunked,", " , chunked ,,"])
}

fn random_chunks(random: &mut Random) -> Body {
    let mut chunks = Vec::new();
    for _ in 0..random.below(4) {
        let data = random.bytes(BODY, 1, 20);
        let digits = if random.one_in(2) { format!("{:x}", data.len()) } else { format!("{:X}", data.len()) };
        chunks.push(random_chunk(random, digits, data, b"\r\n"));
    }
    chunks.push(random_chunk(random, "0".into(), Vec::new(), b""));
    let mut trailers = Vec::new();
    if random.one_in(3) {
        for _ in 0..random.below(3) {
            let name = random.pick(&["x", "x-sum", "etag", "server-timing"]);
            let value = random.bytes(VALUE, 0, 9).trim_ascii().to_vec();
            trailers.push(Line::new(random.case(name), value, random));
        }
    }
    Body::Chunks(chunks, trailers, b"\r\n".to_vec())
}

fn random_chunk(random: &mut Random, digits: String, data: Vec<u8>, end: &[u8]) -> Chunk {
    let zeros = if random.one_in(5) { random.below(17 - digits.len()) } else { 0 };
    let mut extension = Vec::new();
    if random.one_in(4) {
        for _ in 0..random.below(3) {
            extension.extend(random.space());
            extension.push(b';');
            extension.extend(random.space());
            extension.extend(random.bytes(TOKEN, 1, 5));
            match random.below(3) {
                0 => {}
                1 => {
                    extension.extend([&random.space()[..], b"=", &random.space()].concat());
                    extension.extend(random.bytes(TOKEN, 1, 5));
                }
                _ => {
                    extension.extend([&random.space()[..], b"=", &random.space(), b"\""].concat());
                    extension.extend(random.bytes(b"a ;=,\t\x80\xff'()", 0, 6));
                    if random.one_in(2) {
                        extension.extend([b'\\', random.pick(b"\"\\a ;\t\xff")]);
                    }
                    extension.push(b'"');
                }
            }
        }
    }
    Chunk {
        size: format!("{}{digits}", "0".repeat(zeros)).into_bytes(),
        extension,
        size_end: b"\r\n".to_vec(),
        data,
        data_end: end.to_vec(),
    }
}

/// Makes a message illegal, and says with which statuses that is answered; `None` if it can't be done to this one.
type Fault = fn(&mut Message, &mut Random) -> Option<&'static [u16]>;

const BAD: Option<&[u16]> = Some(&[400]);

fn insert(into: &mut Vec<u8>, what: &[u8], random: &mut Random) {
    let at = random.below(into.len() + 1);
    into.splice(at..at, what.iter().copied());
}

fn some_line<'a>(message: &'a mut Message, random: &mut Random) -> Option<&'a mut Line> {
    let n = message.lines.len();
    (n > 0).then(|| &mut message.lines[random.below(n)])
}

fn some_chunk<'a>(message: &'a mut Message, random: &mut Random, with_data: bool) -> Option<&'a mut Chunk> {
    let Body::Chunks(chunks, ..) = &mut message.body else { return None };
    let n = chunks.len() - usize::from(with_data);
    (n > 0).then(|| &mut chunks[random.below(n)])
}

fn some_trailer<'a>(message: &'a mut Message, random: &mut Random) -> Option<&'a mut Line> {
    let Body::Chunks(_, trailers, _) = &mut message.body else { return None };
    if trailers.is_empty() {
        trailers.push(Line::new(b"x".to_vec(), "y", random));
    }
    let n = trailers.len();
    Some(&mut trailers[random.below(n)])
}

const FAULTS: &[(&str, Fault)] = &[
    ("two empty lines first", |m, _| {
        m.before = b"\r\n\r\n".to_vec();
        BAD
    }),
    ("something first", |m, r| {
        m.before =
            r.pick(&[&b"\n"[..], b"\r", b" ", b"\t", b"\r\n\n", b"\r\r\n", b"\0", b"\xef\xbb\xbf", b"\r\n "]).to_vec();
        BAD
    }),
    ("a byte in the method", |m, r| {
        let byte = r.pick(NO_TOKEN);
        insert(&mut m.method, &[byte], r);
        BAD
    }),
    ("a line end in the method", |m, r| {
        let end = r.pick(&[&b"\n"[..], b"\r"]);
        insert(&mut m.method, end, r);
        BAD
    }),
    ("no method", |m, _| {
        m.method.clear();
        BAD
    }),
    ("a control byte in the target", |m, r| {
        let byte = r.pick(CONTROLS);
        insert(&mut m.target, &[byte], r);
        BAD
    }),
    ("a byte in the target", |m, r| {
        let byte = r.pick(b"#\x80\x85\xa0\xc3\xff \t\r\n");
        insert(&mut m.target, &[byte], r);
        BAD
    }),
    ("another form of target", |m, r| {
        m.target = r
            .pick(&[
                &b"a"[..],
                b"h:80",
                b"?x",
                b"http://",
                b"http:///",
                b"http://u@h/",
                b"**",
                b"#",
                b"h",
                b"http://h:x/",
            ])
            .to_vec();
        BAD
    }),
    ("an asterisk", |m, _| {
        if m.method == b"OPTIONS" {
            return None;
        }
        m.target = b"*".to_vec();
        BAD
    }),
    ("other spaces", |m, r| {
        let at = r.below(2);
        m.spaces[at] =
            r.pick(&[&b"  "[..], b"\t", b" \t", b"\x0b", b"\x0c", b"\xa0", b"", b"\0", b"%20", b" \r\n "]).to_vec();
        // Without the space before it, the version's bytes are a part of the target, and there is no version.
        BAD
    }),
    ("a malformed version", |m, r| {
        m.version = r
            .pick(&[
                &b"HTTP/1"[..],
                b"HTTP/1.",
                b"http/1.1",
                b"HTTP/1.1 ",
                b"HTTP/1.1x",
                b"HTTP/01.1",
                b"HTTP/1.10",
                b"HTTP1.1",
                b"",
                b"HTTP/ 1.1",
                b"HTTP/1,1",
                b"HTTPS/1.1",
                b"HTTP/a.b",
                b"HTTP/1.1\t",
                b"HTTP/1.1\0",
            ])
            .to_vec();
        BAD
    }),
    ("another version", |m, r| {
        m.version = r.pick(&[&b"HTTP/2.0"[..], b"HTTP/0.9", b"HTTP/1.2", b"HTTP/3.0", b"HTTP/9.9"]).to_vec();
        Some(&[505])
    }),
    ("the request line's end", |m, r| {
        m.line_end = r.pick(NO_ENDS).to_vec();
        BAD
    }),
    ("a field line's end", |m, r| {
        let end = r.pick(NO_ENDS);
        some_line(m, r)?.end = end.to_vec();
        BAD
    }),
    ("the head's end", |m, r| {
        m.head_end =
            r.pick(&[&b"\n"[..], b"\r\r\n", b"\rX", b"\r\r", b"\n\r\n", b" \r\n", b"\t\r\n", b"\0\r\n"]).to_vec();
        BAD
    }),
    ("a byte in a name", |m, r| {
        let byte = r.pick(NO_TOKEN);
        let mut name = core::mem::take(&mut some_line(m, r)?.name);
        insert(&mut name, &[byte], r);
        m.lines.iter_mut().find(|line| line.name.is_empty())?.name = name;
        BAD
    }),
    ("no name", |m, r| {
        some_line(m, r)?.name.clear();
        BAD
    }),
    ("a space before the colon", |m, r| {
        let space = r.pick(&[&b" :"[..], b"\t:", b"  :", b" \t:"]);
        some_line(m, r)?.colon = space.to_vec();
        BAD
    }),
    ("no colon", |m, r| {
        let line = some_line(m, r)?;
        if line.value.contains(&b':') {
            return None;
        }
        line.colon.clear();
        BAD
    }),
    ("a control byte in a value", |m, r| {
        let byte = r.pick(CONTROLS);
        let line = some_line(m, r)?;
        let at = line.value.len() / 2;
        line.value.insert(at, byte);
        BAD
    }),
    ("a line end in a value", |m, r| {
        let end = r.pick(&[&b"\r"[..], b"\n", b"\r\r", b"\n\n", b"\n\r"]);
        let line = some_line(m, r)?;
        let at = line.value.len() / 2;
        line.value.splice(at..at, end.iter().copied());
        BAD
    }),
    ("a control byte beside a value", |m, r| {
        let (at, byte) = (r.below(2), r.pick(CONTROLS));
        some_line(m, r)?.space[at] = vec![b' ', byte];
        BAD
    }),
    ("a fold", |m, r| {
        let fold = r.pick(&[&b"\r\n "[..], b"\r\n\t", b"\r\n  x", b"\r\n \r\n", b"\r\n x: y"]);
        let line = some_line(m, r)?;
        let at = line.value.len() / 2;
        line.value.splice(at..at, fold.iter().copied());
        BAD
    }),
    ("space before a name", |m, r| {
        let space = r.pick(b" \t");
        some_line(m, r)?.name.insert(0, space);
        BAD
    }),
    ("no host", |m, _| {
        if m.is_old() {
            return None;
        }
        m.lines.retain(|line| !line.name.eq_ignore_ascii_case(b"host"));
        BAD
    }),
    ("two hosts", |m, r| {
        let host = m.field("host")?.value.clone();
        let other = if r.one_in(2) { host } else { random_host(r).to_vec() };
        m.add("host", other, r);
        BAD
    }),
    ("a bad host", |m, r| {
        m.field("host")?.value = r
            .pick(&[
                &b""[..],
                b"h/",
                b"a b",
                b"u@h",
                b"h:x",
                b"[::1",
                b"::1",
                b"h, x",
                b"\xff",
                b"h?",
                b"h#",
                b":80",
                b"\"h\"",
                b"h:80:80",
                b"[x]",
                b"%4",
            ])
            .to_vec();
        BAD
    }),
    ("a bad length", |m, r| {
        m.field("content-length")?.value = r
            .pick(&[
                &b""[..],
                b"+1",
                b"-1",
                b"0x1",
                b"1 1",
                b"1,",
                b",1",
                b"1_0",
                b"1.0",
                b"1e1",
                b"\xb2",
                b"a",
                b"18446744073709551616",
                b"99999999999999999999999",
                b"1;",
                b"\"1\"",
                b"1, 2",
                b"1,1",
                b"0 0",
            ])
            .to_vec();
        BAD
    }),
    ("two lengths", |m, r| {
        let length = m.field("content-length")?.value.clone();
        let other = r.pick(&[&length[..], b"0", b"1", b"7", b"+1", b"", b"x"]).to_vec();
        m.add("content-length", other, r);
        BAD
    }),
    ("length and coding", |m, r| {
        if matches!(m.body, Body::None) || m.is_old() {
            return None;
        }
        match m.body {
            Body::Length(_) => {
                m.add("transfer-encoding", r.pick(&["chunked", "Chunked", "identity", "x", "", "gzip, chunked"]), r)
            }
            _ => m.add("content-length", r.pick(&["0", "5", "x", "", "100", "+5"]), r),
        }
        Some(&[400, 501])
    }),
    ("a bad coding", |m, r| {
        m.field("transfer-encoding")?.value = r
            .pick(&[
                &b""[..],
                b",",
                b"x",
                b"gzip",
                b"identity",
                b"chunked, x",
                b"chunked, chunked",
                b"chunked;a",
                b"\"chunked\"",
                b"xchunked",
                b"chunked x",
                b"chunke",
                b"chunked;",
                b"chunked, identity",
                b"\xa0chunked",
                b"chunked\xa0",
                b"chun\xe2\x84\xaaed",
                b"'chunked'",
                b"chunked\\",
                b"chunked, gzip, chunked",
            ])
            .to_vec();
        BAD
    }),
    ("an unknown coding", |m, r| {
        m.field("transfer-encoding")?.value =
            r.pick(&[&b"gzip, chunked"[..], b"x,chunked", b"br, gzip, chunked"]).to_vec();
        Some(&[501])
    }),
    ("two codings", |m, r| {
        m.field("transfer-encoding")?;
        m.add("transfer-encoding", r.pick(&["chunked", "identity, chunked, x", "chunked;q=1"]), r);
        Some(&[400, 501])
    }),
    ("a coding in 1.0", |m, r| {
        if m.field("transfer-encoding").is_none() {
            m.add("transfer-encoding", r.pick(&["chunked", "identity", "x"]), r);
        }
        m.version = b"HTTP/1.0".to_vec();
        Some(&[400, 501])
    }),
    ("an unknown expectation", |m, r| {
        if m.is_old() {
            return None;
        }
        m.add("expect", r.pick(&["x", "100-continu", "100-continue, x", "100 continue", "x=y"]), r);
        Some(&[417])
    }),
    ("a body of TRACE", |m, _| {
        if matches!(&m.body, Body::None)
            || matches!(&m.body, Body::Length(bytes) if bytes.is_empty())
            || m.target == b"*"
        {
            return None;
        }
        m.method = b"TRACE".to_vec();
        BAD
    }),
    ("a bad chunk size", |m, r| {
        let size = r.pick(&[
            &b""[..],
            b" ",
            b"+1",
            b"-1",
            b"0x1",
            b"1 ",
            b" 1",
            b"g",
            b"1g",
            b"1_",
            b"\t1",
            b"1\t",
            b"00000000000000001",
            b"1.",
            b"\"1\"",
            b"\0",
            b"1\0",
            b"1\xa0",
            b"10000000000000000",
            b"1 1",
            b"\xef\xbc\x91",
            b"%31",
        ]);
        some_chunk(m, r, false)?.size = size.to_vec();
        some_chunk_without_extension(m, size);
        BAD
    }),
    ("a chunk size's end", |m, r| {
        let end = r.pick(NO_ENDS);
        some_chunk(m, r, false)?.size_end = end.to_vec();
        BAD
    }),
    ("a chunk's end", |m, r| {
        let end = r.pick(&[
            &b"\n"[..],
            b"\r",
            b"",
            b"\n\n",
            b"\r\r",
            b"xx",
            b"\0\0",
            b"\r\r\n",
            b" \r\n",
            b"x\r\n",
            b"\n\r",
            b"  ",
        ]);
        some_chunk(m, r, true)?.data_end = end.to_vec();
        BAD
    }),
    ("a chunk that is too long", |m, r| {
        let extra = 1 + r.below(2);
        let chunk = some_chunk(m, r, true)?;
        chunk.size = format!("{:x}", chunk.data.len() + extra).into_bytes();
        BAD
    }),
    ("a chunk that is too short", |m, r| {
        let chunk = some_chunk(m, r, true)?;
        let size = chunk.data.len() - 1;
        if size == 0 || chunk.data[size] == b'\r' {
            return None;
        }
        chunk.size = format!("{size:x}").into_bytes();
        BAD
    }),
    ("a bad chunk extension", |m, r| {
        let extension = r.pick(&[
            &b";"[..],
            b"; ",
            b";;a",
            b";a;",
            b";=",
            b";=b",
            b";a=",
            b";a b",
            b";a=\"b",
            b";a=b\"",
            b";a=\"b\"c",
            b";[",
            b";a=\xff",
            b";a\0",
            b";a=\"\x01\"",
            b";a ",
            b";a=b ",
            b",a",
            b"=a",
            b" a",
            b";\"a\"",
            b";a=b=c",
            b";a=\"\\\x7f\"",
            b";a=\"\n\"",
            b";a=\"\r\n\"",
            b";a\r",
            b";\n",
            b";a=\n",
        ]);
        some_chunk(m, r, false)?.extension = extension.to_vec();
        BAD
    }),
    ("a bad trailer", |m, r| {
        let line = some_trailer(m, r)?;
        match r.below(8) {
            0 => line.name.clear(),
            1 => line.name.insert(0, r.pick(b" \t")),
            2 => line.name.push(r.pick(NO_TOKEN)),
            3 => line.colon = b" :".to_vec(),
            4 => line.end = r.pick(NO_ENDS).to_vec(),
            5 => line.value.push(r.pick(CONTROLS)),
            6 => line.value.extend(b"\r\n x"),
            _ => (line.colon, line.value) = (Vec::new(), b"x".to_vec()),
        }
        BAD
    }),
    ("the trailers' end", |m, r| {
        let Body::Chunks(_, _, end) = &mut m.body else { return None };
        *end = r.pick(&[&b"\n"[..], b"\rX", b"\r\r\n", b" \r\n", b"\n\r\n", b"\0\r\n", b"x\r\n\r\n"]).to_vec();
        BAD
    }),
];

/// An extension behind a size that ends in white space would make that white space legal.
fn some_chunk_without_extension(message: &mut Message, size: &[u8]) {
    let Body::Chunks(chunks, ..) = &mut message.body else { return };
    chunks.iter_mut().filter(|chunk| chunk.size == size).for_each(|chunk| chunk.extension.clear());
}

/// Some messages, up to the one that closes.
fn conversation(random: &mut Random) -> (Vec<Message>, End) {
    let mut messages = Vec::new();
    for _ in 0..=random.below(3) {
        let message = Message::new(random);
        let closes = message.closes;
        messages.push(message);
        if closes {
            return (messages, End::Closes);
        }
    }
    (messages, End::Open)
}

fn expected(name: String, messages: &[Message], end: End) -> Case {
    let mut case = case(name, "", "");
    for message in messages {
        message.put(&mut case.input);
        case.answers.push(Answer::Echo(message.seen()));
    }
    case.end = end;
    case
}

/// A good conversation; one that is cut; one with a fault in its last message, and more behind it.
fn generate(random: &mut Random) -> Case {
    let (mut messages, end) = conversation(random);
    match random.below(5) {
        0 => expected("good".into(), &messages, end),
        1 => {
            let before = expected("cut".into(), &messages[..messages.len() - 1], End::Open);
            let mut case = before.clone();
            let mut last = Vec::new();
            messages[messages.len() - 1].put(&mut last);
            let at = random.below(last.len());
            case.input.extend_from_slice(&last[..at]);
            let nothing = at == 0 || (at == 2 && last.starts_with(b"\r\n"));
            case.end = if nothing { End::Open } else { End::Waits };
            case
        }
        _ => {
            let mut bad = messages.pop().unwrap();
            let (name, statuses) = loop {
                let mut mutated = bad.clone();
                let (name, fault) = random.pick(FAULTS);
                if let Some(statuses) = fault(&mut mutated, random) {
                    bad = mutated;
                    break (name, statuses);
                }
            };
            let mut case = expected(name.into(), &messages, End::Closes);
            bad.put(&mut case.input);
            case.answers.push(Answer::Refuse(statuses));
            // What it must not run into.
            case.input.extend_from_slice(b"Xx: y\r\n\r\n");
            Message::new(random).put(&mut case.input);
            case
        }
    }
}

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |value| value.parse().unwrap())
}

#[test]
fn generated() {
    let seed = variable("HTTP1_PROBES_SEED", 1);
    let count = variable("HTTP1_PROBES_COUNT", 20_000);
    let threads = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    let share = |first: u64| {
        for n in (first..count).step_by(usize::try_from(threads).unwrap()) {
            let mut random = Random(seed.wrapping_add(n.wrapping_mul(0x5851_f42d_4c95_7f2d)));
            let mut case = generate(&mut random);
            // How far is read ahead of the answers must not change them.
            case.config =
                random.pick(&[None, Some(|config| config.max_pipelined(1)), Some(|config| config.max_pipelined(2))]);
            let checked = std::panic::catch_unwind(move || {
                check_quickly(&case, |below| random.below(below))
                    .map_err(|error| format!("{}: {error}\n  input {}", case.name, case.input.escape_ascii()))
            });
            if let Err(error) = checked.unwrap_or_else(|_| Err("panicked".into())) {
                panic!("HTTP1_PROBES_SEED={seed}, number {n}: {error}");
            }
        }
    };
    std::thread::scope(|scope| {
        let share = &share;
        let workers: Vec<_> = (0..threads).map(|first| scope.spawn(move || share(first))).collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
}
