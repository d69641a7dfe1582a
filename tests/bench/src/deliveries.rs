//! A hundred thousand bad deliveries at the webhook receiver's handler: forged, truncated, stale, replayed, re-encoded and
//! oversized. Bar: none accepted, none crashes, each counted.
//!
//! A replay within the signature's tolerance proves itself; it is answered like the first and kept once.

use anyhow::ensure;
use std::time::Instant;

const DELIVERIES: usize = 100_000;
const SEED: u64 = 1;

fn main() -> anyhow::Result<()> {
    lintel_cloud::telemetry::start_readable("off");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
    let began = Instant::now();
    let judged = runtime.block_on(lintel_e2e::judge_deliveries(DELIVERIES, SEED))?;
    let took = began.elapsed();
    let (mut refused, mut replayed) = (0, 0);
    for (wrong, statuses) in &judged.answered {
        println!("{wrong:>12}: {statuses:?}");
        for (status, count) in statuses {
            if *wrong == "replayed" && *status == 200 {
                replayed += count;
            } else {
                ensure!(*status >= 400, "{count} {wrong} deliveries were answered {status}");
                refused += count;
            }
        }
    }
    let counted: u64 = judged.counted.values().sum();
    println!("counted by the receiver: {:?}", judged.counted);
    println!("{} events kept of {} true deliveries (bar: no more)", judged.kept, judged.true_ones);
    println!("{refused} refused, {counted} counted (bar: the same)");
    let repeated = judged.repeated;
    println!("{replayed} replays answered like the first and not kept, {repeated} counted (bar: the same)");
    println!("{:.1} µs a delivery", took.as_secs_f64() * 1e6 / f64::from(u32::try_from(DELIVERIES)?));
    let every_one = counted == refused && repeated == replayed;
    ensure!(judged.kept == judged.true_ones && every_one, "a bar was missed");
    println!("every bar met");
    Ok(())
}
