//! Who lives where, and a lease's dates and rent at its home.

use crate::place::{Place, organization, soon};
use crate::waiting::Waiting;
use lintel_domain::{
    ids::FlowId,
    sync::{Run, RunKind},
};
use lintel_sandbox::buildium::{BuildiumWorld, Lease, Size, Tenant};
use lintel_sync::Begun;
use serde_json::json;
use std::collections::BTreeSet;

/// Tenants, their homes, the relations between them, and what the homes show.
pub(crate) async fn town() -> Place {
    let world = BuildiumWorld::sample(5, Size { properties: 2, units: 10, tenants: 16 });
    let mut place = Place::with(world, json!({})).await;
    let (source, target) = (place.source.url.clone(), place.target.url.clone());
    let flow =
        |stream: &str, into: &str| json!({ "from": "buildium", "stream": stream, "to": "hubspot", "into": into });
    let mut relations = flow("leases", "lease-listings");
    relations["ends"] = json!({ "from": "tenants", "to": "units" });
    let mut rents = flow("current-leases", "unit-listing-leases");
    rents["onto"] = json!({ "flow": "units", "by": "unit" });
    rents["policy"] = json!("source");
    rents["when_gone"] = json!("mark");
    place.settings = organization(&source, &target, &json!({}));
    for (name, flow) in [("units", flow("units", "unit-listings")), ("homes", relations), ("rents", rents)] {
        place.settings.flows.insert(FlowId::new(name), serde_json::from_value(flow).unwrap());
    }
    place
}

pub(crate) async fn run(place: &Place, flow: &str, kind: RunKind) -> Run {
    let flow = FlowId::new(flow);
    let begun = place.runs.begin(&place.settings, &flow, kind, 1).await.unwrap();
    let Begun::Run(id) = begun else { unreachable!("{begun:?}") };
    Waiting::from_the_first().work_off(&place.engine, &place.settings, &flow, &id, soon()).await;
    place.runs.end(&place.settings, &flow, &id, soon()).await.unwrap();
    place.table().run(&flow, &id).await.unwrap().unwrap()
}

/// Full runs of flows, one after the other.
pub(crate) async fn load(place: &Place, flows: &[&str]) {
    for flow in flows {
        run(place, flow, RunKind::Full).await;
    }
}

/// The labels between a tenant's contact and a unit's listing.
pub(crate) fn labels(place: &Place, tenant: u32, unit: u32) -> BTreeSet<String> {
    let contact = place.record_of("contacts", "tenants", tenant).unwrap();
    let listing = place.record_of("0-420", "units", unit).unwrap();
    let others = place.target.vendor.associated("contacts", &contact["id"], "0-420");
    others.get(&listing["id"]).cloned().unwrap_or_default()
}

pub(crate) fn active_lease(place: &Place) -> Lease {
    let ids = place.source.vendor.ids::<Lease>().into_iter();
    let mut leases = ids.filter_map(|id| place.source.vendor.get::<Lease>(id));
    let today = place.source.vendor.today();
    leases
        .find(|lease| {
            lease.lease_from_date.is_some_and(|from| from <= today)
                && lease.lease_to_date.is_none_or(|to| to >= today)
                && lease.tenants.len() == 1
                && lease.move_out_data.is_empty()
                && lease.term_type != "Owner"
        })
        .expect("an active lease of one")
}

#[tokio::test]
async fn relations_wait_for_both_ends_and_follow_a_move_out() {
    let place = town().await;
    let early = run(&place, "homes", RunKind::Full).await;
    assert!(early.counts.failed > 0 && early.counts.created == 0, "{:?}", early.counts);
    run(&place, "tenants", RunKind::Full).await;
    run(&place, "units", RunKind::Full).await;
    let related = run(&place, "homes", RunKind::Full).await;
    assert_eq!(related.counts.failed, 0, "{:?}", related.counts);
    assert!(related.counts.created > 0);
    let lease = active_lease(&place);
    let (tenant, unit) = (lease.tenants[0].id, lease.unit_id);
    assert!(labels(&place, tenant, unit).contains("Active tenant"), "{:?}", labels(&place, tenant, unit));

    let calls = place.target.vendor.usage().total();
    assert_eq!(run(&place, "homes", RunKind::Full).await.counts.failed, 0);
    assert_eq!(place.target.vendor.usage().total(), calls, "nothing is asked of the target");

    place.source.vendor.move_out(lease.id, tenant).unwrap();
    run(&place, "homes", RunKind::Changes).await;
    let after = labels(&place, tenant, unit);
    assert!(after.contains("Past tenant") && !after.contains("Active tenant"), "{after:?}");
}

#[tokio::test]
async fn owners_in_their_own_homes_are_nobodys_tenants() {
    let place = town().await;
    load(&place, &["tenants", "units", "homes"]).await;
    let lease = active_lease(&place);
    let (tenant, unit) = (lease.tenants[0].id, lease.unit_id);
    for (term, rents) in [("Owner", false), ("MonthToMonth", true)] {
        place.source.vendor.edit(lease.id, |lease: &mut Lease| lease.term_type = term.into()).unwrap();
        run(&place, "homes", RunKind::Full).await;
        let labels = labels(&place, tenant, unit);
        assert_eq!(labels.contains("Active tenant"), rents, "{term}: {labels:?}");
    }
}

#[tokio::test]
async fn a_lease_shows_at_its_home_and_a_deleted_one_withdraws_what_it_said() {
    let place = town().await;
    for flow in ["tenants", "units", "homes", "rents"] {
        assert_eq!(run(&place, flow, RunKind::Full).await.counts.failed, 0, "{flow}");
    }
    let lease = active_lease(&place);
    let (tenant, unit) = (lease.tenants[0].id, lease.unit_id);
    let listing = place.record_of("0-420", "units", unit).unwrap();
    assert_eq!(listing["lintel_lease_status"], "active");
    assert!(listing.contains_key("lintel_rent"), "{listing:?}");
    assert_eq!(run(&place, "rents", RunKind::Full).await.counts.updated, 0);

    place.source.vendor.delete::<Lease>(lease.id).unwrap();
    assert_eq!(run(&place, "homes", RunKind::Full).await.counts.gone, 1);
    assert_eq!(run(&place, "rents", RunKind::Full).await.counts.gone, 1);
    assert!(!labels(&place, tenant, unit).contains("Active tenant"));
    assert_eq!(place.record_of("0-420", "units", unit).unwrap()["lintel_lease_status"], "past");
    assert!(place.source.vendor.get::<Tenant>(tenant).is_some());
}
