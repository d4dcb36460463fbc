//! What a preamble says.

use super::wire;
use crate::Misuse;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::net::{SocketAddr, SocketAddrV4, SocketAddrV6};

/// The types of TLVs that are registered (§2.2). 0xE0 to 0xEF are the application's own.
pub mod tlv {
    /// The application protocol by its ALPN name.
    pub const ALPN: u8 = 0x01;
    /// The host name that the client asked for, as in SNI.
    pub const AUTHORITY: u8 = 0x02;
    /// A checksum of the whole preamble: see [`Header::checksum`](super::Header::checksum).
    pub const CRC32C: u8 = 0x03;
    /// Nothing: padding.
    pub const NOOP: u8 = 0x04;
    /// What identifies the connection among proxies: at most 128 bytes.
    pub const UNIQUE_ID: u8 = 0x05;
    /// About TLS on the client's side: see [`Ssl`](super::Ssl).
    pub const SSL: u8 = 0x20;
    /// In [`SSL`]: the TLS version, in US-ASCII.
    pub const SSL_VERSION: u8 = 0x21;
    /// In [`SSL`]: the common name of the client's certificate, in UTF-8.
    pub const SSL_CN: u8 = 0x22;
    /// In [`SSL`]: the cipher's name, in US-ASCII.
    pub const SSL_CIPHER: u8 = 0x23;
    /// In [`SSL`]: the algorithm that signed the certificate, in US-ASCII.
    pub const SSL_SIG_ALG: u8 = 0x24;
    /// In [`SSL`]: the algorithm of the certificate's key, in US-ASCII.
    pub const SSL_KEY_ALG: u8 = 0x25;
    /// The network namespace's name, in US-ASCII.
    pub const NETNS: u8 = 0x30;
}

/// A preamble: received, or to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub(super) version: Version,
    pub(super) local: bool,
    pub(super) addresses: Addresses,
    /// Checked. Empty in version 1.
    pub(super) tlvs: Box<[u8]>,
}

/// Of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// A line of text.
    V1,
    /// Binary.
    V2,
}

/// What a connection is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP, or a unix stream socket.
    Stream,
    /// UDP, or a unix datagram socket.
    Datagram,
}

/// Between whom the connection was that the proxy carries on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// Not said: those of the connection itself count.
    Unspecified,
    /// Over IPv4.
    V4 {
        /// Of what kind.
        transport: Transport,
        /// The client.
        source: SocketAddrV4,
        /// Whom it connected to.
        destination: SocketAddrV4,
    },
    /// Over IPv6. There is no flow or scope.
    V6 {
        /// Of what kind.
        transport: Transport,
        /// The client.
        source: SocketAddrV6,
        /// Whom it connected to.
        destination: SocketAddrV6,
    },
    /// Over unix sockets.
    Unix {
        /// Of what kind.
        transport: Transport,
        /// The client's address, then that which it connected to.
        ends: Box<[UnixAddress; 2]>,
    },
}

impl Addresses {
    /// Of a TCP connection. If only one end is IPv4, the other is mapped into IPv6.
    #[must_use]
    pub fn tcp(source: SocketAddr, destination: SocketAddr) -> Self {
        let transport = Transport::Stream;
        match (unmapped(source), unmapped(destination)) {
            (SocketAddr::V4(source), SocketAddr::V4(destination)) => Self::V4 { transport, source, destination },
            (source, destination) => Self::V6 { transport, source: mapped(source), destination: mapped(destination) },
        }
    }

    /// The client's address, if it is an IP address.
    #[must_use]
    pub fn source(&self) -> Option<SocketAddr> {
        match self {
            Self::V4 { source, .. } => Some(SocketAddr::V4(*source)),
            Self::V6 { source, .. } => Some(SocketAddr::V6(*source)),
            Self::Unspecified | Self::Unix { .. } => None,
        }
    }
}

fn unmapped(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn mapped(address: SocketAddr) -> SocketAddrV6 {
    match address {
        SocketAddr::V4(address) => SocketAddrV6::new(address.ip().to_ipv6_mapped(), address.port(), 0, 0),
        SocketAddr::V6(address) => SocketAddrV6::new(*address.ip(), address.port(), 0, 0),
    }
}

/// The address of a unix socket, as it is in `sockaddr_un`: a path that ends with a zero byte or the array, an abstract
/// name after a zero byte, or zeros for a socket without a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnixAddress(pub [u8; 108]);

impl UnixAddress {
    /// The path, `None` for an abstract name or none.
    #[must_use]
    pub fn path(&self) -> Option<&[u8]> {
        self.0.split(|byte| *byte == 0).next().filter(|path| !path.is_empty())
    }
}

impl fmt::Debug for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnixAddress(\"{}\")", self.0.trim_ascii_end().escape_ascii())
    }
}

