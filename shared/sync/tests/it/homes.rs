//! Who belongs to a home besides those who rent it, and what a home shows besides its lease.

use crate::{
    leases::run,
    place::{Place, organization, soon},
};
use jiff::{SignedDuration, Timestamp};
use lintel_domain::{
    ids::FlowId,
    records::{Entity, RecordKey},
    sync::{LinkState, RunKind},
};
use lintel_sandbox::buildium::{
    Association, AssociationOwner, AssociationTenant, AssociationUnit, BuildiumWorld, Cosigner, EmergencyContact,
    Lease, LeaseTenant, Listing, Owner, OwnershipAccount, Property, Tenant, Unit,
};
use lintel_sync::SyncError;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Streams that go somewhere, each as a flow of the stream's name.
const RECORDS: [(&str, &str); 9] = [
    ("emergency-contacts", "contacts"),
    ("cosigners", "contacts"),
    ("owners", "contacts"),
    ("rentals", "properties"),
    ("units", "UNITS"),
    ("associations", "associations"),
    ("association-units", "UNITS"),
    ("association-owners", "contacts"),
    ("association-tenants", "contacts"),
];

/// Flow, stream, relation, and the flows at its ends.
const RELATIONS: [(&str, &str, &str, [&str; 2]); 5] = [
    ("homes", "leases", "lease-HOMES", ["tenants", "units"]),
    ("cosigner-homes", "leases", "cosigner-HOMES", ["cosigners", "units"]),
    ("emergency-homes", "emergency-homes", "emergency-contact-HOMES", ["emergency-contacts", "units"]),
    ("ownerships", "ownerships", "owner-listings", ["rentals", "owners"]),
    ("association-ownerships", "association-ownerships", "owner-listings", ["associations", "association-owners"]),
];

/// Flow, stream, what it is written as, and onto which flow's records by which field.
const ONTO: [(&str, &str, &str, [&str; 2]); 3] = [
    ("offers", "listings", "OFFERS", ["units", "unit"]),
    ("unit-amenities", "unit-amenities", "UNITS", ["units", "unit"]),
    ("rental-amenities", "rental-amenities", "properties", ["rentals", "property"]),
];

/// Where units stand at the portal.
struct Units {
    records: &'static str,
    homes: &'static str,
    offers: &'static str,
}

const AS_LISTINGS: Units = Units { records: "unit-listings", homes: "listings", offers: "unit-listing-offers" };
const AS_OBJECTS: Units = Units { records: "units", homes: "units", offers: "unit-offers" };

/// An empty account, and flows of everything it may come to have.
async fn place(units: &Units) -> Place {
    let mut place = Place::with(BuildiumWorld::empty(), json!({})).await;
    place.settings = organization(&place.source.url, &place.target.url, &json!({}));
    let flow = |stream: &str, into: &str| {
        let into = into.replace("UNITS", units.records).replace("HOMES", units.homes).replace("OFFERS", units.offers);
        json!({ "from": "buildium", "stream": stream, "to": "hubspot", "into": into })
    };
    let mut flows: BTreeMap<&str, Value> = RECORDS.map(|(stream, into)| (stream, flow(stream, into))).into();
    for (name, stream, relation, [from, to]) in RELATIONS {
        let mut flow = flow(stream, relation);
        flow["ends"] = json!({ "from": from, "to": to });
        flows.insert(name, flow);
    }
    for (name, stream, into, [under, by]) in ONTO {
        let mut flow = flow(stream, into);
        flow["onto"] = json!({ "flow": under, "by": by });
        flow["policy"] = json!("source");
        flow["when_gone"] = json!("mark");
        flows.insert(name, flow);
    }
    for (name, flow) in flows {
        place.settings.flows.insert(FlowId::new(name), serde_json::from_value(flow).unwrap());
    }
    place
}

/// All flows, so that each finds what it refers to.
async fn everything(place: &Place) {
    for flow in ["tenants"].into_iter().chain(RECORDS.map(|one| one.0)) {
        assert_eq!(run(place, flow, RunKind::Full).await.counts.failed, 0, "{flow}");
    }
    for flow in RELATIONS.map(|one| one.0).into_iter().chain(ONTO.map(|one| one.0)) {
        assert_eq!(run(place, flow, RunKind::Full).await.counts.failed, 0, "{flow}");
    }
}

