//! Allocations a message, in steady state: counted, so exact.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench allocations`

use allocation_counter::measure;
use barewire::message::{Event, Session};
use barewire::{Instant, Machine, Next};

const MESSAGES: u64 = 1000;

fn main() {
    for size in [16, 125, 1 << 10, 16 << 10, 1 << 20] {
        let payload = vec![7; size];
        for (door, lends) in [("next", false), ("next_ref", true)] {
            let (mut sender, mut receiver) = (Session::default(), Session::default());
            let mut exchange = |messages: u64| {
                for _ in 0..messages {
                    sender.send_ref(1, &payload).unwrap();
                    receive(&mut sender, &mut receiver, lends);
                }
            };
            exchange(10);
            let counted = measure(|| exchange(MESSAGES));
            let each = counted.count_total as f64 / MESSAGES as f64;
            println!("message {size:>8} B  {door:<8}  {each:.2} allocations, {} B at most at once", counted.bytes_max);
        }
    }
}

fn receive(sender: &mut Session, receiver: &mut Session, lends: bool) {
    loop {
        let received = if lends {
            matches!(receiver.next_ref(Instant::ORIGIN), Ok(Next::Event(Event::Message(_))))
        } else {
            matches!(receiver.next(Instant::ORIGIN), Ok(Next::Event(Event::Message(_))))
        };
        if received {
            return;
        }
        let mut chunks = [&b""[..]; 1];
        let (from, to) = (&mut sender.link().tx, &mut receiver.link().rx);
        assert_eq!(from.chunks(&mut chunks), 1);
        let spare = to.spare(chunks[0].len());
        let n = spare.len();
        spare.copy_from_slice(&chunks[0][..n]);
        to.commit(n);
        from.advance(n);
    }
}
