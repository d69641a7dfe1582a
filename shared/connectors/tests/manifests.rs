//! Manifests: those that ship, and what is said of a faulty one.

#![allow(clippy::expect_used, reason = "helpers of tests")]

use lintel_connectors::{
    manifest::{Auth, BudgetScope, FindError, LONGEST_TEXT, Paging, Vendors, find, read, read_own, vendors},
    transport::{AddressFault, AddressPolicy, HttpClient, ReqwestClient, SendError},
};
use lintel_domain::settings::{Organization, OwnVendor, ReactionKind};
use lintel_formats::reactions::Reactions;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

#[test]
fn every_shipped_manifest_reads_and_bears_its_own_name() {
    let mut names = BTreeSet::new();
    for vendor in vendors() {
        let manifest = find(vendor).expect("a manifest");
        assert_eq!(manifest.vendor, vendor);
        assert!(manifest.webhook.is_some() || manifest.api.is_some(), "{vendor} says nothing");
        assert!(names.insert(vendor), "{vendor} is listed twice");
    }
}

#[test]
fn every_file_is_in_the_catalogue() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let folders = fs::read_dir(&root).expect("the source").filter_map(Result::ok).map(|entry| entry.path());
    let connectors = folders.filter(|folder| folder.join("connector.toml").exists());
    let recipes = fs::read_dir(root.join("webhooks/recipes")).expect("recipes").filter_map(Result::ok);
    let known: BTreeSet<&str> = vendors().collect();
    let mut seen = 0;
    for path in connectors.chain(recipes.map(|entry| entry.path())) {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        assert!(known.contains(name.as_str()), "{name} is missing in the catalogue");
        seen += 1;
    }
    assert_eq!(seen, known.len());
}

#[test]
fn every_event_that_tells_of_a_record_of_buildium_has_it_read() {
    let manifest = find("buildium").expect("a manifest");
    let (reactions, _) = Reactions::compile(&BTreeMap::new()).expect("the standing reactions");
    let events = manifest.webhook.expect("webhooks").events;
    for pattern in events.streams.keys() {
        let event = pattern.replace('*', "Updated");
        let chosen = reactions.choose("buildium", &event, b"{}").map(|chosen| chosen.action);
        assert_eq!(chosen, Some(ReactionKind::SyncRecord), "{event}");
    }
}

#[test]
fn an_unknown_vendor_is_told() {
    assert_eq!(find("nobody").expect_err("no such vendor").to_string(), "there is no vendor nobody");
    let only_webhook = find("stripe").expect("a manifest");
    assert_eq!(only_webhook.api(), Err(FindError::Lacks { vendor: "stripe".to_owned(), part: "API".to_owned() }));
}

#[test]
fn a_manifest_says_what_a_connector_needs() {
    let airtable = find("airtable").expect("a manifest");
    let api = airtable.api().expect("an API");
    assert_eq!((api.budget.limit().calls.get(), api.budget.scope), (5, BudgetScope::Part));
    let records = airtable.stream("records").expect("a stream");
    assert_eq!((records.batch.get(), records.page_size.get()), (10, 100));
    assert!(matches!(&records.paging, Paging::Cursor { parameter, .. } if parameter == "offset"));
}

#[test]
fn another_way_in_has_its_own_budget_or_the_ordinary_one() {
    let others = "[api.alternatives.key]\nauth = \"bearer\"\n\n[api.alternatives.app]\nauth = \"basic\"\n\
                  budget = { calls = 3, period = 1, burst = 1 }\n\n[streams.people]";
    let api = read("x", &GOOD.replace("[streams.people]", others)).expect("a manifest").api.expect("an API");
    let calls = |name| api.access(name).map(|(auth, budget)| (auth.clone(), budget.calls.get()));
    assert_eq!(calls(None), Some((api.auth.clone(), 10)));
    assert_eq!(calls(Some("key")), Some((Auth::Bearer, 10)));
    assert_eq!(calls(Some("app")), Some((Auth::Basic, 3)));
    assert_eq!(calls(Some("other")), None);
}

