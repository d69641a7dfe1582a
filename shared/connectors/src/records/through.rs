//! Records that change through another stream: a tenant shows what the lease says, and need not count as changed when only the lease did.

use super::{Bounds, Page, PageAsk, PageToken, RecordClient, list::Listed};
use crate::{error::Error, manifest::Stream, transport::Deadline, webhooks::text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Records that are read one by one: a hundred calls take some ten seconds of a usual limit. Where more changed, a read of the whole list
/// is cheaper.
const ONE_BY_ONE: usize = 100;

impl RecordClient {
    /// The records of a stream that one of the other stream is shown by, by their ids; none when it is not there any more.
    pub async fn shown_by(
        &self,
        stream: &str,
        other: &str,
        id: &str,
        deadline: Deadline,
    ) -> Result<Vec<String>, Error> {
        let item = self.one(other, id, &[], deadline).await?;
        item.map_or(Ok(Vec::new()), |item| self.named(stream, &[item.content]))
    }

    /// A page of the other stream's list, as records of this one.
    pub(super) async fn page_through(
        &self,
        stream: &Stream,
        token: &PageToken,
        ask: &PageAsk<'_>,
        deadline: Deadline,
    ) -> Result<Page, Error> {
        let doing = format!("list {}", ask.stream);
        let through = stream.through().ok_or_else(|| self.ours(&doing, "the stream changes through no other"))?;
        let other = self.stream(&doing, &through.stream)?;
        let listed = PageAsk { stream: &through.stream, token: token.clone(), fields: &[], ..ask.clone() };
        let Listed { found, next, .. } = self.listed(other, &listed, deadline).await?;
        let ids = self.named(ask.stream, &found)?;
        if ids.len() > ONE_BY_ONE {
            return Ok(Page {
                items: Vec::new(),
                bounds: Bounds::default(),
                next: Some(PageToken::Whole(Box::default())),
                total: None,
            });
        }
        let mut items = Vec::with_capacity(ids.len());
        for id in &ids {
            // Whoever is not there any more is found by other ways.
            items.extend(self.one(ask.stream, id, ask.fields, deadline).await?);
        }
        let next = sharing(next, found.len()).map(PageToken::Through);
        Ok(Page { items, bounds: Bounds::default(), next, total: None })
    }

    /// A page of this stream's whole list.
    pub(super) async fn page_of_whole(
        &self,
        token: &PageToken,
        ask: &PageAsk<'_>,
        deadline: Deadline,
    ) -> Result<Page, Error> {
        let whole = PageAsk { token: token.clone(), changed_since: None, ..ask.clone() };
        let Page { items, bounds, next, .. } = Box::pin(self.page(&whole, deadline)).await?;
        let next = sharing(next, bounds.listed).map(PageToken::Whole);
        Ok(Page { items, bounds, next, total: None })
    }

    /// Each of a stream's records that some of the other stream name, once.
    fn named(&self, stream: &str, others: &[Value]) -> Result<Vec<String>, Error> {
        let doing = format!("list {stream}");
        let named = self.through.get(stream).ok_or_else(|| self.ours(&doing, "the stream changes through no other"))?;
        let mut ids = BTreeSet::new();
        for other in others {
            // One that is not as expected names nobody: a read of everything finds them, and the others are not held up.
            let told = named.evaluate(other).ok();
            let told = told.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            ids.extend(told.iter().filter_map(text));
        }
        Ok(ids.into_iter().collect())
    }
}

/// Where a list goes on after a page of so many: lists move while they are read, so what is read by places shares one record with the
/// page before.
fn sharing(next: Option<PageToken>, count: usize) -> Option<Box<PageToken>> {
    let shared = u64::from(count > 1);
    Some(Box::new(match next? {
        PageToken::Offset(until) => PageToken::Offset(until.saturating_sub(shared)),
        other => other,
    }))
}
