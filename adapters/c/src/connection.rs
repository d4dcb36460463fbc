//! A connection: one protocol's machine at a time, its bytes, its clock.

use crate::config::{Config, Configs};
use crate::event::Event;
use crate::pointer::{array, catch, guard, store};
use crate::{Code, Next, Span};
use alloc::boxed::Box;
use alloc::vec::Vec;
use barewire::detect::Detect;
use barewire::http::{Id, RequestHead};
use barewire::websocket::{self, CloseCode, Role};
use barewire::{Instant, Link, Machine, http1, message, raw};
use core::mem;
use core::ptr;
use core::time::Duration;

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Protocol {
    /// Nothing that is known here; only an event says so.
    Unknown = 0,
    /// Bytes without a grammar: a tunnel, or what an upgrade led to.
    Raw = 1,
    /// Looks at the first bytes and says what they are, consuming none; then `bw_become`.
    Detect = 2,
    /// HTTP/1.1 and 1.0, the server's end.
    Http1Server = 3,
    /// HTTP/1.1 and 1.0, the client's end.
    Http1Client = 4,
    /// The message protocol, either end.
    Message = 5,
    /// HTTP/2 with prior knowledge, which is not spoken here; only an event says so.
    Http2 = 6,
    /// TLS, which is not spoken here; only an event says so.
    Tls = 7,
    /// WebSocket after the handshake, the server's end.
    WebsocketServer = 8,
    /// WebSocket after the handshake, the client's end. It needs a `bw_seed` first, so it is only for `bw_become`.
    WebsocketClient = 9,
}

impl Protocol {
    fn spoken(number: u32) -> Result<Self, Code> {
        [
            Self::Raw,
            Self::Detect,
            Self::Http1Server,
            Self::Http1Client,
            Self::Message,
            Self::WebsocketServer,
            Self::WebsocketClient,
        ]
        .into_iter()
        .find(|protocol| *protocol as u32 == number)
        .ok_or(Code::Argument)
    }
}

/// How the output ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum End {
    /// There may be more.
    Open = 0,
    /// All has been sent: shut the sending side now, and say `bw_fin_sent`.
    Fin = 1,
    /// Close the socket with a reset: the peer must not take what it got for complete.
    Abort = 2,
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    pub(crate) machine: Speaker,
    configs: Configs,
    /// What the last head's or trailers' fields point to.
    pub(crate) fields: Vec<crate::Field>,
    pub(crate) seed: Option<[u8; 32]>,
    /// The latest request that asked for another protocol.
    pub(crate) asked: Option<(Id, RequestHead)>,
    fed: u64,
    error: i32,
    fault_at: u64,
}

/// Which end of a WebSocket this is.
fn role(protocol: Protocol, seed: Option<[u8; 32]>) -> Result<Role, Code> {
    match protocol {
        Protocol::WebsocketClient => Ok(Role::Client { seed: seed.ok_or(Code::OutOfTurn)? }),
        _ => Ok(Role::Server),
    }
}

/// A machine of whichever protocol.
#[derive(Debug)]
pub(crate) enum Speaker {
    Raw(raw::Session),
    Detect(Detect),
    Server(http1::Server),
    Client(http1::Client),
    Message(message::Session),
    WebSocket(websocket::Session),
}

impl Speaker {
    fn new(protocol: Protocol, role: Role, link: Link, configs: &Configs) -> Self {
        match protocol {
            Protocol::Detect => Self::Detect(Detect::with_link(link, configs.detect.clone())),
            Protocol::Http1Server => Self::Server(http1::Server::with_link(link, configs.http.clone())),
            Protocol::Http1Client => Self::Client(http1::Client::with_link(link, configs.http.clone())),
            Protocol::Message => Self::Message(message::Session::with_link(link, configs.message.clone())),
            Protocol::WebsocketServer | Protocol::WebsocketClient => {
                Self::WebSocket(websocket::Session::with_link(link, role, configs.websocket.clone()))
            }
            _ => Self::Raw(raw::Session::with_link(link)),
        }
    }

