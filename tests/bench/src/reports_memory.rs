//! What reading and dividing a report of 100,000 rows takes at most, the body itself counted, as a multiple of the body.
//!
//! `cargo run --release -p lintel-bench --bin bench-reports-memory`. A binary of its own, since counting makes every
//! allocation slower.

use lintel_bench::booking_report::{ROWS, body, intake, organization};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const BAR: f64 = 3.0;

fn main() -> anyhow::Result<()> {
    let settings = organization()?;
    let body = body();

    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let assigned = intake(body.as_bytes(), &settings)?;
    let peak = MEMORY.peak_usage().saturating_sub(before).saturating_add(body.len());
    drop(assigned);

    let taken = share(peak, body.len());
    let met = taken <= BAR;
    println!("reports: {ROWS} rows, {} bytes", body.len());
    println!("  peak memory  {taken:.2} x body, bar {BAR}: {}", if met { "met" } else { "MISSED" });
    anyhow::ensure!(met, "the bar is missed");
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "shown with two places")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
