//! Frame headers as they stand on the wire (RFC 6455 §5.2). Slices in, values out.

use super::mask::Mask;
use super::{Error, Kind};

/// The longest payload of a control frame (RFC 6455 §5.5).
pub(super) const MAX_CONTROL: usize = 125;

pub(super) const FIN: u8 = 0x80;
pub(super) const RSV: u8 = 0x70;
const MASKED: u8 = 0x80;

/// What a frame is (RFC 6455 §5.2), with the number that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

impl Opcode {
    fn from_bits(bits: u8) -> Result<Self, Error> {
        Ok(match bits {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            // "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_."
            reserved => return Err(Error::Opcode(reserved)),
        })
    }

    pub(super) fn is_control(self) -> bool {
        self as u8 & 0x8 != 0
    }
}

impl From<Kind> for Opcode {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text,
            Kind::Binary => Self::Binary,
        }
    }
}

/// A frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) fin: bool,
    /// The three reserved bits, where they stand in the first byte.
    pub(super) rsv: u8,
    pub(super) opcode: Opcode,
    pub(super) mask: Option<Mask>,
    pub(super) length: u64,
}

/// The first byte of a header: FIN, the reserved bits where they stand, and the opcode.
pub(super) fn first(byte: u8) -> Result<(bool, u8, Opcode), Error> {
    let opcode = Opcode::from_bits(byte & 0x0F)?;
    let (fin, rsv) = (byte & FIN != 0, byte & RSV);
    if opcode.is_control() && !fin {
        // "All control frames [..] MUST NOT be fragmented."
        return Err(Error::FragmentedControl);
    }
    Ok((fin, rsv, opcode))
}

/// Reads a header, and says how many bytes it has; `None` if more must come.
///
/// `masked` is whether the peer is a client. Each fault is found as soon as its byte is there.
pub(super) fn header(data: &[u8], masked: bool) -> Result<Option<(Header, usize)>, Error> {
    let Some(&byte) = data.first() else { return Ok(None) };
    let (fin, rsv, opcode) = first(byte)?;
    let Some(&second) = data.get(1) else { return Ok(None) };
    // "The server MUST close the connection upon receiving a frame that is not masked"; "A client MUST close a
    // connection if it detects a masked frame" (§5.1).
    if (second & MASKED != 0) != masked {
        return Err(Error::Masking);
    }
    let short = second & !MASKED;
    if opcode.is_control() && usize::from(short) > MAX_CONTROL {
        return Err(Error::LongControl);
    }
    let (length, at) = match short {
        126 => {
            let Some(&bytes) = data.get(2..).and_then(<[u8]>::first_chunk) else { return Ok(None) };
            (u64::from(u16::from_be_bytes(bytes)), 4)
        }
        127 => {
            let Some(&bytes) = data.get(2..).and_then(<[u8]>::first_chunk) else { return Ok(None) };
            (u64::from_be_bytes(bytes), 10)
        }
        short => (u64::from(short), 2),
    };
    // "the minimal number of bytes MUST be used to encode the length", and "the most significant bit MUST be 0".
    let minimal = match short {
        126 => length > 125,
        127 => length > 0xFFFF && length >> 63 == 0,
        _ => true,
    };
    if !minimal {
        return Err(Error::Length);
    }
    let (mask, at) = if masked {
        let Some(&key) = data.get(at..).and_then(<[u8]>::first_chunk) else { return Ok(None) };
        (Some(Mask::new(key)), at + 4)
    } else {
        (None, at)
    };
    Ok(Some((Header { fin, rsv, opcode, mask, length }, at)))
}

/// A header in the making: at most 14 bytes.
pub(super) struct Encoded {
    bytes: [u8; 14],
    len: usize,
}

