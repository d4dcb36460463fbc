//! The handle that ends a server.

#![allow(clippy::unwrap_used, clippy::std_instead_of_alloc, reason = "a test fails by panicking, and has std")]

mod support;

use barewire_drive::{Options, OptionsError, Stop};
use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::Arc;
use std::task::Wake;
use std::thread;
use support::once;

struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn it_reaches_tasks_that_wait_and_those_that_come_later() {
    let stop = Stop::new();
    let woken = Arc::new(Count(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut waiting: Vec<_> = (0..10).map(|_| stop.stopped()).collect();
    for stopped in &mut waiting {
        for _ in 0..3 {
            assert!(Pin::new(&mut *stopped).poll(&mut Context::from_waker(&waker)).is_pending());
        }
    }
    waiting.truncate(7);
    let clone = stop.clone();
    clone.stop();
    clone.stop();
    assert_eq!(woken.0.load(Ordering::Relaxed), 7, "each once, and none that was dropped");
    assert!(waiting.into_iter().all(|stopped| once(stopped).is_ready()));
    assert_eq!(once(stop.stopped()), Poll::Ready(()));
}

#[test]
fn a_task_that_moves_is_woken_where_it_is() {
    let stop = Stop::new();
    let mut stopped = stop.stopped();
    let counts = [(); 2].map(|()| Arc::new(Count(AtomicUsize::new(0))));
    for count in &counts {
        let waker = Waker::from(Arc::clone(count));
        assert!(Pin::new(&mut stopped).poll(&mut Context::from_waker(&waker)).is_pending());
    }
    stop.stop();
    assert_eq!(counts.map(|count| count.0.load(Ordering::Relaxed)), [0, 1]);
}

#[test]
fn it_reaches_threads() {
    let stop = Stop::new();
    assert!(!stop.wait(Some(Duration::from_millis(10))));
    let (one, other) = (stop.clone(), stop.clone());
    let waiting = [thread::spawn(move || one.wait(None)), thread::spawn(move || other.wait(Some(Duration::MAX)))];
    stop.stop();
    assert!(waiting.into_iter().all(|thread| thread.join().unwrap()));
}

#[cfg(unix)]
#[test]
fn its_descriptor_is_readable_once_stopped() {
    use std::io::{ErrorKind, Read};
    use std::os::unix::net::UnixStream;

    let read = |stop: &Stop| {
        let mut stream = UnixStream::from(stop.descriptor().unwrap().try_clone_to_owned().unwrap());
        stream.set_nonblocking(true).unwrap();
        stream.read(&mut [0])
    };
    let stop = Stop::new();
    assert_eq!(read(&stop).unwrap_err().kind(), ErrorKind::WouldBlock);
    stop.stop();
    assert_eq!(read(&stop).unwrap(), 0);
    let stopped_before = Stop::new();
    stopped_before.stop();
    assert_eq!(read(&stopped_before).unwrap(), 0);
}

#[test]
fn options_must_make_sense() {
    assert_eq!(Options::builder().build().unwrap(), Options::default());
    assert_eq!(Options::builder().max_connections(0).build(), Err(OptionsError::NoConnections));
    let pause = |pause| Options::builder().pause(pause).build().map(drop);
    assert_eq!(pause(Duration::ZERO), Err(OptionsError::Pause(Duration::ZERO)));
    assert_eq!(pause(Duration::from_secs(61)), Err(OptionsError::Pause(Duration::from_secs(61))));
    assert_eq!(pause(Duration::from_secs(60)), Ok(()));
    let options = Options::builder().max_connections(3).nodelay(false).grace(Duration::ZERO).build().unwrap();
    assert_eq!((options.max_connections(), options.nodelay(), options.grace()), (3, false, Duration::ZERO));
}
