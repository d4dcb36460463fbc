//! Frames written and read by the book (RFC 6455 §5.2), without a look at ours: as wrong as a case wants them.

/// A frame to be written.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// FIN, the reserved bits and the opcode.
    pub(crate) first: u8,
    pub(crate) payload: Vec<u8>,
    length: Length,
    /// Whether it has a mask where there should be none, or none where there should be one.
    mismasked: bool,
}

#[derive(Clone, Copy, Debug)]
enum Length {
    Shortest,
    /// In two bytes, or in eight, whether that many are needed or not.
    Two,
    Eight,
    /// What the header says, whatever the payload has.
    Declared(u64),
}

pub(crate) fn frame(first: u8, payload: impl AsRef<[u8]>) -> Frame {
    Frame { first, payload: payload.as_ref().to_vec(), length: Length::Shortest, mismasked: false }
}

pub(crate) fn text(payload: impl AsRef<[u8]>) -> Frame {
    frame(0x81, payload)
}

pub(crate) fn binary(payload: impl AsRef<[u8]>) -> Frame {
    frame(0x82, payload)
}

/// The first of several fragments.
pub(crate) fn begin(payload: impl AsRef<[u8]>) -> Frame {
    frame(0x01, payload)
}

pub(crate) fn more(payload: impl AsRef<[u8]>) -> Frame {
    frame(0x00, payload)
}

pub(crate) fn last(payload: impl AsRef<[u8]>) -> Frame {
    frame(0x80, payload)
}

pub(crate) fn ping(payload: impl AsRef<[u8]>) -> Frame {
    frame(0x89, payload)
}

pub(crate) fn pong(payload: impl AsRef<[u8]>) -> Frame {
    frame(0x8A, payload)
}

pub(crate) fn close(code: u16, reason: impl AsRef<[u8]>) -> Frame {
    frame(0x88, [&code.to_be_bytes(), reason.as_ref()].concat())
}

impl Frame {
    pub(crate) fn length_in_two(mut self) -> Self {
        self.length = Length::Two;
        self
    }

    pub(crate) fn length_in_eight(mut self) -> Self {
        self.length = Length::Eight;
        self
    }

    pub(crate) fn declaring(mut self, length: u64) -> Self {
        self.length = Length::Declared(length);
        self
    }

    pub(crate) fn mismasked(mut self) -> Self {
        self.mismasked = true;
        self
    }

    /// Appends it as a client sends it (`masked`) or as a server does; says where its payload begins.
    pub(crate) fn write(&self, out: &mut Vec<u8>, masked: bool) -> usize {
        let masked = masked != self.mismasked;
        let bit = if masked { 0x80 } else { 0 };
        let actual = self.payload.len() as u64;
        out.push(self.first);
        let two = |out: &mut Vec<u8>, length: u64| {
            out.push(bit | 126);
            out.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        };
        let eight = |out: &mut Vec<u8>, length: u64| {
            out.push(bit | 127);
            out.extend_from_slice(&length.to_be_bytes());
        };
        match (self.length, actual) {
            (Length::Two, _) => two(out, actual),
            (Length::Eight, _) => eight(out, actual),
            (Length::Shortest, length) | (Length::Declared(length), _) => match length {
                0..=125 => out.push(bit | u8::try_from(length).unwrap()),
                126..=0xFFFF => two(out, length),
                _ => eight(out, length),
            },
        }
        let key = if masked { [0x37, 0xFA, 0x21, 0x3D] } else { [0; 4] };
        if masked {
            out.extend_from_slice(&key);
        }
        let at = out.len();
        out.extend(self.payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]));
        at
    }
}

/// All of them, as a client sends them (`masked`) or as a server does.
pub(crate) fn written(frames: &[Frame], masked: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for frame in frames {
        frame.write(&mut out, masked);
    }
    out
}

/// Reads what we sent, strictly: the first byte and the unmasked payload of each frame, and the keys.
pub(crate) fn read(mut bytes: &[u8], masked: bool) -> Vec<(u8, Vec<u8>, [u8; 4])> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (first, second) = (bytes[0], bytes[1]);
        assert_eq!(second & 0x80 != 0, masked, "\"a client MUST mask all frames\", \"a server MUST NOT\" (§5.1)");
        let (length, at) = match second & 0x7F {
            126 => (u64::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
            127 => (u64::from_be_bytes(bytes[2..10].try_into().unwrap()), 10),
            short => (u64::from(short), 2),
        };
        let least = if length > 0xFFFF {
            10
        } else if length > 125 {
            4
        } else {
            2
        };
        assert_eq!(at, least, "\"the minimal number of bytes MUST be used to encode the length\" (§5.2)");
        assert_eq!(first & 0x70, 0, "a reserved bit");
        if first & 8 != 0 {
            assert!(first & 0x80 != 0 && length <= 125, "a control frame in fragments, or a long one");
        }
        let (key, at) = if masked { (bytes[at..at + 4].try_into().unwrap(), at + 4) } else { ([0; 4], at) };
        let end = at + usize::try_from(length).unwrap();
        let payload = bytes[at..end].iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect();
        frames.push((first, payload, key));
        bytes = &bytes[end..];
    }
    frames
}