impl Encoded {
    #[inline]
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Header {
    /// The header's bytes where they are two, as most are that a server sends: a copy of a length that the compiler knows.
    #[inline]
    pub(super) fn short(self) -> Option<[u8; 2]> {
        #[expect(clippy::cast_possible_truncation, reason = "at most 125")]
        let length = self.length as u8;
        (self.length < 126 && self.mask.is_none()).then_some([self.first(), length])
    }

    #[inline]
    fn first(self) -> u8 {
        if self.fin { FIN | self.rsv | self.opcode as u8 } else { self.rsv | self.opcode as u8 }
    }

    /// The header's bytes, its length in the minimal number of them.
    #[inline]
    pub(super) fn encode(self) -> Encoded {
        let mut bytes = [0; 14];
        bytes[0] = self.first();
        let masked = if self.mask.is_some() { MASKED } else { 0 };
        let [.., c, d] = self.length.to_be_bytes();
        let mut len = match self.length {
            0..126 => {
                bytes[1] = masked | d;
                2
            }
            126..0x1_0000 => {
                bytes[1] = masked | 126;
                [bytes[2], bytes[3]] = [c, d];
                4
            }
            long => {
                bytes[1] = masked | 127;
                bytes[2..10].copy_from_slice(&long.to_be_bytes());
                10
            }
        };
        if let Some(mask) = self.mask {
            bytes[len..len + 4].copy_from_slice(&mask.key());
            len += 4;
        }
        Encoded { bytes, len }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(data: &[u8], masked: bool) -> Result<Option<(Header, usize)>, Error> {
        // However it is cut, a fault is found when its byte is there, and never taken back.
        let whole = header(data, masked);
        for cut in 0..data.len() {
            match (header(&data[..cut], masked), &whole) {
                (Ok(None), _) => {}
                (early, whole) => assert_eq!(&early, whole, "{data:x?} cut at {cut}"),
            }
        }
        whole
    }

    #[test]
    fn rfc6455_5_7_examples() {
        for (data, masked, opcode, fin, length, size) in [
            (&[0x81, 0x05][..], false, Opcode::Text, true, 5, 2),
            (&[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d], true, Opcode::Text, true, 5, 6),
            (&[0x01, 0x03], false, Opcode::Text, false, 3, 2),
            (&[0x80, 0x02], false, Opcode::Continuation, true, 2, 2),
            (&[0x89, 0x05], false, Opcode::Ping, true, 5, 2),
            (&[0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d], true, Opcode::Pong, true, 5, 6),
            (&[0x82, 0x7E, 0x01, 0x00], false, Opcode::Binary, true, 256, 4),
            (&[0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0], false, Opcode::Binary, true, 65_536, 10),
        ] {
            let (header, n) = parse(data, masked).unwrap().unwrap();
            assert_eq!((header.opcode, header.fin, header.length, n), (opcode, fin, length, size), "{data:x?}");
            assert_eq!(header.encode().as_slice(), data);
        }
    }

    #[test]
    fn faults() {
        for opcode in [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF] {
            assert_eq!(parse(&[0x80 | opcode, 0], false), Err(Error::Opcode(opcode)));
        }
        for (data, masked, error) in [
            (&[0x09][..], false, Error::FragmentedControl),
            (&[0x08, 0x00], false, Error::FragmentedControl),
            (&[0x82, 0x80], false, Error::Masking),
            (&[0x82, 0x00], true, Error::Masking),
            (&[0x89, 126], false, Error::LongControl),
            (&[0x88, 127], false, Error::LongControl),
            (&[0x82, 126, 0, 0], false, Error::Length),
            (&[0x82, 126, 0, 125], false, Error::Length),
            (&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], false, Error::Length),
            (&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], false, Error::Length),
        ] {
            assert_eq!(parse(data, masked), Err(error), "{data:x?}");
        }
    }

    #[test]
    fn every_length_up_to_the_borders_and_back() {
        let borders = [0, 1, 125, 126, 127, 0xFFFE, 0xFFFF, 0x1_0000, u64::from(u32::MAX) + 1, u64::MAX >> 1];
        for length in borders {
            for mask in [None, Some(Mask::new([1, 2, 3, 4]))] {
                let sent = Header { fin: true, rsv: 0, opcode: Opcode::Binary, mask, length };
                let encoded = sent.encode();
                let (read, n) = parse(encoded.as_slice(), mask.is_some()).unwrap().unwrap();
                assert_eq!((read, n), (sent, encoded.as_slice().len()));
                let short = sent.short();
                assert_eq!(short.as_ref().map(|short| &short[..]), (n == 2).then_some(encoded.as_slice()));
            }
        }
    }
}
