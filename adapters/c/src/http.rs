//! HTTP's commands.

use crate::Code;
use crate::connection::{Connection, Speaker};
use crate::event::{Field, LENGTH_UNKNOWN};
use crate::pointer::{array, guard, store};
use barewire::http::{Body, FieldName, FieldValue, Id, Method, Request, Response, Status, Target, Trailers};
use barewire::http1::{Client, Server};
use bytes::Bytes;
use core::mem;

impl Connection {
    fn server(&mut self) -> Result<&mut Server, Code> {
        match &mut self.machine {
            Speaker::Server(server) => Ok(server),
            _ => Err(Code::Protocol),
        }
    }

    fn client(&mut self) -> Result<&mut Client, Code> {
        match &mut self.machine {
            Speaker::Client(client) => Ok(client),
            _ => Err(Code::Protocol),
        }
    }
}

/// The caller's fields, checked.
///
/// # Safety
///
/// As for [`array`], also for the spans in it.
unsafe fn each_field<'a>(
    fields: *const Field,
    count: usize,
    mut add: impl FnMut(FieldName<'a>, FieldValue<'a>),
) -> Result<(), Code> {
    // SAFETY: the caller's promise.
    for field in unsafe { array(fields, count) }? {
        // SAFETY: the same.
        let (name, value) =
            unsafe { (array(field.name.data, field.name.length)?, array(field.value.data, field.value.length)?) };
        add(FieldName::from_bytes(name)?, FieldValue::new(value)?);
    }
    Ok(())
}

/// # Safety
///
/// As for [`each_field`].
unsafe fn response(status: u32, fields: *const Field, count: usize) -> Result<Response, Code> {
    let status = u16::try_from(status).map_err(|_| Code::Argument)?;
    let mut response = Response::new(Status::new(status)?);
    // SAFETY: the caller's promise.
    unsafe {
        each_field(fields, count, |name, value| {
            response.add(name, value);
        })?
    };
    Ok(response)
}

/// # Safety
///
/// As for [`each_field`], and for [`array`].
unsafe fn request(
    method: *const u8,
    method_length: usize,
    target: *const u8,
    target_length: usize,
    fields: *const Field,
    count: usize,
) -> Result<Request, Code> {
    // SAFETY: the caller's promise, here and below.
    let (method, target) = unsafe { (array(method, method_length)?, array(target, target_length)?) };
    let (method, target) = (core::str::from_utf8(method), core::str::from_utf8(target));
    let (Ok(method), Ok(target)) = (method, target) else { return Err(Code::Argument) };
    let mut request = Request::new(Method::new(method)?, Target::new(target)?);
    unsafe {
        each_field(fields, count, |name, value| {
            request.add(name, value);
        })?
    };
    Ok(request)
}

fn body(length: u64) -> Body {
    match length {
        0 => Body::Empty,
        LENGTH_UNKNOWN => Body::Unknown,
        length => Body::Length(length),
    }
}

/// Begins the final response to request `id`: a status, fields, and a body of `length` bytes, or of
/// `BW_LENGTH_UNKNOWN`. With 0 it is complete; else `bw_http_send` and `bw_http_finish` follow.
///
/// Requests are answered in their order. `Content-Length`, `Transfer-Encoding` and `Connection` are written by the
/// library; a `Connection: close` among the fields makes the response the last.
///
/// `BW_CODE_ARGUMENT` for a status or field that is none; `BW_CODE_OUT_OF_TURN` before earlier requests are answered, or
/// the second time; `BW_CODE_INVALID` for what the request doesn't allow; `BW_CODE_UNKNOWN_ID`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_http_respond(
    connection: *mut Connection,
    id: u64,
    status: u32,
    fields: *const Field,
    field_count: usize,
    length: u64,
) -> i32 {
    // SAFETY: the header's promise, here and in all functions below.
    unsafe {
        guard(connection, |connection| {
            let response = response(status, fields, field_count)?;
            connection.server()?.respond(Id::new(id), &response, body(length))?;
            Ok(0)
        })
    }
}

