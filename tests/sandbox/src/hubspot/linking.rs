//! Calls about associations, one by one and in batches (section 8).

use super::{
    State,
    associations::Node,
    batches::{Done, inputs},
    objects::Kind,
    replies::{Refusal, Replied, Reply},
    routes::Call,
};
use serde_json::{Value, json};

const LARGEST_READ: usize = 1_000;
const LARGEST_WRITE: usize = 2_000;
const PAGE: usize = 500;

pub(super) fn list(state: &State, kind: Kind, id: &str, to: Kind, call: &Call<'_>) -> Replied {
    let from = state.node(kind, &json!(id))?;
    let (results, next) = page(state, from, to, call.limit(PAGE, PAGE)?, call.query("after"));
    Ok(Reply::json(200, with_paging(json!({ "results": results }), next)))
}

/// Object ids are numbers here.
pub(super) fn set(state: &mut State, from: (Kind, &str), to: (Kind, &str), call: &Call<'_>) -> Replied {
    let (from, to) = (state.node(from.0, &json!(from.1))?, state.node(to.0, &json!(to.1))?);
    let link = state.link(from, to, call.body)?;
    state.links.put(link);
    Ok(Reply::json(201, set_json(state, from, to, &[])))
}

pub(super) fn set_plain(state: &mut State, from: (Kind, &str), to: (Kind, &str)) -> Replied {
    let (from, to) = (state.node(from.0, &json!(from.1))?, state.node(to.0, &json!(to.1))?);
    let results = associate(state, from, to)?;
    Ok(Reply::json(200, json!({ "status": "COMPLETE", "results": results })))
}

pub(super) fn unset(state: &mut State, from: (Kind, &str), to: (Kind, &str)) -> Replied {
    let (from, to) = (state.node(from.0, &json!(from.1))?, state.node(to.0, &json!(to.1))?);
    state.links.remove(from, to);
    Ok(Reply::nothing())
}

pub(super) fn batch_create(state: &mut State, from: Kind, to: Kind, call: &Call<'_>) -> Replied {
    each(state, 201, call, |state, input| {
        let (from, to) = ends(state, from, to, input)?;
        let link = state.link(from, to, &input["types"])?;
        state.links.put(link);
        let labels: Vec<Value> = input["types"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| {
                let id = u32::try_from(one["associationTypeId"].as_u64()?).ok()?;
                Some(json!(state.link_types.get(from.0, to.0, id)?.label.clone()?))
            })
            .collect();
        Ok(vec![set_json(state, from, to, &labels)])
    })
}

pub(super) fn batch_associate(state: &mut State, from: Kind, to: Kind, call: &Call<'_>) -> Replied {
    each(state, 200, call, |state, input| {
        let (from, to) = ends(state, from, to, input)?;
        associate(state, from, to)
    })
}

/// The pair goes with all its labels.
pub(super) fn batch_archive(state: &mut State, from: Kind, to: Kind, call: &Call<'_>) -> Replied {
    for input in inputs(call, LARGEST_WRITE)? {
        let Ok(from) = state.node(from, &input["from"]["id"]) else { continue };
        for other in input["to"].as_array().into_iter().flatten() {
            if let Ok(to) = state.node(to, &other["id"]) {
                state.links.remove(from, to);
            }
        }
    }
    Ok(Reply::nothing())
}

/// One type goes; the type without a label takes all others with it.
pub(super) fn batch_archive_labels(state: &mut State, from: Kind, to: Kind, call: &Call<'_>) -> Replied {
    for input in inputs(call, LARGEST_WRITE)? {
        let Ok((from, to)) = ends(state, from, to, input) else { continue };
        for one in input["types"].as_array().into_iter().flatten() {
            let id = one["associationTypeId"].as_u64().and_then(|id| u32::try_from(id).ok()).unwrap_or_default();
            let Some(known) = state.link_types.get(from.0, to.0, id) else {
                return Err(Refusal::invalid(&format!("invalid association type {one}")));
            };
            if known.label.is_none() {
                state.links.remove(from, to);
            } else {
                state.links.take_off((from, known.id), (to, known.inverse));
            }
        }
    }
    Ok(Reply::nothing())
}

