//! What people decide about single records, and that it is carried out once.

use crate::place::{Place, flow, soon};
use jiff::Timestamp;
use lintel_cloud::store::Decision;
use lintel_domain::{
    records::{Entity, RecordKey},
    sync::{RunKind, Side, Word},
};
use lintel_sandbox::buildium::Tenant;

impl Place {
    /// A tenant of whom a person at the portal says another city.
    async fn disagreement(&self) -> u32 {
        let tenant = self.source.vendor.ids::<Tenant>()[0];
        let contact = self.contact(tenant).unwrap();
        self.target.vendor.person_edits("contacts", &contact["id"], &[("city", "Portland")]).unwrap();
        self.source.vendor.edit(tenant, |one: &mut Tenant| one.first_name = Some("Annabel".into())).unwrap();
        assert_eq!(self.run(RunKind::Changes).await.counts.conflicts, 1);
        tenant
    }

    async fn say(&self, tenant: u32, word: Word) {
        let decision = Decision { record: key(tenant), word, at: Timestamp::now() };
        self.table().decide(&flow(), &decision).await.unwrap();
    }

    async fn waiting(&self) -> (usize, usize) {
        let table = self.table();
        let conflicts = table.links_in_conflict(&flow(), Entity::Person).await.unwrap();
        (table.decisions(&flow()).await.unwrap().len(), conflicts.len())
    }
}

fn key(tenant: u32) -> RecordKey {
    RecordKey::new("tenants", &tenant.to_string())
}

fn take(side: Side) -> Word {
    Word::Take { field: "city".to_owned(), side }
}

#[tokio::test]
async fn a_decision_is_carried_out_by_the_event_or_by_the_next_run_whichever_comes() {
    for by_event in [true, false] {
        let place = Place::of_tenants(10).await;
        place.run(RunKind::Full).await;
        let tenant = place.source.vendor.ids::<Tenant>()[0];
        let right = place.contact(tenant).unwrap()["city"].clone();
        place.disagreement().await;
        assert_eq!(place.waiting().await, (0, 1));
        place.say(tenant, take(Side::Source)).await;
        if by_event {
            place.engine.record(&place.settings, &flow(), &tenant.to_string(), soon()).await.unwrap();
        } else {
            place.run(RunKind::Full).await;
        }
        assert_eq!(place.contact(tenant).unwrap()["city"], right);
        assert_eq!(place.waiting().await, (0, 0));
    }
}

#[tokio::test]
async fn a_decision_taken_while_a_worker_is_at_the_record_is_not_lost() {
    let place = Place::of_tenants(10).await;
    place.run(RunKind::Full).await;
    let tenant = place.disagreement().await;
    // What a worker that read the link before writes after.
    let links = place.table().links(&flow(), Entity::Person, &[key(tenant)]).await.unwrap();
    place.say(tenant, take(Side::Target)).await;
    place.table().save_links(&flow(), &links.into_values().collect::<Vec<_>>()).await.unwrap();
    place.engine.record(&place.settings, &flow(), &tenant.to_string(), soon()).await.unwrap();
    assert_eq!(place.waiting().await, (0, 0));
    assert_eq!(place.contact(tenant).unwrap()["city"], "Portland");
}

#[tokio::test]
async fn what_is_decided_anew_is_not_forgotten_with_what_was_carried_out() {
    let place = Place::of_tenants(3).await;
    place.run(RunKind::Full).await;
    let tenant = place.disagreement().await;
    place.say(tenant, take(Side::Source)).await;
    let carried_out = place.table().decisions(&flow()).await.unwrap();
    place.say(tenant, take(Side::Target)).await;
    place.table().forget_decisions(&flow(), &carried_out).await.unwrap();
    assert_eq!(place.waiting().await, (1, 1));
}

#[tokio::test]
async fn nothing_waits_of_a_record_that_is_gone() {
    let place = Place::of_tenants(3).await;
    place.run(RunKind::Full).await;
    let tenant = place.disagreement().await;
    place.say(tenant, take(Side::Source)).await;
    place.source.vendor.delete::<Tenant>(tenant).unwrap();
    place.engine.record(&place.settings, &flow(), &tenant.to_string(), soon()).await.unwrap();
    assert_eq!(place.waiting().await.0, 0);
}

impl Place {
    async fn gone_from_the_portal(&self) -> u32 {
        let tenant = self.source.vendor.ids::<Tenant>()[0];
        self.target.vendor.person_deletes("contacts", &self.contact(tenant).unwrap()["id"]).unwrap();
        self.source.vendor.edit(tenant, |one: &mut Tenant| one.last_name = Some("Once".into())).unwrap();
        self.run(RunKind::Changes).await;
        tenant
    }

    /// Addresses that are shared are another test's business.
    async fn troubles(&self) -> Vec<String> {
        let problems = self.table().problems(&flow()).await.unwrap();
        let open = problems.into_iter().filter(|row| !row.resolved).map(|row| row.problem.code);
        open.filter(|code| code != "shared-value").collect()
    }