    pub(crate) fn link(&mut self) -> &mut Link {
        match self {
            Self::Raw(machine) => machine.link(),
            Self::Detect(machine) => machine.link(),
            Self::Server(machine) => machine.link(),
            Self::Client(machine) => machine.link(),
            Self::Message(machine) => machine.link(),
            Self::WebSocket(machine) => machine.link(),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Raw(machine) => machine.deadline(),
            Self::Detect(machine) => machine.deadline(),
            Self::Server(machine) => machine.deadline(),
            Self::Client(machine) => machine.deadline(),
            Self::Message(machine) => machine.deadline(),
            Self::WebSocket(machine) => machine.deadline(),
        }
    }
}

impl Connection {
    pub(crate) fn new(protocol: Protocol, config: &Config) -> Result<Self, Code> {
        let configs = config.build()?;
        let machine = Speaker::new(protocol, role(protocol, None)?, Link::new(), &configs);
        Ok(Self { machine, configs, fields: Vec::new(), seed: None, asked: None, fed: 0, error: 0, fault_at: 0 })
    }

    pub(crate) fn error(&self) -> i32 {
        self.error
    }

    /// After a panic the machine's state means nothing.
    pub(crate) fn break_down(&mut self) {
        self.fail(Code::Panic);
        self.machine = Speaker::Raw(raw::Session::default());
        self.machine.link().tx.abort();
    }

    /// Keeps the fault, and where in the input it is.
    pub(crate) fn fail(&mut self, code: Code) -> Code {
        self.error = code as i32;
        self.fault_at = self.fed - self.machine.link().rx.len() as u64;
        code
    }

    /// After a fault nothing is understood, though more may be thrown away.
    fn position(&mut self) -> u64 {
        if self.error == 0 { self.fed - self.machine.link().rx.len() as u64 } else { self.fault_at }
    }

    fn feed(&mut self, data: &[u8]) -> Result<usize, Code> {
        let rx = &mut self.machine.link().rx;
        if rx.is_eof() {
            return Err(Code::Closed);
        }
        let mut taken = 0;
        while taken < data.len() && rx.room() > 0 {
            let spare = rx.spare(data.len() - taken);
            let n = spare.len();
            spare.copy_from_slice(&data[taken..taken + n]);
            rx.commit(n);
            taken += n;
        }
        self.fed += taken as u64;
        Ok(taken)
    }
}

/// Makes a connection that speaks `protocol`, of `bw_protocol`. `config` may be NULL: then all is at its default.
///
/// `BW_CODE_ARGUMENT` for a protocol that isn't spoken here, `BW_CODE_CONFIG` for options that contradict each other.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_connection_new(protocol: u32, config: *const Config, out: *mut *mut Connection) -> i32 {
    // SAFETY: NULL, or from `bw_config_new` and not being changed: the header's promise.
    let config = unsafe { config.as_ref() };
    let made = catch(|| {
        let connection = Connection::new(Protocol::spoken(protocol)?, config.unwrap_or(&Config::default()))?;
        if out.is_null() { Err(Code::Null) } else { Ok(Box::new(connection)) }
    });
    match made {
        // SAFETY: it isn't NULL, and the rest is the header's promise.
        Some(Ok(connection)) => match unsafe { store(out, Box::into_raw(connection)) } {
            Ok(()) => 0,
            Err(code) => code as i32,
        },
        Some(Err(code)) => code as i32,
        None => Code::Panic as i32,
    }
}

/// Frees a connection, and all that its events point to. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_connection_free(connection: *mut Connection) {
    if !connection.is_null() {
        // SAFETY: from `bw_connection_new` and not freed: the header's promise.
        let connection = unsafe { Box::from_raw(connection) };
        catch(|| drop(connection));
    }
}

/// Has another protocol take over, with all bytes that came early and all that are still to be sent: after
/// `BW_KIND_DETECTED`, or `BW_KIND_UPGRADED`.
///
/// `BW_CODE_ARGUMENT` for a protocol that isn't spoken here, `BW_CODE_CLOSED` after a fault of the peer's,
/// `BW_CODE_OUT_OF_TURN` without the seed that it needs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_become(connection: *mut Connection, protocol: u32) -> i32 {
    // SAFETY: the header's promise, here and in all functions below.
    unsafe {
        guard(connection, |connection| {
            let protocol = Protocol::spoken(protocol)?;
            if connection.error != 0 {
                return Err(Code::Closed);
            }
            let role = role(protocol, connection.seed.take())?;
            let link = mem::take(connection.machine.link());
            connection.machine = Speaker::new(protocol, role, link, &connection.configs);
            connection.fields.clear();
            connection.asked = None;
            Ok(0)
        })
    }
}

