//! Preambles as they are sent.

use super::header::{Addresses, Header, Transport, Version};
use super::wire::{self, SIGNATURE};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use core::net::Ipv6Addr;

impl Header {
    /// The bytes to send before all others, at once: "The sender must always ensure that the header is sent at once"
    /// (§2). A checksum is filled in.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self.version {
            Version::V1 => self.line().into_bytes(),
            Version::V2 => self.block(),
        }
    }

    fn line(&self) -> String {
        match &self.addresses {
            Addresses::V4 { transport: Transport::Stream, source, destination } => {
                let (from, to) = (source.ip(), destination.ip());
                format!("PROXY TCP4 {from} {to} {} {}\r\n", source.port(), destination.port())
            }
            Addresses::V6 { transport: Transport::Stream, source, destination } => {
                let (from, to) = (hexadecimal(*source.ip()), hexadecimal(*destination.ip()));
                format!("PROXY TCP6 {from} {to} {} {}\r\n", source.port(), destination.port())
            }
            _ => String::from("PROXY UNKNOWN\r\n"),
        }
    }

    fn block(&self) -> Vec<u8> {
        let length = self.addresses.length() + self.tlvs.len();
        let mut out = Vec::with_capacity(SIGNATURE.len() + 4 + length);
        out.extend_from_slice(SIGNATURE);
        out.push(if self.local { 0x20 } else { 0x21 });
        out.push(self.addresses.family());
        // What would be longer can't be built.
        out.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        self.addresses.append(&mut out);
        let tlvs = out.len();
        out.extend_from_slice(&self.tlvs);
        if let Ok(Some(at)) = wire::check_tlvs(&self.tlvs) {
            let at = tlvs + at;
            out[at..at + 4].fill(0);
            let sum = wire::checksum(&[&out]);
            out[at..at + 4].copy_from_slice(&sum.to_be_bytes());
        }
        out
    }
}

impl Addresses {
    /// In bytes, in version 2.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Unspecified => 0,
            Self::V4 { .. } => 12,
            Self::V6 { .. } => 36,
            Self::Unix { .. } => 216,
        }
    }

    fn family(&self) -> u8 {
        let (family, transport) = match self {
            Self::Unspecified => return 0,
            Self::V4 { transport, .. } => (0x10, transport),
            Self::V6 { transport, .. } => (0x20, transport),
            Self::Unix { transport, .. } => (0x30, transport),
        };
        family
            | match transport {
                Transport::Stream => 1,
                Transport::Datagram => 2,
            }
    }

    fn append(&self, out: &mut Vec<u8>) {
        let ports = match self {
            Self::Unspecified => return,
            Self::V4 { source, destination, .. } => {
                out.extend_from_slice(&source.ip().octets());
                out.extend_from_slice(&destination.ip().octets());
                [source.port(), destination.port()]
            }
            Self::V6 { source, destination, .. } => {
                out.extend_from_slice(&source.ip().octets());
                out.extend_from_slice(&destination.ip().octets());
                [source.port(), destination.port()]
            }
            Self::Unix { ends, .. } => {
                ends.iter().for_each(|end| out.extend_from_slice(&end.0));
                return;
            }
        };
        ports.iter().for_each(|port| out.extend_from_slice(&port.to_be_bytes()));
    }
}

/// "sets of 4 hexadecimal digits … delimited by colons" (§2.1): Rust writes mapped IPv4 addresses with dots.
fn hexadecimal(ip: Ipv6Addr) -> String {
    let mut text = format!("{ip}");
    if text.contains('.') {
        text.clear();
        for (place, group) in ip.segments().into_iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            // Into a string it can't fail.
            let _ = write!(text, "{colon}{group:x}");
        }
    }
    text
}
