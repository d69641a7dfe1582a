//! The one client of all vendors' records.

use super::{
    answers::{Answers, is_about_content},
    batch::{self, Done, Outcome, Outgoing},
    call::{Calls, Compiled, Relating, WriteKind},
    items::{self, Item},
};
use crate::{
    error::Error,
    halves::Halves,
    manifest::{Manifest, Stream, Write},
    roles::{OpenError, Parts},
    transport::{Account, Ask, Deadline, Driver, Effect, encoded, filled},
};
use bytes::Bytes;
use http::{Method, Response};
use lintel_domain::{ids::ConnectionId, private::Private, settings::Connection};
use lintel_formats::expression::{Expression, ExpressionError};
use serde_json::Value;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// One connection's records.
#[derive(Debug)]
pub struct RecordClient {
    pub(super) driver: Driver,
    manifest: Manifest,
    answers: Answers,
    calls: BTreeMap<String, Calls>,
    pub(super) relating: BTreeMap<String, Relating>,
    /// By stream: what finds its records in those through which they change.
    pub(super) through: BTreeMap<String, Expression>,
    /// What stands for `{name}` in paths.
    settings: BTreeMap<String, String>,
}

impl RecordClient {
    /// Opens a connection by its vendor's manifest, which may be the organization's own.
    pub fn open(
        manifest: Manifest,
        id: &ConnectionId,
        connection: &Connection,
        secret: &Private,
        parts: Parts,
    ) -> Result<Self, OpenError> {
        let account = Account { id, connection, secret };
        let api = manifest.api()?;
        let driver = Driver::open(&manifest, account, "all", Answers::of(api), parts)?;
        let answers = Answers::of(api);
        let settings = account.settings(&manifest);
        let faulty = |name: &str| {
            let (vendor, stream) = (manifest.vendor.clone(), name.to_owned());
            move |error: ExpressionError| OpenError::Stream { vendor, stream, reason: error.to_string() }
        };
        let (mut calls, mut through, mut relating) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (name, stream) in &manifest.streams {
            if let Some(compiled) = Calls::compile(stream).map_err(faulty(name))? {
                calls.insert(name.clone(), compiled);
            }
            if let Some(other) = stream.through() {
                through.insert(name.clone(), Expression::compile(&other.records).map_err(faulty(name))?);
            }
        }
        for (name, relation) in &manifest.relations {
            relating.insert(name.clone(), Relating::compile(relation).map_err(faulty(name))?);
        }
        Ok(Self { driver, manifest, answers, calls, relating, through, settings })
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// One record by its id, with these fields where the vendor sends only those it is asked for; `None` when it is not there.
    pub async fn one(
        &self,
        stream: &str,
        id: &str,
        fields: &[String],
        deadline: Deadline,
    ) -> Result<Option<Item>, Error> {
        let doing = format!("read one of {stream}");
        let described = self.stream(&doing, stream)?;
        let path = described.one.as_ref().ok_or_else(|| self.ours(&doing, "the manifest says no path for one"))?;
        let request = Ask {
            target: one_target(described, &self.path(&doing, &path.replace("{id}", &encoded(id)))?, fields),
            method: Method::GET,
            route: path.clone().into(),
            body: None,
            effect: Effect::Repeatable,
            doing: doing.clone(),
        };
        let Some(response) = self.driver.ask(&request, deadline).await? else { return Ok(None) };
        let content = self.accepted(&doing, &response)?;
        let key = described.key.text(&content).ok_or_else(|| self.unexpected(&doing, "the record's id"))?;
        let mut item = Item { key, content };
        if let Some(detail) = &described.detail {
            self.fill(&doing, detail, &mut item, deadline).await?;
        }
        Ok(Some(item))
    }

    /// What one call tells of a stream: the record of this id, or all that stand within the record of this id `around` them; `None` when
    /// there is no such record.
    pub async fn about(
        &self,
        stream: &str,
        id: &str,
        fields: &[String],
        deadline: Deadline,
    ) -> Result<Option<Vec<Item>>, Error> {
        let doing = format!("read one of {stream}");
        let described = self.stream(&doing, stream)?;
        let Some(around) = &described.around else {
            return Ok(self.one(stream, id, fields, deadline).await?.map(|item| vec![item]));
        };
        let Some(item) = self.one(around, id, fields, deadline).await? else { return Ok(None) };
        Ok(Some(items::of(described, None, vec![item.content]).0))
    }

    /// Records by their ids; those that are not there are left out.
    pub async fn read(
        &self,
        stream: &str,
        ids: &[String],
        fields: &[String],
        deadline: Deadline,
    ) -> Result<BTreeMap<String, Value>, Error> {
        let doing = format!("read {stream}");
        let call = &self.calls(&doing, stream)?.read;
        let ask = |id: &String| Outgoing { key: id.clone(), id: Some(id.clone()), values: serde_json::Map::new() };
        let asked: Vec<Outgoing> = ids.iter().map(ask).collect();
        let found = self.asked(&doing, stream, call, &asked, fields, deadline).await?;
        Ok(found.into_iter().map(|one| (one.id, one.record)).collect())
    }

    /// Records by our keys, with their ids; those that are not there are left out. `None` where the vendor cannot be asked.
    pub async fn find(
        &self,
        stream: &str,
        keys: &[String],
        fields: &[String],
        deadline: Deadline,
    ) -> Result<Option<BTreeMap<String, Item>>, Error> {
        let doing = format!("find {stream}");
        let Some(call) = &self.calls(&doing, stream)?.find else { return Ok(None) };
        let found = self.asked(&doing, stream, call, &by_key(keys), fields, deadline).await?;
        Ok(Some(with_ids(found).collect()))
    }

    /// Records by what they have in a field of which only one may have a value, with their ids; values that none has, or that the vendor
    /// does not even look for, are left out. `None` where the vendor cannot be asked.
    pub async fn find_by(
        &self,
        stream: &str,
        field: &str,
        values: &[String],
        fields: &[String],
        deadline: Deadline,
    ) -> Result<Option<BTreeMap<String, Item>>, Error> {
        let doing = format!("find {stream}");
        let Some(call) = self.calls(&doing, stream)?.find_by.get(field) else { return Ok(None) };
        let (described, write) = self.writable(&doing, stream)?;
        let asked = by_key(values);
        let mut found = BTreeMap::new();
        let mut waiting = Halves::of(&asked, described.batch.get() as usize);
        while let Some(batch) = waiting.next() {
            let response = self.send(&doing, call, batch, fields, &write.identity, deadline).await?;
            if is_about_content(response.status()) {
                waiting.refused(batch);
            } else {
                found.extend(with_ids(self.told(&doing, call, &response)?));
            }
        }
        Ok(Some(found))
    }

    /// What a call answers of records that are named to it, batch after batch.
    async fn asked(
        &self,
        doing: &str,
        stream: &str,
        call: &Compiled,
        asked: &[Outgoing],
        fields: &[String],
        deadline: Deadline,
    ) -> Result<Vec<Done>, Error> {
        let (described, write) = self.writable(doing, stream)?;
        let mut found = Vec::with_capacity(asked.len());
        for batch in asked.chunks(described.batch.get() as usize) {
            let response = self.send(doing, call, batch, fields, &write.identity, deadline).await?;
            found.extend(self.told(doing, call, &response)?);
        }
        Ok(found)
    }

    fn told(&self, doing: &str, call: &Compiled, response: &Response<Bytes>) -> Result<Vec<Done>, Error> {
        let body = self.accepted(doing, response)?;
        batch::done(call, &body).map_err(|place| self.unexpected(doing, place))
    }

    /// Records at once in one write.
    pub fn batch_size(&self, stream: &str) -> usize {
        self.manifest.streams.get(stream).map_or(1, |stream| stream.batch.get() as usize)
    }

    /// Writes one batch. A batch that is refused whole is halved until the records at fault stand alone.
    pub async fn write(
        &self,
        stream: &str,
        kind: WriteKind,
        items: &[Outgoing],
        deadline: Deadline,
    ) -> Result<Vec<Outcome>, Error> {
        let doing = format!("write {stream}");
        let (_, write) = self.writable(&doing, stream)?;
        let calls = self.calls(&doing, stream)?;
        let mut outcomes = Vec::with_capacity(items.len());
        let mut waiting = Halves::of(items, items.len());
        while let Some(batch) = waiting.next() {
            let response = self.send(&doing, calls.of(kind), batch, &[], &write.identity, deadline).await?;
            let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
            if response.status().is_success() {
                let told =
                    batch::outcomes(calls, kind, batch, &body).map_err(|place| self.unexpected(&doing, place))?;
                outcomes.extend(told);
            } else {
                outcomes.extend(waiting.refused(batch).map(|_| batch::refused(calls, &body)));
            }
        }
        Ok(outcomes)
    }

    async fn send(
        &self,
        doing: &str,
        call: &Compiled,
        items: &[Outgoing],
        fields: &[String],
        identity: &str,
        deadline: Deadline,
    ) -> Result<Response<Bytes>, Error> {
        let body = batch::body(call, items, fields, identity)
            .map_err(|error| self.ours(doing, &format!("the body's expression {error}")))?;
        let body = serde_json::to_vec(&body).map_err(|error| self.ours(doing, &error.to_string()))?;
        let request = Ask {
            doing: doing.to_owned(),
            method: call.method.clone(),
            route: call.path.clone().into(),
            target: self.path(doing, &call.path)?,
            body: Some(Bytes::from(body)),
            // By key or by id: writing the same again changes nothing.
            effect: Effect::Repeatable,
        };
        self.driver.ask(&request, deadline).await?.ok_or_else(|| self.not_there(doing))
    }

    pub(super) fn stream(&self, doing: &str, name: &str) -> Result<&Stream, Error> {
        self.manifest.streams.get(name).ok_or_else(|| self.ours(doing, "the manifest has no such stream"))
    }

    fn writable(&self, doing: &str, name: &str) -> Result<(&Stream, &Write), Error> {
        let stream = self.stream(doing, name)?;
        let write = stream.write.as_ref().ok_or_else(|| self.ours(doing, "the stream is only read"))?;
        Ok((stream, write))
    }

    fn calls(&self, doing: &str, stream: &str) -> Result<&Calls, Error> {
        self.calls.get(stream).ok_or_else(|| self.ours(doing, "the stream is only read"))
    }

    /// A path with the connection's settings in it.
    pub(super) fn path(&self, doing: &str, template: &str) -> Result<String, Error> {
        filled(template, &self.settings).ok_or_else(|| Error::Settings {
            vendor: self.driver.vendor.clone(),
            doing: doing.to_owned(),
            code: "stream-missing",
            reason: format!("the connection was set up without what stands for a part of {template}"),
        })
    }

    /// The body of an answer that is not a refusal.
    pub(super) fn accepted(&self, doing: &str, response: &Response<Bytes>) -> Result<Value, Error> {
        if is_about_content(response.status()) {
            return Err(self.ours(doing, &self.answers.said(response)));
        }
        serde_json::from_slice(response.body()).map_err(|_| self.unexpected(doing, "its body, which is no JSON"))
    }

    pub(super) fn ours(&self, doing: &str, reason: &str) -> Error {
        Error::Ours { vendor: self.driver.vendor.clone(), doing: doing.to_owned(), reason: reason.to_owned() }
    }

    pub(super) fn unexpected(&self, doing: &str, place: &str) -> Error {
        let reason = format!("the answer is not as expected at {place}");
        Error::Weather { vendor: self.driver.vendor.clone(), doing: doing.to_owned(), reason }
    }

    pub(super) fn not_there(&self, doing: &str) -> Error {
        Error::Settings {
            vendor: self.driver.vendor.clone(),
            doing: doing.to_owned(),
            code: "stream-missing",
            reason: "the vendor does not know this collection, or the account may not see it".to_owned(),
        }
    }
}

fn by_key(keys: &[String]) -> Vec<Outgoing> {
    keys.iter().map(|key| Outgoing { key: key.clone(), id: None, values: serde_json::Map::new() }).collect()
}

/// Those that are told by the key they were asked for.
fn with_ids(found: Vec<Done>) -> impl Iterator<Item = (String, Item)> {
    found.into_iter().filter_map(|one| Some((one.key?, Item { key: one.id, content: one.record })))
}

fn one_target(stream: &Stream, path: &str, fields: &[String]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(named(stream, fields)).finish();
    with_query(path, &query)
}

/// The parameter that names the fields, where the vendor sends only those it is asked for.
pub(super) fn named<'a>(stream: &'a Stream, fields: &[String]) -> Option<(&'a str, String)> {
    let named = stream.fields.as_ref().filter(|_| !fields.is_empty())?;
    Some((&named.parameter, fields.join(&named.separator)))
}

pub(super) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
