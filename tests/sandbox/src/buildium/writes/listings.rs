//! `/v1/rentals/units/{id}/listing`: made and replaced by the same call (section 4).

use super::body;
use crate::{
    answer::{Answer, Ask},
    buildium::{
        State,
        call::{Call, Replied},
        hooks::Change,
        query::Query,
        records::{Listing, ListingContact, Word},
        refusals::Refusal,
        streams::listings,
    },
};
use http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;

/// The sheet names no fields; these are those of public clients' models.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListingSave {
    rent: f64,
    #[serde(default)]
    deposit: Option<f64>,
    #[serde(default)]
    lease_terms: Option<Word>,
    available_date: Date,
    #[serde(default)]
    contact_id: Option<u32>,
    is_managed_externally: bool,
}

/// 201 where the unit was not listed, 200 where it was.
pub(in crate::buildium) fn save(state: &mut State, unit: u32, ask: &Ask, today: Date) -> Replied {
    let save: ListingSave = body(ask)?;
    let contact = save.contact_id.map(|id| ListingContact { id, ..ListingContact::default() });
    let listing = Listing {
        listing_date: today,
        rent: save.rent,
        deposit: save.deposit,
        lease_terms: save.lease_terms,
        available_date: save.available_date,
        is_managed_externally: save.is_managed_externally,
        rental_application_url: None,
        contact: contact.filter(|_| !save.is_managed_externally),
    };
    let change = state.list_unit(unit, listing, ask.now).ok_or_else(Refusal::not_found)?;
    state.usage.writes += 1;
    let largest_page = state.largest_page;
    let saved =
        listings::read(&Call { store: &state.store, query: Query(&ask.query), today, draw: 0, largest_page }, unit)?;
    if change == Change::Updated {
        return Ok(saved);
    }
    let location = format!("/v1/rentals/units/{unit}/listing");
    Ok(Answer { status: StatusCode::CREATED, ..saved }.with_header("location", &location))
}

pub(in crate::buildium) fn take_down(state: &mut State, unit: u32, ask: &Ask) -> Replied {
    state.delist_unit(unit, ask.now).ok_or_else(Refusal::not_found)?;
    state.usage.writes += 1;
    Ok(Answer::empty(204))
}
