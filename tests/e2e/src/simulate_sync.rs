//! `lintel-simulate-sync`: seeds of the simulation of record flows; a failing one is printed with its history and replays
//! exactly.

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
    /// Prints every seed's history.
    #[arg(long)]
    history: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let asked = Simulate::parse();
    lintel_cloud::telemetry::start_readable("off");
    let mut failed = 0_u64;
    for seed in asked.seed..asked.seed + asked.seeds {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?;
        match runtime.block_on(lintel_e2e::flows::run(seed, asked.steps)) {
            Ok(steps) if asked.history => {
                steps.iter().enumerate().for_each(|(number, step)| println!("  {number:3}  {step}"));
            }
            Ok(_) => {}
            Err(failure) => {
                failed += 1;
                eprintln!("{failure}");
            }
        }
    }
    println!("{} passed, {failed} failed", asked.seeds - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
