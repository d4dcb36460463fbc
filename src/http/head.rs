//! Received heads: one buffer, offsets into it, no map.

use super::{FieldName, FieldValue, Method, Status, Target};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

/// The version of HTTP that a message was written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    #[default]
    Http11,
}

/// A field section as it was received: the fields of a head, or trailers.
///
/// It is one buffer: the received bytes, and behind them eight bytes of offsets for each field. `B` is
/// [`Bytes`] where it is owned, `&[u8]` where it is lent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fields<B = Bytes> {
    bytes: B,
    /// Where the offsets begin.
    index: u32,
}

/// The bytes that each field takes in the index.
const ENTRY: usize = 8;

/// Offsets while a head is being read: behind a copy of the head, in the layout of [`Fields`].
#[derive(Debug, Default)]
pub(crate) struct FieldIndex {
    buffer: Vec<u8>,
    index: u32,
}

impl FieldIndex {
    /// Begins with the bytes of a field section, less than 64 KiB, of so many fields.
    pub(crate) fn begin(&mut self, section: &[u8], fields: usize) {
        debug_assert!(section.len() <= usize::from(u16::MAX), "a head's offsets are 16 bits");
        self.buffer.clear();
        self.buffer.reserve(section.len() + fields * ENTRY);
        self.buffer.extend_from_slice(section);
        self.index = u32::try_from(section.len()).unwrap_or(u32::MAX);
    }

    /// Adds a field, given by offsets into the section.
    #[inline]
    pub(crate) fn add(&mut self, name: (usize, usize), value: (usize, usize)) {
        // Sixteen bits are enough for each, since the section is so short.
        let entry = (name.0 as u64) | (name.1 as u64) << 16 | (value.0 as u64) << 32 | (value.1 as u64) << 48;
        self.buffer.extend_from_slice(&entry.to_le_bytes());
    }

    /// What was built, lent.
    pub(crate) fn fields(&self) -> Fields<&[u8]> {
        Fields { bytes: &self.buffer, index: self.index }
    }

    /// Drops the fields whose names are not to be kept.
    pub(crate) fn retain(&mut self, keep: impl Fn(&[u8]) -> bool) {
        let begin = self.index as usize;
        let mut kept = begin;
        for at in (begin..self.buffer.len()).step_by(ENTRY) {
            let (section, index) = self.buffer.split_at(begin);
            let offset = |byte: usize| usize::from(u16::from_le_bytes([index[byte], index[byte + 1]]));
            let name = &section[offset(at - begin)..offset(at - begin + 2)];
            if keep(name) {
                self.buffer.copy_within(at..at + ENTRY, kept);
                kept += ENTRY;
            }
        }
        self.buffer.truncate(kept);
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.buffer.clear();
        self.index = 0;
    }

    /// Forgets everything, if it takes more memory than `keep` bytes.
    pub(crate) fn clear_beyond(&mut self, keep: usize) {
        if self.buffer.capacity() > keep {
            self.index = 0;
            self.buffer = Vec::new();
        }
    }
}

impl Fields<&[u8]> {
    /// A copy of its own.
    #[must_use]
    pub fn to_owned(&self) -> Fields {
        Fields { bytes: Bytes::copy_from_slice(self.bytes), index: self.index }
    }
}

impl<B: AsRef<[u8]>> Fields<B> {
    /// How many fields there are. One name may come several times.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts().1.len() / ENTRY
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts().1.is_empty()
    }

    /// All fields, in order, names in the case in which they came.
    #[must_use]
    pub fn iter(&self) -> FieldsIter<'_> {
        let (section, index) = self.parts();
        FieldsIter { section, index: index.chunks_exact(ENTRY) }
    }

    /// The value of the first field with this name.
    #[must_use]
    pub fn get(&self, name: FieldName<'_>) -> Option<FieldValue<'_>> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// The values of all fields with this name, in order.
    pub fn get_all<'a>(&'a self, name: FieldName<'a>) -> impl Iterator<Item = FieldValue<'a>> {
        self.iter().filter(move |(other, _)| *other == name).map(|(_, value)| value)
    }

    /// Whether there is a field with this name.
    #[must_use]
    pub fn contains(&self, name: FieldName<'_>) -> bool {
        self.get(name).is_some()
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        self.bytes.as_ref().split_at(self.index as usize)
    }

    fn section(&self) -> &[u8] {
        self.parts().0
    }
}

impl<B: Default> Default for Fields<B> {
    fn default() -> Self {
        Self { bytes: B::default(), index: 0 }
    }
}

impl<'a, B: AsRef<[u8]>> IntoIterator for &'a Fields<B> {
    type Item = (FieldName<'a>, FieldValue<'a>);
    type IntoIter = FieldsIter<'a>;

