//! A new process in the old one's place, by a local socket over which the listeners are handed over.

use crate::failure::Failure;
use barewire_splice::{Stop, handover};
use core::time::Duration;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// How long the other process may take to be ready, or to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was taken from the process before.
pub(super) struct Taken {
    from: UnixStream,
    pub(super) listeners: Vec<TcpListener>,
}

impl Taken {
    /// Takes over from whoever has this socket, if there is somebody.
    pub(super) fn take(path: &Path) -> Result<Option<Self>, Failure> {
        let failed = |error| Failure::at(format_args!("cannot take over by {}", path.display()), error);
        let from = match UnixStream::connect(path) {
            Ok(from) => from,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
                return Ok(None);
            }
            Err(error) => return Err(failed(error)),
        };
        from.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let listeners = handover::take(&from).map_err(failed)?;
        Ok(Some(Self { from, listeners }))
    }

    /// The process before may go.
    pub(super) fn ready(self) {
        if let Err(error) = handover::ready(&self.from) {
            tracing::warn!(%error, "the process before is gone already");
        }
    }
}

/// The listeners as they are given to the next process. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Given(Arc<Mutex<Vec<TcpListener>>>);

impl Given {
    pub(super) fn of(listeners: &[Vec<TcpListener>]) -> io::Result<Self> {
        let copies = listeners.iter().flatten().map(TcpListener::try_clone).collect::<io::Result<_>>()?;
        Ok(Self(Arc::new(Mutex::new(copies))))
    }

    fn copies(&self) -> io::Result<Vec<TcpListener>> {
        let given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        given.iter().map(TcpListener::try_clone).collect()
    }

    /// Nothing more is given: as long as a copy is open, somebody seems to listen.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Gives them to whoever connects to this socket, until one is ready: then this process stops.
    pub(super) fn offer(&self, path: &Path, stop: &Stop) -> Result<(), Failure> {
        let failed = |error| Failure::at(format_args!("cannot listen on {}", path.display()), error);
        // That of a process that is gone, or about to be: it has been asked.
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let socket = UnixListener::bind(path).map_err(failed)?;
        // Who can connect can take our connections.
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed)?;
        let (given, stop) = (self.clone(), stop.clone());
        let serve = move || {
            for next in socket.incoming() {
                if stop.is_stopped() {
                    return;
                }
                let done = next.and_then(|next| {
                    next.set_read_timeout(Some(PATIENCE))?;
                    handover::give(&given.copies()?, &next)
                });
                match done {
                    Ok(true) => {
                        tracing::info!("another process has taken over: those that run may finish");
                        given.close();
                        return stop.stop();
                    }
                    Ok(false) => tracing::warn!("a process that would take over has ended: this one goes on"),
                    Err(error) => tracing::warn!(%error, "nobody has taken over: this process goes on"),
                }
            }
        };
        thread::Builder::new().name("handover".into()).spawn(serve).map(drop).map_err(failed)
    }
}
