//! Two portals kept in step both ways.

use crate::place::{Hub, flow, soon};
use async_trait::async_trait;
use lintel_domain::{
    ids::OrgId,
    records::{Entity, RecordKey},
    sync::{Intent, Link, LinkState, Run, RunKind, RunState},
};
use lintel_sandbox::{
    RealClock, Running,
    hubspot::{HubSpot, PortalSettings, RecordView},
};
use lintel_sync::{HandOut, Step, SyncError};
use serde_json::{Value, json};
use std::sync::Arc;

struct Two {
    near: Running<HubSpot>,
    far: Running<HubSpot>,
    hub: Hub,
}

impl Two {
    /// Two portals, of which the near one has so many contacts.
    async fn portals(contacts: usize, further: Value) -> Self {
        Self::with(PortalSettings::default(), contacts, further).await
    }

    async fn with(near: PortalSettings, contacts: usize, further: Value) -> Self {
        let near = Running::start(HubSpot::new(near, Arc::new(RealClock), 3)).await.unwrap();
        let far = Running::start(HubSpot::new(PortalSettings::default(), Arc::new(RealClock), 4)).await.unwrap();
        let mut flow = json!({
            "from": "near", "stream": "contacts", "to": "far", "into": "contacts", "direction": "two-way",
        });
        flow.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        let settings = serde_json::from_value(json!({
            "id": OrgId::new("acme"),
            "name": "Acme",
            "connections": {
                "near": { "vendor": "hubspot", "secret": "hubspot", "base_url": near.url },
                "far": { "vendor": "hubspot", "secret": "hubspot", "base_url": far.url },
            },
            "flows": { "tenants": flow },
        }));
        let hub = Hub::of(settings.unwrap(), &["near", "far"]).await;
        for number in 0..contacts {
            let email = format!("guest.{number}@example.com");
            near.vendor
                .person_creates("contacts", &[("email", &email), ("firstname", "Ann"), ("city", "Salem")])
                .unwrap();
        }
        Self { near, far, hub }
    }

    async fn run(&self, kind: RunKind) -> Run {
        let run = self.hub.run(kind).await;
        assert_eq!(run.state, RunState::Done);
        assert_eq!(run.counts.accounted(), run.counts.read, "{:?}", run.counts);
        run
    }

    fn of(portal: &Running<HubSpot>, email: &str) -> RecordView {
        let found = portal.vendor.records("contacts").into_iter();
        found.into_iter().find(|one| one.properties.get("email").is_some_and(|value| value == email)).unwrap()
    }

    /// Codes of what is listed, and whether it is settled.
    async fn problems(&self) -> Vec<(String, bool)> {
        let problems = self.hub.table().problems(&flow()).await.unwrap();
        problems.into_iter().map(|row| (row.problem.code, row.resolved)).collect()
    }

    fn writes(&self) -> u64 {
        self.near.vendor.usage().writes + self.far.vendor.usage().writes
    }
}

fn city(contact: &RecordView) -> Option<&str> {
    contact.properties.get("city").map(String::as_str)
}

const GUEST: &str = "guest.1@example.com";

#[tokio::test]
async fn an_edit_on_either_side_reaches_the_other() {
    let two = Two::portals(3, json!({})).await;
    two.run(RunKind::Full).await;
    let (ours, theirs) = (Two::of(&two.near, GUEST), Two::of(&two.far, GUEST));
    two.far.vendor.person_edits("contacts", &theirs.id, &[("city", "Bend")]).unwrap();
    two.near.vendor.person_edits("contacts", &ours.id, &[("firstname", "Anna")]).unwrap();

    let back = two.run(RunKind::Back).await;
    assert_eq!((back.counts.read, back.counts.updated, back.counts.unchanged), (3, 1, 2), "{:?}", back.counts);
    for portal in [&two.near, &two.far] {
        let contact = Two::of(portal, GUEST);
        assert_eq!((city(&contact), contact.properties["firstname"].as_str()), (Some("Bend"), "Anna"));
    }

    let writes = two.writes();
    for kind in [RunKind::Changes, RunKind::Back, RunKind::Full, RunKind::Compare] {
        two.run(kind).await;
    }
    assert_eq!(two.writes(), writes, "in quiet nobody is written to, and nothing goes round in circles");
}

