//! Tax ids: sent where the flow says so, and told from others by keyed hashes alone.

use crate::place::{Place, flow};
use lintel_cloud::{
    queues::QueueUrl,
    store::{Act, Purpose},
};
use lintel_connectors::surroundings::SystemClock;
use lintel_domain::{
    records::{Entity, RecordKey},
    sync::{Link, RunKind, Side},
};
use lintel_sandbox::buildium::{BuildiumWorld, Size, TaxId, Tenant};
use lintel_sync::{DecisionError, Decisions, WorkerQueues};
use serde_json::{Value, json};
use std::sync::Arc;

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

/// Nobody sends a message here.
fn decisions(place: &Place) -> Decisions {
    let url = || QueueUrl::new("http://localhost/1/sync");
    let workers = WorkerQueues { properties: url(), units: url(), people: url(), leases: url() };
    let (table, vault) = (place.environment.table().unwrap(), place.environment.vault().unwrap());
    Decisions::new(table, vault, place.environment.queues(), workers, Arc::new(SystemClock))
}

fn key(tenant: u32) -> RecordKey {
    RecordKey::new("tenants", &tenant.to_string())
}

/// Both sides changed a tenant's tax id.
async fn disagree(place: &Place, ours: &str, theirs: &str) -> u32 {
    let tenant = place.source.vendor.ids::<Tenant>()[2];
    let contact = place.contact(tenant).unwrap();
    place.target.vendor.person_edits("contacts", &contact["id"], &[("jobtitle", theirs)]).unwrap();
    set(place, tenant, ours);
    place.run(RunKind::Full).await;
    tenant
}

async fn seen(place: &Place, tenant: u32) -> Result<[Option<String>; 2], DecisionError> {
    let purpose = Purpose::new("operator ann", "the tenant called");
    let key = key(tenant);
    let values = decisions(place).protected_values(&place.settings, &flow(), (&key, "tax_id"), &purpose).await?;
    Ok([Side::Source, Side::Target].map(|side| values.get(&side).map(|value| value.expose().to_owned())))
}

fn both(source: &str, target: &str) -> [Option<String>; 2] {
    [Some(source.to_owned()), Some(target.to_owned())]
}

/// Every row, as it stands in the table.
async fn rows(place: &Place) -> String {
    let client = aws_sdk_dynamodb::Client::new(&place.aws.sdk_config());
    format!("{:?}", client.scan().table_name("lintel").send().await.unwrap().items())
}

#[tokio::test]
async fn both_values_in_conflict_are_kept_sealed_and_shown_to_who_asks_and_that_is_written_down() {
    let place = place(&["tax_id"]).await;
    place.run(RunKind::Full).await;
    let tenant = disagree(&place, "900-55-3001", "900-55-3000").await;
    assert!(!rows(&place).await.contains("900-55-"), "nothing stands in the open");
    assert_eq!(seen(&place, tenant).await.unwrap(), both("900-55-3001", "900-55-3000"));

    let audit = decisions(&place).audit(&place.settings, &flow(), Some(&key(tenant))).await.unwrap();
    let opened = audit.iter().filter_map(|entry| match &entry.act {
        Act::Opened { field, .. } => Some((field.as_str(), &entry.purpose)),
        _ => None,
    });
    let mut opened: Vec<_> = opened.collect();
    // Within one millisecond neither is the first.
    opened.sort_by_key(|(field, _)| *field);
    let purpose = Purpose::new("operator ann", "the tenant called");
    assert_eq!(opened, [("tax_id@source", &purpose), ("tax_id@target", &purpose)]);

    // Looked at again and found the same, it costs no write.
    let (before, writes) = (links(&place).await, place.row_writes());
    place.run(RunKind::Full).await;
    assert_eq!((links(&place).await, place.row_writes()), (before, writes));

    decisions(&place)
        .settle(&place.settings, &flow(), &key(tenant), ("tax_id", Side::Source), "operator ann")
        .await
        .unwrap();
    place.run(RunKind::Full).await;
    assert_eq!(sent(&place, tenant).as_deref(), Some("900-55-3001"));
    assert!(matches!(seen(&place, tenant).await, Err(DecisionError::NothingKept { .. })), "and then nothing is kept");
    let audit = decisions(&place).audit(&place.settings, &flow(), Some(&key(tenant))).await.unwrap();
    let decided = audit.iter().find(|entry| matches!(entry.act, Act::Decided { take: Side::Source, .. })).unwrap();
    assert_eq!(decided.purpose.who, "operator ann");
    assert!(!serde_json::to_string(&audit).unwrap().contains("900-55-"));
}

