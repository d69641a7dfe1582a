//! What somebody does with flows day by day, at a terminal.

use crate::town::Town;
use lintel_sandbox::buildium::{Lease, Tenant};
use std::{sync::Arc, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn a_doctor_sees_what_a_flow_needs_since_the_portal_was_set_up() {
    let mut town = Town::open(5).await;
    let before = town.lintel(&["doctor"]);
    assert!(!before.succeeded && before.text.contains("was not set up: `lintel setup hubspot`"), "{}", before.text);
    town.succeed(&["setup", "hubspot"]);
    assert!(town.succeed(&["doctor"]).contains("all in place"));
    town.edit(|text| {
        let sent = "send_protected = [\"tax_id\"]\nfields = { to = { tax_id = \"lintel_tax_id\" } }\n";
        text.replacen("policy = \"manual\" ", &format!("{sent}policy = \"manual\" "), 1)
    });
    let lacks = town.lintel(&["doctor"]);
    assert!(!lacks.succeeded, "{}", lacks.text);
    assert!(lacks.text.contains("lacks 1 part by now, such as contacts: field lintel_tax_id"), "{}", lacks.text);
    town.succeed(&["setup", "hubspot"]);
    assert!(town.succeed(&["doctor"]).contains("all in place"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_changed_at_the_portal_alone_is_shown_by_a_comparison_and_a_report_looks_at_what_is_asked() {
    let mut town = Town::open(12).await;
    town.succeed(&["setup", "hubspot"]);
    town.succeed(&["sync", "tenants"]);
    let contact = town.target.vendor.records("contacts").remove(0);
    town.target.vendor.person_edits("contacts", &contact.id, &[("lastname", "Elsewhere")]).unwrap();
    let full = town.succeed(&["sync", "tenants", "--full"]);
    assert!(full.contains("(full)") && full.contains("12 unchanged") && !full.contains("conflict"), "{full}");
    let compared = town.succeed(&["sync", "tenants", "--compare"]);
    assert!(compared.contains("(compare)") && compared.contains("1 field in conflict"), "{compared}");

    assert!(town.succeed(&["report", "tenants"]).contains("compared  everything"));
    assert!(town.succeed(&["report", "tenants", "--sample", "3"]).contains("a sample of 3 records"));
    assert!(town.succeed(&["report", "tenants"]).contains("compared  everything"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_into_what_the_portal_was_set_up_without_says_so() {
    let listings_only = |text: &str| {
        let mode = "vendor = \"hubspot\"\nsettings = { mode = \"listings-only\" }\n";
        text.replacen("vendor = \"hubspot\"\n", mode, 1).replacen("into = \"unit-listings\"", "into = \"units\"", 1)
    };
    let mut town = Town::configured(4, listings_only).await;
    town.succeed(&["setup", "hubspot"]);
    let told = town.lintel(&["sync", "units"]);
    assert!(!told.succeeded, "{}", told.text);
    assert!(told.text.contains("failed: stream-missing · "), "{}", told.text);
    assert!(told.text.contains("was set up without what stands for a part of"), "{}", told.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_tax_id_is_shown_by_trying_a_connector() {
    let mut town = Town::open(4).await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/connectors/src/buildium");
    let told = town.succeed(&["connector", "try", folder, "tenants"]);
    let ids: Vec<&str> = told.lines().filter(|line| line.trim_start().starts_with("tax_id")).collect();
    assert!(!ids.is_empty(), "a sample without tax ids shows nothing of them");
    assert!(ids.iter().all(|line| !line.contains(|c: char| c.is_ascii_digit())), "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_out_that_is_told_reaches_the_contact_of_whoever_left() {
    let told = |text: &str| {
        let line = "vendor = \"buildium\"\n";
        text.replace(line, &format!("{line}webhook_secret = \"buildium-webhooks\"\n"))
    };
    let mut town = Town::configured(12, told).await;
    town.succeed(&["setup", "hubspot"]);
    town.succeed(&["sync", "tenants"]);
    let account = Arc::clone(&town.source.vendor);
    account.subscribe(&format!("{}/webhooks/sample.buildium", town.address), "whsec-test-only").unwrap();
    let _posts = account.send_webhooks_in_background(reqwest::Client::new(), Duration::from_millis(50));
    let leases = account.ids::<Tenant>().into_iter().flat_map(|tenant| {
        account
            .leases_of(tenant)
            .into_iter()
            .filter_map(|lease| account.get::<Lease>(lease))
            .map(move |it| (it, tenant))
    });
    let today = account.today();
    let runs = |lease: &Lease| lease.lease_from_date <= Some(today) && lease.lease_to_date.is_none_or(|to| to > today);
    let (lease, tenant) = leases.into_iter().find(|(lease, _)| runs(lease) && lease.move_out_data.is_empty()).unwrap();
    account.move_out(lease.id, tenant).unwrap();
    let shown = || town.record("contacts", &format!("tenants/{tenant}")).unwrap().properties.remove("lintel_moved_out");
    for _ in 0..600 {
        if shown().is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(shown(), Some(today.to_string()), "{}", town.log());
}