#[tokio::test]
async fn what_both_sides_changed_waits_for_a_person() {
    let two = Two::portals(2, json!({})).await;
    two.run(RunKind::Full).await;
    let (ours, theirs) = (Two::of(&two.near, GUEST), Two::of(&two.far, GUEST));
    two.near.vendor.person_edits("contacts", &ours.id, &[("city", "Eugene")]).unwrap();
    two.far.vendor.person_edits("contacts", &theirs.id, &[("city", "Bend")]).unwrap();
    let run = two.run(RunKind::Back).await;
    assert_eq!(run.counts.conflicts, 1, "{:?}", run.counts);
    assert_eq!(city(&Two::of(&two.near, GUEST)), Some("Eugene"));
    assert_eq!(city(&Two::of(&two.far, GUEST)), Some("Bend"));
    let again = two.run(RunKind::Back).await;
    assert_eq!(
        (again.counts.unchanged, again.counts.conflicts),
        (2, 0),
        "a conflict that waits is not looked at again"
    );
}

#[tokio::test]
async fn what_somebody_made_at_the_target_is_made_at_the_source_once() {
    let two = Two::portals(1, json!({ "when_new": "make" })).await;
    two.run(RunKind::Full).await;
    two.far.vendor.person_creates("contacts", &[("email", "new@example.com"), ("firstname", "Nora")]).unwrap();
    two.run(RunKind::Back).await;
    assert_eq!(two.near.vendor.count("contacts"), 2);
    assert_eq!(Two::of(&two.near, "new@example.com").properties["firstname"], "Nora");

    let writes = two.writes();
    for kind in [RunKind::Changes, RunKind::Back, RunKind::Full] {
        two.run(kind).await;
    }
    assert_eq!((two.near.vendor.count("contacts"), two.far.vendor.count("contacts")), (2, 2));
    assert_eq!(two.writes(), writes);

    let made = Two::of(&two.near, "new@example.com");
    two.near.vendor.person_edits("contacts", &made.id, &[("city", "Salem")]).unwrap();
    two.run(RunKind::Changes).await;
    assert_eq!(city(&Two::of(&two.far, "new@example.com")), Some("Salem"), "they are a pair from now on");
}

#[tokio::test]
async fn what_somebody_made_at_the_target_meets_who_is_at_the_source_already() {
    let two = Two::portals(0, json!({ "when_new": "make" })).await;
    two.far.vendor.person_creates("contacts", &[("email", GUEST), ("city", "Bend")]).unwrap();
    two.near.vendor.person_creates("contacts", &[("email", GUEST), ("firstname", "Ann")]).unwrap();
    two.run(RunKind::Back).await;
    for portal in [&two.near, &two.far] {
        assert_eq!(portal.vendor.count("contacts"), 1);
        let contact = Two::of(portal, GUEST);
        assert_eq!((city(&contact), contact.properties["firstname"].as_str()), (Some("Bend"), "Ann"));
    }
}

#[tokio::test]
async fn the_targets_own_records_are_left_alone_unless_the_flow_says_otherwise() {
    let two = Two::portals(1, json!({})).await;
    two.run(RunKind::Full).await;
    two.far.vendor.person_creates("contacts", &[("email", "new@example.com")]).unwrap();
    let run = two.run(RunKind::Back).await;
    assert_eq!((run.counts.skipped, two.near.vendor.count("contacts")), (1, 1), "{:?}", run.counts);
}

#[tokio::test]
async fn what_the_source_does_not_make_is_listed_until_somebody_mends_it() {
    // The source takes nobody without a name or an address, and names do not come over.
    let two = Two::portals(0, json!({ "when_new": "make", "fields": { "to": { "first_name": "" } } })).await;
    let id = two.far.vendor.person_creates("contacts", &[("firstname", "Ann"), ("city", "Bend")]).unwrap();
    two.run(RunKind::Back).await;
    assert_eq!(two.problems().await, [("not-made-at-source".to_owned(), false)]);

    two.far.vendor.person_edits("contacts", &id, &[("email", GUEST)]).unwrap();
    two.run(RunKind::Back).await;
    assert_eq!(two.problems().await, [("not-made-at-source".to_owned(), true)]);
    assert_eq!(city(&Two::of(&two.near, GUEST)), Some("Bend"));
}

