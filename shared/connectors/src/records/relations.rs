//! Writing relations between records.

use super::{RecordClient, Relating, call::CompiledRelation};
use crate::{
    error::Error,
    roles::TargetIds,
    transport::{Ask, Deadline, Effect},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One relation, by the vendor's ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    pub from: String,
    pub to: String,
    /// As set-up calls it.
    pub kind: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeWrite {
    Add,
    Remove,
}

#[derive(Debug, Deserialize)]
struct Failed {
    from: Value,
    to: Value,
}

impl RecordClient {
    /// The relation of that name, compiled.
    pub fn relating(&self, name: &str) -> Option<&Relating> {
        self.relating.get(name)
    }

    /// Adds or removes relations, of which [`Relating::batch_size`] go into one call; tells those the vendor refused. Doing the same
    /// again changes nothing.
    pub async fn relate(
        &self,
        relating: &Relating,
        write: EdgeWrite,
        ids: &TargetIds,
        edges: &[Edge],
        deadline: Deadline,
    ) -> Result<BTreeSet<Edge>, Error> {
        let doing = "write relations";
        let call = match write {
            EdgeWrite::Add => &relating.add,
            EdgeWrite::Remove => &relating.remove,
        };
        let (mut items, mut refused) = (Vec::with_capacity(edges.len()), BTreeSet::new());
        for edge in edges {
            match ids.relation(&relating.from, &relating.to, Some(&edge.kind)) {
                Some(kind) => {
                    items.push(json!({ "from": edge.from, "to": edge.to, "category": kind.category, "id": kind.id }));
                }
                // The target has no such kind: set-up said so.
                None => drop(refused.insert(edge.clone())),
            }
        }
        if !items.is_empty() {
            refused.extend(self.write_edges(doing, call, items, edges, deadline).await?);
        }
        Ok(refused)
    }

    async fn write_edges(
        &self,
        doing: &str,
        call: &CompiledRelation,
        items: Vec<Value>,
        batch: &[Edge],
        deadline: Deadline,
    ) -> Result<Vec<Edge>, Error> {
        let body = call.body.evaluate(&Value::Array(items));
        let body = body.map_err(|error| self.ours(doing, &format!("the body's expression {error}")))?;
        let body = serde_json::to_vec(&body).map_err(|error| self.ours(doing, &error.to_string()))?;
        let ask = Ask {
            doing: doing.to_owned(),
            method: call.method.clone(),
            route: call.path.clone().into(),
            target: self.path(doing, &call.path)?,
            body: Some(Bytes::from(body)),
            effect: Effect::Repeatable,
        };
        let response = self.driver.ask(&ask, deadline).await?.ok_or_else(|| self.not_there(doing))?;
        if response.body().is_empty() {
            return Ok(Vec::new());
        }
        let body = self.accepted(doing, &response)?;
        let Some(failed) = &call.failed else { return Ok(Vec::new()) };
        let failed = failed.evaluate(&body).ok().and_then(|failed| serde_json::from_value::<Vec<Failed>>(failed).ok());
        let failed = failed.ok_or_else(|| self.unexpected(doing, "its errors"))?;
        // Ids are written as text or as numbers.
        let is = |id: &Value, text: &str| match id {
            Value::String(id) => id == text,
            Value::Number(id) => id.as_u64().map(|id| id.to_string()).as_deref() == Some(text),
            _ => false,
        };
        let among = |edge: &&Edge| failed.iter().any(|one| is(&one.from, &edge.from) && is(&one.to, &edge.to));
        Ok(batch.iter().filter(among).cloned().collect())
    }
}
