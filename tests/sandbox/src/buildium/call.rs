//! One call on its way, and what it can be answered with.

use super::{
    kept::Kept,
    order::{Sorted, sorted},
    query::Query,
    refusals::Refusal,
    store::Store,
    table::{Row, Table},
};
use crate::answer::Answer;
use jiff::civil::Date;
use serde::Serialize;

/// A reading call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) store: &'a Store,
    pub(super) query: Query<'a>,
    pub(super) today: Date,
    /// Another number for each call.
    pub(super) draw: u64,
    /// Records a page holds at most.
    pub(super) largest_page: usize,
}

pub(super) type Replied = Result<Answer, Refusal>;

impl<'a> Call<'a> {
    /// A page of a table.
    pub(super) fn page<T: Kept + Sorted, M: Serialize>(
        &self,
        table: &'a Table<T>,
        keep: impl Fn(&Row<T>) -> bool,
        render: impl Fn(&'a Row<T>) -> M,
    ) -> Replied {
        let paging = self.query.paging(self.largest_page)?;
        let rows = sorted(self.query, table.rows().filter(|row| keep(row)).collect(), T::id, self.draw)?;
        let total = rows.len();
        let page: Vec<M> = rows.into_iter().skip(paging.offset).take(paging.limit).map(render).collect();
        Ok(listed(&page, total))
    }

    /// A page of what belongs to one record, in its own order.
    pub(super) fn part<M: Serialize>(&self, all: &[M]) -> Replied {
        let paging = self.query.paging(self.largest_page)?;
        let page: Vec<&M> = all.iter().skip(paging.offset).take(paging.limit).collect();
        Ok(listed(&page, all.len()))
    }
}

/// A bare array, and how many there are in all.
fn listed<M: Serialize>(page: &[M], total: usize) -> Answer {
    json(200, &page).with_header("x-total-count", &total.to_string())
}

pub(super) fn json<M: Serialize>(status: u16, message: &M) -> Answer {
    match serde_json::to_vec(message) {
        Ok(body) => Answer::of(status, "application/json; charset=utf-8", body),
        // Only a map with keys that are no text could be refused, and there is none.
        Err(_) => Answer::empty(500),
    }
}

pub(super) fn found<M: Serialize>(message: Option<M>) -> Replied {
    message.map(|message| json(200, &message)).ok_or_else(Refusal::not_found)
}
