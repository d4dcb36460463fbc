//! The vocabulary of HTTP (RFC 9110): what requests and responses are made of, whatever the version on the wire.
//!
//! There is no syntax of messages here: [`http1`](crate::http1) has that of HTTP/1.1. What an application hears
//! ([`RequestEvent`], [`ResponseEvent`]) and says ([`Response`], [`Request`], [`Body`]) is the same for every version,
//! and each exchange has an [`Id`], so one handler serves all.
//!
//! Two families of types:
//!
//! - **received**: [`RequestHead`], [`ResponseHead`] and [`Fields`]. One buffer with offsets into it: no map, no
//!   allocation for each field. Iteration keeps order and case, lookups ignore case.
//! - **to be sent**: [`Request`], [`Response`] and [`Trailers`]. One buffer too, already in the form that leaves. They
//!   take only [`FieldName`], [`FieldValue`], [`Method`], [`Target`], [`Reason`] and [`Status`], which are checked when
//!   they are built: what holds a CR, LF or NUL cannot be built, so a response cannot be split.
//!
//! ```
//! use barewire::http::{FieldName, FieldValue, Response, Status};
//!
//! const HTML: FieldValue = FieldValue::literal("text/html; charset=utf-8"); // checked by the compiler
//! let response = Response::new(Status::OK).field(FieldName::CONTENT_TYPE, HTML);
//! assert_eq!(response.get(FieldName::CONTENT_TYPE), Some(HTML));
//! assert!(FieldValue::new("no\r\nsplitting: here").is_err());
//! ```

mod event;
mod field;
mod grammar;
mod head;
mod message;
mod method;
mod names;
mod status;
mod target;
pub mod values;

pub use event::{Body, Id, RequestEvent, ResponseEvent};
pub use field::{FieldName, FieldValue, Illegal};
pub use head::{Fields, FieldsIter, RequestHead, ResponseHead, Version};
pub use message::{Request, Response, Trailers};
pub use method::Method;
pub use status::{Reason, Status};
pub use target::{Target, TargetForm};

pub(crate) use head::{FieldIndex, RequestLine, StatusLine};
pub(crate) use message::is_forbidden_trailer;
pub(crate) use names::{Known, classify};
pub(crate) use target::{form_of, is_host};
pub(crate) mod chars {
    //! The character classes, for the syntax modules.
    pub(crate) use super::grammar::{is_field_byte, is_target, is_target_byte, is_tchar, is_token, members, trim_ows};
}
