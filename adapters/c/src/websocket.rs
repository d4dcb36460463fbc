//! WebSocket's commands.

use crate::connection::{Connection, Speaker};
use crate::pointer::{array, guard};
use crate::{Code, Kind};
use barewire::websocket::{self, CloseCode, Event, Session, handshake};
use bytes::Bytes;

impl Connection {
    fn websocket(&mut self) -> Result<&mut Session, Code> {
        match &mut self.machine {
            Speaker::WebSocket(session) => Ok(session),
            _ => Err(Code::Protocol),
        }
    }
}

fn text(bytes: &[u8]) -> Result<&str, Code> {
    core::str::from_utf8(bytes).map_err(|_| Code::Argument)
}

/// Grants the WebSocket that request `id` asks for, when the request is complete: `BW_KIND_UPGRADED` follows, then
/// `bw_become`. A request that asks wrongly is answered so.
///
/// Returns 0, or the status that the request was refused with. `BW_CODE_INVALID` when it doesn't ask for an upgrade at
/// all; `BW_CODE_OUT_OF_TURN` before its end, and before earlier requests are answered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_websocket_accept(connection: *mut Connection, id: u64) -> i32 {
    // SAFETY: the header's promise, here and in all functions below.
    unsafe {
        guard(connection, |connection| {
            let Speaker::Server(server) = &mut connection.machine else { return Err(Code::Protocol) };
            let asked = connection.asked.as_ref().filter(|(asked, _)| asked.get() == id);
            let (id, head) = asked.ok_or(Code::Invalid)?;
            match handshake::accept(head, &handshake::Config::default()) {
                Ok(accept) => {
                    server.upgrade(*id, &accept.response)?;
                    Ok(0)
                }
                Err(refusal) => {
                    server.respond_with(*id, &refusal.response(), Bytes::new())?;
                    Ok(refusal.status().code().into())
                }
            }
        })
    }
}

/// Gives 32 bytes that nobody can guess, from the system's randomness: what a WebSocket client masks with. They are used
/// once, by the next `bw_become`.
///
/// `BW_CODE_ARGUMENT` for another length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_seed(connection: *mut Connection, seed: *const u8, length: usize) -> i32 {
    unsafe {
        guard(connection, |connection| {
            connection.seed = Some(array(seed, length)?.try_into().map_err(|_| Code::Argument)?);
            Ok(0)
        })
    }
}

/// Sends a whole message, or a ping or pong of up to 125 bytes: `kind` is `BW_KIND_TEXT`, `BW_KIND_BINARY`,
/// `BW_KIND_PING` or `BW_KIND_PONG`. The payload is copied.
///
/// `BW_CODE_ARGUMENT` for another kind, and for text that isn't UTF-8; `BW_CODE_OUT_OF_TURN` for a message within one that
/// was begun; `BW_CODE_TOO_LONG`; `BW_CODE_CLOSED` when one side has closed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_websocket_send(
    connection: *mut Connection,
    kind: u32,
    data: *const u8,
    length: usize,
) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let data = array(data, length)?;
            let event = match kind {
                kind if kind == Kind::Text as u32 => Event::Text(text(data)?),
                kind if kind == Kind::Binary as u32 => Event::Binary(data),
                kind if kind == Kind::Ping as u32 => Event::Ping(data),
                kind if kind == Kind::Pong as u32 => Event::Pong(data),
                _ => return Err(Code::Argument),
            };
            connection.websocket()?.send_ref(event)?;
            Ok(0)
        })
    }
}

/// Begins a message of `BW_KIND_TEXT` or `BW_KIND_BINARY` whose length is not known yet; `bw_websocket_data` and
/// `bw_websocket_end` follow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_websocket_start(connection: *mut Connection, kind: u32) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let kind = match kind {
                kind if kind == Kind::Text as u32 => websocket::Kind::Text,
                kind if kind == Kind::Binary as u32 => websocket::Kind::Binary,
                _ => return Err(Code::Argument),
            };
            connection.websocket()?.start(kind)?;
            Ok(0)
        })
    }
}

/// Sends more of the message that was begun, as one fragment. It is copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_websocket_data(connection: *mut Connection, data: *const u8, length: usize) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let data = Bytes::copy_from_slice(array(data, length)?);
            connection.websocket()?.data(data)?;
            Ok(0)
        })
    }
}

/// Ends the message that was begun.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_websocket_end(connection: *mut Connection) -> i32 {
    unsafe {
        guard(connection, |connection| {
            connection.websocket()?.end()?;
            Ok(0)
        })
    }
}

/// Says goodbye, with a code that may be sent (RFC 6455 §7.4) and a reason of up to 123 bytes of UTF-8. Nothing else can
/// be sent after it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_websocket_close(
    connection: *mut Connection,
    code: u32,
    reason: *const u8,
    length: usize,
) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let reason = text(array(reason, length)?)?;
            let code = u16::try_from(code).ok().and_then(CloseCode::new).ok_or(Code::Argument)?;
            connection.websocket()?.close(code, reason)?;
            Ok(0)
        })
    }
}
