//! Rows and cells of separated text, without copying.
//!
//! Cells are borrowed from the body and only looked at when somebody asks for their text: of a checkout report's bytes
//! more than half stand in a cell that is searched and never kept.

use memchr::{memchr, memchr3};
use std::borrow::Cow;

/// One cell as it stands in the body, without its outer quotes.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'a> {
    bytes: &'a [u8],
    quoting: Quoting,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// Stands for itself.
    Plain,
    /// Holds doubled quotes.
    Doubled,
    /// Holds a quote where none may stand; all are dropped.
    Stray,
}

/// How a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowEnd {
    Whole,
    /// The body ended inside a quoted cell.
    Unterminated,
}

impl<'a> Cell<'a> {
    pub(crate) const EMPTY: Cell<'static> = Cell::plain(b"");

    /// A cell that stands for itself.
    pub(crate) const fn plain(bytes: &'a [u8]) -> Self {
        Self { bytes, quoting: Quoting::Plain }
    }

    /// The bytes between the outer quotes; doubled quotes are still doubled.
    pub(crate) fn raw(self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn is_blank(self) -> bool {
        self.bytes.trim_ascii().is_empty()
    }

    /// The cell's bytes with its quoting undone, trimmed.
    pub(crate) fn bytes(self) -> Cow<'a, [u8]> {
        match self.quoting {
            Quoting::Plain => Cow::Borrowed(self.bytes.trim_ascii()),
            Quoting::Doubled => {
                let mut out = Vec::with_capacity(self.bytes.len());
                let mut rest = self.bytes;
                while let Some(at) = memchr(b'"', rest) {
                    out.extend_from_slice(rest.get(..=at).unwrap_or_default());
                    rest = rest.get(at + 2..).unwrap_or_default();
                }
                out.extend_from_slice(rest);
                Cow::Owned(out)
            }
            Quoting::Stray => Cow::Owned(self.bytes.iter().copied().filter(|byte| *byte != b'"').collect()),
        }
    }
}

/// Walks a body row by row.
pub(crate) struct Rows<'a> {
    body: &'a [u8],
    at: usize,
    delimiter: u8,
    row: u64,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(body: &'a [u8], delimiter: u8) -> Self {
        Self { body, at: 0, delimiter, row: 0 }
    }

    /// Number of the row last read, from 1, as a spreadsheet counts: a cell of many lines is still one row.
    pub(crate) fn row(&self) -> u64 {
        self.row
    }

    /// Fills `cells` with the next row; `None` at the end of the body. A blank line is a row of one empty cell.
    pub(crate) fn next(&mut self, cells: &mut Vec<Cell<'a>>) -> Option<RowEnd> {
        cells.clear();
        if self.at >= self.body.len() {
            return None;
        }
        self.row += 1;
        loop {
            let (cell, stop) = self.cell();
            cells.push(cell);
            match stop {
                Stop::Delimiter => {}
                Stop::Row => return Some(RowEnd::Whole),
                Stop::OpenQuote => return Some(RowEnd::Unterminated),
            }
        }
    }

    fn cell(&mut self) -> (Cell<'a>, Stop) {
        let rest = self.body.get(self.at..).unwrap_or_default();
        if let Some((b'"', inner)) = rest.split_first() {
            return self.quoted(inner);
        }
        let length = self.plain_length(rest);
        self.at += length;
        (Cell::plain(rest.get(..length).unwrap_or_default()), self.stop())
    }

    fn quoted(&mut self, inner: &'a [u8]) -> (Cell<'a>, Stop) {
        let mut quoting = Quoting::Plain;
        let mut from = 0;
        loop {
            let Some(quote) = memchr(b'"', inner.get(from..).unwrap_or_default()).map(|at| at + from) else {
                self.at = self.body.len();
                return (Cell { bytes: inner, quoting }, Stop::OpenQuote);
            };
            let after = inner.get(quote + 1).copied();
            if after == Some(b'"') {
                quoting = Quoting::Doubled;
                from = quote + 2;
                continue;
            }
            if after.is_none_or(|byte| byte == self.delimiter || byte == b'\n' || byte == b'\r') {
                self.at += quote + 2;
                return (Cell { bytes: inner.get(..quote).unwrap_or_default(), quoting }, self.stop());
            }
            let length = quote + 1 + self.plain_length(inner.get(quote + 1..).unwrap_or_default());
            self.at += 1 + length;
            let bytes = inner.get(..length).unwrap_or_default();
            return (Cell { bytes, quoting: Quoting::Stray }, self.stop());
        }
    }

    fn plain_length(&self, rest: &[u8]) -> usize {
        memchr3(self.delimiter, b'\n', b'\r', rest).unwrap_or(rest.len())
    }

    /// Steps over what ended the cell.
    fn stop(&mut self) -> Stop {
        match self.body.get(self.at) {
            Some(byte) if *byte == self.delimiter => {
                self.at += 1;
                // A delimiter at the very end opens one more, empty cell; the walk must not stop before it.
                if self.at == self.body.len() { Stop::Row } else { Stop::Delimiter }
            }
            Some(b'\r') => {
                self.at += if self.body.get(self.at + 1) == Some(&b'\n') { 2 } else { 1 };
                Stop::Row
            }
            Some(_) => {
                self.at += 1;
                Stop::Row
            }
            None => Stop::Row,
        }
    }
}

enum Stop {
    Delimiter,
    Row,
    OpenQuote,
}
