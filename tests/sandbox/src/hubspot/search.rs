//! The search: an index that is late, that ends at ten thousand, and that has a limit of its own (sections 2 and 3).

use super::{
    State,
    objects::{Kind, ObjectType},
    properties::Type,
    records::{Record, Seen},
    replies::{Refusal, Replied, Reply},
    routes::Call,
    values::moment,
};
use serde_json::{Value, json};
use std::cmp::Ordering;

const LARGEST_PAGE: usize = 200;
const MOST_GROUPS: usize = 5;
const MOST_IN_GROUP: usize = 10;
const MOST_FILTERS: usize = 25;
/// Characters.
const LONGEST_QUERY: usize = 3_000;

struct Filter<'a> {
    place: usize,
    operator: &'a str,
    value: String,
    high: String,
    values: Vec<String>,
}

pub(super) fn search(state: &State, kind: Kind, call: &Call<'_>) -> Replied {
    let object = state.object(kind);
    let groups = groups(object, call.body)?;
    let query = call.body["query"].as_str().unwrap_or_default().to_lowercase();
    if query.chars().count() > LONGEST_QUERY {
        return Err(Refusal::invalid("The query is longer than 3000 characters"));
    }
    let limit = number(&call.body["limit"]).unwrap_or(10);
    if limit == 0 || limit > LARGEST_PAGE {
        return Err(Refusal::invalid("limit must be from 1 to 200"));
    }
    let after = number(&call.body["after"]).unwrap_or(0);
    if after + limit > state.settings.search_cap {
        let why = format!("Search results can be paged through up to {} only", state.settings.search_cap);
        return Err(Refusal::invalid(&why));
    }
    let lag = state.settings.search_lag;
    let mut hits: Vec<(u64, &Record, Seen<'_>)> = object
        .records
        .iter()
        .filter_map(|(id, record)| Some((*id, record, record.seen(call.now, lag)?)))
        .filter(|(id, record, seen)| matches_all(object, *id, record, *seen, &groups, &query))
        .collect();
    sort(object, &call.body["sorts"][0], &mut hits)?;
    let asked = call.body["properties"].as_array();
    let places = object.shown(asked.into_iter().flatten().filter_map(Value::as_str));
    let page = hits.iter().skip(after).take(limit);
    let portal = state.settings.portal_id;
    let results: Vec<Value> =
        page.map(|(id, record, seen)| object.read_json(portal, *id, record, *seen, &places)).collect();
    let mut body = json!({ "total": hits.len(), "results": results });
    let next = after + limit;
    if let (true, Some(map)) = (next < hits.len(), body.as_object_mut()) {
        map.insert("paging".to_owned(), json!({ "next": { "after": next.to_string() } }));
    }
    Ok(Reply::json(200, body))
}

fn number(value: &Value) -> Option<usize> {
    super::singles::id_text(value)?.parse().ok()
}

fn groups<'a>(object: &ObjectType, body: &'a Value) -> Result<Vec<Vec<Filter<'a>>>, Refusal> {
    let groups: Vec<&'a Vec<Value>> =
        body["filterGroups"].as_array().into_iter().flatten().filter_map(|group| group["filters"].as_array()).collect();
    let most = groups.iter().map(|group| group.len()).max().unwrap_or(0);
    let all: usize = groups.iter().map(|group| group.len()).sum();
    if groups.len() > MOST_GROUPS || most > MOST_IN_GROUP || all > MOST_FILTERS {
        return Err(Refusal::invalid("Too many filters or filter groups"));
    }
    groups.into_iter().map(|group| group.iter().map(|one| filter(object, one)).collect()).collect()
}

fn filter<'a>(object: &ObjectType, one: &'a Value) -> Result<Filter<'a>, Refusal> {
    const OPERATORS: [&str; 13] = [
        "EQ",
        "NEQ",
        "LT",
        "LTE",
        "GT",
        "GTE",
        "BETWEEN",
        "IN",
        "NOT_IN",
        "HAS_PROPERTY",
        "NOT_HAS_PROPERTY",
        "CONTAINS_TOKEN",
        "NOT_CONTAINS_TOKEN",
    ];
    let name = one["propertyName"].as_str().unwrap_or_default();
    let Some(place) = object.properties.place(name) else {
        return Err(Refusal::invalid(&format!("There was a problem with the request: unknown property {name}")));
    };
    let operator = one["operator"].as_str().unwrap_or_default();
    if !OPERATORS.contains(&operator) {
        return Err(Refusal::unreadable(&format!("{operator} is not an operator")));
    }
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let values: Vec<String> = one["values"].as_array().into_iter().flatten().map(text).collect();
    if matches!(operator, "IN" | "NOT_IN") && values.is_empty() {
        return Err(Refusal::invalid(&format!("{operator} needs values")));
    }
    Ok(Filter { place, operator, value: text(&one["value"]), high: text(&one["highValue"]), values })
}

