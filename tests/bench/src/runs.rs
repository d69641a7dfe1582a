//! Record sync: tenants of a property manager to contacts of a portal, through the local host with the deployed wiring (dispatcher,
//! SQS, four workers at once). Both vendors are simulators in a process of their own; they enforce their limits and take 100 ms
//! a call.
//!
//! Bars: 10,000 tenants within 1.15 times the bound that the limits' pace sets, calls made / needed at most 1.05, none over a limit;
//! with 2 % of the calls failing within 1.5 times. A second run without a change lists and does nothing else. One change is one
//! write, and shows within 30 s of the run's beginning, or of the change where a webhook tells of it. The same for everything there is of so many tenants: contacts, properties and
//! units as listings, and labels between them.
//!
//! `bench-sync [load] [faults] [town]` does those parts alone; `--tenants N` loads another number.

use anyhow::Context;
use lintel_bench::sync::{self, Limit, Load, Place, Ran, SOURCE, Stand, TARGET, Verdict};
use lintel_domain::{ids::FlowId, sync::RunKind};
use mimalloc::MiMalloc;
use std::time::{Duration, Instant};

/// As in the host that does this work.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const TENANTS: u32 = 10_000;
const LATENCY: Duration = Duration::from_millis(100);
const TIME_BAR: f64 = 1.15;
const FAULTY_TIME_BAR: f64 = 1.5;
const CALLS_BAR: f64 = 1.05;
/// One call in so many fails, which is 2 % of them.
const FAULT_EVERY: u64 = 50;
/// They draw which.
const FAULT_SEEDS: [u64; 3] = [1, 2, 3];
const VISIBLE_BAR: Duration = Duration::from_secs(30);
/// A second write of the same change would come within this.
const QUIET: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if sync::serve_if_asked().await? {
        return Ok(());
    }
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    lintel_cloud::telemetry::start_readable("error");
    let tenants = match arguments.iter().position(|one| one == "--tenants") {
        Some(at) => {
            let number = arguments.get(at + 1).context("--tenants needs a number")?.parse()?;
            arguments.drain(at..at + 2);
            number
        }
        None => TENANTS,
    };
    let asked = |part: &str| arguments.is_empty() || arguments.iter().any(|one| one == part);
    let mut verdict = Verdict::default();
    if asked("load") {
        Box::pin(load(tenants, &mut verdict)).await?;
    }
    if asked("faults") {
        Box::pin(faults(tenants, &mut verdict)).await?;
    }
    if asked("town") {
        Box::pin(town(tenants, &mut verdict)).await?;
    }
    verdict.tell()
}

/// A first load, a second run, and one change.
async fn load(tenants: u32, verdict: &mut Verdict) -> anyhow::Result<()> {
    let mut place = Box::pin(Place::of(tenants)).await?;
    let load = Load::of(tenants, LATENCY);
    let first = place.run(&sync::flow(), RunKind::Full).await?;
    println!("first load of {tenants} tenants");
    tell_load(&first, load, TIME_BAR, verdict);
    let calls = first.asked.source.calls + first.asked.target.calls;
    let ratio = share(calls, load.calls().into());
    println!("  calls made {calls}, needed {} ({} lists, {} writes)", load.calls(), load.lists, load.writes);
    verdict.bar("calls made / needed", ratio, CALLS_BAR);
    place.vendors.ensure_complete(tenants).await?;

    let second = place.run(&sync::flow(), RunKind::Full).await?;
    println!("second run without a change");
    println!("  took {:.2} s; {} records unchanged", second.took.as_secs_f64(), second.run.counts.unchanged);
    verdict.exactly("lists, as in the first", second.asked.source.calls, first.asked.source.calls);
    verdict.exactly("calls at the target", second.asked.target.calls, 0);
    verdict.exactly("batches of rows written", second.row_batches, 0);

    println!("one change in {tenants}, which a run finds");
    let tenant = place.vendors.change(tenants as usize / 2).await?;
    let before = place.vendors.stand().await?;
    let (began, id) = (Instant::now(), place.begin(&sync::flow(), RunKind::Changes).await?);
    seen(&mut place, tenant, began, before, verdict).await?;
    place.ended(&sync::flow(), &id).await?;
    once(&mut place, before, verdict).await?;

    println!("one change in {tenants}, which a webhook tells of, two to four seconds after it");
    place.vendors.subscribe(place.webhooks()).await?;
    let before = place.vendors.stand().await?;
    let (began, tenant) = (Instant::now(), place.vendors.change(tenants as usize / 3).await?);
    seen(&mut place, tenant, began, before, verdict).await?;
    tokio::time::sleep(QUIET).await;
    once(&mut place, before, verdict).await
}

