//! Paging, sorting and array parameters (section 2).

use crate::answer::Answer;
use serde_json::{Value, json};

const DEFAULT_PAGE: usize = 10;
/// The largest page seen in use; the true limit is not known.
const LARGEST_PAGE: usize = 200;

/// Query pairs, decoded.
pub(crate) type Query = [(String, String)];

pub(crate) fn one<'a>(query: &'a Query, name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The values of `name[]`. A bare scalar is refused.
pub(crate) fn many<'a>(query: &'a Query, name: &str) -> Result<Vec<&'a str>, Answer> {
    if one(query, name).is_some() {
        let mut errors = json!({});
        if let Some(map) = errors.as_object_mut() {
            map.insert(name.to_owned(), Value::from("must be an array"));
        }
        return Err(Answer::json(422, json!({ "errors": errors })));
    }
    let bracketed = format!("{name}[]");
    Ok(query.iter().filter(|(key, _)| *key == bracketed).map(|(_, value)| value.as_str()).collect())
}

/// The page asked for, in the vendor's envelope.
pub(crate) fn page(query: &Query, plural: &str, items: Vec<Value>) -> Answer {
    let number = |name: &str| one(query, name).and_then(|text| text.parse::<usize>().ok()).filter(|number| *number > 0);
    let page = number("page").unwrap_or(1);
    let size = number("page_size").unwrap_or(DEFAULT_PAGE).min(LARGEST_PAGE);
    let total = items.len();
    let shown: Vec<Value> = items.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
    let mut body = json!({
        "page": page, "page_size": size, "total_pages": total.div_ceil(size), "total_items": total,
    });
    if let Some(map) = body.as_object_mut() {
        map.insert(plural.to_owned(), Value::from(shown));
    }
    Answer::json(200, body)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

pub(crate) fn direction(query: &Query) -> Direction {
    match one(query, "sort_direction") {
        Some("asc") => Direction::Ascending,
        _ => Direction::Descending,
    }
}
