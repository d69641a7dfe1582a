//! Everything, samples, and streams that may not be read.

use crate::{place::Place, town::Town};
use lintel_domain::{
    quality::{ConsistencyRule, Walk},
    records::Entity,
};
use lintel_sandbox::buildium::{ApiKey, Area, Tenant};

const READ: &str = "POST /objects/contacts/batch/read";

#[tokio::test]
async fn comparing_writes_nothing_anywhere() {
    let place = Place::open().await;
    Town::build(&place);
    place.run().await;
    let rows = || async {
        let table = place.table.org(&place.settings.id);
        let links = table.all_links(&Place::flow(), Entity::Person).await.unwrap();
        (links, table.problems(&Place::flow()).await.unwrap(), table.runs(&Place::flow()).await.unwrap())
    };
    let (before, portal, company) = (rows().await, place.portal.usage(), place.company.usage());
    assert_eq!(before.0.len(), 10);
    for walk in [Walk::Everything, Walk::Sample { count: 3, seed: 7 }] {
        place.compare(walk).await;
    }
    assert_eq!(rows().await, before);
    let usage = place.portal.usage();
    assert_eq!((usage.records_created, usage.records_changed), (portal.records_created, portal.records_changed));
    assert_eq!((usage.writes, place.company.usage().writes), (portal.writes, company.writes));
}

#[tokio::test]
async fn a_sample_is_looked_up_and_the_source_is_read_whole() {
    let place = Place::open().await;
    Town::build(&place);
    place.run().await;
    let before = place.portal.usage().calls_of(READ);
    let drawn = place.compare(Walk::Sample { count: 3, seed: 7 }).await;
    assert_eq!(place.portal.usage().calls_of(READ), before + 1);
    assert_eq!((drawn.agreement.looked_for, drawn.agreement.compared), (3, 3));
    let whole = place.compare(Walk::Everything).await;
    assert_eq!((whole.agreement.looked_for, whole.agreement.compared), (10, 10));
    assert_eq!(drawn.duplicates, whole.duplicates);
    assert_eq!(drawn.consistency, whole.consistency);
    assert_eq!(drawn.completeness, whole.completeness);
    let again = place.compare(Walk::Sample { count: 3, seed: 7 }).await;
    assert_eq!(again.agreement, drawn.agreement);
    let more = place.compare(Walk::Sample { count: 1000, seed: 7 }).await;
    assert_eq!(more.agreement.fields, whole.agreement.fields);
}

#[tokio::test]
async fn a_stream_the_key_does_not_see_is_named_and_not_judged() {
    let place = Place::with(ApiKey::viewing("client", "secret", &[Area::Tenants, Area::PropertiesAndUnits])).await;
    let town = Town::build(&place);
    place.run().await;
    let report = place.compare(Walk::Everything).await;
    assert!(report.not_read.iter().eq(["leases"]), "{:?}", report.not_read);
    // Tenants bring their leases along, units and rentals can be read.
    assert_eq!((report.consistency.examined, report.consistency.not_judged), (13, 0));
    let found: Vec<_> = report.consistency.found.keys().copied().collect();
    assert_eq!(found, [ConsistencyRule::ReferenceLeadsNowhere, ConsistencyRule::MovedOutBeforeMovedIn]);
    let nowhere = &report.consistency.found[&ConsistencyRule::ReferenceLeadsNowhere];
    let told: Vec<_> = nowhere.shown.iter().map(|one| one.key.to_string()).collect();
    assert_eq!(told, [format!("tenants/{}", town.sarah)]);
}

#[tokio::test]
async fn a_flow_in_order_has_the_whole_score() {
    let place = Place::open().await;
    place.company.add(Tenant {
        first_name: Some("Ann".into()),
        last_name: Some("Reed".into()),
        email: Some("ann@example.com".into()),
        ..Tenant::default()
    });
    place.run().await;
    let report = place.compare(Walk::Everything).await;
    assert_eq!(report.score.total, Some(100));
    assert_eq!(report.agreement.in_step, 1);
    // Before its first run nothing is at the target, and there is nothing to agree about.
    let empty = Place::open().await;
    let report = empty.compare(Walk::Everything).await;
    assert_eq!((report.score.total, report.score.parts.len()), (None, 0));
}
