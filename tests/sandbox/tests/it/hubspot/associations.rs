//! Section 8.

use crate::support::portal::{Portal, portal, seeded, with};
use lintel_sandbox::hubspot::{PortalSettings, Tier};
use serde_json::{Value, json};

const PAIR: &str = "/crm/v4/associations/contacts/0-420";

async fn define(portal: &Portal, label: &str, inverse: &str) -> (u64, u64) {
    let body = json!({ "label": label, "name": label.to_lowercase().replace(' ', "_"), "inverseLabel": inverse });
    let (status, made) = portal.post(&format!("{PAIR}/labels"), &body).await;
    assert_eq!(status, 200, "{made}");
    (made["results"][0]["typeId"].as_u64().unwrap(), made["results"][1]["typeId"].as_u64().unwrap())
}

fn typed(id: u64) -> Value {
    json!([{ "associationCategory": "USER_DEFINED", "associationTypeId": id }])
}

fn pair(contact: &str, listing: &str, types: &Value) -> Value {
    json!({ "inputs": [{ "from": { "id": contact }, "to": { "id": listing }, "types": types }] })
}

async fn both(portal: &Portal) -> (String, String) {
    (portal.contact("ann@example.com").await, portal.listing("12 Test St").await)
}

/// Type ids a contact has with its first listing.
async fn types(portal: &Portal, contact: &str) -> Vec<Option<u64>> {
    let (_, read) = portal.get(&format!("/crm/v4/objects/contacts/{contact}/associations/0-420")).await;
    let types = read["results"][0]["associationTypes"].as_array().cloned().unwrap_or_default();
    types.iter().filter(|one| !one["label"].is_null()).map(|one| one["typeId"].as_u64()).collect()
}

