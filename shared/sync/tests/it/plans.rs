//! What a plan says a run would do, and that the run then does it.

use crate::{
    leases::{load, run, town},
    place::{Hub, Place, flow, soon},
};
use lintel_domain::{
    ids::FlowId,
    records::{Entity, RecordKey},
    sync::{Base, Intent, LinkState, RunKind},
};
use lintel_sandbox::buildium::{BuildiumWorld, Lease, Size, Tenant};
use lintel_sync::{Plan, PlannedRecord, Step};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

impl Hub {
    pub(crate) async fn plan(&self, flow: &str) -> Plan {
        let plan = self.engine.plan(&self.settings, &FlowId::new(flow), soon()).await.unwrap();
        let accounted = plan.unchanged + plan.skipped + plan.refused + plan.records.len() as u64;
        assert_eq!(accounted, plan.read, "every record stands in the plan once: {plan:?}");
        plan
    }
}

fn steps(plan: &Plan) -> BTreeMap<&'static str, usize> {
    let mut steps = BTreeMap::new();
    for record in &plan.records {
        let step = match &record.step {
            Step::Create { .. } => "create",
            Step::TakeOver { .. } => "take over",
            Step::Update { fields, .. } if fields.is_empty() => "conflict",
            Step::Update { .. } => "update",
            Step::Wait => "wait",
            Step::Quarantine => "quarantine",
            Step::Reject => "reject",
        };
        *steps.entry(step).or_default() += 1;
    }
    steps
}

/// The fields that would be written.
fn fields(record: &PlannedRecord) -> BTreeSet<&str> {
    match &record.step {
        Step::Create { fields } | Step::TakeOver { fields, .. } | Step::Update { fields, .. } => {
            fields.iter().copied().collect()
        }
        Step::Wait | Step::Quarantine | Step::Reject => BTreeSet::new(),
    }
}

#[tokio::test]
async fn a_plan_has_every_record_once_whatever_becomes_of_it() {
    let place = Place::of_tenants(12).await;
    assert_eq!(steps(&place.plan("tenants").await), [("create", 12)].into());
    place.run(RunKind::Full).await;
    let (source, target) = (&place.source.vendor, &place.target.vendor);
    let ids = source.ids::<Tenant>();
    let contact = |tenant: u32| place.contact(tenant).unwrap()["id"].clone();
    // Both changed the name of the first; the second says at the portal what the account says by now; the third was removed there.
    target.person_edits("contacts", &contact(ids[0]), &[("lastname", "Birch")]).unwrap();
    target.person_edits("contacts", &contact(ids[1]), &[("lastname", "Aster")]).unwrap();
    target.person_deletes("contacts", &contact(ids[2])).unwrap();
    for tenant in &ids[..4] {
        source.edit(*tenant, |one: &mut Tenant| one.last_name = Some("Aster".into())).unwrap();
    }
    let plan = place.plan("tenants").await;
    assert_eq!(steps(&plan), [("conflict", 1), ("update", 1)].into());
    assert_eq!((plan.unchanged, plan.skipped), (9, 1));
}

#[tokio::test]
async fn a_plan_of_what_stands_at_other_records_tells_what_waits_for_them_and_what_is_written() {
    let place = town().await;
    let leases = place.source.vendor.ids::<Lease>().len();
    assert_eq!(steps(&place.plan("homes").await), [("wait", leases)].into());
    assert_eq!(steps(&place.plan("rents").await).keys().collect::<Vec<_>>(), [&"wait"]);
    load(&place, &["tenants", "units"]).await;
    assert_eq!(steps(&place.plan("homes").await), [("create", leases)].into());
    let rents = place.plan("rents").await;
    assert_eq!(steps(&rents).keys().collect::<Vec<_>>(), [&"update"], "the unit is there already");
    let written = run(&place, "rents", RunKind::Full).await.counts;
    assert_eq!(written.updated, rents.records.len() as u64);
    run(&place, "homes", RunKind::Full).await;
    assert_eq!((steps(&place.plan("homes").await), steps(&place.plan("rents").await)), Default::default());
}

impl Place {
    fn has_email(&self, tenant: u32, email: &str) {
        let email = Some(email.to_owned().into());
        self.source.vendor.edit(tenant, |one: &mut Tenant| one.email.clone_from(&email)).unwrap();
    }

    /// Makes a contact that is the portal's own.
    fn own_contact(&self, values: &[(&str, &str)]) {
        self.target.vendor.person_creates("contacts", values).unwrap();
    }
}

