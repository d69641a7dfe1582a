//! Two portals kept in step both ways.

use crate::place::{Hub, flow};
use lintel_domain::{
    ids::OrgId,
    sync::{Run, RunKind, RunState},
};
use lintel_sandbox::{
    RealClock,
    hubspot::{self, HubSpot, PortalSettings, RecordView},
};
use serde_json::{Value, json};
use std::sync::Arc;

struct Two {
    near: hubspot::Running,
    far: hubspot::Running,
    hub: Hub,
}

impl Two {
    /// Two portals, of which the near one has so many contacts.
    async fn portals(contacts: usize, further: Value) -> Self {
        let near = HubSpot::start(PortalSettings::default(), Arc::new(RealClock), 3).await.unwrap();
        let far = HubSpot::start(PortalSettings::default(), Arc::new(RealClock), 4).await.unwrap();
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

    fn of(portal: &hubspot::Running, email: &str) -> RecordView {
        let found = portal.vendor.records("contacts").into_iter();
        found.into_iter().find(|one| one.properties.get("email").is_some_and(|value| value == email)).unwrap()
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
    let listed = || async {
        let problems = two.hub.table().problems(&flow()).await.unwrap();
        problems.into_iter().map(|row| (row.problem.code, row.resolved)).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [("not-made-at-source".to_owned(), false)]);

    two.far.vendor.person_edits("contacts", &id, &[("email", GUEST)]).unwrap();
    two.run(RunKind::Back).await;
    assert_eq!(listed().await, [("not-made-at-source".to_owned(), true)]);
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
