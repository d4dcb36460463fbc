//! One connection, on async-io.

use crate::calls::{Ends, Held, Pool, call, pages_of};
use async_io::Async;
use barewire::Instant;
use barewire::balance::relay::{Config, Pipe, Pipes, PipesConfig, Relay, Summary, Way};
use barewire_drive::now;
use barewire_drive::relay::{Fd, Watch, Wire};
use barewire_smol::Smol;
use core::task::{Context, Poll};
use std::io;
use std::os::fd::AsFd;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Of the whole process: tasks move between threads, and their pipes with them.
static PIPES: LazyLock<Mutex<Pipes<Ends>>> =
    LazyLock::new(|| Mutex::new(Pipes::new(pages_of(PipesConfig::default(), 1))));

/// Relays between two sockets until both have ended, one has broken or a deadline has passed; then closes them.
///
/// It may be dropped at any time, which closes both sockets.
pub async fn relay<C: AsFd, B: AsFd>(client: Async<C>, backend: Async<B>, config: &Config) -> Summary {
    let (client, backend) = (Socket(client), Socket(backend));
    let sockets = (client.0.as_fd(), backend.0.as_fd());
    let mut lent = Lent(Held::default());
    barewire_drive::relay::relay::<Smol>(&client, &backend, Relay::new(config), |relay, way, op, scratch| {
        let sockets = match way {
            Way::Up => sockets,
            Way::Down => (sockets.1, sockets.0),
        };
        call(relay, (way, op), sockets, &mut lent.0, &mut Everyone, scratch, now())
    })
    .await
}

struct Everyone;

impl Everyone {
    fn pipes(&self) -> MutexGuard<'static, Pipes<Ends>> {
        PIPES.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool for Everyone {
    fn take(&mut self, large: bool, now: Instant) -> Option<Pipe<Ends>> {
        let mut pipes = self.pipes();
        // There is no other occasion.
        pipes.trim(now);
        Pool::take(&mut *pipes, large, now)
    }

    fn give(&mut self, pipe: Pipe<Ends>, empty: bool, now: Instant) {
        self.pipes().give(pipe, empty, now);
    }
}

/// What a task had when it was dropped.
struct Lent(Held);

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.abandon(&mut Everyone, now());
    }
}

struct Socket<S>(Async<S>);

impl<S: AsFd> Wire for Socket<S> {
    fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        Fd(&self.0).read(into)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Fd(&self.0).write(bytes)
    }

    fn shutdown(&self) -> io::Result<()> {
        Fd(&self.0).shutdown()
    }

    fn unacknowledged(&self) -> io::Result<usize> {
        Fd(&self.0).unacknowledged()
    }

    fn reset(&self) -> io::Result<()> {
        Fd(&self.0).reset()
    }
}

impl<S> Watch for Socket<S>
where
    Self: Wire,
{
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_readable(cx)
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_writable(cx)
    }
}