    async fn told(&self, tenant: u32) -> lintel_domain::sync::Counts {
        self.engine.record(&self.settings, &flow(), &tenant.to_string(), soon()).await.unwrap()
    }
}

#[tokio::test]
async fn a_contact_somebody_removed_is_made_again_when_somebody_says_so() {
    let place = Place::of_tenants(6).await;
    place.run(RunKind::Full).await;
    let tenant = place.gone_from_the_portal().await;
    place.say(tenant, Word::TryAgain).await;
    assert_eq!(place.told(tenant).await.skipped, 1, "it is looked for, and not made");
    assert_eq!(place.target.vendor.count("contacts"), 5);
    assert_eq!(place.troubles().await, ["target-gone"]);

    place.say(tenant, Word::MakeAgain).await;
    assert_eq!(place.told(tenant).await.created, 1);
    assert_eq!(place.target.vendor.count("contacts"), 6);
    assert_eq!(place.contact(tenant).unwrap()["lastname"], "Once");
    assert_eq!(place.troubles().await, Vec::<String>::new());
    assert_eq!(place.run(RunKind::Full).await.counts.unchanged, 6, "once");
}

#[tokio::test]
async fn a_contact_somebody_restored_is_found_again_and_not_made_a_second_time() {
    // Tried again it is merged with what both last had. To be made again means that nothing is left of that: where the two differ, a
    // person decides, and nothing somebody wrote is lost.
    for (word, updated, name) in [(Word::TryAgain, 1, Some("Once")), (Word::MakeAgain, 0, None)] {
        let place = Place::of_tenants(6).await;
        place.run(RunKind::Full).await;
        let contact = place.contact(place.source.vendor.ids::<Tenant>()[0]).unwrap();
        let tenant = place.gone_from_the_portal().await;
        place.target.vendor.person_restores("contacts", &contact["id"]).unwrap();
        place.say(tenant, word).await;
        let counts = place.told(tenant).await;
        assert_eq!((counts.created, counts.updated, counts.conflicts), (0, updated, 1 - updated), "{counts:?}");
        assert_eq!(place.target.vendor.count("contacts"), 6);
        let after = place.contact(tenant).unwrap();
        let name = name.unwrap_or(contact["lastname"].as_str());
        assert_eq!((&after["id"], after["lastname"].as_str()), (&contact["id"], name));
        assert_eq!(place.troubles().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_value_that_was_refused_is_offered_again_when_somebody_says_so() {
    let place = Place::of_tenants(6).await;
    let tenant = place.source.vendor.ids::<Tenant>()[2];
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.email = Some("who@example.c".into())).unwrap();
    place.run(RunKind::Full).await;
    assert_eq!(place.troubles().await, ["refused-value"]);
    let writes = place.target.vendor.usage().writes;
    assert_eq!(place.run(RunKind::Full).await.counts.unchanged, 6);
    assert_eq!(place.target.vendor.usage().writes, writes, "not by itself");
    place.say(tenant, Word::TryAgain).await;
    place.told(tenant).await;
    assert!(place.target.vendor.usage().writes > writes, "offered again");
    assert_eq!((place.waiting().await.0, place.troubles().await), (0, vec!["refused-value".to_owned()]));
}

#[tokio::test]
async fn a_mass_change_goes_through_for_the_records_that_were_approved_and_no_more() {
    let place = Place::of_tenants(40).await;
    place.run(RunKind::Full).await;
    let tenants = place.source.vendor.ids::<Tenant>();
    let leave = |range: std::ops::Range<usize>| {
        for tenant in &tenants[range] {
            place.source.vendor.delete::<Tenant>(*tenant).unwrap();
        }
    };
    leave(0..20);
    assert_eq!(place.run(RunKind::Full).await.counts.gone, 0);
    let table = place.table();
    let plan = table.missing_plan(&flow()).await.unwrap().unwrap();
    assert_eq!((plan.missing, plan.of, plan.approved), (20, 40, false));
    assert_eq!(table.missing_records(&flow(), &plan).await.unwrap().len(), 20);
    assert_eq!(place.run(RunKind::Full).await.counts.gone, 0);
    assert_eq!(table.missing_plan(&flow()).await.unwrap(), Some(plan.clone()), "the same plan stands");

    assert!(table.approve_missing(&flow(), &plan.run, Timestamp::now()).await.unwrap());
    leave(20..31);
    assert_eq!(place.run(RunKind::Full).await.counts.gone, 20, "those that were named");
    let next = table.missing_plan(&flow()).await.unwrap().unwrap();
    assert_eq!((next.missing, next.approved), (11, false));
    assert!(!table.approve_missing(&flow(), &plan.run, Timestamp::now()).await.unwrap(), "it was used up");
    assert_eq!(place.run(RunKind::Full).await.counts.gone, 0);
    assert_eq!(place.troubles().await, ["mass-change"]);

    assert!(table.approve_missing(&flow(), &next.run, Timestamp::now()).await.unwrap());
    assert_eq!(place.run(RunKind::Full).await.counts.gone, 11);
    assert_eq!(table.missing_plan(&flow()).await.unwrap(), None);
    assert_eq!(place.troubles().await, Vec::<String>::new());
}
