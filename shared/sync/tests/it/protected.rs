//! Tax ids: sent where the flow says so, and told from others by keyed hashes alone.

use crate::place::{Place, flow};
use lintel_domain::{
    records::Entity,
    sync::{Link, RunKind},
};
use lintel_sandbox::buildium::{BuildiumWorld, Size, TaxId, Tenant};
use serde_json::{Value, json};

/// The portal has a field for it, and the flow sends it if `send` names it.
async fn place(send: &[&str]) -> Place {
    let further = json!({ "send_protected": send, "fields": { "to": { "tax_id": "jobtitle" } } });
    let place = Place::with(BuildiumWorld::sample(5, Size::of_tenants(20)), further).await;
    for (index, tenant) in place.source.vendor.ids::<Tenant>().into_iter().enumerate() {
        set(&place, tenant, &format!("900-55-{:04}", 1_000 + index));
    }
    place
}

fn set(place: &Place, tenant: u32, text: &str) {
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.tax_id = Some(TaxId(text.to_owned()))).unwrap();
}

fn sent(place: &Place, tenant: u32) -> Option<String> {
    place.contact(tenant).unwrap().get("jobtitle").filter(|text| !text.is_empty()).cloned()
}

async fn links(place: &Place) -> Vec<Link> {
    place.table().all_links(&flow(), Entity::Person).await.unwrap()
}

fn is_hash(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_some_and(|text| text.starts_with("keyed1."))
}

#[tokio::test]
async fn a_protected_field_stays_here_unless_the_flow_sends_it() {
    let place = place(&[]).await;
    let run = place.run(RunKind::Full).await;
    assert_eq!((run.counts.created, run.counts.failed), (20, 0), "{:?}", run.counts);
    let tenant = place.source.vendor.ids::<Tenant>()[0];
    assert_eq!(sent(&place, tenant), None);
    assert!(links(&place).await.iter().all(|link| link.base.source.get("tax_id").is_none()));
}

#[tokio::test]
async fn a_field_that_is_sent_is_known_by_its_hash() {
    let place = place(&["tax_id"]).await;
    place.run(RunKind::Full).await;
    let tenants = place.source.vendor.ids::<Tenant>();
    assert_eq!(sent(&place, tenants[0]).as_deref(), Some("900-55-1000"));
    for link in links(&place).await {
        assert!(is_hash(link.base.source.get("tax_id")) && is_hash(link.base.target.get("tax_id")), "{:?}", link.key);
    }

    let (writes, rows) = (place.target.vendor.usage().writes, place.row_writes());
    let again = place.run(RunKind::Full).await;
    assert_eq!((again.counts.unchanged, place.row_writes()), (20, rows));
    let compared = place.run(RunKind::Compare).await;
    assert_eq!((compared.counts.updated, place.target.vendor.usage().writes), (0, writes), "{:?}", compared.counts);

    set(&place, tenants[1], "900-55-2000");
    let run = place.run(RunKind::Full).await;
    assert_eq!(run.counts.updated, 1, "{:?}", run.counts);
    assert_eq!(sent(&place, tenants[1]).as_deref(), Some("900-55-2000"));
}

#[tokio::test]
async fn a_conflict_holds_hashes_and_settled_it_takes_the_value_as_it_is_read() {
    let mut place = place(&["tax_id"]).await;
    place.run(RunKind::Full).await;
    let tenant = place.source.vendor.ids::<Tenant>()[2];
    let contact = place.contact(tenant).unwrap();
    place.target.vendor.person_edits("contacts", &contact["id"], &[("jobtitle", "900-55-3000")]).unwrap();
    set(&place, tenant, "900-55-3001");
    let run = place.run(RunKind::Full).await;
    assert_eq!(run.counts.conflicts, 1, "{:?}", run.counts);
    let found = links(&place).await;
    let conflict = found.iter().find_map(|link| link.conflicts.get("tax_id")).unwrap();
    assert!(is_hash(conflict.source.as_ref()) && is_hash(conflict.target.as_ref()));
    assert_ne!(conflict.source, conflict.target);
    assert_eq!(sent(&place, tenant).as_deref(), Some("900-55-3000"), "it waits");

    let settled = place.settings.flows.get_mut(&flow()).unwrap();
    settled.policy = lintel_domain::sync::Policy::Source;
    place.run(RunKind::Compare).await;
    assert_eq!(sent(&place, tenant).as_deref(), Some("900-55-3001"));
}

#[tokio::test]
async fn what_is_no_protected_field_of_both_ends_is_not_sent_as_one() {
    let mut place = place(&["tax_id"]).await;
    for wrong in ["email", "comment"] {
        place.settings.flows.get_mut(&flow()).unwrap().send_protected = [wrong.to_owned()].into();
        let error = place.engine.open(&place.settings, &flow()).await.unwrap_err().to_string();
        assert!(error.contains("send_protected") && error.contains(wrong), "{error}");
    }
}