/// Waits until a change is at the target.
async fn seen(
    place: &mut Place,
    tenant: u32,
    began: Instant,
    before: Stand,
    verdict: &mut Verdict,
) -> anyhow::Result<()> {
    while place.vendors.stand().await?.target.writes == before.target.writes && began.elapsed() < VISIBLE_BAR {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let visible = began.elapsed();
    let phone = place.vendors.phone(tenant).await?;
    verdict.bar("seconds until it shows", visible.as_secs_f64(), VISIBLE_BAR.as_secs_f64());
    verdict.exactly("phones that came over", u64::from(phone.as_deref() == Some(sync::PHONE_KEPT)), 1);
    Ok(())
}

/// Holds that a change was written once.
async fn once(place: &mut Place, before: Stand, verdict: &mut Verdict) -> anyhow::Result<()> {
    let after = place.vendors.stand().await?;
    verdict.exactly("writes at the target", after.target.writes - before.target.writes, 1);
    Ok(())
}

/// First loads of which some calls fail.
async fn faults(tenants: u32, verdict: &mut Verdict) -> anyhow::Result<()> {
    for seed in FAULT_SEEDS {
        let mut place = Box::pin(Place::of(tenants)).await?;
        place.vendors.faults(FAULT_EVERY, seed).await?;
        let ran = place.run(&sync::flow(), RunKind::Full).await?;
        println!("first load of {tenants} tenants with one call in {FAULT_EVERY} failing, seed {seed}");
        tell_load(&ran, Load::of(tenants, LATENCY), FAULTY_TIME_BAR, verdict);
        let struck = ran.asked.source.struck + ran.asked.target.struck;
        println!("  {struck} of {} calls failed", ran.asked.source.calls + ran.asked.target.calls);
        place.vendors.ensure_complete(tenants).await?;
    }
    Ok(())
}

/// A first load of people, their homes, and who lives where: flow after flow.
async fn town(tenants: u32, verdict: &mut Verdict) -> anyhow::Result<()> {
    let mut place = Box::pin(Place::of(tenants)).await?;
    let (mut made, mut needed) = (0, 0);
    for flow in ["tenants", "properties", "units", "homes"].map(FlowId::new) {
        let ran = place.run(&flow, RunKind::Full).await?;
        let read = u32::try_from(ran.run.counts.read)?;
        let written = if flow.as_str() == "homes" { u32::try_from(place.vendors.labels().await?)? } else { read };
        let load = Load::of_both(read, written, LATENCY);
        println!("first load of {read} records of {flow}, {written} things to write");
        tell_load(&ran, load, TIME_BAR, verdict);
        made += ran.asked.source.calls + ran.asked.target.calls;
        needed += u64::from(load.calls());
    }
    println!("everything there is of {tenants} tenants");
    println!("  calls made {made}, needed {needed}");
    verdict.bar("calls made / needed", share(made, needed), CALLS_BAR);
    Ok(())
}

fn tell_load(ran: &Ran, load: Load, bar: f64, verdict: &mut Verdict) {
    let (took, pace) = (ran.took.as_secs_f64(), load.at_pace().as_secs_f64());
    let told = |limit: Limit| format!("{} calls in {} s", limit.calls, limit.period.as_secs());
    println!(
        "  bound {pace:.2} s = 2 x {} ms + the longer of {} lists at {} and {} writes at {}",
        load.latency.as_millis(),
        load.lists,
        told(SOURCE),
        load.writes,
        told(TARGET)
    );
    println!("  (at once, as far as empty windows allow: {:.2} s)", load.at_once().as_secs_f64());
    let processor =
        |time: Option<Duration>| time.map_or_else(|| "?".to_owned(), |time| format!("{:.1}", time.as_secs_f64()));
    println!(
        "  took {took:.2} s; processor: ours {} s, the vendors' {} s; {} batches of rows",
        processor(ran.ours),
        processor(ran.theirs),
        ran.row_batches
    );
    println!("  {:?}", ran.run.counts);
    verdict.bar("time / bound", took / pace, bar);
    verdict.exactly("calls over a limit", ran.asked.source.over_limit + ran.asked.target.over_limit, 0);
}

#[expect(clippy::cast_precision_loss, reason = "shown with three places")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}
