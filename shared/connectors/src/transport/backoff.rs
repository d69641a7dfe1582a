//! How long to wait before another try.

use crate::surroundings::Entropy;
use std::time::Duration;

/// Exponential backoff with full jitter: anything from nothing to `base * 2^attempt`, `cap` at most.
pub fn full_jitter(attempt: u32, base: Duration, cap: Duration, entropy: &dyn Entropy) -> Duration {
    let ceiling = base.saturating_mul(2_u32.saturating_pow(attempt)).min(cap);
    let ceiling = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(entropy.next_u64() % ceiling.saturating_add(1))
}
