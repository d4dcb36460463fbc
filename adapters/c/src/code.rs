//! Why a function said no: a negative number, and its name.

use barewire::http1::Timer;
use barewire::{Misuse, detect, http1, message, websocket};
use core::ffi::{CStr, c_char};

/// What a function returns where it fails.
///
/// From -10: the call was wrong, and nothing has changed. From -20: the command was out of place, and nothing has
/// changed. From -100 on: the peer broke the protocol, a limit or a deadline. Such a code is the connection's last
/// word: `bw_poll` says it again, and the farewell is in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
    /// No failure.
    Ok = 0,
    /// A pointer is NULL.
    Null = -10,
    /// A value can't be: a length, an option, a name or value that is no legal field.
    Argument = -11,
    /// This connection speaks another protocol.
    Protocol = -12,
    /// The options contradict each other.
    Config = -13,
    /// A fault of the library's own. The connection can only be freed.
    Panic = -14,
    /// The sending side has been ended already, or the connection is over.
    Closed = -20,
    /// It is not the time for this command.
    OutOfTurn = -21,
    /// No exchange with this id is open.
    UnknownId = -22,
    /// More than the limit, or than was announced.
    TooLong = -23,
    /// Less than was announced.
    TooShort = -24,
    /// The value can't be sent in this place.
    Invalid = -25,
    /// A kind of misuse that is newer than this list.
    Misuse = -39,
    /// The peer did not show in time what it speaks.
    DetectTimeout = -100,
    /// A line doesn't end in CR LF.
    HttpLineEnd = -200,
    /// Malformed request line.
    HttpRequestLine = -201,
    /// The target has a form or a byte that isn't allowed.
    HttpTarget = -202,
    /// This version of HTTP isn't supported.
    HttpVersion = -203,
    /// HTTP/2 where HTTP/1 was expected.
    HttpHttp2Preface = -204,
    /// Malformed status line.
    HttpStatusLine = -205,
    /// Malformed field line.
    HttpFieldLine = -206,
    /// `Host` is missing, repeated or malformed.
    HttpHost = -207,
    /// Malformed or contradictory `Content-Length`.
    HttpContentLength = -208,
    /// Faulty `Transfer-Encoding`.
    HttpTransferEncoding = -209,
    /// A transfer coding that isn't supported.
    HttpTransferCoding = -210,
    /// Both `Content-Length` and `Transfer-Encoding`.
    HttpLengthAndEncoding = -211,
    /// A body where there must be none.
    HttpUnexpectedBody = -212,
    /// An expectation that can't be met.
    HttpExpectation = -213,
    /// Malformed chunk size or extension.
    HttpChunkSize = -214,
    /// A chunk's data doesn't end where its size says.
    HttpChunkEnd = -215,
    /// The start line is too long.
    HttpLineTooLong = -216,
    /// The head is too long.
    HttpHeadTooLong = -217,
    /// Too many fields.
    HttpTooManyFields = -218,
    /// The body is too long.
    HttpBodyTooLong = -219,
    /// The lines between chunks are too long.
    HttpChunkTooLong = -220,
    /// The trailers are too long.
    HttpTrailersTooLong = -221,
    /// Too many interim responses.
    HttpTooManyInterim = -222,
    /// Bytes that answer no request.
    HttpUnsolicited = -223,
    /// The connection ended without an answer.
    HttpUnanswered = -224,
    /// A switch of protocols that nobody asked for.
    HttpUnexpectedSwitch = -225,
    /// The stream ended within a message.
    HttpCut = -226,
    /// The head took too long.
    HttpHeadTimeout = -227,
    /// The body came too slowly.
    HttpBodyTimeout = -228,
    /// The peer reads too slowly.
    HttpSendTimeout = -229,
    /// No response in time.
    HttpResponseTimeout = -230,
    /// A fault that is newer than this list.
    HttpOther = -299,
    /// It speaks another protocol.
    MessageUnknownMagic = -300,
    /// It speaks a version that isn't accepted.
    MessageUnsupportedVersion = -301,
    /// It announced a payload above the limit.
    MessageOversize = -302,
    /// It ended within a message.
    MessageTruncated = -303,
    /// Nothing came in time.
    MessageIdle = -304,
    /// The message came too slowly.
    MessageTimeout = -305,
    /// The peer stopped reading.
    MessageStalled = -306,
    /// A fault that is newer than this list.
    MessageOther = -399,
    /// A reserved bit that nobody has claimed.
    WebsocketReserved = -400,
    /// An unknown kind of frame.
    WebsocketOpcode = -401,
    /// A client must mask its frames, and a server must not.
    WebsocketMasking = -402,
    /// A length in more bytes than it needs, or beyond 63 bits.
    WebsocketLength = -403,
    /// A control frame of more than 125 bytes.
    WebsocketLongControl = -404,
    /// A control frame in fragments.
    WebsocketFragmentedControl = -405,
    /// A continuation where no message was begun.
    WebsocketUnexpectedContinuation = -406,
    /// A new message within another.
    WebsocketUnexpectedMessage = -407,
    /// A Close frame of one byte.
    WebsocketCloseLength = -408,
    /// A Close frame with a code that none may have.
    WebsocketCloseCode = -409,
    /// Text that is not UTF-8.
    WebsocketUtf8 = -410,
    /// A frame above the limit.
    WebsocketLongFrame = -411,
    /// A message above the limit.
    WebsocketLongMessage = -412,
    /// A message in too many frames.
    WebsocketManyFrames = -413,
    /// Nothing was heard of the peer, not even after a ping.
    WebsocketSilent = -414,
    /// The peer takes nothing of what is sent to it.
    WebsocketStalled = -415,
    /// The peer ended the stream without a Close frame.
    WebsocketEof = -416,
    /// The peer did not answer our Close frame in time.
    WebsocketCloseTimeout = -417,
    /// A fault that is newer than this list.
    WebsocketOther = -499,
}

