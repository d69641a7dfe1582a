//! Shared addresses, contacts that were there before, merges, removals, refusals.

use crate::place::{Place, flow, soon};
use crate::waiting::Waiting;
use lintel_cloud::store::PageRow;
use lintel_domain::{
    ids::ConnectionId,
    sync::{RunKind, RunState},
};
use lintel_sandbox::buildium::{BuildiumWorld, Size, Tenant};
use lintel_sync::Worked;
use serde_json::json;

#[tokio::test]
async fn two_who_share_an_address_become_two_contacts() {
    let place = Place::of_tenants(30).await;
    let ids = place.source.vendor.ids::<Tenant>();
    for tenant in &ids[4..6] {
        place.source.vendor.edit(*tenant, |one: &mut Tenant| one.email = Some("both@example.com".into())).unwrap();
    }
    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.created, run.counts.failed), (30, 0));
    let emails: Vec<_> = ids[4..6].iter().filter_map(|id| place.contact(*id).unwrap().get("email").cloned()).collect();
    assert_eq!(emails, ["both@example.com"]);
    let problems = place.table().problems(&flow()).await.unwrap();
    assert!(problems.iter().any(|row| row.problem.code == "shared-value" && !row.problem.reason.contains('@')));
}

#[tokio::test]
async fn a_contact_that_was_there_before_is_taken_over_and_keeps_what_people_wrote() {
    let place = Place::of_tenants(10).await;
    let tenant = place.source.vendor.ids::<Tenant>()[2];
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.email = Some("known@example.com".into())).unwrap();
    let there = [("email", "known@example.com"), ("city", "Portland"), ("jobtitle", "Baker")];
    let id = place.target.vendor.person_creates("contacts", &there).unwrap();
    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.created, run.counts.updated, run.counts.failed), (9, 1, 0), "{:?}", run.counts);
    let contact = place.contact(tenant).unwrap();
    assert_eq!(
        (contact["id"].as_str(), contact["jobtitle"].as_str(), contact["city"].as_str()),
        (id.as_str(), "Baker", "Portland")
    );
    assert_eq!(place.target.vendor.count("contacts"), 10);
}

#[tokio::test]
async fn a_merged_contact_is_followed_to_the_winner() {
    let place = Place::of_tenants(10).await;
    place.run(RunKind::Full).await;
    let ids = place.source.vendor.ids::<Tenant>();
    let (winner, loser) = (place.contact(ids[0]).unwrap(), place.contact(ids[1]).unwrap());
    place.target.vendor.person_merges("contacts", &winner["id"], &loser["id"]).unwrap();
    place.source.vendor.edit(ids[1], |one: &mut Tenant| one.last_name = Some("Changed".into())).unwrap();
    let run = place.run(RunKind::Changes).await;
    assert_eq!((run.counts.created, run.counts.failed), (0, 0), "{:?}", run.counts);
    assert_eq!(place.target.vendor.count("contacts"), 9, "nobody is made again");
}

#[tokio::test]
async fn a_contact_that_was_merged_into_one_of_nobodys_goes_on_as_that_one() {
    let place = Place::of_tenants(3).await;
    place.run(RunKind::Full).await;
    let tenant = place.source.vendor.ids::<Tenant>()[0];
    let loser = place.contact(tenant).unwrap()["id"].clone();
    let winner = place.target.vendor.person_creates("contacts", &[("email", "by.hand@example.com")]).unwrap();
    place.target.vendor.person_merges("contacts", &winner, &loser).unwrap();
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.last_name = Some("Changed".into())).unwrap();
    place.run(RunKind::Changes).await;
    let contact = place.contact(tenant).unwrap();
    assert_eq!((contact["id"].as_str(), contact["lastname"].as_str()), (winner.as_str(), "Changed"));
    let problems = place.table().problems(&flow()).await.unwrap();
    assert!(problems.iter().all(|row| row.problem.code != "target-gone"), "{problems:?}");
}

#[tokio::test]
async fn a_contact_somebody_removed_is_not_made_again() {
    let place = Place::of_tenants(10).await;
    place.run(RunKind::Full).await;
    let tenant = place.source.vendor.ids::<Tenant>()[0];
    place.target.vendor.person_deletes("contacts", &place.contact(tenant).unwrap()["id"]).unwrap();
    for name in ["Once", "Twice"] {
        place.source.vendor.edit(tenant, |one: &mut Tenant| one.last_name = Some(name.into())).unwrap();
        place.run(RunKind::Changes).await;
    }
    assert_eq!(place.target.vendor.count("contacts"), 9);
    assert!(place.table().problems(&flow()).await.unwrap().iter().any(|row| row.problem.code == "target-gone"));
}