pub(super) fn batch_read(state: &mut State, from: Kind, to: Kind, call: &Call<'_>) -> Replied {
    let mut done = Done { results: Vec::new(), errors: Vec::new() };
    for input in inputs(call, LARGEST_READ)? {
        let id = super::singles::id_text(&input["id"]).ok_or_else(|| Refusal::unreadable("an input has no id"))?;
        let found = state.node(from, &json!(id)).ok();
        let (others, next) = found.map(|from| page(state, from, to, PAGE, input["after"].as_str())).unwrap_or_default();
        if others.is_empty() {
            let message = format!("No {} is associated with {} {id}.", state.object(to).id, state.object(from).id);
            let none = Refusal::new(404, "OBJECT_NOT_FOUND", &message)
                .with("subCategory", json!("crm.associations.NO_ASSOCIATIONS_FOUND"));
            done.errors.push(none.in_batch(json!({
                "fromObjectId": [id], "fromObjectType": [state.object(from).id], "toObjectType": [state.object(to).id],
            })));
        } else {
            done.results.push((with_paging(json!({ "from": { "id": id }, "to": others }), next), false));
        }
    }
    Ok(done.reply(200, state, call.now))
}

/// A page of a record's associations, and where the next one begins.
fn page(state: &State, from: Node, to: Kind, limit: usize, after: Option<&str>) -> (Vec<Value>, Option<u64>) {
    let after: u64 = after.and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut all = state.linked(from, to).filter(|(id, _)| *id > after);
    let page: Vec<(u64, Value)> = all
        .by_ref()
        .take(limit)
        .map(|(id, types)| (id, json!({ "toObjectId": id, "associationTypes": state.types_json(from.0, to, types) })))
        .collect();
    let last = page.last().map(|(id, _)| *id);
    let next = all.next().and(last);
    (page.into_iter().map(|(_, shown)| shown).collect(), next)
}

fn with_paging(mut body: Value, next: Option<u64>) -> Value {
    if let (Some(next), Some(map)) = (next, body.as_object_mut()) {
        map.insert("paging".to_owned(), json!({ "next": { "after": next.to_string() } }));
    }
    body
}

fn set_json(state: &State, from: Node, to: Node, labels: &[Value]) -> Value {
    json!({
        "fromObjectTypeId": state.object(from.0).id, "fromObjectId": from.1,
        "toObjectTypeId": state.object(to.0).id, "toObjectId": to.1, "labels": labels,
    })
}

/// Without a label; answers both directions.
fn associate(state: &mut State, from: Node, to: Node) -> Result<Vec<Value>, Refusal> {
    let link = state.plain_link(from, to)?;
    state.links.put(link);
    let one = |from: Node, to: Node| {
        let plain = state.link_types.plain(from.0, to.0)?;
        Some(json!({
            "from": { "id": from.1.to_string() }, "to": { "id": to.1.to_string() },
            "associationSpec": { "associationCategory": plain.category.name(), "associationTypeId": plain.id },
        }))
    };
    Ok([one(from, to), one(to, from)].into_iter().flatten().collect())
}

fn ends(state: &State, from: Kind, to: Kind, input: &Value) -> Result<(Node, Node), Refusal> {
    Ok((state.node(from, &input["from"]["id"])?, state.node(to, &input["to"]["id"])?))
}

/// Every input by itself; those that fail become errors beside the rest.
fn each(
    state: &mut State,
    status: u16,
    call: &Call<'_>,
    how: impl Fn(&mut State, &Value) -> Result<Vec<Value>, Refusal>,
) -> Replied {
    let mut done = Done { results: Vec::new(), errors: Vec::new() };
    for input in inputs(call, LARGEST_WRITE)? {
        match how(state, input) {
            Ok(results) => done.results.extend(results.into_iter().map(|result| (result, false))),
            Err(refusal) => done.errors.push(refusal.in_batch(json!({
                "fromObjectId": [input["from"]["id"]], "toObjectId": [input["to"]["id"]],
            }))),
        }
    }
    Ok(done.reply(status, state, call.now))
}
