//! A thousand new stays to verified jobs, against a vendor that enforces a thousand calls an hour: how many calls, of how
//! many needed, and whether one was over the limit. In virtual time, through every function.
//!
//! Needed: one read of the template's line items, and for each job one call that makes it and one that reads it back with
//! its appointment; nothing can be verified with less. Bar: 1.05 times that, and no call over the limit. The time is
//! printed beside its bound, calls by the vendor's limit; it has no bar.

use anyhow::ensure;
use std::time::Duration;

const STAYS: usize = 1_000;
/// The vendor's, and the connector's.
const CALLS_AN_HOUR: u32 = 1_000;
const TEMPLATES: u64 = 1;
const CALLS_A_JOB: u64 = 2;
const BAR: f64 = 1.05;

fn main() -> anyhow::Result<()> {
    lintel_cloud::telemetry::start_readable("off");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    let booked = runtime.block_on(lintel_e2e::verify_jobs(STAYS))?;
    let needed = TEMPLATES + CALLS_A_JOB * u64::try_from(STAYS)?;
    let ratio = f64::from(u32::try_from(booked.made)?) / f64::from(u32::try_from(needed)?);
    let bound = Duration::from_hours(1).mul_f64(f64::from(u32::try_from(needed)?) / f64::from(CALLS_AN_HOUR));
    println!("{} of {STAYS} stays have a verified job", booked.verified);
    for (route, calls) in &booked.calls {
        println!("  {calls:5} {route}");
    }
    println!(
        "calls made {}, needed {needed} ({TEMPLATES} template, {STAYS} creates, {STAYS} readings), ratio {ratio:.3} (bar {BAR})",
        booked.made
    );
    println!("calls over the limit: {} (bar 0)", booked.over_limit);
    println!("took {:.2} virtual hours, bound {:.2}", hours(booked.took), hours(bound));
    ensure!(booked.verified == STAYS, "some stays have no verified job");
    ensure!(ratio <= BAR && booked.over_limit == 0, "a bar was missed");
    println!("every bar met");
    Ok(())
}

fn hours(span: Duration) -> f64 {
    span.as_secs_f64() / 3600.0
}
