//! Mapping: tenants as the property manager's simulator sends them, turned into canonical records, on one core.
//!
//! Bar: 50,000 records a second. Bound: reading the JSON they come in, without which there is nothing to map. Beside the whole
//! mapping stand its parts: fields that are a place in the record, and fields that are a jq expression. Times are processor time, where
//! the system tells it: what others do on a shared core is not the mapping's.
//!
//! `cargo run --release -p lintel-bench --bin bench-mapping`

use anyhow::{Context, ensure};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use lintel_connectors::{
    manifest::{self, Manifest},
    mapping::{FieldMapping, Mapping},
    records::Item,
};
use lintel_domain::records::Currency;
use lintel_sandbox::{
    Ask, RateRules, RealClock, Simulator,
    buildium::{Buildium, BuildiumSettings, BuildiumWorld, Size},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

const TENANTS: usize = 10_000;
const PAGE: usize = 1_000;
const ROUNDS: usize = 9;
/// Records a second.
const BAR: f64 = 50_000.0;

fn main() -> anyhow::Result<()> {
    let manifest = manifest::find("buildium")?;
    let pages = pages()?;
    let items = items(&pages)?;
    ensure!(items.len() == TENANTS, "{} of {TENANTS} tenants came", items.len());
    let bytes: usize = pages.iter().map(Bytes::len).sum();
    println!("{TENANTS} tenants, {} bytes each, median of {ROUNDS} rounds on one core", bytes / TENANTS);

    let (paths, expressions) = kinds(&manifest)?;
    let json = median(|| {
        pages.iter().map(|page| black_box(parsed(page)).map(|items| items.len())).sum::<anyhow::Result<usize>>()
    })?;
    tell("bound: reading the JSON", json, 0);
    let empty: BTreeSet<String> = paths.union(&expressions).cloned().collect();
    let parts = [
        ("no field", empty, 0),
        ("plain paths alone", expressions.clone(), paths.len()),
        ("jq expressions alone", paths.clone(), expressions.len()),
    ];
    let mut bare = Duration::ZERO;
    for (name, left_out, fields) in parts {
        let took = mapped(&manifest, &items, left_out)?;
        tell(name, took, 0);
        if fields == 0 {
            bare = took;
        } else {
            tell("  a field of them", took.saturating_sub(bare), fields);
        }
    }
    let whole = mapped(&manifest, &items, BTreeSet::new())?;
    tell("the whole mapping", whole, 0);
    tell("the JSON and the whole mapping", json + whole, 0);
    let rate = rate(whole);
    println!("{rate:.0} records a second are mapped, bar {BAR:.0}: ratio {:.2}", rate / BAR);
    ensure!(rate >= BAR, "a bar is missed");
    println!("every bar met");
    Ok(())
}

/// What the simulator answers to a client that reads everything.
fn pages() -> anyhow::Result<Vec<Bytes>> {
    let unhurried = BuildiumSettings {
        starts: RateRules { calls: TENANTS, period: Duration::from_secs(1) },
        in_flight: TENANTS,
        ..BuildiumSettings::default()
    };
    let world = BuildiumWorld::sample(5, Size::of_tenants(TENANTS));
    let account = Buildium::new(unhurried, Arc::new(RealClock), world);
    let mut headers = HeaderMap::new();
    headers.insert("x-buildium-client-id", HeaderValue::from_static("sandbox-client-id"));
    headers.insert("x-buildium-client-secret", HeaderValue::from_static("sandbox-client-secret"));
    let page = |offset: usize| {
        let target = format!("/v1/leases/tenants?orderby=Id+asc&limit={PAGE}&offset={offset}");
        let ask = Ask::new("GET", &target, headers.clone(), Bytes::new(), Timestamp::now()).context("no request")?;
        let answer = account.handle(&ask);
        ensure!(answer.status.is_success(), "the simulator answers {}", answer.status);
        Ok(answer.body)
    };
    (0..TENANTS).step_by(PAGE).map(page).collect()
}

fn parsed(page: &Bytes) -> anyhow::Result<Vec<Value>> {
    Ok(serde_json::from_slice(page)?)
}

fn items(pages: &[Bytes]) -> anyhow::Result<Vec<Item>> {
    let mut items = Vec::new();
    for page in pages {
        for content in parsed(page)? {
            let key = content.get("Id").map(ToString::to_string).context("a tenant without an id")?;
            items.push(Item { key, content });
        }
    }
    Ok(items)
}

/// The mapping's fields: those that are a place in the record, and those that are an expression.
fn kinds(manifest: &Manifest) -> anyhow::Result<(BTreeSet<String>, BTreeSet<String>)> {
    let mappings = manifest::mappings(manifest)?;
    let tenants = mappings.get("tenants").context("tenants are not mapped")?;
    let is_path = |field: &FieldMapping| match field {
        FieldMapping::Read(code) => code
            .strip_prefix('.')
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))),
        FieldMapping::Both { .. } => false,
    };
    let (paths, expressions): (Vec<_>, Vec<_>) = tenants.fields.iter().partition(|(_, field)| is_path(field));
    let names = |fields: Vec<(&String, &FieldMapping)>| fields.into_iter().map(|(name, _)| name.clone()).collect();
    Ok((names(paths), names(expressions)))
}

fn mapped(manifest: &Manifest, items: &[Item], left_out: BTreeSet<String>) -> anyhow::Result<Duration> {
    let overrides: BTreeMap<String, String> = left_out.into_iter().map(|name| (name, String::new())).collect();
    let mapping = Mapping::compile(manifest, "tenants", &manifest::mappings(manifest)?, &overrides)?;
    median(|| {
        let read = items.iter().filter_map(|item| black_box(mapping.read(black_box(item), Currency::USD))).count();
        ensure!(read == items.len(), "{read} of {} records were mapped", items.len());
        Ok(read)
    })
}

fn median(mut work: impl FnMut() -> anyhow::Result<usize>) -> anyhow::Result<Duration> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let (began, before) = (Instant::now(), processor_time());
        black_box(work()?);
        let took = processor_time().zip(before).map(|(after, before)| after.saturating_sub(before));
        times.push(took.unwrap_or_else(|| began.elapsed()));
    }
    times.sort_unstable();
    Ok(times.get(ROUNDS / 2).copied().unwrap_or_default())
}

/// What this thread has taken so far. Linux alone tells, to about a tick of the scheduler.
fn processor_time() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// For all records; of one of `parts`, where it is divided.
fn tell(name: &str, took: Duration, parts: usize) {
    let parts = u32::try_from(parts.max(1)).unwrap_or(1);
    let each = took / u32::try_from(TENANTS).unwrap_or(1) / parts;
    println!("  {name:32} {:8.2} us a record", each.as_secs_f64() * 1e6);
}

fn rate(took: Duration) -> f64 {
    f64::from(u32::try_from(TENANTS).unwrap_or(u32::MAX)) / took.as_secs_f64()
}
