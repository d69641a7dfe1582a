//! Where a run takes place: the local host with the deployed wiring, an organization with its flows, and the vendors.

use super::vendors::{SOURCE_KEY, Stand, TARGET_KEY, Vendors, WEBHOOK_SECRET, processor_time};
use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use lintel_cloud::{connections::Connections, store::OrgTable};
use lintel_connectors::{roles::MappedFields, transport::Deadline};
use lintel_domain::{
    ids::{ConnectionId, FlowId, RunId},
    private::Private,
    settings::Organization,
    sync::{Run, RunKind, RunState},
};
use lintel_local::{
    host::{AwsChoice, Serving},
    session::{Opening, Session},
};
use serde_json::json;
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};
use tempfile::TempDir;

/// The longest window of both vendors, and a little: what the set-up called is forgotten by then.
const WINDOWS: Duration = Duration::from_secs(11);
const LOOK: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_mins(10);

#[derive(Debug)]
pub struct Place {
    pub vendors: Vendors,
    session: Session,
    serving: Serving,
    _folder: TempDir,
}

/// What a run came to, and what it took.
#[derive(Debug)]
pub struct Ran {
    pub run: Run,
    pub took: Duration,
    pub asked: Stand,
    /// Batches of rows that were written: links, claims, audits. A run's own rows are written otherwise.
    pub row_batches: u64,
    /// Processor time of ours and of the vendors, where the system tells.
    pub ours: Option<Duration>,
    pub theirs: Option<Duration>,
}

/// The flow of people.
pub fn flow() -> FlowId {
    FlowId::new("tenants")
}

impl Place {
    /// An account of so many tenants, a portal that is set up and holds nobody, and the host.
    pub async fn of(tenants: u32) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let vendors = Vendors::start(tenants, &folder.path().join("theirs")).await?;
        let settings = organization(&vendors)?;
        let secrets = secrets().map(|(name, value)| (name.to_owned(), Private::new(value)));
        let opening = Opening {
            data: folder.path().join("ours"),
            aws: AwsChoice::Local,
            secrets: BTreeMap::from(secrets),
            variables: BTreeMap::from([("LINTEL_FEED_ADDRESSES".to_owned(), "sandbox".to_owned())]),
        };
        let session = Box::pin(Session::open(settings, opening)).await?;
        session.publish().await?;
        set_up(&session.connections()?, &session.org(), &session.settings).await?;
        let serving = session.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        Ok(Self { vendors, session, serving, _folder: folder })
    }

    /// A run from the dispatcher to its end.
    pub async fn run(&mut self, flow: &FlowId, kind: RunKind) -> anyhow::Result<Ran> {
        let before = (self.vendors.stand().await?, self.row_batches(), self.processor());
        let id = self.begin(flow, kind).await?;
        let run = self.ended(flow, &id).await?;
        let took = run.ended.unwrap_or(run.began).duration_since(run.began);
        let (stand, (ours, theirs)) = (self.vendors.stand().await?, self.processor());
        let since = |now: Option<Duration>, before: Option<Duration>| now?.checked_sub(before?);
        Ok(Ran {
            took: Duration::try_from(took)?,
            asked: Stand { source: stand.source - before.0.source, target: stand.target - before.0.target },
            row_batches: self.row_batches() - before.1,
            ours: since(ours, before.2.0),
            theirs: since(theirs, before.2.1),
            run,
        })
    }

    /// Begins a run as somebody who asks for it; answers its id.
    pub async fn begin(&self, flow: &FlowId, kind: RunKind) -> anyhow::Result<RunId> {
        let event = json!({ "org": self.session.settings.id, "flow": flow, "kind": kind });
        let answer = self.session.invoke("sync-dispatcher", event).await?;
        let begun = answer.pointer("/begun/0").and_then(|id| id.as_str());
        Ok(RunId::new(begun.with_context(|| format!("no run was begun: {answer}"))?))
    }

    pub async fn ended(&self, flow: &FlowId, id: &RunId) -> anyhow::Result<Run> {
        let table = self.session.org();
        let patience = tokio::time::Instant::now() + LONGEST;
        while tokio::time::Instant::now() < patience {
            let run = table.run(flow, id).await?.context("the run has no row")?;
            match &run.state {
                RunState::Running => tokio::time::sleep(LOOK).await,
                RunState::Done => return Ok(run),
                other => anyhow::bail!("the run ended as {other:?}"),
            }
        }
        anyhow::bail!("the run does not end")
    }

    /// Where the source posts its webhooks.
    pub fn webhooks(&self) -> String {
        format!("http://{}/webhooks/{}.buildium", self.serving.address, self.session.settings.id)
    }

    fn row_batches(&self) -> u64 {
        self.session.aws_calls().get("BatchWriteItem").copied().unwrap_or_default()
    }

    fn processor(&self) -> (Option<Duration>, Option<Duration>) {
        (processor_time(std::process::id()), self.vendors.process_id().and_then(processor_time))
    }
}

pub fn secrets() -> [(&'static str, &'static str); 3] {
    [("buildium", SOURCE_KEY), ("hubspot", TARGET_KEY), ("buildium-webhooks", WEBHOOK_SECRET)]
}

pub fn organization(vendors: &Vendors) -> anyhow::Result<Organization> {
    let addresses = &vendors.addresses;
    Ok(serde_json::from_value(json!({
        "id": "bench",
        "name": "Bench",
        "connections": {
            "buildium": {
                "vendor": "buildium", "secret": "buildium", "webhook_secret": "buildium-webhooks", "base_url": addresses.source,
            },
            "hubspot": { "vendor": "hubspot", "secret": "hubspot", "base_url": addresses.target },
        },
        "flows": {
            "tenants": { "from": "buildium", "stream": "tenants", "to": "hubspot", "into": "contacts" },
            "properties": { "from": "buildium", "stream": "rentals", "to": "hubspot", "into": "properties" },
            "units": { "from": "buildium", "stream": "units", "to": "hubspot", "into": "unit-listings" },
            "homes": {
                "from": "buildium", "stream": "leases", "to": "hubspot", "into": "lease-listings",
                "ends": { "from": "tenants", "to": "units" },
            },
        },
    }))?)
}

/// Sets the portal up, and waits until nobody remembers the calls.
pub async fn set_up(connections: &Connections, table: &OrgTable, settings: &Organization) -> anyhow::Result<()> {
    let target = ConnectionId::new("hubspot");
    let setup = connections.record_setup(settings, &target).await?;
    let deadline = Deadline::at(Timestamp::now() + SignedDuration::from_mins(2));
    let report = setup.apply(&MappedFields::new(), deadline).await?;
    ensure!(report.is_ready(), "the portal is not set up: {:?}", report.faults);
    table.save_target_ids(&target, &report.ids).await?;
    tokio::time::sleep(WINDOWS).await;
    Ok(())
}
