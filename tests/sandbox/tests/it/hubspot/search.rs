//! Sections 2 and 3: the search.

use crate::support::portal::{CONTACTS, LISTINGS, Portal, portal, with};
use lintel_sandbox::hubspot::PortalSettings;
use serde_json::{Value, json};

async fn search(portal: &Portal, path: &str, body: Value) -> (u16, Value) {
    portal.pass(1);
    portal.post(&format!("{path}/search"), &body).await
}

fn filter(property: &str, operator: &str, value: &str) -> Value {
    json!({ "filterGroups": [{ "filters": [{ "propertyName": property, "operator": operator, "value": value }] }] })
}

async fn total(portal: &Portal, path: &str, body: Value) -> Value {
    let (status, found) = search(portal, path, body).await;
    assert_eq!(status, 200, "{found}");
    found["total"].clone()
}

#[tokio::test]
async fn what_was_written_is_found_ten_seconds_later() {
    let portal = portal().await;
    let id = portal.contact("ann@example.com").await;
    let ann = || filter("email", "EQ", "ann@example.com");
    assert_eq!(total(&portal, CONTACTS, ann()).await, 0);
    portal.pass(7);
    assert_eq!(total(&portal, CONTACTS, ann()).await, 0);
    assert_eq!(total(&portal, CONTACTS, ann()).await, 1);
    let body = json!({ "properties": { "email": "ann@example.org" } });
    assert_eq!(portal.call("PATCH", &format!("{CONTACTS}/{id}"), &body).await.0, 200);
    let (_, stale) = search(&portal, CONTACTS, ann()).await;
    assert_eq!(stale["results"][0]["properties"]["email"], "ann@example.com", "the index still has the old address");
    portal.pass(9);
    assert_eq!(total(&portal, CONTACTS, ann()).await, 0);
    assert_eq!(total(&portal, CONTACTS, filter("email", "EQ", "ANN@example.org")).await, 1);
}

#[tokio::test]
async fn archived_records_are_never_found() {
    let portal = portal().await;
    let id = portal.contact("ann@example.com").await;
    portal.pass(20);
    assert_eq!(total(&portal, CONTACTS, json!({})).await, 1);
    portal.vendor().person_deletes("contacts", &id).unwrap();
    assert_eq!(total(&portal, CONTACTS, json!({})).await, 0);
}

#[tokio::test]
async fn operators_groups_and_sorts() {
    let portal = portal().await;
    for (name, price) in [("Elm Court", "900"), ("Oak Row", "1100"), ("Ash Lane", "2000")] {
        portal.vendor().person_creates("0-420", &[("hs_name", name), ("hs_price", price)]).unwrap();
    }
    portal.vendor().person_creates("0-420", &[("hs_name", "Fir Close")]).unwrap();
    portal.pass(10);
    for (property, operator, value, count) in [
        ("hs_price", "GT", "1000", 2),
        ("hs_price", "LTE", "1100", 2),
        ("hs_price", "NEQ", "900", 3),
        ("hs_price", "HAS_PROPERTY", "", 3),
        ("hs_price", "NOT_HAS_PROPERTY", "", 1),
        ("hs_name", "CONTAINS_TOKEN", "oak", 1),
        ("hs_name", "CONTAINS_TOKEN", "o*", 1),
        ("hs_createdate", "GTE", "1898596800000", 4),
    ] {
        let found = total(&portal, LISTINGS, filter(property, operator, value)).await;
        assert_eq!(found, count, "{property} {operator} {value}");
    }
    let between = json!({ "filterGroups": [
        { "filters": [{ "propertyName": "hs_price", "operator": "BETWEEN", "value": 1000, "highValue": 1200 }] },
        { "filters": [{ "propertyName": "hs_name", "operator": "IN", "values": ["fir close"] }] },
    ], "sorts": [{ "propertyName": "hs_name", "direction": "DESCENDING" }], "properties": ["hs_name", "hs_price"] });
    let (_, found) = search(&portal, LISTINGS, between).await;
    let names: Vec<&Value> =
        found["results"].as_array().unwrap().iter().map(|one| &one["properties"]["hs_name"]).collect();
    assert_eq!(names, [&json!("Oak Row"), &json!("Fir Close")]);
    assert_eq!(found["results"][0]["properties"]["hs_price"], "1100", "numbers are text on reading");
    assert_eq!(search(&portal, LISTINGS, filter("name", "EQ", "Oak Row")).await.0, 400);
    assert_eq!(search(&portal, LISTINGS, filter("hs_name", "LIKE", "Oak Row")).await.0, 400);
}

#[tokio::test]
async fn pages_end_at_ten_thousand_of_a_hundred_thousand() {
    let portal = with(PortalSettings { searches_per_second: 1_000, ..PortalSettings::default() }).await;
    let made = "2029-01-01T00:00:00Z".parse().unwrap();
    let people = (0..100_000).map(|number| vec![("email", format!("p{number}@example.com"))]);
    assert_eq!(portal.vendor().import("contacts", people, made), Ok(100_000));
    let (_, last) = search(&portal, CONTACTS, json!({ "limit": 200, "after": "9800" })).await;
    assert_eq!((&last["total"], last["results"].as_array().unwrap().len()), (&json!(100_000), 200));
    let (status, body) =
        search(&portal, CONTACTS, json!({ "limit": 200, "after": last["paging"]["next"]["after"] })).await;
    assert_eq!((status, &body["category"]), (400, &json!("VALIDATION_ERROR")));
    assert_eq!(search(&portal, CONTACTS, json!({ "limit": 201 })).await.0, 400);
    assert_eq!(search(&portal, CONTACTS, json!({ "query": "x".repeat(3_001) })).await.0, 400);
    assert_eq!(total(&portal, CONTACTS, json!({ "query": "p99999@" })).await, 1);
}

#[tokio::test]
async fn too_many_filters_are_refused() {
    let portal = portal().await;
    let one = json!({ "propertyName": "email", "operator": "HAS_PROPERTY" });
    let groups = |groups: usize, filters: usize| json!({ "filterGroups": vec![json!({ "filters": vec![one.clone(); filters] }); groups] });
    assert_eq!(search(&portal, CONTACTS, groups(5, 5)).await.0, 200);
    for (many, filters) in [(6, 1), (1, 11), (3, 9)] {
        assert_eq!(search(&portal, CONTACTS, groups(many, filters)).await.0, 400, "{many} groups of {filters}");
    }
}
