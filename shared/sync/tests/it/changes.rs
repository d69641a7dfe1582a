//! What a run does with what changed, and that it does nothing with what did not.

use crate::place::{Place, flow, soon};
use crate::waiting::Waiting;
use lintel_domain::sync::{RunKind, RunState};
use lintel_sandbox::buildium::{Lease, Tenant};
use std::collections::BTreeSet;

#[tokio::test]
async fn a_first_run_makes_every_contact_and_a_second_one_does_nothing() {
    let place = Place::of_tenants(230).await;
    let run = place.run(RunKind::Full).await;
    assert_eq!(run.state, RunState::Done);
    assert_eq!((run.counts.read, run.counts.created, run.counts.failed), (230, 230, 0), "{:?}", run.counts);
    assert_eq!(run.counts.accounted(), 230);
    assert_eq!(place.target.vendor.count("contacts"), 230);
    assert!(place.target.vendor.duplicates("contacts", "lintel_key").is_empty());

    let (calls, rows) = (place.target.vendor.usage().total(), place.row_writes());
    let again = place.run(RunKind::Full).await;
    assert_eq!((again.counts.unchanged, again.counts.accounted()), (230, 230));
    assert_eq!(place.target.vendor.usage().total(), calls, "nothing is asked of the target");
    assert_eq!(place.row_writes(), rows, "no link is written");
}

#[tokio::test]
async fn every_page_is_handed_out_once() {
    let place = Place::of_tenants(2_100).await;
    let run = place.begin(RunKind::Full).await;
    let waiting = Waiting::from_the_first();
    let mut handed_out = waiting.work_off(&place.engine, &place.settings, &flow(), &run, soon()).await;
    handed_out.sort_unstable();
    assert_eq!(handed_out, [0, 1, 2]);
}

#[tokio::test]
async fn one_change_is_one_write() {
    let place = Place::of_tenants(120).await;
    place.run(RunKind::Full).await;
    let tenant = place.source.vendor.ids::<Tenant>()[3];
    place.source.vendor.change_phone(tenant, "(212) 555-0142").unwrap();
    let before = place.target.vendor.usage();
    let run = place.run(RunKind::Changes).await;
    let after = place.target.vendor.usage();
    assert_eq!((run.counts.updated, run.counts.created), (1, 0), "{:?}", run.counts);
    assert_eq!(after.writes - before.writes, 1);
    let contact = place.contact(tenant).unwrap();
    assert!(contact.values().any(|value| value == "+12125550142"), "{contact:?}");
}

#[tokio::test]
async fn a_tenant_whose_lease_alone_changed_is_read_too() {
    let place = Place::of_tenants(120).await;
    place.run(RunKind::Full).await;
    let tenant = place.source.vendor.ids::<Tenant>()[3];
    let before = place.source.vendor.usage();
    let lease = place.source.vendor.leases_of(tenant)[0];
    let household = place.source.vendor.get::<Lease>(lease).unwrap().tenants.len() as u64;
    place.source.vendor.move_out(lease, tenant).unwrap();
    let run = place.run(RunKind::Changes).await;
    assert_eq!((run.counts.updated, run.counts.failed), (1, 0), "{:?}", run.counts);
    assert_eq!(place.contact(tenant).unwrap()["lintel_moved_out"], place.source.vendor.today().to_string());
    let read = place.source.vendor.usage().total() - before.total();
    assert_eq!(read, 2 + household, "tenants that changed, leases that changed, and whoever is on the one lease");
}

#[tokio::test]
async fn tenants_whose_leases_changed_by_the_hundred_are_read_by_the_list() {
    let place = Place::of_tenants(1_200).await;
    place.run(RunKind::Full).await;
    let before = place.source.vendor.usage();
    for tenant in place.source.vendor.ids::<Tenant>().into_iter().take(150) {
        place.source.vendor.move_out(place.source.vendor.leases_of(tenant)[0], tenant).unwrap();
    }
    let run = place.run(RunKind::Changes).await;
    assert_eq!((run.counts.updated, run.counts.failed), (150, 0), "{:?}", run.counts);
    let read = place.source.vendor.usage().total() - before.total();
    assert_eq!(read, 4, "tenants that changed, leases that changed, and both pages of all tenants");
}

#[tokio::test]
async fn a_lease_names_the_tenants_that_show_it() {
    let place = Place::of_tenants(10).await;
    let tenant = place.source.vendor.ids::<Tenant>()[3];
    let lease = place.source.vendor.leases_of(tenant)[0];
    let named = place.source.vendor.get::<Lease>(lease).unwrap().tenants.iter().map(|one| one.id.to_string()).collect();
    let shown = place.engine.shown_by(&place.settings, &flow(), "leases", &lease.to_string(), soon()).await.unwrap();
    assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), named);
    let shown = place.engine.shown_by(&place.settings, &flow(), "leases", "999999", soon()).await.unwrap();
    assert!(shown.is_empty(), "a lease that is gone names nobody");
}

#[tokio::test]
async fn a_persons_edit_in_the_portal_stands_and_waits_to_be_settled() {
    let place = Place::of_tenants(20).await;
    place.run(RunKind::Full).await;
    let tenant = place.source.vendor.ids::<Tenant>()[0];
    let contact = place.contact(tenant).unwrap();
    place.target.vendor.person_edits("contacts", &contact["id"], &[("city", "Portland")]).unwrap();
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.first_name = Some("Annabel".into())).unwrap();
    let run = place.run(RunKind::Changes).await;
    assert_eq!((run.counts.updated, run.counts.conflicts), (1, 1), "{:?}", run.counts);
    let contact = place.contact(tenant).unwrap();
    assert_eq!((contact["city"].as_str(), contact["firstname"].as_str()), ("Portland", "Annabel"));
    let links = place.table().all_links(&flow(), lintel_domain::records::Entity::Person).await.unwrap();
    let conflicts: Vec<_> = links.iter().flat_map(|link| link.conflicts.keys()).collect();
    assert_eq!(conflicts, ["city"]);
}

