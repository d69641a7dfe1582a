//! Work of many callers, done together: who comes while a batch is under way joins the next one.
//!
//! Nobody waits for company: a caller that comes alone is served alone, at once. Batches grow by themselves as work takes longer
//! than callers take to come.

use futures::FutureExt;
use std::{
    collections::VecDeque,
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Semaphore, oneshot};

/// Callers that wait at the same time; further ones wait to be let in.
const ROOM: usize = 1_024;

/// A batch ended without an answer for this caller: its work panicked. Whether it was done is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("work done together with others ended without an answer")]
pub struct Unanswered;

/// Gathers what callers ask for. Clones gather together.
///
/// A caller that gives up takes back what is not under way yet; what is under way is finished, and its answer dropped.
pub struct Gathering<Q, A>(Arc<Shared<Q, A>>);

struct Shared<Q, A> {
    waiting: Mutex<Waiting<Q, A>>,
    room: Semaphore,
    at_once: usize,
    work: Box<Work<Q, A>>,
}

type Work<Q, A> = dyn Fn(Vec<Q>) -> futures::future::BoxFuture<'static, Vec<A>> + Send + Sync;

struct Waiting<Q, A> {
    callers: VecDeque<(Q, oneshot::Sender<A>)>,
    /// Whether a task works off what waits.
    attended: bool,
}

impl<Q: Send + 'static, A: Send + 'static> Gathering<Q, A> {
    /// `work` is given `at_once` requests at most, and answers each of them, in their order.
    pub fn new<F, W>(at_once: usize, work: F) -> Self
    where
        F: Fn(Vec<Q>) -> W + Send + Sync + 'static,
        W: Future<Output = Vec<A>> + Send + 'static,
    {
        Self(Arc::new(Shared {
            waiting: Mutex::new(Waiting { callers: VecDeque::new(), attended: false }),
            room: Semaphore::new(ROOM),
            at_once,
            work: Box::new(move |batch| work(batch).boxed()),
        }))
    }

    /// The answer to one request. To be called on a tokio runtime.
    pub async fn ask(&self, request: Q) -> Result<A, Unanswered> {
        let _place = self.0.room.acquire().await.map_err(|_| Unanswered)?;
        let (sender, answer) = oneshot::channel();
        if self.0.join(request, sender) {
            // A task of its own, so that no caller's end is the end of the others' work.
            tokio::spawn(Arc::clone(&self.0).attend());
        }
        answer.await.map_err(|_| Unanswered)
    }
}

impl<Q, A> Shared<Q, A> {
    /// Tells whether nobody attends yet; the caller sees to it then.
    fn join(&self, request: Q, sender: oneshot::Sender<A>) -> bool {
        let mut waiting = self.waiting();
        waiting.callers.push_back((request, sender));
        !std::mem::replace(&mut waiting.attended, true)
    }

    /// Works until nobody waits.
    async fn attend(self: Arc<Self>) {
        loop {
            // Callers that are about to come are let come first.
            tokio::task::yield_now().await;
            let (batch, senders) = self.take();
            if batch.is_empty() {
                return;
            }
            let answers = AssertUnwindSafe(async { (self.work)(batch).await }).catch_unwind().await;
            for (sender, answer) in senders.into_iter().zip(answers.unwrap_or_default()) {
                // Nobody listens to the answer of a caller that gave up.
                let _ = sender.send(answer);
            }
        }
    }

    /// The next batch; with an empty one this task's duty is over.
    fn take(&self) -> (Vec<Q>, Vec<oneshot::Sender<A>>) {
        let mut waiting = self.waiting();
        let (mut batch, mut senders) = (Vec::new(), Vec::new());
        while batch.len() < self.at_once
            && let Some((request, sender)) = waiting.callers.pop_front()
        {
            if !sender.is_closed() {
                batch.push(request);
                senders.push(sender);
            }
        }
        waiting.attended = !batch.is_empty();
        (batch, senders)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<Q, A>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q, A> Clone for Gathering<Q, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q, A> fmt::Debug for Gathering<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathering").field("at_once", &self.0.at_once).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use std::time::Duration;
    use tokio::sync::watch;

    /// Batches as they were handed over.
    type Seen = Arc<Mutex<Vec<Vec<u32>>>>;

    /// Doubles numbers once the gate is open; panics at 13.
    fn doubling(at_once: usize) -> (Gathering<u32, u32>, Seen, watch::Sender<bool>) {
        let seen = Seen::default();
        let (gate, open) = watch::channel(false);
        let noting = Arc::clone(&seen);
        let gathering = Gathering::new(at_once, move |batch: Vec<u32>| {
            noting.lock().unwrap().push(batch.clone());
            let mut open = open.clone();
            async move {
                open.wait_for(|open| *open).await.unwrap();
                assert!(!batch.contains(&13), "an unlucky batch");
                batch.into_iter().map(|number| number * 2).collect()
            }
        });
        (gathering, seen, gate)
    }

    /// Lets every other task run until all of them wait.
    async fn settle() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_while_a_batch_is_under_way_joins_the_next() {
        let (gathering, seen, gate) = doubling(3);
        let ask = |number| {
            let gathering = gathering.clone();
            tokio::spawn(async move { gathering.ask(number).await })
        };
        let first = ask(1);
        settle().await;
        let others: Vec<_> = (2..7).map(ask).collect();
        settle().await;
        assert_eq!(*seen.lock().unwrap(), [[1]], "it went alone, at once");
        gate.send(true).unwrap();
        assert_eq!(first.await.unwrap(), Ok(2));
        let answers: Vec<_> = join_all(others).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, [4, 6, 8, 10, 12].map(Ok));
        assert_eq!(*seen.lock().unwrap(), [vec![1], vec![2, 3, 4], vec![5, 6]]);
        assert_eq!(gathering.ask(7).await, Ok(14), "it goes on when it was at rest");
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_takes_back_what_is_not_under_way_and_stops_nothing_else() {
        let (gathering, seen, gate) = doubling(10);
        let ask = |number| {
            let gathering = gathering.clone();
            tokio::spawn(async move { gathering.ask(number).await })
        };
        let under_way = ask(1);
        settle().await;
        let (waiting, staying) = (ask(2), ask(3));
        settle().await;
        under_way.abort();
        waiting.abort();
        settle().await;
        gate.send(true).unwrap();
        assert_eq!(staying.await.unwrap(), Ok(6));
        assert_eq!(*seen.lock().unwrap(), [[1], [3]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_that_panics_answers_nobody_and_the_next_is_served() {
        let (gathering, _, gate) = doubling(2);
        gate.send(true).unwrap();
        let answers = join_all([1, 13, 3].map(|number| gathering.ask(number))).await;
        assert_eq!(answers, [Err(Unanswered), Err(Unanswered), Ok(6)]);
    }
}
