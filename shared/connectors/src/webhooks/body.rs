//! What can be said of a body's bytes without parsing them.

use super::{BodyForm, MAX_DEPTH};
use serde_json::Value;
use std::borrow::Cow;

/// The largest body that is looked at as a vendor's trial of a URL, in bytes.
pub(super) const MAX_PROBE: usize = 1024;

/// Why a body is not read as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonFault {
    NotJson,
    TooDeep,
}

/// Reads JSON that is not nested deeper than [`MAX_DEPTH`].
pub(super) fn json(body: &[u8]) -> Result<Value, JsonFault> {
    if depth(body) > MAX_DEPTH {
        return Err(JsonFault::TooDeep);
    }
    serde_json::from_slice(body).map_err(|_| JsonFault::NotJson)
}

fn depth(body: &[u8]) -> usize {
    let (mut scan, mut open, mut deepest) = (Scan::default(), 0_usize, 0);
    for byte in body {
        match (scan.step(*byte), byte) {
            (Seen::Outside, b'[' | b'{') => {
                open += 1;
                deepest = deepest.max(open);
            }
            (Seen::Outside, b']' | b'}') => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

impl BodyForm {
    pub(super) fn of(self, body: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Self::Raw => Cow::Borrowed(body),
            Self::Minified => Cow::Owned(minified(body)),
        }
    }
}

/// JSON text without the white space outside of its strings. Text that is not JSON comes out as something, and matches
/// no signature.
fn minified(body: &[u8]) -> Vec<u8> {
    let mut scan = Scan::default();
    body.iter()
        .copied()
        .filter(|byte| scan.step(*byte) == Seen::InString || !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
        .collect()
}

/// Where a byte of JSON text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    InString,
    Outside,
}

#[derive(Debug, Default)]
struct Scan {
    in_string: bool,
    escaped: bool,
}

impl Scan {
    fn step(&mut self, byte: u8) -> Seen {
        if !self.in_string {
            self.in_string = byte == b'"';
            return Seen::Outside;
        }
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.in_string = false;
        }
        Seen::InString
    }
}
