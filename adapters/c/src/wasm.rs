//! What WebAssembly lacks: memory, and a way to end. Nothing is imported.

use alloc::alloc::{alloc, dealloc};
use core::alloc::Layout;
use core::ptr;

/// What JavaScript allocates begins at a multiple of this, as any struct of the interface must.
const ALIGN: usize = 8;

#[cfg(not(feature = "std"))]
#[global_allocator]
static MEMORY: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[cfg(not(feature = "std"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Memory for JavaScript to write arguments to, and to read results from. NULL if there is none left. Any call may move
/// what `memory.buffer` is, never what a pointer points to.
#[unsafe(no_mangle)]
pub extern "C" fn bw_alloc(length: usize) -> *mut u8 {
    match Layout::from_size_align(length.max(1), ALIGN) {
        // SAFETY: the size is not 0.
        Ok(layout) => unsafe { alloc(layout) },
        Err(_) => ptr::null_mut(),
    }
}

/// Frees what `bw_alloc` gave for this length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_free(pointer: *mut u8, length: usize) {
    if let (false, Ok(layout)) = (pointer.is_null(), Layout::from_size_align(length.max(1), ALIGN)) {
        // SAFETY: it is from `bw_alloc`, with this length: the caller's promise.
        unsafe { dealloc(pointer, layout) }
    }
}