    fn into_iter(self) -> FieldsIter<'a> {
        self.iter()
    }
}

impl<B: AsRef<[u8]>> fmt::Debug for Fields<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

/// The fields of a [`Fields`], in order.
#[derive(Clone, Debug)]
pub struct FieldsIter<'a> {
    section: &'a [u8],
    index: core::slice::ChunksExact<'a, u8>,
}

impl<'a> Iterator for FieldsIter<'a> {
    type Item = (FieldName<'a>, FieldValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.index.next()?;
        let offset = |at: usize| usize::from(u16::from_le_bytes([entry[at], entry[at + 1]]));
        let name = &self.section[offset(0)..offset(2)];
        let value = &self.section[offset(4)..offset(6)];
        Some((FieldName::checked(name), FieldValue::checked(value)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.index.size_hint()
    }
}

impl ExactSizeIterator for FieldsIter<'_> {}

/// Where the parts of a request line are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RequestLine {
    pub(crate) method: u16,
    pub(crate) target: (u16, u16),
    pub(crate) version: Version,
    pub(crate) expects_continue: bool,
    pub(crate) asks_upgrade: bool,
}

/// A request's head as it was received.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestHead<B = Bytes> {
    line: RequestLine,
    fields: Fields<B>,
}

impl<B: AsRef<[u8]>> RequestHead<B> {
    pub(crate) fn new(line: RequestLine, fields: Fields<B>) -> Self {
        Self { line, fields }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method<'_> {
        Method::checked(&self.fields.section()[..usize::from(self.line.method)])
    }

    /// The target, exactly as it came.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        let (start, end) = self.line.target;
        Target::checked(&self.fields.section()[usize::from(start)..usize::from(end)])
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.line.version
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &Fields<B> {
        &self.fields
    }

    /// The value of the first field with this name.
    #[must_use]
    pub fn get(&self, name: FieldName<'_>) -> Option<FieldValue<'_>> {
        self.fields.get(name)
    }

    /// The authority that the request is for: of an absolute target or of `CONNECT`, which override `Host`, else
    /// `Host` (RFC 9112 §3.2.2, §3.3).
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.target().authority().or_else(|| self.fields.get(FieldName::HOST)?.to_str())
    }

    /// Whether the client waits for a 100 before it sends the body (RFC 9110 §10.1.1).
    #[must_use]
    pub fn expects_continue(&self) -> bool {
        self.line.expects_continue
    }

    /// Whether the client offers to switch protocols, or asks for a tunnel. Which: `Upgrade` says, or `CONNECT`.
    #[must_use]
    pub fn asks_upgrade(&self) -> bool {
        self.line.asks_upgrade
    }
}

impl RequestHead<&[u8]> {
    /// A copy of its own.
    #[must_use]
    pub fn to_owned(&self) -> RequestHead {
        RequestHead { line: self.line, fields: self.fields.to_owned() }
    }
}

impl<B: AsRef<[u8]>> fmt::Debug for RequestHead<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?} {:?}", self.method(), self.target(), self.version(), self.fields)
    }
}

/// Where the parts of a status line are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusLine {
    pub(crate) status: Status,
    pub(crate) reason: (u16, u16),
    pub(crate) version: Version,
}

/// A response's head as it was received.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResponseHead<B = Bytes> {
    line: StatusLine,
    fields: Fields<B>,
}

impl<B: AsRef<[u8]>> ResponseHead<B> {
    pub(crate) fn new(line: StatusLine, fields: Fields<B>) -> Self {
        Self { line, fields }
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> Status {
        self.line.status
    }

    /// The phrase behind it. It means nothing; it may be empty, or not UTF-8.
    #[must_use]
    pub fn reason(&self) -> &[u8] {
        &self.fields.section()[usize::from(self.line.reason.0)..usize::from(self.line.reason.1)]
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.line.version
    }

    /// The fields.
    #[must_use]
    pub fn fields(&self) -> &Fields<B> {
        &self.fields
    }

    /// The value of the first field with this name.
    #[must_use]
    pub fn get(&self, name: FieldName<'_>) -> Option<FieldValue<'_>> {
        self.fields.get(name)
    }
}

impl ResponseHead<&[u8]> {
    /// A copy of its own.
    #[must_use]
    pub fn to_owned(&self) -> ResponseHead {
        ResponseHead { line: self.line, fields: self.fields.to_owned() }
    }
}

impl<B: AsRef<[u8]>> fmt::Debug for ResponseHead<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason().escape_ascii();
        write!(f, "{} \"{reason}\" {:?} {:?}", self.status(), self.version(), self.fields)
    }
}