/// Responds to request `id` with a whole body, which is copied: head and body leave together. Else as
/// `bw_http_respond`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_http_respond_with(
    connection: *mut Connection,
    id: u64,
    status: u32,
    fields: *const Field,
    field_count: usize,
    data: *const u8,
    length: usize,
) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let response = response(status, fields, field_count)?;
            let data = Bytes::copy_from_slice(array(data, length)?);
            connection.server()?.respond_with(Id::new(id), &response, data)?;
            Ok(0)
        })
    }
}

/// Sends an interim response (1xx, but not 101) ahead of the final one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_http_interim(
    connection: *mut Connection,
    id: u64,
    status: u32,
    fields: *const Field,
    field_count: usize,
) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let response = response(status, fields, field_count)?;
            connection.server()?.interim(Id::new(id), &response)?;
            Ok(0)
        })
    }
}

/// Switches protocols, when the request is complete: a 101 whose `Upgrade` field says to what, or 2xx to `CONNECT`.
/// `BW_KIND_UPGRADED` follows, then `bw_become`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_http_upgrade(
    connection: *mut Connection,
    id: u64,
    status: u32,
    fields: *const Field,
    field_count: usize,
) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let response = response(status, fields, field_count)?;
            connection.server()?.upgrade(Id::new(id), &response)?;
            Ok(0)
        })
    }
}

/// Sends a request's head, with exactly one `Host` field, and says in `*id` which it is. With a `length` of 0 it is
/// complete; else `bw_http_send` and `bw_http_finish` follow. The next may be sent before this one is answered.
///
/// `BW_CODE_ARGUMENT` for a method, target or field that is none; `BW_CODE_OUT_OF_TURN` before the last request is
/// complete; `BW_CODE_CLOSED` when this connection takes no more; `BW_CODE_INVALID` for what can't be sent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_http_request(
    connection: *mut Connection,
    method: *const u8,
    method_length: usize,
    target: *const u8,
    target_length: usize,
    fields: *const Field,
    field_count: usize,
    length: u64,
    id: *mut u64,
) -> i32 {
    unsafe {
        guard(connection, |connection| {
            store(id, 0)?;
            let request = request(method, method_length, target, target_length, fields, field_count)?;
            store(id, connection.client()?.request(&request, body(length))?.get())?;
            Ok(0)
        })
    }
}

/// Sends a piece of the body of response or request `id`. It is copied.
///
/// `BW_CODE_TOO_LONG` when it is more than was announced, and nothing of it is sent; `BW_CODE_OUT_OF_TURN` before the
/// head, or while a 100 is waited for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_http_send(connection: *mut Connection, id: u64, data: *const u8, length: usize) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let data = Bytes::copy_from_slice(array(data, length)?);
            match &mut connection.machine {
                Speaker::Server(server) => server.send_data(Id::new(id), data)?,
                Speaker::Client(client) => client.send_data(Id::new(id), data)?,
                _ => return Err(Code::Protocol),
            }
            Ok(0)
        })
    }
}

/// Ends the body of response or request `id`, with trailers or none.
///
/// `BW_CODE_TOO_SHORT` when less was sent than was announced.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_http_finish(
    connection: *mut Connection,
    id: u64,
    trailers: *const Field,
    trailer_count: usize,
) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let mut behind = Trailers::new();
            each_field(trailers, trailer_count, |name, value| behind = mem::take(&mut behind).field(name, value))?;
            let (id, none) = (Id::new(id), trailer_count == 0);
            match &mut connection.machine {
                Speaker::Server(server) if none => server.finish(id)?,
                Speaker::Server(server) => server.finish_with(id, &behind)?,
                Speaker::Client(client) if none => client.finish(id)?,
                Speaker::Client(client) => client.finish_with(id, &behind)?,
                _ => return Err(Code::Protocol),
            }
            Ok(0)
        })
    }
}