/// What stands between a contact and another record, by the kind of object that one is.
fn labels(place: &Place, contact: (&str, u32), kind: &str, other: (&str, u32)) -> Vec<String> {
    let found = |kind: &str, (stream, id): (&str, u32)| place.record_of(kind, stream, id).unwrap()["id"].clone();
    let others = place.target.vendor.associated("contacts", &found("contacts", contact), kind);
    others.get(&found(kind, other)).into_iter().flatten().cloned().collect()
}

fn lease(unit: u32, tenant: u32) -> Lease {
    Lease {
        unit_id: unit,
        lease_from_date: Some("2020-01-01".parse().unwrap()),
        lease_type: "AtWill".into(),
        tenants: vec![LeaseTenant { id: tenant, move_in_date: None }],
        ..Lease::default()
    }
}

fn tenant() -> Tenant {
    let emergency_contact = EmergencyContact { name: Some("Bo Lee".into()), ..EmergencyContact::default() };
    Tenant { last_name: Some("Lee".into()), emergency_contact, ..Tenant::default() }
}

/// Of an emergency contact the key has no number at its end.
fn emergency_labels(place: &Place, tenant: u32, kind: &str, unit: u32) -> Vec<String> {
    let key = format!("buildium/emergency-contacts/{tenant}/emergency");
    let contacts = place.target.vendor.records("contacts");
    let contact = contacts.into_iter().find(|one| one.properties.get("lintel_key") == Some(&key)).unwrap();
    let others = place.target.vendor.associated("contacts", &contact.id, kind);
    let unit = place.record_of(kind, "units", unit).unwrap()["id"].clone();
    others.get(&unit).into_iter().flatten().cloned().collect()
}

#[tokio::test]
async fn an_owner_is_labelled_at_what_they_own_and_nowhere_else() {
    let place = place(&AS_LISTINGS).await;
    let source = &place.source.vendor;
    let properties = [(); 3].map(|()| source.add(Property { is_active: true, ..Property::default() }));
    let owner =
        source.add(Owner { last_name: Some("Oke".into()), property_ids: properties[..2].to_vec(), ..Owner::default() });
    everything(&place).await;
    let owned = || properties.map(|property| labels(&place, ("owners", owner), "0-420", ("rentals", property)));
    assert_eq!(owned(), [vec!["Owner"], vec!["Owner"], vec![]]);
    let calls = place.target.vendor.usage().total();
    run(&place, "ownerships", RunKind::Full).await;
    assert_eq!(place.target.vendor.usage().total(), calls, "nothing is asked of the target");

    source.edit(owner, |owner: &mut Owner| owner.property_ids = properties[1..].to_vec()).unwrap();
    run(&place, "ownerships", RunKind::Changes).await;
    assert_eq!(owned(), [vec![], vec!["Owner"], vec!["Owner"]]);
    source.delete::<Owner>(owner).unwrap();
    assert_eq!(run(&place, "ownerships", RunKind::Full).await.counts.gone, 1);
    assert_eq!(owned(), [vec![], vec![], Vec::<String>::new()]);
}

#[tokio::test]
async fn cosigners_and_emergency_contacts_follow_the_home_wherever_units_stand() {
    for units in [AS_LISTINGS, AS_OBJECTS] {
        let place = place(&units).await;
        let kind = if units.homes == "units" { place.custom_object().await } else { "0-420".to_owned() };
        let source = &place.source.vendor;
        let property = source.add(Property::default());
        let homes = [(); 2].map(|()| source.add(Unit { property_id: property, ..Unit::default() }));
        let ann = source.add(tenant());
        let cosigner = Cosigner { id: 71, last_name: Some("Signer".into()), ..Cosigner::default() };
        let first = source.add(Lease { cosigners: vec![cosigner], ..lease(homes[0], ann) });
        everything(&place).await;
        let cosigns = |home: usize| labels(&place, ("cosigners", 71), &kind, ("units", homes[home]));
        let rents = |home: usize| labels(&place, ("tenants", ann), &kind, ("units", homes[home]));
        let close = |home: usize| emergency_labels(&place, ann, &kind, homes[home]);
        assert_eq!(
            (rents(0), cosigns(0), close(0)),
            (vec!["Active tenant".to_owned()], vec!["Cosigner".to_owned()], vec!["Emergency contact".to_owned()])
        );

        source.move_out(first, ann).unwrap();
        source.edit(first, |lease: &mut Lease| lease.cosigners.clear()).unwrap();
        source.add(lease(homes[1], ann));
        source.edit(ann, |_: &mut Tenant| ()).unwrap();
        for flow in ["homes", "cosigner-homes", "emergency-homes"] {
            assert_eq!(run(&place, flow, RunKind::Changes).await.counts.failed, 0, "{flow}");
        }
        assert_eq!((rents(0), cosigns(0), close(0)), (vec!["Past tenant".to_owned()], vec![], vec![]));
        assert_eq!((rents(1), close(1)), (vec!["Active tenant".to_owned()], vec!["Emergency contact".to_owned()]));
        assert_eq!(run(&place, "cosigners", RunKind::Full).await.counts.gone, 1, "stands in no lease any more");
    }
}

