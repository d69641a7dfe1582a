//! Whether the host is at rest: nothing invoked, nothing queued, nothing in flight.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

/// Counts invocations under way and begun, over all functions.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    running: Arc<AtomicUsize>,
    begun: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
}

/// Held while an invocation runs.
#[derive(Debug)]
pub struct Running(Arc<AtomicUsize>);

impl Activity {
    pub fn begin(&self) -> Running {
        self.running.fetch_add(1, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
        Running(Arc::clone(&self.running))
    }

    pub fn note_failure(&self) {
        self.failed.fetch_add(1, Ordering::SeqCst);
    }

    pub fn is_idle(&self) -> bool {
        self.running.load(Ordering::SeqCst) == 0
    }

    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::SeqCst)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
