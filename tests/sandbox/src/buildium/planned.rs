//! What people do while somebody reads a list.

use super::Buildium;
use crate::answer::{Answer, Ask};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

type Deed = Box<dyn FnOnce(&Buildium) + Send>;

/// Deeds that wait for a call.
#[derive(Default)]
pub(super) struct Planned(Mutex<Vec<Plan>>);

struct Plan {
    path: String,
    /// Answers to this path until it is time.
    left: u64,
    deed: Deed,
}

impl fmt::Debug for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Planned").finish_non_exhaustive()
    }
}

impl Buildium {
    /// Somebody does something right after so many successful reads of a path, counted from 1: a row is inserted between
    /// two pages.
    pub fn after_pages(&self, path: &str, pages: u64, deed: impl FnOnce(&Self) + Send + 'static) {
        let plan = Plan { path: path.to_owned(), left: pages, deed: Box::new(deed) };
        self.planned.0.lock().unwrap_or_else(PoisonError::into_inner).push(plan);
    }

    pub(super) fn carry_out_planned(&self, ask: &Ask, answer: &Answer) {
        if ask.method != http::Method::GET || answer.status != 200 {
            return;
        }
        let due: Vec<Deed> = {
            let mut plans = self.planned.0.lock().unwrap_or_else(PoisonError::into_inner);
            for plan in plans.iter_mut().filter(|plan| plan.path == ask.path) {
                plan.left = plan.left.saturating_sub(1);
            }
            let (due, waiting): (Vec<Plan>, Vec<Plan>) = plans.drain(..).partition(|plan| plan.left == 0);
            *plans = waiting;
            due.into_iter().map(|plan| plan.deed).collect()
        };
        for deed in due {
            deed(self);
        }
    }
}
