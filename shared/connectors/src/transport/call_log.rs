//! Who was called how often: told of every exchange, by route template and never by address.

use std::{fmt, time::Duration};

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
