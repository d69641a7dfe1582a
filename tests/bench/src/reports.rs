//! Reports: 100,000 checkout rows read, divided among 300 properties and flagged, beside a bare `csv` read, in one
//! process on one core. `bench-reports-memory` counts what reading takes, since counting makes every allocation slower.
//!
//! `cargo run --release -p lintel-bench --bin bench-reports`

use jiff::{Timestamp, tz::TimeZone};
use lintel_bench::booking_report::{PROPERTIES, ROWS, body, intake, organization, received};
use lintel_domain::{
    decision::Decisions,
    flags::{self, Place},
    ids::StayKey,
    settings::Organization,
    snapshot::Snapshot,
    stay::{Findings, JobWish, OfficeEdits, ServiceType, Stay, VersionStatus},
};
use mimalloc::MiMalloc;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// As in the functions that do this work.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const ROUNDS: usize = 15;
const BAR: Duration = Duration::from_millis(60);

fn main() -> anyhow::Result<()> {
    let settings = organization()?;
    let body = body();
    let snapshots = intake(body.as_bytes(), &settings)?.snapshots;

    let (mut bare, mut ours, mut flagged) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(timed(|| parse_bare(black_box(body.as_bytes())))?);
        ours.push(timed(|| intake(black_box(body.as_bytes()), &settings))?);
        flagged.push(flag(&snapshots, &settings)?);
    }
    let (bare, ours, flagged) = (median(&mut bare), median(&mut ours), median(&mut flagged));
    println!("reports: {ROWS} rows, {PROPERTIES} properties, {} bytes, median of {ROUNDS} rounds", body.len());
    println!("  bare csv crate, every row  {:8.2} ms", millis(bare));
    let whole = ours + flagged;
    println!("  read and divided           {:8.2} ms", millis(ours));
    println!("  flagged, line and reasons  {:8.2} ms", millis(flagged));
    println!(
        "  read, divided and flagged  {:8.2} ms, bar {} ms: {}",
        millis(whole),
        BAR.as_millis(),
        met(whole <= BAR)
    );
    anyhow::ensure!(whole <= BAR, "the bar is missed");
    Ok(())
}

/// What a caller without rules does: every row as byte cells, nothing read in them.
fn parse_bare(body: &[u8]) -> anyhow::Result<usize> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body);
    let mut row = csv::ByteRecord::new();
    let mut cells = 0;
    while reader.read_byte_record(&mut row)? {
        cells += row.len();
    }
    Ok(cells)
}

/// What the flags of all houses take. As in the planner, the stays of a house are made just before.
fn flag(snapshots: &[Snapshot], settings: &Organization) -> anyhow::Result<Duration> {
    let (zone, seen) = (TimeZone::get("America/Phoenix")?, received()?);
    let mut took = Duration::ZERO;
    for (snapshot, property) in snapshots.iter().zip(settings.properties.values()) {
        let place = Place { settings, property, zone: &zone };
        let stays = stays(snapshot, seen);
        let stays: Vec<&Stay> = stays.iter().collect();
        took += timed(|| Ok(flags::findings(place, black_box(&stays))?))?;
    }
    Ok(took)
}

fn stays(snapshot: &Snapshot, seen: Timestamp) -> Vec<Stay> {
    let stay = |(number, entry): (usize, &lintel_domain::snapshot::Observation)| Stay {
        key: StayKey::new(format!("{}-{number}", snapshot.property)),
        property: snapshot.property.clone(),
        version: 1,
        status: VersionStatus::New,
        source: snapshot.source.clone(),
        uid: entry.uid.clone(),
        confirmation: None,
        label: entry.label,
        span: entry.span,
        check_out_time: entry.check_out_time,
        kind: entry.kind,
        kind_rule: entry.kind_rule.clone(),
        signals: entry.signals.clone(),
        office: OfficeEdits::default(),
        office_as_of: None,
        findings: Findings {
            overlapping: false,
            same_day: false,
            owner_arriving: false,
            long_term: false,
            next_guest: None,
            service: ServiceType::Turnover,
            service_at: entry.span.check_out().at(10, 0, 0, 0),
            line: String::new(),
            job: JobWish::Wanted,
            decisions: Decisions::default(),
        },
        recognised: Vec::new(),
        misses: None,
        first_seen: seen,
        changed_at: seen,
    };
    snapshot.entries.iter().enumerate().map(stay).collect()
}

fn timed<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let made = black_box(work()?);
    let took = start.elapsed();
    drop(made);
    Ok(took)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn met(holds: bool) -> &'static str {
    if holds { "met" } else { "MISSED" }
}
