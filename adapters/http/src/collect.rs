use crate::Error;
use barewire::http::Body;
use bytes::{Bytes, BytesMut};

/// A body on its way to being whole. One that came in one piece stays where it is.
#[derive(Default)]
pub(crate) struct Collected {
    first: Bytes,
    all: BytesMut,
}

impl Collected {
    /// Nothing yet; an error where what is announced and not `read` is longer than `limit`.
    pub(crate) fn new(announced: Body, read: u64, limit: usize) -> Result<Self, Error> {
        match announced {
            Body::Length(length) if length.saturating_sub(read) > limit as u64 => Err(Error::TooLong),
            _ => Ok(Self::default()),
        }
    }

    pub(crate) fn push(&mut self, piece: Bytes, limit: usize) -> Result<(), Error> {
        let before = self.first.len().max(self.all.len());
        if piece.len() > limit - before {
            return Err(Error::TooLong);
        }
        if before == 0 {
            self.first = piece;
        } else {
            if self.all.is_empty() {
                self.all.extend_from_slice(&self.first);
            }
            self.all.extend_from_slice(&piece);
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}
