//! Where a request's body comes from.

use super::exchange::Piece;
use crate::failure::Failure;
use barewire::http::Body;
use bytes::Bytes;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

const PIECE: usize = 64 * 1024;

pub(super) enum Source {
    Text(Bytes),
    File(File, Body),
    /// Standard input may be silent for long: a thread waits for it, so that the response needn't.
    Stdin(Receiver<io::Result<Bytes>>),
}

impl Source {
    /// `-` is standard input, `@FILE` a file, anything else the body itself.
    pub(super) fn open(data: &str) -> Result<Self, Failure> {
        if data == "-" || data == "@-" {
            return read_stdin().map(Self::Stdin).map_err(|error| Failure::at("cannot read standard input", error));
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
        Ok(Self::File(file, body))
    }

    /// What is known of its length.
    pub(super) fn body(&self) -> Body {
        match self {
            Self::Text(text) => Body::Length(text.len() as u64),
            Self::File(_, body) => *body,
            Self::Stdin(_) => Body::Unknown,
        }
    }

    pub(super) fn next(&mut self) -> Result<Piece, Failure> {
        let piece = match self {
            Self::Text(text) => Ok(core::mem::take(text)),
            Self::File(file, _) => read(file),
            Self::Stdin(pieces) => match pieces.try_recv() {
                Ok(piece) => piece,
                Err(TryRecvError::Empty) => return Ok(Piece::NotYet),
                Err(TryRecvError::Disconnected) => return Ok(Piece::End),
            },
        };
        let piece = piece.map_err(|error| Failure::at("cannot read the body", error))?;
        Ok(if piece.is_empty() { Piece::End } else { Piece::More(piece) })
    }
}

fn read_stdin() -> io::Result<Receiver<io::Result<Bytes>>> {
    let (sender, receiver) = sync_channel(1);
    let run = move || {
        loop {
            let piece = read(&mut io::stdin());
            let last = piece.as_ref().map_or(true, Bytes::is_empty);
            if sender.send(piece).is_err() || last {
                return;
            }
        }
    };
    thread::Builder::new().name("stdin".into()).spawn(run)?;
    Ok(receiver)
}

/// The next piece, empty at the end.
fn read(from: &mut impl Read) -> io::Result<Bytes> {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => {
                piece.truncate(read?);
                return Ok(piece.into());
            }
        }
    }
}
