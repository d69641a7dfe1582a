//! Calls about the portal itself: what is switched on, its time zone, how much of the day's calls is used.

use super::{
    State,
    records::stamp,
    replies::{Refusal, Replied, Reply},
    routes::Call,
    settings::Activation,
};
use jiff::tz::TimeZone;
use serde_json::json;

pub(super) fn answer(state: &State, method: &str, rest: &[&str], call: &Call<'_>) -> Option<(String, Replied)> {
    let (route, replied) = match (method, rest) {
        ("GET", ["enablement"]) => ("/object-library/enablement", Ok(all(state))),
        ("GET", ["enablement", id]) => ("/object-library/enablement/{type}", one(state, id)),
        ("GET", ["details"]) => ("/account-info/details", Ok(details(state, call))),
        ("GET", ["api-usage", "daily", "private-apps"]) => ("/account-info/api-usage", Ok(usage(state, call))),
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
