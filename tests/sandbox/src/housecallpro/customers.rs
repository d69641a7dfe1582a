//! Customers and their addresses, and the small lists.

use super::{
    State, bad_attribute,
    lists::{Direction, direction, one, page},
    not_found,
    records::{Address, Customer},
    routes::Call,
    text,
};
use crate::{
    answer::{Answer, Answered},
    ids::hex32,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) fn company(state: &State) -> Answer {
    Answer::json(
        200,
        json!({
            "id": state.company_id, "name": state.company, "time_zone": state.zone.iana_name(),
            "default_arrival_window": 0, "address": { "street": "1 Test St", "city": "Sampletown", "country": "US" },
        }),
    )
}

pub(crate) fn list(state: &State, call: &Call<'_>) -> Answer {
    let sought = one(call.query, "q").map(str::to_lowercase);
    let holds = |customer: &Customer| {
        let Some(sought) = &sought else { return true };
        let name = format!("{} {}", customer.first_name, customer.last_name);
        let streets = customer.addresses.values().map(|address| address.street.as_str());
        [
            name.as_str(),
            customer.email.as_deref().unwrap_or_default(),
            customer.mobile_number.as_deref().unwrap_or_default(),
        ]
        .into_iter()
        .chain(streets)
        .any(|text| text.to_lowercase().contains(sought))
    };
    let mut found: Vec<&Customer> = state.customers.values().filter(|customer| holds(customer)).collect();
    found.sort_by_key(|customer| customer.created_at);
    if direction(call.query) == Direction::Descending {
        found.reverse();
    }
    page(call.query, "customers", found.into_iter().map(|customer| state.customer_json(customer)).collect())
}

pub(crate) fn create(state: &mut State, call: &Call<'_>) -> Answered {
    let mut customer = Customer { created_at: call.now, updated_at: call.now, ..Customer::default() };
    fill(&mut customer, call.body, "notes");
    if customer.first_name.is_empty() && customer.last_name.is_empty() && customer.email.is_none() {
        return Err(bad_attribute("first_name", "is missing"));
    }
    customer.id = hex32(&mut state.rng, "cus_");
    let shown = state.customer_json(&customer);
    state.customers.insert(customer.id.clone(), customer);
    state.tell("customer.created", "customer", &shown, call.now);
    Ok(Answer::json(201, shown))
}

/// Creating takes `notes`, updating takes `note`.
fn fill(customer: &mut Customer, body: &Value, notes: &str) {
    for (key, place) in [("first_name", &mut customer.first_name), ("last_name", &mut customer.last_name)] {
        if let Some(value) = text(body, key) {
            value.clone_into(place);
        }
    }
    let optional = [
        ("email", &mut customer.email),
        ("mobile_number", &mut customer.mobile_number),
        ("company", &mut customer.company),
        (notes, &mut customer.notes),
    ];
    for (key, place) in optional {
        if let Some(value) = body.get(key) {
            *place = value.as_str().map(str::to_owned);
        }
    }
}

pub(crate) fn read(state: &State, id: &str) -> Answered {
    let customer = state.customers.get(id).ok_or_else(not_found)?;
    Ok(Answer::json(200, state.customer_json(customer)))
}

pub(crate) fn update(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let mut customer = state.customers.get(id).cloned().ok_or_else(not_found)?;
    fill(&mut customer, call.body, "note");
    customer.updated_at = call.now;
    let shown = state.customer_json(&customer);
    state.customers.insert(customer.id.clone(), customer);
    state.tell("customer.updated", "customer", &shown, call.now);
    Ok(Answer::json(200, shown))
}

pub(crate) fn addresses(state: &State, id: &str, call: &Call<'_>) -> Answered {
    let customer = state.customers.get(id).ok_or_else(not_found)?;
    Ok(page(call.query, "addresses", customer.addresses.values().map(Address::json).collect()))
}

pub(crate) fn address(state: &State, id: &str, address: &str) -> Answered {
    let customer = state.customers.get(id).ok_or_else(not_found)?;
    let address = customer.addresses.get(address).ok_or_else(not_found)?;
    Ok(Answer::json(200, address.json()))
}

pub(crate) fn add_address(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let required =
        |key: &'static str| text(call.body, key).map(str::to_owned).ok_or_else(|| bad_attribute(key, "is missing"));
    required("country")?;
    let address = Address {
        id: hex32(&mut state.rng, "adr_"),
        street: required("street")?,
        street_line_2: text(call.body, "street_line_2").map(str::to_owned),
        city: required("city")?,
        state: required("state")?,
        zip: required("zip")?,
    };
    let shown = address.json();
    let customer = state.customers.get_mut(id).ok_or_else(not_found)?;
    customer.addresses.insert(address.id.clone(), address);
    customer.updated_at = call.now;
    Ok(Answer::json(200, shown))
}

/// Only active people: who leaves vanishes from the list.
pub(crate) fn employees(state: &State, call: &Call<'_>) -> Answer {
    page(call.query, "employees", state.employees_json(state.employees.keys()))
}

fn named(list: &BTreeMap<String, String>, sought: Option<&str>) -> Vec<Value> {
    let holds = |name: &str| sought.is_none_or(|sought| name.to_lowercase().contains(&sought.to_lowercase()));
    list.iter().filter(|(_, name)| holds(name)).map(|(id, name)| json!({ "id": id, "name": name })).collect()
}

pub(crate) fn job_types(state: &State, call: &Call<'_>) -> Answer {
    page(call.query, "job_types", named(&state.job_types, one(call.query, "name")))
}

pub(crate) fn tags(state: &State, call: &Call<'_>) -> Answer {
    page(call.query, "tags", named(&state.tags, None))
}

pub(crate) fn add_tag(state: &mut State, call: &Call<'_>) -> Answered {
    let name = text(call.body, "name").ok_or_else(|| bad_attribute("name", "is missing"))?;
    let id = hex32(&mut state.rng, "tag_");
    state.tags.insert(id.clone(), name.to_owned());
    Ok(Answer::json(201, json!({ "id": id, "name": name })))
}

pub(crate) fn rename_tag(state: &mut State, id: &str, call: &Call<'_>) -> Answered {
    let name = text(call.body, "name").ok_or_else(|| bad_attribute("name", "is missing"))?;
    let place = state.tags.get_mut(id).ok_or_else(not_found)?;
    name.clone_into(place);
    Ok(Answer::json(200, json!({ "id": id, "name": name })))
}
