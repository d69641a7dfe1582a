//! OAuth tokens as all workers of a connection share them: in memory, and as a secret with a lease in the table.

#![expect(clippy::unwrap_used, reason = "helpers of tests outside of test functions")]

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{secrets::Secrets, store::Table, tokens::SharedTokens};
use lintel_connectors::{
    Error, manifest,
    records::{PageAsk, PageToken, RecordClient},
    roles::Parts,
    surroundings::{Clock, Generator, SystemClock},
    transport::{Claim, Deadline, Lease, MemoryState, NoCallLog, ReqwestClient, TokenKey, TokenStore, Tokens},
};
use lintel_domain::{ids::OrgId, private::Private, settings::Connection};
use lintel_local_aws::InProcessAws;
use lintel_sandbox::{
    RealClock, Running,
    hubspot::{HubSpot, PortalSettings},
};
use std::{collections::BTreeMap, sync::Arc};

const TABLE: &str = "lintel";

async fn aws() -> aws_config::SdkConfig {
    let config = InProcessAws::start().unwrap().sdk_config();
    let keys = [("PK", KeyType::Hash), ("SK", KeyType::Range)];
    let mut request = aws_sdk_dynamodb::Client::new(&config).create_table().table_name(TABLE);
    for (name, kind) in keys {
        let key = KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
        let text = ScalarAttributeType::S;
        let column = AttributeDefinition::builder().attribute_name(name).attribute_type(text).build().unwrap();
        request = request.key_schema(key).attribute_definitions(column);
    }
    request.billing_mode(BillingMode::PayPerRequest).send().await.unwrap();
    config
}

/// The store as a process of its own sees it.
fn shared(config: &aws_config::SdkConfig) -> SharedTokens {
    let table = Table::new(aws_sdk_dynamodb::Client::new(config), TABLE);
    let client = aws_sdk_secretsmanager::Client::new(config);
    SharedTokens::new(table, Secrets::new(client, "dev", Arc::new(SystemClock)))
}

fn key(org: &str) -> TokenKey {
    TokenKey { org: OrgId::new(org), connection: "crm".into() }
}

fn now() -> Timestamp {
    "2026-07-01T12:00:00Z".parse().unwrap()
}

fn lease(holder: u64) -> Lease {
    Lease { holder, until: now() + SignedDuration::from_secs(60) }
}

fn tokens(number: u32) -> Tokens {
    Tokens {
        grant: "grant".to_owned(),
        access: Private::new(format!("hush-access-{number}")),
        refresh: Some(Private::new(format!("hush-refresh-{number}"))),
        renew_at: Some(now() + SignedDuration::from_mins(25)),
        expires_at: Some(now() + SignedDuration::from_mins(30)),
    }
}

/// What every store must do; `one` and `other` are two workers' views of the same.
async fn keeps_its_promises(one: &dyn TokenStore, other: &dyn TokenStore) {
    let sample = key("sample");
    assert_eq!(one.load(&sample).await.unwrap(), None);

    // One holds the lease, until it is given back or ends.
    assert_eq!(one.claim(&sample, lease(1), now()).await.unwrap(), Claim::Taken);
    assert_eq!(other.claim(&sample, lease(2), now()).await.unwrap(), Claim::Held { until: lease(1).until });
    assert_eq!(one.claim(&sample, lease(1), now()).await.unwrap(), Claim::Taken, "its own");
    other.release(&sample, lease(2)).await.unwrap();
    assert_eq!(other.claim(&sample, lease(2), now()).await.unwrap(), Claim::Held { until: lease(1).until });
    one.release(&sample, lease(1)).await.unwrap();
    assert_eq!(other.claim(&sample, lease(2), now()).await.unwrap(), Claim::Taken);

    // What is saved is what all load, and the lease is free.
    other.save(&sample, lease(2), &tokens(1)).await.unwrap();
    for store in [one, other] {
        assert_eq!(store.load(&sample).await.unwrap(), Some(tokens(1)));
    }
    assert_eq!(one.claim(&sample, lease(1), now()).await.unwrap(), Claim::Taken);

    // Who lost the lease to another overwrites nothing.
    let late = lease(1).until;
    let next = Lease { holder: 2, until: late + SignedDuration::from_secs(60) };
    assert_eq!(other.claim(&sample, next, late).await.unwrap(), Claim::Taken, "it ended");
    one.save(&sample, lease(1), &tokens(7)).await.unwrap_err();
    other.save(&sample, next, &tokens(2)).await.unwrap();
    one.save(&sample, lease(1), &tokens(7)).await.unwrap_err();
    assert_eq!(one.load(&sample).await.unwrap(), Some(tokens(2)));

    // Tokens need no refresh token and no end.
    let plain = Tokens { refresh: None, renew_at: None, expires_at: None, ..tokens(3) };
    one.claim(&sample, lease(1), now()).await.unwrap();
    one.save(&sample, lease(1), &plain).await.unwrap();
    assert_eq!(other.load(&sample).await.unwrap(), Some(plain));
    assert_eq!(one.load(&key("neighbour")).await.unwrap(), None);
}