#[tokio::test]
async fn type_ids_differ_per_portal_and_per_direction() {
    let made = async |seed: u64| define(&seeded(PortalSettings::default(), seed).await, "Active Tenant", "Home").await;
    let (first, again, other) = (made(1).await, made(1).await, made(2).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert_ne!(first.0, first.1);
    let portal = portal().await;
    let (forward, inverse) = define(&portal, "Active Tenant", "Home of").await;
    let (_, seen) = portal.get(&format!("{PAIR}/labels")).await;
    let (_, back) = portal.get("/crm/v4/associations/0-420/contacts/labels").await;
    let label = |body: &Value, id: u64| {
        let found = body["results"].as_array().unwrap().iter().find(|one| one["typeId"] == id).cloned();
        found.map(|one| one["label"].clone())
    };
    assert_eq!(label(&seen, forward), Some(json!("Active Tenant")));
    assert_eq!(label(&back, inverse), Some(json!("Home of")));
    assert_eq!(label(&seen, inverse), None);
    let plain = seen["results"].as_array().unwrap().iter().find(|one| one["label"].is_null()).unwrap();
    assert_eq!(plain["category"], "HUBSPOT_DEFINED");
}

#[tokio::test]
async fn labels_are_renamed_and_deleted_and_small_tiers_have_none() {
    let portal = portal().await;
    let (contact, listing) = both(&portal).await;
    let (forward, _) = define(&portal, "Active Tenant", "Home of").await;
    let body = json!({ "associationTypeId": forward, "label": "Tenant", "inverseLabel": "Let to" });
    assert_eq!(portal.call("PUT", &format!("{PAIR}/labels"), &body).await.0, 204);
    portal.post(&format!("{PAIR}/batch/create"), &pair(&contact, &listing, &typed(forward))).await;
    let labels = portal.vendor().associated("contacts", &contact, "0-420");
    assert!(labels[&listing].contains("Tenant"));
    assert_eq!(portal.call("DELETE", &format!("{PAIR}/labels/{forward}"), &Value::Null).await.0, 204);
    assert!(portal.vendor().associated("contacts", &contact, "0-420")[&listing].is_empty());
    let body = json!({ "label": "Owner", "name": "owner" });
    let pro = with(PortalSettings { tier: Tier::Professional, ..PortalSettings::default() }).await;
    assert_eq!(pro.post(&format!("{PAIR}/labels"), &body).await.0, 200);
    let starter = with(PortalSettings { tier: Tier::Starter, ..PortalSettings::default() }).await;
    assert_eq!(starter.post(&format!("{PAIR}/labels"), &body).await.0, 403);
}

#[tokio::test]
async fn a_single_put_answers_numbers_and_no_labels_and_can_be_repeated() {
    let portal = portal().await;
    let (contact, listing) = both(&portal).await;
    let (forward, inverse) = define(&portal, "Active Tenant", "Home of").await;
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/0-420/{listing}");
    for _ in 0..2 {
        let (status, body) = portal.call("PUT", &path, &typed(forward)).await;
        assert_eq!((status, body["fromObjectId"].is_number(), &body["labels"]), (201, true, &json!([])));
        assert_eq!(body["toObjectId"].to_string(), listing);
    }
    assert_eq!(types(&portal, &contact).await, [Some(forward)]);
    assert_eq!(portal.call("PUT", &path, &typed(inverse)).await.0, 400, "the other direction's id");
    assert_eq!(portal.call("DELETE", &path, &Value::Null).await.0, 204);
    assert!(portal.vendor().associated("contacts", &contact, "0-420").is_empty());
}

#[tokio::test]
async fn adding_a_label_leaves_the_others_and_labels_go_one_by_one() {
    let portal = portal().await;
    let (contact, listing) = both(&portal).await;
    let (active, _) = define(&portal, "Active Tenant", "Home of").await;
    let (inactive, _) = define(&portal, "Former Tenant", "Former home of").await;
    for label in [active, inactive] {
        let (status, body) =
            portal.post(&format!("{PAIR}/batch/create"), &pair(&contact, &listing, &typed(label))).await;
        assert_eq!(status, 201, "{body}");
    }
    let mut all = types(&portal, &contact).await;
    all.sort_unstable();
    assert_eq!(all, {
        let mut both = [Some(active), Some(inactive)];
        both.sort_unstable();
        both
    });
    let body = pair(&contact, &listing, &typed(active));
    assert_eq!(portal.post(&format!("{PAIR}/batch/labels/archive"), &body).await.0, 204);
    assert_eq!(types(&portal, &contact).await, [Some(inactive)]);
    let (_, back) = portal.get(&format!("/crm/v4/objects/0-420/{listing}/associations/contacts")).await;
    let labels: Vec<&Value> =
        back["results"][0]["associationTypes"].as_array().unwrap().iter().map(|one| &one["label"]).collect();
    assert!(labels.contains(&&json!("Former home of")) && !labels.contains(&&json!("Home of")));
}

#[tokio::test]
async fn archiving_the_type_without_a_label_ends_the_association() {
    let portal = portal().await;
    let (contact, listing) = both(&portal).await;
    let (active, _) = define(&portal, "Active Tenant", "Home of").await;
    portal.post(&format!("{PAIR}/batch/create"), &pair(&contact, &listing, &typed(active))).await;
    let (_, labels) = portal.get(&format!("{PAIR}/labels")).await;
    let plain = labels["results"].as_array().unwrap().iter().find(|one| one["label"].is_null()).unwrap();
    let types = json!([{ "associationCategory": plain["category"], "associationTypeId": plain["typeId"] }]);
    let body = pair(&contact, &listing, &types);
    assert_eq!(portal.post(&format!("{PAIR}/batch/labels/archive"), &body).await.0, 204);
    assert!(portal.vendor().associated("contacts", &contact, "0-420").is_empty());
}

#[tokio::test]
async fn default_associations_and_batch_archive() {
    let portal = portal().await;
    let (contact, listing) = both(&portal).await;
    let body = json!({ "inputs": [{ "from": { "id": contact }, "to": { "id": listing } }] });
    let (status, made) = portal.post(&format!("{PAIR}/batch/associate/default"), &body).await;
    assert_eq!((status, made["results"].as_array().unwrap().len()), (200, 2));
    assert_eq!(made["results"][0]["associationSpec"]["associationCategory"], "HUBSPOT_DEFINED");
    let body = json!({ "inputs": [{ "from": { "id": contact }, "to": [{ "id": listing }] }] });
    assert_eq!(portal.post(&format!("{PAIR}/batch/archive"), &body).await.0, 204);
    assert!(portal.vendor().associated("0-420", &listing, "contacts").is_empty());
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/default/0-420/{listing}");
    assert_eq!(portal.call("PUT", &path, &Value::Null).await.0, 200);
    assert_eq!(portal.vendor().associated("0-420", &listing, "contacts").len(), 1);
}

#[tokio::test]
async fn a_batch_read_answers_numbers_and_says_who_has_none() {
    let portal = portal().await;
    let (contact, listing) = both(&portal).await;
    let alone = portal.contact("bea@example.com").await;
    let (active, _) = define(&portal, "Active Tenant", "Home of").await;
    portal.post(&format!("{PAIR}/batch/create"), &pair(&contact, &listing, &typed(active))).await;
    let body = json!({ "inputs": [{ "id": contact }, { "id": alone }] });
    let (status, read) = portal.post(&format!("{PAIR}/batch/read"), &body).await;
    assert_eq!((status, &read["results"][0]["from"]["id"]), (207, &json!(contact)));
    assert_eq!(read["results"][0]["to"][0]["toObjectId"].as_u64().map(|id| id.to_string()), Some(listing));
    assert_eq!(read["errors"][0]["context"]["fromObjectId"], json!([alone]));
    let many = json!({ "inputs": vec![json!({ "id": contact }); 1_001] });
    assert_eq!(portal.post(&format!("{PAIR}/batch/read"), &many).await.0, 400);
}

#[tokio::test]
async fn a_bad_pair_is_one_error_beside_the_good_ones() {
    let portal = portal().await;
    let (contact, listing) = both(&portal).await;
    let (active, _) = define(&portal, "Active Tenant", "Home of").await;
    let to = |id: &str| json!({ "from": { "id": contact }, "to": { "id": id }, "types": typed(active) });
    let body = json!({ "inputs": [to(&listing), to("1")] });
    let (status, body) = portal.post(&format!("{PAIR}/batch/create"), &body).await;
    assert_eq!(
        (status, &body["numErrors"], &body["errors"][0]["context"]["toObjectId"]),
        (207, &json!(1), &json!(["1"]))
    );
    assert_eq!(body["results"][0]["labels"], json!(["Active Tenant"]));
}

#[tokio::test]
async fn five_hundred_to_a_page() {
    let portal = portal().await;
    let (contact, _) = both(&portal).await;
    let made = portal.vendor().import(
        "0-420",
        (0..600).map(|number| vec![("hs_name", format!("Unit {number}"))]),
        "2029-01-01T00:00:00Z".parse().unwrap(),
    );
    assert_eq!(made, Ok(600));
    let listings = portal.vendor().records("0-420");
    let inputs: Vec<Value> =
        listings.iter().map(|one| json!({ "from": { "id": contact }, "to": { "id": one.id } })).collect();
    portal.post(&format!("{PAIR}/batch/associate/default"), &json!({ "inputs": inputs })).await;
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/0-420?limit=500");
    let (_, first) = portal.get(&path).await;
    assert_eq!(first["results"].as_array().unwrap().len(), 500);
    let after = first["paging"]["next"]["after"].as_str().unwrap();
    let (_, second) = portal.get(&format!("{path}&after={after}")).await;
    assert_eq!((second["results"].as_array().unwrap().len(), second.get("paging")), (101, None));
}

#[tokio::test]
async fn merges_take_associations_along_and_people_change_labels() {
    let portal = portal().await;
    let (ann, listing) = both(&portal).await;
    let bea = portal.contact("bea@example.com").await;
    for label in ["Active Tenant", "Owner"] {
        portal.vendor().define_label("contacts", "0-420", label, None).unwrap();
    }
    let (from, to) = (("contacts", bea.as_str()), ("0-420", listing.as_str()));
    portal.vendor().person_relabels(from, to, &["Active Tenant"]).unwrap();
    portal.vendor().person_relabels(from, to, &["Owner"]).unwrap();
    portal.vendor().person_merges("contacts", &ann, &bea).unwrap();
    let labels = portal.vendor().associated("contacts", &ann, "0-420");
    assert_eq!(labels[&listing].iter().collect::<Vec<_>>(), ["Owner"]);
    assert_eq!(portal.vendor().associated("0-420", &listing, "contacts").len(), 1);
    portal.vendor().person_deletes("contacts", &ann).unwrap();
    assert!(portal.vendor().associated("0-420", &listing, "contacts").is_empty());
}