#[tokio::test]
async fn what_is_gone_at_the_source_is_not_written_there() {
    let two = Two::portals(3, json!({ "when_gone": "mark" })).await;
    two.run(RunKind::Full).await;
    let (ours, theirs) = (Two::of(&two.near, GUEST), Two::of(&two.far, GUEST));
    two.far.vendor.person_edits("contacts", &theirs.id, &[("city", "Bend")]).unwrap();
    two.near.vendor.person_deletes("contacts", &ours.id).unwrap();
    two.run(RunKind::Full).await;
    two.run(RunKind::Back).await;
    assert_eq!(two.near.vendor.count("contacts"), 2);
    assert_eq!(city(&Two::of(&two.far, GUEST)), Some("Bend"));
}

#[tokio::test]
async fn an_event_of_either_side_takes_one_record_whole() {
    let two = Two::portals(3, json!({})).await;
    two.run(RunKind::Full).await;
    let (ours, theirs) = (Two::of(&two.near, GUEST), Two::of(&two.far, GUEST));
    two.far.vendor.person_edits("contacts", &theirs.id, &[("city", "Bend")]).unwrap();
    two.near.vendor.person_edits("contacts", &ours.id, &[("lastname", "Sample")]).unwrap();
    two.hub.engine.record(&two.hub.settings, &flow(), &ours.id, soon()).await.unwrap();
    for portal in [&two.near, &two.far] {
        let contact = Two::of(portal, GUEST);
        assert_eq!((city(&contact), contact.properties["lastname"].as_str()), (Some("Bend"), "Sample"));
    }
}

#[tokio::test]
async fn a_value_the_source_refuses_keeps_no_other_from_it() {
    let two = Two::portals(2, json!({})).await;
    two.run(RunKind::Full).await;
    let (ours, theirs) = (Two::of(&two.near, GUEST), Two::of(&two.far, GUEST));
    // Nobody at the far side has the address.
    two.near.vendor.person_edits("contacts", &ours.id, &[("hs_additional_emails", "box@example.com")]).unwrap();
    let other = Two::of(&two.far, "guest.0@example.com");
    two.far.vendor.person_edits("contacts", &other.id, &[("email", "box@example.com"), ("city", "Bend")]).unwrap();
    two.run(RunKind::Back).await;
    let refused = Two::of(&two.near, "guest.0@example.com");
    assert_eq!(city(&refused), Some("Bend"));
    assert_eq!(two.problems().await, [("refused-at-source".to_owned(), false)]);
    assert_eq!(city(&Two::of(&two.far, GUEST)), city(&theirs), "the other one is left alone");
}

#[tokio::test]
async fn whom_the_source_has_as_somebody_else_is_listed() {
    let two = Two::portals(2, json!({ "when_new": "make" })).await;
    two.run(RunKind::Full).await;
    let ours = Two::of(&two.near, GUEST);
    two.near.vendor.person_edits("contacts", &ours.id, &[("hs_additional_emails", "box@example.com")]).unwrap();
    let new = two.far.vendor.person_creates("contacts", &[("email", "box@example.com"), ("city", "Bend")]).unwrap();
    two.run(RunKind::Back).await;
    assert_eq!(two.problems().await, [("not-made-at-source".to_owned(), false)]);
    assert_eq!(city(&Two::of(&two.near, GUEST)), Some("Salem"), "whoever is in step already is left alone");

    two.far.vendor.person_edits("contacts", &new, &[("email", "other@example.com")]).unwrap();
    two.run(RunKind::Back).await;
    assert_eq!(two.problems().await, [("not-made-at-source".to_owned(), true)]);
    assert_eq!(city(&Two::of(&two.near, "other@example.com")), Some("Bend"));
}

#[tokio::test]
async fn of_two_that_the_source_has_as_one_the_second_is_listed() {
    let two = Two::portals(0, json!({ "when_new": "make" })).await;
    for address in ["one@example.com", "two@example.com"] {
        two.far.vendor.person_creates("contacts", &[("email", address)]).unwrap();
    }
    let both = [("email", "one@example.com"), ("hs_additional_emails", "two@example.com")];
    two.near.vendor.person_creates("contacts", &both).unwrap();
    two.run(RunKind::Back).await;
    assert_eq!(two.near.vendor.count("contacts"), 1);
    assert_eq!(two.problems().await, [("not-made-at-source".to_owned(), false)]);
}

