//! The little of `filterByFormula` that a hub needs: equality with the record's id or with a column (section 3).

use super::{
    columns::{Cells, Columns},
    refusals,
};
use crate::answer::Answer;
use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Formula {
    RecordId(String),
    Cell { column: &'static str, text: String },
}

impl Formula {
    /// Anything else than the two known forms is refused, as the vendor refuses what it cannot read.
    pub(super) fn parse(text: &str, columns: &Columns) -> Result<Self, Answer> {
        let refused = || {
            let message =
                "The formula for filtering records is invalid: only RECORD_ID()='..' and {Column}='..' are read";
            refusals::error(422, "INVALID_FILTER_BY_FORMULA", message)
        };
        // A column's name may hold an equals sign; what stands before the brace's end is never an operator.
        let operator = match text.find('}') {
            Some(brace) => text.get(brace..).and_then(|rest| rest.find('=')).map(|at| brace + at),
            None => text.find('='),
        };
        let (left, right) = operator.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))).ok_or_else(refused)?;
        let text = literal(right.trim()).ok_or_else(refused)?;
        let left = left.trim();
        if left == "RECORD_ID()" {
            return Ok(Self::RecordId(text));
        }
        let name = left.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(left);
        let column = columns.name_of(name).map_err(|_unknown| refused())?;
        Ok(Self::Cell { column, text })
    }

    pub(super) fn holds(&self, id: &str, cells: &Cells) -> bool {
        match self {
            Self::RecordId(wanted) => wanted == id,
            Self::Cell { column, text } => match cells.get(*column) {
                None => text.is_empty(),
                Some(Value::String(held)) => held == text,
                Some(Value::Number(held)) => text.parse().ok() == held.as_f64(),
                Some(_) => false,
            },
        }
    }
}

/// Text in single or double quotes with backslash escapes, or a bare number.
fn literal(text: &str) -> Option<String> {
    let Some(quote @ ('\'' | '"')) = text.chars().next() else {
        return text.parse::<f64>().ok().map(|_| text.to_owned());
    };
    let mut read = String::new();
    let mut rest = text.chars().skip(1);
    loop {
        match rest.next()? {
            '\\' => read.push(rest.next()?),
            end if end == quote => break,
            other => read.push(other),
        }
    }
    rest.next().is_none().then_some(read)
}
