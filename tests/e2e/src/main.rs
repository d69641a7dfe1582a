//! `lintel-simulate`: seeds of the fault simulation; a failing one is printed and replays exactly.

use clap::Parser;
use std::process::ExitCode;

#[derive(Debug, Parser)]
struct Simulate {
    /// How many seeds.
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps before the faults stop.
    #[arg(long, default_value_t = 60)]
    steps: usize,
}

fn main() -> anyhow::Result<ExitCode> {
    lintel_cloud::telemetry::start_readable("off");
    let asked = Simulate::parse();
    let mut failed = 0_u64;
    for seed in asked.seed..asked.seed + asked.seeds {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
        if let Err(failure) = runtime.block_on(lintel_e2e::run(seed, asked.steps)) {
            failed += 1;
            eprintln!("{failure}");
        }
    }
    println!("{} passed, {failed} failed", asked.seeds - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
