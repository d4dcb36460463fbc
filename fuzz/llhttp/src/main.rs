//! Reads inputs, each behind its length in four bytes, and writes a line for each: the requests that our server read,
//! in hexadecimal, and how it ended.

use barewire::http::{Body, Method, RequestEvent, Response, Status};
use barewire::http1::{Config, Server};
use barewire::{Instant, Machine, Next};
use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, Read, Write};

fn main() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = BufWriter::new(io::stdout().lock());
    loop {
        let mut length = [0; 4];
        match input.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return output.flush(),
            outcome => outcome?,
        }
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        input.read_exact(&mut bytes)?;
        writeln!(output, "{}", verdict(&bytes))?;
    }
}

/// One word for each request that is whole, then `more`, `closed`, `switch`, or the error's name.
fn verdict(bytes: &[u8]) -> String {
    let mut server = Server::new(Config::default());
    let mut verdict = String::new();
    let mut request = Vec::new();
    let mut switches = false;
    server.link().rx.receive(bytes.to_vec(), 0);
    loop {
        match server.next(Instant::ORIGIN) {
            Ok(Next::Event(RequestEvent::Request { head, .. })) => {
                switches = head.asks_upgrade() || head.method() == Method::CONNECT;
                request = format!("{} {}\n", head.method(), head.target()).into_bytes();
                for (name, value) in head.fields() {
                    request.extend_from_slice(&[name.as_bytes(), b":", value.as_bytes(), b"\n"].concat());
                }
                request.push(b'\n');
            }
            Ok(Next::Event(RequestEvent::Data { bytes, .. })) => request.extend_from_slice(&bytes),
            Ok(Next::Event(RequestEvent::End { id, .. })) => {
                request.iter().for_each(|byte| write!(verdict, "{byte:02x}").expect("memory"));
                verdict.push(' ');
                if switches {
                    return verdict + "switch";
                }
                server.respond(id, &Response::new(Status::OK), Body::Empty).expect("its turn");
            }
            Ok(Next::Done) => return verdict + "closed",
            Ok(Next::NeedInput) if server.link().tx.is_ended() => return verdict + "closed",
            Ok(_) => return verdict + "more",
            Err(error) => return format!("{verdict}{error:?}"),
        }
    }
}