/// A code's name, as in this header without its prefix, in lower case: `"http_chunk_size"`. NULL for a number that is no
/// code. It lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn bw_error_name(code: i32) -> *const c_char {
    name(code).map_or(core::ptr::null(), CStr::as_ptr)
}

macro_rules! names {
    ($($code:ident $name:literal)*) => {
        fn name(code: i32) -> Option<&'static CStr> {
            $(if code == Code::$code as i32 {
                return Some($name);
            })*
            None
        }

        #[cfg(test)]
        const ALL: &[(Code, &CStr)] = &[$((Code::$code, $name)),*];
    };
}

names! {
    Ok c"ok"
    Null c"null"
    Argument c"argument"
    Protocol c"protocol"
    Config c"config"
    Panic c"panic"
    Closed c"closed"
    OutOfTurn c"out_of_turn"
    UnknownId c"unknown_id"
    TooLong c"too_long"
    TooShort c"too_short"
    Invalid c"invalid"
    Misuse c"misuse"
    DetectTimeout c"detect_timeout"
    HttpLineEnd c"http_line_end"
    HttpRequestLine c"http_request_line"
    HttpTarget c"http_target"
    HttpVersion c"http_version"
    HttpHttp2Preface c"http_http2_preface"
    HttpStatusLine c"http_status_line"
    HttpFieldLine c"http_field_line"
    HttpHost c"http_host"
    HttpContentLength c"http_content_length"
    HttpTransferEncoding c"http_transfer_encoding"
    HttpTransferCoding c"http_transfer_coding"
    HttpLengthAndEncoding c"http_length_and_encoding"
    HttpUnexpectedBody c"http_unexpected_body"
    HttpExpectation c"http_expectation"
    HttpChunkSize c"http_chunk_size"
    HttpChunkEnd c"http_chunk_end"
    HttpLineTooLong c"http_line_too_long"
    HttpHeadTooLong c"http_head_too_long"
    HttpTooManyFields c"http_too_many_fields"
    HttpBodyTooLong c"http_body_too_long"
    HttpChunkTooLong c"http_chunk_too_long"
    HttpTrailersTooLong c"http_trailers_too_long"
    HttpTooManyInterim c"http_too_many_interim"
    HttpUnsolicited c"http_unsolicited"
    HttpUnanswered c"http_unanswered"
    HttpUnexpectedSwitch c"http_unexpected_switch"
    HttpCut c"http_cut"
    HttpHeadTimeout c"http_head_timeout"
    HttpBodyTimeout c"http_body_timeout"
    HttpSendTimeout c"http_send_timeout"
    HttpResponseTimeout c"http_response_timeout"
    HttpOther c"http_other"
    MessageUnknownMagic c"message_unknown_magic"
    MessageUnsupportedVersion c"message_unsupported_version"
    MessageOversize c"message_oversize"
    MessageTruncated c"message_truncated"
    MessageIdle c"message_idle"
    MessageTimeout c"message_timeout"
    MessageStalled c"message_stalled"
    MessageOther c"message_other"
    WebsocketReserved c"websocket_reserved"
    WebsocketOpcode c"websocket_opcode"
    WebsocketMasking c"websocket_masking"
    WebsocketLength c"websocket_length"
    WebsocketLongControl c"websocket_long_control"
    WebsocketFragmentedControl c"websocket_fragmented_control"
    WebsocketUnexpectedContinuation c"websocket_unexpected_continuation"
    WebsocketUnexpectedMessage c"websocket_unexpected_message"
    WebsocketCloseLength c"websocket_close_length"
    WebsocketCloseCode c"websocket_close_code"
    WebsocketUtf8 c"websocket_utf8"
    WebsocketLongFrame c"websocket_long_frame"
    WebsocketLongMessage c"websocket_long_message"
    WebsocketManyFrames c"websocket_many_frames"
    WebsocketSilent c"websocket_silent"
    WebsocketStalled c"websocket_stalled"
    WebsocketEof c"websocket_eof"
    WebsocketCloseTimeout c"websocket_close_timeout"
    WebsocketOther c"websocket_other"
}

