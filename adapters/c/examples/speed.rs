//! How many requests a second go through the machine itself, on one core: `.ci/speed` has it beside others.

use barewire::http::{RequestEvent, Response, Status};
use barewire::{Instant, Machine, Next, http1};
use std::time;

const REQUEST: &[u8] = b"GET /plaintext HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n";
const BATCH: usize = 16;
const ROUNDS: usize = 40_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let input = REQUEST.repeat(BATCH);
    let mut server = http1::Server::new(http1::Config::default());
    let start = time::Instant::now();
    for _ in 0..ROUNDS {
        let rx = &mut server.link().rx;
        rx.spare(input.len()).copy_from_slice(&input);
        rx.commit(input.len());
        while let Next::Event(event) = server.next_ref(Instant::ORIGIN)? {
            if let RequestEvent::End { id, .. } = event {
                server.respond_with(id, &Response::new(Status::OK), &b"Hello, World!"[..])?;
            }
        }
        let tx = &mut server.link().tx;
        tx.advance(tx.len());
    }
    println!("Rust   {:.0} requests/s", (BATCH * ROUNDS) as f64 / start.elapsed().as_secs_f64());
    Ok(())
}
