//! Calls about the portal itself: what is switched on, its time zone, how much of its limits is used.

use super::{
    State, labels,
    objects::Kind,
    records::stamp,
    replies::{Refusal, Replied, Reply},
    routes::Call,
    settings::Activation,
};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

pub(super) fn answer(state: &State, method: &str, rest: &[&str], call: &Call<'_>) -> Option<(String, Replied)> {
    let (route, replied) = match (method, rest) {
        ("GET", ["enablement"]) => ("/object-library/enablement", Ok(all(state))),
        ("GET", ["enablement", id]) => ("/object-library/enablement/{type}", one(state, id)),
        ("GET", ["details"]) => ("/account-info/details", Ok(details(state, call))),
        ("GET", ["api-usage", "daily", "private-apps"]) => ("/account-info/api-usage", Ok(usage(state, call))),
        ("GET", ["custom-object-types"]) => ("/limits/custom-object-types", Ok(custom_objects(state))),
        ("GET", ["associations", "labels"]) => ("/limits/associations/labels", Ok(label_limits(state, call))),
        _ => return None,
    };
    Some((route.to_owned(), replied))
}

fn all(state: &State) -> Reply {
    Reply::json(200, json!({ "enablementByObjectTypeId": { "0-420": has_listings(state) } }))
}

fn one(state: &State, id: &str) -> Replied {
    if id != "0-420" {
        return Err(Refusal::no_object());
    }
    Ok(Reply::json(200, json!({ "enablement": has_listings(state) })))
}

fn has_listings(state: &State) -> bool {
    state.settings.listings == Activation::Active
}

fn details(state: &State, call: &Call<'_>) -> Reply {
    let zone = TimeZone::get(&state.settings.zone).unwrap_or(TimeZone::UTC);
    let offset = call.now.to_zoned(zone).strftime("%:z").to_string();
    Reply::json(
        200,
        json!({
            "portalId": state.settings.portal_id, "timeZone": state.settings.zone, "utcOffset": offset,
            "accountType": "STANDARD", "companyCurrency": "USD", "uiDomain": "app.hubspot.com",
        }),
    )
}

fn usage(state: &State, call: &Call<'_>) -> Reply {
    Reply::json(
        200,
        json!({ "results": [{
            "name": "private-apps-api-calls-daily", "currentUsage": state.rates.used_today,
            "usageLimit": state.rates.daily, "resetsAt": stamp(state.rates.resets_at(call.now)),
            "fetchStatus": "SUCCESS",
        }] }),
    )
}

/// Types a portal may define, the archived ones included.
pub(super) const MOST_CUSTOM: usize = 10;

/// A portal whose plan has none is told a limit of nothing.
fn custom_objects(state: &State) -> Reply {
    let most = if state.settings.has_custom_objects() { MOST_CUSTOM } else { 0 };
    Reply::json(200, limited(most, state.objects.iter().filter(|one| one.schema.is_some()).count()))
}

/// Of every pair of types in one direction, or of those the query names.
fn label_limits(state: &State, call: &Call<'_>) -> Reply {
    let named = |key: &str, kind: Kind| call.query(key).is_none_or(|id| id == state.object(kind).id);
    let kinds = || (0..state.objects.len()).map(Kind);
    let pairs = kinds().flat_map(|from| kinds().map(move |to| (from, to)));
    let pairs = pairs.filter(|(from, to)| {
        named("fromObjectTypeId", *from) && named("toObjectTypeId", *to) && state.link_types.plain(*from, *to).is_some()
    });
    let most = if state.settings.has_labels() { labels::MOST_LABELS } else { 0 };
    let results: Vec<Value> = pairs
        .map(|(from, to)| {
            let labels: Vec<&str> = state.link_types.of(from, to).filter_map(|one| one.label.as_deref()).collect();
            let mut pair = limited(most, labels.len());
            pair["allLabels"] = json!(labels);
            pair["fromObjectType"] = json!({ "objectTypeId": state.object(from).id });
            pair["toObjectType"] = json!({ "objectTypeId": state.object(to).id });
            pair
        })
        .collect();
    Reply::json(200, json!({ "results": results }))
}

fn limited(most: usize, used: usize) -> Value {
    json!({ "limit": most, "usage": used, "percentage": (used * 100).checked_div(most).unwrap_or(0) })
}
