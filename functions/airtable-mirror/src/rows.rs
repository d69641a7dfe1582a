//! A stay's versions as rows of the history table.

use lintel_cloud::store::{JobRow, StayRecord};
use lintel_connectors::roles::{HistoryRow, PeopleCell};
use lintel_domain::{
    job::{JobProgress, ScheduleState},
    schedule,
    settings::Property,
    snapshot::EntryKind,
    stay::{OfficeEdits, Stay, VersionStatus},
};
use sha2::{Digest, Sha256};

/// Every version, oldest first, the current one last.
pub(crate) fn rows(record: &StayRecord, property: &Property) -> Vec<HistoryRow> {
    let mut rows: Vec<HistoryRow> =
        record.history.iter().map(|stay| row(stay, record.job.as_ref(), property)).collect();
    rows.push(row(&record.stay, record.job.as_ref(), property));
    rows
}

/// People's cells that hold something else than the stay has it.
pub(crate) fn people(base: &OfficeEdits, edits: &OfficeEdits, property: &Property) -> Vec<PeopleCell> {
    let mut cells = Vec::new();
    if base.instructions != edits.instructions {
        cells.push(PeopleCell::Instructions(edits.instructions.clone()));
    }
    if base.service_time != edits.service_time {
        let at = edits.service_time.and_then(|civil| schedule::instant(civil, &property.zone).ok());
        cells.push(PeopleCell::ServiceTime(at));
    }
    if base.service_type != edits.service_type {
        cells.push(PeopleCell::ServiceType(edits.service_type.clone()));
    }
    cells
}

/// Tells equal rows from different ones without keeping them.
pub(crate) fn fingerprint(row: &HistoryRow) -> String {
    hex::encode(Sha256::digest(format!("{row:?}"))).chars().take(16).collect()
}

fn row(stay: &Stay, job: Option<&JobRow>, property: &Property) -> HistoryRow {
    let file = job.map(|job| &job.file);
    let seen = file.and_then(|file| file.seen.as_ref());
    let old = stay.status == VersionStatus::Old;
    let findings = &stay.findings;
    HistoryRow {
        stay: stay.key.clone(),
        version: stay.version,
        source: stay.source.clone(),
        property: property.name.clone(),
        check_in: stay.span.check_in(),
        check_out: stay.span.check_out(),
        status: stay.status,
        entry_type: if stay.kind == EntryKind::Reservation || stay.kind == EntryKind::UnknownBusy {
            "Reservation".to_owned()
        } else {
            "Block".to_owned()
        },
        service_type: findings.service.clone(),
        overlapping: findings.overlapping,
        same_day: findings.same_day,
        owner_arriving: findings.owner_arriving,
        long_term: findings.long_term,
        next_guest: findings.next_guest,
        supplier_next_guest: stay.signals.next_check_in,
        service_time: schedule::instant(findings.service_at, &property.zone).ok(),
        line: findings.line.clone(),
        vendor_line: seen.and_then(|seen| seen.line.clone()),
        // An old version's job id is written so that a lookup by id finds the active version only.
        job: seen.map(|seen| if old { format!("old_{}", seen.job) } else { seen.job.to_string() }),
        appointment: seen.and_then(|seen| seen.appointment.as_ref()).map(ToString::to_string),
        job_created: file.and_then(|file| file.created_at),
        job_status: seen.map(|seen| progress(&seen.progress)),
        assignee: seen.map(|seen| seen.assignees.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        on_my_way: seen.and_then(|seen| seen.work.on_my_way),
        started: seen.and_then(|seen| seen.work.started),
        completed: seen.and_then(|seen| seen.work.completed),
        scheduled: seen.and_then(|seen| seen.starts),
        schedule_state: (!old).then(|| file.and_then(|file| file.schedule).unwrap_or(ScheduleState::NotCreated)),
        schedule_details: file.and_then(|file| file.details.clone()),
        service_details: file.and_then(|file| file.trouble.as_ref()).map(|trouble| trouble.text.clone()),
        missing_count: u32::try_from(stay.misses.as_ref().map_or(0, |misses| misses.reads.len())).unwrap_or(u32::MAX),
        missing_since: stay.misses.as_ref().map(|misses| misses.first_at),
        last_updated: stay.changed_at,
        people: Vec::new(),
    }
}

fn progress(progress: &JobProgress) -> String {
    match progress {
        JobProgress::Unscheduled => "Unscheduled".to_owned(),
        JobProgress::Scheduled => "Scheduled".to_owned(),
        JobProgress::InProgress => "In Progress".to_owned(),
        JobProgress::Completed => "Completed".to_owned(),
        JobProgress::Cancelled => "Canceled".to_owned(),
        JobProgress::Unknown(raw) => raw.clone(),
    }
}
