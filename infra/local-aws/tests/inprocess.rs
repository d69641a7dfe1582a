//! Without sockets, tokio's paused clock drives the queues: hours of redelivery take no time.
#![expect(clippy::unwrap_used, reason = "the helpers are test code too")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use lintel_local_aws::{InProcessAws, LocalAws, Options, Storage};

#[tokio::test(start_paused = true)]
async fn a_poison_message_reaches_the_dead_letters_after_its_visibilities_have_passed() {
    let aws = InProcessAws::start().unwrap();
    let sqs = aws_sdk_sqs::Client::new(&aws.sdk_config());
    let dead = sqs.create_queue().queue_name("dead").send().await.unwrap().queue_url.unwrap();
    let arn = sqs.get_queue_attributes().queue_url(&dead).attribute_names(QueueAttributeName::QueueArn);
    let arn = arn.send().await.unwrap().attributes.unwrap().remove(&QueueAttributeName::QueueArn).unwrap();
    let main =
        sqs.create_queue().queue_name("main").attributes(QueueAttributeName::VisibilityTimeout, "900").attributes(
            QueueAttributeName::RedrivePolicy,
            format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":5}}"#),
        );
    let main = main.send().await.unwrap().queue_url.unwrap();
    sqs.send_message().queue_url(&main).message_body("poison").send().await.unwrap();

    let began = tokio::time::Instant::now();
    let mut deliveries = 0;
    while sqs.receive_message().queue_url(&dead).send().await.unwrap().messages().is_empty() {
        let received = sqs.receive_message().queue_url(&main).wait_time_seconds(20).send().await.unwrap();
        deliveries += received.messages().len();
    }
    assert_eq!(deliveries, 5);
    let passed = began.elapsed();
    assert!(passed >= Duration::from_mins(75) && passed < Duration::from_mins(76), "{passed:?}");
}

#[tokio::test(start_paused = true)]
async fn items_expire_by_the_clock_handed_in() {
    let now = Arc::new(AtomicU64::new(1_000));
    let reading = Arc::clone(&now);
    let aws = InProcessAws::start_with_clock(move || UNIX_EPOCH + Duration::from_secs(reading.load(Ordering::SeqCst)));
    let aws = aws.unwrap();
    let table = table_with_expiry(&aws.sdk_config(), "Expiring").await;
    put(&table, "Expiring", &[("PK", "a"), ("SK", "a")], Some(2_000)).await;
    assert_eq!(aws.sweep_expired().unwrap(), 0);
    now.store(2_001, Ordering::SeqCst);
    assert_eq!(aws.sweep_expired().unwrap(), 1);
}

#[tokio::test]
async fn a_folder_keeps_the_table_from_one_start_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { storage: Storage::Folder(folder.path().join("data")), ..Options::default() };
    {
        let aws = LocalAws::start(options.clone()).await.unwrap();
        let table = table_with_expiry(&aws.sdk_config(), "Kept").await;
        put(&table, "Kept", &[("PK", "a"), ("SK", "1")], None).await;
    }
    let aws = LocalAws::start(options).await.unwrap();
    let table = aws_sdk_dynamodb::Client::new(&aws.sdk_config());
    let read =
        table.get_item().table_name("Kept").set_key(Some(item(&[("PK", "a"), ("SK", "1")]).into_iter().collect()));
    assert!(read.send().await.unwrap().item.is_some());
}

#[tokio::test]
async fn the_log_of_a_folder_is_folded_back_into_its_file_while_it_is_open() {
    // Far fewer pages than make SQLite do it by itself.
    const ROWS: usize = 40;
    const ROW: usize = 50_000;
    let folder = tempfile::tempdir().unwrap();
    let options = Options { storage: Storage::Folder(folder.path().to_owned()), ..Options::default() };
    let aws = LocalAws::start(options).await.unwrap();
    let table = table_with_expiry(&aws.sdk_config(), "Kept").await;
    let large = "x".repeat(ROW);
    for number in 0..ROWS {
        put(&table, "Kept", &[("PK", "a"), ("SK", &number.to_string()), ("large", &large)], None).await;
    }
    let folded = async {
        while !holds(folder.path(), "sqlite", ROWS * ROW) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), folded).await.expect("what was written stands in the file itself");
}

