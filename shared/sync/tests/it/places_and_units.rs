//! Properties and units: listings, and an object of its own where the portal has one.

use crate::place::Place;
use lintel_domain::sync::RunKind;
use lintel_sandbox::buildium::{BuildiumWorld, Property, Size, Unit};
use serde_json::json;

#[tokio::test]
async fn properties_become_listings_and_a_second_run_does_nothing() {
    let flow = json!({ "stream": "rentals", "into": "properties" });
    let place = Place::with(BuildiumWorld::sample(5, Size { properties: 12, units: 30, tenants: 30 }), flow).await;
    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.created, run.counts.failed), (12, 0), "{:?}", run.counts);
    let id = place.source.vendor.ids::<Property>()[0];
    let listing = place.record_of("0-420", "rentals", id).unwrap();
    assert_eq!(listing["lintel_kind"], "property");
    assert!(!listing["hs_name"].is_empty());
    let rental = place.source.vendor.get::<Property>(id).unwrap();
    assert_eq!(listing.get("hs_year_built").cloned(), rental.year_built.map(|year| year.to_string()));
    assert!(!listing["lintel_property_kind"].is_empty());
    assert_eq!(place.run(RunKind::Full).await.counts.unchanged, 12);
}

/// What the portal shows of any listing, rooms and price among it, stands in its own properties.
#[tokio::test]
async fn units_become_listings_that_the_portal_can_read() {
    let flow = json!({ "stream": "units", "into": "unit-listings" });
    let place = Place::with(BuildiumWorld::sample(5, Size { properties: 3, units: 25, tenants: 25 }), flow).await;
    let unit = place.source.vendor.ids::<Unit>()[4];
    let furnish = |one: &mut Unit| {
        one.market_rent = Some(1250.5);
        one.unit_bedrooms = Some("TwoBed".into());
        one.unit_bathrooms = Some("OnePointFiveBath".into());
        one.unit_size = Some(870);
    };
    place.source.vendor.edit(unit, furnish).unwrap();
    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.created, run.counts.failed), (25, 0), "{:?}", run.counts);
    let listing = place.record_of("0-420", "units", unit).unwrap();
    let numbers = ["hs_price", "hs_bedrooms", "hs_bathrooms", "hs_square_footage"];
    let shown = numbers.map(|name| listing[name].parse::<f64>().unwrap().to_string());
    assert_eq!(shown, ["1250.5", "2", "1.5", "870"]);
    assert_eq!(place.run(RunKind::Full).await.counts.unchanged, 25);
}

#[tokio::test]
async fn units_become_records_of_the_portals_own_object() {
    let flow = json!({ "stream": "units", "into": "units" });
    let place = Place::with(BuildiumWorld::sample(5, Size { properties: 3, units: 25, tenants: 25 }), flow).await;
    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.created, run.counts.failed), (25, 0), "{:?}", run.counts);
    let unit = place.source.vendor.ids::<Unit>()[4];
    let object = place.custom_object().await;
    let record = place.record_of(&object, "units", unit).unwrap();
    assert!(record["lintel_name"].contains(&record["lintel_unit_number"]));
    place.source.vendor.edit(unit, |one: &mut Unit| one.market_rent = Some(1250.5)).unwrap();
    let run = place.run(RunKind::Changes).await;
    assert_eq!((run.counts.updated, run.counts.conflicts), (1, 0), "{:?}", run.counts);
    assert!(place.record_of(&object, "units", unit).unwrap()["lintel_market_rent"].starts_with("1250.5"));
    assert_eq!(place.run(RunKind::Full).await.counts.unchanged, 25);
}

#[tokio::test]
async fn a_postal_code_the_portal_cannot_hold_is_left_out_once_and_is_no_conflict() {
    let flow = json!({ "stream": "units", "into": "unit-listings" });
    let place = Place::with(BuildiumWorld::sample(5, Size { properties: 1, units: 4, tenants: 4 }), flow).await;
    let unit = place.source.vendor.ids::<Unit>()[0];
    place
        .source
        .vendor
        .edit(unit, |one: &mut Unit| {
            if let Some(address) = &mut one.address {
                address.postal_code = Some("K1A 0B1".into());
            }
        })
        .unwrap();
    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.created, run.counts.failed), (4, 0), "{:?}", run.counts);
    place.source.vendor.edit(unit, |one: &mut Unit| one.description = Some("Corner".into())).unwrap();
    let run = place.run(RunKind::Changes).await;
    assert_eq!((run.counts.updated, run.counts.conflicts), (1, 0), "{:?}", run.counts);
}