#[tokio::test]
async fn a_tenant_that_vanished_is_noticed_by_a_full_read_alone() {
    let place = Place::of_tenants(40).await;
    place.run(RunKind::Full).await;
    let tenant = place.source.vendor.ids::<Tenant>()[7];
    place.source.vendor.delete::<Tenant>(tenant).unwrap();
    assert_eq!(place.run(RunKind::Changes).await.counts.gone, 0);
    assert_eq!(place.run(RunKind::Full).await.counts.gone, 1);
    assert_eq!(place.run(RunKind::Full).await.counts.gone, 0, "once");
    assert!(place.contact(tenant).is_some(), "nothing is removed at the target");
}

#[tokio::test]
async fn half_of_all_tenants_do_not_vanish_at_once() {
    let place = Place::of_tenants(40).await;
    place.run(RunKind::Full).await;
    for tenant in place.source.vendor.ids::<Tenant>().into_iter().take(20) {
        place.source.vendor.delete::<Tenant>(tenant).unwrap();
    }
    assert_eq!(place.run(RunKind::Full).await.counts.gone, 0);
    let problems = place.table().problems(&flow()).await.unwrap();
    assert!(problems.iter().any(|row| row.problem.code == "mass-change"));
}

#[tokio::test]
async fn an_event_about_one_record_costs_one_read_and_one_write() {
    let place = Place::of_tenants(30).await;
    place.run(RunKind::Full).await;
    let tenant = place.source.vendor.ids::<Tenant>()[3];
    place.source.vendor.change_phone(tenant, "(212) 555-0142").unwrap();
    let (reads, writes) = (place.source.vendor.usage().total(), place.target.vendor.usage().writes);
    let told = place.engine.record(&place.settings, &flow(), &tenant.to_string(), soon()).await.unwrap();
    assert_eq!(told.updated, 1);
    assert_eq!(place.source.vendor.usage().total() - reads, 1);
    assert_eq!(place.target.vendor.usage().writes - writes, 1);
    assert!(place.contact(tenant).unwrap().values().any(|value| value == "+12125550142"));

    let again = place.engine.record(&place.settings, &flow(), &tenant.to_string(), soon()).await.unwrap();
    assert_eq!((again.unchanged, again.updated), (1, 0), "an event that comes twice does nothing twice");

    place.source.vendor.delete::<Tenant>(tenant).unwrap();
    let gone = place.engine.record(&place.settings, &flow(), &tenant.to_string(), soon()).await.unwrap();
    assert_eq!(gone.gone, 1);
    assert_eq!(place.run(RunKind::Full).await.counts.gone, 0, "known as gone");
}

#[tokio::test]
async fn a_field_that_is_mapped_elsewhere_arrives_there_and_the_next_run_is_quiet() {
    let mut place = Place::of_tenants(20).await;
    place.run(RunKind::Full).await;
    let tenants = place.source.vendor.ids::<Tenant>();
    let id = place.contact(tenants[0]).unwrap()["id"].clone();
    place.target.vendor.person_edits("contacts", &id, &[("jobtitle", "Captain")]).unwrap();
    let fields = &mut place.settings.flows.get_mut(&flow()).unwrap().fields.to;
    fields.insert("first_name".to_owned(), "jobtitle".to_owned());

    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.updated, run.counts.conflicts), (19, 1), "{:?}", run.counts);
    for tenant in &tenants[1..] {
        let (ours, contact) = (place.source.vendor.get::<Tenant>(*tenant).unwrap(), place.contact(*tenant).unwrap());
        assert_eq!(contact.get("jobtitle").map(String::as_str), ours.first_name.as_ref().map(AsRef::as_ref));
    }
    assert_eq!(place.contact(tenants[0]).unwrap()["jobtitle"], "Captain", "what a person wrote there stands");

    let (calls, rows) = (place.target.vendor.usage().total(), place.row_writes());
    let again = place.run(RunKind::Full).await;
    assert_eq!(again.counts.unchanged, 20, "{:?}", again.counts);
    assert_eq!((place.target.vendor.usage().total(), place.row_writes()), (calls, rows));
}

#[tokio::test]
async fn a_field_that_is_mapped_from_now_on_arrives_with_the_next_comparison() {
    let mut place = Place::of_tenants(20).await;
    let fields = |place: &mut Place, to: &str| {
        let fields = &mut place.settings.flows.get_mut(&flow()).unwrap().fields.to;
        fields.insert("first_name".to_owned(), to.to_owned());
    };
    fields(&mut place, "");
    place.run(RunKind::Full).await;
    let tenant = place.source.vendor.ids::<Tenant>()[0];
    assert!(place.contact(tenant).unwrap().get("firstname").is_none_or(String::is_empty));
    fields(&mut place, "firstname");
    let run = place.run(RunKind::Compare).await;
    assert_eq!((run.counts.updated, run.counts.conflicts), (20, 0), "{:?}", run.counts);
    let (writes, rows) = (place.target.vendor.usage().writes, place.row_writes());
    let again = place.run(RunKind::Full).await;
    assert_eq!(again.counts.unchanged, 20, "{:?}", again.counts);
    assert_eq!((place.target.vendor.usage().writes, place.row_writes()), (writes, rows));
}
