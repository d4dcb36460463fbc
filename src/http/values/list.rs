use super::{Malformed, rules};
use core::fmt;
use core::iter::FusedIterator;
use nom::IResult;

/// "A recipient MUST parse and ignore a reasonable number of empty list elements: enough to handle common mistakes by
/// senders that merge values, but not so much that they could be used as a denial-of-service mechanism."
const EMPTY: usize = 16;

/// The elements of a list, `#element` (RFC 9110 §5.6.1), parsed as they are asked for.
///
/// Up to 16 empty elements are passed over. After [`Malformed`] there is nothing more.
#[derive(Clone)]
pub struct List<'a, T> {
    rest: &'a [u8],
    element: fn(&'a [u8]) -> IResult<&'a [u8], T>,
    empty: usize,
}

impl<'a, T> List<'a, T> {
    pub(crate) fn new(value: &'a [u8], element: fn(&'a [u8]) -> IResult<&'a [u8], T>) -> Self {
        Self { rest: value, element, empty: 0 }
    }

    fn fail(&mut self) -> Malformed {
        self.rest = &[];
        Malformed
    }
}

impl<T> Iterator for List<'_, T> {
    type Item = Result<T, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        // [ element ] *( OWS "," OWS [ element ] )
        loop {
            self.rest = rules::skip_ows(self.rest);
            match self.rest.split_first() {
                None => return None,
                Some((b',', rest)) if self.empty < EMPTY => {
                    self.empty += 1;
                    self.rest = rest;
                }
                Some((b',', _)) => return Some(Err(self.fail())),
                Some(_) => break,
            }
        }
        let Ok((rest, element)) = (self.element)(self.rest) else {
            return Some(Err(self.fail()));
        };
        self.rest = match rules::skip_ows(rest) {
            [] => &[],
            [b',', rest @ ..] => rest,
            _ => return Some(Err(self.fail())),
        };
        Some(Ok(element))
    }
}

impl<T> FusedIterator for List<'_, T> {}

impl<T> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("rest", &format_args!("\"{}\"", self.rest.escape_ascii())).finish_non_exhaustive()
    }
}

/// A list of tokens: `Connection`, `Vary`, `Trailer`, `Allow`, `Content-Encoding`.
///
/// ```
/// use barewire::http::values::tokens;
///
/// let mut options = tokens(b"keep-alive, Upgrade");
/// assert!(options.any(|option| option.is_ok_and(|option| option.eq_ignore_ascii_case("upgrade"))));
/// ```
#[must_use]
pub fn tokens(value: &[u8]) -> List<'_, &str> {
    List::new(value, rules::token)
}