#[tokio::test]
async fn whoever_was_removed_at_the_target_and_made_there_again_is_a_pair_with_the_same_one() {
    let two = Two::portals(2, json!({ "when_new": "make" })).await;
    two.run(RunKind::Full).await;
    two.far.vendor.person_deletes("contacts", &Two::of(&two.far, GUEST).id).unwrap();
    two.run(RunKind::Compare).await;
    assert_eq!(two.problems().await, [("target-gone".to_owned(), false)]);

    two.far.vendor.person_creates("contacts", &[("email", GUEST), ("lastname", "Sample")]).unwrap();
    two.run(RunKind::Back).await;
    assert_eq!(two.problems().await, [("target-gone".to_owned(), true)]);
    for portal in [&two.near, &two.far] {
        assert_eq!(portal.vendor.count("contacts"), 2);
        let contact = Two::of(portal, GUEST);
        assert_eq!((city(&contact), contact.properties["lastname"].as_str()), (Some("Salem"), "Sample"));
    }
}

#[tokio::test]
async fn what_was_typed_at_the_target_stands_while_the_record_is_gone_at_the_source() {
    let two = Two::portals(3, json!({ "when_gone": "mark", "policy": "source" })).await;
    two.run(RunKind::Full).await;
    let (ours, theirs) = (Two::of(&two.near, GUEST), Two::of(&two.far, GUEST));
    two.far.vendor.person_edits("contacts", &theirs.id, &[("city", "Bend")]).unwrap();
    two.near.vendor.person_deletes("contacts", &ours.id).unwrap();
    two.run(RunKind::Full).await;
    let marked = Two::of(&two.far, GUEST);
    assert_eq!((city(&marked), marked.properties["lintel_status"].as_str()), (Some("Bend"), "past"));

    two.near.vendor.person_restores("contacts", &ours.id).unwrap();
    two.run(RunKind::Full).await;
    for portal in [&two.near, &two.far] {
        let contact = Two::of(portal, GUEST);
        assert_eq!((city(&contact), contact.properties.get("lintel_status")), (Some("Bend"), None));
    }
}

#[tokio::test]
async fn a_field_in_conflict_that_somebody_empties_is_not_filled_in_again() {
    let two = Two::portals(0, json!({ "when_new": "make" })).await;
    let ours = two.near.vendor.person_creates("contacts", &[("email", GUEST), ("city", "Salem")]).unwrap();
    two.far.vendor.person_creates("contacts", &[("email", GUEST), ("city", "Bend")]).unwrap();
    let run = two.run(RunKind::Full).await;
    assert_eq!(run.counts.conflicts, 1, "{:?}", run.counts);
    two.near.vendor.person_edits("contacts", &ours, &[("city", "")]).unwrap();
    for kind in [RunKind::Full, RunKind::Back, RunKind::Compare] {
        two.run(kind).await;
    }
    assert_eq!(city(&Two::of(&two.near, GUEST)), None);
    assert_eq!(city(&Two::of(&two.far, GUEST)), Some("Bend"), "somebody decides");
}

#[tokio::test]
async fn what_is_none_of_its_kind_stands_at_both_sides() {
    let two = Two::portals(3, json!({})).await;
    two.run(RunKind::Full).await;
    let theirs = Two::of(&two.far, GUEST);
    two.far.vendor.person_edits("contacts", &theirs.id, &[("mobilephone", "ask for Bob")]).unwrap();
    let ours = Two::of(&two.near, "guest.0@example.com");
    two.near.vendor.person_edits("contacts", &ours.id, &[("mobilephone", "call first")]).unwrap();
    for kind in [RunKind::Back, RunKind::Full] {
        two.run(kind).await;
    }
    let writes = two.writes();
    for kind in [RunKind::Full, RunKind::Back, RunKind::Compare] {
        two.run(kind).await;
    }
    assert_eq!(two.writes(), writes);
    for portal in [&two.near, &two.far] {
        assert_eq!(Two::of(portal, GUEST).properties["mobilephone"], "ask for Bob");
        assert_eq!(Two::of(portal, "guest.0@example.com").properties["mobilephone"], "call first");
    }
}

/// Somebody without an address at the far portal, whom an earlier run made at the near one and came no further; and the ids of both.
fn half_made(two: &Two) -> (String, String) {
    let far = two.far.vendor.person_creates("contacts", &[("firstname", "Nora"), ("city", "Bend")]).unwrap();
    let key = format!("far/contacts/{far}");
    let values = [("firstname", "Nora"), ("city", "Bend"), ("lintel_key", key.as_str())];
    (two.near.vendor.person_creates("contacts", &values).unwrap(), far)
}

