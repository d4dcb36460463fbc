//! WebSocket echo over loopback: each server a process of its own, what counts is its CPU time per message.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench websocket_sockets [-- WORD]`
//!
//! One load client for all: an epoll loop over some connections, each with a batch of masked binary messages in flight
//! that was made beforehand, and a look at the length of what comes back. The servers take turns (`ROUNDS`, 9 unless
//! told), medians are compared, the ratio is to the CPU time of the floor: an epoll loop that unmasks and echoes, and
//! checks nothing. All servers have one worker thread, but for the runtimes whose design is another: a thread for each
//! connection (std), or for the executor and the reactor (smol). `WORD` restricts the run to the servers whose name has
//! it; `CASE` to the case with that name.
//!
//! CPU time is the process's own clock, user and system; the user part of it is known in ticks of 10 ms only. The
//! kernel's work for the loopback is in it too, the same for all.

#[path = "websocket_sockets/floor.rs"]
mod floor;
#[path = "websocket_sockets/load.rs"]
mod load;
#[path = "websocket_sockets/ours.rs"]
mod ours;
#[path = "websocket_sockets/peers.rs"]
mod peers;

use barewire_benches::process::{Server, compare};
use load::Load;

type Contestant = (&'static str, fn());

/// The first is what the others are compared with.
const ALL: &[Contestant] = &[
    ("floor: epoll", floor::echo),
    ("barewire, tokio", ours::tokio),
    ("barewire, tokio, exchange", ours::tokio_lent),
    ("barewire, smol", ours::smol),
    ("barewire, smol, exchange", ours::smol_lent),
    ("barewire, std", ours::std),
    ("barewire, std, exchange", ours::std_lent),
    ("tokio-tungstenite, batched", peers::tungstenite),
    ("tokio-websockets", peers::tokio_websockets),
    ("tokio-websockets, batched", peers::tokio_websockets_batched),
    ("fastwebsockets", peers::fastwebsockets),
    ("sockudo-ws, batched", peers::sockudo),
    ("yawc, batched", peers::yawc),
];

const CASES: &[(&str, Load)] = &[
    ("16 in flight, 16 B", Load { connections: 8, depth: 16, size: 16, messages: 320_000 }),
    ("16 in flight, 125 B", Load { connections: 8, depth: 16, size: 125, messages: 320_000 }),
    ("16 in flight, 1 KiB", Load { connections: 8, depth: 16, size: 1 << 10, messages: 80_000 }),
    ("1 in flight, 16 B", Load { connections: 1, depth: 1, size: 16, messages: 20_000 }),
    ("1 in flight, 1 MiB", Load { connections: 1, depth: 1, size: 1 << 20, messages: 500 }),
];

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let first = args.next().unwrap_or_default();
    if first == "--serve" {
        let name = args.next().unwrap_or_default();
        let (_, serve) = ALL.iter().find(|(other, _)| *other == name).expect("a server's name");
        return serve();
    }
    let servers: Vec<_> =
        ALL.iter().map(|(name, _)| *name).filter(|name| name.contains(&first)).map(Server::start).collect();
    let case = std::env::var("CASE").unwrap_or_default();
    for (name, load) in CASES.iter().filter(|(name, _)| name.contains(&case)) {
        println!("{name}, {} connections, {} messages a turn", load.connections, load.messages);
        compare(&servers, load.messages, |server| load.turn(server));
    }
}
