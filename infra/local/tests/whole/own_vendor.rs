//! A vendor that Lintel knows nothing of: the organization brings manifest and mapping, as the guide for a further vendor shows them.

use crate::town::{lintel, serve};
use axum::{
    Json, Router,
    extract::{Path as Segment, Query, State},
    http::{HeaderMap, StatusCode},
    routing::get,
};
use lintel_sandbox::{
    RealClock, Running,
    hubspot::{HubSpot, PortalSettings},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Child,
    sync::{Arc, Mutex},
};

const GUIDE: &str = include_str!("../../../../docs/adding-a-vendor.md");
const SECRET: &str = "harbor-secret-0001";

/// The residents by id.
type Residents = Arc<Mutex<BTreeMap<String, Value>>>;

struct Harbor {
    residents: Residents,
    url: String,
    target: Running<HubSpot>,
    folder: tempfile::TempDir,
    host: Option<Child>,
}

impl Drop for Harbor {
    fn drop(&mut self) {
        if let Some(host) = &mut self.host {
            // Gone already, if it fell over.
            let _ = host.kill();
            let _ = host.wait();
        }
    }
}

impl Harbor {
    async fn open() -> Self {
        let residents: Residents = Arc::default();
        for number in 1..=5 {
            residents.lock().unwrap().insert(number.to_string(), resident(number));
        }
        let routes = Router::new()
            .route("/v2/residents", get(list))
            .route("/v2/residents/{id}", get(one))
            .with_state(Arc::clone(&residents));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let target = Running::start(HubSpot::new(PortalSettings::default(), Arc::new(RealClock), 11)).await.unwrap();
        let harbor = Self { residents, url, target, folder: tempfile::tempdir().unwrap(), host: None };
        let (manifest, mapping) = (block("vendor = "), block("[residents]"));
        // Pages of two, so that there are several.
        harbor.write("vendors/harborstay/connector.toml", &manifest.replace("page_size = 200", "page_size = 2"));
        harbor.write("vendors/harborstay/mapping.toml", &mapping);
        harbor.configure("allow_http = true", &harbor.url, "harborstay");
        let secrets = format!("harborstay = \"{SECRET}\"\nhubspot = \"pat-na1-sandbox-0001\"\n");
        harbor.write("lintel.secrets.toml", &secrets);
        harbor
    }

