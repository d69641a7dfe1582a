//! What a command works with: the configuration, the AWS in use, and a host, running already or started for the command.

use crate::{
    counted::counted,
    host::{Aws, AwsChoice, Host, ObjectEvents, Outside, Serving, Settled},
    tally::Tally,
    vendors,
};
use anyhow::{Context, anyhow, bail};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{
    HostParts, Invocation,
    connections::Connections,
    inputs::Inputs,
    metrics::{MetricSink, Silent},
    objects::Objects,
    queues::{QueueUrl, Queues},
    secrets::Secrets,
    settings::SettingsStore,
    store::{OrgTable, Table},
};
use lintel_connectors::transport::AddressPolicy;
use lintel_domain::{ids::FlowId, private::Private, settings::Organization};
use lintel_formats::settings::{self, Configuration, SettingsFault};
use lintel_sync::Unfit;
use object_store::local::LocalFileSystem;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Values of secrets for the embedded Secrets Manager, by the name the configuration uses.
pub type SecretValues = BTreeMap<String, Private>;

/// What a running host leaves for other commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostNote {
    /// Where its routes are served.
    pub url: String,
    /// Where its embedded AWS answers.
    pub aws: String,
}

/// An opened workplace.
#[derive(Debug)]
pub struct Session {
    pub settings: Organization,
    pub host: Host,
    pub objects: Objects,
    pub tally: Arc<Tally>,
    pub table: Table,
    aws: Aws,
    pub(crate) addresses: AddressPolicy,
    data: PathBuf,
    running: Option<HostNote>,
}

/// How to open a session.
#[derive(Clone, Debug)]
pub struct Opening {
    pub data: PathBuf,
    pub aws: AwsChoice,
    pub secrets: SecretValues,
    /// What only a local host sets for its functions.
    pub variables: BTreeMap<String, String>,
}

/// Reads a configuration; every fault is named with its line and key.
pub fn configuration(path: &Path) -> anyhow::Result<Configuration> {
    let text =
        fs::read_to_string(path).with_context(|| format!("read {} (`lintel init` writes one)", path.display()))?;
    let shipped: Vec<&str> = lintel_connectors::manifest::vendors().collect();
    let faulty = |faults: Vec<SettingsFault>| {
        let faults: Vec<String> = faults.iter().map(|fault| format!("  {}: {fault}", path.display())).collect();
        anyhow!("the configuration has {}:\n{}", counted(faults.len(), "fault", "faults"), faults.join("\n"))
    };
    let mut read = settings::read_knowing(&text, &shipped).map_err(faulty)?;
    vendors::bring(path, &mut read)?;
    let faults = flows_that_do_not_fit(&text, &read.organization)?;
    if faults.is_empty() { Ok(read) } else { Err(faulty(faults)) }
}

/// What of the flows does not fit what their vendors describe.
fn flows_that_do_not_fit(text: &str, organization: &Organization) -> anyhow::Result<Vec<SettingsFault>> {
    let fault = |(flow, unfit): &(FlowId, Unfit)| {
        let below = unfit.path.iter().map(String::as_str);
        let path: Vec<&str> = ["flows", flow.as_str()].into_iter().chain(below).collect();
        settings::fault(text, &path, &unfit.message)
    };
    Ok(lintel_sync::unfit(organization)?.iter().map(fault).collect())
}

/// Reads `lintel.secrets.toml` beside the configuration: `name = "value"` lines, never to be committed.
pub fn secrets(config: &Path) -> anyhow::Result<SecretValues> {
    let path = config.with_extension("secrets.toml");
    let values = secrets_table(&path)?.into_iter().map(|(name, value)| match value {
        toml::Value::String(text) => Ok((name, Private::new(text))),
        other => bail!("read {}: `{name}` is of type {} and has to be a string", path.display(), other.type_str()),
    });
    values.collect()
}

/// What the file of secrets says, or nothing if there is none. A fault is told by its place alone: the parser would show the line,
/// and with it a secret.
pub(crate) fn secrets_table(path: &Path) -> anyhow::Result<toml::Table> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(toml::Table::new()),
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    };
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        anyhow!(
            "read {}: line {line} is not as expected: `name = \"value\"`, or `name = 'value'` where the value has quotes in it",
            path.display()
        )
    })
}

impl Session {
    /// Attaches to the host that runs on this data folder, or opens the folder.
    pub async fn open(settings: Organization, opening: Opening) -> anyhow::Result<Self> {
        Self::open_counting(settings, opening, Arc::new(Silent)).await
    }

    /// [`Self::open`], with somebody who hears what the functions count.
    pub async fn open_counting(
        settings: Organization,
        opening: Opening,
        metrics: Arc<dyn MetricSink>,
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(&opening.data).with_context(|| format!("make {}", opening.data.display()))?;
        let running = running(&opening.data).await;
        let aws = match &running {
            Some(note) => Aws::attach(&note.aws).await,
            None => Aws::open(opening.aws, Some(&opening.data)).await?,
        };
        let (objects, object_events) = bucket(&opening, &aws)?;
        let tally = Arc::new(Tally::default());
        let parts = HostParts { metrics, calls: Arc::clone(&tally) as _, ..HostParts::of_system() };
        let addresses = AddressPolicy::of_variable(opening.variables.get("LINTEL_FEED_ADDRESSES").map(String::as_str));
        let outside = Outside { parts, objects: objects.clone(), object_events, variables: opening.variables };
        let host = Host::start(&aws, &outside).await?;
        aws.sweep_expired();
        let table = Table::new(aws_sdk_dynamodb::Client::new(&aws.sdk), host.table());
        let session = Self { settings, host, objects, tally, table, aws, addresses, data: opening.data, running };
        if session.running.is_none() {
            session.put_secrets(&opening.secrets).await?;
        }
        Ok(session)
    }

