//! An office's software at the front door: what waits, whose word counts, and that it is carried out at once.

use crate::town::Town;
use bytes::Bytes;
use lintel_connectors::transport::{HttpClient, ReqwestClient};
use lintel_sandbox::buildium::Tenant;
use serde_json::{Value, json};
use std::time::Duration;

/// As the sample's secrets have it.
const TOKEN: &str = "Bearer office-test-only";
/// A city that occurs in nothing else.
const CITY: &str = "Quagmireburg";

struct Door {
    url: String,
}

impl Door {
    async fn of(town: &Town) -> Self {
        Self { url: town.session().await.running().unwrap().url.clone() }
    }

    async fn ask(&self, method: &str, path: &str, authorization: Option<&str>, body: &str) -> (u16, Value) {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
        let answer = ReqwestClient::default().send(request, Duration::from_secs(30)).await.unwrap();
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask("GET", path, Some(TOKEN), "").await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// The status and code of a refusal.
    async fn refused(&self, method: &str, path: &str, authorization: Option<&str>, body: &str) -> (u16, String) {
        let (status, answer) = self.ask(method, path, authorization, body).await;
        assert!(answer.pointer("/error/message").is_some_and(Value::is_string), "{answer}");
        (status, answer["error"]["code"].as_str().unwrap().to_owned())
    }

    async fn waits_for_nothing(&self) {
        self.until("/orgs/sample/flows/tenants/conflicts", |answer| answer["conflicts"] == json!([])).await;
    }

    async fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) {
        for _ in 0..200 {
            if holds(&self.get(path).await) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} waits still");
    }
}

impl Town {
    fn city(&self, tenant: u32) -> String {
        self.record("contacts", &format!("tenants/{tenant}")).unwrap().properties["city"].clone()
    }

