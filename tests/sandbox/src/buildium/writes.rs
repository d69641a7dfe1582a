//! The writes there are: a tenant is replaced whole, a move-out is made and undone, a unit is listed and delisted, a
//! rental goes out of use (sections 3.1 to 5).

pub(super) mod listings;
pub(super) mod move_outs;
pub(super) mod rentals;
pub(super) mod tenants;

use super::refusals::Refusal;
use crate::answer::Ask;
use serde::de::DeserializeOwned;

fn body<T: DeserializeOwned>(ask: &Ask) -> Result<T, Refusal> {
    let kind = ask.headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return Err(Refusal::content_type());
    }
    let value: serde_json::Value = serde_json::from_slice(&ask.body).map_err(|_| Refusal::unreadable())?;
    serde_json::from_value(value).map_err(|why| Refusal::invalid("body", &why.to_string()))
}