    fn configure(&self, local: &str, source: &str, secret: &str) {
        let text = format!(
            "[organization]\nid = \"harbor\"\nname = \"Harbor Homes\"\n\n[vendors.harborstay]\n\
             manifest = \"vendors/harborstay\"\n\n[connections.harborstay]\nvendor = \"harborstay\"\n\
             secret = \"{secret}\"\nbase_url = \"{source}\"\n\n[connections.hubspot]\nvendor = \"hubspot\"\n\
             secret = \"hubspot\"\nbase_url = \"{}\"\n\n[flows.residents]\nfrom = \"harborstay\"\n\
             stream = \"residents\"\nto = \"hubspot\"\ninto = \"contacts\"\n\n[local]\n{local}\n",
            self.target.url
        );
        self.write("lintel.toml", &text);
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `lintel`; what it printed, and whether it ended well.
    fn run(&self, arguments: &[&str]) -> (bool, String) {
        let output = lintel(self.path()).env("LINTEL_LOG", "warn").args(arguments).output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let (succeeded, text) = self.run(arguments);
        assert!(succeeded, "{arguments:?}: {text}");
        text
    }

    fn contact(&self, id: &str) -> BTreeMap<String, String> {
        let key = format!("harborstay/residents/{id}");
        let records = self.target.vendor.records("contacts");
        let found = records.into_iter().find(|one| one.properties.get("lintel_key") == Some(&key));
        found.unwrap_or_else(|| panic!("no contact of {id}")).properties.into_iter().collect()
    }
}

/// The guide's example that begins so.
fn block(begins: &str) -> String {
    let found = GUIDE.split("```toml\n").skip(1).find(|block| block.starts_with(begins));
    found.and_then(|block| block.split("```").next()).unwrap_or_else(|| panic!("no {begins} in the guide")).to_owned()
}

fn resident(number: u32) -> Value {
    json!({
        "id": number.to_string(),
        "name": { "first": format!("Ada{number}"), "last": "Sample" },
        "contact": {
            "email": format!("ada{number}@example.com"),
            "phones": [{ "type": "mobile", "number": format!("(212) 555-01{number:02}") }],
        },
        "status": "current",
        "move_in": "2026-05-01",
        "updated_at": "2026-05-01T12:00:00Z",
        "created_at": "2026-04-01T12:00:00Z",
    })
}

fn is_let_in(headers: &HeaderMap) -> bool {
    headers.get("authorization").is_some_and(|value| value == &format!("Bearer {SECRET}"))
}

async fn list(
    State(residents): State<Residents>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> (StatusCode, Json<Value>) {
    if !is_let_in(&headers) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": { "code": "who-are-you" } })));
    }
    let limit: usize = query["limit"].parse().unwrap();
    let (residents, after) = (residents.lock().unwrap(), query.get("after").cloned().unwrap_or_default());
    let rest = residents.iter().filter(|(id, _)| **id > after);
    let since = query.get("updated_since");
    let rest: Vec<(&String, &Value)> =
        rest.filter(|(_, one)| since.is_none_or(|since| one["updated_at"].as_str() >= Some(since))).collect();
    let next = (rest.len() > limit).then(|| rest[limit - 1].0.clone());
    let data: Vec<&Value> = rest.iter().take(limit).map(|(_, one)| *one).collect();
    (StatusCode::OK, Json(json!({ "data": data, "meta": { "next": next } })))
}

async fn one(
    State(residents): State<Residents>,
    Segment(id): Segment<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    if !is_let_in(&headers) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    residents.lock().unwrap().get(&id).cloned().map(Json).ok_or(StatusCode::NOT_FOUND)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_brings_a_vendor_and_its_residents_arrive() {
    let mut harbor = Harbor::open().await;
    harbor.host = Some(serve(harbor.path()).0);
    harbor.succeed(&["setup", "hubspot"]);
    let tried = harbor.succeed(&["connector", "try", "vendors/harborstay", "residents"]);
    assert!(tried.contains("2 records on the first page"), "{tried}");
    let planned = harbor.succeed(&["plan", "residents"]);
    assert!(planned.contains('5'), "{planned}");
    harbor.succeed(&["sync", "residents"]);
    assert_eq!(harbor.target.vendor.count("contacts"), 5);
    let contact = harbor.contact("3");
    assert_eq!((contact["firstname"].as_str(), contact["email"].as_str()), ("Ada3", "ada3@example.com"));

    let writes = harbor.target.vendor.usage().writes;
    harbor.succeed(&["sync", "residents", "--full"]);
    assert_eq!(harbor.target.vendor.usage().writes, writes, "nothing changed");

    harbor.residents.lock().unwrap().get_mut("3").unwrap()["name"]["first"] = "Adele".into();
    harbor.succeed(&["sync", "residents", "--full"]);
    assert_eq!(harbor.contact("3")["firstname"], "Adele");

    // Another description of the same vendor is in force as soon as it is configured.
    let mapping = block("[residents]").replace("\".name.first\"", "'.name.first + \" of the harbor\"'");
    harbor.write("vendors/harborstay/mapping.toml", &mapping);
    harbor.succeed(&["apply"]);
    harbor.succeed(&["sync", "residents", "--full"]);
    assert_eq!(harbor.contact("3")["firstname"], "Adele of the harbor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_without_an_id_is_set_aside_and_nothing_is_taken_for_gone_meanwhile() {
    let mut harbor = Harbor::open().await;
    harbor.host = Some(serve(harbor.path()).0);
    harbor.succeed(&["setup", "hubspot"]);
    harbor.succeed(&["sync", "residents"]);

    // The third loses its id, at the end of a page; the fifth goes; a word of the first changes.
    let third = harbor.residents.lock().unwrap()["3"].clone();
    harbor.residents.lock().unwrap().get_mut("3").unwrap()["id"] = Value::Null;
    harbor.residents.lock().unwrap().get_mut("1").unwrap()["name"]["first"] = "Adele".into();
    let fifth = harbor.residents.lock().unwrap().remove("5").unwrap();
    let planned = harbor.succeed(&["plan", "residents"]);
    assert!(planned.contains("1 to quarantine") && planned.contains("id: is required"), "{planned}");
    let synced = harbor.succeed(&["sync", "residents", "--full"]);
    assert!(synced.contains("1 quarantined") && !synced.contains("gone"), "{synced}");
    assert_eq!(harbor.contact("1")["firstname"], "Adele", "the others go on");
    let flows = harbor.succeed(&["flows", "residents"]);
    assert!(flows.contains("residents/no-id-") && flows.contains("id: is required"), "{flows}");
    assert!(harbor.succeed(&["queue"]).contains("id: is required"));
    // Another word of it, and still no id: it is told of once.
    harbor.residents.lock().unwrap().get_mut("3").unwrap()["name"]["first"] = "Adina".into();
    harbor.succeed(&["sync", "residents", "--full"]);
    assert_eq!(harbor.succeed(&["queue"]).matches("id: is required").count(), 1);

    // Where no record of a page has one, the manifest is wrong: none is set aside.
    let manifest = block("vendor = ");
    assert!(manifest.contains("key = \"/id\""), "{manifest}");
    harbor.write("vendors/harborstay/connector.toml", &manifest.replace("key = \"/id\"", "key = \"/identifier\""));
    let (succeeded, tried) = harbor.run(&["connector", "try", "vendors/harborstay", "residents"]);
    assert!(!succeeded && tried.contains("not as expected at a record's id"), "{tried}");
    harbor.write("vendors/harborstay/connector.toml", &manifest);
    let tried = harbor.succeed(&["connector", "try", "vendors/harborstay", "residents"]);
    assert!(tried.contains("1 of them without an id"), "{tried}");

    harbor.residents.lock().unwrap().insert("3".to_owned(), third);
    let synced = harbor.succeed(&["sync", "residents", "--full"]);
    assert!(synced.contains("1 gone"), "the fifth alone: {synced}");
    assert!(!harbor.succeed(&["queue"]).contains("id: is required"));
    assert!(!harbor.succeed(&["flows", "residents"]).contains("no-id-"));
    harbor.residents.lock().unwrap().insert("5".to_owned(), fifth);
    harbor.succeed(&["sync", "residents", "--full"]);
    assert_eq!(harbor.target.vendor.count("contacts"), 5, "nobody was made twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_vendor_of_ones_own_is_told_with_file_line_and_key() {
    let harbor = Harbor::open().await;
    let refused = |words: &[&str]| {
        let (succeeded, text) = harbor.run(&["flows"]);
        assert!(!succeeded, "{text}");
        for word in words {
            assert!(text.contains(word), "no {word} in: {text}");
        }
    };
    let (manifest, mapping) = (block("vendor = "), block("[residents]"));
    let write = |manifest: &str, mapping: &str| {
        harbor.write("vendors/harborstay/connector.toml", manifest);
        harbor.write("vendors/harborstay/mapping.toml", mapping);
    };
    write(&manifest, &mapping.replace("last_name", "last_nam"));
    refused(&["vendors/harborstay/mapping.toml:8:", "`residents.fields.last_nam`"]);
    write(&manifest, &mapping.replace(".name.first", "[range(1000000000)]"));
    refused(&["mapping.toml:7:", "`range`"]);
    write(&manifest.replace("\"harborstay\"", "\"buildium\""), &mapping);
    refused(&["vendors/harborstay/connector.toml:1:", "`vendor`"]);
    write(&manifest.replace("api.harborstay.example", "169.254.169.254"), &mapping);
    refused(&["connector.toml:5:", "`api.production`", "inwards"]);
    fs::remove_file(harbor.path().join("vendors/harborstay/connector.toml")).unwrap();
    refused(&["lintel.toml: line 6,", "`vendors.harborstay.manifest`"]);
    write(&manifest, &mapping);
    harbor.configure("allow_http = true", &harbor.url, "hubspot");
    refused(&["`connections.harborstay.secret`", "another vendor's"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_of_ones_own_reaches_nothing_inwards() {
    let harbor = Harbor::open().await;
    for inward in ["https://127.0.0.1", "https://localhost", "https://10.0.0.1"] {
        harbor.configure("", inward, "harborstay");
        let text = fs::read_to_string(harbor.path().join("lintel.toml")).unwrap();
        harbor.write("lintel.toml", &text.replace(&harbor.target.url, "https://portal.example"));
        let (succeeded, text) = harbor.run(&["connector", "try", "vendors/harborstay", "residents"]);
        assert!(!succeeded && text.contains("leads inwards"), "{inward}: {text}");
    }
}
