//! Where pointers become references, and panics become codes. All `unsafe` of this crate's that isn't here calls this.

use crate::{Code, Connection};
use core::slice;

/// Runs `body` on the connection, or says why not. After a panic the connection says only that.
///
/// # Safety
///
/// `connection` is NULL or from `bw_connection_new`, not freed, and in no other call.
pub(crate) unsafe fn guard(
    connection: *mut Connection,
    body: impl FnOnce(&mut Connection) -> Result<i32, Code>,
) -> i32 {
    // SAFETY: the caller's promise.
    let Some(connection) = (unsafe { connection.as_mut() }) else { return Code::Null as i32 };
    if connection.error() == Code::Panic as i32 {
        return Code::Panic as i32;
    }
    match catch(|| body(connection)) {
        Some(outcome) => outcome.unwrap_or_else(|code| code as i32),
        None => {
            connection.break_down();
            Code::Panic as i32
        }
    }
}

/// `None` if it panicked: unwinding into C is undefined.
#[cfg(feature = "std")]
pub(crate) fn catch<T>(body: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(core::panic::AssertUnwindSafe(body)).ok()
}

/// Without std a panic doesn't unwind: it is for the panic handler.
#[cfg(not(feature = "std"))]
pub(crate) fn catch<T>(body: impl FnOnce() -> T) -> Option<T> {
    Some(body())
}

/// The caller's array. NULL is an empty one.
///
/// # Safety
///
/// Unless `length` is 0, `data` is NULL or points to `length` items that nobody changes during the call.
pub(crate) unsafe fn array<'a, T>(data: *const T, length: usize) -> Result<&'a [T], Code> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Code::Null);
    }
    if !data.is_aligned() || length > isize::MAX as usize / size_of::<T>() {
        return Err(Code::Argument);
    }
    // SAFETY: it is neither NULL nor misaligned nor too long, and the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts(data, length) })
}

/// Stores a result.
///
/// # Safety
///
/// `out` is NULL or points to a `T`.
pub(crate) unsafe fn store<T>(out: *mut T, value: T) -> Result<(), Code> {
    if out.is_null() {
        return Err(Code::Null);
    }
    // SAFETY: the caller's promise.
    unsafe { out.write(value) };
    Ok(())
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::Protocol;
    use core::ptr;

    #[test]
    fn a_panic_is_a_code_and_stays() {
        let mut connection = Connection::new(Protocol::Message, &crate::Config::default()).unwrap();
        // SAFETY: they are not used at the same time.
        unsafe {
            assert_eq!(guard(&raw mut connection, |_| panic!("on purpose")), Code::Panic as i32);
            assert_eq!(guard(&raw mut connection, |_| Ok(0)), Code::Panic as i32, "nothing is called any more");
            assert_eq!(guard(ptr::null_mut(), |_| Ok(0)), Code::Null as i32);
        }
        assert_eq!(connection.error(), Code::Panic as i32);
    }
}
