//! The message protocol's commands.

use crate::Code;
use crate::connection::{Connection, Speaker};
use crate::pointer::{array, guard};
use barewire::message::Session;
use bytes::Bytes;

/// From so many bytes on, a payload is better queued as a piece of its own.
const LARGE: usize = 4096;

impl Connection {
    fn messages(&mut self) -> Result<&mut Session, Code> {
        match &mut self.machine {
            Speaker::Message(session) => Ok(session),
            _ => Err(Code::Protocol),
        }
    }
}

fn kind(number: u32) -> Result<u16, Code> {
    u16::try_from(number).map_err(|_| Code::Argument)
}

/// Sends a message of this type. The payload is copied.
///
/// `BW_CODE_ARGUMENT` for a type above 65,535; `BW_CODE_TOO_LONG` above the largest payload; `BW_CODE_OUT_OF_TURN`
/// within a message that was begun; `BW_CODE_CLOSED` after the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_message_send(
    connection: *mut Connection,
    r#type: u32,
    data: *const u8,
    length: usize,
) -> i32 {
    // SAFETY: the header's promise, here and in all functions below.
    unsafe {
        guard(connection, |connection| {
            let data = array(data, length)?;
            let session = connection.messages()?;
            if length < LARGE {
                session.send_ref(kind(r#type)?, data)?;
            } else {
                session.send(kind(r#type)?, Bytes::copy_from_slice(data))?;
            }
            Ok(0)
        })
    }
}

/// Begins a message whose payload, of `length` bytes, follows by `bw_message_data`. Else as `bw_message_send`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_message_start(connection: *mut Connection, r#type: u32, length: u32) -> i32 {
    unsafe {
        guard(connection, |connection| {
            connection.messages()?.start(kind(r#type)?, length)?;
            Ok(0)
        })
    }
}

/// Sends more of the payload. It is copied.
///
/// `BW_CODE_TOO_LONG` if it would get longer than announced; `BW_CODE_OUT_OF_TURN` where no message was begun.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_message_data(connection: *mut Connection, data: *const u8, length: usize) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let data = Bytes::copy_from_slice(array(data, length)?);
            connection.messages()?.send_data(data)?;
            Ok(0)
        })
    }
}

/// Ends the message that was begun.
///
/// `BW_CODE_TOO_SHORT` if it has less than was announced; `BW_CODE_OUT_OF_TURN` where no message was begun.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_message_end(connection: *mut Connection) -> i32 {
    unsafe {
        guard(connection, |connection| {
            connection.messages()?.end()?;
            Ok(0)
        })
    }
}