#[tokio::test]
async fn in_memory_they_are_kept_as_promised() {
    let state = MemoryState::default();
    keeps_its_promises(&state, &state).await;
}

#[tokio::test]
async fn in_the_cloud_they_are_kept_as_promised_and_no_token_is_in_the_table() {
    let config = aws().await;
    keeps_its_promises(&shared(&config), &shared(&config)).await;
    let rows = aws_sdk_dynamodb::Client::new(&config).scan().table_name(TABLE).send().await.unwrap();
    let rows = format!("{:?}", rows.items());
    assert!(rows.contains("TOKENS#crm") && !rows.contains("hush"), "{rows}");
}

#[tokio::test]
async fn a_secret_that_was_taken_away_is_made_anew() {
    let config = aws().await;
    let (store, sample) = (shared(&config), key("sample"));
    store.claim(&sample, lease(1), now()).await.unwrap();
    store.save(&sample, lease(1), &tokens(1)).await.unwrap();
    let secrets = aws_sdk_secretsmanager::Client::new(&config);
    let name = "lintel/dev/sample/crm.tokens";
    secrets.delete_secret().secret_id(name).force_delete_without_recovery(true).send().await.unwrap();
    assert_eq!(store.load(&sample).await.unwrap(), None);
    store.claim(&sample, lease(1), now()).await.unwrap();
    store.save(&sample, lease(1), &tokens(2)).await.unwrap();
    assert_eq!(store.load(&sample).await.unwrap(), Some(tokens(2)));
}

#[tokio::test]
async fn an_older_secret_than_the_row_tells_of_is_not_used() {
    let config = aws().await;
    let (store, sample) = (shared(&config), key("sample"));
    let secrets = aws_sdk_secretsmanager::Client::new(&config);
    let name = "lintel/dev/sample/crm.tokens";
    let mut first = None;
    for number in 1..=2 {
        store.claim(&sample, lease(1), now()).await.unwrap();
        store.save(&sample, lease(1), &tokens(number)).await.unwrap();
        let value = secrets.get_secret_value().secret_id(name).send().await.unwrap().secret_string;
        first = first.or(value);
    }
    secrets.put_secret_value().secret_id(name).set_secret_string(first).send().await.unwrap();
    let error = store.load(&sample).await.unwrap_err().to_string();
    assert_eq!(error, "the newest tokens cannot be read yet");
}

/// A worker of a process of its own.
fn worker(config: &aws_config::SdkConfig, url: &str, secret: &str) -> RecordClient {
    let state = Arc::new(MemoryState::default());
    let parts = Parts {
        org: OrgId::new("sample"),
        http: Arc::new(ReqwestClient::default()),
        budget: Arc::clone(&state) as _,
        breaker: state,
        tokens: Arc::new(shared(config)),
        calls: Arc::new(NoCallLog),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(Generator::from_system()),
    };
    let connection = Connection {
        vendor: "hubspot".to_owned(),
        secret: "hubspot".to_owned(),
        webhook_secret: None,
        base_url: Some(url.to_owned()),
        settings: BTreeMap::from([("auth".to_owned(), "oauth".to_owned())]),
    };
    let manifest = manifest::find("hubspot").unwrap();
    RecordClient::open(manifest, &"crm".into(), &connection, &Private::new(secret), parts).unwrap()
}

async fn list(worker: &RecordClient) -> Result<(), Error> {
    let ask = PageAsk { stream: "contacts", token: PageToken::First, changed_since: None, fields: &[] };
    worker.page(&ask, Deadline::at(SystemClock.now() + SignedDuration::from_secs(60))).await.map(drop)
}

#[tokio::test]
async fn workers_of_several_processes_get_one_token() {
    let config = aws().await;
    let portal = Running::start(HubSpot::new(PortalSettings::default(), Arc::new(RealClock), 7)).await.unwrap();
    let consent = r#"{"client_id":"sandbox-client-id","client_secret":"sandbox-client-secret","refresh_token":"sandbox-refresh-token"}"#;
    let workers: Vec<RecordClient> = (0..3).map(|_| worker(&config, &portal.url, consent)).collect();
    let [one, two, three] = &workers[..] else { unreachable!("three were opened") };
    let (first, second, third) = tokio::join!(list(one), list(two), list(three));
    for done in [first, second, third] {
        done.unwrap();
    }
    let usage = portal.vendor.usage();
    assert_eq!((usage.calls_of("POST /oauth/token"), usage.calls_of("GET /objects/contacts")), (1, 3));

    // Taken back, they are replaced once for all.
    portal.vendor.expire_tokens();
    for worker in &workers {
        list(worker).await.unwrap();
    }
    let usage = portal.vendor.usage();
    assert_eq!((usage.calls_of("POST /oauth/token"), usage.calls_of("unauthorized")), (2, 3));
}
