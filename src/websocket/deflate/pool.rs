//! Compressors and decompressors between messages.

use super::WindowBits;
use alloc::boxed::Box;
use alloc::sync::Arc;
use concurrent_queue::ConcurrentQueue;
use core::fmt;
use zlib_rs::{Deflate, DeflateConfig, Inflate};

/// How much a compressor buffers: 2048 symbols to a block. The library's default of 8 takes 100 KiB more a state; at
/// level 1 it gives nothing, at level 6 half a percent.
const MEM_LEVEL: i32 = 5;

/// States that no connection holds at the moment, for all that share a configuration.
///
/// To make one costs several times what a small message does, so they are used again. There need to be as many as
/// threads work at once, not as many as there are connections.
#[derive(Clone)]
pub(in crate::websocket) struct Pool(Arc<Idle>);

struct Idle {
    inflate: ConcurrentQueue<Box<Inflate>>,
    deflate: ConcurrentQueue<Compressor>,
}

/// A compressor, and what it was made for.
pub(super) struct Compressor {
    pub(super) state: Box<Deflate>,
    window: WindowBits,
    level: u8,
}

impl Pool {
    /// That keeps at most `states` of each kind: of 46 KiB to inflate, of up to 273 KiB to deflate. It is empty at first.
    pub(in crate::websocket) fn new(states: usize) -> Self {
        let states = states.max(1);
        Self(Arc::new(Idle { inflate: ConcurrentQueue::bounded(states), deflate: ConcurrentQueue::bounded(states) }))
    }

    /// A decompressor with an empty window.
    pub(super) fn inflate(&self) -> Box<Inflate> {
        match self.0.inflate.pop() {
            Ok(mut state) => {
                state.reset(false);
                state
            }
            // Its window is of 32 KiB whatever it is asked for.
            Err(_) => Box::new(Inflate::new(false, WindowBits::MAX.get())),
        }
    }

    pub(super) fn give_inflate(&self, state: Box<Inflate>) {
        // One too many is dropped.
        let _ = self.0.inflate.push(state);
    }

    /// A compressor with an empty window.
    pub(super) fn deflate(&self, window: WindowBits, level: u8) -> Compressor {
        // One that was made for something else is dropped, so that the pool comes to hold what is asked for.
        if let Ok(mut pooled) = self.0.deflate.pop() {
            if pooled.window == window && pooled.level == level {
                pooled.state.reset();
                return pooled;
            }
        }
        let config = DeflateConfig {
            level: level.into(),
            window_bits: -i32::from(window.get()),
            mem_level: MEM_LEVEL,
            ..DeflateConfig::default()
        };
        Compressor { state: Box::new(Deflate::new_with_config(config)), window, level }
    }

    pub(super) fn give_deflate(&self, compressor: Compressor) {
        let _ = self.0.deflate.push(compressor);
    }

    #[cfg(test)]
    pub(super) fn idle(&self) -> (usize, usize) {
        (self.0.inflate.len(), self.0.deflate.len())
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new(16)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("inflate", &self.0.inflate.len()).field("deflate", &self.0.deflate.len()).finish()
    }
}
