//! What the functions have around them: the embedded AWS parts, a bucket, one calendar, one organization's settings.

use crate::bucket::Bucket;
use anyhow::Context;
use bytes::Bytes;
use lintel_cloud::{objects::Objects, settings::SettingsStore, store::Table};
use lintel_domain::ids::OrgId;
use lintel_local::{host::provision_for_tests, registry};
use lintel_local_aws::{LocalAws, Options, REGION};
use lintel_sandbox::{World, calendar, serve};
use object_store::aws::AmazonS3Builder;
use std::{collections::BTreeMap, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

/// Where the sample feed's calendar lies in the bucket.
const CALENDAR: &str = "calendars/birch.ics";

/// Variables every function has beside those it requires.
const OF_EVERY_FUNCTION: [&str; 2] = ["LINTEL_BUCKET", "LINTEL_LOG"];

pub(crate) struct Surroundings {
    variables: BTreeMap<String, String>,
    aws: LocalAws,
    bucket_url: String,
    bucket: JoinHandle<()>,
}

impl Surroundings {
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let aws = LocalAws::start(Options::default()).await?;
        let sdk = aws.sdk_config();
        let variables = provision_for_tests(&sdk).await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let bucket_url = format!("http://{}", listener.local_addr()?);
        let bucket = serve(listener, Arc::new(Bucket::default()));

        let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
        for (name, value) in [("inbound-email", "reports:sandbox-only"), ("housecallpro", "key"), ("airtable", "key")] {
            let named = format!("lintel/dev/sample/{name}");
            secrets.create_secret().name(named).secret_string(value).send().await?;
        }
        let surroundings = Self { variables, aws, bucket_url, bucket };
        surroundings.furnish(&sdk).await?;
        Ok(surroundings)
    }

    /// The organization the sample events speak of, and its calendar.
    async fn furnish(&self, sdk: &aws_config::SdkConfig) -> anyhow::Result<()> {
        let (table, bucket) = (self.variable("LINTEL_TABLE")?, self.variable("LINTEL_BUCKET")?);
        let store = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_endpoint(&self.bucket_url)
            .with_allow_http(true)
            .with_region(REGION)
            .with_access_key_id("measured")
            .with_secret_access_key("measured")
            .build()?;
        let objects = Objects::new(Arc::new(store));
        let today = jiff::Zoned::now();
        let world = World::sample(1, today.date(), 2);
        let home = world.homes().last().context("the world is empty")?;
        objects.put(CALENDAR, Bytes::from(calendar(home, today.timestamp()))).await?;
        let feed = format!("{}/{bucket}/{CALENDAR}", self.bucket_url);
        let settings = include_str!("sample.toml").replace("CALENDAR", &feed);
        let settings = lintel_formats::settings::read(&settings)
            .map_err(|faults| anyhow::anyhow!("the settings have faults: {faults:?}"))?;
        let table = Table::new(aws_sdk_dynamodb::Client::new(sdk), table);
        SettingsStore::new(table, objects).publish(&settings.organization).await?;
        Ok(())
    }

    /// The environment Lambda would give a function: what it requires, what all have, and the way to the services.
    pub(crate) fn variables_of(&self, function: &str) -> anyhow::Result<BTreeMap<String, String>> {
        let required = registry::requires(function).with_context(|| format!("there is no function {function}"))?;
        let mut variables = BTreeMap::from(
            [
                ("AWS_ENDPOINT_URL", self.aws.endpoint_url().as_str()),
                ("AWS_ENDPOINT_URL_S3", self.bucket_url.as_str()),
                ("AWS_REGION", REGION),
                ("AWS_ACCESS_KEY_ID", "measured"),
                ("AWS_SECRET_ACCESS_KEY", "measured"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                ("AWS_LAMBDA_LOG_GROUP_NAME", "measured"),
                ("AWS_LAMBDA_LOG_STREAM_NAME", "measured"),
                // The calendar lies on this machine.
                ("LINTEL_FEED_ADDRESSES", "sandbox"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        for name in required.iter().chain(&OF_EVERY_FUNCTION) {
            variables.insert((*name).to_owned(), self.variable(name)?.to_owned());
        }
        Ok(variables)
    }

    /// What the functions gave up on: then they were measured at doing nothing.
    pub(crate) async fn given_up_on(&self) -> anyhow::Result<Vec<String>> {
        let table = Table::new(aws_sdk_dynamodb::Client::new(&self.aws.sdk_config()), self.variable("LINTEL_TABLE")?);
        let org = table.org(&OrgId::new("sample"));
        Ok(org.quarantined().await?.into_iter().map(|row| format!("{}: {}", row.origin, row.reason)).collect())
    }

    fn variable(&self, name: &str) -> anyhow::Result<&str> {
        self.variables.get(name).map(String::as_str).with_context(|| format!("the template sets no {name}"))
    }
}

impl Drop for Surroundings {
    fn drop(&mut self) {
        self.bucket.abort();
    }
}
