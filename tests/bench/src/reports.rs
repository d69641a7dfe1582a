//! Reports: 100,000 checkout rows read, divided among 300 properties and flagged, beside a bare `csv` read, in one
//! process on one core.
//!
//! `cargo run --release -p lintel-bench --bin bench-reports`

use anyhow::Context as _;
use jiff::{
    Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};
use lintel_domain::{
    decision::Decisions,
    flags::{self, Place},
    ids::StayKey,
    settings::{Organization, Property},
    snapshot::Snapshot,
    stay::{Findings, JobWish, OfficeEdits, ServiceType, Stay, VersionStatus},
};
use lintel_formats::{
    reports::{self, Assigned, Delivery},
    settings,
};
use peak_alloc::PeakAlloc;
use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const ROWS: usize = 100_000;
const PROPERTIES: usize = 300;
const ROUNDS: usize = 15;
const BAR: Duration = Duration::from_millis(60);
/// Peak memory of reading and dividing, the body itself counted, as a multiple of the body.
const MEMORY_BAR: f64 = 3.0;

fn main() -> anyhow::Result<()> {
    let settings = organization()?;
    let body = body();
    let received: Timestamp = "2030-03-01T15:00:00Z".parse()?;

    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let assigned = intake(body.as_bytes(), &settings, received)?;
    let peak = MEMORY.peak_usage().saturating_sub(before).saturating_add(body.len());
    let entries: usize = assigned.snapshots.iter().map(|snapshot| snapshot.entries.len()).sum();
    anyhow::ensure!(entries == ROWS, "{entries} of {ROWS} generated rows were read");
    anyhow::ensure!(assigned.snapshots.len() == PROPERTIES, "a generated property is missing");
    let houses: Vec<Vec<Stay>> = assigned.snapshots.iter().map(|snapshot| stays(snapshot, received)).collect();
    drop(assigned);

    let (mut bare, mut ours, mut flagged) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(timed(|| parse_bare(black_box(body.as_bytes())))?);
        ours.push(timed(|| intake(black_box(body.as_bytes()), &settings, received))?);
        flagged.push(timed(|| flag(&houses, &settings))?);
    }
    let (bare, ours, flagged) = (median(&mut bare), median(&mut ours), median(&mut flagged));
    let memory = share(peak, body.len());
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
    println!("  peak memory                {memory:8.2} x body, bar {MEMORY_BAR}: {}", met(memory <= MEMORY_BAR));
    anyhow::ensure!(whole <= BAR && memory <= MEMORY_BAR, "a bar is missed");
    Ok(())
}

fn intake(body: &[u8], settings: &Organization, received: Timestamp) -> anyhow::Result<Assigned> {
    let report = reports::read(body).context("reading the generated report")?;
    Ok(reports::assign(report, settings, Delivery { received, dated: None, evidence: "bench" }))
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

fn flag(houses: &[Vec<Stay>], settings: &Organization) -> anyhow::Result<usize> {
    let zone = TimeZone::get("America/Phoenix")?;
    let mut flags = 0;
    for (stays, property) in houses.iter().zip(settings.properties.values()) {
        let place = Place { settings, property, zone: &zone };
        let stays: Vec<&Stay> = stays.iter().collect();
        flags += black_box(flags::findings(place, &stays)?).iter().filter(|found| found.same_day).count();
    }
    Ok(flags)
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

#[expect(clippy::cast_precision_loss, reason = "shown with two places")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn met(holds: bool) -> &'static str {
    if holds { "met" } else { "MISSED" }
}

fn organization() -> anyhow::Result<Organization> {
    let sample = settings::read(settings::SAMPLE).map_err(|faults| anyhow::anyhow!("the sample has {faults:?}"))?;
    let mut organization = sample.organization;
    organization.properties.clear();
    organization.feeds.clear();
    for number in 0..PROPERTIES {
        let property = Property {
            name: format!("Sample House {number}"),
            zone: "America/Phoenix".to_owned(),
            listed_as: [("itrip".to_owned(), vec![listing(number)])].into(),
            owners: Vec::new(),
            address: None,
            customer: None,
            service_address: None,
            templates: std::collections::BTreeMap::new(),
            owner_overrides: Vec::new(),
        };
        organization.properties.insert(format!("house-{number:03}").as_str().into(), property);
    }
    Ok(organization)
}

fn listing(number: usize) -> String {
    format!("Sample House {number} #{}", 10_000_000 + number)
}

/// Stays one after the other at every property, with the supplier's long text cell in each row.
fn body() -> String {
    let mut body = String::from(concat!(
        "Checkin,Checkout,\"Date Booked\",\"Tenant Name\",\"Tenant Phone\",\"Property Name\",\"Property Address\",",
        "\"Property Owner\",BR/BA,Size,\"Next Booking\",\"Next Tenant Name\",\"Next Tenant Phone\",\"Same Day?\",",
        "\"Contractor Info\",\"Reservation ID\"\n"
    ));
    let mut days: Vec<Date> = vec![date(2030, 2, 26); PROPERTIES];
    for row in 0..ROWS {
        let house = row % PROPERTIES;
        let Some(day) = days.get_mut(house) else { continue };
        let plus = |day: Date, count: usize| {
            day.saturating_add(jiff::Span::new().days(i64::try_from(count).unwrap_or_default()))
        };
        let out = plus(*day, 2 + row % 5);
        let next = plus(out, (row / 7) % 3);
        let (same_day, owner) = (if next == out { "Yes" } else { "No" }, row % 8 == 0);
        let (next_guest, marker) =
            if owner { ("Olive Owner", "\nOwner Stay (Next Checkin)") } else { ("Zoe Stranger", "") };
        // Writing to a String does not fail.
        let _ = writeln!(
            body,
            "\"{day} 16:00:00\",\"{out} 10:00:00\",\"2030-01-02 11:22:33\",\"Ann Example\",\"(555) 555-0100\",\"{}\",\
             \"{house} Test St, Sampletown, ZZ 00000\",\"Olive Owner\",\"3/2\",\"1500\",\"{next} 16:00:00\",\
             \"{next_guest}\",\"(555) 555-0101\",\"{same_day}\",\"Work Order #{row} Due: Mar 5th 10:00 am\n\nOlive Owner\n\
             {house}\u{a0}Test\u{a0}St, Sampletown\nDoor 0000, gate 0000, TV by the house{marker}\",\"{}\"",
            listing(house),
            1_000_000 + row,
        );
        *day = next;
    }
    body
}
