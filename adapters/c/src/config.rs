//! One configuration for all protocols: a number for each option.

use crate::Code;
use alloc::boxed::Box;
use barewire::{detect, http1, message, websocket};
use core::time::Duration;

/// What `bw_config_set` sets. Sizes are in bytes. Times are in milliseconds, where 0 turns the timer off. Switches are 0
/// or 1, and each is a leniency that is off unless it is turned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Setting {
    /// How long a peer may take to show what it speaks. 10,000.
    DetectTimeout = 100,
    /// The longest start line. 8,192.
    HttpMaxLine = 200,
    /// The longest head. 32,768.
    HttpMaxHead = 201,
    /// The most fields in a head. 100.
    HttpMaxFields = 202,
    /// The longest body. `UINT64_MAX`: no limit, which is the default.
    HttpMaxBody = 203,
    /// How many requests are read, or sent, ahead of the first unanswered one. 16.
    HttpMaxPipelined = 204,
    /// How much of a body is discarded after an early reply. 65,536.
    HttpMaxDrain = 205,
    /// The least bytes a second that a peer must send or take. 240.
    HttpMinRate = 206,
    /// How long a connection may be idle between requests. 75,000.
    HttpIdleTimeout = 207,
    /// How long a head may take from its first byte on. 15,000.
    HttpHeadTimeout = 208,
    /// The time over which the least rate is measured in bodies. 10,000.
    HttpBodyTimeout = 209,
    /// The time over which the least rate is measured in what is sent. 30,000.
    HttpSendTimeout = 210,
    /// How long a client waits for a response. Off.
    HttpResponseTimeout = 211,
    /// How long a client that expects a 100 waits before it sends the body regardless. 1,000.
    HttpContinueTimeout = 212,
    /// The milliseconds from 1970 to the time that the caller calls 0: with it, a server dates its responses.
    HttpUnixAtOrigin = 213,
    /// Leniency: `Content-Length` may be repeated, if all are equal.
    HttpAllowRepeatedLength = 220,
    /// Leniency: HTTP/1.2 to 1.9 are read as 1.1.
    HttpAllowMinorVersions = 221,
    /// Leniency: a target may hold UTF-8.
    HttpAllowUtf8Target = 222,
    /// Leniency: other transfer codings before `chunked` are handed on undecoded.
    HttpAllowTransferCodings = 223,
    /// Leniency: an empty line may stand before a status line.
    HttpAllowEmptyLineBeforeStatus = 224,
    /// Strictness: a client that closes its sending side before it has its replies is taken for gone.
    HttpAbandonHalfClosed = 225,
    /// The first four bytes of every message. `0xDEADBEEF`.
    MessageMagic = 300,
    /// The version that is sent and accepted. 1.
    MessageVersion = 301,
    /// The largest payload. 1 MiB.
    MessageLargest = 302,
    /// The largest payload that comes as one event. As much as the largest.
    MessageWhole = 303,
    /// How long a session may lie idle. 60,000.
    MessageIdle = 304,
    /// How far a peer may fall behind the slowest rate within a message. 10,000.
    MessageReceive = 305,
    /// The slowest rate, in bytes a second. 1,024.
    MessageRate = 306,
    /// How long a peer may take none of the bytes that wait for it. 60,000.
    MessageStall = 307,
    /// The longest message. 16 MiB.
    WebsocketMaxMessage = 400,
    /// The longest message that comes as one event. As much as the longest.
    WebsocketWhole = 401,
    /// The longest frame. As much as the longest message.
    WebsocketMaxFrame = 402,
    /// The most frames in a message. 131,072.
    WebsocketMaxFrames = 403,
    /// How long a peer may be silent before it is pinged. 30,000.
    WebsocketPing = 404,
    /// How long after that ping a peer that still is silent is given up. 20,000. It can't be turned off.
    WebsocketPong = 405,
    /// How long a peer may take none of the bytes that wait for it. 60,000.
    WebsocketStall = 406,
    /// How long after our Close frame the peer's may come. 5,000. It can't be turned off.
    WebsocketCloseTimeout = 407,
}

/// Options. It may be freed as soon as the connections are made, and shared by any number of them.
#[derive(Clone, Debug)]
pub struct Config {
    detect: detect::Builder,
    http: http1::ConfigBuilder,
    message: message::Builder,
    websocket: websocket::ConfigBuilder,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            detect: detect::Config::builder(),
            http: http1::Config::builder(),
            message: message::Config::builder(),
            websocket: websocket::Config::builder(),
        }
    }
}

/// The configurations of all protocols: a connection may change from one to another.
#[derive(Clone, Debug)]
pub(crate) struct Configs {
    pub(crate) detect: detect::Config,
    pub(crate) http: http1::Config,
    pub(crate) message: message::Config,
    pub(crate) websocket: websocket::Config,
}

