//! The day plan: every turnover of the coming days as a person reads it.

use crate::counted::counted;
use comfy_table::{ContentArrangement, Table, presets};
use jiff::civil::Date;
use lintel_cloud::store::{JobRow, PropertyRows};
use lintel_domain::{
    job::ScheduleState,
    settings::Organization,
    snapshot::EntryKind,
    stay::{JobWish, NoJob, Stay, VersionStatus},
};
use std::{collections::BTreeMap, fmt::Write as _};

/// One line of the plan.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Turnover {
    pub date: Date,
    pub time: String,
    pub property: String,
    pub stay: String,
    pub nights: String,
    pub flags: Vec<&'static str>,
    pub line: String,
    pub job: Option<String>,
    pub schedule: ScheduleState,
    /// Why there is no job, or what keeps job and plan apart.
    pub reason: Option<String>,
}

/// What the plan adds up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Totals {
    pub turnovers: usize,
    pub with_job: usize,
    pub synced: usize,
    pub same_day: usize,
    pub owner_arriving: usize,
    pub without_job: usize,
    pub blocks: usize,
    pub removed: usize,
}

/// Every departure from `from` to `until`, both included, by date, time and property.
pub fn turnovers(settings: &Organization, properties: &[PropertyRows], from: Date, until: Date) -> Vec<Turnover> {
    let mut lines: Vec<Turnover> = properties
        .iter()
        .flat_map(|rows| rows.state.stays.values().map(move |stay| (rows, stay)))
        .filter(|(_, stay)| stay.status.is_active() && departs(stay))
        .filter(|(_, stay)| (from..=until).contains(&stay.findings.service_at.date()))
        .map(|(rows, stay)| turnover(settings, stay, rows.jobs.get(&stay.key)))
        .collect();
    lines.sort_by(|a, b| (a.date, &a.time, &a.property).cmp(&(b.date, &b.time, &b.property)));
    lines
}

/// Adds up everything, whatever its date.
pub fn totals(properties: &[PropertyRows]) -> Totals {
    let mut totals = Totals::default();
    for (stay, job) in properties.iter().flat_map(|rows| rows.state.stays.values().map(|s| (s, rows.jobs.get(&s.key))))
    {
        if stay.status == VersionStatus::Removed {
            totals.removed += 1;
        } else if !departs(stay) {
            totals.blocks += 1;
        } else {
            let has_job = job.is_some_and(|job| job.file.seen.is_some());
            totals.turnovers += 1;
            totals.with_job += usize::from(has_job);
            totals.without_job += usize::from(!has_job);
            totals.synced += usize::from(schedule(job) == ScheduleState::Synced);
            totals.same_day += usize::from(stay.findings.same_day);
            totals.owner_arriving += usize::from(stay.findings.owner_arriving);
        }
    }
    totals
}

/// The plan as text, a table a day.
pub fn render(lines: &[Turnover]) -> String {
    let mut days: BTreeMap<Date, Vec<&Turnover>> = BTreeMap::new();
    for line in lines {
        days.entry(line.date).or_default().push(line);
    }
    let mut text = String::new();
    for (date, lines) in days {
        // Writing to a String cannot fail.
        let _ =
            writeln!(text, "\n{} · {}", date.strftime("%A %-d %B %Y"), counted(lines.len(), "turnover", "turnovers"));
        let _ = writeln!(text, "{}", table(&lines));
    }
    text
}

/// The totals as text.
pub fn render_totals(totals: &Totals) -> String {
    let Totals { turnovers, with_job, synced, same_day, owner_arriving, without_job, blocks, removed } = totals;
    format!(
        "in all: {} known, {same_day} same-day, {owner_arriving} with the owner arriving, {}, {removed} removed\n\
         jobs: {with_job} made, {synced} synced, {} without one, each with its reason above or in `lintel why`",
        counted(*turnovers, "turnover", "turnovers"),
        counted(*blocks, "block", "blocks"),
        counted(*without_job, "turnover", "turnovers")
    )
}

fn table(lines: &[&Turnover]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    if table.width().is_none() {
        table.set_width(180);
    }
    let header = ["time", "property", "departing stay", "flags", "service line", "job", "schedule", "reason"];
    table.set_header(header);
    for line in lines {
        table.add_row([
            line.time.clone(),
            line.property.clone(),
            format!("{} ({})", line.stay, line.nights),
            line.flags.join(", "),
            line.line.clone(),
            line.job.as_deref().map_or_else(|| "-".to_owned(), short),
            schedule_name(line.schedule).to_owned(),
            line.reason.clone().unwrap_or_default(),
        ]);
    }
    table
}

fn turnover(settings: &Organization, stay: &Stay, job: Option<&JobRow>) -> Turnover {
    let findings = &stay.findings;
    let property = settings.properties.get(&stay.property).map_or(stay.property.as_str(), |known| known.name.as_str());
    let flags = [
        (findings.same_day, "SAME DAY"),
        (findings.owner_arriving, "OWNER ARRIVING"),
        (findings.long_term, "long-term"),
        (findings.overlapping, "overlap"),
        (stay.misses.is_some(), "missing"),
    ];
    Turnover {
        date: findings.service_at.date(),
        time: findings.service_at.strftime("%H:%M").to_string(),
        property: property.to_owned(),
        stay: stay.key.to_string(),
        nights: format!("{}, {}", counted(stay.span.nights(), "night", "nights"), stay.source),
        flags: flags.into_iter().filter_map(|(set, name)| set.then_some(name)).collect(),
        line: findings.line.clone(),
        job: job.and_then(|job| job.file.seen.as_ref()).map(|seen| seen.job.to_string()),
        schedule: schedule(job),
        reason: reason(stay, job),
    }
}

fn reason(stay: &Stay, job: Option<&JobRow>) -> Option<String> {
    let file = job.map(|job| &job.file);
    if let Some(trouble) = file.and_then(|file| file.trouble.as_ref()) {
        return Some(trouble.text.clone());
    }
    if let JobWish::NotWanted { reason } = &stay.findings.job {
        return Some(no_job(reason));
    }
    match file {
        None => Some("not ordered yet".to_owned()),
        Some(file) => file.details.clone(),
    }
}

fn no_job(reason: &NoJob) -> String {
    match reason {
        NoJob::Block => "a block, nobody departs".to_owned(),
        NoJob::NeedsReview => "needs review".to_owned(),
        NoJob::Hold => "the supplier's text says not to clean: needs review".to_owned(),
        NoJob::DuplicateOf { stay } => format!("also listed as {stay}, whose job serves both"),
        NoJob::Past => "its time had passed when it was first seen".to_owned(),
        NoJob::Removed => "the stay is gone".to_owned(),
        NoJob::NoService => "no service by the office's choice".to_owned(),
    }
}

fn departs(stay: &Stay) -> bool {
    matches!(stay.kind, EntryKind::Reservation | EntryKind::UnknownBusy)
}

fn schedule(job: Option<&JobRow>) -> ScheduleState {
    job.and_then(|job| job.file.schedule).unwrap_or(ScheduleState::NotCreated)
}

fn schedule_name(state: ScheduleState) -> &'static str {
    match state {
        ScheduleState::Synced => "Synced",
        ScheduleState::WrongDate => "Wrong Date",
        ScheduleState::WrongTime => "Wrong Time",
        ScheduleState::NotCreated => "Not Created",
    }
}

/// Vendor ids are long; their beginning tells them apart for a reader.
fn short(id: &str) -> String {
    if id.chars().count() <= 14 { id.to_owned() } else { format!("{}…", id.chars().take(13).collect::<String>()) }
}
