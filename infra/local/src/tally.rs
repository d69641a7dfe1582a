//! What was called how often at which vendor.

use lintel_connectors::transport::{Call, CallLog};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Calls by vendor, method and route, with how many of them did not succeed.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<(String, String), Counted>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub calls: u64,
    pub failed: u64,
}

impl Tally {
    /// Everything counted so far: vendor, `METHOD /route`, counts.
    pub fn read(&self) -> Vec<(String, String, Counted)> {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.iter().map(|((vendor, call), counted)| (vendor.clone(), call.clone(), *counted)).collect()
    }
}

impl CallLog for Tally {
    fn called(&self, call: &Call<'_>) {
        let key = (call.vendor.to_owned(), format!("{} {}", call.method, call.route));
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = counted.entry(key).or_default();
        counted.calls += 1;
        counted.failed += u64::from(call.status.is_none_or(|status| status >= 400));
    }
}