/// A manifest with one line in place of another, and what is said of it.
fn fault(line: &str, instead: &str) -> String {
    assert!(GOOD.contains(line), "{line}");
    let faults = read("x/connector.toml", &GOOD.replace(line, instead)).expect_err("a fault");
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

const GOOD: &str = r#"vendor = "x"
title = "X"

[api]
production = "https://api.example.com/v1"
auth = { client-credentials = { token_url = "https://auth.example.com/token", scopes = ["read"] } }
budget = { calls = 10, period = 1, burst = 5 }
retry = { headers = ["retry-after"], unsaid = 30, longest = 60 }

[streams.people]
path = "/people"
items = ""
key = "/id"
paging = "link-header"
page_size = 50

[webhook]
body_cap = 1000

[webhook.scheme.signed]
algorithm = "hmac-sha256"
message = "{id}.{ts}.{body}"
id = "x-id"
timestamp = { at = { header = "x-ts" }, tolerance = 300 }
signature = { header = "x-signature", encoding = "hex" }

[webhook.events]
name = { pointers = ["/name"] }
delivery = { header = "x-id" }
known = ["a"]
"#;

#[test]
fn the_good_one_is_good() {
    read("x/connector.toml", GOOD).expect("a manifest");
}

#[test]
fn a_value_that_cannot_be_read_is_placed() {
    let cases = [
        ("vendor = \"x\"", "vendor = \"x", "x/connector.toml:1:"),
        ("title = \"X\"", "titel = \"X\"", "x/connector.toml:2:1: `titel`: unknown field `titel`"),
        (
            "https://api.example.com/v1",
            "http://api.example.com",
            "x/connector.toml:5:14: `api.production`: must be an https",
        ),
        (
            "hmac-sha256",
            "hmac-md5",
            "x/connector.toml:21:13: `webhook.scheme.signed.algorithm`: unknown variant `hmac-md5`",
        ),
        (
            "{id}.{ts}.{body}",
            "{id}.{time}.{body}",
            "x/connector.toml:22:11: `webhook.scheme.signed.message`: `{time}` stands for nothing",
        ),
        ("\"/id\"", "\"id\"", "x/connector.toml:13:7: `streams.people.key`: must be empty or begin with `/`"),
        (
            "body_cap = 1000",
            "body_cap = 1000\nanswers = { success = 404 }",
            "`webhook.answers.success`: must be from 200 to 299",
        ),
        ("https://auth.example.com/token", "http://auth.example.com/token", "must be a path, or an https URL"),
        ("https://auth.example.com/token", "/token?a=b", "must be a path, or an https URL"),
        ("scopes = [\"read\"]", "client = \"header\"", "unknown variant `header`"),
        ("page_size = 50", "page_size = 0", "x/connector.toml:15:13: `streams.people.page_size`"),
        ("paging = \"link-header\"", "paging = \"link\"", "x/connector.toml:14:10: `streams.people.paging`"),
        ("\"x-signature\"", "\"x signature\"", "`webhook.scheme.signed.signature.header`: invalid HTTP header name"),
    ];
    for (line, instead, expected) in cases {
        let said = fault(line, instead);
        assert!(said.contains(expected), "{instead}:\n{said}\nlacks {expected}");
    }
}

#[test]
fn what_does_not_agree_is_placed() {
    let cases = [
        ("vendor = \"x\"", "vendor = \"X y\"", "x/connector.toml:1:10: `vendor`: must be lower-case"),
        ("title = \"X\"", "title = \" \"", "x/connector.toml:2:9: `title`"),
        ("burst = 5", "burst = 50", "x/connector.toml:7:44: `api.budget.burst`: must not be more than `calls`"),
        ("scopes = [\"read\"]", "also = [\"scope\"]", "`api.auth.also`: names a member that is sent anyway"),
        (
            "[streams.people]",
            "[api.alternatives.key]\nauth = \"bearer\"\nbudget = { calls = 1, period = 1, burst = 2 }\n\n[streams.people]",
            "x/connector.toml:12:43: `api.alternatives.key.budget.burst`: must not be more than `calls`",
        ),
        ("unsaid = 30", "unsaid = 90", "`api.retry.unsaid`"),
        ("\"/people\"", "\"people\"", "x/connector.toml:11:8: `streams.people.path`"),
        (
            "page_size = 50",
            "page_size = 50\none = \"/people/{id}\"\nwithin = \"/friends\"",
            "x/connector.toml:17:10: `streams.people.within`: stands beside neither `one` nor `write`",
        ),
        (
            "page_size = 50",
            "page_size = 50\ndetail = { path = \"/people/pets\", under = \"pets\" }",
            "`streams.people.detail.path`: must begin with `/` and hold `{id}`",
        ),
        (
            "known = [\"a\"]",
            "known = [\"a\"]\nstreams = { a = \"people\" }",
            "`a` names `people`, of which no record is read by itself",
        ),
        ("body_cap = 1000", "body_cap = 99999999", "x/connector.toml:18:12: `webhook.body_cap`"),
        ("{id}.{ts}.{body}", "{id}.{body}", "must hold `{ts}` if there is a `timestamp`"),
        ("{id}.{ts}.{body}", "{ts}.{body}", "must hold `{id}` if there is an `id`"),
        (
            "{id}.{ts}.{body}",
            "{id}.{ts}",
            "x/connector.toml:22:11: `webhook.scheme.signed.message`: must cover the body",
        ),
        ("{id}.{ts}.{body}", "{id}.{ts}.{body}{secret}", "must hold `{secret}` if the algorithm is `sha256`"),
        ("\"hmac-sha256\"", "\"ed25519\"", "`webhook.scheme.signed.secret`: must say how the public key is written"),
        ("{ header = \"x-ts\" }", "{ pair = \"t\" }", "`pair` needs a signature laid out in `pairs`"),
        ("tolerance = 300", "tolerance = 86400", "must be from 1 to 3600"),
        ("id = \"x-id\"\n", "id = \"x-id\"\nbody = []\n", "`webhook.scheme.signed.body`: must not be empty"),
        ("id = \"x-id\"\n", "id = \"x-id\"\nurl_unescape = \":\"\n", "`webhook.scheme.signed.url_unescape`"),
        ("[webhook.events]", "[webhook.events]\nsplit = [\"\"]", "one header cannot tell the events of a batch apart"),
        (
            "delivery = { header = \"x-id\" }",
            "delivery = { pointers = [] }",
            "`webhook.events.delivery`: needs at least one",
        ),
        ("[\"/name\"]", "[]", "`webhook.events.name`: needs at least one pointer"),
        ("known = [\"a\"]", "known = [\"a\", \"a\"]", "`a` is listed twice"),
        (
            "known = [\"a\"]",
            "known = [\"a\"]\nupdated_at = { pointers = [\"/at\"], max_age_hours = 721 }",
            "must be from 1 to 720",
        ),
    ];
    for (line, instead, expected) in cases {
        let said = fault(line, instead);
        assert!(said.contains(expected), "{instead}:\n{said}\nlacks {expected}");
    }
}

#[test]
fn records_are_found_by_fields_that_only_one_may_have_a_value_in() {
    let call = |name: &str, path: &str, body: &str| {
        format!(
            "[streams.people.write.{name}]\nmethod = \"POST\"\npath = \"{path}\"\nbody = '{body}'\ndone = \"[]\"\n\n"
        )
    };
    let of = |field: &str, path: &str, body: &str| {
        let write = "[streams.people.write]\nidentity = \"key\"\nunique = [\"email\"]\nvalue = \"/{field}\"\nfailed = \"[]\"\n\n";
        let calls: String = ["upsert", "update", "read"].map(|name| call(name, "/x", "{}")).concat();
        let find = call(&format!("find_by.{field}"), path, body);
        read("x", &GOOD.replace("[webhook]\n", &format!("{write}{calls}{find}[webhook]\n")))
    };
    let good = of("email", "/people/read", "{}").expect("a manifest");
    let write = good.streams["people"].write.as_ref().expect("a table");
    assert_eq!(write.find_by.keys().collect::<Vec<_>>(), ["email"]);
    let cases = [
        ("phone", "/people/read", "{}", "x:41:1: `streams.people.write.find_by.phone`: must be a field of `unique`"),
        ("email", "people/read", "{}", "x:43:8: `streams.people.write.find_by.email.path`: must begin with `/`"),
        ("email", "/people/read", "{", "x:44:8: `streams.people.write.find_by.email.body`: "),
    ];
    for (field, path, body, expected) in cases {
        let faults = of(field, path, body).expect_err("a fault");
        let said = faults[0].to_string();
        assert!(faults.len() == 1 && said.starts_with(expected), "{faults:?}");
    }
}

#[test]
fn everything_that_does_not_agree_is_told_at_once() {
    assert_eq!(
        fault("body_cap = 1000", "body_cap = 0\nhandshakes = [{ unsigned = { lacks = \"/name\" } }]").lines().count(),
        1
    );
    let text = GOOD.replace("burst = 5", "burst = 50").replace("{id}.{ts}.{body}", "{id}.{ts}");
    assert_eq!(read("x", &text).expect_err("faults").len(), 2);
    let token = GOOD
        .replace("[webhook.scheme.signed]", "[[webhook.handshakes]]\nunsigned = { lacks = \"/name\" }\n\n[ignored]")
        .split("[ignored]")
        .next()
        .map(|before| before.replace("body_cap = 1000", "body_cap = 1000\nscheme = \"basic\""))
        .expect("the first part");
    let text = format!("{token}[webhook.events]\nname = {{ fixed = \"a\" }}\ndelivery = \"body-hash\"\n");
    let faults = read("x", &text).expect_err("a fault");
    assert_eq!(faults[0].message, "`unsigned` needs a scheme with a signature");
}

fn own(manifest: &str) -> OwnVendor {
    OwnVendor { manifest: manifest.to_owned(), mapping: String::new() }
}

/// The keys at fault of a manifest that an organization brings as `x`.
fn own_faults(manifest: &str) -> Vec<String> {
    let faults = read_own("x", "vendors/x", &own(manifest)).err().unwrap_or_default();
    assert!(faults.iter().all(|fault| fault.file == "vendors/x/connector.toml"), "{faults:?}");
    faults.into_iter().map(|fault| fault.key).collect()
}

#[test]
fn a_manifest_of_ones_own_is_held_to_its_name_its_addresses_and_its_length() {
    assert_eq!(own_faults(GOOD), Vec::<String>::new());
    assert_eq!(own_faults(&GOOD.replace("vendor = \"x\"", "vendor = \"y\"")), ["vendor"]);
    for inward in ["https://127.0.0.1", "https://[::1]", "https://10.1.2.3:8443", "https://localhost/v1"] {
        let line = GOOD.lines().find(|line| line.starts_with("production")).expect("an address");
        assert_eq!(own_faults(&GOOD.replace(line, &format!("production = \"{inward}\""))), ["api.production"]);
    }
    assert_eq!(own_faults(&format!("{GOOD}\n#{}", "x".repeat(LONGEST_TEXT))), [""]);
}

#[test]
fn a_name_that_everybody_has_leads_to_what_everybody_has() {
    let mut organization: Organization =
        serde_json::from_value(serde_json::json!({ "id": "acme", "name": "Acme" })).expect("an organization");
    let text = GOOD.replace("vendor = \"x\"", "vendor = \"airtable\"");
    organization.vendors.insert("airtable".to_owned(), own(&text));
    organization.vendors.insert("x".to_owned(), own(GOOD));
    let vendors = Vendors::of(&organization);
    assert_eq!(vendors.find("airtable"), find("airtable"));
    assert_eq!(vendors.find("x").expect("its own").vendor, "x");
    let faults = read_own("airtable", "vendors/airtable", &own(&text)).expect_err("taken");
    assert!(faults[0].message.contains("everybody has"), "{faults:?}");
}

#[tokio::test]
async fn what_leads_inwards_is_not_asked() {
    let client = ReqwestClient::guarded(AddressPolicy::PublicHttps);
    for (url, fault) in [
        ("https://127.0.0.1/v1", AddressFault::Inward),
        ("https://localhost:8443/v1", AddressFault::Inward),
        ("https://[::ffff:10.0.0.1]/v1", AddressFault::Inward),
        ("http://api.example.com/v1", AddressFault::Scheme),
    ] {
        let request = http::Request::get(url).body(bytes::Bytes::new()).expect("a request");
        let sent = client.send(request, Duration::from_secs(5)).await;
        assert_eq!(sent.map(drop), Err(SendError::Forbidden(fault)), "{url}");
    }
}
