//! The pages of a run: how a list is divided, and whether what was read of it is all there was.
//!
//! A list without a snapshot moves while it is read: when a record before a page goes and another comes in behind, the list is as long
//! as before and one record has slipped through between two pages. So each page of a list that is read by places begins with the last
//! record of the page before: where the two are not the same one, something has moved.

use lintel_cloud::store::{PageOutcome, PageRow};
use lintel_connectors::records::{Bounds, Item, Page, PageToken};
use lintel_domain::sync::Run;
use serde_json::Value;
use std::collections::BTreeSet;

/// A page without what it shares with the page before, and its ends.
pub(crate) struct Divided {
    pub(crate) items: Vec<Item>,
    pub(crate) ends: Option<(String, String)>,
}

pub(crate) fn divided(page: &PageRow, mut items: Vec<Item>, bounds: Bounds) -> Divided {
    let ends = (page.number == 0 || page.overlap > 0).then_some(bounds.ends);
    // What is listed may hold several of the records, or none.
    let shared = if page.overlap > 0 { bounds.in_first } else { 0 };
    Divided { items: items.split_off(shared.min(items.len())), ends }
}

/// The pages that follow. The first page of a list that tells its length hands out all the others at once; those hand out only what the
/// list has grown by since.
pub(crate) fn further(run: &Run, page: &PageRow, pulled: &Page) -> Vec<PageRow> {
    let row = |number: u64, token: &PageToken, overlap: u64| PageRow {
        number,
        token: serde_json::to_value(token).unwrap_or_default(),
        overlap,
        outcome: None,
    };
    // Pages of one have nothing to share.
    let overlap = u64::from(pulled.bounds.listed > 1);
    match (page.number, pulled.total, &pulled.next) {
        (_, _, None) => Vec::new(),
        (0, Some(total), Some(PageToken::Offset(size))) if *size > 0 => {
            let stride = size - overlap;
            let pages = total.saturating_sub(*size).div_ceil(stride);
            (1..=pages).map(|number| row(number, &PageToken::Offset(number * stride), overlap)).collect()
        }
        (number, Some(_), Some(PageToken::Offset(_))) if number > 0 && number + 1 < run.pages => Vec::new(),
        (number, _, Some(PageToken::Offset(until))) => {
            vec![row(number + 1, &PageToken::Offset(until.saturating_sub(overlap)), overlap)]
        }
        (number, _, Some(next)) => vec![row(number + 1, next, 0)],
    }
}

/// Where a list goes on that is not read by places.
pub(crate) fn next(pulled: &Page) -> Option<Value> {
    let next = pulled.next.as_ref().filter(|next| !matches!(next, PageToken::Offset(_)))?;
    serde_json::to_value(next).ok()
}

/// Whether nothing can have slipped through. `pages` in their order.
pub(crate) fn are_whole(pages: &[PageRow]) -> bool {
    let outcomes: Vec<&PageOutcome> = pages.iter().filter_map(|page| page.outcome.as_ref()).collect();
    // A page that is read again may end before the place from which the next one was handed out.
    let follows = |(page, next): (&PageRow, &PageRow)| {
        let said = page.outcome.as_ref().and_then(|outcome| outcome.next.as_ref());
        said.is_none_or(|token| *token == next.token)
    };
    let followed = pages.iter().zip(pages.iter().skip(1)).all(follows);
    let totals: BTreeSet<u64> = outcomes.iter().filter_map(|outcome| outcome.total).collect();
    let joined = outcomes.iter().zip(outcomes.iter().skip(1)).all(|(one, next)| match (&one.ends, &next.ends) {
        (Some((_, last)), Some((first, _))) => last == first,
        _ => true,
    });
    totals.len() <= 1 && joined && followed
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use lintel_domain::{
        ids::{FlowId, RunId},
        sync::{Counts, RunKind, RunState},
    };
    use serde_json::json;

    fn page(total: u64, first: &str, last: &str) -> PageRow {
        let ends = Some((first.to_owned(), last.to_owned()));
        let outcome = PageOutcome { total: Some(total), ends, ..PageOutcome::default() };
        PageRow { number: 0, token: json!("first"), overlap: 1, outcome: Some(outcome) }
    }

    fn run() -> Run {
        Run {
            id: RunId::new("run"),
            flow: FlowId::new("tenants"),
            kind: RunKind::Full,
            state: RunState::Running,
            began: Timestamp::UNIX_EPOCH,
            ended: None,
            since: None,
            counts: Counts::default(),
            pages: 1,
            pages_done: 0,
        }
    }

    /// Reads a list by its first page's plan, in sizes of so many.
    fn read(list: &[&str], size: u64) -> Vec<Vec<String>> {
        let total = list.len() as u64;
        let page = |from: u64| -> Vec<Item> {
            let from = usize::try_from(from).expect("small");
            let size = usize::try_from(size).expect("small");
            let items = list.iter().skip(from).take(size);
            items.map(|key| Item { key: (*key).to_owned(), content: json!({}) }).collect()
        };
        let first = PageRow { number: 0, token: json!("first"), overlap: 0, outcome: None };
        let items = page(0);
        let next = (total > size).then_some(PageToken::Offset(items.len() as u64));
        let bounds = |items: &[Item]| Bounds { listed: items.len(), in_first: items.len().min(1), ..Bounds::default() };
        let pulled = Page { items: items.clone(), bounds: bounds(&items), next, total: Some(total) };
        let rows = further(&run(), &first, &pulled);
        let mut read = vec![divided(&first, items, pulled.bounds).items];
        for row in rows {
            let token: PageToken = serde_json::from_value(row.token.clone()).expect("a token");
            let PageToken::Offset(from) = token else { unreachable!("{token:?}") };
            let items = page(from);
            let bounds = bounds(&items);
            read.push(divided(&row, items, bounds).items);
        }
        read.into_iter().map(|page| page.into_iter().map(|item| item.key).collect()).collect()
    }

    #[test]
    fn every_record_is_on_one_page() {
        // One without an id has its place all the same.
        for list in [["a", "b", "c", "d", "e", "f", "g"], ["a", "b", "", "d", "e", "f", ""]] {
            for size in [1, 2, 3, 4, 6, 7, 9] {
                assert_eq!(read(&list, size).concat(), list, "{size}");
            }
        }
    }

    #[test]
    fn a_list_that_moved_between_two_pages_is_not_whole() {
        assert!(are_whole(&[page(5, "a", "c"), page(5, "c", "e")]));
        // `a` went and `f` came: as many as before, and `d` stands on no page.
        assert!(!are_whole(&[page(5, "a", "c"), page(5, "d", "f")]));
        assert!(!are_whole(&[page(5, "a", "c"), page(6, "c", "e")]));
    }
}
