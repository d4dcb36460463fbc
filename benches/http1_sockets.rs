//! HTTP/1 over loopback: each server a process of its own, what counts is its CPU time per request.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench http1_sockets [-- WORD]`
//!
//! One load client for all: an epoll loop over some connections, each with one read's worth of requests in flight, a
//! fixed number of them. The servers take turns (`ROUNDS`, 9 unless told), medians are compared. A request has 40 B, the
//! reply is a 200 with `Date` and 13 B. All servers have one worker thread, but for the runtimes whose design is another:
//! a thread for each connection (std), or for the executor and the reactor (smol). `WORD` restricts the run to the
//! servers whose name has it.
//!
//! CPU time is the process's own clock, user and system; the user part of it is known in ticks of 10 ms only. The
//! kernel's work for the loopback is in it too, the same for all.

#[path = "http1_sockets/load.rs"]
mod load;
#[path = "http1_sockets/servers.rs"]
mod servers;

use barewire_benches::http::DEPTH;
use barewire_benches::process::{Server, compare};
use load::Load;

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let first = args.next().unwrap_or_default();
    if first == "--serve" {
        let name = args.next().unwrap_or_default();
        let (_, serve) = servers::ALL.iter().find(|(other, _)| *other == name).expect("a server's name");
        return serve();
    }
    let mut servers: Vec<Server> =
        servers::ALL.iter().map(|(name, _)| *name).filter(|name| name.contains(&first)).map(Server::start).collect();
    if "nginx".contains(&first) {
        servers.extend(load::nginx());
    }
    for (connections, depth, requests) in [(8, 1, 20_000), (32, 1, 20_000), (8, DEPTH, 160_000)] {
        println!("{connections} connections, {depth} in flight on each, {requests} requests a turn");
        let load = Load { connections, depth, requests };
        compare(&servers, requests, |server| load.turn(server));
    }
}