impl From<Misuse> for Code {
    fn from(misuse: Misuse) -> Self {
        match misuse {
            Misuse::Closed => Self::Closed,
            Misuse::OutOfTurn => Self::OutOfTurn,
            Misuse::UnknownId => Self::UnknownId,
            Misuse::TooLong => Self::TooLong,
            Misuse::TooShort => Self::TooShort,
            Misuse::Invalid => Self::Invalid,
            _ => Self::Misuse,
        }
    }
}

impl From<barewire::http::Illegal> for Code {
    fn from(_: barewire::http::Illegal) -> Self {
        Self::Argument
    }
}

impl From<detect::Error> for Code {
    fn from(error: detect::Error) -> Self {
        match error {
            detect::Error::Timeout => Self::DetectTimeout,
            _ => Self::Misuse,
        }
    }
}

impl From<message::Error> for Code {
    fn from(error: message::Error) -> Self {
        use message::Error;
        match error {
            Error::UnknownMagic(_) => Self::MessageUnknownMagic,
            Error::UnsupportedVersion(_) => Self::MessageUnsupportedVersion,
            Error::Oversize { .. } => Self::MessageOversize,
            Error::Truncated { .. } => Self::MessageTruncated,
            Error::Idle => Self::MessageIdle,
            Error::Timeout => Self::MessageTimeout,
            Error::Stalled => Self::MessageStalled,
            _ => Self::MessageOther,
        }
    }
}

impl From<websocket::Error> for Code {
    fn from(error: websocket::Error) -> Self {
        use websocket::Error;
        match error {
            Error::Reserved => Self::WebsocketReserved,
            Error::Opcode(_) => Self::WebsocketOpcode,
            Error::Masking => Self::WebsocketMasking,
            Error::Length => Self::WebsocketLength,
            Error::LongControl => Self::WebsocketLongControl,
            Error::FragmentedControl => Self::WebsocketFragmentedControl,
            Error::UnexpectedContinuation => Self::WebsocketUnexpectedContinuation,
            Error::UnexpectedMessage => Self::WebsocketUnexpectedMessage,
            Error::CloseLength => Self::WebsocketCloseLength,
            Error::CloseCode(_) => Self::WebsocketCloseCode,
            Error::Utf8 => Self::WebsocketUtf8,
            Error::LongFrame => Self::WebsocketLongFrame,
            Error::LongMessage => Self::WebsocketLongMessage,
            Error::ManyFrames => Self::WebsocketManyFrames,
            Error::Silent => Self::WebsocketSilent,
            Error::Stalled => Self::WebsocketStalled,
            Error::Eof => Self::WebsocketEof,
            Error::CloseTimeout => Self::WebsocketCloseTimeout,
            _ => Self::WebsocketOther,
        }
    }
}

impl From<http1::Error> for Code {
    fn from(error: http1::Error) -> Self {
        use http1::Error;
        match error {
            Error::LineEnd => Self::HttpLineEnd,
            Error::RequestLine => Self::HttpRequestLine,
            Error::Target => Self::HttpTarget,
            Error::Version => Self::HttpVersion,
            Error::Http2Preface => Self::HttpHttp2Preface,
            Error::StatusLine => Self::HttpStatusLine,
            Error::FieldLine => Self::HttpFieldLine,
            Error::Host => Self::HttpHost,
            Error::ContentLength => Self::HttpContentLength,
            Error::TransferEncoding => Self::HttpTransferEncoding,
            Error::TransferCoding => Self::HttpTransferCoding,
            Error::LengthAndEncoding => Self::HttpLengthAndEncoding,
            Error::UnexpectedBody => Self::HttpUnexpectedBody,
            Error::Expectation => Self::HttpExpectation,
            Error::ChunkSize => Self::HttpChunkSize,
            Error::ChunkEnd => Self::HttpChunkEnd,
            Error::LineTooLong => Self::HttpLineTooLong,
            Error::HeadTooLong => Self::HttpHeadTooLong,
            Error::TooManyFields => Self::HttpTooManyFields,
            Error::BodyTooLong => Self::HttpBodyTooLong,
            Error::ChunkTooLong => Self::HttpChunkTooLong,
            Error::TrailersTooLong => Self::HttpTrailersTooLong,
            Error::TooManyInterim => Self::HttpTooManyInterim,
            Error::Unsolicited => Self::HttpUnsolicited,
            Error::Unanswered => Self::HttpUnanswered,
            Error::UnexpectedSwitch => Self::HttpUnexpectedSwitch,
            Error::Cut => Self::HttpCut,
            Error::Timeout(Timer::Head) => Self::HttpHeadTimeout,
            Error::Timeout(Timer::Body) => Self::HttpBodyTimeout,
            Error::Timeout(Timer::Send) => Self::HttpSendTimeout,
            Error::Timeout(Timer::Response) => Self::HttpResponseTimeout,
            _ => Self::HttpOther,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_own_name() {
        for (code, name) in ALL {
            let spelled: String = format!("{code:?}")
                .chars()
                .flat_map(|c| {
                    let low = c.to_ascii_lowercase();
                    if c.is_ascii_uppercase() { vec!['_', low] } else { vec![low] }
                })
                .skip(1)
                .collect();
            assert_eq!(name.to_str(), Ok(spelled.as_str()));
        }
        assert_eq!(name(-9999), None);
    }
}
