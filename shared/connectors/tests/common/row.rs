//! A row of the office's table.

use jiff::{Timestamp, civil::date};
use lintel_connectors::roles::HistoryRow;
use lintel_domain::{
    ids::StayKey,
    stay::{ServiceType, VersionStatus},
};

pub(crate) fn stay(number: usize) -> StayKey {
    StayKey::new(format!("birch.{number}"))
}

/// The first version of a guest's stay, as it stood at a time.
pub(crate) fn row(number: usize, at: Timestamp) -> HistoryRow {
    HistoryRow {
        stay: stay(number),
        version: 1,
        source: "itrip".into(),
        property: "Birch House".to_owned(),
        check_in: date(2026, 7, 2),
        check_out: date(2026, 7, 5),
        status: VersionStatus::New,
        entry_type: "Reservation".to_owned(),
        service_type: ServiceType::Turnover,
        overlapping: false,
        same_day: false,
        owner_arriving: false,
        long_term: false,
        next_guest: None,
        supplier_next_guest: None,
        service_time: None,
        line: "Turnover".to_owned(),
        vendor_line: None,
        job: None,
        appointment: None,
        job_created: None,
        job_status: None,
        assignee: None,
        on_my_way: None,
        started: None,
        completed: None,
        scheduled: None,
        schedule_state: None,
        schedule_details: None,
        service_details: None,
        missing_count: 0,
        missing_since: None,
        last_updated: at,
        people: Vec::new(),
    }
}
