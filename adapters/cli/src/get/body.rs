//! Where a request's body comes from.

use crate::failure::Failure;
use barewire::http::Body;
use bytes::Bytes;
use std::fs::File;
use std::io::{self, ErrorKind, Read};

const PIECE: usize = 64 * 1024;

pub(super) enum Source {
    Text(Bytes),
    Stream(Box<dyn Read>, Body),
}

impl Source {
    /// `-` is standard input, `@FILE` a file, anything else the body itself.
    pub(super) fn open(data: &str) -> Result<Self, Failure> {
        if data == "-" || data == "@-" {
            return Ok(Self::Stream(Box::new(io::stdin()), Body::Unknown));
        }
        let Some(path) = data.strip_prefix('@') else {
            return Ok(Self::Text(Bytes::copy_from_slice(data.as_bytes())));
        };
        let failed = |error| Failure::at(format_args!("cannot read {path}"), error);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Failure::new(format!("cannot read {path}: it is a directory")));
        }
        // What isn't a plain file doesn't know its length.
        let body = if metadata.is_file() { Body::Length(metadata.len()) } else { Body::Unknown };
        Ok(Self::Stream(Box::new(file), body))
    }

    /// What is known of its length.
    pub(super) fn body(&self) -> Body {
        match self {
            Self::Text(text) => Body::Length(text.len() as u64),
            Self::Stream(_, body) => *body,
        }
    }

    /// The next piece, `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        match self {
            Self::Text(text) if text.is_empty() => Ok(None),
            Self::Text(text) => Ok(Some(core::mem::take(text))),
            Self::Stream(stream, _) => {
                let mut piece = vec![0; PIECE];
                let n = loop {
                    match stream.read(&mut piece) {
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        read => break read.map_err(|error| Failure::at("cannot read the body", error))?,
                    }
                };
                piece.truncate(n);
                Ok(Some(Bytes::from(piece)).filter(|piece| !piece.is_empty()))
            }
        }
    }
}