#[tokio::test]
async fn what_the_rules_forbid_is_set_aside_and_goes_through_when_it_is_mended() {
    let rules = json!({ "rules": [
        { "field": "email", "check": "readable", "otherwise": "quarantine" },
        { "field": "last_name", "check": { "holds": ".last_name != \"Test\"" }, "otherwise": "reject" },
    ] });
    let place = Place::with(BuildiumWorld::sample(5, Size::of_tenants(12)), rules).await;
    let ids = place.source.vendor.ids::<Tenant>();
    place.source.vendor.edit(ids[0], |one: &mut Tenant| one.email = Some("call first".into())).unwrap();
    place.source.vendor.edit(ids[1], |one: &mut Tenant| one.last_name = Some("Test".into())).unwrap();
    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.created, run.counts.quarantined, run.counts.skipped), (10, 1, 1), "{:?}", run.counts);
    assert_eq!(run.counts.accounted(), 12);
    let again = place.run(RunKind::Full).await;
    assert_eq!((again.counts.quarantined, again.counts.skipped), (0, 2), "known as such");
    place.source.vendor.edit(ids[0], |one: &mut Tenant| one.email = Some("mended@example.com".into())).unwrap();
    assert_eq!(place.run(RunKind::Changes).await.counts.created, 1);
    let problems = place.table().problems(&flow()).await.unwrap();
    let open: Vec<_> = problems.iter().filter(|row| !row.resolved).map(|row| row.problem.code.as_str()).collect();
    assert_eq!(open, ["rejected"]);
}

#[tokio::test]
async fn a_linked_record_that_was_set_aside_is_merged_once_it_is_mended() {
    let rules = json!({ "rules": [{ "field": "last_name", "check": "required", "otherwise": "quarantine" }] });
    let mut place = Place::with(BuildiumWorld::sample(5, Size::of_tenants(8)), rules).await;
    place.run(RunKind::Full).await;
    let tenant = place.source.vendor.ids::<Tenant>()[0];
    let contact = place.contact(tenant).unwrap();
    place.target.vendor.person_edits("contacts", &contact["id"], &[("city", "Portland")]).unwrap();
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.last_name = None).unwrap();
    assert_eq!(place.run(RunKind::Full).await.counts.quarantined, 1);
    assert_eq!(place.table().quarantined().await.unwrap().len(), 1);

    // The rule goes, the record stays as it is.
    let mut flow_settings = place.settings.flows[&flow()].clone();
    flow_settings.rules[0].otherwise = lintel_domain::sync::Severity::Warn;
    place.settings.flows.insert(flow(), flow_settings);
    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.created, run.counts.updated), (0, 1), "{:?}", run.counts);
    let after = place.contact(tenant).unwrap();
    assert_eq!((after["id"].as_str(), after["city"].as_str()), (contact["id"].as_str(), "Portland"));
    assert!(!after.contains_key("lastname"));
    assert!(place.table().quarantined().await.unwrap().is_empty());
    let problems = place.table().problems(&flow()).await.unwrap();
    assert!(problems.iter().all(|row| row.problem.code != "quarantined" || row.resolved));
}

#[tokio::test]
async fn a_page_that_is_worked_off_twice_does_nothing_twice() {
    let place = Place::of_tenants(30).await;
    let id = place.begin(RunKind::Full).await;
    let flow_id = flow();
    let waiting = Waiting::default();
    let page = || place.engine.page(&place.settings, &flow_id, &id, 0, &waiting, soon());
    let (one, other) = futures::join!(page(), page());
    assert!(matches!((one.unwrap(), other.unwrap()), (Worked::Done, _)));
    assert_eq!(place.target.vendor.count("contacts"), 30);
    place.runs.end(&place.settings, &flow(), &id, soon()).await.unwrap();
    let run = place.table().run(&flow(), &id).await.unwrap().unwrap();
    assert_eq!((run.state.clone(), run.counts.accounted()), (RunState::Done, 30), "{:?}", run.counts);
}

#[tokio::test]
async fn a_key_that_was_deleted_ends_the_run_and_moves_no_cursor() {
    let place = Place::of_tenants(5).await;
    let id = place.begin(RunKind::Full).await;
    place.source.vendor.delete_key("sandbox-client-id");
    let error = place.engine.page(&place.settings, &flow(), &id, 0, &Waiting::default(), soon()).await.unwrap_err();
    assert!(error.ends_the_run(), "{error}");
    assert_eq!(place.table().flow_row(&flow()).await.unwrap().cursor, None);
}

#[tokio::test]
async fn pages_that_are_handed_out_again_count_once() {
    let place = Place::of_tenants(20).await;
    let id = place.begin(RunKind::Full).await;
    let (table, page) = (place.table(), |number| PageRow { number, token: json!("first"), overlap: 0, outcome: None });
    let run = table.run(&flow(), &id).await.unwrap().unwrap();
    let pages: Vec<PageRow> = (1..230).map(page).collect();
    table.add_pages(&run, &pages[..120]).await.unwrap();
    table.add_pages(&run, &pages).await.unwrap();
    assert_eq!(table.run(&flow(), &id).await.unwrap().unwrap().pages, 230);
    assert_eq!(table.pages(&id).await.unwrap().len(), 230);
}

#[tokio::test]
async fn an_address_that_an_organization_names_does_not_lead_inwards() {
    let mut place = Place::of_tenants(1).await;
    for inward in ["https://169.254.169.254", "http://10.0.0.7", "https://[fd00::1]"] {
        place.settings.connections.get_mut(&ConnectionId::new("buildium")).unwrap().base_url = Some(inward.to_owned());
        let error = place.engine.plan(&place.settings, &flow(), soon()).await.unwrap_err();
        assert!(
            format!("{error:?}").contains("Forbidden") || error.to_string().contains("inward"),
            "{inward}: {error:?}"
        );
    }
}