    /// The organization's part of the table.
    pub fn org(&self) -> OrgTable {
        self.table.org(&self.settings.id)
    }

    /// Puts the configuration in force for the functions.
    pub async fn publish(&self) -> anyhow::Result<lintel_cloud::settings::Published> {
        let store = SettingsStore::new(self.table.clone(), self.objects.clone());
        Ok(store.publish(&self.settings).await?)
    }

    /// Invokes one function, as Lambda would.
    pub async fn invoke(&self, function: &str, event: Value) -> anyhow::Result<Value> {
        let Some(hosted) = self.host.function(function) else {
            let known: Vec<&str> = self.host.function_names().collect();
            bail!("there is no function {function}; there are {}", known.join(", "));
        };
        let now = Timestamp::now();
        let deadline = now + SignedDuration::from_mins(5);
        let invocation = Invocation { request_id: format!("invoke-{}", now.as_millisecond()), deadline };
        Ok(hosted.invoke(event, invocation).await?)
    }

    /// The organization's secrets.
    pub fn secrets(&self) -> anyhow::Result<Secrets> {
        let client = aws_sdk_secretsmanager::Client::new(&self.aws.sdk);
        Ok(Secrets::new(client, "dev", HostParts::of_system().clock))
    }

    /// The vendors' accounts, for a person at the command line.
    pub fn connections(&self) -> anyhow::Result<Connections> {
        let parts = HostParts { metrics: Arc::new(Silent), ..HostParts::of_system() };
        Ok(Connections::new(self.table.clone(), self.secrets()?, parts, self.addresses))
    }

    /// The way to the planner.
    pub fn inputs(&self) -> anyhow::Result<Inputs> {
        let stays = self.host.queue_url("StaysQueue").context("the template has no queue of stays")?;
        let queues = Queues::new(aws_sdk_sqs::Client::new(&self.aws.sdk));
        Ok(Inputs::new(self.table.clone(), self.objects.clone(), queues, QueueUrl::new(stays)))
    }

    /// The host another process runs on this folder.
    pub fn running(&self) -> Option<&HostNote> {
        self.running.as_ref()
    }

    /// Whether nobody but this machine's commands works on its queues: they are embedded.
    pub fn is_alone(&self) -> bool {
        self.aws.is_embedded()
    }

    pub fn data_folder(&self) -> PathBuf {
        self.data.clone()
    }

    pub fn sdk(&self) -> &aws_config::SdkConfig {
        &self.aws.sdk
    }

    /// How often each operation of the embedded AWS was asked for so far.
    pub fn aws_calls(&self) -> BTreeMap<String, u64> {
        self.aws.calls()
    }

    /// Serves, and leaves a note for other commands.
    pub async fn serve(&self, listen: SocketAddr) -> anyhow::Result<Serving> {
        if let Some(note) = &self.running {
            bail!("a host is running on this folder already, at {}", note.url);
        }
        let serving = self.host.serve(listen).await?;
        if let Some(aws) = self.aws.endpoint() {
            let note = HostNote { url: format!("http://{}", serving.address), aws };
            fs::write(note_path(&self.data), serde_json::to_vec(&note)?).context("leave a note of the running host")?;
        }
        Ok(serving)
    }

    /// Serves for as long as there is something to do, unless a running host does it.
    pub async fn work_off(&self) -> anyhow::Result<()> {
        let serving = match &self.running {
            Some(_) => None,
            None => Some(self.host.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await?),
        };
        let settled = self.host.quiet().wait(Duration::from_mins(2), |_, _| {}).await?;
        drop(serving);
        if settled == Settled::StillBusy {
            eprintln!("lintel: still at work after two minutes; `lintel serve` goes on with it");
        }
        Ok(())
    }

    async fn put_secrets(&self, values: &SecretValues) -> anyhow::Result<()> {
        if !self.aws.is_embedded() {
            return Ok(());
        }
        for (name, value) in values {
            self.put_secret(name, value).await?;
        }
        Ok(())
    }

    /// Stores one of the organization's secrets, in place of its earlier value.
    pub async fn put_secret(&self, name: &str, value: &Private) -> anyhow::Result<()> {
        let secrets = self.secrets()?;
        secrets.put(&self.settings.id, name, value).await.with_context(|| format!("store secret {name}"))
    }
}

/// Takes the note of a host away.
pub fn forget_host(data: &Path) {
    // It may be gone already; a stale note is recognised by nobody answering.
    let _ = fs::remove_file(note_path(data));
}

async fn running(data: &Path) -> Option<HostNote> {
    let note: HostNote = serde_json::from_slice(&fs::read(note_path(data)).ok()?).ok()?;
    let address = note.url.strip_prefix("http://")?.to_owned();
    tokio::net::TcpStream::connect(address).await.ok().map(|_| note)
}

fn note_path(data: &Path) -> PathBuf {
    data.join("host.json")
}

fn bucket(opening: &Opening, aws: &Aws) -> anyhow::Result<(Objects, ObjectEvents)> {
    if opening.aws == AwsChoice::Account && !aws.is_embedded() {
        let bucket = std::env::var("LINTEL_BUCKET").context("LINTEL_BUCKET names the stage's bucket")?;
        let objects = Objects::s3(&bucket, std::env::var("AWS_ENDPOINT_URL").ok().as_deref())?;
        return Ok((objects, ObjectEvents::LeftToS3));
    }
    let folder = opening.data.join("objects");
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    Ok((Objects::new(Arc::new(LocalFileSystem::new_with_prefix(folder)?)), ObjectEvents::Told))
}
