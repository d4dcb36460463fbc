//! An allocator over a fixed array.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// `N` bytes, handed out from the front. What is freed last is reused at once, and all of it when nothing is in use:
/// enough for a program that serves one thing at a time. It runs on one core, without interrupts that allocate.
#[repr(align(16))]
pub(crate) struct Arena<const N: usize> {
    bytes: UnsafeCell<[u8; N]>,
    next: AtomicUsize,
    in_use: AtomicUsize,
    most: AtomicUsize,
}

/// SAFETY: the bytes are only reached through the allocations, and no two of these overlap.
unsafe impl<const N: usize> Sync for Arena<N> {}

impl<const N: usize> Arena<N> {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: UnsafeCell::new([0; N]),
            next: AtomicUsize::new(0),
            in_use: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        }
    }

    /// How many bytes are allocated.
    pub(crate) fn in_use(&self) -> usize {
        self.in_use.load(Relaxed)
    }

    /// The most of the array that was ever taken, gaps included.
    pub(crate) fn most(&self) -> usize {
        self.most.load(Relaxed)
    }

    fn base(&self) -> *mut u8 {
        self.bytes.get().cast()
    }
}

/// SAFETY: what is handed out lies within the array, is aligned, and begins behind everything that is in use.
unsafe impl<const N: usize> GlobalAlloc for Arena<N> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let next = self.next.load(Relaxed);
        // SAFETY: `next` is at most N.
        let gap = unsafe { self.base().add(next) }.align_offset(layout.align());
        let Some(start) = next.checked_add(gap) else { return ptr::null_mut() };
        let Some(end) = start.checked_add(layout.size()).filter(|end| *end <= N) else { return ptr::null_mut() };
        self.next.store(end, Relaxed);
        self.in_use.fetch_add(layout.size(), Relaxed);
        self.most.fetch_max(end, Relaxed);
        // SAFETY: `start` is at most N.
        unsafe { self.base().add(start) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let start = pointer as usize - self.base() as usize;
        if self.in_use.fetch_sub(layout.size(), Relaxed) == layout.size() {
            self.next.store(0, Relaxed);
        } else if start + layout.size() == self.next.load(Relaxed) {
            self.next.store(start, Relaxed);
        }
    }
}
