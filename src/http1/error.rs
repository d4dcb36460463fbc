//! How a peer can break HTTP/1.

use crate::http::Status;
use core::fmt;

/// How the peer broke the protocol, a limit or a deadline.
///
/// A server has answered with [`status`](Self::status) and `Connection: close`, unless a reply had been begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// A line ended in LF without CR, or held a CR without LF (RFC 9112 §2.2).
    LineEnd,
    /// The request line isn't `method SP target SP version` (RFC 9112 §3).
    RequestLine,
    /// The target has a byte or a form that the method doesn't allow (RFC 9112 §3.2).
    Target,
    /// A version other than HTTP/1.0 and HTTP/1.1 (RFC 9112 §2.3).
    Version,
    /// The peer speaks HTTP/2 with prior knowledge (RFC 9113 §3.4).
    Http2Preface,
    /// The status line isn't `version SP status SP reason` (RFC 9112 §4).
    StatusLine,
    /// A field line isn't `name ":" OWS value OWS`, or is folded (RFC 9112 §5).
    FieldLine,
    /// `Host` is missing, there are several, or it isn't `host[:port]` (RFC 9112 §3.2).
    Host,
    /// `Content-Length` isn't one decimal number (RFC 9112 §6.3).
    ContentLength,
    /// `Transfer-Encoding` doesn't end in `chunked`, or is malformed, or stands in an HTTP/1.0 message (RFC 9112 §6.1).
    TransferEncoding,
    /// `Transfer-Encoding` names a coding that this engine doesn't decode (RFC 9112 §6.1).
    TransferCoding,
    /// Both `Transfer-Encoding` and `Content-Length` are there (RFC 9112 §6.1).
    LengthAndEncoding,
    /// A body where the method forbids one: `TRACE`, `CONNECT` (RFC 9110 §9.3.6, §9.3.8).
    UnexpectedBody,
    /// An expectation other than `100-continue` (RFC 9110 §10.1.1).
    Expectation,
    /// A chunk's size isn't 1 to 16 hexadecimal digits, or its extensions are malformed (RFC 9112 §7.1).
    ChunkSize,
    /// A chunk's data isn't followed by CR LF (RFC 9112 §7.1).
    ChunkEnd,
    /// The start line is above its limit.
    LineTooLong,
    /// The head is above its limit.
    HeadTooLong,
    /// More fields than the limit.
    TooManyFields,
    /// The body is above its limit.
    BodyTooLong,
    /// A chunk-size line, or all of them together, are above their limit.
    ChunkTooLong,
    /// The trailers are above their limit.
    TrailersTooLong,
    /// More interim responses than the limit.
    TooManyInterim,
    /// Bytes came that answer no request (RFC 9112 §9.2).
    Unsolicited,
    /// The connection ended before a response began (RFC 9112 §9.3.1).
    Unanswered,
    /// A 101 that no request asked for (RFC 9110 §7.8).
    UnexpectedSwitch,
    /// The stream ended in the middle of a message (RFC 9112 §8).
    Cut,
    /// The peer was too slow.
    Timeout(Timer),
}

/// Which of the timers ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timer {
    /// For a head to become complete.
    Head,
    /// For a body to keep the least rate.
    Body,
    /// For the peer to take what is sent at the least rate.
    Send,
    /// For a response to begin.
    Response,
}

impl Error {
    /// The status that a server answers this with.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Timeout(_) => Status::REQUEST_TIMEOUT,
            Self::BodyTooLong => Status::CONTENT_TOO_LARGE,
            Self::LineTooLong => Status::URI_TOO_LONG,
            Self::Expectation => Status::EXPECTATION_FAILED,
            Self::HeadTooLong | Self::TooManyFields | Self::TrailersTooLong => Status::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::TransferCoding => Status::NOT_IMPLEMENTED,
            Self::Version | Self::Http2Preface => Status::HTTP_VERSION_NOT_SUPPORTED,
            _ => Status::BAD_REQUEST,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LineEnd => "a line doesn't end in CR LF",
            Self::RequestLine => "malformed request line",
            Self::Target => "the target has a form or a byte that isn't allowed",
            Self::Version => "this version of HTTP isn't supported",
            Self::Http2Preface => "HTTP/2 where HTTP/1 was expected",
            Self::StatusLine => "malformed status line",
            Self::FieldLine => "malformed field line",
            Self::Host => "the Host field is missing, repeated or malformed",
            Self::ContentLength => "malformed or contradictory Content-Length",
            Self::TransferEncoding => "faulty Transfer-Encoding",
            Self::TransferCoding => "a transfer coding that isn't supported",
            Self::LengthAndEncoding => "both Content-Length and Transfer-Encoding",
            Self::UnexpectedBody => "a body where there must be none",
            Self::Expectation => "an expectation that can't be met",
            Self::ChunkSize => "malformed chunk size or extension",
            Self::ChunkEnd => "a chunk's data doesn't end where its size says",
            Self::LineTooLong => "the start line is too long",
            Self::HeadTooLong => "the head is too long",
            Self::TooManyFields => "too many fields",
            Self::BodyTooLong => "the body is too long",
            Self::ChunkTooLong => "the lines between chunks are too long",
            Self::TrailersTooLong => "the trailers are too long",
            Self::TooManyInterim => "too many interim responses",
            Self::Unsolicited => "bytes that answer no request",
            Self::Unanswered => "the connection ended without an answer",
            Self::UnexpectedSwitch => "a switch of protocols that nobody asked for",
            Self::Cut => "the stream ended within a message",
            Self::Timeout(Timer::Head) => "the head took too long",
            Self::Timeout(Timer::Body) => "the body came too slowly",
            Self::Timeout(Timer::Send) => "the peer reads too slowly",
            Self::Timeout(Timer::Response) => "no response in time",
        })
    }
}

impl core::error::Error for Error {}
