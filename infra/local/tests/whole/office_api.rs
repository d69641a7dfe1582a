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
        let answer = ReqwestClient::new().unwrap().send(request, Duration::from_secs(30)).await.unwrap();
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
        for _ in 0..200 {
            if self.get("/orgs/sample/flows/tenants/conflicts").await["conflicts"] == json!([]) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the conflict waits still");
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
    let word = r#"{"field":"city","take":"source"}"#;
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

    town.disagree(second, "Beatrice");
    let key = format!("tenants/{second}");
    let told = town.succeed(&["settle", "tenants", &key, "city", "--with", "target"]);
    assert!(told.starts_with("carried out"), "{told}");
    door.waits_for_nothing().await;
    assert_eq!(town.city(second), CITY);
    assert!(!town.lintel(&["settle", "tenants", &key, "city", "--with", "target"]).succeeded, "once");

    for (what, text) in [("the log", town.log()), ("commands", town.printed.clone())] {
        assert!(!text.contains(CITY), "{what} tells a value");
        assert!(!text.contains("office-test-only"), "{what} tells the token");
    }
}
