//! A client that asks for more than it reads doesn't fill the memory.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use core::time::Duration;
use peak_alloc::PeakAlloc;
use std::io::{Read, Write};
use std::thread;
use support::{MIB, sites};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

#[test]
fn a_slow_reader_costs_no_memory() {
    for site in sites() {
        let mut stream = site.connect();
        stream.write_all(b"GET /endless HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
        let mut some = vec![0; 64 * 1024];
        stream.read_exact(&mut some).unwrap();
        ALLOCATED.reset_peak_usage();
        let before = ALLOCATED.current_usage();
        thread::sleep(Duration::from_millis(300));
        for _ in 0..32 {
            stream.read_exact(&mut some).unwrap();
        }
        thread::sleep(Duration::from_millis(100));
        let more = ALLOCATED.peak_usage().saturating_sub(before);
        assert!(more < MIB, "{more} bytes for a reader that takes its time, on {}", site.runtime);
        drop(stream);
        site.end();
    }
}