/// Gives received bytes, which are copied. `*taken` is how many were: fewer than `length` where the window is full. Then
/// poll, and give the rest.
///
/// `BW_CODE_CLOSED` after `bw_eof`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_feed(
    connection: *mut Connection,
    data: *const u8,
    length: usize,
    taken: *mut usize,
) -> i32 {
    unsafe {
        guard(connection, |connection| {
            store(taken, 0)?;
            store(taken, connection.feed(array(data, length)?)?)?;
            Ok(0)
        })
    }
}

/// Where to read up to `want` bytes to, so that they aren't copied: `*length` bytes at `*data`, all initialised. Then
/// `bw_commit`. Never read where `*length` is 0: a read of nothing looks like the end of the stream.
///
/// `BW_CODE_CLOSED` after `bw_eof`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_space(
    connection: *mut Connection,
    want: usize,
    data: *mut *mut u8,
    length: *mut usize,
) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let rx = &mut connection.machine.link().rx;
            if rx.is_eof() {
                return Err(Code::Closed);
            }
            let spare = rx.spare(want);
            store(length, spare.len())?;
            store(data, spare.as_mut_ptr())?;
            Ok(0)
        })
    }
}

/// Says that the first `length` bytes of `bw_space` were filled. Nothing but readers may be called in between.
///
/// `BW_CODE_TOO_LONG` when there was no such space.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_commit(connection: *mut Connection, length: usize) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let rx = &mut connection.machine.link().rx;
            // Whatever `spare` gave, it gives again, and nothing moves.
            if rx.spare(length).len() < length {
                return Err(Code::TooLong);
            }
            rx.commit(length);
            connection.fed += length as u64;
            Ok(0)
        })
    }
}

/// Says that the peer ended its side: a read returned 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_eof(connection: *mut Connection) -> i32 {
    unsafe {
        guard(connection, |connection| {
            connection.machine.link().rx.close();
            Ok(0)
        })
    }
}

/// What happened next, or who must act before anything can: one of `bw_next`, or the peer's fault.
///
/// `now` is the time in nanoseconds, since whenever the caller likes; it never runs backwards. `size` is
/// `sizeof(bw_event)`. `*out` is written only with `BW_NEXT_EVENT`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_poll(connection: *mut Connection, now: u64, out: *mut Event, size: usize) -> i32 {
    unsafe {
        guard(connection, |connection| {
            if out.is_null() {
                return Err(Code::Null);
            }
            // A library that is newer than the program writes no more than the program knows.
            if size < Event::FIRST_SIZE {
                return Err(Code::Argument);
            }
            if connection.error != 0 {
                return Ok(connection.error);
            }
            let mut event = Event::default();
            let next = connection.poll(Instant::from_nanos(now), &mut event)?;
            if next == Next::Event {
                // SAFETY: `out` has room for `size` bytes, and a `bw_event` is plain data.
                ptr::copy_nonoverlapping((&raw const event).cast::<u8>(), out.cast(), size.min(size_of::<Event>()));
            }
            Ok(next as i32)
        })
    }
}

/// What is to be sent: up to `capacity` spans, in order, and in `*count` how many. A span has the layout of an `iovec`.
/// The same again until `bw_advance`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_output(
    connection: *mut Connection,
    spans: *mut Span,
    capacity: usize,
    count: *mut usize,
) -> i32 {
    unsafe {
        guard(connection, |connection| {
            if spans.is_null() || count.is_null() {
                return Err(Code::Null);
            }
            let mut chunks = [&b""[..]; 32];
            let most = capacity.min(chunks.len());
            let n = connection.machine.link().tx.chunks(&mut chunks[..most]);
            for (at, chunk) in chunks[..n].iter().enumerate() {
                // SAFETY: `at` is less than `capacity`.
                spans.add(at).write(Span::new(chunk));
            }
            store(count, n)?;
            Ok(0)
        })
    }
}

