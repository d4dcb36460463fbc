//! For runtimes with futures.

use super::Wire;
use crate::poll::{Alarm, Runtime, clock_of};
use crate::pool;
use barewire::balance::relay::{Fault, Interest, Op, Ready, Relay, Side, Step, Summary, Way};
use core::future::poll_fn;
use core::task::{Context, Poll};
use std::io;

/// A [`Wire`] that a runtime watches.
pub trait Watch: Wire {
    /// Ready when a read may do something.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    /// Ready when a write may do something.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// Drives a relay until it is done. Then both sockets are to be closed.
///
/// `perform` makes its calls, with a scratch buffer: by [`super::perform`], or by more than that.
pub async fn relay<R: Runtime>(
    client: &(impl Watch + ?Sized),
    backend: &(impl Watch + ?Sized),
    mut relay: Relay,
    mut perform: impl FnMut(&Relay, Way, Op, &mut [u8]) -> Result<usize, Fault>,
) -> Summary {
    let mut alarm = Alarm::<R>::default();
    poll_fn(|cx| {
        // All of a turn is made with one buffer; what is left at its end is the relay's own.
        let mut scratch = pool::take(pool::BULK);
        let mut now = clock_of::<R>();
        let poll = loop {
            match relay.next(now) {
                Step::Do(way, op) => {
                    let result = perform(&relay, way, op, &mut scratch);
                    relay.done(result, &scratch);
                }
                Step::Yield => {
                    cx.waker().wake_by_ref();
                    break Poll::Pending;
                }
                Step::Wait(wait) => {
                    let client = look(&mut relay, Side::Client, client, wait.client, cx);
                    let backend = look(&mut relay, Side::Backend, backend, wait.backend, cx);
                    if !client && !backend && alarm.poll(cx, wait.until, &mut now).is_pending() {
                        break Poll::Pending;
                    }
                }
                Step::Done(ended) => break Poll::Ready(relay.summary(ended)),
            }
        };
        pool::give(scratch);
        poll
    })
    .await
}

/// Tells the relay what is ready of what it wants. False if nothing is.
fn look(
    relay: &mut Relay,
    side: Side,
    socket: &(impl Watch + ?Sized),
    interest: Interest,
    cx: &mut Context<'_>,
) -> bool {
    // A watch that fails says that the socket did: then the call will.
    let readable = interest.read && socket.poll_readable(cx).is_ready();
    let writable = interest.write && socket.poll_writable(cx).is_ready();
    if readable || writable {
        relay.ready(side, Ready { readable, writable, ..Ready::default() });
    }
    readable || writable
}
