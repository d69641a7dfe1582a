//! A process that dies: a future that is dropped after so many polls.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// Runs a future to its end, or to its end.
pub(crate) struct Mortal<F> {
    life: Pin<Box<F>>,
    polls: u32,
}

impl<F: Future> Mortal<F> {
    /// Dies before the poll after `polls`; `None` lives on.
    pub(crate) fn new(future: F, polls: Option<u32>) -> Self {
        Self { life: Box::pin(future), polls: polls.unwrap_or(u32::MAX) }
    }
}

impl<F: Future> Future for Mortal<F> {
    /// `None` when it died.
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.life.as_mut().poll(context).map(Some)
    }
}
