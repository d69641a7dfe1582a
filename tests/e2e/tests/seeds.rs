//! A few seeds of the fault simulation with every test run; CI runs three hundred.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests outside of test functions")]

use lintel_e2e::run;

fn seed(seed: u64) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(run(seed, 60)).unwrap_or_else(|failure| panic!("{failure}"))
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
