//! Scopes the connection was not given.

use crate::portal::{Portal, field, relation};
use lintel_connectors::roles::{LeftOutWhy, SetupFault, SetupMode};
use lintel_sandbox::{
    faults::{ErrorBody, Fault, FaultRule, FaultScript},
    hubspot::{PortalSettings, Tier},
};
use std::collections::BTreeSet;

async fn without(tier: Tier, scopes: &[&str]) -> Portal {
    let missing_scopes: BTreeSet<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    Portal::with(PortalSettings { tier, missing_scopes, ..PortalSettings::default() }).await
}

fn missing(scope: &str) -> SetupFault {
    SetupFault::MissingScope { scopes: vec![scope.to_owned()] }
}

#[tokio::test]
async fn a_missing_write_scope_is_named_once_and_stops_only_its_object() {
    let portal = without(Tier::Enterprise, &["crm.schemas.listings.write"]).await;
    let report = portal.apply().await;
    assert_eq!(report.faults, [missing("crm.schemas.listings.write")]);
    assert_eq!(report.mode, SetupMode::Full);
    assert!(!report.created.contains(&field("listings", "lintel_key")));
    for part in [field("contacts", "lintel_key"), field("units", "lintel_key"), relation("owner")] {
        assert!(report.created.contains(&part), "{part}");
    }
    let refused = portal.vendor().usage().calls_of("POST /properties/0-420/groups");
    assert_eq!((refused, portal.vendor().usage().calls_of("POST /properties/0-420")), (1, 0), "one refusal is enough");
}

#[tokio::test]
async fn a_missing_read_scope_is_named() {
    for scope in ["crm.schemas.contacts.read", "crm.schemas.listings.read", "crm.schemas.custom.read"] {
        let portal = without(Tier::Enterprise, &[scope]).await;
        let plan = portal.plan().await;
        assert_eq!(plan.faults, [missing(scope)]);
        assert_eq!(portal.apply().await.faults, [missing(scope)]);
        assert!(missing(scope).to_string().contains(scope));
    }
}

#[tokio::test]
async fn every_missing_scope_is_told_at_once() {
    let scopes = ["crm.schemas.contacts.write", "crm.schemas.custom.write", "crm.schemas.listings.write"];
    let portal = without(Tier::Enterprise, &scopes).await;
    assert_eq!(portal.apply().await.faults, scopes.map(missing));
}

#[tokio::test]
async fn a_plan_without_custom_objects_needs_no_scope_for_them() {
    let portal = without(Tier::Professional, &["crm.schemas.custom.read", "crm.schemas.custom.write"]).await;
    let report = portal.apply().await;
    assert_eq!((report.mode, report.faults.as_slice()), (SetupMode::ListingsOnly, &[][..]));
    assert_eq!(report.left_out[0].why, LeftOutWhy::NotInPlan);
}

#[tokio::test]
async fn a_refusal_that_gives_no_reason_is_a_fault_that_names_what_was_read() {
    let portal = Portal::full().await;
    let forbidden = Fault::ServerError { status: 403, body: ErrorBody::Empty };
    let rule = FaultRule::on("GET", "/crm/properties/*/0-420/groups", forbidden);
    portal.vendor().load_faults(FaultScript { seed: 1, rules: vec![rule] });
    let faults = portal.apply().await.faults;
    let expected = SetupFault::Unreadable { what: "property groups of listings".to_owned(), reason: "403".to_owned() };
    assert_eq!(faults, [expected]);
}

#[tokio::test]
async fn a_wrong_token_is_an_error_and_nothing_is_tried() {
    let portal = Portal::full().await;
    let denied = Fault::ServerError { status: 401, body: ErrorBody::Empty };
    portal.vendor().load_faults(FaultScript { seed: 1, rules: vec![FaultRule::anywhere(denied)] });
    let error = portal.try_apply().await.unwrap_err();
    assert_eq!(error.code(), "not-authorized");
    assert_eq!(portal.vendor().usage().asked, 1);
}