#[tokio::test]
async fn a_plan_tells_what_would_be_taken_over_and_the_run_does_the_same() {
    // In one part and in several.
    for tenants in [12, 130] {
        let place = Place::of_tenants(tenants).await;
        let ids = place.source.vendor.ids::<Tenant>();
        let [.., before_last, last] = ids[..] else { unreachable!("{ids:?}") };
        // By its address in another case, with a word of a person's.
        place.own_contact(&[("email", "known@example.com"), ("city", "Portland"), ("jobtitle", "Baker")]);
        place.has_email(ids[0], "Known@Example.com");
        // By a further address; and another one by the first address of the same contact.
        place.own_contact(&[("email", "main@example.com"), ("hs_additional_emails", "further@example.com")]);
        place.has_email(ids[1], "further@example.com");
        place.has_email(before_last, "main@example.com");
        // Two for one.
        place.own_contact(&[("email", "both@example.com"), ("firstname", "Somebody")]);
        place.has_email(ids[2], "both@example.com");
        place.has_email(last, "both@example.com");
        // Another record's.
        place.own_contact(&[("email", "theirs@example.com"), ("lintel_key", "buildium/owners/7")]);
        place.has_email(ids[3], "theirs@example.com");

        let there = place.target.vendor.records("contacts");
        let (writes, rows) = (place.target.vendor.usage().writes, place.row_writes());
        let plan = place.plan("tenants").await;
        assert_eq!(steps(&plan), [("create", tenants - 3), ("take over", 3)].into(), "{plan:?}");
        assert_eq!(place.target.vendor.records("contacts"), there);
        assert_eq!((place.target.vendor.usage().writes, place.row_writes()), (writes, rows), "nothing was written");

        let counts = place.run(RunKind::Full).await.counts;
        assert_eq!((counts.created, counts.updated, counts.failed), (tenants as u64 - 3, 3, 0), "{counts:?}");
        // Of the two for one the first gets it, and which one that is tells the day.
        let two = [ids[2], last].map(|tenant| RecordKey::new("tenants", &tenant.to_string()));
        for record in plan.records.iter().filter(|record| !two.contains(&record.key)) {
            let changes = place.changes("tenants", &record.key.to_string()).await;
            let written: BTreeSet<&str> = changes.iter().map(|(field, ..)| field.as_str()).collect();
            assert_eq!(fields(record), written, "{record:?}");
        }
        assert_eq!(steps(&place.plan("tenants").await), [].into());
    }
}

#[tokio::test]
async fn a_plan_that_leaves_both_words_to_a_person_says_so_of_what_is_taken_over() {
    let place = Place::with(BuildiumWorld::sample(5, Size::of_tenants(1)), json!({ "policy": "manual" })).await;
    place.own_contact(&[("email", "known@example.com"), ("firstname", "Somebody"), ("lastname", "Else")]);
    place.has_email(place.source.vendor.ids::<Tenant>()[0], "known@example.com");
    let plan = place.plan("tenants").await;
    let Step::TakeOver { conflicts, .. } = &plan.records[0].step else { unreachable!("{plan:?}") };
    assert_eq!(conflicts, &["first_name", "last_name"]);
    assert_eq!(place.run(RunKind::Full).await.counts.conflicts, 2);
}

#[tokio::test]
async fn what_the_portal_has_by_our_key_is_not_planned_as_new() {
    let place = Place::of_tenants(6).await;
    place.run(RunKind::Full).await;
    // A run stopped while it told the target of one.
    let key = RecordKey::new("tenants", &place.source.vendor.ids::<Tenant>()[0].to_string());
    let mut links = place.table().links(&flow(), Entity::Person, std::slice::from_ref(&key)).await.unwrap();
    let mut link = links.remove(&key).unwrap();
    (link.state, link.target) = (LinkState::Begun, None);
    link.intent = Some(Intent { fields: BTreeSet::new(), base: Base::default() });
    place.table().save_links(&flow(), &[link]).await.unwrap();
    let plan = place.plan("tenants").await;
    assert_eq!((steps(&plan), plan.unchanged), ([].into(), 6));

    // Nothing is known of any of them any more.
    let hub = Hub::of(place.settings.clone(), &["hubspot"]).await;
    assert_eq!(steps(&hub.plan("tenants").await), [("update", 6)].into());
    let counts = hub.run(RunKind::Full).await.counts;
    assert_eq!((counts.created, counts.updated), (0, 6));
}
