//! Who goes first: callers that wait for an answer go before what waits in queues.
//!
//! Deployed, every function has processors of its own; here all share this machine's.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// Queues give way no longer than this, so that a flood of callers does not stop all work.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counts the callers that wait for an answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Callers(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    waiting: AtomicUsize,
    none: Notify,
}

/// Held while a caller waits.
#[derive(Debug)]
pub(crate) struct Caller(Arc<Counted>);

impl Callers {
    pub(crate) fn enter(&self) -> Caller {
        self.0.waiting.fetch_add(1, Ordering::SeqCst);
        Caller(Arc::clone(&self.0))
    }

    /// Waits until nobody waits for an answer, or patience ends.
    pub(crate) async fn give_way(&self) {
        // Begun before the count is read, so that nobody's leaving is missed.
        let none = self.0.none.notified();
        if self.0.waiting.load(Ordering::SeqCst) > 0 {
            // Which of both it was makes no difference.
            let _ = tokio::time::timeout(PATIENCE, none).await;
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.none.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn queues_go_on_at_once_when_nobody_waits_and_when_the_last_caller_has_left() {
        let callers = Callers::default();
        let began = Instant::now();
        callers.give_way().await;
        let (first, second) = (callers.enter(), callers.enter());
        let giving_way = tokio::spawn({
            let callers = callers.clone();
            async move { callers.give_way().await }
        });
        tokio::task::yield_now().await;
        drop(first);
        tokio::task::yield_now().await;
        assert!(!giving_way.is_finished(), "somebody still waits");
        drop(second);
        giving_way.await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn callers_without_end_do_not_stop_the_queues() {
        let callers = Callers::default();
        let _caller = callers.enter();
        let began = Instant::now();
        callers.give_way().await;
        assert_eq!(began.elapsed(), PATIENCE);
    }
}