/// Whether a folder's file of that extension has so many bytes.
fn holds(folder: &Path, extension: &str, bytes: usize) -> bool {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut named = files.filter(|file| file.extension().is_some_and(|name| name == extension));
    named.any(|file| std::fs::metadata(file).unwrap().len() >= bytes as u64)
}

#[tokio::test]
async fn a_folder_keeps_the_keys_its_table_is_encrypted_under_and_no_other_secret() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { storage: Storage::Folder(folder.path().join("data")), ..Options::default() };
    {
        let aws = LocalAws::start(options.clone()).await.unwrap();
        let secrets = aws_sdk_secretsmanager::Client::new(&aws.sdk_config());
        for name in ["lintel-vault/dev/one", "lintel-vault/dev/gone", "lintel/dev/one/vendor-token"] {
            secrets.create_secret().name(name).secret_string("first").send().await.unwrap();
        }
        secrets.put_secret_value().secret_id("lintel-vault/dev/one").secret_string("second").send().await.unwrap();
        let gone = secrets.delete_secret().secret_id("lintel-vault/dev/gone").force_delete_without_recovery(true);
        gone.send().await.unwrap();
    }
    let aws = LocalAws::start(options).await.unwrap();
    let secrets = aws_sdk_secretsmanager::Client::new(&aws.sdk_config());
    let kept = secrets.get_secret_value().secret_id("lintel-vault/dev/one").send().await.unwrap();
    assert_eq!(kept.secret_string(), Some("second"));
    for name in ["lintel-vault/dev/gone", "lintel/dev/one/vendor-token"] {
        assert!(secrets.get_secret_value().secret_id(name).send().await.is_err(), "{name}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_the_file_of_kept_secrets() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let options = Options { storage: Storage::Folder(folder.path().to_owned()), ..Options::default() };
    let aws = LocalAws::start(options).await.unwrap();
    let secrets = aws_sdk_secretsmanager::Client::new(&aws.sdk_config());
    secrets.create_secret().name("lintel-vault/dev/one").secret_string("first").send().await.unwrap();
    let file = folder.path().join("data-keys.json");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

fn item(texts: &[(&str, &str)]) -> BTreeMap<String, AttributeValue> {
    texts.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned()))).collect()
}

async fn put(table: &aws_sdk_dynamodb::Client, name: &str, texts: &[(&str, &str)], expires: Option<u64>) {
    let mut item = item(texts);
    item.extend(expires.map(|at| ("expires_at".to_owned(), AttributeValue::N(at.to_string()))));
    table.put_item().table_name(name).set_item(Some(item.into_iter().collect())).send().await.unwrap();
}

async fn table_with_expiry(config: &aws_config::SdkConfig, name: &str) -> aws_sdk_dynamodb::Client {
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
    };
    let table = aws_sdk_dynamodb::Client::new(config);
    let mut make = table.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (key, kind) in [("PK", KeyType::Hash), ("SK", KeyType::Range)] {
        let defined = AttributeDefinition::builder().attribute_name(key).attribute_type(ScalarAttributeType::S);
        make = make
            .attribute_definitions(defined.build().unwrap())
            .key_schema(KeySchemaElement::builder().attribute_name(key).key_type(kind).build().unwrap());
    }
    make.send().await.unwrap();
    let expiry = TimeToLiveSpecification::builder().attribute_name("expires_at").enabled(true).build().unwrap();
    table.update_time_to_live().table_name(name).time_to_live_specification(expiry).send().await.unwrap();
    table
}
