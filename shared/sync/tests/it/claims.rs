//! An address that only one contact may have, and whoever else wants it.

use crate::place::{Place, flow, soon};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::store::TargetRecord;
use lintel_domain::{ids::ConnectionId, sync::RunKind};
use lintel_sandbox::buildium::{BuildiumWorld, Size, Tenant};
use lintel_sync::SyncError;
use serde_json::json;

/// A tenant who had an address and is set aside for what they have now, and one who has it since then and goes without.
struct Handed {
    place: Place,
    first: u32,
    second: u32,
}

impl Handed {
    async fn on() -> Self {
        let rules = json!({ "rules": [{ "field": "email", "check": "readable", "otherwise": "quarantine" }] });
        let place = Place::with(BuildiumWorld::sample(5, Size::of_tenants(5)), rules).await;
        let ids = place.source.vendor.ids::<Tenant>();
        let handed = Self { place, first: ids[0], second: ids[1] };
        handed.says(handed.first, "liam@example.com");
        handed.place.run(RunKind::Full).await;
        handed.says(handed.first, "ask at the desk");
        handed.says(handed.second, "liam@example.com");
        assert_eq!(handed.place.run(RunKind::Full).await.counts.quarantined, 1);
        assert_eq!(handed.shown(handed.second), None);
        assert_eq!(handed.open_problems().await, ["quarantined", "shared-value"]);
        // Whoever claimed it is not on the way to write it any more.
        handed.place.pass(SignedDuration::from_hours(2));
        handed
    }

    fn says(&self, tenant: u32, email: &str) {
        let email = Some(email.to_owned().into());
        self.place.source.vendor.edit(tenant, |one: &mut Tenant| one.email.clone_from(&email)).unwrap();
    }

    fn shown(&self, tenant: u32) -> Option<String> {
        self.place.contact(tenant).unwrap().get("email").cloned()
    }

    async fn open_problems(&self) -> Vec<String> {
        let problems = self.place.table().problems(&flow()).await.unwrap().into_iter();
        let mut codes: Vec<String> = problems.filter(|row| !row.resolved).map(|row| row.problem.code).collect();
        codes.sort();
        codes
    }
}

#[tokio::test]
async fn what_left_the_contact_of_somebody_set_aside_is_free() {
    let handed = Handed::on().await;
    let id = handed.place.contact(handed.first).unwrap()["id"].clone();
    handed.place.target.vendor.person_edits("contacts", &id, &[("email", "box.9@example.com")]).unwrap();
    handed.place.run(RunKind::Compare).await;
    assert_eq!(handed.shown(handed.second).as_deref(), Some("liam@example.com"));
    assert_eq!(handed.shown(handed.first).as_deref(), Some("box.9@example.com"));
    assert_eq!(handed.open_problems().await, ["quarantined"]);
}

#[tokio::test]
async fn what_the_contact_of_somebody_set_aside_still_has_is_free_once_they_say_something_else() {
    let handed = Handed::on().await;
    handed.place.run(RunKind::Compare).await;
    assert_eq!(handed.shown(handed.first).as_deref(), Some("liam@example.com"));
    assert_eq!(handed.shown(handed.second), None);
    assert_eq!(handed.open_problems().await, ["quarantined", "shared-value"]);
    let asked = handed.place.target.vendor.usage().total();
    handed.place.run(RunKind::Full).await;
    assert_eq!(handed.place.target.vendor.usage().total(), asked, "nothing is asked of the target");
    handed.says(handed.first, "elsewhere@example.com");
    handed.place.run(RunKind::Full).await;
    assert_eq!(handed.shown(handed.first).as_deref(), Some("elsewhere@example.com"));
    // Nothing of the second one changed since it was last read.
    handed.place.run(RunKind::Full).await;
    assert_eq!(handed.shown(handed.second).as_deref(), Some("liam@example.com"));
    assert_eq!(handed.open_problems().await, [""; 0]);
}

#[tokio::test]
async fn what_the_target_does_not_take_is_refused_to_everybody_alike() {
    let place = Place::of_tenants(5).await;
    let ids = place.source.vendor.ids::<Tenant>();
    for tenant in &ids[..2] {
        place.source.vendor.edit(*tenant, |one: &mut Tenant| one.email = Some("box.1@example.x".into())).unwrap();
    }
    place.run(RunKind::Full).await;
    let problems = place.table().problems(&flow()).await.unwrap();
    let codes: Vec<&str> = problems.iter().map(|row| row.problem.code.as_str()).collect();
    assert_eq!(codes, ["refused-value"; 2]);
    let (asked, rows) = (place.target.vendor.usage().total(), place.row_writes());
    place.pass(SignedDuration::from_hours(2));
    place.run(RunKind::Full).await;
    assert_eq!(place.target.vendor.usage().total(), asked, "nothing is asked of the target");
    assert_eq!(place.row_writes(), rows, "no link is written");
}

#[tokio::test]
async fn a_contact_that_a_worker_takes_over_is_no_other_ones_meanwhile() {
    let place = Place::of_tenants(1).await;
    let tenant = place.source.vendor.ids::<Tenant>()[0];
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.email = Some("known@example.com".into())).unwrap();
    let contact = place.target.vendor.person_creates("contacts", &[("email", "known@example.com")]).unwrap();
    let (table, now) = (place.table(), Timestamp::now());
    let connection = ConnectionId::new("hubspot");
    let record = TargetRecord { connection: &connection, stream: "contacts", id: &contact };
    let until = now + SignedDuration::from_mins(5);
    assert!(table.hold_target(record, now, until).await.unwrap());
    let told = async || place.engine.record(&place.settings, &flow(), &tenant.to_string(), soon()).await;
    assert!(matches!(told().await, Err(SyncError::Busy)));
    assert!(place.contact(tenant).is_none());

    table.let_go_of_target(record, until).await.unwrap();
    told().await.unwrap();
    assert_eq!(place.contact(tenant).unwrap()["id"], contact);
    assert!(table.hold_target(record, now, until).await.unwrap(), "it is let go of when all is written down");
}

#[tokio::test]
async fn two_who_swap_their_addresses_have_each_others_after_one_run() {
    let place = Place::of_tenants(5).await;
    let ids = place.source.vendor.ids::<Tenant>();
    let say = |both: [&'static str; 2]| {
        for (tenant, email) in ids.iter().zip(both) {
            place.source.vendor.edit(*tenant, |one: &mut Tenant| one.email = Some(email.into())).unwrap();
        }
    };
    say(["ann@example.com", "ben@example.com"]);
    place.run(RunKind::Full).await;
    say(["ben@example.com", "ann@example.com"]);
    place.run(RunKind::Changes).await;
    let shown = [ids[0], ids[1]].map(|tenant| place.contact(tenant).unwrap()["email"].clone());
    assert_eq!(shown, ["ben@example.com", "ann@example.com"]);
    let problems = place.table().problems(&flow()).await.unwrap();
    assert!(problems.iter().all(|row| row.resolved), "nobody goes without");
}