/// Groups are alternatives; filters of one all hold.
fn matches_all(
    object: &ObjectType,
    id: u64,
    record: &Record,
    seen: Seen<'_>,
    groups: &[Vec<Filter<'_>>],
    query: &str,
) -> bool {
    let holds = |one: &Filter<'_>| {
        holds(one, object.properties.at(one.place).kind, object.value(id, record, seen, one.place).as_deref())
    };
    let found = query.is_empty() || seen.values.iter().any(|(_, value)| value.to_lowercase().contains(query));
    found && (groups.is_empty() || groups.iter().any(|group| group.iter().all(holds)))
}

fn holds(filter: &Filter<'_>, kind: Type, value: Option<&str>) -> bool {
    let against = |other: &str| value.and_then(|value| compare(kind, value, other));
    let is = |other: &str| against(other) == Some(Ordering::Equal);
    match filter.operator {
        "EQ" => is(&filter.value),
        "NEQ" => !is(&filter.value),
        "LT" => against(&filter.value).is_some_and(Ordering::is_lt),
        "LTE" => against(&filter.value).is_some_and(Ordering::is_le),
        "GT" => against(&filter.value).is_some_and(Ordering::is_gt),
        "GTE" => against(&filter.value).is_some_and(Ordering::is_ge),
        "BETWEEN" => {
            against(&filter.value).is_some_and(Ordering::is_ge) && against(&filter.high).is_some_and(Ordering::is_le)
        }
        "IN" => filter.values.iter().any(|one| is(one)),
        "NOT_IN" => value.is_some() && !filter.values.iter().any(|one| is(one)),
        "HAS_PROPERTY" => value.is_some(),
        "NOT_HAS_PROPERTY" => value.is_none(),
        "CONTAINS_TOKEN" => value.is_some_and(|value| has_token(value, &filter.value)),
        _ => !value.is_some_and(|value| has_token(value, &filter.value)),
    }
}

fn compare(kind: Type, left: &str, right: &str) -> Option<Ordering> {
    match kind {
        Type::Number => left.parse::<f64>().ok()?.partial_cmp(&right.parse::<f64>().ok()?),
        Type::Date | Type::DateTime => Some(moment(left)?.cmp(&moment(right)?)),
        _ => Some(left.to_lowercase().cmp(&right.to_lowercase())),
    }
}

/// A word of the value is the token; stars at its ends stand for anything.
fn has_token(value: &str, token: &str) -> bool {
    let (value, token) = (value.to_lowercase(), token.to_lowercase());
    let bare = token.trim_matches('*');
    let mut words = value.split(|c: char| !c.is_alphanumeric()).chain([value.as_str()]);
    words.any(|word| match (token.starts_with('*'), token.ends_with('*')) {
        (true, true) => word.contains(bare),
        (true, false) => word.ends_with(bare),
        (false, true) => word.starts_with(bare),
        (false, false) => word == bare,
    })
}

/// By the first of the sorts; without one, in the order of creation.
fn sort(object: &ObjectType, sort: &Value, hits: &mut [(u64, &Record, Seen<'_>)]) -> Result<(), Refusal> {
    let (name, falling) = match sort {
        Value::Null => return Ok(()),
        Value::String(name) => (name.trim_start_matches('-'), name.starts_with('-')),
        other => (other["propertyName"].as_str().unwrap_or_default(), other["direction"] == "DESCENDING"),
    };
    let Some(place) = object.properties.place(name) else {
        return Err(Refusal::invalid(&format!("unknown property {name} to sort by")));
    };
    let kind = object.properties.at(place).kind;
    hits.sort_by(|left, right| {
        let of = |(id, record, seen): &(u64, &Record, Seen<'_>)| object.value(*id, record, *seen, place);
        let order = match (of(left), of(right)) {
            (Some(left), Some(right)) => compare(kind, &left, &right).unwrap_or(Ordering::Equal),
            (left, right) => left.is_some().cmp(&right.is_some()),
        };
        if falling { order.reverse() } else { order }
    });
    Ok(())
}
