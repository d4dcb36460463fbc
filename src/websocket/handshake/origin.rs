//! Which web pages may open a WebSocket here (RFC 6455 §10.2).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

/// Which web pages may open a WebSocket here.
///
/// A browser lets any page connect to any server, with the user's cookies, and says in `Origin` which page it is. A
/// server that doesn't look acts for whoever made the page. Programs that are no browser send no `Origin`, or any they
/// like: it keeps nobody else out, and all but [`check`](Self::check) let a request without one pass.
#[derive(Clone, Default)]
pub struct Origins(Policy);

type Check = dyn Fn(Option<&str>, Option<&str>) -> bool + Send + Sync;

#[derive(Clone, Default)]
enum Policy {
    #[default]
    Same,
    Any,
    Listed(Arc<[Box<str>]>),
    Check(Arc<Check>),
}

impl Origins {
    /// All: for servers that tell nobody by cookies or by their network.
    #[must_use]
    pub fn any() -> Self {
        Self(Policy::Any)
    }

    /// Those that come from the host, port included, that the request is for.
    #[must_use]
    pub fn same() -> Self {
        Self(Policy::Same)
    }

    /// These, as `https://example.com:8443`: scheme and host, and the port if it isn't the scheme's.
    #[must_use]
    pub fn listed<T: Into<String>>(origins: impl IntoIterator<Item = T>) -> Self {
        Self(Policy::Listed(origins.into_iter().map(|origin| origin.into().into_boxed_str()).collect()))
    }

    /// Those for which `allows` says yes, given `Origin` and the host that the request is for.
    #[must_use]
    pub fn check(allows: impl Fn(Option<&str>, Option<&str>) -> bool + Send + Sync + 'static) -> Self {
        Self(Policy::Check(Arc::new(allows)))
    }

    pub(super) fn allow(&self, origin: Option<&str>, host: Option<&str>) -> bool {
        match &self.0 {
            Policy::Any => true,
            Policy::Check(allows) => allows(origin, host),
            Policy::Same => origin.is_none_or(|origin| host.is_some_and(|host| is_same(origin, host))),
            Policy::Listed(origins) => {
                origin.is_none_or(|origin| origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin)))
            }
        }
    }
}

/// Whether an origin is at `host`. The scheme is unknown here, behind whatever ends TLS: only the port says something
/// of it, and an origin doesn't name its scheme's own (RFC 6454 §6.2).
fn is_same(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let default = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    authority.eq_ignore_ascii_case(host) || authority.eq_ignore_ascii_case(host.strip_suffix(default).unwrap_or(host))
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Policy::Same => f.write_str("Same"),
            Policy::Any => f.write_str("Any"),
            Policy::Listed(origins) => f.debug_tuple("Listed").field(origins).finish(),
            Policy::Check(_) => f.write_str("Check"),
        }
    }
}