#[tokio::test]
async fn a_changed_key_seals_what_is_kept_anew_and_the_earlier_one_is_given_up_after_that() {
    let place = place(&["tax_id"]).await;
    place.run(RunKind::Full).await;
    let tenant = disagree(&place, "900-55-3001", "900-55-3000").await;
    let (decisions, settings) = (decisions(&place), &place.settings);
    let vault = place.environment.vault().unwrap();
    let purpose = Purpose::new("operator", "a test");
    let earlier = vault.keys(&settings.id).await.unwrap()[0].key.clone();
    assert_eq!(decisions.reseal(settings).await.unwrap(), lintel_sync::Resealed::default());

    let rotation = vault.rotate(&settings.id, &purpose).await.unwrap();
    let decisions = self::decisions(&place);
    let refused = decisions.retire(settings, &earlier, &purpose).await.unwrap_err();
    assert!(matches!(&refused, DecisionError::StillSealed { values: 2, .. }), "{refused}");
    assert!(
        !rows(&place).await.contains(&format!("sealed1.{earlier}"))
            && rows(&place).await.contains(rotation.key.as_str())
    );
    assert!(decisions.reseal(settings).await.unwrap().found.is_empty());
    assert_eq!(seen(&place, tenant).await.unwrap(), both("900-55-3001", "900-55-3000"));
    // The hashes are as they were: nothing looks changed.
    let again = place.run(RunKind::Full).await;
    assert_eq!((again.counts.updated, again.counts.failed), (0, 0), "{:?}", again.counts);
}

#[tokio::test]
async fn a_record_that_is_set_aside_keeps_its_protected_field_sealed() {
    let rules = json!([{ "field": "first_name", "check": { "holds": ".first_name != \"Nobody\"" }, "otherwise": "quarantine" }]);
    let further = json!({ "send_protected": ["tax_id"], "fields": { "to": { "tax_id": "jobtitle" } }, "rules": rules });
    let place = Place::with(BuildiumWorld::sample(5, Size::of_tenants(3)), further).await;
    let tenant = place.source.vendor.ids::<Tenant>()[0];
    set(&place, tenant, "900-55-4000");
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.first_name = Some("Nobody".into())).unwrap();
    assert_eq!(place.run(RunKind::Full).await.counts.quarantined, 1);
    assert!(!rows(&place).await.contains("900-55-4000"));
    assert_eq!(seen(&place, tenant).await.unwrap(), [Some("900-55-4000".to_owned()), None]);
    let vault = place.environment.vault().unwrap();
    vault.rotate(&place.settings.id, &Purpose::new("operator", "a test")).await.unwrap();
    let resealed = decisions(&place).reseal(&place.settings).await.unwrap();
    assert_eq!(resealed.found.values().sum::<u64>(), 1, "{resealed:?}");
    assert_eq!(seen(&place, tenant).await.unwrap(), [Some("900-55-4000".to_owned()), None]);
}

#[tokio::test]
async fn a_field_that_an_organization_names_is_protected_as_tax_ids_are() {
    let mut place = Place::of_tenants(3).await;
    let tenant = place.source.vendor.ids::<Tenant>()[0];
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.comment = Some("Owes a favour".into())).unwrap();
    place.run(RunKind::Full).await;
    assert_eq!(place.contact(tenant).unwrap()["lintel_comment"], "Owes a favour");
    assert!(rows(&place).await.contains("Owes a favour"));

    place.settings.protected = ["comment".to_owned()].into();
    place.run(RunKind::Full).await;
    assert!(!rows(&place).await.contains("Owes a favour"), "what was kept in the open is not any more");
    place.source.vendor.edit(tenant, |one: &mut Tenant| one.comment = Some("Owes two".into())).unwrap();
    place.run(RunKind::Full).await;
    assert_eq!(place.contact(tenant).unwrap()["lintel_comment"], "Owes a favour", "it stays here");

    place.settings.flows.get_mut(&flow()).unwrap().send_protected = ["comment".to_owned()].into();
    place.run(RunKind::Full).await;
    assert_eq!(
        place.contact(tenant).unwrap()["lintel_comment"],
        "Owes a favour",
        "both have something: a person decides"
    );
    decisions(&place)
        .settle(&place.settings, &flow(), &key(tenant), ("comment", Side::Source), "operator")
        .await
        .unwrap();
    place.run(RunKind::Full).await;
    assert_eq!(place.contact(tenant).unwrap()["lintel_comment"], "Owes two");
    assert!(!rows(&place).await.contains("Owes"), "hashed and sealed");
}
