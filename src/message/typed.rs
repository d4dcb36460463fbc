use super::{Message, Session};
use crate::Misuse;
use core::error::Error;
use core::fmt;
use serde::{Deserialize, Serialize};

/// A Rust type that is one type of message, in [postcard](https://postcard.jamesmunns.com)'s wire format.
///
/// ```
/// use barewire::message::{Event, Session, Typed};
/// use barewire::{Instant, Machine, Next};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Login {
///     user: String,
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct Move {
///     x: i32,
///     y: i32,
/// }
///
/// impl Typed for Login {
///     const KIND: u16 = 1;
/// }
///
/// impl Typed for Move {
///     const KIND: u16 = 2;
/// }
///
/// let mut session = Session::default();
/// session.send_typed(&Login { user: "ada".into() })?;
/// session.send_typed(&Move { x: 3, y: -4 })?;
/// # let sent = session.link().tx.pop().unwrap();
/// # session.link().rx.receive(sent.to_vec(), 0);
///
/// let mut seen = Vec::new();
/// while let Next::Event(Event::Message(message)) = session.next(Instant::ORIGIN)? {
///     match message.header.kind {
///         Login::KIND => seen.push(message.decode::<Login>()?.user),
///         Move::KIND => {
///             let Move { x, y } = message.decode()?;
///             seen.push(format!("{x} {y}"));
///         }
///         other => panic!("what is {other}?"),
///     }
/// }
/// assert_eq!(seen, ["ada", "3 -4"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Typed {
    /// Its type number.
    const KIND: u16;
}

impl Session {
    /// Queues a value as a message of its type.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send), or if serde cannot serialize the value.
    pub fn send_typed<T: Typed + Serialize>(&mut self, value: &T) -> Result<(), EncodeError> {
        let payload = postcard::to_allocvec(value).map_err(|_| EncodeError::Value)?;
        self.send(T::KIND, payload).map_err(EncodeError::Misuse)
    }
}

impl<B: AsRef<[u8]>> Message<B> {
    /// The value that the message is.
    ///
    /// # Errors
    ///
    /// If the message is of another type, or isn't one value exactly.
    pub fn decode<'a, T: Typed + Deserialize<'a>>(&'a self) -> Result<T, DecodeError> {
        if self.header.kind != T::KIND {
            return Err(DecodeError::Kind { expected: T::KIND, found: self.header.kind });
        }
        match postcard::take_from_bytes(self.payload.as_ref()) {
            Ok((value, [])) => Ok(value),
            Ok((_, rest)) => Err(DecodeError::Trailing { extra: rest.len() }),
            Err(_) => Err(DecodeError::Value),
        }
    }
}

/// Why a value was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// Its type can't be serialized in this format.
    Value,
    /// It can't be sent now, or is too long.
    Misuse(Misuse),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value => f.write_str("the value cannot be serialized"),
            Self::Misuse(misuse) => misuse.fmt(f),
        }
    }
}

impl Error for EncodeError {}

/// Why a message is not a value of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// It is a message of another type.
    Kind {
        /// The type's number.
        expected: u16,
        /// The message's.
        found: u16,
    },
    /// The value is complete before the payload is.
    Trailing {
        /// How many bytes follow.
        extra: usize,
    },
    /// It isn't a value of the type, or ends within it.
    Value,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind { expected, found } => write!(f, "a message of type {found}, not {expected}"),
            Self::Trailing { extra } => write!(f, "{extra} bytes after the value"),
            Self::Value => f.write_str("malformed value"),
        }
    }
}

impl Error for DecodeError {}
