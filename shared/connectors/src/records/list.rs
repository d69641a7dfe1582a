//! Lists of records, page by page.

use super::{
    RecordClient,
    client::{named, with_query},
    items::{self, Bounds, Item},
    paging::{self, PageToken},
};
use crate::{
    error::Error,
    manifest::{Changed, Detail, Stream, TimeForm},
    transport::{Ask, Deadline, Effect, encoded},
    webhooks::Pointer,
};
use http::Method;
use jiff::Timestamp;
use serde_json::Value;
use url::form_urlencoded;

#[derive(Clone, Debug)]
pub struct PageAsk<'a> {
    pub stream: &'a str,
    pub token: PageToken,
    /// Only what changed since, where the stream can tell.
    pub changed_since: Option<Timestamp>,
    /// The vendor's fields that are wanted, for streams that do not send all.
    pub fields: &'a [String],
}

#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub items: Vec<Item>,
    pub bounds: Bounds,
    pub next: Option<PageToken>,
    /// How many records the list has, where the vendor tells.
    pub total: Option<u64>,
}

/// A page as the vendor sent it.
pub(super) struct Listed {
    pub(super) found: Vec<Value>,
    pub(super) next: Option<PageToken>,
    total: Option<u64>,
}

impl RecordClient {
    /// One page of a list. A list that is kept to what changed goes on with the records that changed through another stream.
    pub async fn page(&self, ask: &PageAsk<'_>, deadline: Deadline) -> Result<Page, Error> {
        let doing = format!("list {}", ask.stream);
        let stream = self.stream(&doing, ask.stream)?;
        match &ask.token {
            PageToken::Through(token) => return self.page_through(stream, token, ask, deadline).await,
            PageToken::Whole(token) => return self.page_of_whole(token, ask, deadline).await,
            _ => {}
        }
        let Listed { found, next, total } = self.listed(stream, ask, deadline).await?;
        let (mut items, bounds) = items::of(stream, self.listed_by(stream), found);
        if items.len() > 1 && !items.iter().any(Item::has_id) {
            // Not one record that lacks something, but another form than the manifest says.
            return Err(self.unexpected(&doing, "a record's id"));
        }
        if let Some(detail) = &stream.detail {
            for item in items.iter_mut().filter(|item| item.has_id()) {
                self.fill(&doing, detail, item, deadline).await?;
            }
        }
        let goes_on = ask.changed_since.and(stream.through());
        let next = next.or_else(|| goes_on.map(|_| PageToken::Through(Box::default())));
        Ok(Page { items, bounds, next, total })
    }

    /// Where the id of what is listed stands: of what is around the stream's records, where they have no list of their own.
    fn listed_by<'s>(&'s self, stream: &'s Stream) -> Option<&'s Pointer> {
        match (&stream.within, &stream.around) {
            (None, _) => Some(&stream.key),
            (Some(_), around) => Some(&self.manifest().streams.get(around.as_ref()?)?.key),
        }
    }

    /// One page of a list, as the vendor sent it.
    pub(super) async fn listed(&self, stream: &Stream, ask: &PageAsk<'_>, deadline: Deadline) -> Result<Listed, Error> {
        let doing = format!("list {}", ask.stream);
        let target = match &ask.token {
            PageToken::Target(target) => target.clone(),
            token => list_target(stream, &self.path(&doing, &stream.path)?, token, ask.changed_since, ask.fields),
        };
        let request = Ask {
            doing: doing.clone(),
            method: Method::GET,
            route: stream.path.clone().into(),
            target,
            body: None,
            effect: Effect::Repeatable,
        };
        let response = self.driver.ask(&request, deadline).await?.ok_or_else(|| self.not_there(&doing))?;
        let mut body = self.accepted(&doing, &response)?;
        let found = stream.items.find_mut(&mut body).and_then(Value::as_array_mut).map(std::mem::take);
        let found = found.ok_or_else(|| self.unexpected(&doing, "the list"))?;
        let next = paging::next(stream, &ask.token, &self.driver.base_url, response.headers(), &body, found.len());
        Ok(Listed { found, next, total: paging::total(stream, response.headers()) })
    }

    /// Asks what the vendor tells of one record apart from it.
    pub(super) async fn fill(
        &self,
        doing: &str,
        detail: &Detail,
        item: &mut Item,
        deadline: Deadline,
    ) -> Result<(), Error> {
        let request = Ask {
            target: self.path(doing, &detail.path.replace("{id}", &encoded(&item.key)))?,
            method: Method::GET,
            route: detail.path.clone().into(),
            body: None,
            effect: Effect::Repeatable,
            doing: doing.to_owned(),
        };
        let told = match self.driver.ask(&request, deadline).await? {
            Some(response) => self.accepted(doing, &response)?,
            None => Value::Null,
        };
        let members = item.content.as_object_mut().ok_or_else(|| self.unexpected(doing, "a record"))?;
        members.insert(detail.under.clone(), told);
        Ok(())
    }
}

fn list_target(stream: &Stream, path: &str, token: &PageToken, since: Option<Timestamp>, fields: &[String]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(&stream.query);
    query.extend_pairs(paging::parameters(stream, token));
    if let (Some(changed), Some(since)) = (&stream.changed, since) {
        query.append_pair(&changed.since, &moment(changed, since));
    }
    query.extend_pairs(named(stream, fields));
    with_query(path, &query.finish())
}

fn moment(changed: &Changed, at: Timestamp) -> String {
    match changed.form {
        TimeForm::Seconds => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        TimeForm::EpochMillis => at.as_millisecond().to_string(),
    }
}
