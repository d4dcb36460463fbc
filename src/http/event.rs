//! What an application hears, whatever the version on the wire.

use super::{Fields, RequestHead, ResponseHead};
use bytes::Bytes;
use core::fmt;

/// One exchange (a request and its response) on one connection. HTTP/1 counts from 0, HTTP/2 has stream ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u64);

impl Id {
    /// The exchange with this number, for who could keep only that: across a foreign function interface, in a log. One
    /// that isn't open is a [`Misuse`](crate::Misuse) of whatever command it is given to.
    #[must_use]
    pub const fn new(id: u64) -> Self {
        Self(id)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What is known about a body when its head is read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    Empty,
    /// This many bytes.
    Length(u64),
    /// Its end is marked when it comes. In HTTP/1.1 that is `chunked`; to or from an HTTP/1.0 peer a response's body
    /// ends with the connection.
    Unknown,
}

/// What a server hears.
///
/// For each request: one `Request`, any number of `Data`, one `End`. Always `End`, also when there is no body; but
/// nothing more once the reply is finished: the rest of the body is then discarded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestEvent<B: AsRef<[u8]> = Bytes> {
    /// A request's head. It may be answered at once, or later: also before its body has come.
    Request {
        /// What to answer to.
        id: Id,
        /// Method, target and fields.
        head: RequestHead<B>,
        /// What is known of the body that follows.
        body: Body,
    },
    /// A piece of the request's body. Where it is cut means nothing.
    Data {
        /// Whose.
        id: Id,
        /// The piece, never empty.
        bytes: B,
    },
    /// The request is complete.
    End {
        /// Which.
        id: Id,
        /// What came after a chunked body. Not to be merged with the head's fields (RFC 9110 §6.5.1).
        trailers: Fields<B>,
    },
    /// The switch that `upgrade` answered with is complete: the connection speaks another protocol from here on. Take
    /// the [`Link`](crate::Link); bytes that came early are still in it.
    Upgraded {
        /// The request that asked for it.
        id: Id,
    },
}

/// What a client hears.
///
/// For each request: any number of `Interim`, one `Response`, any number of `Data`, one `End`. Always `End`, also when
/// there is no body. Or `Upgraded` in the place of `Response`, and nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseEvent<B: AsRef<[u8]> = Bytes> {
    /// The body of a request with `Expect: 100-continue` may be sent now: the server said so, or was silent for too
    /// long.
    Continue {
        /// Which.
        id: Id,
    },
    /// An interim response (1xx), such as 103; never 100 or 101.
    Interim {
        /// To which request.
        id: Id,
        /// Status and fields.
        head: ResponseHead<B>,
    },
    /// The final response's head.
    Response {
        /// To which request.
        id: Id,
        /// Status and fields.
        head: ResponseHead<B>,
        /// What is known of the body that follows.
        body: Body,
    },
    /// A piece of the response's body. Where it is cut means nothing.
    Data {
        /// To which request.
        id: Id,
        /// The piece, never empty.
        bytes: B,
    },
    /// The response is complete.
    End {
        /// To which request.
        id: Id,
        /// What came after a chunked body. Not to be merged with the head's fields (RFC 9110 §6.5.1).
        trailers: Fields<B>,
    },
    /// The server switched protocols: 101, or 2xx to `CONNECT`. Take the [`Link`](crate::Link); bytes that came early
    /// are still in it.
    Upgraded {
        /// Which request asked for it.
        id: Id,
        /// Status and fields.
        head: ResponseHead<B>,
    },
}
