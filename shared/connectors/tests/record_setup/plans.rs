//! What comes of a set-up by what the portal's plan has and what is switched on.

use crate::portal::{Portal, field, relation};
use lintel_connectors::roles::{Feature, LeftOut, LeftOutWhy, OpenError, SetupMode, SetupPart};
use lintel_sandbox::{
    faults::{ErrorBody, Fault, FaultRule, FaultScript},
    hubspot::{Activation, PortalSettings, Tier},
};
use serde_json::{Value, json};

const RELATIONS: [&str; 6] =
    ["active-tenant", "future-tenant", "past-tenant", "owner", "emergency-contact", "cosigner"];

fn left_out(what: Feature, why: LeftOutWhy) -> LeftOut {
    LeftOut { what, why }
}

fn of(tier: Tier) -> PortalSettings {
    PortalSettings { tier, ..PortalSettings::default() }
}

fn properties(schema: &Value) -> Vec<&str> {
    schema["results"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_full_portal_gets_everything_and_tells_its_ids() {
    let portal = Portal::full().await;
    let plan = portal.plan().await;
    assert_eq!(portal.writes(), 0, "a plan writes nothing");
    let report = portal.apply().await;
    assert_eq!(
        (report.mode, report.left_out.as_slice(), report.faults.as_slice()),
        (SetupMode::Full, &[][..], &[][..])
    );
    let sorted = |parts: &[SetupPart]| {
        let mut parts = parts.to_vec();
        parts.sort();
        parts
    };
    assert_eq!(sorted(&report.created), sorted(&plan.missing), "what was planned is what was made");
    for part in [field("contacts", "lintel_key"), field("units", "lintel_rent"), relation("owner")] {
        assert!(report.created.contains(&part), "{part}");
    }
    let ids = &report.ids;
    let units = &ids.collections["units"];
    assert!(units.starts_with("2-"));
    assert_eq!((ids.collections["contacts"].as_str(), ids.collections["listings"].as_str()), ("0-1", "0-420"));

    // The ids are those the portal itself shows, one for each direction.
    for (from, from_id, to, to_id) in [
        ("contacts", "0-1", "listings", "0-420"),
        ("listings", "0-420", "contacts", "0-1"),
        ("contacts", "0-1", "units", units.as_str()),
        ("units", units.as_str(), "contacts", "0-1"),
    ] {
        let shown = portal.call("GET", &format!("/crm/v4/associations/{from_id}/{to_id}/labels"), &Value::Null).await;
        let shown = shown["results"].as_array().unwrap();
        assert_eq!(shown.len(), RELATIONS.len() + 1);
        let label = |text: Option<&str>| shown.iter().find(|one| one["label"].as_str() == text).unwrap();
        let plain = ids.relation(from, to, None).unwrap();
        assert_eq!(
            (json!(plain.id), json!(plain.category)),
            (label(None)["typeId"].clone(), label(None)["category"].clone())
        );
        let owner = ids.relation(from, to, Some("owner")).unwrap();
        let text = if from == "contacts" { "Owner" } else { "Owned by" };
        assert_eq!(
            (json!(owner.id), json!(owner.category)),
            (label(Some(text))["typeId"].clone(), json!("USER_DEFINED"))
        );
    }
    for (from, to) in [("contacts", "units"), ("units", "contacts"), ("listings", "units"), ("units", "listings")] {
        assert!(ids.relation(from, to, None).is_some(), "{from} to {to}");
    }

    let shown = portal.call("GET", &format!("/crm/v3/properties/{units}"), &Value::Null).await;
    assert!(properties(&shown).contains(&"lintel_lease_to"));
    let key = shown["results"].as_array().unwrap().iter().find(|one| one["name"] == "lintel_key").unwrap();
    assert_eq!(key["hasUniqueValue"], true);
    let shown = portal.call("GET", "/crm/v3/properties/contacts/lintel_kind", &Value::Null).await;
    assert_eq!((&shown["groupName"], &shown["options"][4]["value"]), (&json!("lintel"), &json!("emergency_contact")));
}

#[tokio::test]
async fn the_second_set_up_writes_nothing_and_finds_the_same() {
    for tier in [Tier::Enterprise, Tier::Professional, Tier::Free] {
        let portal = Portal::with(of(tier)).await;
        let first = portal.apply().await;
        let writes = portal.writes();
        assert!(writes > 0);
        let second = portal.apply().await;
        assert_eq!(portal.writes(), writes, "{tier:?}");
        assert_eq!(second.created, []);
        assert_eq!((second.mode, &second.ids, &second.left_out), (first.mode, &first.ids, &first.left_out));
        assert_eq!(second.already_there.len(), first.created.len() + first.already_there.len());
        assert!(portal.plan().await.missing.is_empty());
    }
}

#[tokio::test]
async fn a_place_for_tax_ids_is_made_where_a_mapping_writes_it() {
    let portal = Portal::with(of(Tier::Professional)).await;
    let tax_id = field("contacts", "lintel_tax_id");
    assert!(!portal.plan().await.missing.contains(&tax_id));
    assert!(portal.plan_with(&[("contacts", "lintel_tax_id")]).await.missing.contains(&tax_id));
}

#[tokio::test]
async fn ids_differ_from_portal_to_portal() {
    let ids = async |seed| {
        let portal = Portal::configured(PortalSettings::default(), seed, &[]).await.unwrap();
        portal.apply().await.ids
    };
    let (one, other) = (ids(1).await, ids(2).await);
    assert_ne!(one.collections["units"], other.collections["units"]);
    assert_ne!(one.relations, other.relations);
}

#[tokio::test]
async fn units_are_listings_where_there_are_no_custom_objects() {
    let portal = Portal::with(of(Tier::Professional)).await;
    let report = portal.apply().await;
    assert_eq!(report.mode, SetupMode::ListingsOnly);
    assert_eq!(report.left_out, [left_out(Feature::Units, LeftOutWhy::NotInPlan)]);
    assert!(report.is_ready(), "{:?}", report.faults);
    assert!(!report.ids.collections.contains_key("units"));
    for name in RELATIONS {
        assert!(report.ids.relation("listings", "contacts", Some(name)).is_some(), "{name}");
    }
    assert_eq!(portal.vendor().usage().calls_of("POST /schemas"), 0, "its limit says it has none");
}

#[tokio::test]
async fn a_free_portal_goes_without_labels() {
    let portal = Portal::with(of(Tier::Free)).await;
    let report = portal.apply().await;
    assert_eq!(report.mode, SetupMode::ListingsOnly);
    let expected =
        [left_out(Feature::Units, LeftOutWhy::NotInPlan), left_out(Feature::Relations, LeftOutWhy::NotInPlan)];
    assert_eq!(report.left_out, expected);
    assert!(report.is_ready(), "{:?}", report.faults);
    assert_eq!(report.ids.relations.len(), 2, "the plain one, in both directions");
    assert!(report.ids.relation("contacts", "listings", None).is_some());
}

#[tokio::test]
async fn labels_an_administrator_made_are_taken_over_whatever_their_case() {
    let portal = Portal::with(of(Tier::Professional)).await;
    let made = portal.vendor().define_label("contacts", "0-420", "Active Tenant", None).unwrap();
    let report = portal.apply().await;
    assert!(report.already_there.contains(&relation("active-tenant")));
    assert!(report.is_ready(), "{:?}", report.faults);
    for (from, to, id) in [("contacts", "listings", made.forward), ("listings", "contacts", made.inverse)] {
        assert_eq!(report.ids.relation(from, to, Some("active-tenant")).unwrap().id, u64::from(id), "{from} to {to}");
    }
}

#[tokio::test]
async fn only_contacts_while_listings_are_not_activated() {
    let portal = Portal::with(PortalSettings { listings: Activation::Inactive, ..PortalSettings::default() }).await;
    let report = portal.apply().await;
    assert_eq!(report.mode, SetupMode::ContactsOnly);
    let expected =
        [left_out(Feature::Listings, LeftOutWhy::NotActivated), left_out(Feature::Units, LeftOutWhy::NeedsListings)];
    assert_eq!(report.left_out, expected);
    assert!(report.is_ready(), "{:?}", report.faults);
    assert_eq!(report.ids.collections.keys().collect::<Vec<_>>(), ["contacts"]);

    portal.vendor().set_listings(Activation::Active);
    let report = portal.apply().await;
    assert_eq!((report.mode, report.is_ready()), (SetupMode::Full, true));
    assert!(report.already_there.contains(&field("contacts", "lintel_key")));
    assert!(report.created.contains(&field("listings", "lintel_key")));
}

#[tokio::test]
async fn an_organization_may_want_less_than_the_portal_has() {
    for (mode, expected) in [("listings-only", SetupMode::ListingsOnly), ("contacts-only", SetupMode::ContactsOnly)] {
        let portal = Portal::configured(PortalSettings::default(), 7, &[("mode", mode)]).await.unwrap();
        let report = portal.apply().await;
        assert_eq!((report.mode, report.is_ready()), (expected, true));
        assert!(report.left_out.contains(&left_out(Feature::Units, LeftOutWhy::Chosen)));
        assert_eq!(portal.vendor().usage().calls_of("POST /schemas"), 0);
    }
    let refused = Portal::configured(PortalSettings::default(), 7, &[("mode", "most")]).await.err().unwrap();
    assert!(matches!(refused, OpenError::Setting { setting: "mode", .. }), "{refused}");
}

#[tokio::test]
async fn what_the_limits_do_not_tell_is_learned_from_the_refusal() {
    let gone = Fault::ServerError { status: 404, body: ErrorBody::Empty };
    let portal = Portal::with(of(Tier::Free)).await;
    portal.vendor().load_faults(FaultScript { seed: 1, rules: vec![FaultRule::on("GET", "/crm/limits/**", gone)] });
    assert_eq!(portal.plan().await.mode, SetupMode::Full, "nothing says otherwise yet");
    let report = portal.apply().await;
    assert_eq!(report.mode, SetupMode::ListingsOnly);
    let expected =
        [left_out(Feature::Units, LeftOutWhy::NotInPlan), left_out(Feature::Relations, LeftOutWhy::NotInPlan)];
    assert_eq!(report.left_out, expected);
    assert!(report.is_ready(), "{:?}", report.faults);
    assert_eq!(portal.vendor().usage().calls_of("POST /schemas"), 1);
    assert_eq!(
        portal.vendor().usage().calls_of("POST /associations/contacts/0-420/labels"),
        1,
        "the first tells it all"
    );
}

#[tokio::test]
async fn limits_that_are_forbidden_say_that_the_plan_has_none() {
    let forbidden = Fault::ServerError { status: 403, body: ErrorBody::Empty };
    let portal = Portal::with(of(Tier::Professional)).await;
    let rule = FaultRule::on("GET", "/crm/limits/*/custom-object-types", forbidden);
    portal.vendor().load_faults(FaultScript { seed: 1, rules: vec![rule] });
    let report = portal.apply().await;
    assert_eq!((report.mode, report.is_ready()), (SetupMode::ListingsOnly, true));
    assert_eq!(portal.vendor().usage().calls_of("POST /schemas"), 0);
}

#[tokio::test]
async fn used_up_custom_objects_leave_units_out_unless_one_is_ours() {
    let portal = Portal::full().await;
    let fill = async |portal: &Portal, count: usize| {
        for number in 0..count {
            let schema = json!({
                "name": format!("boat_{number}"), "labels": { "singular": "Boat", "plural": "Boats" },
                "primaryDisplayProperty": "boat", "properties": [
                    { "name": "boat", "label": "Boat", "type": "string", "fieldType": "text" } ],
            });
            portal.call("POST", "/crm/v3/schemas", &schema).await;
        }
    };
    fill(&portal, 10).await;
    let report = portal.apply().await;
    assert_eq!(report.mode, SetupMode::ListingsOnly);
    assert_eq!(report.left_out, [left_out(Feature::Units, LeftOutWhy::LimitReached)]);

    let portal = Portal::full().await;
    portal.apply().await;
    fill(&portal, 9).await;
    assert_eq!(portal.apply().await.mode, SetupMode::Full);
}

#[tokio::test]
async fn another_vendor_is_no_target() {
    let connection = crate::portal::connection("airtable", "http://localhost", &[]);
    let portal = Portal::full().await;
    let refused = portal.open_as(&connection).err().unwrap();
    assert!(matches!(refused, OpenError::WrongRole { role: "record target", .. }), "{refused}");
}
