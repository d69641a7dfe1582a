//! The header row: which kind of report it announces, and where each column stands.

use super::{
    Format, KINDS, ReportError,
    cells::{Cell, RowEnd, Rows},
};

const DELIMITERS: [u8; 3] = [b',', b'\t', b';'];
const MAX_COLUMNS: usize = 64;

/// Folded column names in their order.
pub(crate) struct Columns(Vec<String>);

impl Columns {
    /// Place of the first column that has one of these names.
    pub(crate) fn find(&self, names: &[&str]) -> Option<usize> {
        self.0.iter().position(|column| names.contains(&column.as_str()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The kind, the delimiter and the columns of a body.
pub(crate) fn read(body: &[u8]) -> Result<(&'static Format, u8, Columns), ReportError> {
    let mut best: Option<Vec<String>> = None;
    for delimiter in DELIMITERS {
        let mut cells = Vec::new();
        if Rows::new(body, delimiter).next(&mut cells) != Some(RowEnd::Whole) || cells.len() > MAX_COLUMNS {
            continue;
        }
        let columns = Columns(cells.iter().map(|cell| fold_column(*cell)).collect());
        let known = KINDS.into_iter().find(|kind| kind.required.iter().all(|name| columns.find(&[name]).is_some()));
        if let Some(kind) = known {
            return Ok((kind, delimiter, columns));
        }
        if best.as_ref().is_none_or(|best| best.len() < cells.len()) {
            best = Some(cells.iter().map(|cell| shown(*cell)).collect());
        }
    }
    let columns = best.unwrap_or_default();
    // A file without a header would put a guest's data into the error.
    if columns.iter().any(|column| column.contains('@') || column.bytes().filter(u8::is_ascii_digit).count() > 3) {
        return Err(ReportError::NoHeader);
    }
    Err(ReportError::UnknownHeader { columns })
}

/// `Check-In ` and `checkin` are the same column, `Booking #` and `Booking` are not.
fn fold_column(cell: Cell<'_>) -> String {
    String::from_utf8_lossy(&cell.bytes())
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '_' | '\u{feff}'))
        .flat_map(char::to_lowercase)
        .collect()
}

fn shown(cell: Cell<'_>) -> String {
    String::from_utf8_lossy(&cell.bytes()).chars().filter(|letter| !letter.is_control()).take(40).collect()
}
