//! A few seeds of the fault simulations with every test run; CI runs three hundred.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests outside of test functions")]

use lintel_e2e::{Failure, flows, run};

const STEPS: usize = 60;

fn in_paused_time(simulation: impl Future<Output = Result<Vec<String>, Box<Failure>>>) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(simulation).unwrap_or_else(|failure| panic!("{failure}"))
}

fn seed(seed: u64) -> Vec<String> {
    in_paused_time(run(seed, STEPS))
}

#[test]
fn ten_seeds_keep_every_promise() {
    for number in 1..=10 {
        seed(number);
    }
}

#[test]
fn a_seed_replays_exactly() {
    assert_eq!(seed(42), seed(42));
}

#[test]
fn a_seed_of_record_flows_replays_exactly() {
    // Workers have several messages at once in it, and die.
    let again = || in_paused_time(flows::run(2, STEPS));
    assert_eq!(again(), again());
}