    /// A person writes another city at the portal, and the tenant changes at the account.
    fn disagree(&mut self, tenant: u32, name: &'static str) {
        let contact = self.record("contacts", &format!("tenants/{tenant}")).unwrap();
        self.target.vendor.person_edits("contacts", &contact.id, &[("city", CITY)]).unwrap();
        self.source.vendor.edit(tenant, |one: &mut Tenant| one.first_name = Some(name.into())).unwrap();
        self.succeed(&["sync", "tenants"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_both_sides_changed_is_settled_from_outside() {
    let mut town = Town::open(6).await;
    town.succeed(&["setup", "hubspot"]);
    town.succeed(&["sync", "tenants"]);
    let door = Door::of(&town).await;
    let tenants = town.source.vendor.ids::<Tenant>();
    let (first, second) = (tenants[0], tenants[1]);
    let right = town.city(first);
    town.disagree(first, "Annabel");

    let flows = door.get("/orgs/sample/flows").await;
    let flow = flows["flows"].as_array().unwrap().iter().find(|flow| flow["flow"] == "tenants").unwrap();
    assert_eq!((&flow["from"], &flow["into"]), (&json!("buildium"), &json!("contacts")));
    assert!(flow["in_step_up_to"].is_string() && flow["running"].is_null(), "{flow}");

    let list = "/orgs/sample/flows/tenants/conflicts";
    let waiting = door.get(list).await;
    let waiting = waiting["conflicts"].as_array().unwrap();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    assert_eq!((&waiting[0]["record"], &waiting[0]["field"]), (&json!(first.to_string()), &json!("city")));
    assert_eq!((&waiting[0]["source"], &waiting[0]["target"]), (&json!(right), &json!(CITY)));
    assert_eq!(waiting[0]["decided"], Value::Null);

    let record = format!("{list}/{first}");
    let values = format!("/orgs/sample/flows/tenants/records/{first}/values");
    let audit = format!("/orgs/sample/flows/tenants/records/{first}/audit");
    let word = r#"{"field":"city","take":"source","by":"maria"}"#;
    for (method, path, token, body, wanted) in [
        ("GET", "/orgs/sample/flows", None, "", (401, "not-authorized")),
        ("GET", list, Some("Bearer wrong"), "", (401, "not-authorized")),
        ("GET", list, Some("Basic b2ZmaWNlOnRlc3Q="), "", (401, "not-authorized")),
        ("GET", "/orgs/nobody/flows", Some(TOKEN), "", (401, "not-authorized")),
        ("POST", &record, None, word, (401, "not-authorized")),
        ("GET", "/orgs/sample/flows/nothing/conflicts", Some(TOKEN), "", (404, "unknown-flow")),
        ("POST", "/orgs/sample/flows/nothing/conflicts/1", Some(TOKEN), word, (404, "unknown-flow")),
        ("POST", "/orgs/sample/flows/tenants/conflicts/none", Some(TOKEN), word, (404, "unknown-record")),
        ("POST", &record, Some(TOKEN), r#"{"field":"state","take":"source"}"#, (409, "nothing-to-settle")),
        ("POST", &record, Some(TOKEN), r#"{"field":"town","take":"source"}"#, (422, "unknown-field")),
        ("POST", &record, Some(TOKEN), r#"{"field":"city","take":"both"}"#, (422, "unreadable-body")),
        ("POST", &record, Some(TOKEN), "city", (422, "unreadable-body")),
        ("POST", &record, Some(TOKEN), r#"{"field":"city","take":"source","by":""}"#, (422, "unreadable-body")),
        ("POST", &values, Some(TOKEN), r#"{"field":"tax_id","why":"asked"}"#, (409, "nothing-kept")),
        ("POST", &values, Some(TOKEN), r#"{"field":"tax_id"}"#, (422, "unreadable-body")),
        ("POST", &values, None, r#"{"field":"tax_id","why":"asked"}"#, (401, "not-authorized")),
        ("GET", &audit, None, "", (401, "not-authorized")),
    ] {
        let (status, code) = door.refused(method, path, token, body).await;
        assert_eq!((status, code.as_str()), wanted, "{method} {path} {body}");
    }
    assert_eq!(town.city(first), CITY, "none of that did anything");

    let (reads, writes) = (town.source.vendor.usage().total(), town.target.vendor.usage().writes);
    let (status, answer) = door.ask("POST", &record, Some(TOKEN), word).await;
    assert_eq!((status, &answer["decided"]), (202, &json!("source")), "{answer}");
    door.waits_for_nothing().await;
    assert_eq!(town.city(first), right);
    assert_eq!(town.source.vendor.usage().total() - reads, 1, "one record is read, no list");
    assert_eq!(town.target.vendor.usage().writes - writes, 1);

    let entries = door.get(&audit).await["audit"].clone();
    let decided = entries.as_array().unwrap().iter().find(|entry| entry["act"] == "decided").unwrap();
    assert_eq!((&decided["who"], &decided["take"]), (&json!("office-api for maria"), &json!("source")));
    assert!(decided["at"].is_string() && decided["source"].is_string(), "{decided}");
    assert!(!entries.to_string().contains(CITY), "values are masked");

    town.disagree(second, "Beatrice");
    let key = format!("tenants/{second}");
    let told = town.succeed(&["settle", "tenants", &key, "city", "--with", "target"]);
    assert!(told.starts_with("carried out"), "{told}");
    door.waits_for_nothing().await;
    assert_eq!(town.city(second), CITY);
    assert!(!town.lintel(&["settle", "tenants", &key, "city", "--with", "target"]).succeeded, "once");

    let told = town.succeed(&["audit", "tenants", &key]);
    assert!(told.contains("operator") && told.contains("city: target is right"), "{told}");

    for (what, text) in [("the log", town.log()), ("commands", town.printed.clone())] {
        assert!(!text.contains(CITY), "{what} tells a value");
        assert!(!text.contains("office-test-only"), "{what} tells the token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stopped_is_lifted_from_outside() {
    let mut town = Town::open(10).await;
    town.succeed(&["setup", "hubspot"]);
    town.succeed(&["sync", "tenants"]);
    let door = Door::of(&town).await;
    let tenants = town.source.vendor.ids::<Tenant>();
    let (first, second) = (tenants[0], tenants[1]);
    let contact = town.record("contacts", &format!("tenants/{first}")).unwrap();
    town.target.vendor.person_deletes("contacts", &contact.id).unwrap();
    town.source.vendor.edit(first, |one: &mut Tenant| one.first_name = Some("Annabel".into())).unwrap();
    town.succeed(&["sync", "tenants"]);

    let list = "/orgs/sample/flows/tenants/problems";
    let problems = door.get(list).await["problems"].clone();
    let problem = problems.as_array().unwrap().iter().find(|one| one["record"] == json!(first.to_string())).unwrap();
    assert_eq!((&problem["code"], &problem["times"]), (&json!("target-gone"), &json!(1)), "{problem}");
    let record = format!("{list}/{first}");
    let again = r#"{"lift":"make-again","by":"maria"}"#;
    for (path, token, body, wanted) in [
        (record.as_str(), None, again, (401, "not-authorized")),
        (&format!("{list}/{second}"), Some(TOKEN), again, (409, "nothing-to-lift")),
        (&format!("{list}/none"), Some(TOKEN), again, (404, "unknown-record")),
        (&record, Some(TOKEN), r#"{"lift":"gently"}"#, (422, "unreadable-body")),
        (
            "/orgs/sample/flows/tenants/missing",
            Some(TOKEN),
            r#"{"run":"20260101T000000000-aaaa"}"#,
            (409, "nothing-to-lift"),
        ),
        (
            "/orgs/sample/flows/nothing/missing",
            Some(TOKEN),
            r#"{"run":"20260101T000000000-aaaa"}"#,
            (404, "unknown-flow"),
        ),
    ] {
        let (status, code) = door.refused("POST", path, token, body).await;
        assert_eq!((status, code.as_str()), wanted, "{path} {body}");
    }
    let (status, answer) = door.ask("POST", &record, Some(TOKEN), again).await;
    assert_eq!((status, &answer["lifted"]), (202, &json!("make-again")), "{answer}");
    door.until(list, |answer| !answer["problems"].to_string().contains("target-gone")).await;
    assert!(town.record("contacts", &format!("tenants/{first}")).is_some(), "it is made again");

    for tenant in &tenants[2..] {
        town.source.vendor.delete::<Tenant>(*tenant).unwrap();
    }
    town.succeed(&["sync", "tenants", "--full"]);
    let missing = door.get("/orgs/sample/flows/tenants/missing").await["missing"].clone();
    assert_eq!((missing["records"].as_array().unwrap().len(), &missing["approved"]), (8, &json!(false)), "{missing}");
    let word = json!({ "run": missing["run"], "by": "maria" }).to_string();
    let (status, answer) = door.ask("POST", "/orgs/sample/flows/tenants/missing", Some(TOKEN), &word).await;
    assert_eq!((status, &answer["approved"]), (202, &json!(8)), "{answer}");
    town.succeed(&["sync", "tenants", "--full"]);
    assert_eq!(door.get("/orgs/sample/flows/tenants/missing").await["missing"], Value::Null);
    let audit = door.get("/orgs/sample/flows/tenants/audit").await["audit"].clone();
    assert_eq!((&audit[0]["act"], &audit[0]["who"]), (&json!("approved"), &json!("office-api for maria")), "{audit}");
}
