//! Buffers that a thread's connections share: one that waits holds none.

use core::cell::RefCell;
use std::thread::LocalKey;

/// What an ordinary read asks for, in bytes.
pub(crate) const READ: usize = 16 * 1024;

/// What a read asks for once reads keep filling their buffer, and the largest datagram.
pub(crate) const BULK: usize = 64 * 1024;

/// How many bytes of a kind of buffer a thread keeps, for the connections that it may have between a read and the next
/// wait.
const KEPT: usize = 512 * 1024;

type Shelf = RefCell<Vec<Vec<u8>>>;

thread_local! {
    static SMALL: Shelf = const { RefCell::new(Vec::new()) };
    static LARGE: Shelf = const { RefCell::new(Vec::new()) };
    static TAILS: Shelf = const { RefCell::new(Vec::new()) };
}

/// A buffer of at least `len` bytes, initialised to its full length. `len` is [`READ`] or [`BULK`].
pub(crate) fn take(len: usize) -> Vec<u8> {
    pop(if len > READ { &LARGE } else { &SMALL }).unwrap_or_else(|| vec![0; len])
}

/// Takes a buffer back, at its full initialised length.
pub(crate) fn give(buffer: Vec<u8>) {
    match buffer.len() {
        READ => push(&SMALL, buffer),
        BULK => push(&LARGE, buffer),
        _ => {}
    }
}

/// Storage for small pieces of output, if some was left.
pub(crate) fn take_tail() -> Option<Vec<u8>> {
    pop(&TAILS)
}

/// Takes storage for output back.
pub(crate) fn give_tail(tail: Vec<u8>) {
    if tail.capacity() <= BULK {
        push(&TAILS, tail);
    }
}

/// Frees what this thread keeps: it is about to wait, and has no other connection that could use it.
pub(crate) fn trim() {
    for shelf in [&SMALL, &LARGE, &TAILS] {
        // A connection dropped by another thread-local's destructor finds no pool: then there is nothing to free.
        let _ = shelf.try_with(|shelf| shelf.take());
    }
}

fn pop(shelf: &'static LocalKey<Shelf>) -> Option<Vec<u8>> {
    shelf.try_with(|shelf| shelf.borrow_mut().pop()).ok().flatten()
}

fn push(shelf: &'static LocalKey<Shelf>, buffer: Vec<u8>) {
    let _ = shelf.try_with(|shelf| {
        let mut shelf = shelf.borrow_mut();
        if shelf.len() * buffer.capacity().max(READ) < KEPT {
            shelf.push(buffer);
        }
    });
}
