//! Time and randomness, handed in: the real ones in a deployed function, a seeded pair in the simulation.

use async_trait::async_trait;
use jiff::Timestamp;
use std::{fmt, sync::Mutex, sync::PoisonError, time::Duration};

/// What time it is, and waiting for it to pass.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    fn now(&self) -> Timestamp;

    async fn sleep(&self, pause: Duration);
}

/// Randomness for jitter and tokens. Not for keys.
pub trait Entropy: fmt::Debug + Send + Sync {
    fn next_u64(&self) -> u64;
}

/// The system's time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// A generator of its own; seeded by the system, or by a number where a run must repeat itself.
#[derive(Debug)]
pub struct Generator(Mutex<fastrand::Rng>);

impl Generator {
    pub fn from_system() -> Self {
        Self(Mutex::new(fastrand::Rng::new()))
    }

    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }
}

impl Entropy for Generator {
    fn next_u64(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).u64(..)
    }
}
