//! Inputs to begin with: one on each line of `fuzz/seeds/<target>.txt`, escaped as Rust escapes bytes. A text file is
//! reviewed, merged and stored more easily than a thousand files of thirty bytes.

use std::fs;
use std::path::{Path, PathBuf};

pub fn path(target: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The fuzz crate includes this file too.
    let fuzz = if root.ends_with("fuzz") { root.to_owned() } else { root.join("fuzz") };
    fuzz.join("seeds").join(target).with_extension("txt")
}

/// The seeds of a target; none if it has no file yet.
pub fn read(target: &str) -> Vec<Vec<u8>> {
    fs::read_to_string(path(target)).unwrap_or_default().lines().map(unescape).collect()
}

pub fn escape(seed: &[u8]) -> String {
    seed.escape_ascii().to_string()
}

/// What [`escape`] made of bytes. Anything else is an error in the file.
pub fn unescape(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        let byte = if byte == b'\\' { unescaped(&mut rest) } else { Some(byte) };
        bytes.push(byte.unwrap_or_else(|| panic!("not escaped as it should be: {line}")));
    }
    bytes
}

fn unescaped(rest: &mut impl Iterator<Item = u8>) -> Option<u8> {
    match rest.next()? {
        b'x' => {
            let mut hex = || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some(hex()? << 4 | hex()?)
        }
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        byte @ (b'\\' | b'\'' | b'"') => Some(byte),
        _ => None,
    }
}
