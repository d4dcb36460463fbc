//! Networks in CIDR notation.

use core::error::Error;
use core::fmt;
use core::net::{IpAddr, Ipv6Addr};
use core::str::FromStr;

/// An address and how many of its first bits count: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1`.
///
/// An IPv4 address that came by a socket for both versions (`::ffff:10.0.0.1`) is taken for what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// In IPv6's space, where IPv4 is `::ffff:0:0/96`.
    address: u128,
    prefix: u8,
}

impl Network {
    /// All addresses that agree with this one in their first `prefix` bits.
    ///
    /// # Errors
    ///
    /// If an address of its version has fewer bits, or if later bits of it aren't zero: it is more likely a slip than
    /// meant.
    pub fn new(address: IpAddr, prefix: u8) -> Result<Self, NetworkError> {
        let outside = if address.is_ipv4() { 96 } else { 0 };
        let prefix = prefix.checked_add(outside).filter(|prefix| *prefix <= 128).ok_or(NetworkError::Prefix)?;
        let address = bits(address);
        if address & !mask(prefix) == 0 { Ok(Self { address, prefix }) } else { Err(NetworkError::HostBits) }
    }

    /// Whether `ip` is in it.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        bits(ip) & mask(self.prefix) == self.address
    }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

fn mask(prefix: u8) -> u128 {
    !u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0)
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Address)?;
        let prefix = match prefix {
            Some(digits) if digits.starts_with('+') => return Err(NetworkError::Prefix),
            Some(digits) => digits.parse().map_err(|_| NetworkError::Prefix)?,
            None if address.is_ipv4() => 32,
            None => 128,
        };
        Self::new(address, prefix)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.address);
        match address.to_ipv4_mapped() {
            Some(address) if self.prefix >= 96 => write!(f, "{address}/{}", self.prefix - 96),
            _ => write!(f, "{address}/{}", self.prefix),
        }
    }
}

/// Why a text or a pair is no [`Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetworkError {
    /// No address.
    Address,
    /// No number of bits, or more than an address has.
    Prefix,
    /// Bits behind the prefix are set.
    HostBits,
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "not an IP address",
            Self::Prefix => "not a prefix length of this address",
            Self::HostBits => "the address has bits behind its prefix",
        })
    }
}

impl Error for NetworkError {}
