//! Work that goes on beside a test or the demo.

use std::{future::Future, time::Duration};
use tokio::task::JoinHandle;

/// A task that stops when this is dropped.
#[derive(Debug)]
pub struct Background(JoinHandle<()>);

impl Background {
    /// Repeats a step, with a pause after each.
    pub(crate) fn repeat<S, F>(pause: Duration, mut step: S) -> Self
    where
        S: FnMut() -> F + Send + 'static,
        F: Future<Output = ()> + Send,
    {
        Self(tokio::spawn(async move {
            loop {
                step().await;
                tokio::time::sleep(pause).await;
            }
        }))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}
