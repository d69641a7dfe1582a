//! Who was called how often: told of every exchange, by route template and never by address.

use std::{cell::Cell, fmt, time::Duration};

/// One exchange with a vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    pub vendor: &'a str,
    pub method: &'a str,
    /// The path with ids left out: `/jobs/{id}`.
    pub route: &'a str,
    /// `None` when no whole answer came.
    pub status: Option<u16>,
    pub took: Duration,
}

pub trait CallLog: fmt::Debug + Send + Sync {
    fn called(&self, call: &Call<'_>);
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCallLog;

impl CallLog for NoCallLog {
    fn called(&self, _call: &Call<'_>) {}
}

/// What the breaker counts. A refusal or a throttle is a healthy answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    Answered,
    Failed,
}

tokio::task_local! {
    static MADE: Cell<u64>;
}

/// Does a piece of work, and tells how many calls at vendors it took.
pub async fn counted<F: Future>(work: F) -> (F::Output, u64) {
    let all = async {
        let done = work.await;
        (done, MADE.with(Cell::get))
    };
    MADE.scope(Cell::new(0), all).await
}

/// Counts a call for whoever wants to know.
pub(super) fn count() {
    // Nobody asked: then there is nothing to count for.
    let _ = MADE.try_with(|made| made.set(made.get() + 1));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_are_counted_for_the_work_that_made_them() {
        let work = |calls: u32| async move {
            for _ in 0..calls {
                count();
                tokio::task::yield_now().await;
            }
        };
        let (((), one), ((), other)) = futures::future::join(counted(work(3)), counted(work(5))).await;
        count();
        assert_eq!((one, other), (3, 5));
    }
}
