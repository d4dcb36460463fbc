//! Field values that have a grammar of their own, parsed where they are: nothing is copied, nothing is kept.
//!
//! Each type has `parse` for a value that is one of it, and `list` where a field holds several (RFC 9110 §5.6.1). All
//! take the value as it stands in a head, without white space around it. They take what the grammar allows and nothing
//! else: what a field means that doesn't parse ([`Malformed`]), mostly that it is ignored, is the caller's knowledge.
//!
//! | Field | Type |
//! |---|---|
//! | `Connection`, `Vary`, `Trailer`, `Allow` | [`tokens`] |
//! | `Content-Type` | [`MediaType`] |
//! | `Accept` | [`MediaRange`] |
//! | `Accept-Encoding`, `Accept-Language`, `Accept-Charset` | [`Weighted`] |
//! | `Date`, `Last-Modified`, `If-Modified-Since`, `Expires` | [`Date`] |
//! | `Range`, `Content-Range` | [`Ranges`], [`ContentRange`] |
//! | `ETag`, `If-Match`, `If-None-Match` | [`EntityTag`], [`EntityTags`] |
//! | `Cache-Control` | [`Directive`] |
//!
//! A list may be spread over several field lines. Each line is a list of its own, and the whole is one after the other.
//!
//! ```
//! use barewire::http::values::{MediaRange, MediaType};
//!
//! let html = MediaType::parse(b"text/html; charset=\"utf-8\"")?;
//! assert!(html.is("text", "html"));
//! assert!(html.parameters.get("charset").unwrap().is("UTF-8"));
//!
//! let best = MediaRange::list(b"text/*;q=0.5, */*;q=0.1, application/json")
//!     .filter_map(Result::ok)
//!     .filter(|range| range.matches(&html))
//!     .max_by_key(|range| range.specificity());
//! assert_eq!(best.unwrap().quality.thousandths(), 500);
//! # Ok::<(), barewire::http::values::Malformed>(())
//! ```

mod cache_control;
mod date;
mod etag;
mod list;
mod media_type;
mod parameter;
mod quality;
mod range;
pub(crate) mod rules;

pub use cache_control::Directive;
pub use date::Date;
pub use etag::{EntityTag, EntityTags};
pub use list::{List, tokens};
pub use media_type::{MediaRange, MediaType};
pub use parameter::{Parameters, Quoted, Value};
pub use quality::{Quality, Weighted};
pub use range::{ByteRange, ContentRange, Ranges};

use core::error::Error;
use core::fmt;

/// A value that its grammar doesn't allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the field value is malformed")
    }
}

impl Error for Malformed {}
