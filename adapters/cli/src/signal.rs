//! Ctrl-C and SIGTERM: the first stops gracefully, the second at once.

use crate::failure::Failure;
use barewire_drive::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::thread;

/// A handle that the first of the two signals calls. The second ends the process, with the code that a shell gives to a
/// program that a signal killed.
pub(crate) fn stop_on_signals() -> Result<Stop, Failure> {
    let refused = |error| Failure::at("cannot listen for signals", error);
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(refused)?;
    let stop = Stop::new();
    let told = stop.clone();
    let listen = move || {
        for signal in signals.forever() {
            if told.is_stopped() {
                std::process::exit(128 + signal);
            }
            tracing::info!("stopping: no new connections, those that run may finish. Once more to stop at once");
            told.stop();
        }
    };
    thread::Builder::new().name("signals".into()).spawn(listen).map_err(refused)?;
    Ok(stop)
}
