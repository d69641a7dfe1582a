//! Which AWS the host works with: the embedded parts, an endpoint, or an account.

use anyhow::Context;
use aws_config::SdkConfig;
use lintel_local_aws::{LocalAws, Options, Storage};
use std::{collections::BTreeMap, path::Path};

/// Chosen once at start. An account is only used when asked for by name: credentials that happen to lie in the
/// environment are no order to write into somebody's account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum AwsChoice {
    /// `AWS_ENDPOINT_URL` when set, else the embedded parts.
    #[default]
    Local,
    /// The account of the ordinary AWS credentials.
    Account,
}

/// The AWS in use. The embedded parts stop when this is dropped.
#[derive(Debug)]
pub struct Aws {
    pub sdk: SdkConfig,
    embedded: Option<LocalAws>,
}

impl Aws {
    /// Opens the chosen AWS; the embedded table is a file below `data`, or in memory without one.
    pub async fn open(choice: AwsChoice, data: Option<&Path>) -> anyhow::Result<Self> {
        if choice == AwsChoice::Account || std::env::var_os("AWS_ENDPOINT_URL").is_some() {
            let sdk = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
            return Ok(Self { sdk, embedded: None });
        }
        let storage = data.map_or(Storage::Memory, |folder| Storage::Folder(folder.to_owned()));
        let embedded = LocalAws::start(Options { storage, ..Options::default() })
            .await
            .context("start the embedded DynamoDB, SQS and Secrets Manager")?;
        Ok(Self { sdk: embedded.in_process_config(), embedded: Some(embedded) })
    }

    /// Attaches to a host that is already running.
    pub async fn attach(endpoint: &str) -> Self {
        let credentials = aws_sdk_dynamodb::config::Credentials::new("local", "local", None, None, "lintel");
        let sdk = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .region(lintel_local_aws::REGION)
            .endpoint_url(endpoint)
            .credentials_provider(credentials)
            .load()
            .await;
        Self { sdk, embedded: None }
    }

    /// Where other processes reach the embedded parts.
    pub fn endpoint(&self) -> Option<String> {
        self.embedded.as_ref().map(LocalAws::endpoint_url)
    }

    pub fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// How often each operation of the embedded parts was asked for so far; nothing of AWS elsewhere.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.embedded.as_ref().map(LocalAws::calls).unwrap_or_default()
    }

    /// Does what AWS does by itself: deletes what has expired.
    pub fn sweep_expired(&self) {
        if let Some(embedded) = &self.embedded
            && let Err(error) = embedded.sweep_expired()
        {
            tracing::warn!(%error, "expired rows were not deleted");
        }
    }
}
