//! What is written down, and for how long.

use crate::place::{Place, TABLE, TAX_ID, org, owner, purpose, sealed};
use jiff::SignedDuration;
use lintel_cloud::{
    store::{AUDIT_KEPT, Act, AuditEntry, FieldChange, Purpose, Table, WriteKind},
    vault::{Context, SystemRandom, VaultError},
};
use lintel_domain::{
    ids::{AuditId, ConnectionId, OrgId},
    mask::{Masked, Personal, mask},
};
use std::sync::Arc;

#[tokio::test]
async fn every_opening_leaves_one_row_that_says_who_why_what_and_when() {
    let place = Place::open().await;
    let vault = place.vault();
    let value = sealed(&vault).await;
    assert_eq!(place.audit("person:1").await, [], "sealing opens nothing");
    let key = value.key().to_string();
    let mut expected = Vec::new();
    for who in ["sync-people", "operator"] {
        place.pass(SignedDuration::from_mins(1));
        vault.open(&org(), &owner(), &value, &Purpose::new(who, "a test")).await.unwrap();
        let act = Act::Opened { field: "tax_id".to_owned(), key: key.clone() };
        expected.push((place.now(), Purpose::new(who, "a test"), act));
    }
    vault.reseal(&org(), &owner(), &value).await.unwrap();
    let rows = place.audit("person:1").await;
    assert_eq!(rows.into_iter().map(|row| (row.at, row.purpose, row.act)).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn openings_at_the_same_moment_leave_a_row_each() {
    let place = Place::open().await;
    let vault = place.vault();
    let value = sealed(&vault).await;
    for _ in 0..3 {
        vault.open(&org(), &owner(), &value, &purpose()).await.unwrap();
    }
    assert_eq!(place.audit("person:1").await.len(), 3);
}

#[tokio::test]
async fn a_refused_opening_leaves_a_row_at_the_record_that_was_asked_for() {
    let place = Place::open().await;
    let vault = place.vault();
    let value = sealed(&vault).await;
    let refused = vault.open(&org(), &Context::new("person:2", "tax_id"), &value, &purpose()).await.unwrap_err();
    let row = Act::Refused { field: "tax_id".to_owned(), key: value.key().to_string(), reason: refused.to_string() };
    assert_eq!(place.acts("person:2").await, [row]);
    assert_eq!(place.acts("person:1").await, []);
}

#[tokio::test]
async fn no_row_of_the_table_holds_the_value() {
    let place = Place::open().await;
    let vault = place.vault();
    let value = sealed(&vault).await;
    vault.open(&org(), &owner(), &value, &purpose()).await.unwrap();
    vault.open(&org(), &Context::new("person:2", "tax_id"), &value, &purpose()).await.unwrap_err();
    let rows = place.dynamo().scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    assert_eq!(rows.len(), 2);
    let rows = format!("{rows:?}");
    assert!(rows.contains("sync-people") && !rows.contains(TAX_ID) && !rows.contains("00-0142"), "{rows}");
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_opened() {
    let place = Place::open().await;
    let value = sealed(&place.vault()).await;
    let without_table = place.vault_over("no-such-table", Arc::new(SystemRandom));
    let refused = without_table.open(&org(), &owner(), &value, &purpose()).await.unwrap_err();
    assert!(matches!(refused, VaultError::Audit(_)), "{refused}");
}

#[tokio::test]
async fn rows_stay_for_their_time_and_leave_after_it() {
    let place = Place::open().await;
    let (vault, short) = (place.vault(), place.vault().keeping_audit_for(SignedDuration::from_hours(24)));
    let value = sealed(&vault).await;
    vault.open(&org(), &owner(), &value, &purpose()).await.unwrap();
    short.open(&org(), &owner(), &value, &purpose()).await.unwrap();
    place.pass(SignedDuration::from_hours(25));
    assert_eq!(place.aws.sweep_expired().unwrap(), 1);
    place.pass(AUDIT_KEPT - SignedDuration::from_hours(26));
    assert_eq!(place.aws.sweep_expired().unwrap(), 0);
    place.pass(SignedDuration::from_hours(2));
    assert_eq!(place.aws.sweep_expired().unwrap(), 1);
    assert_eq!(place.audit("person:1").await, []);
}

fn written(place: &Place, id: &str) -> AuditEntry {
    let change = |field: &str, before: Option<Masked>, after: Option<Masked>| FieldChange {
        field: field.to_owned(),
        before,
        after,
    };
    AuditEntry {
        id: AuditId::new(id),
        at: place.now(),
        record: "person:1".to_owned(),
        purpose: Purpose::new("sync-people", "run 7 of flow people-to-crm"),
        act: Act::Written {
            connection: ConnectionId::new("crm"),
            vendor_id: "501".to_owned(),
            write: WriteKind::Updated,
            changes: vec![
                change("email", None, Some(mask(Personal::Email, "ana.birch@example.com"))),
                change("unit", Some(Masked::plain("4")), Some(Masked::plain("5"))),
                change("phone", Some(mask(Personal::Phone, "(555) 555-0142")), None),
            ],
        },
    }
}

#[tokio::test]
async fn a_write_at_a_vendor_is_kept_with_what_was_before_and_after_masked() {
    let place = Place::open().await;
    let table = place.table();
    let entry = written(&place, "run-7.person-1");
    assert!(table.append_audit(&entry, AUDIT_KEPT).await.unwrap());
    assert!(!table.append_audit(&entry, AUDIT_KEPT).await.unwrap(), "the same entry again adds nothing");
    assert_eq!(place.audit("person:1").await, [entry]);
    let rows = format!("{:?}", place.dynamo().scan().table_name(TABLE).send().await.unwrap().items);
    assert!(rows.contains("a•••@example.com") && !rows.contains("birch") && !rows.contains("555-0142"), "{rows}");
}

#[tokio::test]
async fn a_records_rows_come_in_order_and_nobody_elses_come_with_them() {
    let place = Place::open().await;
    let table = place.table();
    let mut entries = Vec::new();
    for id in ["z", "a", "m"] {
        place.pass(SignedDuration::from_secs(1));
        entries.push(written(&place, id));
    }
    for entry in entries.iter().rev() {
        table.append_audit(entry, AUDIT_KEPT).await.unwrap();
    }
    let other = AuditEntry { record: "person:10".to_owned(), ..written(&place, "x") };
    table.append_audit(&other, AUDIT_KEPT).await.unwrap();
    let elsewhere = Table::new(place.dynamo(), TABLE).org(&OrgId::new("other"));
    elsewhere.append_audit(&written(&place, "y"), AUDIT_KEPT).await.unwrap();
    assert_eq!(place.audit("person:1").await, entries);
}

#[tokio::test]
async fn many_entries_stand_together_and_each_is_found_at_its_record() {
    let place = Place::open().await;
    let table = place.table();
    let record = |number: usize| format!("crm/people/{number}");
    let entry = |number: usize| AuditEntry { record: record(number), ..written(&place, &format!("run-{number}")) };
    let entries: Vec<AuditEntry> = (0..250).map(entry).collect();
    table.append_audits(&entries, AUDIT_KEPT).await.unwrap();
    table.append_audits(&entries, AUDIT_KEPT).await.unwrap();
    let other = AuditEntry { record: "crm/units/7".to_owned(), ..written(&place, "run-unit") };
    table.append_audits(std::slice::from_ref(&other), AUDIT_KEPT).await.unwrap();
    place.pass(SignedDuration::from_mins(1));
    let later = AuditEntry { record: record(7), ..written(&place, "later") };
    table.append_audits(std::slice::from_ref(&later), AUDIT_KEPT).await.unwrap();

    assert_eq!(place.audit(&record(7)).await, [entries[7].clone(), later]);
    assert_eq!(place.audit(&record(70)).await, [entries[70].clone()]);
    assert_eq!(place.audit("crm/units/7").await, [other]);
    assert_eq!(place.audit("crm/people").await, []);
    let rows = place.dynamo().scan().table_name(TABLE).send().await.unwrap().count;
    assert_eq!(rows, 3 + 2, "of 252 entries");
}

/// What a person wrote may be long, and a row is not.
#[tokio::test]
async fn entries_too_large_for_one_row_stand_in_several() {
    let place = Place::open().await;
    let table = place.table();
    let mut random = fastrand::Rng::with_seed(1);
    let mut entries = Vec::new();
    for number in 0..100 {
        let mut text =
            || Masked::plain(&std::iter::repeat_with(|| random.alphanumeric()).take(200).collect::<String>());
        let changes =
            (0..40).map(|at| FieldChange { field: format!("field-{at}"), before: Some(text()), after: Some(text()) });
        let Act::Written { connection, vendor_id, write, .. } = written(&place, "x").act else { unreachable!() };
        let act = Act::Written { connection, vendor_id, write, changes: changes.collect() };
        let record = format!("crm/people/{number}");
        entries.push(AuditEntry { record, act, ..written(&place, &format!("run-{number}")) });
    }
    table.append_audits(&entries, AUDIT_KEPT).await.unwrap();
    for entry in &entries {
        assert_eq!(place.audit(&entry.record).await, std::slice::from_ref(entry));
    }
}
