//! The office's people, who work in the same table with a mouse.

use super::{
    OfficeTable,
    changes::{Change, Source},
    columns::{Cells, Typecast},
};
use serde_json::{Map, Value};

/// Why a person's edit did not take.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EditError {
    #[error("there is no record {0}")]
    NoRecord(String),
    #[error("the table refused the cells: {0}")]
    Refused(String),
}

impl OfficeTable {
    /// Somebody types into a cell; `null` empties it.
    pub fn person_edits(&self, record: &str, column: &str, value: Value) -> Result<(), EditError> {
        let now = self.clock.now();
        let mut state = self.lock();
        if !state.records.contains_key(record) {
            return Err(EditError::NoRecord(record.to_owned()));
        }
        let cells = Cells::from_iter([(column.to_owned(), value)]);
        let cells = state.columns.stored(&cells, Typecast::On).map_err(|answer| refused(&answer.body))?;
        let change = state.write(record, cells, now);
        state.tell(&[change], Source::Client, now);
        Ok(())
    }

    /// Somebody adds a row; answers with its id.
    pub fn person_creates(&self, cells: &Map<String, Value>) -> Result<String, EditError> {
        let now = self.clock.now();
        let mut state = self.lock();
        let cells = state.columns.stored(cells, Typecast::On).map_err(|answer| refused(&answer.body))?;
        let id = state.new_id("rec");
        let change = state.write(&id, cells, now);
        state.tell(&[change], Source::Client, now);
        Ok(id)
    }

    /// Somebody deletes a row.
    pub fn person_deletes(&self, record: &str) -> Result<(), EditError> {
        let now = self.clock.now();
        let mut state = self.lock();
        state.records.remove(record).ok_or_else(|| EditError::NoRecord(record.to_owned()))?;
        state.tell(&[Change::Destroyed { id: record.to_owned() }], Source::Client, now);
        Ok(())
    }
}

fn refused(body: &[u8]) -> EditError {
    EditError::Refused(String::from_utf8_lossy(body).into_owned())
}
