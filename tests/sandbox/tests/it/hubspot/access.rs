//! Sections 0 and 1: versions and tokens.

use crate::support::portal::{CONTACTS, portal, with};
use lintel_sandbox::hubspot::PortalSettings;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const FORM: &str = "grant_type=refresh_token&client_id=sandbox-client-id&client_secret=sandbox-client-secret\
                    &refresh_token=sandbox-refresh-token";

#[tokio::test]
async fn numbered_and_dated_paths_reach_the_same_records() {
    let portal = portal().await;
    let contact = portal.contact("ann@example.com").await;
    for path in ["/crm/v3/objects/contacts", "/crm/objects/2026-03/contacts", "/crm/objects/2026-09/0-1"] {
        let (status, read) = portal.get(&format!("{path}/{contact}")).await;
        assert_eq!((status, read["properties"]["email"].as_str()), (200, Some("ann@example.com")), "{path}");
    }
    let listing = portal.listing("12 Test St").await;
    let tail = format!("associations/0-420/{listing}");
    for path in ["/crm/v4/objects/contacts", "/crm/objects/2026-03/contacts"] {
        let (status, _) = portal.call("DELETE", &format!("{path}/{contact}/{tail}"), &Value::Null).await;
        assert_eq!(status, 204, "{path}");
    }
    for path in [
        "/crm/v4/associations/contacts/0-420/labels",
        "/crm/associations/v4/contacts/0-420/labels",
        "/crm/associations/2026-03/contacts/0-420/labels",
        "/crm/v3/properties/contacts",
        "/crm/properties/2026-03/contacts",
        "/crm/v3/schemas",
        "/crm-object-schemas/v3/schemas",
        "/crm-object-schemas/2026-03/schemas",
    ] {
        assert_eq!(portal.get(path).await.0, 200, "{path}");
    }
    assert_eq!(portal.get("/crm/objects/2025-01/contacts").await.0, 404);
    assert_eq!(portal.vendor().usage().calls_of("GET /objects/contacts/{id}"), 3);
}

#[tokio::test]
async fn wrong_and_missing_tokens_are_401() {
    let portal = portal().await;
    let (status, headers, body) = portal.as_somebody("pat-na1-wrong", "GET", CONTACTS, &Value::Null).await.unwrap();
    assert_eq!((status, body["category"].as_str()), (401, Some("INVALID_AUTHENTICATION")));
    assert_eq!(headers["x-hubspot-correlation-id"].to_str().unwrap(), body["correlationId"]);
    assert_eq!(portal.vendor().usage().calls_of("unauthorized"), 1);
}

#[tokio::test]
async fn an_access_token_works_until_it_expires_and_a_refresh_gives_another() {
    let portal = portal().await;
    let (status, first) = portal.token("/oauth/v1/token", FORM).await;
    assert_eq!((status, &first["expires_in"], &first["hub_id"]), (200, &json!(1_800), &json!(5_550_100)));
    let token = first["access_token"].as_str().unwrap().to_owned();
    assert!(token.len() >= 300);
    let status = async |token: &str| {
        let (status, _, body) = portal.as_somebody(token, "GET", CONTACTS, &Value::Null).await.unwrap();
        (status, body["category"].as_str().unwrap_or_default().to_owned())
    };
    portal.pass(1_799);
    assert_eq!(status(&token).await.0, 200);
    portal.pass(1);
    assert_eq!(status(&token).await, (401, "EXPIRED_AUTHENTICATION".to_owned()));
    let (_, second) = portal.token("/oauth/2026-03/token", FORM).await;
    assert_ne!(second["access_token"], json!(token));
    assert_eq!(status(second["access_token"].as_str().unwrap()).await.0, 200);
    portal.vendor().expire_tokens();
    assert_eq!(status(second["access_token"].as_str().unwrap()).await.0, 401);
}

#[tokio::test]
async fn a_refresh_wants_everything_in_the_form() {
    let portal = portal().await;
    let path = format!("/oauth/v1/token?{FORM}");
    assert_eq!(portal.token(&path, "").await.0, 400);
    let wrong = FORM.replace("sandbox-refresh-token", "stale");
    let (status, body) = portal.token("/oauth/v1/token", &wrong).await;
    assert_eq!((status, &body["status"]), (400, &json!("BAD_REFRESH_TOKEN")));
}

#[tokio::test]
async fn a_missing_scope_is_403_and_other_scopes_still_work() {
    let missing_scopes = BTreeSet::from(["crm.objects.contacts.write".to_owned()]);
    let portal = with(PortalSettings { missing_scopes, ..PortalSettings::default() }).await;
    let (status, body) = portal.post(CONTACTS, &json!({ "properties": { "email": "a@example.com" } })).await;
    assert_eq!((status, &body["category"]), (403, &json!("MISSING_SCOPES")));
    assert_eq!(portal.get(CONTACTS).await.0, 200);
    portal.listing("12 Test St").await;
}

#[tokio::test]
async fn the_account_tells_its_zone_and_its_days_calls() {
    let portal = portal().await;
    let (_, details) = portal.get("/account-info/v3/details").await;
    assert_eq!((&details["timeZone"], &details["utcOffset"]), (&json!("America/New_York"), &json!("-05:00")));
    let (_, usage) = portal.get("/account-info/v3/api-usage/daily/private-apps").await;
    assert_eq!(usage["results"][0]["currentUsage"], 2);
    assert_eq!(usage["results"][0]["usageLimit"], 1_000_000);
    assert_eq!(usage["results"][0]["resetsAt"], "2030-03-02T05:00:00.000Z");
}
