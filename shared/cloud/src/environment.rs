//! Everything a function takes from outside, read once: variables, clients, time, randomness.

use crate::{
    batch::Batches,
    connections::Connections,
    function::StartError,
    inputs::Inputs,
    metrics::{MetricSink, Metrics, StandardOutput},
    objects::Objects,
    office::Office,
    queues::{QueueUrl, Queues},
    secrets::Secrets,
    store::Table,
    vault::{SystemRandom, Vault},
};
use aws_config::SdkConfig;
use lintel_connectors::{
    surroundings::{Clock, Entropy, Generator, SystemClock},
    transport::{AddressPolicy, CallLog, HttpClient, NoCallLog, ReqwestClient},
};
use std::{collections::BTreeMap, sync::Arc};

/// What a host hands to its functions beside AWS.
#[derive(Clone, Debug)]
pub struct HostParts {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub http: Arc<dyn HttpClient>,
    /// Asks the addresses that an organization names itself, in place of a client that reaches nothing inwards: where vendors are
    /// simulated within the process.
    pub named: Option<Arc<dyn HttpClient>>,
    pub metrics: Arc<dyn MetricSink>,
    /// Told of every call at a vendor.
    pub calls: Arc<dyn CallLog>,
}

#[derive(Clone, Debug)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    sdk: SdkConfig,
    objects: Objects,
    parts: HostParts,
}

impl Environment {
    /// The process's own environment, on Lambda.
    pub async fn from_process() -> Result<Self, StartError> {
        let variables: BTreeMap<String, String> = std::env::vars().collect();
        let sdk = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        let bucket = required(&variables, "LINTEL_BUCKET")?;
        let parts = HostParts::of_system();
        Ok(Self { objects: bucket_objects(&bucket, &variables)?, variables, sdk, parts })
    }

    /// An environment put together by a host: same functions, other surroundings.
    pub fn for_host(variables: BTreeMap<String, String>, sdk: SdkConfig, objects: Objects, parts: HostParts) -> Self {
        Self { variables, sdk, objects, parts }
    }

    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// All of these variables, or an error that names every one that is missing.
    pub fn require(&self, names: &[&str]) -> Result<(), StartError> {
        let missing: Vec<String> =
            names.iter().filter(|name| !self.variables.contains_key(**name)).map(|name| (*name).to_owned()).collect();
        if missing.is_empty() { Ok(()) } else { Err(StartError::Missing(missing)) }
    }

    /// Batches of messages, with a quarantine for what can never be used.
    pub fn batches(&self) -> Result<Batches, StartError> {
        Ok(Batches::new(self.table()?, self.clock()))
    }

    pub fn table(&self) -> Result<Table, StartError> {
        let name = self.required("LINTEL_TABLE")?;
        Ok(Table::new(aws_sdk_dynamodb::Client::new(&self.sdk), name))
    }

    pub fn queue(&self, name: &str) -> Result<QueueUrl, StartError> {
        self.required(name).map(QueueUrl::new)
    }

    pub fn queues(&self) -> Queues {
        Queues::new(aws_sdk_sqs::Client::new(&self.sdk))
    }

    pub fn objects(&self) -> Objects {
        self.objects.clone()
    }

    pub fn secrets(&self) -> Result<Secrets, StartError> {
        let client = aws_sdk_secretsmanager::Client::new(&self.sdk);
        Ok(Secrets::new(client, self.required("LINTEL_STAGE")?, self.clock()))
    }

    /// Protected fields. One a function: it keeps the keys it has read.
    pub fn vault(&self) -> Result<Vault, StartError> {
        Ok(Vault::new(self.secrets()?, self.table()?, self.clock(), Arc::new(SystemRandom)))
    }

    /// The way inputs reach the planner, over the queue of `LINTEL_QUEUE_STAYS`.
    pub fn inputs(&self) -> Result<Inputs, StartError> {
        Ok(Inputs::new(self.table()?, self.objects(), self.queues(), self.queue("LINTEL_QUEUE_STAYS")?))
    }

    /// What people write in the office's table, on its way to the planner.
    pub fn office(&self) -> Result<Office, StartError> {
        Ok(Office::new(self.table()?, self.inputs()?, self.clock()))
    }

    pub fn connections(&self) -> Result<Connections, StartError> {
        Ok(Connections::new(self.table()?, self.secrets()?, self.parts.clone(), self.addresses()))
    }

    /// Which addresses may be asked where an organization names them itself.
    pub fn addresses(&self) -> AddressPolicy {
        AddressPolicy::of_variable(self.variable("LINTEL_FEED_ADDRESSES"))
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.parts.clock)
    }

    pub fn entropy(&self) -> Arc<dyn Entropy> {
        Arc::clone(&self.parts.entropy)
    }

    pub fn http(&self) -> Arc<dyn HttpClient> {
        Arc::clone(&self.parts.http)
    }

    pub fn metrics(&self) -> Metrics {
        let stage = self.variable("LINTEL_STAGE").unwrap_or_default();
        Metrics::new(Arc::clone(&self.parts.metrics), self.clock(), stage)
    }

    fn required(&self, name: &str) -> Result<String, StartError> {
        required(&self.variables, name)
    }
}

impl HostParts {
    /// The real ones.
    pub fn of_system() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(Generator::from_system()),
            http: Arc::new(ReqwestClient::default()),
            named: None,
            metrics: Arc::new(StandardOutput),
            calls: Arc::new(NoCallLog),
        }
    }
}

fn required(variables: &BTreeMap<String, String>, name: &str) -> Result<String, StartError> {
    variables.get(name).cloned().ok_or_else(|| StartError::Missing(vec![name.to_owned()]))
}

/// The bucket, at the endpoint the variables name if they name one.
fn bucket_objects(bucket: &str, variables: &BTreeMap<String, String>) -> Result<Objects, StartError> {
    let endpoint = variables.get("AWS_ENDPOINT_URL_S3").or_else(|| variables.get("AWS_ENDPOINT_URL"));
    Objects::s3(bucket, endpoint.map(String::as_str))
        .map_err(|error| StartError::SetUp { what: "the bucket", reason: error.to_string() })
}
