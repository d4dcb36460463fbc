//! A session's compressor and decompressor, and when they are given up.

pub(super) use super::deflate::Progress;
use super::deflate::{Context, Deflater, Fault, Flush, Inflater, Pool};
use super::extension::DeflateParams;
use super::{Config, Error, Role};
use crate::Instant;
use crate::assembly::LINGER;
use bytes::{Bytes, BytesMut};

/// What is received.
#[derive(Debug)]
pub(super) struct Inflation {
    codec: Inflater,
    rest: Rest,
}

/// What is sent.
#[derive(Debug)]
pub(super) struct Deflation {
    codec: Deflater,
    rest: Rest,
    threshold: usize,
    /// Whether a message may be left out: nothing later refers to it.
    optional: bool,
    output: BytesMut,
}

/// When state is given up that a waiting connection doesn't need.
#[derive(Clone, Copy, Debug, Default)]
struct Rest {
    used: bool,
    until: Option<Instant>,
}

/// States that no connection holds at the moment, for all that share a configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct States(Pool);

/// Both of a session that has agreed on permessage-deflate.
pub(super) fn agreed(role: &Role, params: DeflateParams, config: &Config) -> Option<(Inflation, Deflation)> {
    let server = Context::new(!params.server_no_context_takeover, params.server_max_window_bits)?;
    let client = Context::new(!params.client_no_context_takeover, params.client_max_window_bits)?;
    let (ours, theirs) = match role {
        Role::Server => (server, client),
        Role::Client { .. } => (client, server),
    };
    let longest = usize::try_from(config.max_message).unwrap_or(usize::MAX);
    let inflater = Inflater::new(theirs, longest, config.states.0.clone());
    let deflater = Deflater::new(ours, config.deflate_level, config.states.0.clone());
    let inflation = Inflation { codec: inflater, rest: Rest::default() };
    let deflation = Deflation {
        codec: deflater,
        rest: Rest::default(),
        threshold: config.deflate_threshold,
        optional: !ours.takeover,
        output: BytesMut::new(),
    };
    Some((inflation, deflation))
}

impl Inflation {
    /// Inflates a piece of a payload: as [`Inflater::inflate`].
    pub(super) fn inflate(&mut self, input: &[u8], output: &mut BytesMut, room: usize) -> Result<Progress, Error> {
        self.rest.used = true;
        self.codec.inflate(input, output, room).map_err(error)
    }

    /// Ends a message: as [`Inflater::finish`].
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        self.rest.used = true;
        self.codec.finish().map_err(error)
    }

    /// When the state is to be given up, if the session waits from `now` on.
    pub(super) fn rest(&mut self, now: Instant) -> Option<Instant> {
        self.rest.begin(self.codec.holds_state(), now)
    }

    /// Gives the state up, if it is time.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.rest.is_over(now) {
            self.codec.release();
        }
    }
}

impl Deflation {
    /// A message compressed, if that is worth it.
    pub(super) fn message(&mut self, payload: &[u8]) -> Option<Bytes> {
        if payload.len() < self.threshold {
            return None;
        }
        let compressed = self.compress(payload, Flush::Message);
        (compressed.len() < payload.len() || !self.optional).then_some(compressed)
    }

    /// A piece of a message that was begun. The peer can inflate it when it comes.
    pub(super) fn piece(&mut self, payload: &[u8]) -> Bytes {
        self.compress(payload, Flush::Now)
    }

    /// What ends such a message.
    pub(super) fn end(&mut self) -> Bytes {
        self.compress(b"", Flush::Message)
    }

    fn compress(&mut self, payload: &[u8], flush: Flush) -> Bytes {
        self.rest.used = true;
        self.codec.compress(payload, &mut self.output, flush);
        self.output.split().freeze()
    }

    /// When the state is to be given up, if the session waits from `now` on.
    pub(super) fn rest(&mut self, now: Instant) -> Option<Instant> {
        let holds = self.codec.holds_state() || self.output.capacity() > 0;
        self.rest.begin(holds, now)
    }

    /// Gives the state up, if it is time. Later messages then refer to nothing before them, which the peer need not know.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.rest.is_over(now) {
            self.codec.release();
            self.output = BytesMut::new();
        }
    }
}

impl Rest {
    fn begin(&mut self, holds: bool, now: Instant) -> Option<Instant> {
        if core::mem::take(&mut self.used) {
            self.until = holds.then(|| now + LINGER);
        }
        self.until
    }

    fn is_over(&mut self, now: Instant) -> bool {
        self.until.take_if(|until| now >= *until).is_some()
    }
}

fn error(fault: Fault) -> Error {
    match fault {
        Fault::Invalid | Fault::Truncated => Error::Deflate,
        Fault::TooLong => Error::LongMessage,
    }
}