/// To make one.
impl Header {
    /// Version 1. What isn't TCP over IP is `UNKNOWN` there.
    #[must_use]
    pub fn v1(addresses: Addresses) -> Self {
        Self { version: Version::V1, local: false, addresses, tlvs: Box::new([]) }
    }

    /// Version 2.
    #[must_use]
    pub fn v2(addresses: Addresses) -> Self {
        Self { version: Version::V2, local: false, addresses, tlvs: Box::new([]) }
    }

    /// Version 2, for a connection of the proxy's own: a health check.
    #[must_use]
    pub fn local() -> Self {
        Self { local: true, ..Self::v2(Addresses::Unspecified) }
    }

    /// Adds a TLV.
    ///
    /// # Errors
    ///
    /// [`Misuse::TooLong`] if the preamble would exceed 65,551 bytes. [`Misuse::Invalid`] in version 1, without addresses,
    /// for a value that its type can't have, and for the checksum, which has [a method of its own](Self::checksum).
    pub fn tlv(self, kind: u8, value: &[u8]) -> Result<Self, Misuse> {
        if kind == tlv::CRC32C { Err(Misuse::Invalid) } else { self.append(kind, value) }
    }

    /// Adds a checksum over all of it, whatever is added later.
    ///
    /// # Errors
    ///
    /// As for [`tlv`](Self::tlv), and [`Misuse::Invalid`] the second time.
    pub fn checksum(self) -> Result<Self, Misuse> {
        self.append(tlv::CRC32C, &[0; 4])
    }

    fn append(mut self, kind: u8, value: &[u8]) -> Result<Self, Misuse> {
        if self.version == Version::V1 || self.addresses == Addresses::Unspecified {
            return Err(Misuse::Invalid);
        }
        let length = u16::try_from(value.len()).map_err(|_| Misuse::TooLong)?;
        let mut tlvs = Vec::from(core::mem::take(&mut self.tlvs));
        tlvs.push(kind);
        tlvs.extend_from_slice(&length.to_be_bytes());
        tlvs.extend_from_slice(value);
        if self.addresses.length() + tlvs.len() > usize::from(u16::MAX) {
            return Err(Misuse::TooLong);
        }
        wire::check_tlvs(&tlvs).map_err(|_| Misuse::Invalid)?;
        self.tlvs = tlvs.into();
        Ok(self)
    }
}

/// To read one.
impl Header {
    /// Which version it came in, or is to be sent in.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether the proxy made this connection for itself: the addresses of the connection count.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// Between whom the connection was.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What else is said, in its order.
    #[must_use]
    pub fn tlvs(&self) -> Tlvs<'_> {
        Tlvs(&self.tlvs)
    }

    /// The value of the first TLV of this type.
    #[must_use]
    pub fn find(&self, kind: u8) -> Option<&[u8]> {
        self.tlvs().find(kind)
    }

    /// What is said of TLS on the client's side.
    #[must_use]
    pub fn ssl(&self) -> Option<Ssl<'_>> {
        let (head, tlvs) = self.find(tlv::SSL)?.split_first_chunk::<5>()?;
        let [client, verify @ ..] = *head;
        Some(Ssl { client, verify: u32::from_be_bytes(verify), tlvs: Tlvs(tlvs) })
    }
}

/// TLVs: pairs of type and value.
#[derive(Clone, Copy, Debug)]
pub struct Tlvs<'a>(&'a [u8]);

impl<'a> Tlvs<'a> {
    /// The value of the first of this type that is left.
    #[must_use]
    pub fn find(mut self, kind: u8) -> Option<&'a [u8]> {
        Iterator::find(&mut self, |(its, _)| *its == kind).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (rest, item) = wire::tlv(self.0).ok()?;
        self.0 = rest;
        Some(item)
    }
}

/// TLS between the client and the first proxy (§2.2.6).
#[derive(Clone, Copy, Debug)]
pub struct Ssl<'a> {
    client: u8,
    verify: u32,
    tlvs: Tlvs<'a>,
}

impl<'a> Ssl<'a> {
    /// Whether the client used TLS.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.client & 1 != 0
    }

    /// Whether it showed a certificate over this connection, or once in this session.
    #[must_use]
    pub fn has_certificate(&self) -> bool {
        self.client & 6 != 0
    }

    /// Whether it showed a certificate that proved valid.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.has_certificate() && self.verify == 0
    }

    /// Names, by the types in [`tlv`].
    #[must_use]
    pub fn tlvs(&self) -> Tlvs<'a> {
        self.tlvs
    }
}
