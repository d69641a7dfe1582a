//! What people write in the office's table, on its way to the planner.
//!
//! Each cell that is a person's is compared with what it held when it was last read or written. What differs is the
//! person's word and becomes an input of the stay's property; the planner works out what follows.

use crate::{
    batch::RecordError,
    inputs::{InputError, Inputs, NewInput},
    store::{OrgTable, StoreError, Table, WatchRow},
};
use jiff::{Timestamp, tz::TimeZone};
use lintel_connectors::{
    Retry,
    roles::{HistoryTable, PeopleCells, PeopleRow, Rest},
    surroundings::Clock,
    transport::Deadline,
};
use lintel_domain::{
    ids::{ConnectionId, InputId, PropertyId, StayKey},
    planner::Input,
    settings::{Organization, Property},
    stay::OfficeEdits,
};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Vendor(#[from] lintel_connectors::Error),
}

impl From<OfficeError> for RecordError {
    fn from(error: OfficeError) -> Self {
        match &error {
            OfficeError::Store(store) if store.is_permanent() => Self::Discard(error.to_string()),
            OfficeError::Vendor(vendor) if matches!(vendor.retry(), Retry::Never | Retry::NeedsPerson) => {
                Self::Discard(error.to_string())
            }
            _ => Self::Retry(error.to_string()),
        }
    }
}

/// What following came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// So many stays were edited.
    Edits(usize),
    /// Nobody watches this connection, or the vendor forgot that somebody does.
    NoWatch,
}

#[derive(Clone, Debug)]
pub struct Office {
    table: Table,
    inputs: Inputs,
    clock: Arc<dyn Clock>,
}

/// What people wrote about one stay.
struct Edit {
    property: PropertyId,
    stay: StayKey,
    /// The cells that changed, by version.
    cells: BTreeMap<u32, OfficeEdits>,
    /// `None` when the stay has it all already.
    input: Option<NewInput>,
}

impl Office {
    pub fn new(table: Table, inputs: Inputs, clock: Arc<dyn Clock>) -> Self {
        Self { table, inputs, clock }
    }

    /// Follows what the vendor has to tell since last time. The cursor moves when all of a page is handed over; two that
    /// follow at once hand the same over twice, which changes nothing.
    pub async fn follow(
        &self,
        settings: &Organization,
        connection: &ConnectionId,
        history: &dyn HistoryTable,
        deadline: Deadline,
    ) -> Result<Followed, OfficeError> {
        let table = self.table.org(&settings.id);
        let Some(mut row) = table.watch(connection).await? else { return Ok(Followed::NoWatch) };
        let mut edits = 0;
        loop {
            let Some(changes) = history.changes(&row.watch, row.cursor, deadline).await? else {
                return Ok(Followed::NoWatch);
            };
            let as_of = self.clock.now();
            let mut rows = Vec::new();
            for record in &changes.records {
                rows.extend(history.people_in(record, deadline).await?);
            }
            edits += self.take(&table, settings, &rows, as_of).await?;
            if changes.cursor != row.cursor {
                row = WatchRow { cursor: changes.cursor, ..row };
                table.save_watch(connection, &row).await?;
            }
            if changes.rest == Rest::Nothing {
                return Ok(Followed::Edits(edits));
            }
        }
    }

    /// Reads the whole table, for what nobody was told of; answers how many stays were edited.
    pub async fn read_whole(
        &self,
        settings: &Organization,
        history: &dyn HistoryTable,
        deadline: Deadline,
    ) -> Result<usize, OfficeError> {
        let table = self.table.org(&settings.id);
        let (mut after, mut edits) = (None::<String>, 0);
        loop {
            let as_of = self.clock.now();
            let page = history.people(after.as_deref(), deadline).await?;
            edits += self.take(&table, settings, &page.rows, as_of).await?;
            after = page.after;
            if after.is_none() {
                return Ok(edits);
            }
        }
    }

    async fn take(
        &self,
        table: &OrgTable,
        settings: &Organization,
        rows: &[PeopleRow],
        as_of: Timestamp,
    ) -> Result<usize, OfficeError> {
        let mut by_stay: BTreeMap<&StayKey, Vec<&PeopleRow>> = BTreeMap::new();
        for row in rows {
            by_stay.entry(&row.stay).or_default().push(row);
        }
        let mut edits = Vec::new();
        for (stay, rows) in by_stay {
            edits.extend(edit(table, settings, stay, rows, as_of).await?);
        }
        let inputs: Vec<NewInput> = edits.iter_mut().filter_map(|edit| edit.input.take()).collect();
        let count = inputs.len();
        for edit in &edits {
            for (version, cells) in &edit.cells {
                table.take_cells(&edit.property, &edit.stay, *version, cells).await?;
            }
        }
        self.inputs.hand_over(table.id(), inputs, as_of).await?;
        for edit in edits {
            for (version, cells) in &edit.cells {
                table.note_cells(&edit.property, &edit.stay, *version, cells).await?;
            }
        }
        Ok(count)
    }
}

/// Whichever version's row people write in, it is about the stay; of several the newest version has the last word.
async fn edit(
    table: &OrgTable,
    settings: &Organization,
    stay: &StayKey,
    mut rows: Vec<&PeopleRow>,
    as_of: Timestamp,
) -> Result<Option<Edit>, OfficeError> {
    let Some(property) = table.property_of(stay).await? else { return Ok(None) };
    let Some(configured) = settings.properties.get(&property) else { return Ok(None) };
    let Some(mirror) = table.mirror(&property, stay).await? else { return Ok(None) };
    rows.sort_by_key(|row| row.version);
    let read = rows.into_iter().map(|row| (row.version, edits(&row.cells, configured)));
    let changed =
        |(version, theirs): &(u32, OfficeEdits)| *theirs != mirror.base(*version) || *theirs != mirror.seen(*version);
    let cells: BTreeMap<u32, OfficeEdits> = read.filter(changed).collect();
    if cells.is_empty() {
        return Ok(None);
    }
    let Some(record) = table.stay_at(&property, stay).await? else { return Ok(None) };
    let ours = record.stay.office;
    // An edit that was in hand may have reached the stay or not: what differs from either is the person's.
    let merged = cells.iter().fold(ours.clone(), |ours, (version, theirs)| {
        let ours = OfficeEdits::merge(&mirror.base(*version), theirs, &ours);
        OfficeEdits::merge(&mirror.seen(*version), theirs, &ours)
    });
    let input = (merged != ours).then(|| NewInput {
        // The moment is part of the id: the same words may be written, taken back and written again.
        id: InputId::new(format!("office-{stay}-{}", as_of.as_millisecond())),
        property: property.clone(),
        input: Input::Edit { stay: stay.clone(), edits: merged, as_of },
    });
    Ok(Some(Edit { property, stay: stay.clone(), cells, input }))
}

/// Cells as the stay keeps them: a service time is wall-clock time at the property.
fn edits(cells: &PeopleCells, property: &Property) -> OfficeEdits {
    let zone = TimeZone::get(&property.zone).unwrap_or(TimeZone::UTC);
    OfficeEdits {
        instructions: cells.instructions.clone(),
        service_time: cells.service_time.map(|at| at.to_zoned(zone).datetime()),
        service_type: cells.service_type.clone(),
    }
}
