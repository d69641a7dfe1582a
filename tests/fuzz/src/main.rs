//! `lintel-fuzz`: bounded fuzzing on the stable toolchain.
//!
//!     cargo run -p lintel-fuzz -- --seconds 60 --seed 1 [TARGET]
//!
//! Seeded mutation of the fixtures, no coverage feedback: every run with the same seed and enough time sees the same
//! bodies in the same order. A panic or a body that takes longer than `--slow-ms` ends the run with the body in hex and
//! exit code 1; `--hex BODY` runs one such body again.

use anyhow::{Context as _, bail};
use clap::Parser;
use lintel_fuzz::{
    mutate,
    targets::{TARGETS, Target},
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

#[derive(Debug, Parser)]
struct Arguments {
    /// For how long, over all targets together.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Milliseconds one body may take.
    #[arg(long, default_value_t = 5_000)]
    slow_ms: u64,
    /// Run this body alone.
    #[arg(long)]
    hex: Option<String>,
    /// One target; all of them when left out.
    target: Option<String>,
}

/// What is being run now, for the watchdog.
type Now = Arc<Mutex<Option<(Instant, &'static str, Vec<u8>)>>>;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let chosen: Vec<&'static Target> =
        TARGETS.iter().filter(|target| arguments.target.as_deref().is_none_or(|name| name == target.name)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        bail!("no such target; there are: {}", names.join(", "));
    }
    let now: Now = Arc::default();
    watch(Arc::clone(&now), Duration::from_millis(arguments.slow_ms));
    if let Some(text) = &arguments.hex {
        let body = hex::decode(text).context("reading the body's hex")?;
        for target in &chosen {
            run(target, &body, &now)?;
        }
        println!("one body over {} targets: no panic, nothing slow", chosen.len());
        return Ok(());
    }
    let share = Duration::from_secs(arguments.seconds) / u32::try_from(chosen.len()).unwrap_or(1);
    for target in chosen {
        let mut random = fastrand::Rng::with_seed(arguments.seed);
        let start = Instant::now();
        let mut bodies = 0_u64;
        for seed in target.seeds {
            run(target, seed, &now)?;
        }
        while start.elapsed() < share {
            let body = mutate::mutated(&mut random, target.seeds, target.words);
            run(target, &body, &now)
                .with_context(|| format!("seed {}, body {bodies} of target {}", arguments.seed, target.name))?;
            bodies += 1;
        }
        println!("{}: {bodies} bodies in {} s, no panic, nothing slow", target.name, start.elapsed().as_secs());
    }
    Ok(())
}

fn run(target: &'static Target, body: &[u8], now: &Now) -> anyhow::Result<()> {
    let copy = body.to_vec();
    *now.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), target.name, copy));
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(body)));
    *now.lock().unwrap_or_else(PoisonError::into_inner) = None;
    if outcome.is_err() {
        bail!("target {} panicked on {}", target.name, hex::encode(body));
    }
    Ok(())
}

/// Ends the process when one body takes too long: a thread that hangs cannot be stopped from outside.
fn watch(now: Now, slow: Duration) {
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_millis(100));
            if let Some((since, name, body)) = now.lock().unwrap_or_else(PoisonError::into_inner).as_ref()
                && since.elapsed() > slow
            {
                eprintln!("target {name} took longer than {} ms on {}", slow.as_millis(), hex::encode(body));
                std::process::exit(1);
            }
        }
    });
}