#[tokio::test]
async fn what_was_made_at_the_source_is_not_written_over_by_making_it_again() {
    let two = Two::portals(0, json!({ "when_new": "make" })).await;
    let (near, far) = half_made(&two);
    two.near.vendor.person_edits("contacts", &near, &[("city", "Salem")]).unwrap();
    two.run(RunKind::Back).await;
    assert_eq!((two.near.vendor.count("contacts"), two.far.vendor.count("contacts")), (1, 1));
    let shown = (two.near.vendor.record("contacts", &near).unwrap(), two.far.vendor.record("contacts", &far).unwrap());
    assert_eq!((city(&shown.0), city(&shown.1)), (Some("Salem"), Some("Bend")), "they were never in step: a conflict");
}

#[tokio::test]
async fn a_plan_tells_of_a_pair_what_would_be_written_and_no_more() {
    let two = Two::portals(0, json!({ "when_new": "make" })).await;
    let (near, far) = half_made(&two);
    two.near.vendor.person_edits("contacts", &near, &[("lastname", "Sample")]).unwrap();
    let plan = two.hub.plan("tenants").await;
    let steps: Vec<&Step> = plan.records.iter().map(|record| &record.step).collect();
    assert_eq!(steps, [&Step::TakeOver { fields: vec!["last_name"], conflicts: Vec::new() }]);
    two.run(RunKind::Full).await;
    let theirs = two.far.vendor.record("contacts", &far).unwrap();
    assert_eq!((theirs.properties["lastname"].as_str(), city(&theirs)), ("Sample", Some("Bend")));
}

#[tokio::test]
async fn a_taking_over_that_was_begun_goes_on_with_the_record_it_was_begun_for() {
    let two = Two::portals(0, json!({ "when_new": "make" })).await;
    let (near, far) = half_made(&two);
    let link = Link::new(RecordKey::new("contacts", &near), LinkState::Begun, String::new());
    two.hub.table().save_links(&flow(), &[Link { intent: Some(Intent::default()), ..link }]).await.unwrap();
    two.run(RunKind::Full).await;
    assert_eq!(two.far.vendor.count("contacts"), 1);
    let owner = two.far.vendor.record("contacts", &far).unwrap().properties.remove("lintel_key");
    assert_eq!(owner, Some(format!("near/contacts/{near}")));
}

#[tokio::test]
async fn what_was_made_for_somebody_and_set_aside_is_a_pair_with_that_one_once_it_is_mended() {
    let rules =
        json!([{ "field": "last_name", "check": { "holds": ".last_name != \"Test\"" }, "otherwise": "reject" }]);
    let two = Two::portals(0, json!({ "when_new": "make", "rules": rules })).await;
    two.far.vendor.person_creates("contacts", &[("firstname", "Nora"), ("lastname", "Test")]).unwrap();
    two.run(RunKind::Back).await;
    let near = two.near.vendor.records("contacts").remove(0).id;
    two.near.vendor.person_edits("contacts", &near, &[("lastname", "Sample")]).unwrap();
    two.run(RunKind::Full).await;
    assert_eq!((two.near.vendor.count("contacts"), two.far.vendor.count("contacts")), (1, 1));
}

/// A queue that takes nothing.
struct Stopped;

#[async_trait]
impl HandOut for Stopped {
    async fn hand_out(&self, _: &[u64]) -> Result<(), SyncError> {
        Err(SyncError::Busy)
    }
}

#[tokio::test]
async fn a_page_that_is_read_again_and_ends_elsewhere_leaves_nobody_for_gone() {
    let near = PortalSettings { largest_page: 2, ..PortalSettings::default() };
    let two = Two::with(near, 5, json!({ "when_gone": "mark" })).await;
    two.run(RunKind::Full).await;
    let second = Two::of(&two.near, GUEST).id;
    two.near.vendor.person_deletes("contacts", &second).unwrap();
    let run = two.hub.begin(RunKind::Full).await;
    two.hub.engine.page(&two.hub.settings, &flow(), &run, 0, &Stopped, soon()).await.unwrap_err();
    // The first page is one longer now, and ends one earlier than where the second one begins.
    two.near.vendor.person_restores("contacts", &second).unwrap();
    two.hub.work(&run).await;
    assert!(two.far.vendor.records("contacts").iter().all(|one| !one.properties.contains_key("lintel_status")));
    let links = two.hub.table().all_links(&flow(), Entity::Person).await.unwrap();
    assert!(links.iter().all(|link| link.state == LinkState::Linked), "{links:?}");
}
