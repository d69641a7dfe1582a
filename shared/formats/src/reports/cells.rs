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

    /// The cell as it stands, where nothing has to be undone to read it.
    pub(crate) fn plain_text(self) -> Option<&'a str> {
        if self.quoting == Quoting::Plain { std::str::from_utf8(self.bytes).ok() } else { None }
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

/// The place of the first quote. Most cells are too short to be worth a call of `memchr`, so the first words are looked at
/// here.
fn quote_in(text: &[u8]) -> Option<usize> {
    const NEAR: usize = 4;
    let (words, _) = text.as_chunks();
    for (at, word) in words.iter().take(NEAR).enumerate() {
        if let Some(quote) = quote_in_word(*word) {
            return Some(8 * at + quote);
        }
    }
    let from = 8 * words.len().min(NEAR);
    Some(from + memchr(b'"', text.get(from..)?)?)
}

/// The place of the first quote among eight bytes, which are looked at as one number.
fn quote_in_word(word: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = ONES << 7;
    let others = u64::from_le_bytes(word) ^ u64::from_le_bytes([b'"'; 8]);
    // Taking one from a zero byte borrows into its highest bit. What lies above the first may be a borrow's work.
    let quotes = others.wrapping_sub(ONES) & !others & HIGHEST;
    (quotes != 0).then(|| quotes.trailing_zeros() as usize / 8)
}

/// Walks a body row by row.
pub(crate) struct Rows<'a> {
    rest: &'a [u8],
    delimiter: u8,
    row: u64,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(body: &'a [u8], delimiter: u8) -> Self {
        Self { rest: body, delimiter, row: 0 }
    }

    /// Number of the row last read, from 1, as a spreadsheet counts: a cell of many lines is still one row.
    pub(crate) fn row(&self) -> u64 {
        self.row
    }

    /// Fills `cells` with the next row; `None` at the end of the body. A blank line is a row of one empty cell.
    pub(crate) fn next(&mut self, cells: &mut Vec<Cell<'a>>) -> Option<RowEnd> {
        cells.clear();
        if self.rest.is_empty() {
            return None;
        }
        self.row += 1;
        let mut rest = self.rest;
        loop {
            let (cell, after) = match rest {
                [b'"', inner @ ..] => self.quoted(inner),
                plain => self.plain(plain),
            };
            cells.push(cell);
            let (next, end) = match after {
                // A delimiter at the very end of the body opens no further cell.
                Some([byte, next @ ..]) if *byte == self.delimiter && !next.is_empty() => {
                    rest = next;
                    continue;
                }
                Some([b'\r', b'\n', next @ ..] | [_, next @ ..] | next) => (next, RowEnd::Whole),
                None => (Default::default(), RowEnd::Unterminated),
            };
            self.rest = next;
            return Some(end);
        }
    }

    /// The cell whose opening quote has been read, and what follows it: `None` where the body ends within the cell.
    fn quoted(&self, inner: &'a [u8]) -> (Cell<'a>, Option<&'a [u8]>) {
        let mut quoting = Quoting::Plain;
        let mut from = 0;
        loop {
            let quote = inner.get(from..).and_then(quote_in).map(|at| from + at);
            let Some((bytes, [_, after @ ..])) = quote.and_then(|quote| inner.split_at_checked(quote)) else {
                return (Cell { bytes: inner, quoting }, None);
            };
            match after {
                [b'"', ..] => {
                    quoting = Quoting::Doubled;
                    from = bytes.len() + 2;
                }
                [byte, ..] if !self.ends(*byte) => {
                    let length = inner.len() - after.len() + self.plain_length(after);
                    let (bytes, after) = inner.split_at_checked(length).unwrap_or((inner, &[]));
                    return (Cell { bytes, quoting: Quoting::Stray }, Some(after));
                }
                _ => return (Cell { bytes, quoting }, Some(after)),
            }
        }
    }

    fn plain(&self, rest: &'a [u8]) -> (Cell<'a>, Option<&'a [u8]>) {
        let (cell, after) = rest.split_at_checked(self.plain_length(rest)).unwrap_or((rest, &[]));
        (Cell::plain(cell), Some(after))
    }

    fn plain_length(&self, rest: &[u8]) -> usize {
        memchr3(self.delimiter, b'\n', b'\r', rest).unwrap_or(rest.len())
    }

    fn ends(&self, byte: u8) -> bool {
        byte == self.delimiter || byte == b'\n' || byte == b'\r'
    }
}

#[cfg(test)]
mod tests {
    use super::{RowEnd, Rows};
    use proptest::{collection::vec, prelude::*};

    fn read(body: &str, delimiter: u8) -> Vec<Vec<String>> {
        let (mut rows, mut cells, mut all) = (Rows::new(body.as_bytes(), delimiter), Vec::new(), Vec::new());
        while let Some(end) = rows.next(&mut cells) {
            assert_eq!(end, RowEnd::Whole);
            all.push(cells.iter().map(|cell| String::from_utf8(cell.bytes().into_owned()).unwrap()).collect());
        }
        all
    }

    fn written(cell: &str, delimiter: char) -> String {
        let plain = !cell.contains(['"', '\r', '\n', delimiter]);
        // Some of what could stand bare is quoted, too.
        if plain && cell.len().is_multiple_of(2) {
            cell.to_owned()
        } else {
            format!("\"{}\"", cell.replace('"', "\"\""))
        }
    }

    proptest! {
        /// Of the letters, some differ from a quote by little, and the cells are shorter and longer than what is looked at
        /// word by word.
        #[test]
        fn what_was_written_is_read(
            table in vec(vec("(x[a!#\u{a2}\",;\r\n]{0,90}x)?", 2..6), 1..6),
            delimiter in prop::sample::select(vec![',', '\t', ';']),
            end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        ) {
            let row = |cells: &Vec<String>| {
                let cells: Vec<String> = cells.iter().map(|cell| written(cell, delimiter)).collect();
                cells.join(&delimiter.to_string())
            };
            let body: Vec<String> = table.iter().map(row).collect();
            // Without an empty cell at its very end, where a line end has to tell it from none.
            prop_assert_eq!(read(&(body.join(end) + end), u8::try_from(delimiter).unwrap()), table);
        }
    }
}