/// Says that the first `length` bytes of the output were sent.
///
/// `BW_CODE_TOO_LONG` when that is more than there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_advance(connection: *mut Connection, length: usize) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let tx = &mut connection.machine.link().tx;
            if length > tx.len() {
                return Err(Code::TooLong);
            }
            tx.advance(length);
            Ok(0)
        })
    }
}

/// How many bytes are to be sent. Who produces more than the peer reads watches this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_queued(connection: *mut Connection, length: *mut usize) -> i32 {
    unsafe {
        guard(connection, |connection| {
            store(length, connection.machine.link().tx.len())?;
            Ok(0)
        })
    }
}

/// Whether the sending side is to be ended now, and how: one of `bw_end`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_ending(connection: *mut Connection) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let tx = &connection.machine.link().tx;
            Ok(if tx.is_aborted() {
                End::Abort
            } else if tx.wants_fin() {
                End::Fin
            } else {
                End::Open
            } as i32)
        })
    }
}

/// Says that the sending side was shut.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_fin_sent(connection: *mut Connection) -> i32 {
    unsafe {
        guard(connection, |connection| {
            connection.machine.link().tx.fin_sent();
            Ok(0)
        })
    }
}

/// In how many milliseconds `bw_poll` must be called even if nothing was received: what `poll` and `epoll_wait` take. -1
/// for never. `now` as for `bw_poll`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_timeout(connection: *mut Connection, now: u64) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let Some(deadline) = connection.machine.deadline().filter(|deadline| *deadline != Instant::FAR_FUTURE)
            else {
                return Ok(-1);
            };
            let left = deadline - Instant::from_nanos(now);
            // Rounded up: who wakes too early only has to wait again.
            let milliseconds = (left + Duration::from_nanos(999_999)).as_millis();
            Ok(i32::try_from(milliseconds).unwrap_or(i32::MAX))
        })
    }
}

/// The peer's fault that ended the connection, or `BW_CODE_OK`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_error(connection: *const Connection) -> i32 {
    // SAFETY: the header's promise.
    unsafe { connection.as_ref() }.map_or(Code::Null as i32, Connection::error)
}

/// How many bytes of the input have been understood. A fault is there, or behind what else had come by then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_position(connection: *mut Connection) -> u64 {
    // SAFETY: the header's promise.
    unsafe { connection.as_mut() }.map_or(0, Connection::position)
}

/// Ends our side when what was begun is complete: no more requests, messages or bytes.
///
/// `BW_CODE_CLOSED` the second time, `BW_CODE_OUT_OF_TURN` within a message that was begun.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_close(connection: *mut Connection) -> i32 {
    unsafe {
        guard(connection, |connection| {
            match &mut connection.machine {
                Speaker::Raw(machine) => machine.close()?,
                Speaker::Message(machine) => machine.close()?,
                Speaker::WebSocket(machine) => machine.close(CloseCode::NORMAL, "")?,
                Speaker::Server(machine) => machine.shutdown(),
                Speaker::Client(machine) => machine.shutdown(),
                Speaker::Detect(machine) => machine.link().tx.fin(),
            }
            Ok(0)
        })
    }
}

/// Breaks off: nothing more is sent, and `bw_ending` asks for a reset.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_abort(connection: *mut Connection) -> i32 {
    unsafe {
        guard(connection, |connection| {
            match &mut connection.machine {
                Speaker::Server(machine) => machine.abort(),
                Speaker::Client(machine) => machine.abort(),
                other => other.link().tx.abort(),
            }
            Ok(0)
        })
    }
}

/// Frees the memory that a connection which waits doesn't need.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_trim(connection: *mut Connection) -> i32 {
    unsafe {
        guard(connection, |connection| {
            connection.fields = Vec::new();
            drop(connection.machine.link().detach());
            Ok(0)
        })
    }
}

/// Sends bytes without a grammar, of a `BW_PROTOCOL_RAW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_raw_send(connection: *mut Connection, data: *const u8, length: usize) -> i32 {
    unsafe {
        guard(connection, |connection| {
            let Speaker::Raw(session) = &mut connection.machine else { return Err(Code::Protocol) };
            session.send(bytes::Bytes::copy_from_slice(array(data, length)?))?;
            Ok(0)
        })
    }
}