impl Config {
    pub(crate) fn build(&self) -> Result<Configs, Code> {
        Ok(Configs {
            detect: self.detect.clone().build().map_err(|_| Code::Config)?,
            http: self.http.clone().build().map_err(|_| Code::Config)?,
            message: self.message.clone().build().map_err(|_| Code::Config)?,
            websocket: self.websocket.clone().build().map_err(|_| Code::Config)?,
        })
    }

    fn set(&mut self, setting: u32, value: u64) -> Result<(), Code> {
        const fn is(setting: Setting) -> u32 {
            setting as u32
        }
        macro_rules! settings {
            ($($setting:ident => $part:ident.$setter:ident($value:expr);)*) => {
                match setting {
                    $(n if n == is(Setting::$setting) => self.$part = self.$part.clone().$setter($value),)*
                    _ => return Err(Code::Argument),
                }
            };
        }
        settings! {
            DetectTimeout => detect.timeout(time(value));
            HttpMaxLine => http.max_line(fit(value)?);
            HttpMaxHead => http.max_head(fit(value)?);
            HttpMaxFields => http.max_fields(fit(value)?);
            HttpMaxBody => http.max_body(Some(value).filter(|limit| *limit != u64::MAX));
            HttpMaxPipelined => http.max_pipelined(fit(value)?);
            HttpMaxDrain => http.max_drain(value);
            HttpMinRate => http.min_rate(fit(value)?);
            HttpIdleTimeout => http.idle_timeout(time(value));
            HttpHeadTimeout => http.head_timeout(time(value));
            HttpBodyTimeout => http.body_timeout(time(value));
            HttpSendTimeout => http.send_timeout(time(value));
            HttpResponseTimeout => http.response_timeout(time(value));
            HttpContinueTimeout => http.continue_timeout(time(value));
            HttpUnixAtOrigin => http.unix_at_origin(Some(Duration::from_millis(value)));
            HttpAllowRepeatedLength => http.allow_repeated_length(switch(value)?);
            HttpAllowMinorVersions => http.allow_minor_versions(switch(value)?);
            HttpAllowUtf8Target => http.allow_utf8_target(switch(value)?);
            HttpAllowTransferCodings => http.allow_transfer_codings(switch(value)?);
            HttpAllowEmptyLineBeforeStatus => http.allow_empty_line_before_status(switch(value)?);
            HttpAbandonHalfClosed => http.abandon_half_closed(switch(value)?);
            MessageVersion => message.accept(fit(value)?..=fit(value)?);
            MessageLargest => message.largest(fit(value)?);
            MessageWhole => message.whole(fit(value)?);
            MessageIdle => message.idle(time(value));
            MessageReceive => message.receive(time(value));
            MessageRate => message.rate(fit(value)?);
            MessageStall => message.stall(time(value));
            MessageMagic => message.magic(fit(value)?);
            WebsocketMaxMessage => websocket.max_message(value);
            WebsocketWhole => websocket.whole(value);
            WebsocketMaxFrame => websocket.max_frame(value);
            WebsocketMaxFrames => websocket.max_frames(fit(value)?);
            WebsocketPing => websocket.ping(time(value));
            WebsocketPong => websocket.pong(Duration::from_millis(value));
            WebsocketStall => websocket.stall(time(value));
            WebsocketCloseTimeout => websocket.close_timeout(Duration::from_millis(value));
        }
        // Two values of a machine's configuration that are one here: a port that is detected by another magic than it
        // serves is no port, and who accepts one version sends that.
        if setting == is(Setting::MessageMagic) {
            self.detect = self.detect.clone().magic(Some(fit(value)?));
        }
        if setting == is(Setting::MessageVersion) {
            self.message = self.message.clone().version(fit(value)?);
        }
        Ok(())
    }
}

fn time(milliseconds: u64) -> Option<Duration> {
    Some(Duration::from_millis(milliseconds)).filter(|time| !time.is_zero())
}

fn fit<T: TryFrom<u64>>(value: u64) -> Result<T, Code> {
    T::try_from(value).map_err(|_| Code::Argument)
}

fn switch(value: u64) -> Result<bool, Code> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Code::Argument),
    }
}

/// Options, all at their defaults, which are strict. Free them with `bw_config_free`.
#[unsafe(no_mangle)]
pub extern "C" fn bw_config_new() -> *mut Config {
    Box::into_raw(Box::new(Config::default()))
}

/// Sets one option, of `bw_setting`. Whether all of them go together is seen when a connection is made.
///
/// `BW_CODE_ARGUMENT` when there is no such option, or it can't have this value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_config_set(config: *mut Config, setting: u32, value: u64) -> i32 {
    // SAFETY: NULL, or from `bw_config_new` and in no other call: the header's promise.
    let Some(config) = (unsafe { config.as_mut() }) else { return Code::Null as i32 };
    config.set(setting, value).err().unwrap_or(Code::Ok) as i32
}

/// Frees options. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bw_config_free(config: *mut Config) {
    if !config.is_null() {
        // SAFETY: from `bw_config_new` and not freed: the header's promise.
        drop(unsafe { Box::from_raw(config) });
    }
}