#[tokio::test]
async fn a_home_shows_what_it_offers_and_is_offered_for_until_it_is_taken_down() {
    let place = place(&AS_LISTINGS).await;
    let source = &place.source.vendor;
    let property = source.add(Property {
        features: vec!["Pool".into()],
        included_in_rent: vec!["Water".into()],
        ..Property::default()
    });
    let features = vec!["Dishwasher".into(), "AirConditioning".into()];
    let unit = source.add(Unit { property_id: property, features, ..Unit::default() });
    let listing = Listing { rent: 1_250.0, available_date: "2030-04-01".parse().unwrap(), ..Listing::default() };
    source.list_unit(unit, listing.clone()).unwrap();
    everything(&place).await;
    let shown = |stream: &str, id: u32| place.record_of("0-420", stream, id).unwrap();
    let home = shown("units", unit);
    for (name, value) in [
        ("lintel_offered", "yes"),
        ("lintel_asking_rent", "1250.00"),
        ("lintel_available_on", "2030-04-01"),
        ("lintel_amenities", "AirConditioning;Dishwasher"),
        ("lintel_kind", "unit"),
    ] {
        assert_eq!(home.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(shown("rentals", property)["lintel_amenities"], "Pool;Water");

    let writes = place.target.vendor.usage().writes;
    everything(&place).await;
    assert_eq!(place.target.vendor.usage().writes, writes, "nothing changed");

    source.delist_unit(unit).unwrap();
    source.edit(unit, |unit: &mut Unit| unit.features.clear()).unwrap();
    // A list without a filter by change is always read whole.
    assert_eq!(run(&place, "offers", RunKind::Changes).await.counts.gone, 1);
    run(&place, "unit-amenities", RunKind::Changes).await;
    let home = shown("units", unit);
    assert_eq!((home["lintel_offered"].as_str(), home.get("lintel_amenities").map_or("", String::as_str)), ("no", ""));
    source.list_unit(unit, Listing { rent: 1_300.0, ..listing }).unwrap();
    run(&place, "offers", RunKind::Changes).await;
    let home = shown("units", unit);
    assert_eq!((home["lintel_offered"].as_str(), home["lintel_asking_rent"].as_str()), ("yes", "1300.00"));
}

#[tokio::test]
async fn an_association_arrives_with_its_units_and_people() {
    let place = place(&AS_LISTINGS).await;
    let source = &place.source.vendor;
    let association = source.add(Association { name: Some("Pine House Owners".into()), ..Association::default() });
    let unit = source.add(AssociationUnit {
        association_id: association,
        unit_number: Some("4".into()),
        ..AssociationUnit::default()
    });
    let owner = source.add(AssociationOwner { last_name: Some("Berg".into()), ..AssociationOwner::default() });
    let account = source.add(OwnershipAccount {
        association_id: association,
        unit_id: unit,
        status: "Active".into(),
        association_owner_ids: vec![owner],
        ..OwnershipAccount::default()
    });
    let lodger = source.add(AssociationTenant {
        last_name: Some("Low".into()),
        move_in_date: Some("2029-06-01".parse().unwrap()),
        ownership_account_ids: vec![account],
        ..AssociationTenant::default()
    });
    everything(&place).await;
    let listing = |stream: &str, id: u32| place.record_of("0-420", stream, id).unwrap();
    let known = listing("associations", association);
    assert_eq!((known["lintel_kind"].as_str(), known["hs_name"].as_str()), ("association", "Pine House Owners"));
    assert_eq!(listing("association-units", unit)["lintel_unit_number"], "4");
    let contact = |stream: &str, id: u32| place.record_of("contacts", stream, id).unwrap();
    assert_eq!(contact("association-owners", owner)["lintel_status"], "active");
    assert_eq!(contact("association-tenants", lodger)["lintel_moved_in"], "2029-06-01");
    let member = || labels(&place, ("association-owners", owner), "0-420", ("associations", association));
    assert_eq!(member(), ["Owner"]);
    source.edit(account, |account: &mut OwnershipAccount| account.status = "Past".into()).unwrap();
    run(&place, "association-ownerships", RunKind::Full).await;
    assert_eq!(member(), Vec::<String>::new());
}

async fn told(place: &Place, flow: &str, id: u32) -> lintel_domain::sync::Counts {
    place.engine.record(&place.settings, &FlowId::new(flow), &id.to_string(), soon()).await.unwrap()
}

#[tokio::test]
async fn an_event_about_a_record_has_those_within_it_looked_at_and_let_go_of() {
    let place = place(&AS_LISTINGS).await;
    let source = &place.source.vendor;
    let (ann, ben) = (source.add(tenant()), source.add(tenant()));
    everything(&place).await;
    let flow = FlowId::new("emergency-contacts");
    let key = |tenant: u32| RecordKey::new("emergency-contacts", &format!("{tenant}/emergency"));
    let named = |tenant: u32| {
        let key = format!("buildium/{}", key(tenant));
        let contacts = place.target.vendor.records("contacts");
        let contact = contacts.into_iter().find(|one| one.properties.get("lintel_key") == Some(&key)).unwrap();
        contact.properties["lastname"].clone()
    };
    source.edit(ann, |one: &mut Tenant| one.emergency_contact.name = Some("Cy Lee".into())).unwrap();
    let counts = told(&place, "emergency-contacts", ann).await;
    assert_eq!((counts.updated, counts.gone, named(ann).as_str()), (1, 0, "Cy Lee"));

    source.edit(ann, |one: &mut Tenant| one.emergency_contact = EmergencyContact::default()).unwrap();
    source.delete::<Tenant>(ben).unwrap();
    for tenant in [ann, ben] {
        assert_eq!(told(&place, "emergency-contacts", tenant).await.gone, 1, "{tenant}");
        let links = place.table().links(&flow, Entity::Person, &[key(tenant)]).await.unwrap();
        assert_eq!(links[&key(tenant)].state, LinkState::SourceGone);
    }

    // A worker that is at the record within is not disturbed, and neither is one whose run is on.
    source.edit(ann, |one: &mut Tenant| one.emergency_contact.name = Some("Di Lee".into())).unwrap();
    let (now, soon) = (Timestamp::now(), soon());
    let until = now + SignedDuration::from_mins(1);
    assert!(place.table().hold_link(&flow, &key(ann), now, until).await.unwrap());
    let busy = place.engine.record(&place.settings, &flow, &ann.to_string(), soon).await;
    assert!(matches!(busy, Err(SyncError::Busy)), "{busy:?}");
    place.table().let_go_of_link(&flow, &key(ann)).await.unwrap();
    assert_eq!(told(&place, "emergency-contacts", ann).await.updated, 1);
}

#[tokio::test]
async fn an_event_about_a_lease_has_its_cosigners_looked_at_and_nobody_elses_let_go_of() {
    let place = place(&AS_LISTINGS).await;
    let source = &place.source.vendor;
    let unit = source.add(Unit { property_id: source.add(Property::default()), ..Unit::default() });
    let ann = source.add(tenant());
    let cosigner = |id: u32| Cosigner { id, last_name: Some("Signer".into()), ..Cosigner::default() };
    let first = source.add(Lease { cosigners: vec![cosigner(71)], ..lease(unit, ann) });
    everything(&place).await;
    source.edit(first, |lease: &mut Lease| lease.cosigners = vec![cosigner(72)]).unwrap();
    let counts = told(&place, "cosigners", first).await;
    assert_eq!((counts.created, counts.gone), (1, 0), "the other one may stand in another lease");
    assert!(place.record_of("contacts", "cosigners", 72).is_some());
    assert_eq!(run(&place, "cosigners", RunKind::Full).await.counts.gone, 1);
}
