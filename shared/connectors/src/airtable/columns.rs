//! The office's columns, with the names people migrating already have (airtable.md section 8), and `Version`.

use crate::roles::{HistoryRow, PeopleCell};
use lintel_domain::{
    job::ScheduleState,
    stay::{ServiceType, VersionStatus},
};
use serde_json::{Map, Value, json};

/// A row is the same row when both agree.
pub(super) const MERGE_ON: [&str; 2] = ["Reservation UID", "Version"];

/// Every column that is written.
pub(super) const COLUMNS: [&str; 33] = [
    "Reservation UID",
    "Version",
    "ICS URL",
    "Property Name",
    "Check-in Date",
    "Check-out Date",
    "Status",
    "Entry Type",
    "Service Type",
    "Overlapping Dates",
    "Same-day Turnover",
    "Owner Arriving",
    "Long Term Guest",
    "Next Guest Date",
    "iTrip Next Guest Date",
    "Service Time",
    "Service Line Description",
    "HCP Service Line Description",
    "Service Job ID",
    "Service Appointment ID",
    "Job Creation Time",
    "Job Status",
    "Assignee",
    "On My Way Time",
    "Job Started Time",
    "Job Completed Time",
    "Scheduled Service Time",
    "Sync Status",
    "Schedule Sync Details",
    "Service Sync Details",
    "Missing Count",
    "Missing Since",
    "Last Updated",
];

/// The cells people write: instructions, time and type of the service. Lintel carries them on to a new
/// version's row.
pub(super) const PEOPLE: [&str; 3] = ["Custom Service Line Instructions", "Custom Service Time", "Custom Service Type"];

/// Every column the table has to have.
pub(super) fn needed() -> impl Iterator<Item = &'static str> {
    COLUMNS.into_iter().chain(PEOPLE)
}

/// A row's cells. Empty values are sent as null, which empties a cell; false is sent as false, which Airtable stores
/// as an absent key. Date-times are UTC.
pub(super) fn fields(row: &HistoryRow) -> Map<String, Value> {
    let values: [Value; 33] = [
        json!(row.stay),
        json!(row.version),
        json!(row.source),
        json!(row.property),
        json!(row.check_in),
        json!(row.check_out),
        json!(status(row.status)),
        json!(row.entry_type),
        json!(row.service_type.as_str()),
        json!(row.overlapping),
        json!(row.same_day),
        json!(row.owner_arriving),
        json!(row.long_term),
        json!(row.next_guest),
        json!(row.supplier_next_guest),
        json!(row.service_time),
        json!(row.line),
        json!(row.vendor_line),
        json!(row.job),
        json!(row.appointment),
        json!(row.job_created),
        json!(row.job_status),
        json!(row.assignee.as_deref().filter(|text| !text.is_empty())),
        json!(row.on_my_way),
        json!(row.started),
        json!(row.completed),
        json!(row.scheduled),
        json!(row.schedule_state.map(schedule)),
        json!(row.schedule_details),
        json!(row.service_details),
        json!((row.missing_count > 0).then_some(row.missing_count)),
        json!(row.missing_since),
        json!(row.last_updated),
    ];
    COLUMNS
        .into_iter()
        .zip(values)
        .chain(row.people.iter().map(people))
        .map(|(column, value)| (column.to_owned(), value))
        .collect()
}

fn people(cell: &PeopleCell) -> (&'static str, Value) {
    let [instructions, time, kind] = PEOPLE;
    match cell {
        PeopleCell::Instructions(text) => (instructions, json!(text)),
        PeopleCell::ServiceTime(at) => (time, json!(at)),
        PeopleCell::ServiceType(service) => (kind, json!(service.as_ref().map(ServiceType::as_str))),
    }
}

fn status(status: VersionStatus) -> &'static str {
    match status {
        VersionStatus::New => "New",
        VersionStatus::Modified => "Modified",
        VersionStatus::Old => "Old",
        VersionStatus::Removed => "Removed",
    }
}

fn schedule(state: ScheduleState) -> &'static str {
    match state {
        ScheduleState::Synced => "Synced",
        ScheduleState::WrongDate => "Wrong Date",
        ScheduleState::WrongTime => "Wrong Time",
        ScheduleState::NotCreated => "Not Created",
    }
}
