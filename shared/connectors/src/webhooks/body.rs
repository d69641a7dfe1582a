//! What can be said of a body's bytes without parsing them.

use super::BodyForm;
use std::borrow::Cow;

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
